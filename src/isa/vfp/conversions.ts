/** What VCVT, VCVTR, VCVTB and VCVTT do: DDI 0406C A8.8.305–A8.8.311. The common case first, as in operations.ts. */
import type {Cpu} from '../core/cpu.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {
  FLUSH_TO_ZERO,
  type FloatContext,
  INVALID_OPERATION,
  type Rounding,
  TO_NEAREST,
  TOWARDS_ZERO,
} from '../float/context.ts';
import {
  doubleNanToSingle,
  fixedValue,
  singleNanToDouble,
  doubleToSingle as softDoubleToSingle,
  halfToSingle as softHalfToSingle,
  singleToDouble as softSingleToDouble,
  singleToHalf as softSingleToHalf,
  toFixed,
  toFixed32,
} from '../float/convert.ts';
import {flushInput64} from '../float/nan.ts';
import {nearestEven} from '../float/rounding.ts';
import {round32} from '../float/single.ts';
import {isPlainSingle, isPlainWhole} from './plain.ts';

export const singleToDouble: Execute = (cpu, op) => {
  const value = cpu.singles[op.m]!;
  // biome-ignore lint/suspicious/noSelfCompare: the shortest NaN test
  if (value === value && (cpu.fpscrModes & FLUSH_TO_ZERO) === 0) cpu.doubles[op.d] = value;
  else widen(cpu, op);
};
const widen = (cpu: Cpu, op: Operation): void => {
  const context = cpu.floatContext();
  const bits = cpu.vfpWords[op.m]!;
  if (Number.isNaN(cpu.singles[op.m]!)) cpu.vfpDoubleWords[op.d] = singleNanToDouble(context, bits);
  else cpu.doubles[op.d] = softSingleToDouble(context, bits);
  cpu.raise(context.flags);
};

export const doubleToSingle: Execute = (cpu, op) => {
  const value = cpu.doubles[op.m]!;
  const result = Math.fround(value);
  if (isPlainSingle(cpu, value, result)) cpu.singles[op.d] = result;
  else narrow(cpu, op);
};
const narrow = (cpu: Cpu, op: Operation): void => {
  const context = cpu.floatContext();
  const value = cpu.doubles[op.m]!;
  cpu.vfpWords[op.d] = Number.isNaN(value)
    ? doubleNanToSingle(context, cpu.vfpDoubleWords[op.m]!)
    : softDoubleToSingle(context, flushInput64(context, value));
  cpu.raise(context.flags);
};

// Halves: `amount` is 16 for the upper half-word of the register (VCVTT), 0 for the lower.
export const halfToSingle: Execute = (cpu, op) => {
  const context = cpu.floatContext();
  cpu.vfpWords[op.d] = softHalfToSingle(context, cpu.vfpWords[op.m]! >>> op.amount);
  cpu.raise(context.flags);
};
export const singleToHalf: Execute = (cpu, op) => {
  const context = cpu.floatContext();
  const half = softSingleToHalf(context, cpu.vfpWords[op.m]!);
  cpu.vfpWords[op.d] = (cpu.vfpWords[op.d]! & ~(0xffff << op.amount)) | (half << op.amount);
  cpu.raise(context.flags);
};

export const signedToDouble: Execute = (cpu, op) => {
  cpu.doubles[op.d] = cpu.vfpWords[op.m]!;
};
export const unsignedToDouble: Execute = (cpu, op) => {
  cpu.doubles[op.d] = cpu.vfpWords[op.m]! >>> 0;
};
export const signedToSingle: Execute = (cpu, op) => {
  const value = cpu.vfpWords[op.m]!;
  if (isPlainWhole(cpu, value, Math.fround(value))) cpu.singles[op.d] = value;
  else roundToSingle(cpu, op, value);
};
export const unsignedToSingle: Execute = (cpu, op) => {
  const value = cpu.vfpWords[op.m]! >>> 0;
  if (isPlainWhole(cpu, value, Math.fround(value))) cpu.singles[op.d] = value;
  else roundToSingle(cpu, op, value);
};
const roundToSingle = (cpu: Cpu, op: Operation, value: number): void => {
  const context = cpu.floatContext();
  cpu.vfpWords[op.d] = round32(context, value);
  cpu.raise(context.flags);
};

const isSigned = (cpu: Cpu, value: number, whole: number): boolean =>
  whole >= -0x8000_0000 && whole <= 0x7fff_ffff && isPlainWhole(cpu, value, whole);
const isUnsigned = (cpu: Cpu, value: number, whole: number): boolean =>
  whole >= 0 && whole <= 0xffff_ffff && isPlainWhole(cpu, value, whole);

/** FPToFixed() of a double; `rounding` when the instruction says how. */
const fixedFromDouble = (
  cpu: Cpu,
  context: FloatContext,
  register: number,
  fractionBits: number,
  unsigned: boolean,
  rounding: Rounding,
  width: number,
): number => {
  const value = cpu.doubles[register]!;
  if (!Number.isNaN(value))
    return toFixed(context, flushInput64(context, value), fractionBits, unsigned, rounding, width);
  context.flags |= INVALID_OPERATION;
  return 0;
};
const wholeFromDouble = (cpu: Cpu, op: Operation, unsigned: boolean, truncates: boolean): void => {
  const context = cpu.floatContext();
  const rounding = truncates ? TOWARDS_ZERO : context.rounding;
  cpu.vfpWords[op.d] = fixedFromDouble(cpu, context, op.m, 0, unsigned, rounding, 32);
  cpu.raise(context.flags);
};
const wholeFromSingle = (cpu: Cpu, op: Operation, unsigned: boolean, truncates: boolean): void => {
  const context = cpu.floatContext();
  const rounding = truncates ? TOWARDS_ZERO : context.rounding;
  cpu.vfpWords[op.d] = toFixed32(context, cpu.vfpWords[op.m]!, 0, unsigned, rounding);
  cpu.raise(context.flags);
};

export const doubleToSigned: Execute = (cpu, op) => {
  const value = cpu.doubles[op.m]!;
  const whole = Math.trunc(value);
  if (isSigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromDouble(cpu, op, false, true);
};
export const doubleToUnsigned: Execute = (cpu, op) => {
  const value = cpu.doubles[op.m]!;
  const whole = Math.trunc(value);
  if (isUnsigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromDouble(cpu, op, true, true);
};
export const singleToSigned: Execute = (cpu, op) => {
  const value = cpu.singles[op.m]!;
  const whole = Math.trunc(value);
  if (isSigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromSingle(cpu, op, false, true);
};
export const singleToUnsigned: Execute = (cpu, op) => {
  const value = cpu.singles[op.m]!;
  const whole = Math.trunc(value);
  if (isUnsigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromSingle(cpu, op, true, true);
};

// VCVTR: as FPSCR.RMode says.
export const doubleToSignedRounded: Execute = (cpu, op) => {
  const value = cpu.doubles[op.m]!;
  const whole = nearestEven(value);
  if (isSigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromDouble(cpu, op, false, false);
};
export const doubleToUnsignedRounded: Execute = (cpu, op) => {
  const value = cpu.doubles[op.m]!;
  const whole = nearestEven(value);
  if (isUnsigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromDouble(cpu, op, true, false);
};
export const singleToSignedRounded: Execute = (cpu, op) => {
  const value = cpu.singles[op.m]!;
  const whole = nearestEven(value);
  if (isSigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromSingle(cpu, op, false, false);
};
export const singleToUnsignedRounded: Execute = (cpu, op) => {
  const value = cpu.singles[op.m]!;
  const whole = nearestEven(value);
  if (isUnsigned(cpu, value, whole)) cpu.vfpWords[op.d] = whole;
  else wholeFromSingle(cpu, op, true, false);
};

export const UNSIGNED = 1;
// Fixed point, in place: `amount` is the number of bits, `immediate` that of fraction bits, `form` 1 for unsigned.
export const doubleToFixed: Execute = (cpu, op) => {
  const context = cpu.floatContext();
  const unsigned = op.form === UNSIGNED;
  const word = fixedFromDouble(cpu, context, op.d, op.immediate, unsigned, TOWARDS_ZERO, op.amount);
  cpu.vfpWords[2 * op.d] = word;
  cpu.vfpWords[2 * op.d + 1] = unsigned ? 0 : word >> 31;
  cpu.raise(context.flags);
};
export const singleToFixed: Execute = (cpu, op) => {
  const context = cpu.floatContext();
  const bits = cpu.vfpWords[op.d]!;
  cpu.vfpWords[op.d] = toFixed32(context, bits, op.immediate, op.form === UNSIGNED, TOWARDS_ZERO, op.amount);
  cpu.raise(context.flags);
};
const operandValue = (op: Operation, word: number): number => {
  const unused = 32 - op.amount;
  const unsigned = op.form === UNSIGNED;
  return fixedValue(unsigned ? (word << unused) >>> unused : (word << unused) >> unused, op.immediate, unsigned);
};
export const fixedToDouble: Execute = (cpu, op) => {
  cpu.doubles[op.d] = operandValue(op, cpu.vfpWords[2 * op.d]!);
};
/** Rounds to nearest whatever FPSCR says. */
export const fixedToSingle: Execute = (cpu, op) => {
  const context = cpu.floatContext();
  context.rounding = TO_NEAREST;
  cpu.vfpWords[op.d] = round32(context, operandValue(op, cpu.vfpWords[op.d]!));
  cpu.raise(context.flags);
};
