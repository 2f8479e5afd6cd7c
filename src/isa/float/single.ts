/**
 * Single-precision arithmetic of DDI 0406C A2.7.8 on bit patterns (int32 in, int32 out), exact in every mode.
 *
 * The host computes in doubles. Where one is not exact, what it lacks is: the result is then rounded to odd, so that
 * rounding it again, to a single, is right in all modes and for denormal results too (S. Boldo, G. Melquiond,
 * "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE Trans. Computers
 * 57(4), 2008).
 */
import {
  DIVISION_BY_ZERO,
  type FloatContext,
  INEXACT,
  INVALID_OPERATION,
  OVERFLOW,
  TO_NEAREST,
  UNDERFLOW,
} from './context.ts';
import {quotientError, roundToOdd, squareRootError, sumError} from './error-free.ts';
import {
  flushInput32,
  invalid32,
  isNan32,
  isSignalling32,
  processNan32,
  processNans32,
  processThreeNans32,
} from './nan.ts';
import {awayFromZero, toWhole, zeroSum} from './rounding.ts';

const SIGN = 0x8000_0000 | 0;
const MAGNITUDE = 0x7fff_ffff;
const INFINITY = 0x7f80_0000;
const SMALLEST_NORMAL = 2 ** -126;
/** The distance between denormals, inverted. */
const DENORMALS_PER_UNIT = 2 ** 149;
const BEYOND_LARGEST = 2 ** 128;

const scratch = new Float32Array(1);
const words = new Int32Array(scratch.buffer);

/** The value of a bit pattern that is not a NaN. */
export const valueOf32 = (bits: number): number => {
  words[0] = bits;
  return scratch[0]!;
};

/** The bit pattern of a single that is not a NaN. */
export const bitsOf32 = (value: number): number => {
  scratch[0] = value;
  return words[0]!;
};

const flushedValue = (context: FloatContext, bits: number): number => valueOf32(flushInput32(context, bits));

/** FPRound() of a result below the normal numbers; tininess is detected before rounding. */
const roundTiny = (context: FloatContext, value: number): number => {
  const sign = value < 0 ? SIGN : 0;
  if (context.flushToZero) {
    context.flags |= UNDERFLOW;
    return sign;
  }
  const scaled = value * DENORMALS_PER_UNIT;
  const whole = toWhole(context.rounding, scaled);
  if (whole !== scaled) context.flags |= UNDERFLOW | INEXACT;
  return sign | Math.abs(whole);
};

/** FPRound() of a normal result that is no single; `nearest` is the nearest one. */
const roundInexact = (context: FloatContext, value: number, nearest: number): number => {
  const size = Math.abs(value);
  let bits = bitsOf32(nearest);
  if (context.rounding !== TO_NEAREST) {
    const grew = Math.abs(nearest) > size;
    if (grew !== awayFromZero(context.rounding, value < 0)) bits += grew ? -1 : 1;
  }
  const overflows = (bits & MAGNITUDE) === INFINITY || size >= BEYOND_LARGEST;
  context.flags |= overflows ? OVERFLOW | INEXACT : INEXACT;
  return bits;
};

/** FPRound() of an exact result, or of one rounded to odd; zeros and infinities have their sign. */
export const round32 = (context: FloatContext, value: number): number => {
  const size = Math.abs(value);
  if (size < SMALLEST_NORMAL && size !== 0) return roundTiny(context, value);
  const nearest = Math.fround(value);
  return nearest === value ? bitsOf32(nearest) : roundInexact(context, value, nearest);
};

/** FPRound(a + b) for doubles that are exact and not NaN. */
const roundSum = (context: FloatContext, a: number, b: number): number => {
  const sum = a + b;
  if (sum === 0) return bitsOf32(zeroSum(context, a, b));
  if (Math.abs(sum) < Number.POSITIVE_INFINITY) return round32(context, roundToOdd(sum, sumError(a, b, sum)));
  return Number.isNaN(sum) ? invalid32(context) : bitsOf32(sum);
};

/** FPAdd() */
export const add32 = (context: FloatContext, n: number, m: number): number =>
  isNan32(n) || isNan32(m)
    ? processNans32(context, n, m)
    : roundSum(context, flushedValue(context, n), flushedValue(context, m));

/** FPSub() */
export const subtract32 = (context: FloatContext, n: number, m: number): number =>
  isNan32(n) || isNan32(m)
    ? processNans32(context, n, m)
    : roundSum(context, flushedValue(context, n), -flushedValue(context, m));

/** FPMul() */
export const multiply32 = (context: FloatContext, n: number, m: number): number => {
  if (isNan32(n) || isNan32(m)) return processNans32(context, n, m);
  const product = flushedValue(context, n) * flushedValue(context, m);
  return Number.isNaN(product) ? invalid32(context) : round32(context, product);
};

/** FPDiv() */
export const divide32 = (context: FloatContext, n: number, m: number): number => {
  if (isNan32(n) || isNan32(m)) return processNans32(context, n, m);
  const a = flushedValue(context, n);
  const b = flushedValue(context, m);
  const quotient = a / b;
  if (Number.isNaN(quotient)) return invalid32(context);
  if (b === 0 && Number.isFinite(a)) context.flags |= DIVISION_BY_ZERO;
  if (quotient === 0 || !Number.isFinite(quotient)) return bitsOf32(quotient);
  return round32(context, roundToOdd(quotient, quotientError(a, b, quotient)));
};

/** FPSqrt() */
export const squareRoot32 = (context: FloatContext, bits: number): number => {
  if (isNan32(bits)) return processNan32(context, bits);
  const value = flushedValue(context, bits);
  const root = Math.sqrt(value);
  if (Number.isNaN(root)) return invalid32(context);
  if (root === 0 || root === Number.POSITIVE_INFINITY) return bitsOf32(root);
  return round32(context, roundToOdd(root, squareRootError(value, root)));
};

/** FPMulAdd(): addend + n × m, rounded once. */
export const fusedMultiplyAdd32 = (context: FloatContext, addend: number, n: number, m: number): number => {
  if (isNan32(addend) || isNan32(n) || isNan32(m)) return fusedNan(context, addend, n, m);
  const term = flushedValue(context, addend);
  const product = flushedValue(context, n) * flushedValue(context, m);
  return Number.isNaN(product) ? invalid32(context) : roundSum(context, term, product);
};

/** A quiet NaN does not hide that the product of the other two, infinity × 0, is invalid. */
const fusedNan = (context: FloatContext, addend: number, n: number, m: number): number => {
  const result = processThreeNans32(context, addend, n, m);
  if (!isNan32(addend) || isSignalling32(addend) || isNan32(n) || isNan32(m)) return result;
  const product = flushedValue(context, n) * flushedValue(context, m);
  return Number.isNaN(product) ? invalid32(context) : result;
};

/** addend − n × m, rounded twice, as VMLS does: FPAdd() of the negated product, which shows in a NaN's sign. */
export const multiplySubtract32 = (context: FloatContext, addend: number, n: number, m: number): number =>
  add32(context, addend, multiply32(context, n, m) ^ SIGN);

/** FPSCR.NZCV of FPCompare(). */
export const LESS = 0x8000_0000 | 0;
export const EQUAL = 0x6000_0000;
export const GREATER = 0x2000_0000;
export const UNORDERED = 0x3000_0000;

export const ordering = (a: number, b: number): number => (a < b ? LESS : a > b ? GREATER : EQUAL);

/** FPCompare(): NZCV in bits 31–28. A quiet NaN is invalid only when the instruction says so. */
export const compare32 = (context: FloatContext, n: number, m: number, quietIsInvalid: boolean): number => {
  const a = flushInput32(context, n);
  const b = flushInput32(context, m);
  if (!isNan32(a) && !isNan32(b)) return ordering(valueOf32(a), valueOf32(b));
  if (quietIsInvalid || isSignalling32(a) || isSignalling32(b)) context.flags |= INVALID_OPERATION;
  return UNORDERED;
};

/** FPMax() */
export const maximum32 = (context: FloatContext, n: number, m: number): number =>
  isNan32(n) || isNan32(m)
    ? processNans32(context, n, m)
    : bitsOf32(Math.max(flushedValue(context, n), flushedValue(context, m)));

/** FPMin() */
export const minimum32 = (context: FloatContext, n: number, m: number): number =>
  isNan32(n) || isNan32(m)
    ? processNans32(context, n, m)
    : bitsOf32(Math.min(flushedValue(context, n), flushedValue(context, m)));
