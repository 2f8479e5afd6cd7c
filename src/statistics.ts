/** Statistics of few figures. */

/** Deviations from the mean that hold 95 % of a normal distribution, two-sided. */
export const Z = 1.96;

export const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

export const sumOfSquares = (values: readonly number[]): number => values.reduce((sum, v) => sum + v * v, 0);

/** √ of the mean of squares. */
export const rootMeanSquare = (values: readonly number[]): number => Math.sqrt(sumOfSquares(values) / values.length);

/** Sample standard deviation; 0 for fewer than two values. */
export const deviation = (values: readonly number[]): number => {
  if (values.length < 2) return 0;
  const m = mean(values);
  return Math.sqrt(sumOfSquares(values.map((v) => v - m)) / (values.length - 1));
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
};

/** Median absolute deviation from the median. */
export const medianDeviation = (values: readonly number[]): number => {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
};

/** aᵀ C b. */
export const quadraticForm = (
  c: readonly (readonly number[])[],
  a: ArrayLike<number>,
  b: ArrayLike<number> = a,
): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) for (let k = 0; k < b.length; k++) sum += a[i]! * c[i]![k]! * b[k]!;
  return sum;
};
