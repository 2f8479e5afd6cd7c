/**
 * Error-free transformations: what a rounded sum, product, quotient or square root of doubles lacks to be exact. All of
 * them want the host's rounding to nearest, and terms that neither overflow nor underflow.
 */

const scratch = new Float64Array(1);
const words = new Int32Array(scratch.buffer);

/** What a + b lacks to be exact (Knuth). */
export const sumError = (a: number, b: number, sum: number): number => {
  const bVirtual = sum - a;
  return a - (sum - bVirtual) + (b - bVirtual);
};

/** Veltkamp's constant for 53 bits. */
const SPLITTER = 2 ** 27 + 1;

/** What a × b lacks to be exact (Dekker). */
export const productError = (a: number, b: number, product: number): number => {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
};

/** A number with the sign of what a ÷ b lacks to be exact; 0 when nothing. */
export const quotientError = (a: number, b: number, quotient: number): number => {
  const product = quotient * b;
  const rest = a - product - productError(quotient, b, product);
  return b < 0 ? -rest : rest;
};

/** A number with the sign of what √a lacks to be exact; 0 when nothing. */
export const squareRootError = (a: number, root: number): number => {
  const square = root * root;
  return a - square - productError(root, root, square);
};

/** `value` is not 0 and the nearest double to an exact one, `error` has the sign of what it lacks: rounded to odd. */
export const roundToOdd = (value: number, error: number): number => {
  if (error === 0) return value;
  scratch[0] = value;
  const low = words[0]!;
  if ((low & 1) !== 0) return value;
  if (error > 0 === value > 0) words[0] = low | 1;
  else {
    words[0] = low - 1;
    if (low === 0) words[1]! -= 1;
  }
  return scratch[0]!;
};
