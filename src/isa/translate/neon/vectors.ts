/**
 * What translations of Advanced SIMD have in common: registers as vectors, and rows of tables by the size field. Registers
 * stay in the state. A doubleword is the lower half of a vector whose upper half is 0, and of the result only the lower half
 * is kept.
 */
import {SATURATED} from '../../core/cpu.ts';
import type {Operation} from '../../core/operation.ts';
import {STATE} from '../../core/state.ts';
import type {Executes} from '../../neon/operands.ts';
import type {Emitter} from '../emitter.ts';
import {noFlags} from '../flags.ts';
import {stateOffset, VECTOR} from '../locals.ts';
import type {Rows, Translation} from '../translation.ts';
import type {VectorOp} from '../wasm/opcodes.ts';

export const A = VECTOR;
export const B = VECTOR + 1;
export const C = VECTOR + 2;

export const REGISTER_BYTES = 8;
export const VECTOR_BYTES = 16;
export const registerOffset = (register: number): number => stateOffset(STATE.vfp) + REGISTER_BYTES * register;

export type Emit = (emitter: Emitter, operation: Operation) => void;

/** Pushes one or two doublewords. */
export const push = ({code}: Emitter, register: number, doublewords: number): void => {
  code.state().vectorMemory(doublewords === 2 ? 'v128.load' : 'v128.load64_zero', registerOffset(register));
};
/** Puts one or two doublewords into a local. */
export const load = (emitter: Emitter, local: number, register: number, doublewords: number): void => {
  push(emitter, register, doublewords);
  emitter.code.set(local);
};
/** Stores what `pushResult` pushes. */
export const put = ({code}: Emitter, register: number, doublewords: number, pushResult: () => void): void => {
  code.state();
  pushResult();
  code.vectorMemory(doublewords === 2 ? 'v128.store' : 'v128.store64_lane', registerOffset(register));
};

// The lanes of vectors by the size field.
export const SHAPES = ['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const;
export type Shape = (typeof SHAPES)[number];
export type NarrowShape = 'i8x16' | 'i16x8' | 'i32x4';
export const NARROW_SHAPES = ['i8x16', 'i16x8', 'i32x4'] as const;
export const bitsOf = (size: number): number => 8 << size;
/** The vector of copies of a lane of so many bytes. */
export const lanes = (bytes: number, value: bigint): readonly number[] =>
  Array.from({length: VECTOR_BYTES}, (_, index) => Number((value >> BigInt(8 * (index % bytes))) & 0xffn));
export const ZERO = lanes(1, 0n);

// Lanes of twice the width, by the size of the narrow ones.
export const WIDE = ['i16x8', 'i32x4', 'i64x2'] as const;
export type WideShape = (typeof WIDE)[number];
export const FROM = {i16x8: 'i8x16', i32x4: 'i16x8', i64x2: 'i32x4'} as const;

/** The rows of a table of execute functions by size, or by U:size, that has a translation for the size. */
export const rows = (
  executes: Executes,
  translationOf: (size: number, signed: boolean) => Translation | undefined,
): Rows =>
  executes.flatMap((execute, index) => {
    const translation = execute && translationOf(index & 3, index < 4);
    return execute && translation ? [[execute, translation] as const] : [];
  });

/** d = f(n, m) of as many doublewords; `emit` finds n in A and m in B, and pushes the result. */
export const lanewise = (emit: Emit): Translation => ({
  emit: (emitter, operation) => {
    const {d, n, m, amount} = operation;
    load(emitter, A, n, amount);
    load(emitter, B, m, amount);
    put(emitter, d, amount, () => emit(emitter, operation));
  },
  flags: noFlags,
});
export const pushOld: Emit = (emitter, {d, amount}) => push(emitter, d, amount);

export const binary =
  (op: VectorOp): Emit =>
  ({code}) =>
    void code.get(A).get(B).vector(op);
export const accumulate =
  (addend: Emit, op: VectorOp): Emit =>
  (emitter, operation) => {
    pushOld(emitter, operation);
    addend(emitter, operation);
    emitter.code.vector(op);
  };

/** d = f(m), with m in A; as many doublewords on both sides unless given. */
export const unary = (emit: Emit, dCount?: number, mCount?: number): Translation => ({
  emit: (emitter, operation) => {
    const {d, m, amount} = operation;
    load(emitter, A, m, mCount ?? amount);
    put(emitter, d, dCount ?? amount, () => emit(emitter, operation));
  },
  flags: noFlags,
});

/** Byte numbers of every other lane, from lane `first`, of two doublewords in two vectors or of two vectors. */
export const everyOther = (size: number, first: 0 | 1, doublewords: 1 | 2): readonly number[] => {
  const bytes = 1 << size;
  const each = REGISTER_BYTES * doublewords;
  return Array.from({length: VECTOR_BYTES}, (_, index) => {
    const position = (2 * Math.floor(index / bytes) + first) * bytes + (index % bytes);
    return position < each ? position : (VECTOR_BYTES + position - each) % (2 * VECTOR_BYTES);
  });
};

/** Sets FPSCR.QC when the vector popped has a bit set. */
export const setSaturatedIfAny = (emitter: Emitter): void => {
  const {code} = emitter;
  code.vector('v128.any_true').if();
  emitter.storeState(STATE.fpscrCumulative, () => {
    emitter.loadState(STATE.fpscrCumulative).code.constant(SATURATED).op('i32.or');
  });
  code.end();
};
