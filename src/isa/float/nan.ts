/**
 * NaN rules (DDI 0406C A2.7.4 and A2.7.8) on the bit patterns of singles, and of doubles as bigints: numbers would not
 * do, as JavaScript promises no NaN payload. Operands are unpacked first, as in the manual: a denormal beside a NaN is
 * flushed, and raises its exception.
 */
import {type FloatContext, INPUT_DENORMAL, INVALID_OPERATION} from './context.ts';

const SIGN_32 = 0x8000_0000 | 0;
const MAGNITUDE_32 = 0x7fff_ffff;
const INFINITY_32 = 0x7f80_0000;
const SMALLEST_NORMAL_32 = 0x0080_0000;
const QUIET_32 = 0x0040_0000;
export const DEFAULT_NAN_32 = 0x7fc0_0000;

export const isNan32 = (bits: number): boolean => (bits & MAGNITUDE_32) > INFINITY_32;
export const isSignalling32 = (bits: number): boolean => isNan32(bits) && (bits & QUIET_32) === 0;
export const isDenormal32 = (bits: number): boolean =>
  (bits & MAGNITUDE_32) < SMALLEST_NORMAL_32 && (bits & MAGNITUDE_32) !== 0;

/** What FPUnpack() does to a single before anything else: flushes a denormal when FZ is set. */
export const flushInput32 = (context: FloatContext, bits: number): number => {
  if (!context.flushToZero || !isDenormal32(bits)) return bits;
  context.flags |= INPUT_DENORMAL;
  return bits & SIGN_32;
};

/** The result of an invalid operation on operands that are not NaN. */
export const invalid32 = (context: FloatContext): number => {
  context.flags |= INVALID_OPERATION;
  return DEFAULT_NAN_32;
};

/** FPProcessNaN() */
export const processNan32 = (context: FloatContext, bits: number): number => {
  if ((bits & QUIET_32) === 0) context.flags |= INVALID_OPERATION;
  return context.defaultNan ? DEFAULT_NAN_32 : bits | QUIET_32;
};

/** FPProcessNaNs(), for operands of which one is a NaN. */
export const processNans32 = (context: FloatContext, n: number, m: number): number => {
  flushInput32(context, n);
  flushInput32(context, m);
  if (isSignalling32(n)) return processNan32(context, n);
  if (isSignalling32(m)) return processNan32(context, m);
  return processNan32(context, isNan32(n) ? n : m);
};

/** FPProcessNaNs3(), for operands of which one is a NaN. */
export const processThreeNans32 = (context: FloatContext, addend: number, n: number, m: number): number => {
  flushInput32(context, addend);
  flushInput32(context, n);
  flushInput32(context, m);
  if (isSignalling32(addend)) return processNan32(context, addend);
  if (isSignalling32(n)) return processNan32(context, n);
  if (isSignalling32(m)) return processNan32(context, m);
  return processNan32(context, isNan32(addend) ? addend : isNan32(n) ? n : m);
};

const QUIET_64 = 1n << 51n;
const INFINITY_64 = 0x7ff0_0000_0000_0000n;
const MAGNITUDE_64 = 0x7fff_ffff_ffff_ffffn;
const SMALLEST_NORMAL_64 = 2 ** -1022;
export const DEFAULT_NAN_64 = 0x7ff8_0000_0000_0000n;

/** As an unsigned 64-bit pattern. */
const isNan64 = (bits: bigint): boolean => (bits & MAGNITUDE_64) > INFINITY_64;
export const isSignalling64 = (bits: bigint): boolean => isNan64(bits) && (bits & QUIET_64) === 0n;

/** As {@link flushInput32}, for a double as a number. */
export const flushInput64 = (context: FloatContext, value: number): number => {
  const flushed = context.flushToZero && value !== 0 && Math.abs(value) < SMALLEST_NORMAL_64;
  if (!flushed) return value;
  context.flags |= INPUT_DENORMAL;
  return value < 0 ? -0 : 0;
};

const raiseDenormal64 = (context: FloatContext, bits: bigint): void => {
  const magnitude = bits & MAGNITUDE_64;
  if (context.flushToZero && magnitude !== 0n && magnitude >> 52n === 0n) context.flags |= INPUT_DENORMAL;
};

/** FPProcessNaNs() and its like: the first signalling NaN, or else the first NaN, of operands of which one is a NaN. */
export const processNans64 = (context: FloatContext, ...operands: readonly bigint[]): bigint => {
  for (const operand of operands) raiseDenormal64(context, operand);
  const chosen = operands.find(isSignalling64) ?? (operands.find(isNan64) as bigint);
  if (isSignalling64(chosen)) context.flags |= INVALID_OPERATION;
  return context.defaultNan ? DEFAULT_NAN_64 : chosen | QUIET_64;
};
