/** Integer instructions on two registers and a shift amount: DDI 0406C A7.4.4. */
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import {roundingShift, roundingShift64, type Shift, saturate, shift, shift64} from './elements.ts';
import {
  type Element,
  type Lane,
  lanewiseByImmediate,
  longByImmediate,
  narrowByImmediate,
  S8,
  S16,
  S32,
  S64,
  U8,
  U16,
  U32,
  U64,
} from './lanes.ts';
import {dataProcessing, type Executes, length} from './operands.ts';

type ByImmediate<Value> = Element<Value, number>;

const SIGNED = [S8, S16, S32] as const;
const UNSIGNED = [U8, U16, U32] as const;

const sameOfSign = (
  of: (lane: Lane<number>) => ByImmediate<number>,
  of64: (lane: Lane<bigint>) => ByImmediate<bigint>,
): Executes => [
  ...SIGNED.map((lane) => lanewiseByImmediate(lane, of(lane))),
  lanewiseByImmediate(S64, of64(S64)),
  ...UNSIGNED.map((lane) => lanewiseByImmediate(lane, of(lane))),
  lanewiseByImmediate(U64, of64(U64)),
];
const sameOfSize = (
  of: (lane: Lane<number>) => ByImmediate<number>,
  of64: (lane: Lane<bigint>) => ByImmediate<bigint>,
): Executes => [...UNSIGNED.map((lane) => lanewiseByImmediate(lane, of(lane))), lanewiseByImmediate(U64, of64(U64))];

// Amounts to the right are kept negative.
const shifted = (by: Shift<number>) => (): ByImmediate<number> => by;
const shifted64 = (by: Shift<bigint>) => (): ByImmediate<bigint> => by;
const accumulated = (by: Shift<number>) => (): ByImmediate<number> => (m, amount, _cpu, d) => d + by(m, amount);
const accumulated64 = (by: Shift<bigint>) => (): ByImmediate<bigint> => (m, amount, _cpu, d) => d + by(m, amount);
const saturated =
  (by: Shift<number>) =>
  (lane: Lane<number>): ByImmediate<number> =>
  (m, amount, cpu) =>
    saturate(lane, cpu, by(m, amount));
const saturated64 =
  (by: Shift<bigint>) =>
  (lane: Lane<bigint>): ByImmediate<bigint> =>
  (m, amount, cpu) =>
    saturate(lane, cpu, by(m, amount));

/** VSRI keeps the upper bits of d, VSLI the lower ones; on unsigned lanes. */
const insertRight =
  ({bits}: Lane<number>): ByImmediate<number> =>
  (m, amount, _cpu, d) =>
    d - (d % 2 ** (bits + amount)) + shift(m, amount);
const insertRight64 = (): ByImmediate<bigint> => (m, amount, _cpu, d) =>
  d - (d % 2n ** BigInt(64 + amount)) + shift64(m, amount);
const insertLeft =
  ({bits}: Lane<number>): ByImmediate<number> =>
  (m, amount, _cpu, d) =>
    ((m * 2 ** amount) % 2 ** bits) + (d % 2 ** amount);
const insertLeft64 = (): ByImmediate<bigint> => (m, amount, _cpu, d) => shift64(m, amount) + (d % 2n ** BigInt(amount));

/** By U:size. */
export const SHIFT_RIGHT = sameOfSign(shifted(shift), shifted64(shift64));
export const SHIFT_RIGHT_ACCUMULATE = sameOfSign(accumulated(shift), accumulated64(shift64));
export const ROUNDING_SHIFT_RIGHT = sameOfSign(shifted(roundingShift), shifted64(roundingShift64));
export const ROUNDING_SHIFT_RIGHT_ACCUMULATE = sameOfSign(accumulated(roundingShift), accumulated64(roundingShift64));
/** By size. */
export const SHIFT_LEFT = sameOfSize(shifted(shift), shifted64(shift64));
export const SHIFT_RIGHT_INSERT = sameOfSize(insertRight, insertRight64);
export const SHIFT_LEFT_INSERT = sameOfSize(insertLeft, insertLeft64);

const SATURATING_LEFT = sameOfSign(saturated(shift), saturated64(shift64));
/** VQSHLU: signed operands, unsigned results. */
const SATURATING_LEFT_UNSIGNED: Executes = [
  ...SIGNED.map((lane, size) =>
    lanewiseByImmediate(lane, (m, amount, cpu) => saturate(UNSIGNED[size]!, cpu, shift(m, amount))),
  ),
  lanewiseByImmediate(S64, (m, amount, cpu) => saturate(U64, cpu, shift64(m, amount))),
];

type Narrowing = readonly [from: Lane<number>, to: Lane<number>];
const narrowed = (
  pairs: readonly Narrowing[],
  [from64, to64]: readonly [Lane<bigint>, Lane<number>],
  by: Shift<number>,
  by64: Shift<bigint>,
  finish: (lane: Lane<number>, cpu: Cpu, value: number) => number,
): readonly Execute[] => [
  ...pairs.map(([from, to]) => narrowByImmediate(from, to, (m, amount, cpu) => finish(to, cpu, by(m, amount)))),
  // What saturates is not exact as a number, but beyond the same limit.
  narrowByImmediate(from64, to64, (m, amount, cpu) => finish(to64, cpu, Number(by64(m, amount)))),
];
const wrap = (_lane: Lane<number>, _cpu: Cpu, value: number): number => value;
const SIGNED_PAIRS: readonly Narrowing[] = [
  [S16, S8],
  [S32, S16],
];
const UNSIGNED_PAIRS: readonly Narrowing[] = [
  [U16, U8],
  [U32, U16],
];
const MIXED_PAIRS: readonly Narrowing[] = [
  [S16, U8],
  [S32, U16],
];
const wrapped64 =
  (by: Shift<bigint>): Shift<bigint> =>
  (value, amount) =>
    BigInt.asUintN(32, by(value, amount));

/** By size of the result. VMOVN is a shift by 0. */
export const SHIFT_RIGHT_NARROW: Executes = narrowed(UNSIGNED_PAIRS, [U64, U32], shift, wrapped64(shift64), wrap);
export const ROUNDING_NARROW: Executes = narrowed(
  UNSIGNED_PAIRS,
  [U64, U32],
  roundingShift,
  wrapped64(roundingShift64),
  wrap,
);
const saturatingNarrow = (by: Shift<number>, by64: Shift<bigint>): Executes => [
  ...narrowed(SIGNED_PAIRS, [S64, S32], by, by64, saturate),
  undefined,
  ...narrowed(UNSIGNED_PAIRS, [U64, U32], by, by64, saturate),
];
const saturatingNarrowUnsigned = (by: Shift<number>, by64: Shift<bigint>): Executes =>
  narrowed(MIXED_PAIRS, [S64, U32], by, by64, saturate);
/** By U:size of the result, and by size for VQSHRUN; VQMOVN and VQMOVUN are shifts by 0. */
export const SATURATING_NARROW = saturatingNarrow(shift, shift64);
export const SATURATING_NARROW_UNSIGNED = saturatingNarrowUnsigned(shift, shift64);
export const SATURATING_ROUNDING_NARROW = saturatingNarrow(roundingShift, roundingShift64);
export const SATURATING_ROUNDING_NARROW_UNSIGNED = saturatingNarrowUnsigned(roundingShift, roundingShift64);

/** By U:size of the operand. VMOVL is a shift by 0, and VSHLL by the size has no sign. */
export const SHIFT_LEFT_LONG: Executes = [
  longByImmediate(S8, S16, shift),
  longByImmediate(S16, S32, shift),
  longByImmediate(S32, S64, (m, amount) => shift64(BigInt(m), amount)),
  undefined,
  longByImmediate(U8, U16, shift),
  longByImmediate(U16, U32, shift),
  longByImmediate(U32, U64, (m, amount) => shift64(BigInt(m), amount)),
];

type Direction = 'left' | 'right';
interface Instruction {
  readonly name: string;
  readonly u: '0' | '1' | 'U:1';
  readonly opcode: string;
  readonly direction: Direction;
  readonly executes: Executes;
  readonly accumulates?: boolean;
}

const same = (fields: Fields) => ({d: length(fields), m: length(fields)});

const SAME: readonly Instruction[] = [
  {name: 'VSHR', u: 'U:1', opcode: '0000', direction: 'right', executes: SHIFT_RIGHT},
  {name: 'VSRA', u: 'U:1', opcode: '0001', direction: 'right', executes: SHIFT_RIGHT_ACCUMULATE, accumulates: true},
  {
    name: 'VRSHR',
    u: 'U:1',
    opcode: '0010',
    direction: 'right',
    executes: ROUNDING_SHIFT_RIGHT,
  },
  {
    name: 'VRSRA',
    u: 'U:1',
    opcode: '0011',
    direction: 'right',
    executes: ROUNDING_SHIFT_RIGHT_ACCUMULATE,
    accumulates: true,
  },
  {name: 'VSRI', u: '1', opcode: '0100', direction: 'right', executes: SHIFT_RIGHT_INSERT, accumulates: true},
  {name: 'VSHL (immediate)', u: '0', opcode: '0101', direction: 'left', executes: SHIFT_LEFT},
  {name: 'VSLI', u: '1', opcode: '0101', direction: 'left', executes: SHIFT_LEFT_INSERT, accumulates: true},
  {name: 'VQSHLU (immediate)', u: '1', opcode: '0110', direction: 'left', executes: SATURATING_LEFT_UNSIGNED},
  {name: 'VQSHL (immediate)', u: 'U:1', opcode: '0111', direction: 'left', executes: SATURATING_LEFT},
];

/** Opcode and bit 6. */
const NARROW: readonly Instruction[] = [
  {name: 'VSHRN', u: '0', opcode: '1000 0', direction: 'right', executes: SHIFT_RIGHT_NARROW},
  {name: 'VRSHRN', u: '0', opcode: '1000 1', direction: 'right', executes: ROUNDING_NARROW},
  {name: 'VQSHRUN', u: '1', opcode: '1000 0', direction: 'right', executes: SATURATING_NARROW_UNSIGNED},
  {
    name: 'VQRSHRUN',
    u: '1',
    opcode: '1000 1',
    direction: 'right',
    executes: SATURATING_ROUNDING_NARROW_UNSIGNED,
  },
  {name: 'VQSHRN', u: 'U:1', opcode: '1001 0', direction: 'right', executes: SATURATING_NARROW},
  {
    name: 'VQRSHRN',
    u: 'U:1',
    opcode: '1001 1',
    direction: 'right',
    executes: SATURATING_ROUNDING_NARROW,
  },
];
const LONG: Instruction = {
  name: 'VSHLL',
  u: 'U:1',
  opcode: '1010 0',
  direction: 'left',
  executes: SHIFT_LEFT_LONG,
};

/** L:imm6, whose leading bits are the size of the lanes. */
const SIZES = [
  {bits: 8, imm6: '001 imm:3', l: '0'},
  {bits: 16, imm6: '01 imm:4', l: '0'},
  {bits: 32, imm6: '1 imm:5', l: '0'},
  {bits: 64, imm6: 'imm:6', l: '1'},
] as const;

const operands =
  ({u, executes, direction, accumulates = false}: Instruction, size: number, lengths: (fields: Fields) => Lengths) =>
  (fields: Fields): Operands => {
    const sign = u === 'U:1' ? fields('U') : 0;
    const immediate = direction === 'left' ? fields('imm') : fields('imm') - SIZES[size]!.bits;
    return dataProcessing(fields, executes[4 * sign + size], {...lengths(fields), accumulates, immediate});
  };
interface Lengths {
  readonly d: number;
  readonly m: number;
}

const rows = (
  instruction: Instruction,
  sizes: number,
  drawn: (l: string) => string,
  lengths: (fields: Fields) => Lengths,
): readonly Row[] =>
  SIZES.slice(0, sizes).map(({bits, imm6, l}, size) => ({
    name: `${instruction.name} of ${bits}`,
    bits: `1111 001 ${instruction.u} 1 D:1 ${imm6} Vd:4 ${drawn(l)} M:1 1 Vm:4`,
    operands: operands(instruction, size, lengths),
    execute: instruction.executes[size]!,
  }));

/** Opcode, L, and op or Q. */
const withLongBit = (opcode: string): string => `${opcode.slice(0, 4)} 0 ${opcode.slice(5)}`;

export const NEON_SHIFT_IMMEDIATE: readonly Row[] = [
  ...SAME.flatMap((instruction) => rows(instruction, 4, (l) => `${instruction.opcode} ${l} Q:1`, same)),
  ...NARROW.flatMap((instruction) =>
    rows(
      instruction,
      3,
      () => withLongBit(instruction.opcode),
      () => ({d: 1, m: 2}),
    ),
  ),
  ...rows(
    LONG,
    3,
    () => withLongBit(LONG.opcode),
    () => ({d: 2, m: 1}),
  ),
];
