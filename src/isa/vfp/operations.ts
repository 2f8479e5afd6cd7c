/**
 * What VFP arithmetic does: DDI 0406C A8.8. Each function shows the common case, plain host arithmetic; plain.ts says
 * when that is the whole effect, and soft.ts does the rest.
 */
import type {Cpu} from '../core/cpu.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {FLUSH_TO_ZERO} from '../float/context.ts';
import * as double from '../float/double.ts';
import {roundToOdd, sumError} from '../float/error-free.ts';
import {fusedMultiplyAdd, isFusedInRange} from '../float/fused-multiply-add.ts';
import * as single from '../float/single.ts';
import {
  isPlainFused32,
  isPlainFused64,
  isPlainProduct32,
  isPlainProduct64,
  isPlainQuotient32,
  isPlainQuotient64,
  isPlainRoot32,
  isPlainRoot64,
  isPlainSum32,
  isPlainSum64,
} from './plain.ts';
import {
  binary32,
  binary64,
  softAccumulate32,
  softAccumulate64,
  softCompare32,
  softCompare64,
  softFused32,
  softFused64,
  softSquareRoot32,
  softSquareRoot64,
} from './soft.ts';

const softAdd64 = binary64(double.add64);
const softAdd32 = binary32(single.add32);
const softSubtract64 = binary64(double.subtract64);
const softSubtract32 = binary32(single.subtract32);
const softMultiply64 = binary64(double.multiply64);
const softMultiply32 = binary32(single.multiply32);
const softDivide64 = binary64(double.divide64);
const softDivide32 = binary32(single.divide32);

export const add64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  const result = n + m;
  if (isPlainSum64(cpu, n, m, result)) cpu.doubles[op.d] = result;
  else softAdd64(cpu, op);
};
export const add32: Execute = (cpu, op) => {
  const n = cpu.singles[op.n]!;
  const m = cpu.singles[op.m]!;
  const result = Math.fround(n + m);
  if (isPlainSum32(cpu, n, m, result)) cpu.singles[op.d] = result;
  else softAdd32(cpu, op);
};
export const subtract64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  const result = n - m;
  if (isPlainSum64(cpu, n, -m, result)) cpu.doubles[op.d] = result;
  else softSubtract64(cpu, op);
};
export const subtract32: Execute = (cpu, op) => {
  const n = cpu.singles[op.n]!;
  const m = cpu.singles[op.m]!;
  const result = Math.fround(n - m);
  if (isPlainSum32(cpu, n, -m, result)) cpu.singles[op.d] = result;
  else softSubtract32(cpu, op);
};
export const multiply64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  const result = n * m;
  if (isPlainProduct64(cpu, n, m, result)) cpu.doubles[op.d] = result;
  else softMultiply64(cpu, op);
};
export const multiply32: Execute = (cpu, op) => {
  const n = cpu.singles[op.n]!;
  const m = cpu.singles[op.m]!;
  const result = Math.fround(n * m);
  if (isPlainProduct32(cpu, n, m, result)) cpu.singles[op.d] = result;
  else softMultiply32(cpu, op);
};
export const divide64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  const result = n / m;
  if (isPlainQuotient64(cpu, n, m, result)) cpu.doubles[op.d] = result;
  else softDivide64(cpu, op);
};
export const divide32: Execute = (cpu, op) => {
  const n = cpu.singles[op.n]!;
  const m = cpu.singles[op.m]!;
  const result = Math.fround(n / m);
  if (isPlainQuotient32(cpu, n, m, result)) cpu.singles[op.d] = result;
  else softDivide32(cpu, op);
};

const SIGN = 0x8000_0000 | 0;

/** FPNeg() of the product, NaNs included. */
export const multiplyNegate64: Execute = (cpu, op) => {
  multiply64(cpu, op);
  cpu.vfpWords[2 * op.d + 1]! ^= SIGN;
};
export const multiplyNegate32: Execute = (cpu, op) => {
  multiply32(cpu, op);
  cpu.vfpWords[op.d]! ^= SIGN;
};

export const squareRoot64: Execute = (cpu, op) => {
  const value = cpu.doubles[op.m]!;
  const result = Math.sqrt(value);
  if (isPlainRoot64(cpu, value, result)) cpu.doubles[op.d] = result;
  else softSquareRoot64(cpu, op);
};
export const squareRoot32: Execute = (cpu, op) => {
  const value = cpu.singles[op.m]!;
  const result = Math.fround(Math.sqrt(value));
  if (isPlainRoot32(cpu, value, result)) cpu.singles[op.d] = result;
  else softSquareRoot32(cpu, op);
};

// VMLA and its like round the product, then the sum.
const accumulate64 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateProduct: boolean): void => {
  const n = cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  const product = n * m;
  const term = negateProduct ? -product : product;
  const addend = negateAddend ? -cpu.doubles[op.d]! : cpu.doubles[op.d]!;
  const result = addend + term;
  if (isPlainProduct64(cpu, n, m, product) && isPlainSum64(cpu, addend, term, result)) cpu.doubles[op.d] = result;
  else softAccumulate64(cpu, op, negateAddend, negateProduct);
};
const accumulate32 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateProduct: boolean): void => {
  const n = cpu.singles[op.n]!;
  const m = cpu.singles[op.m]!;
  const product = Math.fround(n * m);
  const term = negateProduct ? -product : product;
  const addend = negateAddend ? -cpu.singles[op.d]! : cpu.singles[op.d]!;
  const result = Math.fround(addend + term);
  if (isPlainProduct32(cpu, n, m, product) && isPlainSum32(cpu, addend, term, result)) cpu.singles[op.d] = result;
  else softAccumulate32(cpu, op, negateAddend, negateProduct);
};

export const mla64: Execute = (cpu, op) => accumulate64(cpu, op, false, false);
export const mla32: Execute = (cpu, op) => accumulate32(cpu, op, false, false);
export const mls64: Execute = (cpu, op) => accumulate64(cpu, op, false, true);
export const mls32: Execute = (cpu, op) => accumulate32(cpu, op, false, true);
export const nmla64: Execute = (cpu, op) => accumulate64(cpu, op, true, true);
export const nmla32: Execute = (cpu, op) => accumulate32(cpu, op, true, true);
export const nmls64: Execute = (cpu, op) => accumulate64(cpu, op, true, false);
export const nmls32: Execute = (cpu, op) => accumulate32(cpu, op, true, false);

// VFMA and its like round once.
const fused64 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateFactor: boolean): void => {
  const addend = negateAddend ? -cpu.doubles[op.d]! : cpu.doubles[op.d]!;
  const factor = negateFactor ? -cpu.doubles[op.n]! : cpu.doubles[op.n]!;
  const m = cpu.doubles[op.m]!;
  const result = isFusedInRange(factor, m, addend) ? fusedMultiplyAdd(factor, m, addend) : Number.NaN;
  if (!Number.isNaN(result) && isPlainFused64(cpu, result)) cpu.doubles[op.d] = result;
  else softFused64(cpu, op, negateAddend, negateFactor);
};
/** The product of two singles is exact in a double; rounding the sum to odd makes the second rounding harmless. */
const fused32 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateFactor: boolean): void => {
  const addend = negateAddend ? -cpu.singles[op.d]! : cpu.singles[op.d]!;
  const factor = negateFactor ? -cpu.singles[op.n]! : cpu.singles[op.n]!;
  const product = factor * cpu.singles[op.m]!;
  const sum = addend + product;
  const error = sumError(addend, product, sum);
  const result = Math.fround(roundToOdd(sum, error));
  if (isPlainFused32(cpu, sum, error, result)) cpu.singles[op.d] = result;
  else softFused32(cpu, op, negateAddend, negateFactor);
};

export const vfma64: Execute = (cpu, op) => fused64(cpu, op, false, false);
export const vfma32: Execute = (cpu, op) => fused32(cpu, op, false, false);
export const vfms64: Execute = (cpu, op) => fused64(cpu, op, false, true);
export const vfms32: Execute = (cpu, op) => fused32(cpu, op, false, true);
export const vfnma64: Execute = (cpu, op) => fused64(cpu, op, true, true);
export const vfnma32: Execute = (cpu, op) => fused32(cpu, op, true, true);
export const vfnms64: Execute = (cpu, op) => fused64(cpu, op, true, false);
export const vfnms32: Execute = (cpu, op) => fused32(cpu, op, true, false);

/** Comparisons are exact: they need more only for a NaN, and where denormals count as zeros. */
const isOrdered = (cpu: Cpu, n: number, m: number): boolean =>
  // biome-ignore lint/suspicious/noSelfCompare: the shortest NaN test, in every comparison
  n === n && m === m && (cpu.fpscrModes & FLUSH_TO_ZERO) === 0;

export const compare64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.d]!;
  const m = cpu.doubles[op.m]!;
  if (isOrdered(cpu, n, m)) cpu.fpscrFlags = single.ordering(n, m);
  else softCompare64(cpu, op, false, false);
};
export const compare32: Execute = (cpu, op) => {
  const n = cpu.singles[op.d]!;
  const m = cpu.singles[op.m]!;
  if (isOrdered(cpu, n, m)) cpu.fpscrFlags = single.ordering(n, m);
  else softCompare32(cpu, cpu.vfpWords[op.d]!, cpu.vfpWords[op.m]!, false);
};
export const compareZero64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.d]!;
  if (isOrdered(cpu, n, 0)) cpu.fpscrFlags = single.ordering(n, 0);
  else softCompare64(cpu, op, true, false);
};
export const compareZero32: Execute = (cpu, op) => {
  const n = cpu.singles[op.d]!;
  if (isOrdered(cpu, n, 0)) cpu.fpscrFlags = single.ordering(n, 0);
  else softCompare32(cpu, cpu.vfpWords[op.d]!, 0, false);
};

// VCMPE: a quiet NaN is invalid too.
export const compareSignalling64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.d]!;
  const m = cpu.doubles[op.m]!;
  if (isOrdered(cpu, n, m)) cpu.fpscrFlags = single.ordering(n, m);
  else softCompare64(cpu, op, false, true);
};
export const compareSignalling32: Execute = (cpu, op) => {
  const n = cpu.singles[op.d]!;
  const m = cpu.singles[op.m]!;
  if (isOrdered(cpu, n, m)) cpu.fpscrFlags = single.ordering(n, m);
  else softCompare32(cpu, cpu.vfpWords[op.d]!, cpu.vfpWords[op.m]!, true);
};
export const compareZeroSignalling64: Execute = (cpu, op) => {
  const n = cpu.doubles[op.d]!;
  if (isOrdered(cpu, n, 0)) cpu.fpscrFlags = single.ordering(n, 0);
  else softCompare64(cpu, op, true, true);
};
export const compareZeroSignalling32: Execute = (cpu, op) => {
  const n = cpu.singles[op.d]!;
  if (isOrdered(cpu, n, 0)) cpu.fpscrFlags = single.ordering(n, 0);
  else softCompare32(cpu, cpu.vfpWords[op.d]!, 0, true);
};
