/** Instructions on two registers: DDI 0406C A7.4.5, but for those of permute.ts, and VCVT of fixed point (A7.4.4). */
import type {Fields} from '../core/bits.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import {halfToSingle, singleToHalf} from '../float/convert.ts';
import {saturate} from './elements.ts';
import {unsignedReciprocal, unsignedReciprocalRoot} from './estimates.ts';
import * as float from './float-elements.ts';
import {type FloatElement, standard} from './float-elements.ts';
import {
  type Lane,
  lanewiseByImmediate,
  longByImmediate,
  narrowByImmediate,
  pairwiseLong,
  S8,
  S16,
  S32,
  S64,
  SIGNED,
  U8,
  U16,
  U32,
  U64,
} from './lanes.ts';
import {dataProcessing, type Executes, length} from './operands.ts';
import {SATURATING_NARROW, SATURATING_NARROW_UNSIGNED, SHIFT_LEFT_LONG, SHIFT_RIGHT_NARROW} from './shift-immediate.ts';

const each = (lanes: readonly Lane<number>[], of: (m: number, lane: Lane<number>) => number): Executes =>
  lanes.map((lane) => lanewiseByImmediate(lane, (m) => of(m, lane)));
/** Only of 32 bits: by size. */
const onWords = (execute: Execute): Executes => [undefined, undefined, execute];
/** `m` is the operand, `n` the immediate. */
const single = (of: (context: Parameters<FloatElement>[0], m: number, immediate: number) => number): Executes =>
  onWords(
    lanewiseByImmediate(
      S32,
      standard((context, m, immediate) => of(context, m, immediate)),
    ),
  );

const leadingZeros = (value: number, {bits}: Lane<number>): number => Math.clz32(value) - (32 - bits);
/** Bits below the sign that are like it. */
const leadingSigns = (value: number, lane: Lane<number>): number => leadingZeros(value ^ (value >> 31), lane) - 1;
const bitCount = (value: number): number => {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
};
const saturatedEach = (of: (m: number) => number): Executes =>
  SIGNED.map((lane) => lanewiseByImmediate(lane, (m, _immediate, cpu) => saturate(lane, cpu, of(m))));

const zeroComparison = (of: (m: number) => boolean): Executes => each(SIGNED, (m) => (of(m) ? -1 : 0));

/** By op:size, where op is the sign of the lanes. */
const addPairs = (accumulates: boolean): Executes => {
  const sum = (even: number, odd: number, d: number): number => even + odd + (accumulates ? d : 0);
  const sum64 = (even: number, odd: number, d: bigint): bigint => BigInt(even + odd) + (accumulates ? d : 0n);
  return [
    pairwiseLong(S8, S16, sum),
    pairwiseLong(S16, S32, sum),
    pairwiseLong(S32, S64, sum64),
    undefined,
    pairwiseLong(U8, U16, sum),
    pairwiseLong(U16, U32, sum),
    pairwiseLong(U32, U64, sum64),
  ];
};
export const PAIRWISE_ADD_LONG = addPairs(false);
export const PAIRWISE_ADD_ACCUMULATE_LONG = addPairs(true);

/** By size. */
export const COUNT_LEADING_ZEROS = each([U8, U16, U32], leadingZeros);
export const NOT: Executes = [lanewiseByImmediate(S32, (m) => ~m)];
export const ABSOLUTE = each(SIGNED, Math.abs);
export const NEGATE = each(SIGNED, (m) => -m);
export const COUNT_BITS: Executes = [lanewiseByImmediate(U8, bitCount)];
export const EQUAL_ZERO = zeroComparison((m) => m === 0);
export const GREATER_ZERO = zeroComparison((m) => m > 0);
export const GREATER_OR_EQUAL_ZERO = zeroComparison((m) => m >= 0);
export const LESS_OR_EQUAL_ZERO = zeroComparison((m) => m <= 0);
export const LESS_ZERO = zeroComparison((m) => m < 0);

/** Of 32 bits only: by size. */
export const ABSOLUTE_SINGLE = single((_context, m) => float.absolute(m));
export const NEGATE_SINGLE = single((_context, m) => float.negate(m));

interface Instruction {
  readonly name: string;
  /** Bits 17–16, and 10–6. */
  readonly opcode: string;
  /** By size, or by op:size. */
  readonly executes: Executes;
  readonly accumulates?: boolean;
  /** Doublewords of d and m, when Q does not say. */
  readonly lengths?: readonly [number, number];
  /** VSHLL by the width of its lanes. */
  readonly shifts?: boolean;
}

const zero = 0;
const compareWithZero = (of: FloatElement): Executes => single((context, m) => of(context, m, zero, zero));
const compareZeroWith = (of: FloatElement): Executes => single((context, m) => of(context, zero, m, zero));

export const GREATER_ZERO_SINGLE = compareWithZero(float.greater);
export const GREATER_OR_EQUAL_ZERO_SINGLE = compareWithZero(float.greaterOrEqual);
export const EQUAL_ZERO_SINGLE = compareWithZero(float.equal);
export const LESS_OR_EQUAL_ZERO_SINGLE = compareZeroWith(float.greaterOrEqual);
export const LESS_ZERO_SINGLE = compareZeroWith(float.greater);

const fixed = (fromFloat: boolean) => ({
  0: single(fromFloat ? float.toSigned : float.fromSigned)[2]!,
  1: single(fromFloat ? float.toUnsigned : float.fromUnsigned)[2]!,
});
/** By U; the immediate is the number of fraction bits. */
export const TO_FIXED = fixed(true);
export const FROM_FIXED = fixed(false);

const HALF_TO_SINGLE: Executes = [
  undefined,
  longByImmediate(U16, S32, (m, _immediate, cpu) => {
    const context = cpu.standardFloatContext();
    const result = halfToSingle(context, m);
    cpu.raise(context.flags);
    return result;
  }),
];
const SINGLE_TO_HALF: Executes = [
  undefined,
  narrowByImmediate(S32, U16, (m, _immediate, cpu) => {
    const context = cpu.standardFloatContext();
    const result = singleToHalf(context, m);
    cpu.raise(context.flags);
    return result;
  }),
];

const NARROW = [1, 2] as const;
const LONG = [2, 1] as const;

const INSTRUCTIONS: readonly Instruction[] = [
  {name: 'VPADDL', opcode: '00 0 010 op:1 Q:1', executes: PAIRWISE_ADD_LONG},
  {name: 'VCLS', opcode: '00 0 1000 Q:1', executes: each(SIGNED, leadingSigns)},
  {name: 'VCLZ', opcode: '00 0 1001 Q:1', executes: COUNT_LEADING_ZEROS},
  {name: 'VCNT', opcode: '00 0 1010 Q:1', executes: COUNT_BITS},
  {name: 'VMVN (register)', opcode: '00 0 1011 Q:1', executes: NOT},
  {name: 'VPADAL', opcode: '00 0 110 op:1 Q:1', executes: PAIRWISE_ADD_ACCUMULATE_LONG, accumulates: true},
  {name: 'VQABS', opcode: '00 0 1110 Q:1', executes: saturatedEach(Math.abs)},
  {name: 'VQNEG', opcode: '00 0 1111 Q:1', executes: saturatedEach((m) => -m)},
  {name: 'VCGT (zero)', opcode: '01 0 0000 Q:1', executes: GREATER_ZERO},
  {name: 'VCGE (zero)', opcode: '01 0 0001 Q:1', executes: GREATER_OR_EQUAL_ZERO},
  {name: 'VCEQ (zero)', opcode: '01 0 0010 Q:1', executes: EQUAL_ZERO},
  {name: 'VCLE (zero)', opcode: '01 0 0011 Q:1', executes: LESS_OR_EQUAL_ZERO},
  {name: 'VCLT (zero)', opcode: '01 0 0100 Q:1', executes: LESS_ZERO},
  {name: 'VABS (integer)', opcode: '01 0 0110 Q:1', executes: ABSOLUTE},
  {name: 'VNEG (integer)', opcode: '01 0 0111 Q:1', executes: NEGATE},
  {name: 'VCGT (zero, F32)', opcode: '01 0 1000 Q:1', executes: GREATER_ZERO_SINGLE},
  {name: 'VCGE (zero, F32)', opcode: '01 0 1001 Q:1', executes: GREATER_OR_EQUAL_ZERO_SINGLE},
  {name: 'VCEQ (zero, F32)', opcode: '01 0 1010 Q:1', executes: EQUAL_ZERO_SINGLE},
  {name: 'VCLE (zero, F32)', opcode: '01 0 1011 Q:1', executes: LESS_OR_EQUAL_ZERO_SINGLE},
  {name: 'VCLT (zero, F32)', opcode: '01 0 1100 Q:1', executes: LESS_ZERO_SINGLE},
  {name: 'VABS (vector of F32)', opcode: '01 0 1110 Q:1', executes: ABSOLUTE_SINGLE},
  {name: 'VNEG (vector of F32)', opcode: '01 0 1111 Q:1', executes: NEGATE_SINGLE},
  {name: 'VMOVN', opcode: '10 0 0100 0', executes: SHIFT_RIGHT_NARROW, lengths: NARROW},
  {name: 'VQMOVUN', opcode: '10 0 0100 1', executes: SATURATING_NARROW_UNSIGNED, lengths: NARROW},
  {name: 'VQMOVN', opcode: '10 0 0101 op:1', executes: SATURATING_NARROW, lengths: NARROW},
  {
    name: 'VSHLL (by the size)',
    opcode: '10 0 0110 0',
    executes: SHIFT_LEFT_LONG.slice(0, 3),
    lengths: LONG,
    shifts: true,
  },
  {name: 'VCVT (single to half)', opcode: '10 0 1100 0', executes: SINGLE_TO_HALF, lengths: NARROW},
  {name: 'VCVT (half to single)', opcode: '10 0 1110 0', executes: HALF_TO_SINGLE, lengths: LONG},
  {name: 'VRECPE', opcode: '11 0 1000 Q:1', executes: onWords(lanewiseByImmediate(U32, unsignedReciprocal))},
  {name: 'VRSQRTE', opcode: '11 0 1001 Q:1', executes: onWords(lanewiseByImmediate(U32, unsignedReciprocalRoot))},
  {name: 'VRECPE (F32)', opcode: '11 0 1010 Q:1', executes: single(float.reciprocal)},
  {name: 'VRSQRTE (F32)', opcode: '11 0 1011 Q:1', executes: single(float.reciprocalRoot)},
  {name: 'VCVT (signed to F32)', opcode: '11 0 1100 Q:1', executes: onWords(FROM_FIXED[0])},
  {name: 'VCVT (unsigned to F32)', opcode: '11 0 1101 Q:1', executes: onWords(FROM_FIXED[1])},
  {name: 'VCVT (F32 to signed)', opcode: '11 0 1110 Q:1', executes: onWords(TO_FIXED[0])},
  {name: 'VCVT (F32 to unsigned)', opcode: '11 0 1111 Q:1', executes: onWords(TO_FIXED[1])},
];

const operands =
  ({opcode, executes, accumulates = false, lengths, shifts = false}: Instruction) =>
  (fields: Fields): Operands => {
    const size = fields('size');
    const [d, m] = lengths ?? [length(fields), length(fields)];
    const op = opcode.includes('op:1') ? fields('op') : 0;
    const execute = size === 3 ? undefined : executes[4 * op + size];
    return dataProcessing(fields, execute, {d, m, accumulates, immediate: shifts ? 8 << size : 0});
  };

/** imm6 is 64 less the fraction's bits, and at least 32. */
const fixedRow = (name: string, op: '0' | '1', executes: typeof TO_FIXED): Row => ({
  name,
  bits: `1111 001 U:1 1 D:1 1 imm:5 Vd:4 111 ${op} 0 Q:1 M:1 1 Vm:4`,
  operands: (fields) =>
    dataProcessing(fields, executes[fields('U') as 0 | 1], {
      d: length(fields),
      m: length(fields),
      immediate: 32 - fields('imm'),
    }),
  execute: executes[0],
});

export const NEON_TWO_REGISTERS: readonly Row[] = [
  ...INSTRUCTIONS.map((instruction) => ({
    name: instruction.name,
    bits: `1111 0011 1 D:1 11 size:2 ${instruction.opcode.slice(0, 2)} Vd:4 ${instruction.opcode.slice(3)} M:1 0 Vm:4`,
    operands: operands(instruction),
    execute: instruction.executes.find((execute) => execute !== undefined)!,
  })),
  fixedRow('VCVT (fixed point to F32, vector)', '0', FROM_FIXED),
  fixedRow('VCVT (F32 to fixed point, vector)', '1', TO_FIXED),
];
