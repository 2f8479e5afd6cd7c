/**
 * What sampled units say of the whole measured part: ratio estimates per instruction, with intervals of 95 %.
 *
 * With yᵢ a count and nᵢ the instructions of unit i, the total over N instructions is Y = N·Σyᵢ/Σnᵢ. Its variance is that of
 * the residuals eᵢ = yᵢ − (Σy/Σn)·nᵢ, taken from successive differences, (1−f)·n·Σ(eᵢ₊₁−eᵢ)²/(2(n−1)) (Wolter, Introduction to
 * Variance Estimation, section 8.2, estimator 2): units are in the order of the trace, so phases of the guest do not count
 * as noise. Of n units it has about 2(n−1)²/(3n−4) degrees of freedom.
 */

/** Of yᵢ over nᵢ. */
export interface Ratio {
  readonly value: number;
  /** Standard error. */
  readonly error: number;
  readonly degreesOfFreedom: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** @param share of the population that was looked at: 1 leaves no doubt. */
export const ratio = (values: readonly number[], sizes: readonly number[], share: number): Ratio => {
  const n = values.length;
  const total = sum(sizes);
  const value = sum(values) / total;
  const residuals = values.map((one, i) => one - value * sizes[i]!);
  const squares = sum(residuals.slice(1).map((one, i) => (one - residuals[i]!) ** 2)) / (2 * (n - 1));
  return {
    value,
    error: Math.sqrt(n * squares * Math.max(0, 1 - share)) / total,
    degreesOfFreedom: (2 * (n - 1) ** 2) / (3 * n - 4),
  };
};

/** 97.5 % point of the normal distribution. */
const NORMAL = 1.959964;

/** The same of Student's t, by its expansion around the normal's (Abramowitz and Stegun 26.7.5); good to 1 % from 2.5 degrees on. */
export const student = (degreesOfFreedom: number): number => {
  const z = NORMAL;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return z + sum(terms.map((term, i) => term / degreesOfFreedom ** (i + 1)));
};

/** Half of the interval. */
export const halfWidth = ({error, degreesOfFreedom}: Ratio): number => student(degreesOfFreedom) * error;
