/**
 * When host arithmetic, rounded to nearest, shows the whole effect of a VFP instruction: the result is neither NaN nor
 * infinite nor, if inexact, below the normal numbers (the smallest of them may have been rounded up to), and FPSCR has
 * neither another mode nor an inexact exception that it would have to get.
 *
 * `Cpu.hostArithmetic` says that the latter holds for any result. Until the first inexact one of a program it does not;
 * then the result must be exact, which error-free transformations tell. NaN and infinities, where one of their terms
 * overflows, compare unequal to 0.
 */
import type {Cpu} from '../core/cpu.ts';
import {ALTERNATIVE_HALF} from '../float/context.ts';
import {productError, quotientError, squareRootError, sumError} from '../float/error-free.ts';
import {lastFusedError} from '../float/fused-multiply-add.ts';

const SMALLEST_NORMAL_64 = 2 ** -1022;
const SMALLEST_NORMAL_32 = 2 ** -126;
/** Above it, no term of an error-free transformation underflows. */
const SAFE = 2 ** -900;

const isDefault = (cpu: Cpu): boolean => (cpu.fpscrModes & ~ALTERNATIVE_HALF) === 0;
const isBounded = (result: number): boolean => Math.abs(result) < Number.POSITIVE_INFINITY;
const isNormal64 = (result: number): boolean => Math.abs(result) > SMALLEST_NORMAL_64 && isBounded(result);
const isNormal32 = (result: number): boolean => Math.abs(result) > SMALLEST_NORMAL_32 && isBounded(result);

// A sum below the normal numbers is exact.
const isExactSum64 = (cpu: Cpu, n: number, m: number, sum: number): boolean =>
  isDefault(cpu) && sumError(n, m, sum) === 0;
const isExactSum32 = (cpu: Cpu, n: number, m: number, sum: number): boolean =>
  isDefault(cpu) && n + m === sum && sumError(n, m, sum) === 0;
const isExactProduct64 = (cpu: Cpu, n: number, m: number, product: number): boolean =>
  isDefault(cpu) && (Math.abs(product) > SAFE ? productError(n, m, product) === 0 : n === 0 || m === 0);
const isExactProduct32 = (cpu: Cpu, n: number, m: number, product: number): boolean =>
  isDefault(cpu) && n * m === product;
const isExactQuotient64 = (cpu: Cpu, n: number, m: number, quotient: number): boolean =>
  isDefault(cpu) && Math.abs(quotient) > SAFE && Math.abs(n) > SAFE && quotientError(n, m, quotient) === 0;
const isExactQuotient32 = (cpu: Cpu, n: number, m: number, quotient: number): boolean =>
  isDefault(cpu) && quotient * m === n;
const isExactRoot64 = (cpu: Cpu, value: number, root: number): boolean =>
  isDefault(cpu) && value > SAFE && squareRootError(value, root) === 0;
const isExactRoot32 = (cpu: Cpu, value: number, root: number): boolean => isDefault(cpu) && root * root === value;

export const isPlainSum64 = (cpu: Cpu, n: number, m: number, sum: number): boolean =>
  isBounded(sum) && (cpu.hostArithmetic !== 0 || isExactSum64(cpu, n, m, sum));
export const isPlainSum32 = (cpu: Cpu, n: number, m: number, sum: number): boolean =>
  isBounded(sum) && (cpu.hostArithmetic !== 0 || isExactSum32(cpu, n, m, sum));
export const isPlainProduct64 = (cpu: Cpu, n: number, m: number, product: number): boolean =>
  isBounded(product) && ((cpu.hostArithmetic !== 0 && isNormal64(product)) || isExactProduct64(cpu, n, m, product));
export const isPlainProduct32 = (cpu: Cpu, n: number, m: number, product: number): boolean =>
  isBounded(product) && ((cpu.hostArithmetic !== 0 && isNormal32(product)) || isExactProduct32(cpu, n, m, product));
export const isPlainQuotient64 = (cpu: Cpu, n: number, m: number, quotient: number): boolean =>
  isNormal64(quotient) && (cpu.hostArithmetic !== 0 || isExactQuotient64(cpu, n, m, quotient));
export const isPlainQuotient32 = (cpu: Cpu, n: number, m: number, quotient: number): boolean =>
  isNormal32(quotient) && (cpu.hostArithmetic !== 0 || isExactQuotient32(cpu, n, m, quotient));
export const isPlainRoot64 = (cpu: Cpu, value: number, root: number): boolean =>
  isNormal64(root) && (cpu.hostArithmetic !== 0 || isExactRoot64(cpu, value, root));
export const isPlainRoot32 = (cpu: Cpu, value: number, root: number): boolean =>
  isNormal32(root) && (cpu.hostArithmetic !== 0 || isExactRoot32(cpu, value, root));

/** `nearest` is the last result of `fusedMultiplyAdd`, of operands in its range, whose results are exact when tiny. */
export const isPlainFused64 = (cpu: Cpu, nearest: number): boolean =>
  cpu.hostArithmetic !== 0 || (isDefault(cpu) && lastFusedError(nearest) === 0);
/** `sum` and `error` are the exact result, `nearest` the single. */
export const isPlainFused32 = (cpu: Cpu, sum: number, error: number, nearest: number): boolean =>
  isNormal32(nearest) && (cpu.hostArithmetic !== 0 || (isDefault(cpu) && error === 0 && sum === nearest));

/** A double as a single, or rounded to a whole number. */
export const isPlainSingle = (cpu: Cpu, value: number, single: number): boolean =>
  isBounded(single) && ((cpu.hostArithmetic !== 0 && isNormal32(single)) || (isDefault(cpu) && single === value));
export const isPlainWhole = (cpu: Cpu, value: number, whole: number): boolean =>
  cpu.hostArithmetic !== 0 || (isDefault(cpu) && whole === value);
