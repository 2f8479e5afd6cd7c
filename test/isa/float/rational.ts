/** IEEE 754 rounding of exact rational numbers, straight from its definition: what src/isa/float is checked against. */

/** numerator ÷ denominator, the latter positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export interface Format {
  readonly precision: number;
  readonly lowestExponent: number;
  readonly highestExponent: number;
}
export const HALF: Format = {precision: 11, lowestExponent: -14, highestExponent: 15};
export const SINGLE: Format = {precision: 24, lowestExponent: -126, highestExponent: 127};
export const DOUBLE: Format = {precision: 53, lowestExponent: -1022, highestExponent: 1023};

const powerOfTwo = (exponent: number): Rational =>
  exponent >= 0
    ? {numerator: 1n << BigInt(exponent), denominator: 1n}
    : {numerator: 1n, denominator: 1n << BigInt(-exponent)};

export const times = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
});
export const plus = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.denominator + b.numerator * a.denominator,
  denominator: a.denominator * b.denominator,
});
export const inverse = ({numerator, denominator}: Rational): Rational =>
  numerator < 0n
    ? {numerator: -denominator, denominator: -numerator}
    : {numerator: denominator, denominator: numerator};
const absolute = ({numerator, denominator}: Rational): Rational => ({
  numerator: numerator < 0n ? -numerator : numerator,
  denominator,
});
const isBelow = (a: Rational, b: Rational): boolean => a.numerator * b.denominator < b.numerator * a.denominator;

/** A finite double. */
export const rational = (value: number): Rational => {
  let exponent = 0;
  let whole = value;
  // Doubling is exact: at most 1074 times.
  while (!Number.isInteger(whole)) {
    whole *= 2;
    exponent--;
  }
  return times({numerator: BigInt(whole), denominator: 1n}, powerOfTwo(exponent));
};

/** The largest integer whose square is not above. */
const integerRoot = (square: bigint): bigint => {
  let low = 0n;
  let high = 1n << BigInt(square.toString(2).length);
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle * middle <= square) low = middle;
    else high = middle;
  }
  return low;
};

const ROOT_BITS = 120n;
/** √value when that is rational; otherwise a number so close that it rounds alike. */
export const squareRoot = ({numerator, denominator}: Rational): Rational => {
  const square = (numerator * denominator) << (2n * ROOT_BITS);
  const root = integerRoot(square);
  const isExact = root * root === square;
  return {numerator: isExact ? 2n * root : 2n * root + 1n, denominator: (2n * denominator) << ROOT_BITS};
};

export type Mode = 0 | 1 | 2 | 3;

/** To an integer, in the mode of FPSCR.RMode: to nearest even, up, down, towards zero. */
export const roundToInteger = ({numerator, denominator}: Rational, mode: Mode): bigint => {
  const rest = ((numerator % denominator) + denominator) % denominator;
  const below = (numerator - rest) / denominator;
  if (rest === 0n) return below;
  if (mode === 1) return below + 1n;
  if (mode === 2) return below;
  if (mode === 3) return numerator < 0n ? below + 1n : below;
  const twice = 2n * rest;
  if (twice === denominator) return below % 2n === 0n ? below : below + 1n;
  return twice < denominator ? below : below + 1n;
};

/** floor(log2(value)), of a positive value. */
const exponentOf = (value: Rational): number => {
  const estimate = value.numerator.toString(2).length - value.denominator.toString(2).length;
  return isBelow(value, powerOfTwo(estimate)) ? estimate - 1 : estimate;
};

const [OVERFLOW, UNDERFLOW, INEXACT] = [4, 8, 16];

/** A value that is not 0, rounded; with FPSCR's exception bits. */
export const round = (
  {precision, lowestExponent, highestExponent}: Format,
  exact: Rational,
  mode: Mode,
  flushToZero: boolean,
): {readonly value: number; readonly flags: number} => {
  const negative = exact.numerator < 0n;
  const exponent = exponentOf(absolute(exact));
  const isTiny = exponent < lowestExponent;
  if (isTiny && flushToZero) return {value: negative ? -0 : 0, flags: UNDERFLOW};
  const unit = Math.max(exponent, lowestExponent) - precision + 1;
  const scaled = times(exact, powerOfTwo(-unit));
  const integer = roundToInteger(scaled, mode);
  const isExact = integer * scaled.denominator === scaled.numerator;
  const limit = powerOfTwo(highestExponent + 1);
  if (!isBelow(absolute(times({numerator: integer, denominator: 1n}, powerOfTwo(unit))), limit)) {
    const toInfinity = mode === 0 || mode === (negative ? 2 : 1);
    const largest = (2 - 2 ** (1 - precision)) * 2 ** highestExponent;
    const size = toInfinity ? Number.POSITIVE_INFINITY : largest;
    return {value: negative ? -size : size, flags: OVERFLOW | INEXACT};
  }
  // In two steps: the power of two alone may be no double.
  const half = Math.trunc(unit / 2);
  const size = Number(integer) * 2 ** half * 2 ** (unit - half);
  const value = integer === 0n && negative ? -0 : size;
  return {value, flags: isExact ? 0 : isTiny ? UNDERFLOW | INEXACT : INEXACT};
};
