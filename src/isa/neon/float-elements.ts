/**
 * What floating-point instructions do to one lane: singles as bit patterns, in the modes of the standard FPSCR value
 * (DDI 0406C A2.6.6 and A2.7.8).
 */
import {
  DIVISION_BY_ZERO,
  type FloatContext,
  INEXACT,
  INVALID_OPERATION,
  TOWARDS_ZERO,
  UNDERFLOW,
} from '../float/context.ts';
import {fromFixed32, toFixed32} from '../float/convert.ts';
import {DEFAULT_NAN_32, flushInput32, isNan32, processNan32} from '../float/nan.ts';
import {
  add32,
  bitsOf32,
  compare32,
  EQUAL,
  fusedMultiplyAdd32,
  GREATER,
  maximum32,
  minimum32,
  multiply32,
  subtract32,
  valueOf32,
} from '../float/single.ts';
import {reciprocalEstimate, reciprocalRootEstimate} from './estimates.ts';
import type {Element} from './lanes.ts';

const SIGN = 0x8000_0000 | 0;
const MAGNITUDE = 0x7fff_ffff;
const INFINITY = 0x7f80_0000;
const TWO = 0x4000_0000;
const THREE = 0x4040_0000;
const ONE_AND_A_HALF = 0x3fc0_0000;

export type FloatElement = (context: FloatContext, n: number, m: number, d: number) => number;

/** The element function whose exceptions end in FPSCR. */
export const standard =
  (of: FloatElement): Element<number> =>
  (n, m, cpu, d) => {
    const context = cpu.standardFloatContext();
    const result = of(context, n, m, d);
    cpu.raise(context.flags);
    return result;
  };

export const absolute = (bits: number): number => bits & MAGNITUDE;
export const negate = (bits: number): number => bits ^ SIGN;

const EXPONENT = 0x7f80_0000;
const SMALLEST_NORMAL = 2 ** -126;
/** From here on the nearest single is an infinity. */
const OVERFLOWS = 2 ** 128 - 2 ** 103;
const isInRange = (value: number): boolean => Math.abs(value) >= SMALLEST_NORMAL && Math.abs(value) < OVERFLOWS;
const isNormal = (bits: number): boolean => (bits & EXPONENT) !== 0;

/**
 * The short way: the host's sum or product of normal numbers, rounded from a double to a single, is right when it is
 * normal (53 bits are more than twice 24), and has no effect but to be inexact, which IXC shows already.
 */
const shortly =
  (host: (n: number, m: number) => number, exactly: typeof add32) =>
  (context: FloatContext, n: number, m: number): number => {
    if ((context.flags & INEXACT) !== 0 && isNormal(n) && isNormal(m)) {
      const result = host(valueOf32(n), valueOf32(m));
      if (isInRange(result)) return bitsOf32(result);
    }
    return exactly(context, n, m);
  };

export const add: FloatElement = shortly((n, m) => n + m, add32);
export const subtract: FloatElement = shortly((n, m) => n - m, subtract32);
export const multiply: FloatElement = shortly((n, m) => n * m, multiply32);
export const multiplyAdd: FloatElement = (context, n, m, d) => add(context, d, multiply(context, n, m, 0), 0);
export const multiplySubtract: FloatElement = (context, n, m, d) =>
  add(context, d, negate(multiply(context, n, m, 0)), 0);
export const maximum: FloatElement = maximum32;
export const minimum: FloatElement = minimum32;
export const fusedMultiplyAdd: FloatElement = (context, n, m, d) => fusedMultiplyAdd32(context, d, n, m);
export const fusedMultiplySubtract: FloatElement = (context, n, m, d) => fusedMultiplyAdd32(context, d, negate(n), m);
export const difference: FloatElement = (context, n, m) => absolute(subtract32(context, n, m));

// FPCompareEQ(), FPCompareGE() and FPCompareGT(): only the first takes a quiet NaN without complaint.
const allOnesIf = (condition: boolean): number => (condition ? -1 : 0);
export const equal: FloatElement = (context, n, m) => allOnesIf(compare32(context, n, m, false) === EQUAL);
export const greater: FloatElement = (context, n, m) => allOnesIf(compare32(context, n, m, true) === GREATER);
export const greaterOrEqual: FloatElement = (context, n, m) => {
  const flags = compare32(context, n, m, true);
  return allOnesIf(flags === GREATER || flags === EQUAL);
};
export const absoluteGreater: FloatElement = (context, n, m) => greater(context, absolute(n), absolute(m), 0);
export const absoluteGreaterOrEqual: FloatElement = (context, n, m) =>
  greaterOrEqual(context, absolute(n), absolute(m), 0);

const isInfiniteTimesZero = (n: number, m: number): boolean =>
  (absolute(n) === INFINITY && absolute(m) === 0) || (absolute(n) === 0 && absolute(m) === INFINITY);

/** FPRecipStep(): 2 − nm. */
export const reciprocalStep: FloatElement = (context, n, m) => {
  if (isNan32(n) || isNan32(m)) return multiply32(context, n, m);
  const a = flushInput32(context, n);
  const b = flushInput32(context, m);
  return isInfiniteTimesZero(a, b) ? TWO : subtract32(context, TWO, multiply32(context, a, b));
};
/** FPRSqrtStep(): (3 − nm) / 2, which is exact because 3 − nm is never denormal. */
export const reciprocalRootStep: FloatElement = (context, n, m) => {
  if (isNan32(n) || isNan32(m)) return multiply32(context, n, m);
  const a = flushInput32(context, n);
  const b = flushInput32(context, m);
  if (isInfiniteTimesZero(a, b)) return ONE_AND_A_HALF;
  const difference = subtract32(context, THREE, multiply32(context, a, b));
  return bitsOf32(valueOf32(difference) / 2);
};

const BEYOND_RECIPROCAL = 2 ** 126;
/** FPRecipEstimate(): of a number, its sign and the estimate for its fraction at the negated exponent. */
export const reciprocal = (context: FloatContext, bits: number): number => {
  if (isNan32(bits)) return processNan32(context, bits);
  const operand = flushInput32(context, bits);
  const sign = operand & SIGN;
  const value = valueOf32(operand);
  if (value === 0) {
    context.flags |= DIVISION_BY_ZERO;
    return sign | INFINITY;
  }
  if (Math.abs(value) === Number.POSITIVE_INFINITY) return sign;
  if (Math.abs(value) >= BEYOND_RECIPROCAL) {
    context.flags |= UNDERFLOW;
    return sign;
  }
  const exponent = (operand >>> 23) & 0xff;
  const scaled = 0.5 + (operand & 0x7f_ffff) / 2 ** 24;
  return sign | bitsOf32(reciprocalEstimate(scaled) * 2 ** (126 - exponent));
};

/** FPRSqrtEstimate(): the fraction is scaled to [¼, 1) by an even exponent. */
export const reciprocalRoot = (context: FloatContext, bits: number): number => {
  if (isNan32(bits)) return processNan32(context, bits);
  const operand = flushInput32(context, bits);
  if ((operand & MAGNITUDE) === 0) {
    context.flags |= DIVISION_BY_ZERO;
    return (operand & SIGN) | INFINITY;
  }
  if (operand < 0) {
    context.flags |= INVALID_OPERATION;
    return DEFAULT_NAN_32;
  }
  if (operand === INFINITY) return 0;
  const exponent = operand >>> 23;
  const isOdd = (exponent & 1) !== 0;
  const scaled = (isOdd ? 0.25 : 0.5) * (1 + (operand & 0x7f_ffff) / 2 ** 23);
  return bitsOf32(reciprocalRootEstimate(scaled) * 2 ** (isOdd ? (125 - exponent) / 2 : (126 - exponent) / 2));
};

// VCVT: to integers and fixed point towards zero, from them to nearest.
export const toSigned = (context: FloatContext, bits: number, fractionBits: number): number =>
  toFixed32(context, bits, fractionBits, false, TOWARDS_ZERO);
export const toUnsigned = (context: FloatContext, bits: number, fractionBits: number): number =>
  toFixed32(context, bits, fractionBits, true, TOWARDS_ZERO);
export const fromSigned = (context: FloatContext, word: number, fractionBits: number): number =>
  fromFixed32(context, word, fractionBits, false);
export const fromUnsigned = (context: FloatContext, word: number, fractionBits: number): number =>
  fromFixed32(context, word, fractionBits, true);
