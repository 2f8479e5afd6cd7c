/** Statistics of few printed figures. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
};

/** Median absolute deviation from the median. */
export const deviationOf = (values: readonly number[]): number => {
  const middle = medianOf(values);
  return medianOf(values.map((value) => Math.abs(value - middle)));
};

export const averageOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
