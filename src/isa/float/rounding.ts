/** FPSCR.RMode for numbers without a bound on their exponent (DDI 0406C A2.7.8, FPRound and FPToFixed). */
import {DOWNWARDS, type FloatContext, type Rounding, TO_NEAREST, TOWARDS_ZERO, UPWARDS} from './context.ts';

/** To the nearest whole number, ties to the even one. */
export const nearestEven = (value: number): number => {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
};

const TO_WHOLE: Readonly<Record<Rounding, (value: number) => number>> = {
  [TO_NEAREST]: nearestEven,
  [UPWARDS]: Math.ceil,
  [DOWNWARDS]: Math.floor,
  [TOWARDS_ZERO]: Math.trunc,
};

/** To a whole number. */
export const toWhole = (rounding: Rounding, value: number): number => TO_WHOLE[rounding](value);

/** Whether an inexact result of this sign grows in magnitude; to nearest, that does not say. */
export const awayFromZero = (rounding: Rounding, negative: boolean): boolean =>
  negative ? rounding === DOWNWARDS : rounding === UPWARDS;

/** The sign of a sum that is exactly 0: the terms' when they have one, and otherwise the rounding mode's (FPAdd). */
export const zeroSum = (context: FloatContext, a: number, b: number): number => {
  if (Object.is(a, b)) return a;
  return context.rounding === DOWNWARDS ? -0 : 0;
};
