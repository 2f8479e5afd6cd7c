/**
 * What an operation needs of FPSCR and gives back to it (DDI 0406C A2.5.3, A2.7): the one mutable argument of every
 * function of this folder. Advanced SIMD uses the "standard FPSCR value" whatever FPSCR says.
 */

/** FPSCR.RMode. */
export const TO_NEAREST = 0;
export const UPWARDS = 1;
export const DOWNWARDS = 2;
export const TOWARDS_ZERO = 3;
export type Rounding = typeof TO_NEAREST | typeof UPWARDS | typeof DOWNWARDS | typeof TOWARDS_ZERO;

/** FPSCR's cumulative exception bits, in their places. */
export const INVALID_OPERATION = 1 << 0;
export const DIVISION_BY_ZERO = 1 << 1;
export const OVERFLOW = 1 << 2;
export const UNDERFLOW = 1 << 3;
export const INEXACT = 1 << 4;
export const INPUT_DENORMAL = 1 << 7;
export const EXCEPTIONS = INVALID_OPERATION | DIVISION_BY_ZERO | OVERFLOW | UNDERFLOW | INEXACT | INPUT_DENORMAL;

/** FPSCR's mode bits, in their places. */
export const ALTERNATIVE_HALF = 1 << 26;
export const DEFAULT_NAN = 1 << 25;
export const FLUSH_TO_ZERO = 1 << 24;
const ROUNDING_SHIFT = 22;
export const ROUNDING_MODE = 3 << ROUNDING_SHIFT;

export class FloatContext {
  rounding: Rounding = TO_NEAREST;
  flushToZero = false;
  defaultNan = false;
  alternativeHalf = false;
  /** Cumulative exception bits; operations set bits and never clear one. */
  flags = 0;

  /** Takes over FPSCR's modes, and its cumulative bits: an operation may save itself the work of raising what is set. */
  load(modes: number, flags: number): this {
    this.rounding = ((modes & ROUNDING_MODE) >>> ROUNDING_SHIFT) as Rounding;
    this.flushToZero = (modes & FLUSH_TO_ZERO) !== 0;
    this.defaultNan = (modes & DEFAULT_NAN) !== 0;
    this.alternativeHalf = (modes & ALTERNATIVE_HALF) !== 0;
    this.flags = flags & EXCEPTIONS;
    return this;
  }

  /** StandardFPSCRValue(): round to nearest, default NaN, flush to zero; only AHP is FPSCR's. */
  loadStandard(modes: number, flags: number): this {
    return this.load(DEFAULT_NAN | FLUSH_TO_ZERO | (modes & ALTERNATIVE_HALF), flags);
  }
}
