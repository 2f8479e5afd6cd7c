/**
 * Double-precision results from exact integers: the slow way, for results that may be denormal or overflow, and for
 * operands whose error terms might.
 */
import {type FloatContext, INEXACT, OVERFLOW, TO_NEAREST, UNDERFLOW} from './context.ts';
import {awayFromZero} from './rounding.ts';

const FRACTION_BITS = 52n;
const PRECISION = 53;
const SMALLEST_EXPONENT = -1074;
const LOWEST_NORMAL_EXPONENT = -1022;
const HIGHEST_EXPONENT = 1023;

const scratch = new Float64Array(1);
const bits = new BigUint64Array(scratch.buffer);

/** integer × 2^exponent; `sticky` when the exact value is larger in magnitude, by less than 2^exponent. */
interface Exact {
  readonly integer: bigint;
  readonly exponent: number;
  readonly sticky?: boolean;
}

/** A finite double. */
const decompose = (value: number): Exact => {
  scratch[0] = value;
  const pattern = bits[0]!;
  const biased = Number((pattern >> FRACTION_BITS) & 0x7ffn);
  const fraction = pattern & ((1n << FRACTION_BITS) - 1n);
  const magnitude = biased === 0 ? fraction : fraction | (1n << FRACTION_BITS);
  return {integer: value < 0 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075};
};

/** value × 2^exponent where the result is exact or overflows: in two steps, as 2^exponent alone may overflow. */
const scale = (value: number, exponent: number): number => {
  const first = Math.trunc(exponent / 2);
  return value * 2 ** first * 2 ** (exponent - first);
};

/** FPRound() (DDI 0406C A2.7.8) of a value that is not 0; tininess is detected before rounding. */
const round = (context: FloatContext, {integer, exponent, sticky = false}: Exact): number => {
  const negative = integer < 0n;
  const magnitude = negative ? -integer : integer;
  const size = roundMagnitude(context, {integer: magnitude, exponent, sticky}, negative);
  return negative ? -size : size;
};

const roundMagnitude = (context: FloatContext, {integer, exponent, sticky}: Exact, negative: boolean): number => {
  const top = exponent + integer.toString(2).length - 1;
  const tiny = top < LOWEST_NORMAL_EXPONENT;
  if (tiny && context.flushToZero) {
    context.flags |= UNDERFLOW;
    return 0;
  }
  const lowest = Math.max(top + 1 - PRECISION, SMALLEST_EXPONENT);
  const drop = BigInt(Math.max(lowest - exponent, 0));
  const kept = integer >> drop;
  const rest = integer - (kept << drop);
  if (rest === 0n && !sticky) return delivered(context, kept, exponent + Number(drop), negative);
  context.flags |= tiny ? UNDERFLOW | INEXACT : INEXACT;
  const half = drop === 0n ? 0n : 1n << (drop - 1n);
  const nearestUp = rest > half || (rest === half && (sticky || (kept & 1n) === 1n));
  const up = context.rounding === TO_NEAREST ? nearestUp : awayFromZero(context.rounding, negative);
  return delivered(context, up ? kept + 1n : kept, lowest, negative);
};

const delivered = (context: FloatContext, integer: bigint, exponent: number, negative: boolean): number => {
  if (exponent + integer.toString(2).length - 1 <= HIGHEST_EXPONENT) return scale(Number(integer), exponent);
  context.flags |= OVERFLOW | INEXACT;
  const toInfinity = context.rounding === TO_NEAREST || awayFromZero(context.rounding, negative);
  return toInfinity ? Number.POSITIVE_INFINITY : Number.MAX_VALUE;
};

const product = (n: Exact, m: Exact): Exact => ({integer: n.integer * m.integer, exponent: n.exponent + m.exponent});

const sum = (n: Exact, m: Exact): Exact => {
  const exponent = Math.min(n.exponent, m.exponent);
  const aligned = (term: Exact): bigint => term.integer << BigInt(term.exponent - exponent);
  return {integer: aligned(n) + aligned(m), exponent};
};

/** Bits of a quotient or a root beyond what any rounding looks at: the rest is the sticky bit. */
const GUARD_BITS = 60;

const quotient = (n: Exact, m: Exact): Exact => {
  const shift = GUARD_BITS + PRECISION;
  const dividend = (n.integer < 0n ? -n.integer : n.integer) << BigInt(shift);
  const divisor = m.integer < 0n ? -m.integer : m.integer;
  const integer = dividend / divisor;
  const negative = n.integer < 0n !== m.integer < 0n;
  return {
    integer: negative ? -integer : integer,
    exponent: n.exponent - m.exponent - shift,
    sticky: integer * divisor !== dividend,
  };
};

/** The integer below the root, by Newton's method from above. */
const integerRoot = (square: bigint): bigint => {
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
};

const squareRoot = ({integer, exponent}: Exact): Exact => {
  const shift = 2 * GUARD_BITS + (exponent & 1);
  const square = integer << BigInt(shift);
  const root = integerRoot(square);
  return {integer: root, exponent: (exponent - shift) / 2, sticky: root * root !== square};
};

// Operands are finite, and not 0 where that would make the result 0 or infinite.
export const exactAdd = (context: FloatContext, a: number, b: number): number =>
  round(context, sum(decompose(a), decompose(b)));
export const exactMultiply = (context: FloatContext, a: number, b: number): number =>
  round(context, product(decompose(a), decompose(b)));
export const exactDivide = (context: FloatContext, a: number, b: number): number =>
  round(context, quotient(decompose(a), decompose(b)));
export const exactSquareRoot = (context: FloatContext, value: number): number =>
  round(context, squareRoot(decompose(value)));

/** c + a × b; undefined when that is exactly 0, whose sign is not for this file. */
export const exactMultiplyAdd = (context: FloatContext, c: number, a: number, b: number): number | undefined => {
  const exact = sum(decompose(c), product(decompose(a), decompose(b)));
  return exact.integer === 0n ? undefined : round(context, exact);
};
