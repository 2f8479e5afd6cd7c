/**
 * Double-precision arithmetic of DDI 0406C A2.7.8, exact in every mode. Operands are numbers that are not NaN; a result
 * of NaN is the default NaN, of an invalid operation. NaN operands are a matter of bit patterns (nan.ts).
 *
 * Host arithmetic gives the nearest double; what that lacks to be exact decides about the other rounding modes and the
 * inexact exception. Where error terms could overflow or underflow, exact integers take over.
 */
import {DIVISION_BY_ZERO, type FloatContext, INEXACT, INVALID_OPERATION, TO_NEAREST} from './context.ts';
import {productError, quotientError, squareRootError, sumError} from './error-free.ts';
import {exactAdd, exactDivide, exactMultiply, exactMultiplyAdd, exactSquareRoot} from './exact.ts';
import {fusedMultiplyAdd, isFusedInRange, lastFusedError} from './fused-multiply-add.ts';
import {flushInput64} from './nan.ts';
import {awayFromZero, zeroSum} from './rounding.ts';
import {ordering} from './single.ts';

/** Between these, neither a term of an error-free transformation nor a neighbour of the result is out of range. */
const SMALLEST = 2 ** -900;
const LARGEST = 2 ** 990;
const inRange = (value: number): boolean => {
  const size = Math.abs(value);
  return size > SMALLEST && size < LARGEST;
};

const scratch = new Float64Array(1);
const bits = new BigInt64Array(scratch.buffer);

/** The next double in magnitude: larger, or smaller. */
const neighbour = (value: number, larger: boolean): number => {
  scratch[0] = value;
  bits[0]! += larger ? 1n : -1n;
  return scratch[0]!;
};

/** A normal result from the nearest double and the sign of what it lacks. */
const rounded = (context: FloatContext, nearest: number, error: number): number => {
  if (error === 0) return nearest;
  context.flags |= INEXACT;
  if (context.rounding === TO_NEAREST) return nearest;
  const grew = error < 0 === nearest > 0;
  return grew === awayFromZero(context.rounding, nearest < 0) ? nearest : neighbour(nearest, !grew);
};

const invalid = (context: FloatContext): number => {
  context.flags |= INVALID_OPERATION;
  return Number.NaN;
};

const sumOf = (context: FloatContext, a: number, b: number): number => {
  const sum = a + b;
  if (sum === 0) return zeroSum(context, a, b);
  if (inRange(sum) && Math.abs(a) < LARGEST) return rounded(context, sum, sumError(a, b, sum));
  if (Number.isFinite(a) && Number.isFinite(b)) return exactAdd(context, a, b);
  return Number.isNaN(sum) ? invalid(context) : sum;
};

/** FPAdd() */
export const add64 = (context: FloatContext, n: number, m: number): number =>
  sumOf(context, flushInput64(context, n), flushInput64(context, m));

/** FPSub() */
export const subtract64 = (context: FloatContext, n: number, m: number): number =>
  sumOf(context, flushInput64(context, n), -flushInput64(context, m));

/** FPMul() */
export const multiply64 = (context: FloatContext, n: number, m: number): number => {
  const a = flushInput64(context, n);
  const b = flushInput64(context, m);
  const product = a * b;
  if (inRange(product) && Math.abs(a) < LARGEST && Math.abs(b) < LARGEST) {
    return rounded(context, product, productError(a, b, product));
  }
  if (Number.isNaN(product)) return invalid(context);
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return product;
  return exactMultiply(context, a, b);
};

/** FPDiv() */
export const divide64 = (context: FloatContext, n: number, m: number): number => {
  const a = flushInput64(context, n);
  const b = flushInput64(context, m);
  const quotient = a / b;
  if (inRange(quotient) && inRange(a) && Math.abs(b) < LARGEST) {
    return rounded(context, quotient, quotientError(a, b, quotient));
  }
  if (Number.isNaN(quotient)) return invalid(context);
  if (b === 0 && Number.isFinite(a)) context.flags |= DIVISION_BY_ZERO;
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return quotient;
  return exactDivide(context, a, b);
};

/** FPSqrt() */
export const squareRoot64 = (context: FloatContext, m: number): number => {
  const value = flushInput64(context, m);
  const root = Math.sqrt(value);
  if (Number.isNaN(root)) return invalid(context);
  if (root === 0 || root === Number.POSITIVE_INFINITY) return root;
  return inRange(value) ? rounded(context, root, squareRootError(value, root)) : exactSquareRoot(context, value);
};

/** FPMulAdd(): addend + n × m, rounded once. */
export const fusedMultiplyAdd64 = (context: FloatContext, addend: number, n: number, m: number): number => {
  const c = flushInput64(context, addend);
  const a = flushInput64(context, n);
  const b = flushInput64(context, m);
  if (isFusedInRange(a, b, c)) {
    const nearest = fusedMultiplyAdd(a, b, c);
    if (inRange(nearest)) return rounded(context, nearest, lastFusedError(nearest));
  }
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b) || !Number.isFinite(c)) {
    // The product is exact; it may be a rounded infinity only where the addend is one.
    return Number.isFinite(a) && Number.isFinite(b) && !Number.isFinite(c) ? c : sumOf(context, c, a * b);
  }
  return exactMultiplyAdd(context, c, a, b) ?? zeroSum(context, c, -c);
};

/** FPCompare() of numbers that are not NaN: NZCV in bits 31–28. */
export const compare64 = (context: FloatContext, n: number, m: number): number =>
  ordering(flushInput64(context, n), flushInput64(context, m));
