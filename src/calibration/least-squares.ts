/** Bounded nonlinear least squares: Levenberg–Marquardt steps on the parameters that no bound holds. */
import {all, create, type FactoryFunctionMap, type Matrix} from 'mathjs';

const {inv, lusolve, matrix, multiply, transpose} = create(all as FactoryFunctionMap, {});

export interface Bounded {
  readonly start: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Estimate {
  readonly values: number[];
  /** (JᵀJ)⁻¹ of the free parameters; rows and columns of parameters at a bound are zero. */
  readonly covariance: number[][];
  readonly atBound: boolean[];
  readonly sumOfSquares: number;
  readonly iterations: number;
}

const STEP = 1e-4;
const MAX_ITERATIONS = 60;
const TOLERANCE = 1e-10;

const squares = (r: readonly number[]): number => r.reduce((sum, v) => sum + v * v, 0);

/** Forward differences, towards the inside of the bounds. Residuals by parameter. */
const jacobian = (
  residuals: (p: number[]) => number[],
  at: number[],
  base: readonly number[],
  bounds: readonly Bounded[],
): number[][] => {
  const columns = at.map((value, i) => {
    const {lower, upper} = bounds[i] as Bounded;
    const size = (upper - lower) * STEP;
    const step = value + size <= upper ? size : -size;
    const moved = residuals(at.map((v, k) => (k === i ? v + step : v)));
    return moved.map((r, n) => (r - (base[n] as number)) / step);
  });
  return base.map((_, n) => columns.map((column) => column[n] as number));
};

const toRows = (m: Matrix): number[][] => m.toArray() as number[][];

/**
 * Minimises Σ residuals² within bounds. Residuals must be scaled to unit variance for the covariance to mean one.
 * @param derivatives of the residuals by parameter, row by row; without it, differences stand for them
 */
export const leastSquares = (
  residuals: (parameters: number[]) => number[],
  bounds: readonly Bounded[],
  derivatives?: (parameters: number[]) => number[][],
): Estimate => {
  const slopes = (at: number[], base: readonly number[]): number[][] =>
    derivatives ? derivatives(at) : jacobian(residuals, at, base, bounds);
  let values = bounds.map((b) => b.start);
  let current = residuals(values);
  let damping = 1e-3;
  let iterations = 0;
  for (; iterations < MAX_ITERATIONS && damping < 1e12; iterations++) {
    const j = slopes(values, current);
    const gradient = values.map((_, i) =>
      j.reduce((sum, row, n) => sum + (row[i] as number) * (current[n] as number), 0),
    );
    const free = freeParameters(values, gradient, bounds);
    if (free.length === 0) break;
    const step = solve(j, gradient, free, damping);
    const next = values.slice();
    free.forEach((parameter, k) => {
      const {lower, upper} = bounds[parameter] as Bounded;
      next[parameter] = Math.min(upper, Math.max(lower, (values[parameter] as number) + (step[k] as number)));
    });
    const trial = residuals(next);
    const gain = squares(current) - squares(trial);
    if (gain > 0) {
      values = next;
      const converged = gain < TOLERANCE * squares(current);
      current = trial;
      damping = Math.max(damping / 10, 1e-12);
      if (converged) break;
    } else damping *= 10;
  }
  const j = slopes(values, current);
  const gradient = values.map((_, i) =>
    j.reduce((sum, row, n) => sum + (row[i] as number) * (current[n] as number), 0),
  );
  const free = freeParameters(values, gradient, bounds);
  return {
    values,
    covariance: covarianceOf(j, free, values.length),
    atBound: values.map((_, i) => !free.includes(i)),
    sumOfSquares: squares(current),
    iterations,
  };
};

/** Parameters that are inside their bounds, or at one that the descent leads away from. */
const freeParameters = (values: readonly number[], gradient: readonly number[], bounds: readonly Bounded[]): number[] =>
  values.flatMap((value, i) => {
    const {lower, upper} = bounds[i] as Bounded;
    const descent = -(gradient[i] as number);
    const held = (value <= lower && descent < 0) || (value >= upper && descent > 0);
    return held ? [] : [i];
  });

const normalMatrix = (j: readonly number[][], free: readonly number[]): Matrix => {
  const reduced = matrix(j.map((row) => free.map((i) => row[i] as number)));
  return multiply(transpose(reduced), reduced) as Matrix;
};

const solve = (
  j: readonly number[][],
  gradient: readonly number[],
  free: readonly number[],
  damping: number,
): number[] => {
  const normal = toRows(normalMatrix(j, free)).map((row, i) =>
    row.map((v, k) => (i === k ? v * (1 + damping) + 1e-300 : v)),
  );
  const right = free.map((i) => -(gradient[i] as number));
  return toRows(lusolve(matrix(normal), matrix(right)) as Matrix).map((row) => row[0] as number);
};

const covarianceOf = (j: readonly number[][], free: readonly number[], size: number): number[][] => {
  const full = Array.from({length: size}, () => new Array<number>(size).fill(0));
  if (free.length === 0) return full;
  const inverse = toRows(inv(normalMatrix(j, free)) as Matrix);
  free.forEach((row, i) => {
    free.forEach((column, k) => {
      (full[row] as number[])[column] = inverse[i]?.[k] as number;
    });
  });
  return full;
};
