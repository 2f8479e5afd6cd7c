/** Translations of Advanced SIMD on three registers of different lengths (DDI 0406C A7.4.2). */
import type {Executes} from '../../neon/operands.ts';
import * as different from '../../neon/three-different.ts';
import type {Emitter} from '../emitter.ts';
import {noFlags} from '../flags.ts';
import type {Rows} from '../translation.ts';
import type {VectorOp} from '../wasm/opcodes.ts';
import {
  A,
  accumulate,
  B,
  binary,
  bitsOf,
  type Emit,
  everyOther,
  FROM,
  lanes,
  load,
  push,
  put,
  rows,
  WIDE,
  type WideShape,
  ZERO,
} from './vectors.ts';

const extension = (shape: WideShape, sign: 's' | 'u'): VectorOp =>
  `${shape}.extend_low_${FROM[shape]}_${sign}` as VectorOp;
const longProduct = (shape: WideShape, sign: 's' | 'u'): VectorOp =>
  `${shape}.extmul_low_${FROM[shape]}_${sign}` as VectorOp;

/** Quadword d of doublewords n and m in A and B. */
const long = (executes: Executes, emitOf: (shape: WideShape, sign: 's' | 'u') => Emit, nIsWide = false): Rows =>
  rows(executes, (size, signed) => {
    if (size === 3) return undefined;
    const emit = emitOf(WIDE[size]!, signed ? 's' : 'u');
    return {
      emit: (emitter, operation) => {
        load(emitter, A, operation.n, nIsWide ? 2 : 1);
        load(emitter, B, operation.m, 1);
        put(emitter, operation.d, 2, () => emit(emitter, operation));
      },
      flags: noFlags,
    };
  });

export const extended = ({code}: Emitter, local: number, shape: WideShape, sign: 's' | 'u'): void => {
  code.get(local).vector(extension(shape, sign));
};
const longSum =
  (name: 'add' | 'sub') =>
  (shape: WideShape, sign: 's' | 'u'): Emit =>
  (emitter) => {
    extended(emitter, A, shape, sign);
    extended(emitter, B, shape, sign);
    emitter.code.vector(`${shape}.${name}`);
  };
const longDifference =
  (shape: WideShape, sign: 's' | 'u'): Emit =>
  (emitter, operation) => {
    longSum('sub')(shape, sign)(emitter, operation);
    emitter.code.vector(`${shape}.abs`);
  };
const wideSum =
  (name: 'add' | 'sub') =>
  (shape: WideShape, sign: 's' | 'u'): Emit =>
  (emitter) => {
    emitter.code.get(A);
    extended(emitter, B, shape, sign);
    emitter.code.vector(`${shape}.${name}`);
  };
export const multiplied = (shape: WideShape, sign: 's' | 'u'): Emit => binary(longProduct(shape, sign));
export const accumulateLong =
  (emitOf: (shape: WideShape, sign: 's' | 'u') => Emit, name: 'add' | 'sub') =>
  (shape: WideShape, sign: 's' | 'u'): Emit =>
    accumulate(emitOf(shape, sign), `${shape}.${name}`);

/** The upper halves of sums or differences of quadwords; rounded when half of what is left out is added before. */
const high = (executes: Executes, name: 'add' | 'sub', rounds = false): Rows =>
  rows(executes, (size) => ({
    emit: (emitter, {d, n, m}) =>
      put(emitter, d, 1, () => {
        push(emitter, n, 2);
        push(emitter, m, 2);
        const {code} = emitter;
        const shape = WIDE[size]!;
        code.vector(`${shape}.${name}`);
        if (rounds) code.vectorConstant(lanes(2 << size, 1n << BigInt(bitsOf(size) - 1))).vector(`${shape}.add`);
        code.vectorConstant(ZERO).shuffle(everyOther(size, 1, 2));
      }),
    flags: noFlags,
  }));

export const THREE_DIFFERENT: Rows = [
  ...long(different.ADD_LONG, longSum('add')),
  ...long(different.SUBTRACT_LONG, longSum('sub')),
  ...long(different.DIFFERENCE_LONG, longDifference),
  ...long(different.ACCUMULATE_DIFFERENCE_LONG, accumulateLong(longDifference, 'add')),
  ...long(different.ADD_WIDE, wideSum('add'), true),
  ...long(different.SUBTRACT_WIDE, wideSum('sub'), true),
  ...long(different.MULTIPLY_LONG, multiplied),
  ...long(different.MULTIPLY_ADD_LONG, accumulateLong(multiplied, 'add')),
  ...long(different.MULTIPLY_SUBTRACT_LONG, accumulateLong(multiplied, 'sub')),
  ...high(different.ADD_HIGH, 'add'),
  ...high(different.SUBTRACT_HIGH, 'sub'),
  ...high(different.ROUNDING_ADD_HIGH, 'add', true),
  ...high(different.ROUNDING_SUBTRACT_HIGH, 'sub', true),
];
