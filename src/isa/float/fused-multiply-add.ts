/**
 * a × b + c, rounded once to nearest even (IEEE 754-2008 fusedMultiplyAdd), for operands that are not NaN.
 *
 * Doubles: the error-free transformations of Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums: proved
 * algorithms using rounding to odd" (IEEE Trans. Computers 57(4), 2008), where no term can overflow or underflow;
 * elsewhere exact integers.
 */

const word64 = new BigInt64Array(1);
const float64 = new Float64Array(word64.buffer);
const words32 = new Int32Array(word64.buffer);

/** sum + error rounded to odd, where sum is the nearest double to the exact value and error what it lacks. */
const roundToOdd = (sum: number, error: number): number => {
  if (error === 0) return sum;
  float64[0] = sum;
  if ((words32[0]! & 1) !== 0) return sum;
  word64[0] = word64[0]! + (error > 0 === sum > 0 ? 1n : -1n);
  return float64[0]!;
};

/** What a + b lacks to be exact (Knuth). */
const sumError = (a: number, b: number, sum: number): number => {
  const bVirtual = sum - a;
  return a - (sum - bVirtual) + (b - bVirtual);
};

/** Veltkamp's constant for 53 bits. */
const SPLITTER = 2 ** 27 + 1;

/** What a × b lacks to be exact (Dekker). */
const productError = (a: number, b: number, product: number): number => {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
};

/** Within these bounds every intermediate term is a normal number, and its lowest bit is above 2^-1074. */
const SMALLEST_FACTOR = 2 ** -480;
const LARGEST_FACTOR = 2 ** 480;
const SMALLEST_ADDEND = 2 ** -900;
const LARGEST_ADDEND = 2 ** 1000;
const between = (value: number, low: number, high: number): boolean => {
  const size = Math.abs(value);
  return size >= low && size <= high;
};

export const fusedMultiplyAdd64 = (a: number, b: number, c: number): number => {
  const product = a * b;
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return product + c;
  // The rounded product may be an infinity that the exact one is not.
  if (!Number.isFinite(c)) return c;
  if (
    between(a, SMALLEST_FACTOR, LARGEST_FACTOR) &&
    between(b, SMALLEST_FACTOR, LARGEST_FACTOR) &&
    (c === 0 || between(c, SMALLEST_ADDEND, LARGEST_ADDEND))
  ) {
    const productLow = productError(a, b, product);
    const tail = c + productLow;
    const tailLow = sumError(c, productLow, tail);
    const sum = product + tail;
    const sumLow = sumError(product, tail, sum);
    const rest = tailLow + sumLow;
    return sum + roundToOdd(rest, sumError(tailLow, sumLow, rest));
  }
  return exactMultiplyAdd(a, b, c);
};

/** The product of two singles is exact in a double; rounding the sum to odd makes the second rounding harmless. */
export const fusedMultiplyAdd32 = (a: number, b: number, c: number): number => {
  const product = a * b;
  const sum = product + c;
  if (!Number.isFinite(sum) || sum === 0) return Math.fround(sum);
  return Math.fround(roundToOdd(sum, sumError(product, c, sum)));
};

const FRACTION_BITS = 52n;
const SMALLEST_EXPONENT = -1074;

/** A finite double as integer × 2^exponent. */
const decompose = (value: number): {integer: bigint; exponent: number} => {
  float64[0] = value;
  const bits = BigInt.asUintN(64, word64[0]!);
  const biased = Number((bits >> FRACTION_BITS) & 0x7ffn);
  const fraction = bits & ((1n << FRACTION_BITS) - 1n);
  const magnitude = biased === 0 ? fraction : fraction | (1n << FRACTION_BITS);
  return {integer: value < 0 ? -magnitude : magnitude, exponent: (biased === 0 ? 1 : biased) - 1075};
};

const exactMultiplyAdd = (a: number, b: number, c: number): number => {
  const x = decompose(a);
  const y = decompose(b);
  const z = decompose(c);
  const productExponent = x.exponent + y.exponent;
  const exponent = Math.min(productExponent, z.exponent);
  const product = (x.integer * y.integer) << BigInt(productExponent - exponent);
  const sum = product + (z.integer << BigInt(z.exponent - exponent));
  // An exact zero sum of non-zero terms is +0; c = 0 adds nothing.
  if (sum === 0n) return 0;
  return sum < 0n ? -roundNearest(-sum, exponent) : roundNearest(sum, exponent);
};

/** integer × 2^exponent to the nearest double, ties to even. */
const roundNearest = (integer: bigint, exponent: number): number => {
  const length = integer.toString(2).length;
  const lowest = Math.max(exponent + length - 53, SMALLEST_EXPONENT);
  const drop = lowest - exponent;
  if (drop <= 0) return scale(Number(integer), exponent);
  const kept = integer >> BigInt(drop);
  const rest = integer - (kept << BigInt(drop));
  const half = 1n << BigInt(drop - 1);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return scale(Number(up ? kept + 1n : kept), lowest);
};

/** value × 2^exponent where the result is exact or overflows: in two steps, as 2^exponent alone may overflow. */
const scale = (value: number, exponent: number): number => {
  const first = Math.trunc(exponent / 2);
  return value * 2 ** first * 2 ** (exponent - first);
};
