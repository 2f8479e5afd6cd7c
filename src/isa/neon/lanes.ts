/**
 * The lanes of Advanced SIMD registers (DDI 0406C A2.6.1), and the walks over them from which the instructions are made.
 * A walk takes what happens to one lane and gives an execute function, distinct for each call.
 *
 * In an operation d, n and m are numbers of doubleword registers, a quadword being the first of its two; `amount` is the
 * number of d's doublewords, and `immediate` a scalar's lane, a shift's amount (negative to the right) or the like.
 */
import type {Cpu} from '../core/cpu.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {VFP_WORDS} from '../core/state.ts';

/** A typed array, as far as a walk needs one. */
interface LaneArray<Value> {
  [lane: number]: Value;
}

export interface Lane<Value> {
  readonly bits: number;
  readonly perRegister: number;
  readonly lowest: Value;
  readonly highest: Value;
  readonly view: (cpu: Cpu) => LaneArray<Value>;
}

const signed = (bits: number, view: Lane<number>['view']): Lane<number> => ({
  bits,
  perRegister: 64 / bits,
  lowest: -(2 ** (bits - 1)),
  highest: 2 ** (bits - 1) - 1,
  view,
});
const unsigned = (bits: number, view: Lane<number>['view']): Lane<number> => ({
  bits,
  perRegister: 64 / bits,
  lowest: 0,
  highest: 2 ** bits - 1,
  view,
});

export const S8 = signed(8, (cpu) => cpu.vfpSignedBytes);
export const S16 = signed(16, (cpu) => cpu.vfpSignedHalfWords);
export const S32 = signed(32, (cpu) => cpu.vfpWords);
export const U8 = unsigned(8, (cpu) => cpu.vfpBytes);
export const U16 = unsigned(16, (cpu) => cpu.vfpHalfWords);
export const U32 = unsigned(32, (cpu) => cpu.vfpUnsignedWords);
export const S64: Lane<bigint> = {
  bits: 64,
  perRegister: 1,
  lowest: -(2n ** 63n),
  highest: 2n ** 63n - 1n,
  view: (cpu) => cpu.vfpSignedDoubleWords,
};
export const U64: Lane<bigint> = {
  bits: 64,
  perRegister: 1,
  lowest: 0n,
  highest: 2n ** 64n - 1n,
  view: (cpu) => cpu.vfpDoubleWords,
};

/** By the size field; what does not care for the sign works on signed lanes. */
export const SIGNED = [S8, S16, S32] as const;
export const UNSIGNED = [U8, U16, U32] as const;

const WORDS = 2;
export const REGISTERS = VFP_WORDS / WORDS;
/** Four registers behind d31: results are formed here when the destination may overlap an operand of another width. */
export const SCRATCH = VFP_WORDS / WORDS;

const moveFromScratch = (cpu: Cpu, d: number, registers: number): void => {
  const words = cpu.vfpWords;
  for (let word = 0; word < WORDS * registers; word++) words[WORDS * d + word] = words[WORDS * SCRATCH + word]!;
};

/** The new value of a lane of d. A store into the lane wraps it. */
export type Element<N, M = N, D = N> = (n: N, m: M, cpu: Cpu, d: D) => D;

/** d = f(n, m), lane by lane. */
export const lanewise =
  <Value>({view, perRegister}: Lane<Value>, element: Element<Value>): Execute =>
  (cpu, op) => {
    const lanes = view(cpu);
    const d = op.d * perRegister;
    const n = op.n * perRegister;
    const m = op.m * perRegister;
    const count = op.amount * perRegister;
    for (let lane = 0; lane < count; lane++) {
      lanes[d + lane] = element(lanes[n + lane]!, lanes[m + lane]!, cpu, lanes[d + lane]!);
    }
  };

/** The same of words, whatever the lanes are; apart from the others because V8 then knows the view. */
export const wordwise =
  (element: Element<number>): Execute =>
  (cpu, op) => {
    const words = cpu.vfpWords;
    const d = WORDS * op.d;
    const n = WORDS * op.n;
    const m = WORDS * op.m;
    for (let word = 0; word < WORDS * op.amount; word++) {
      words[d + word] = element(words[n + word]!, words[m + word]!, cpu, words[d + word]!);
    }
  };

/** d = f(n, m[`immediate`]), lane by lane. */
export const lanewiseByScalar =
  <Value>({view, perRegister}: Lane<Value>, element: Element<Value>): Execute =>
  (cpu, op) => {
    const lanes = view(cpu);
    const d = op.d * perRegister;
    const n = op.n * perRegister;
    const scalar = lanes[op.m * perRegister + op.immediate]!;
    const count = op.amount * perRegister;
    for (let lane = 0; lane < count; lane++) {
      lanes[d + lane] = element(lanes[n + lane]!, scalar, cpu, lanes[d + lane]!);
    }
  };

/** d = f(m, `immediate`), lane by lane. */
export const lanewiseByImmediate =
  <Value>({view, perRegister}: Lane<Value>, element: Element<Value, number>): Execute =>
  (cpu, op) => {
    const lanes = view(cpu);
    const d = op.d * perRegister;
    const m = op.m * perRegister;
    const immediate = op.immediate;
    const count = op.amount * perRegister;
    for (let lane = 0; lane < count; lane++) {
      lanes[d + lane] = element(lanes[m + lane]!, immediate, cpu, lanes[d + lane]!);
    }
  };

/** Quadword d = f(n, m) of twice the width. */
export const long =
  <N, D>(from: Lane<N>, to: Lane<D>, element: Element<N, N, D>): Execute =>
  (cpu, op) => {
    const narrow = from.view(cpu);
    const wide = to.view(cpu);
    const d = op.d * to.perRegister;
    const n = op.n * from.perRegister;
    const m = op.m * from.perRegister;
    const scratch = SCRATCH * to.perRegister;
    for (let lane = 0; lane < from.perRegister; lane++) {
      wide[scratch + lane] = element(narrow[n + lane]!, narrow[m + lane]!, cpu, wide[d + lane]!);
    }
    moveFromScratch(cpu, op.d, 2);
  };

/** Quadword d = f(n, m[`immediate`]) of twice the width. */
export const longByScalar =
  <N, D>(from: Lane<N>, to: Lane<D>, element: Element<N, N, D>): Execute =>
  (cpu, op) => {
    const narrow = from.view(cpu);
    const wide = to.view(cpu);
    const d = op.d * to.perRegister;
    const n = op.n * from.perRegister;
    const scalar = narrow[op.m * from.perRegister + op.immediate]!;
    const scratch = SCRATCH * to.perRegister;
    for (let lane = 0; lane < from.perRegister; lane++) {
      wide[scratch + lane] = element(narrow[n + lane]!, scalar, cpu, wide[d + lane]!);
    }
    moveFromScratch(cpu, op.d, 2);
  };

/** Quadword d = f(m, `immediate`) of twice the width. */
export const longByImmediate =
  <M, D>(from: Lane<M>, to: Lane<D>, element: (m: M, immediate: number, cpu: Cpu) => D): Execute =>
  (cpu, op) => {
    const narrow = from.view(cpu);
    const wide = to.view(cpu);
    const m = op.m * from.perRegister;
    const scratch = SCRATCH * to.perRegister;
    for (let lane = 0; lane < from.perRegister; lane++) {
      wide[scratch + lane] = element(narrow[m + lane]!, op.immediate, cpu);
    }
    moveFromScratch(cpu, op.d, 2);
  };

/** Quadword d = f(n, m), where n too is wide. */
export const wide =
  <M, D>(from: Lane<M>, to: Lane<D>, element: Element<D, M, D>): Execute =>
  (cpu, op) => {
    const narrow = from.view(cpu);
    const wideLanes = to.view(cpu);
    const d = op.d * to.perRegister;
    const n = op.n * to.perRegister;
    const m = op.m * from.perRegister;
    const scratch = SCRATCH * to.perRegister;
    for (let lane = 0; lane < from.perRegister; lane++) {
      wideLanes[scratch + lane] = element(wideLanes[n + lane]!, narrow[m + lane]!, cpu, wideLanes[d + lane]!);
    }
    moveFromScratch(cpu, op.d, 2);
  };

/** Doubleword d = f(n, m) of quadwords, of half the width. */
export const narrow =
  <N, D>(from: Lane<N>, to: Lane<D>, element: (n: N, m: N, cpu: Cpu) => D): Execute =>
  (cpu, op) => {
    const wideLanes = from.view(cpu);
    const narrowLanes = to.view(cpu);
    const n = op.n * from.perRegister;
    const m = op.m * from.perRegister;
    const scratch = SCRATCH * to.perRegister;
    for (let lane = 0; lane < to.perRegister; lane++) {
      narrowLanes[scratch + lane] = element(wideLanes[n + lane]!, wideLanes[m + lane]!, cpu);
    }
    moveFromScratch(cpu, op.d, 1);
  };

/** Doubleword d = f(m, `immediate`) of a quadword, of half the width. */
export const narrowByImmediate =
  <M, D>(from: Lane<M>, to: Lane<D>, element: (m: M, immediate: number, cpu: Cpu) => D): Execute =>
  (cpu, op) => {
    const wideLanes = from.view(cpu);
    const narrowLanes = to.view(cpu);
    const m = op.m * from.perRegister;
    const scratch = SCRATCH * to.perRegister;
    for (let lane = 0; lane < to.perRegister; lane++) {
      narrowLanes[scratch + lane] = element(wideLanes[m + lane]!, op.immediate, cpu);
    }
    moveFromScratch(cpu, op.d, 1);
  };

/** d = f of neighbours: the lower half those of n, the upper those of m. Doublewords only. */
export const pairwise =
  <Value>({view, perRegister}: Lane<Value>, element: (even: Value, odd: Value, cpu: Cpu) => Value): Execute =>
  (cpu, op) => {
    const lanes = view(cpu);
    const n = op.n * perRegister;
    const m = op.m * perRegister;
    const scratch = SCRATCH * perRegister;
    const half = perRegister / 2;
    for (let pair = 0; pair < half; pair++) {
      lanes[scratch + pair] = element(lanes[n + 2 * pair]!, lanes[n + 2 * pair + 1]!, cpu);
      lanes[scratch + half + pair] = element(lanes[m + 2 * pair]!, lanes[m + 2 * pair + 1]!, cpu);
    }
    moveFromScratch(cpu, op.d, 1);
  };

/** d = f of neighbours of m, of twice the width; `amount` doublewords on both sides. */
export const pairwiseLong =
  <M, D>(from: Lane<M>, to: Lane<D>, element: (even: M, odd: M, d: D) => D): Execute =>
  (cpu, op) => {
    const narrowLanes = from.view(cpu);
    const wideLanes = to.view(cpu);
    const d = op.d * to.perRegister;
    const m = op.m * from.perRegister;
    const count = op.amount * to.perRegister;
    for (let lane = 0; lane < count; lane++) {
      wideLanes[d + lane] = element(narrowLanes[m + 2 * lane]!, narrowLanes[m + 2 * lane + 1]!, wideLanes[d + lane]!);
    }
  };

/** d = a permutation of the bytes of m and n: `source(byte)` says which, as a byte of all registers. */
export const permuteBytes =
  (source: (op: Operation, byte: number) => number): Execute =>
  (cpu, op) => {
    const bytes = cpu.vfpBytes;
    for (let byte = 0; byte < 8 * op.amount; byte++) bytes[8 * SCRATCH + byte] = bytes[source(op, byte)]!;
    moveFromScratch(cpu, op.d, op.amount);
  };
