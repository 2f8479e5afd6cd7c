/** The estimates of 1 / a and 1 / √a: DDI 0406C A2.6.6, whose C functions these are. */

/** recip_estimate(): a in [½, 1), the result in [1, 2) with eight bits behind the point. */
export const reciprocalEstimate = (a: number): number => {
  const quantum = Math.floor(a * 512);
  const reciprocal = 1 / ((quantum + 0.5) / 512);
  return Math.floor(256 * reciprocal + 0.5) / 256;
};

/** recip_sqrt_estimate(): a in [¼, 1), the result in [1, 2) with eight bits behind the point. */
export const reciprocalRootEstimate = (a: number): number => {
  const units = a < 0.5 ? 512 : 256;
  const quantum = Math.floor(a * units);
  const root = 1 / Math.sqrt((quantum + 0.5) / units);
  return Math.floor(256 * root + 0.5) / 256;
};

const TOP_BIT = 2 ** 31;
const ALL_ONES = 0xffff_ffff;

/** UnsignedRecipEstimate(): operand and result are fractions of 2^32 and 2^31. */
export const unsignedReciprocal = (operand: number): number =>
  operand < TOP_BIT ? ALL_ONES : reciprocalEstimate(operand / 2 ** 32) * TOP_BIT;

/** UnsignedRSqrtEstimate() */
export const unsignedReciprocalRoot = (operand: number): number =>
  operand < TOP_BIT / 2 ? ALL_ONES : reciprocalRootEstimate(operand / 2 ** 32) * TOP_BIT;
