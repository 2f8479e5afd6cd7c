/** Bounded nonlinear least squares: Levenberg–Marquardt steps on the parameters that no bound holds. */
import {create, invDependencies, lusolveDependencies} from 'mathjs';
import {sumOfSquares} from '../statistics.ts';

const {inv, lusolve} = create({invDependencies: invDependencies!, lusolveDependencies: lusolveDependencies!});

export interface Bounded {
  readonly start: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Estimate {
  readonly values: number[];
  /** (JᵀJ)⁻¹ of all parameters, as if no bound held: one that stands at its bound is no better known for that. */
  readonly covariance: number[][];
  readonly atBound: boolean[];
  readonly sumOfSquares: number;
  readonly iterations: number;
}

const STEP = 1e-4;
const MAX_ITERATIONS = 200;
/** Gain of a step, as a share of the squares, that is none any more. */
const TOLERANCE = 1e-8;
/** No step that is damped more moves anything. */
const MAX_DAMPING = 1e12;

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

/** JᵀJ and Jᵀr. */
interface NormalEquations {
  readonly matrix: number[][];
  readonly gradient: number[];
}

const normalEquations = (
  j: readonly ArrayLike<number>[],
  residuals: readonly number[],
  size: number,
): NormalEquations => {
  const matrix = Array.from({length: size}, () => new Array<number>(size).fill(0));
  const gradient = new Array<number>(size).fill(0);
  for (const [n, row] of j.entries())
    for (let i = 0; i < size; i++) {
      const slope = row[i]!;
      if (slope === 0) continue;
      gradient[i]! += slope * residuals[n]!;
      const sums = matrix[i]!;
      for (let k = 0; k < size; k++) sums[k]! += slope * row[k]!;
    }
  return {matrix, gradient};
};

/**
 * Minimises Σ residuals² within bounds. Residuals must be scaled to unit variance for the covariance to mean one.
 * @param derivatives of the residuals by parameter, row by row; without it, differences stand for them
 * @throws RangeError if it does not settle
 */
export const leastSquares = (
  residuals: (parameters: number[]) => number[],
  bounds: readonly Bounded[],
  derivatives?: (parameters: number[]) => readonly ArrayLike<number>[],
): Estimate => {
  const equations = (at: number[], base: readonly number[]): NormalEquations =>
    normalEquations(derivatives ? derivatives(at) : jacobian(residuals, at, base, bounds), base, at.length);
  let values = bounds.map((b) => b.start);
  let current = residuals(values);
  let normal = equations(values, current);
  let damping = 1e-3;
  let iterations = 0;
  for (let isSettled = false; !isSettled; iterations++) {
    if (iterations === MAX_ITERATIONS)
      throw new RangeError(
        `least squares do not settle in ${MAX_ITERATIONS} steps; are measurements or bounds absurd?`,
      );
    const free = freeParameters(values, normal.gradient, bounds);
    if (free.length === 0) break;
    const step = boundedStep(normal, values, bounds, free, damping);
    const next = values.map((value, i) =>
      // The sum of a value and its way to a bound may lie beyond it by rounding.
      Math.min(bounds[i]!.upper, Math.max(bounds[i]!.lower, value + step[i]!)),
    );
    const trial = residuals(next);
    const gain = sumOfSquares(current) - sumOfSquares(trial);
    if (gain > 0) {
      isSettled = gain < TOLERANCE * sumOfSquares(current);
      values = next;
      current = trial;
      normal = equations(values, current);
      damping = Math.max(damping / 10, 1e-12);
    } else {
      damping *= 10;
      isSettled = damping >= MAX_DAMPING;
    }
  }
  const free = new Set(freeParameters(values, normal.gradient, bounds));
  return {
    values,
    covariance: inv(normal.matrix),
    atBound: values.map((_, i) => !free.has(i)),
    sumOfSquares: sumOfSquares(current),
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

/** A step of all parameters. What would leave its bounds goes to them, and the others are solved for anew beside that. */
const boundedStep = (
  normal: NormalEquations,
  values: readonly number[],
  bounds: readonly Bounded[],
  free: readonly number[],
  damping: number,
): number[] => {
  const step = values.map(() => 0);
  for (let rest = free; rest.length > 0; ) {
    for (const [k, move] of solve(normal, step, rest, damping).entries()) step[rest[k]!] = move;
    const clamped = (i: number): number =>
      Math.min(bounds[i]!.upper - values[i]!, Math.max(bounds[i]!.lower - values[i]!, step[i]!));
    const held = rest.filter((i) => clamped(i) !== step[i]!);
    if (held.length === 0) return step;
    for (const i of held) step[i] = clamped(i);
    rest = rest.filter((i) => !held.includes(i));
    for (const i of rest) step[i] = 0;
  }
  return step;
};

/** Moves of `free`, where the others move as `step` says. */
const solve = (
  {matrix, gradient}: NormalEquations,
  step: readonly number[],
  free: readonly number[],
  damping: number,
): number[] => {
  const damped = free.map((i) =>
    free.map((k) => matrix[i]![k]! * (i === k ? 1 + damping : 1) + (i === k ? 1e-300 : 0)),
  );
  const isFree = new Set(free);
  const right = free.map((i) =>
    step.reduce((sum, move, k) => (isFree.has(k) ? sum : sum - matrix[i]![k]! * move), -gradient[i]!),
  );
  return (lusolve(damped, right) as number[][]).map((row) => row[0] as number);
};
