/** Translations of data processing (DDI 0406C A5.2.1–A5.2.3 and their T32 forms). */
import * as data from '../a32/data-processing.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {LSL_REGISTER, RRX} from '../core/shifter.ts';
import {orn} from '../t32/operations.ts';
import type {Emitter} from './emitter.ts';
import {CARRY, OVERFLOW} from './flags.ts';
import {keepResult, NZ, plain, setNegativeZero, setResult} from './result.ts';
import {hasCarryOut, pushCarryOut, pushShifted} from './shifter.ts';
import type {Rows, Translation} from './translation.ts';
import type {Op} from './wasm/opcodes.ts';

type Combine = (emitter: Emitter, operation: Operation, pushOperand: () => void) => void;

const withFirst =
  (op: Op): Combine =>
  (emitter, operation, pushOperand) => {
    emitter.register(operation, operation.n);
    pushOperand();
    emitter.code.op(op);
  };

const LOGICAL: readonly (readonly [execute: Execute, combine: Combine, keeps: boolean])[] = [
  [data.and, withFirst('i32.and'), true],
  [data.eor, withFirst('i32.xor'), true],
  [data.orr, withFirst('i32.or'), true],
  [
    data.bic,
    (emitter, operation, pushOperand) => {
      emitter.register(operation, operation.n);
      pushOperand();
      emitter.code.constant(-1).op('i32.xor').op('i32.and');
    },
    true,
  ],
  [
    orn,
    (emitter, operation, pushOperand) => {
      emitter.register(operation, operation.n);
      pushOperand();
      emitter.code.constant(-1).op('i32.xor').op('i32.or');
    },
    true,
  ],
  [data.mov, (_emitter, _operation, pushOperand) => pushOperand(), true],
  [
    data.mvn,
    (emitter, _operation, pushOperand) => {
      pushOperand();
      emitter.code.constant(-1).op('i32.xor');
    },
    true,
  ],
  [data.tst, withFirst('i32.and'), false],
  [data.teq, withFirst('i32.xor'), false],
];

const emitLogical =
  (combine: Combine, keeps: boolean): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    if (keeps && !operation.setFlags) {
      combine(emitter, operation, () => pushShifted(emitter, operation));
      setResult(emitter, operation);
      return;
    }
    const wantsCarry = (emitter.liveFlags & CARRY) !== 0 && hasCarryOut(operation.form);
    const result = keepResult(emitter);
    combine(emitter, operation, () => pushShifted(emitter, operation));
    code.set(result);
    // Before Rd changes, which may be the register that was shifted.
    if (wantsCarry) {
      pushCarryOut(emitter, operation);
      emitter.setCarry();
    }
    setNegativeZero(emitter, result);
    if (!keeps) return;
    code.get(result);
    setResult(emitter, operation);
  };

const logicalFlags =
  (keeps: boolean): NonNullable<Translation['flags']> =>
  ({form, setFlags}) => {
    const sets = !keeps || setFlags;
    const carries = sets && hasCarryOut(form);
    const byRegister = form >= LSL_REGISTER;
    return {
      reads: form === RRX || (carries && byRegister) ? CARRY : 0,
      writes: sets ? NZ | (carries ? CARRY : 0) : 0,
    };
  };

const shifterReads = ({form}: Operation): number => (form === RRX ? CARRY : 0);
const ALL = NZ | CARRY | OVERFLOW;

/** Puts both operands into locals that stay as they are when Rd is written. */
const operandsOf = (emitter: Emitter, operation: Operation, reversed: boolean): readonly [number, number] => {
  const {code} = emitter;
  const a = emitter.kept() ?? emitter.temporary();
  const b = emitter.kept() ?? emitter.temporary();
  emitter.register(operation, operation.n).code.set(reversed ? b : a);
  pushShifted(emitter, operation);
  code.set(reversed ? a : b);
  return [a, b];
};

const setDifferenceFlags = (emitter: Emitter, a: number, b: number, result: number): void => {
  setNegativeZero(emitter, result);
  if ((emitter.liveFlags & (CARRY | OVERFLOW)) !== 0) emitter.setDifference(a, b);
  emitter.flagSource = emitter.isKept(a) && emitter.isKept(b) ? {kind: 'difference', a, b} : undefined;
};

/** Flags of a + b, or of a + b + C. */
const setSumFlags = (emitter: Emitter, a: number, b: number, result: number): void => {
  const {code, liveFlags} = emitter;
  setNegativeZero(emitter, result);
  if ((liveFlags & (CARRY | OVERFLOW)) !== 0) {
    code.get(a).get(b).op('i32.and').get(a).get(b).op('i32.or').get(result).constant(-1).op('i32.xor');
    code.op('i32.and').op('i32.or').constant(31).op('i32.shr_u');
    code.get(a).get(result).op('i32.xor').get(b).get(result).op('i32.xor').op('i32.and').constant(31).op('i32.shr_u');
    emitter.setCarryAndOverflow();
  }
  emitter.flagSource = emitter.isKept(result) ? {kind: 'result', result} : undefined;
};

const subtract =
  (reversed: boolean, keeps: boolean): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    if (keeps && !operation.setFlags) {
      if (reversed) pushShifted(emitter, operation);
      emitter.register(operation, operation.n);
      if (!reversed) pushShifted(emitter, operation);
      code.op('i32.sub');
      setResult(emitter, operation);
      return;
    }
    const [a, b] = operandsOf(emitter, operation, reversed);
    const result = emitter.temporary();
    code.get(a).get(b).op('i32.sub').set(result);
    setDifferenceFlags(emitter, a, b, result);
    if (!keeps) return;
    code.get(result);
    setResult(emitter, operation);
  };

const add =
  (keeps: boolean): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    if (keeps && !operation.setFlags) {
      emitter.register(operation, operation.n);
      pushShifted(emitter, operation);
      code.op('i32.add');
      setResult(emitter, operation);
      return;
    }
    const [a, b] = operandsOf(emitter, operation, false);
    const result = emitter.kept() ?? emitter.temporary();
    code.get(a).get(b).op('i32.add').set(result);
    setSumFlags(emitter, a, b, result);
    if (!keeps) return;
    code.get(result);
    setResult(emitter, operation);
  };

/** ADC, SBC (adds the complement of the second operand) and RSC (of the first). */
const addWithCarry =
  (complement: 'none' | 'first' | 'second'): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    const a = emitter.temporary();
    const b = emitter.temporary();
    const result = emitter.kept() ?? emitter.temporary();
    emitter.register(operation, operation.n);
    if (complement === 'first') code.constant(-1).op('i32.xor');
    code.set(a);
    pushShifted(emitter, operation);
    if (complement === 'second') code.constant(-1).op('i32.xor');
    code.tee(b).get(a).op('i32.add');
    emitter.flag(CARRY).code.op('i32.add').set(result);
    if (operation.setFlags) setSumFlags(emitter, a, b, result);
    code.get(result);
    setResult(emitter, operation);
  };

const arithmeticFlags =
  (keeps: boolean, reads = 0): NonNullable<Translation['flags']> =>
  (operation) => ({
    reads: reads | shifterReads(operation),
    writes: !keeps || operation.setFlags ? ALL : 0,
  });

export const DATA_PROCESSING: Rows = [
  ...LOGICAL.map(
    ([execute, combine, keeps]) =>
      [execute, {emit: emitLogical(combine, keeps), flags: logicalFlags(keeps)}] satisfies [Execute, Translation],
  ),
  [data.add, {emit: add(true), flags: arithmeticFlags(true)}],
  [data.cmn, {emit: add(false), flags: arithmeticFlags(false)}],
  [data.sub, {emit: subtract(false, true), flags: arithmeticFlags(true)}],
  [data.cmp, {emit: subtract(false, false), flags: arithmeticFlags(false)}],
  [data.rsb, {emit: subtract(true, true), flags: arithmeticFlags(true)}],
  [data.adc, {emit: addWithCarry('none'), flags: arithmeticFlags(true, CARRY)}],
  [data.sbc, {emit: addWithCarry('second'), flags: arithmeticFlags(true, CARRY)}],
  [data.rsc, {emit: addWithCarry('first'), flags: arithmeticFlags(true, CARRY)}],
  [
    data.moveTop,
    plain((emitter, operation) => {
      emitter.register(operation, operation.d).code.constant(0xffff).op('i32.and');
      emitter.code.constant(operation.immediate).op('i32.or');
    }),
  ],
];
