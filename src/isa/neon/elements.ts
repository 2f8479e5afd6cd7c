/** What integer instructions do to one lane: DDI 0406C A2.6.2–A2.6.4 and the instructions' own pages. */
import {type Cpu, SATURATED} from '../core/cpu.ts';
import {signedHigh} from '../core/wide.ts';
import type {Element, Lane} from './lanes.ts';

/** Sat(): clamps to the lane's range. */
export const saturate = <Value extends number | bigint>(lane: Lane<Value>, cpu: Cpu, value: Value): Value => {
  if (value >= lane.lowest && value <= lane.highest) return value;
  cpu.raise(SATURATED);
  return value < lane.lowest ? lane.lowest : lane.highest;
};

/** An element function that saturates another's result. */
export const saturating =
  <N extends number | bigint, M, D extends number | bigint = N>(
    lane: Lane<D>,
    element: (n: N, m: M, cpu: Cpu, d: D) => D,
  ): Element<N, M, D> =>
  (n, m, cpu, d) =>
    saturate(lane, cpu, element(n, m, cpu, d));

type Numbers = Element<number>;
type Integers = Element<bigint>;

export const add: Numbers = (n, m) => n + m;
export const add64: Integers = (n, m) => n + m;
export const subtract: Numbers = (n, m) => n - m;
export const subtract64: Integers = (n, m) => n - m;

export const halvingAdd: Numbers = (n, m) => Math.floor((n + m) / 2);
export const roundingHalvingAdd: Numbers = (n, m) => Math.floor((n + m + 1) / 2);
export const halvingSubtract: Numbers = (n, m) => Math.floor((n - m) / 2);

const ALL_ONES = -1;
const allOnesIf = (condition: boolean): number => (condition ? ALL_ONES : 0);
export const greater: Numbers = (n, m) => allOnesIf(n > m);
export const greaterOrEqual: Numbers = (n, m) => allOnesIf(n >= m);
export const equal: Numbers = (n, m) => allOnesIf(n === m);
export const testBits: Numbers = (n, m) => allOnesIf((n & m) !== 0);

export const maximum: Numbers = (n, m) => (n > m ? n : m);
export const minimum: Numbers = (n, m) => (n < m ? n : m);
export const difference: Numbers = (n, m) => Math.abs(n - m);
export const accumulateDifference: Numbers = (n, m, _cpu, d) => d + Math.abs(n - m);

/** Low 32 bits, which is all that a lane keeps. */
export const multiply: Numbers = (n, m) => Math.imul(n, m);
export const multiplyAdd: Numbers = (n, m, _cpu, d) => d + Math.imul(n, m);
export const multiplySubtract: Numbers = (n, m, _cpu, d) => d - Math.imul(n, m);

/** The same of 32-bit lanes, in 64 bits. */
export const multiply64: Element<number, number, bigint> = (n, m) => BigInt(n) * BigInt(m);
export const multiplyAdd64: Element<number, number, bigint> = (n, m, _cpu, d) => d + BigInt(n) * BigInt(m);
export const multiplySubtract64: Element<number, number, bigint> = (n, m, _cpu, d) => d - BigInt(n) * BigInt(m);

/** PolynomialMult() of 8-bit polynomials over {0, 1}. */
export const multiplyPolynomials: Numbers = (n, m) => {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) if (((n >> bit) & 1) !== 0) product ^= m << bit;
  return product;
};

export const and: Numbers = (n, m) => n & m;
export const andNot: Numbers = (n, m) => n & ~m;
export const or: Numbers = (n, m) => n | m;
export const orNot: Numbers = (n, m) => n | ~m;
export const exclusiveOr: Numbers = (n, m) => n ^ m;
/** VBSL: d chooses between n and m. */
export const select: Numbers = (n, m, _cpu, d) => (n & d) | (m & ~d);
/** VBIT and VBIF: m says which bits of n go into d. */
export const insertIfTrue: Numbers = (n, m, _cpu, d) => (n & m) | (d & ~m);
export const insertIfFalse: Numbers = (n, m, _cpu, d) => (d & m) | (n & ~m);

/** Powers of two from 2^−128 on: what the signed byte of an amount can ask for. */
const LEAST_POWER = -128;
const POWERS = Float64Array.from({length: 256}, (_, index) => 2 ** (index + LEAST_POWER));
const power = (exponent: number): number => POWERS[exponent - LEAST_POWER]!;

/** Shifts left, or right by a negative amount, in unbounded precision: the numbers stay exact, and the lane wraps. */
export const shift = (value: number, by: number): number =>
  by >= 0 ? value * power(by) : Math.floor(value * power(by));
export const roundingShift = (value: number, by: number): number =>
  by >= 0 ? value * power(by) : Math.floor((value + power(-by - 1)) * power(by));
export const shift64 = (value: bigint, by: number): bigint => value << BigInt(by);
export const roundingShift64 = (value: bigint, by: number): bigint =>
  by >= 0 ? value << BigInt(by) : (value + (1n << BigInt(-by - 1))) >> BigInt(-by);

/** The signed low byte, which is what a register's lane shifts by. */
const lowByte = (value: number): number => (value << 24) >> 24;
export type Shift<Value> = (value: Value, by: number) => Value;
/** Operands of VSHL and the like stand in the other order: m is shifted by n. */
export const byRegister =
  (shiftBy: Shift<number>): Numbers =>
  (by, value) =>
    shiftBy(value, lowByte(by));
export const byRegister64 =
  (shiftBy: Shift<bigint>): Integers =>
  (by, value) =>
    shiftBy(value, Number(BigInt.asIntN(8, by)));

/** VQDMULH: the upper half of 2nm, before saturation. */
export const doublingHigh16: Numbers = (n, m) => Math.floor((n * m) / 0x8000);
export const roundingDoublingHigh16: Numbers = (n, m) => Math.floor((n * m + 0x4000) / 0x8000);
export const doublingHigh32: Numbers = (n, m) => 2 * signedHigh(n, m) + (Math.imul(n, m) >>> 31);
/** The half that is added is bit 30 of the product. */
export const roundingDoublingHigh32: Numbers = (n, m) =>
  2 * signedHigh(n, m) + Math.floor(((Math.imul(n, m) >>> 0) + 2 ** 30) / 2 ** 31);
