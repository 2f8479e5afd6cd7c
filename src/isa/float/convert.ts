/**
 * Conversions of DDI 0406C A2.7.8: singles and halves as bit patterns, doubles as numbers that are not NaN (their NaNs
 * are converted by {@link singleNanToDouble} and {@link doubleNanToSingle}).
 */
import {
  type FloatContext,
  INEXACT,
  INVALID_OPERATION,
  OVERFLOW,
  type Rounding,
  TO_NEAREST,
  UNDERFLOW,
} from './context.ts';
import {DEFAULT_NAN_32, DEFAULT_NAN_64, flushInput32, isNan32, isSignalling32, isSignalling64} from './nan.ts';
import {awayFromZero, toWhole} from './rounding.ts';
import {bitsOf32, round32, valueOf32} from './single.ts';

/**
 * FPToFixed() of a number that is not NaN and was flushed: the nearest whole number of units 2^−fractionBits that has
 * `width` bits. Scaling by a power of two is exact, but for overflow, which saturates alike.
 */
export const toFixed = (
  context: FloatContext,
  value: number,
  fractionBits: number,
  unsigned: boolean,
  rounding: Rounding,
  width = 32,
): number => {
  const scaled = value * 2 ** fractionBits;
  const whole = toWhole(rounding, scaled);
  const lowest = unsigned ? 0 : -(2 ** (width - 1));
  const highest = 2 ** (unsigned ? width : width - 1) - 1;
  if (whole < lowest || whole > highest) {
    context.flags |= INVALID_OPERATION;
    return whole < lowest ? lowest | 0 : highest | 0;
  }
  if (whole !== scaled) context.flags |= INEXACT;
  return whole | 0;
};

/** FPToFixed() of a single. */
export const toFixed32 = (
  context: FloatContext,
  bits: number,
  fractionBits: number,
  unsigned: boolean,
  rounding: Rounding = context.rounding,
  width = 32,
): number => {
  if (!isNan32(bits)) {
    return toFixed(context, valueOf32(flushInput32(context, bits)), fractionBits, unsigned, rounding, width);
  }
  context.flags |= INVALID_OPERATION;
  return 0;
};

/** The value of a fixed-point word: exact as a double. */
export const fixedValue = (word: number, fractionBits: number, unsigned: boolean): number =>
  (unsigned ? word >>> 0 : word) / 2 ** fractionBits;

/** FixedToFP() to a single, in the context's rounding mode. */
export const fromFixed32 = (context: FloatContext, word: number, fractionBits: number, unsigned: boolean): number =>
  round32(context, fixedValue(word, fractionBits, unsigned));

const SIGN = 0x8000_0000 | 0;
const HALF_SIGN = 0x8000;
const HALF_INFINITY = 0x7c00;
const HALF_LARGEST = 0x7bff;
const HALF_QUIET = 0x0200;
const HALF_DEFAULT_NAN = 0x7e00;
const HALF_FRACTION_BITS = 10;
const HALF_LOWEST_EXPONENT = -14;
/** The alternative format has numbers where IEEE 754's has infinities and NaNs. */
const ALTERNATIVE_LARGEST = 0x7fff;

/** FPHalfToSingle(), of the lower half-word. Denormals are never flushed. */
export const halfToSingle = (context: FloatContext, half: number): number => {
  const sign = (half & HALF_SIGN) << 16;
  const exponent = (half >>> HALF_FRACTION_BITS) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f && !context.alternativeHalf) {
    if (fraction === 0) return sign | 0x7f80_0000;
    if ((half & HALF_QUIET) === 0) context.flags |= INVALID_OPERATION;
    return context.defaultNan ? DEFAULT_NAN_32 : sign | DEFAULT_NAN_32 | (fraction << 13);
  }
  const units = exponent === 0 ? fraction : fraction | (1 << HALF_FRACTION_BITS);
  return sign | bitsOf32(units * 2 ** (Math.max(exponent, 1) - 25));
};

/** FPSingleToHalf(), in the lower half-word. */
export const singleToHalf = (context: FloatContext, bits: number): number => {
  const single = flushInput32(context, bits);
  const sign = (single >>> 16) & HALF_SIGN;
  if (isNan32(single)) return singleNanToHalf(context, single, sign);
  const value = valueOf32(single);
  if (Number.isFinite(value)) return value === 0 ? sign : roundHalf(context, value, sign);
  if (!context.alternativeHalf) return sign | HALF_INFINITY;
  context.flags |= INVALID_OPERATION;
  return sign | ALTERNATIVE_LARGEST;
};

const singleNanToHalf = (context: FloatContext, bits: number, sign: number): number => {
  if (isSignalling32(bits) || context.alternativeHalf) context.flags |= INVALID_OPERATION;
  if (context.alternativeHalf) return sign;
  return context.defaultNan ? HALF_DEFAULT_NAN : sign | HALF_DEFAULT_NAN | ((bits >>> 13) & 0x3ff);
};

/** FPRound() to a half: never flushed to zero. */
const roundHalf = (context: FloatContext, value: number, sign: number): number => {
  const exponent = Math.max(((bitsOf32(value) >>> 23) & 0xff) - 127, HALF_LOWEST_EXPONENT);
  const scaled = value * 2 ** (HALF_FRACTION_BITS - exponent);
  const whole = toWhole(context.rounding, scaled);
  const magnitude = ((exponent - HALF_LOWEST_EXPONENT) << HALF_FRACTION_BITS) + Math.abs(whole);
  if (context.alternativeHalf && magnitude > ALTERNATIVE_LARGEST) {
    context.flags |= INVALID_OPERATION;
    return sign | ALTERNATIVE_LARGEST;
  }
  if (!context.alternativeHalf && magnitude >= HALF_INFINITY) {
    context.flags |= OVERFLOW | INEXACT;
    const toInfinity = context.rounding === TO_NEAREST || awayFromZero(context.rounding, value < 0);
    return sign | (toInfinity ? HALF_INFINITY : HALF_LARGEST);
  }
  const tiny = Math.abs(value) < 2 ** HALF_LOWEST_EXPONENT;
  if (whole !== scaled) context.flags |= tiny ? UNDERFLOW | INEXACT : INEXACT;
  return sign | magnitude;
};

/** FPSingleToDouble() of a single that is not NaN. */
export const singleToDouble = (context: FloatContext, bits: number): number => valueOf32(flushInput32(context, bits));

/** FPSingleToDouble() of a NaN: sign, quiet bit and payload. */
export const singleNanToDouble = (context: FloatContext, bits: number): bigint => {
  if (isSignalling32(bits)) context.flags |= INVALID_OPERATION;
  if (context.defaultNan) return DEFAULT_NAN_64;
  const sign = bits < 0 ? 1n << 63n : 0n;
  return sign | DEFAULT_NAN_64 | (BigInt(bits & 0x3f_ffff) << 29n);
};

/** FPDoubleToSingle() of a double that is not NaN and was flushed. */
export const doubleToSingle = (context: FloatContext, value: number): number => round32(context, value);

/** FPDoubleToSingle() of a NaN: sign, quiet bit, and as much of the payload as fits. */
export const doubleNanToSingle = (context: FloatContext, bits: bigint): number => {
  if (isSignalling64(bits)) context.flags |= INVALID_OPERATION;
  if (context.defaultNan) return DEFAULT_NAN_32;
  const sign = bits >> 63n === 0n ? 0 : SIGN;
  return sign | DEFAULT_NAN_32 | Number((bits >> 29n) & 0x3f_ffffn);
};
