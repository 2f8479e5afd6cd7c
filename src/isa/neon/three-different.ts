/** Integer instructions on three registers of different lengths: DDI 0406C A7.4.2. */
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import * as element from './elements.ts';
import {saturate} from './elements.ts';
import {type Element, type Lane, long, narrow, S8, S16, S32, S64, U8, U16, U32, U64, wide} from './lanes.ts';
import {dataProcessing, type Executes} from './operands.ts';

/** A lane of 8 or 16 bits and the one of twice its width. */
type Pair = readonly [Lane<number>, Lane<number>];
/** A lane of 32 bits and the one of 64. */
type WidePair = readonly [Lane<number>, Lane<bigint>];
const SIGNED: readonly Pair[] = [
  [S8, S16],
  [S16, S32],
];
const UNSIGNED: readonly Pair[] = [
  [U8, U16],
  [U16, U32],
];
const SIGNED_WORDS: WidePair = [S32, S64];
const UNSIGNED_WORDS: WidePair = [U32, U64];

type Make = (pair: Pair) => Execute;
type MakeWords = (pair: WidePair) => Execute;
const bySign = (make: Make, makeWords: MakeWords): Executes => [
  ...SIGNED.map(make),
  makeWords(SIGNED_WORDS),
  undefined,
  ...UNSIGNED.map(make),
  makeWords(UNSIGNED_WORDS),
];
const bySize = (make: Make, makeWords: MakeWords): Executes => [...SIGNED.map(make), makeWords(SIGNED_WORDS)];

/** Sums, differences and their like of two words are exact in a double: only then they become integers. */
const widened =
  (of: Element<number>): Element<number, number, bigint> =>
  (n, m, cpu) =>
    BigInt(of(n, m, cpu, 0));

const lengthened = (of: Element<number>): Executes =>
  bySign(
    ([from, to]) => long(from, to, of),
    ([from, to]) => long(from, to, widened(of)),
  );
const accumulated = (of: Element<number>, of64: Element<number, number, bigint>): Executes =>
  bySign(
    ([from, to]) => long(from, to, of),
    ([from, to]) => long(from, to, of64),
  );

/** By U:size. */
export const ADD_LONG = lengthened(element.add);
export const SUBTRACT_LONG = lengthened(element.subtract);
export const DIFFERENCE_LONG = lengthened(element.difference);
export const ACCUMULATE_DIFFERENCE_LONG = accumulated(
  element.accumulateDifference,
  (n, m, _cpu, d) => d + BigInt(Math.abs(n - m)),
);
export const ADD_WIDE = bySign(
  ([from, to]) => wide(from, to, element.add),
  ([from, to]) => wide(from, to, (n, m) => n + BigInt(m)),
);
export const SUBTRACT_WIDE = bySign(
  ([from, to]) => wide(from, to, element.subtract),
  ([from, to]) => wide(from, to, (n, m) => n - BigInt(m)),
);
export const MULTIPLY_LONG = accumulated(element.multiply, element.multiply64);
export const MULTIPLY_ADD_LONG = accumulated(element.multiplyAdd, element.multiplyAdd64);
export const MULTIPLY_SUBTRACT_LONG = accumulated(element.multiplySubtract, element.multiplySubtract64);

/** The upper half of a lane, by size of the result. */
const high = (of: (n: number, m: number) => number, of64: (n: bigint, m: bigint) => bigint): Executes =>
  bySize(
    ([to, from]) => narrow(from, to, (n, m) => Math.floor(of(n, m) / 2 ** to.bits)),
    ([to, from]) => narrow(from, to, (n, m) => Number(BigInt.asIntN(32, of64(n, m) >> 32n))),
  );
/** By size. */
export const ADD_HIGH = high(
  (n, m) => n + m,
  (n, m) => n + m,
);
export const SUBTRACT_HIGH = high(
  (n, m) => n - m,
  (n, m) => n - m,
);
const HALF_64 = 1n << 31n;
const roundingHigh = (sign: 1 | -1): Executes =>
  bySize(
    ([to, from]) => narrow(from, to, (n, m) => Math.floor((n + sign * m + 2 ** (to.bits - 1)) / 2 ** to.bits)),
    ([to, from]) => narrow(from, to, (n, m) => Number(BigInt.asIntN(32, (n + BigInt(sign) * m + HALF_64) >> 32n))),
  );

export const ROUNDING_ADD_HIGH = roundingHigh(1);
export const ROUNDING_SUBTRACT_HIGH = roundingHigh(-1);

/** Of half-words and words: SatQ(2nm), and its saturating accumulation. */
const doubling = (walk: Walk, sign: 0 | 1 | -1): Executes => [
  undefined,
  walk(S16, S32, (n, m, cpu, d) => {
    const product = saturate(S32, cpu, 2 * n * m);
    return sign === 0 ? product : saturate(S32, cpu, d + sign * product);
  }),
  walk(S32, S64, (n, m, cpu, d) => {
    const product = saturate(S64, cpu, 2n * BigInt(n) * BigInt(m));
    return sign === 0 ? product : saturate(S64, cpu, d + BigInt(sign) * product);
  }),
];
/** {@link long} or its form with a scalar. */
type Walk = <N, D>(from: Lane<N>, to: Lane<D>, element: Element<N, N, D>) => Execute;

interface Doubling {
  readonly multiply: Executes;
  readonly add: Executes;
  readonly subtract: Executes;
}
/** VQDMULL, VQDMLAL and VQDMLSL, by size. */
export const doublingMultiplies = (walk: Walk): Doubling => ({
  multiply: doubling(walk, 0),
  add: doubling(walk, 1),
  subtract: doubling(walk, -1),
});
const DOUBLING = doublingMultiplies(long);

interface Instruction {
  readonly name: string;
  readonly u: '0' | '1' | 'U:1';
  readonly opcode: string;
  readonly executes: Executes;
  /** Doublewords of d, n and m. */
  readonly lengths: readonly [number, number, number];
  readonly accumulates?: boolean;
  readonly class?: InstructionClass;
}

const LONG = [2, 1, 1] as const;
const WIDE = [2, 2, 1] as const;
const NARROW = [1, 2, 2] as const;
const ACCUMULATING = {lengths: LONG, accumulates: true, class: 'neon-multiply-accumulate'} as const;
const POLYNOMIAL: Executes = [long(U8, U16, element.multiplyPolynomials)];

const INSTRUCTIONS: readonly Instruction[] = [
  {name: 'VADDL', u: 'U:1', opcode: '0000', executes: ADD_LONG, lengths: LONG},
  {name: 'VADDW', u: 'U:1', opcode: '0001', executes: ADD_WIDE, lengths: WIDE},
  {name: 'VSUBL', u: 'U:1', opcode: '0010', executes: SUBTRACT_LONG, lengths: LONG},
  {name: 'VSUBW', u: 'U:1', opcode: '0011', executes: SUBTRACT_WIDE, lengths: WIDE},
  {name: 'VADDHN', u: '0', opcode: '0100', executes: ADD_HIGH, lengths: NARROW},
  {name: 'VRADDHN', u: '1', opcode: '0100', executes: ROUNDING_ADD_HIGH, lengths: NARROW},
  {
    name: 'VABAL',
    u: 'U:1',
    opcode: '0101',
    executes: ACCUMULATE_DIFFERENCE_LONG,
    lengths: LONG,
    accumulates: true,
  },
  {name: 'VSUBHN', u: '0', opcode: '0110', executes: SUBTRACT_HIGH, lengths: NARROW},
  {name: 'VRSUBHN', u: '1', opcode: '0110', executes: ROUNDING_SUBTRACT_HIGH, lengths: NARROW},
  {name: 'VABDL', u: 'U:1', opcode: '0111', executes: DIFFERENCE_LONG, lengths: LONG},
  {name: 'VMLAL', u: 'U:1', opcode: '1000', executes: MULTIPLY_ADD_LONG, ...ACCUMULATING},
  {name: 'VQDMLAL', u: '0', opcode: '1001', executes: DOUBLING.add, ...ACCUMULATING},
  {name: 'VMLSL', u: 'U:1', opcode: '1010', executes: MULTIPLY_SUBTRACT_LONG, ...ACCUMULATING},
  {name: 'VQDMLSL', u: '0', opcode: '1011', executes: DOUBLING.subtract, ...ACCUMULATING},
  {name: 'VMULL (integer)', u: 'U:1', opcode: '1100', executes: MULTIPLY_LONG, lengths: LONG},
  {name: 'VQDMULL', u: '0', opcode: '1101', executes: DOUBLING.multiply, lengths: LONG},
  {name: 'VMULL (polynomial)', u: '0', opcode: '1110', executes: POLYNOMIAL, lengths: LONG},
];

const SIZES = ['00', '01', '10'] as const;

const operands =
  ({u, executes, lengths, accumulates = false, class: pipelineClass = 'neon-arithmetic'}: Instruction, size: number) =>
  (fields: Fields): Operands => {
    const sign = u === 'U:1' ? fields('U') : 0;
    const [d, n, m] = lengths;
    return dataProcessing(fields, executes[4 * sign + size], {d, n, m, accumulates, class: pipelineClass});
  };

/** Drawn by size, because size 11 belongs to VEXT, VTBL, VDUP and the instructions on two registers. */
export const NEON_THREE_DIFFERENT: readonly Row[] = INSTRUCTIONS.flatMap((instruction) => {
  const {name, u, opcode, executes} = instruction;
  return SIZES.flatMap((drawn, size) => {
    const bits = `1111 001 ${u} 1 D:1 ${drawn} Vn:4 Vd:4 ${opcode} N:1 0 M:1 0 Vm:4`;
    const execute = executes[size];
    return execute ? [{name: `${name} of ${8 << size}`, bits, operands: operands(instruction, size), execute}] : [];
  });
});
