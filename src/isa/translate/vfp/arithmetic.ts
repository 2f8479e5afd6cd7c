/** Translations of VFP arithmetic in which each step is rounded (DDI 0406C A7.5), by WebAssembly's own. */
import type {Operation} from '../../core/operation.ts';
import * as arithmetic from '../../vfp/operations.ts';
import type {Emitter} from '../emitter.ts';
import {noFlags} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import {checkExact, checkFinite, checkNormal, pushEitherIsZero, pushProductIsExact, pushSumIsExact} from './checks.ts';
import {F32, F64, type Precision, push, put} from './precision.ts';

const operands = (emitter: Emitter, precision: Precision, operation: Operation): readonly [number, number, number] => {
  const [a, b, result] = [precision.local, precision.local + 1, precision.local + 2] as const;
  push(emitter, precision, operation.n);
  emitter.code.set(a);
  push(emitter, precision, operation.m);
  emitter.code.set(b);
  emitter.markPlace();
  return [a, b, result];
};

const sum = (precision: Precision, name: 'add' | 'sub'): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const [a, b, result] = operands(emitter, precision, operation);
    if (name === 'sub') code.get(b).op(precision.op('neg')).set(b);
    code.get(a).get(b).op(precision.op('add')).set(result);
    checkFinite(emitter, precision, result);
    checkExact(emitter, () => pushSumIsExact(emitter, precision, a, b, result));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

const multiplied = (emitter: Emitter, precision: Precision, a: number, b: number, result: number): void => {
  emitter.code.get(a).get(b).op(precision.op('mul')).set(result);
  checkNormal(emitter, precision, result, () => {
    // 0 × ∞ is a NaN, which is not 0.
    emitter.code.get(result);
    precision.constant(emitter, 0);
    emitter.code.op(precision.op('eq'));
    pushEitherIsZero(emitter, precision, a, b);
    emitter.code.op('i32.and');
  });
  checkExact(emitter, () => pushProductIsExact(emitter, precision, a, b, result));
};

const product = (precision: Precision, negates: boolean): Translation => ({
  emit: (emitter, operation) => {
    const [a, b, result] = operands(emitter, precision, operation);
    multiplied(emitter, precision, a, b, result);
    if (negates) emitter.code.get(result).op(precision.op('neg')).set(result);
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

/** ±d ± (n × m), each step rounded. */
const accumulation = (precision: Precision, negatesAddend: boolean, negatesProduct: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const [a, b, result] = operands(emitter, precision, operation);
    multiplied(emitter, precision, a, b, result);
    code.get(result);
    if (negatesProduct) code.op(precision.op('neg'));
    code.set(a);
    push(emitter, precision, operation.d);
    if (negatesAddend) code.op(precision.op('neg'));
    code.set(b);
    code.get(b).get(a).op(precision.op('add')).set(result);
    checkFinite(emitter, precision, result);
    checkExact(emitter, () => pushSumIsExact(emitter, precision, b, a, result));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

const quotient = (precision: Precision): Translation => ({
  emit: (emitter, operation) => {
    const [a, b, result] = operands(emitter, precision, operation);
    emitter.code.get(a).get(b).op(precision.op('div')).set(result);
    checkNormal(emitter, precision, result);
    checkExact(emitter, () => void emitter.code.constant(0));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

const root = (precision: Precision): Translation => ({
  emit: (emitter, operation) => {
    const result = precision.local;
    push(emitter, precision, operation.m);
    emitter.markPlace();
    emitter.code.op(precision.op('sqrt')).set(result);
    checkNormal(emitter, precision, result);
    checkExact(emitter, () => void emitter.code.constant(0));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

export const ARITHMETIC: Rows = [
  [arithmetic.add64, sum(F64, 'add')],
  [arithmetic.add32, sum(F32, 'add')],
  [arithmetic.subtract64, sum(F64, 'sub')],
  [arithmetic.subtract32, sum(F32, 'sub')],
  [arithmetic.multiply64, product(F64, false)],
  [arithmetic.multiply32, product(F32, false)],
  [arithmetic.multiplyNegate64, product(F64, true)],
  [arithmetic.multiplyNegate32, product(F32, true)],
  [arithmetic.divide64, quotient(F64)],
  [arithmetic.divide32, quotient(F32)],
  [arithmetic.squareRoot64, root(F64)],
  [arithmetic.squareRoot32, root(F32)],
  [arithmetic.mla64, accumulation(F64, false, false)],
  [arithmetic.mla32, accumulation(F32, false, false)],
  [arithmetic.mls64, accumulation(F64, false, true)],
  [arithmetic.mls32, accumulation(F32, false, true)],
  [arithmetic.nmla64, accumulation(F64, true, true)],
  [arithmetic.nmla32, accumulation(F32, true, true)],
  [arithmetic.nmls64, accumulation(F64, true, false)],
  [arithmetic.nmls32, accumulation(F32, true, false)],
];
