/** 64-bit integer products as pairs of int32 words, without BigInt and exactly. */

const HALF = 0x1_0000;

/** Upper word of the unsigned product. */
export const unsignedHigh = (a: number, b: number): number => {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Each sum stays below 2^33, where a double is exact.
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / HALF);
  const cross = aLow * bHigh + (middle % HALF);
  return (aHigh * bHigh + Math.floor(middle / HALF) + Math.floor(cross / HALF)) | 0;
};

/** Upper word of the signed product: the unsigned one, less what the sign bits weigh. */
export const signedHigh = (a: number, b: number): number =>
  (unsignedHigh(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;

/** Carry out of the 32-bit sum a + b. */
export const carryOut = (a: number, b: number): number => (((a + b) | 0) >>> 0 < a >>> 0 ? 1 : 0);
