/**
 * a × b + c for doubles, to the nearest, where no term can overflow or underflow: the error-free transformations of Boldo
 * and Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd" (IEEE Trans.
 * Computers 57(4), 2008).
 */
import {productError, roundToOdd, sumError} from './error-free.ts';

/** Within these bounds every intermediate term is a normal number, and its lowest bit is above 2^-1074. */
const SMALLEST_FACTOR = 2 ** -480;
const LARGEST_FACTOR = 2 ** 480;
const SMALLEST_ADDEND = 2 ** -900;
const LARGEST_ADDEND = 2 ** 980;
const between = (value: number, low: number, high: number): boolean => {
  const size = Math.abs(value);
  return size >= low && size <= high;
};

/** Whether {@link fusedMultiplyAdd} is right for these. */
export const isFusedInRange = (a: number, b: number, c: number): boolean =>
  between(a, SMALLEST_FACTOR, LARGEST_FACTOR) &&
  between(b, SMALLEST_FACTOR, LARGEST_FACTOR) &&
  (c === 0 || between(c, SMALLEST_ADDEND, LARGEST_ADDEND));

/** The result before its last addition, a head and a tail rounded to odd; and the sign of what the tail lacks. */
let head = 0;
let tail = 0;
let tailError = 0;

/** The nearest double. */
export const fusedMultiplyAdd = (a: number, b: number, c: number): number => {
  const product = a * b;
  const productLow = productError(a, b, product);
  const middle = c + productLow;
  const middleLow = sumError(c, productLow, middle);
  head = product + middle;
  const headLow = sumError(product, middle, head);
  const rest = middleLow + headLow;
  const restLow = sumError(middleLow, headLow, rest);
  tail = roundToOdd(rest, restLow);
  tailError = tail === rest ? restLow : -restLow;
  return head + tail;
};

/** A number with the sign of what the last result of {@link fusedMultiplyAdd} lacks to be exact; 0 when nothing. */
export const lastFusedError = (nearest: number): number => {
  const error = sumError(head, tail, nearest);
  return error === 0 ? tailError : error;
};
