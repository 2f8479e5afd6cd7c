/** What the data say about the parameters, and what only the priors say. */
import {create, eigsDependencies} from 'mathjs';
import {priorDeviation} from '../parameters/parameter.ts';
import type {FitFile} from '../predict/fit-file.ts';
import {dataSlopes} from './fit.ts';
import {misfit, type Observation} from './observations.ts';
import type {FreeParameter} from './parameters.ts';

const {eigs} = create({eigsDependencies: eigsDependencies!});

/** Of a combination that is listed. */
const WORTH_NAMING = 0.2;

/** Of an eigenvalue beside the largest. */
const ROUNDING = 1e-13;

export const correlationsOf = (covariance: readonly (readonly number[])[]): number[][] =>
  covariance.map((row, i) =>
    row.map((v, k) => {
      const scale = Math.sqrt(covariance[i]![i]! * covariance[k]![k]!);
      return scale === 0 ? Number(i === k) : v / scale;
    }),
  );

/** JᵀJ of the data alone, each parameter in units of its prior's deviation. */
const information = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  values: readonly number[],
): number[][] => {
  const deviations = parameters.map(priorDeviation);
  const rows = dataSlopes(observations, values).map((row) => row.map((v, i) => v * deviations[i]!));
  return parameters.map((_, i) => parameters.map((__, k) => rows.reduce((sum, row) => sum + row[i]! * row[k]!, 0)));
};

/**
 * Singular values of the Jacobian and their directions. One of 1 says as much as the priors; along a direction below that the
 * estimate is the prior's.
 */
export const combinationsOf = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  values: readonly number[],
): FitFile['combinations'] => {
  const {eigenvectors} = eigs(information(observations, parameters, values)) as unknown as {
    readonly eigenvectors: readonly {readonly value: number; readonly vector: readonly number[]}[];
  };
  const most = Math.max(...eigenvectors.map(({value}) => value));
  return eigenvectors
    .map(({value, vector}) => {
      const largest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      const singularValue = value < most * ROUNDING ? 0 : Math.sqrt(value);
      return {
        singularValue,
        isIdentified: singularValue >= 1,
        // The sign is nobody's: the largest part is positive.
        of: vector
          .map((v, i) => ({id: parameters[i]!.id, weight: v * Math.sign(largest)}))
          .filter(({weight}) => Math.abs(weight) >= WORTH_NAMING)
          .toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight)),
      };
    })
    .toSorted((a, b) => b.singularValue - a.singularValue);
};

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Each cell's error, its weight, and what the estimate owes to it (to first order). */
export const residualRows = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  values: readonly number[],
  covariance: readonly (readonly number[])[],
): FitFile['residuals'] => {
  const slopes = dataSlopes(observations, values);
  return observations.map((one, n) => {
    const error = misfit(one, values);
    const row = slopes[n]!;
    const pull = covariance.map((of) => dot(of, row));
    const leverage = dot(row, pull);
    const standardized = error / one.noise;
    // Without the cell: θ moves by C·g·r / (1 − h).
    const moves = pull.map((p, i) => (p * standardized) / (1 - leverage) / Math.sqrt(covariance[i]![i]!));
    const most = moves.reduce((best, move, i) => (Math.abs(move) > Math.abs(moves[best]!) ? i : best), 0);
    const {benchmark, sut, case: name, value} = one.cell;
    return {
      benchmark,
      case: name,
      sut,
      measured: value,
      predicted: value * Math.exp(error),
      errorPercent: (Math.exp(error) - 1) * 100,
      noisePercent: one.noise * 100,
      runNoisePercent: one.runNoise * 100,
      leverage,
      cooksDistance: (standardized ** 2 * leverage) / (1 - leverage) ** 2 / parameters.length,
      movesMost: parameters[most]!.id,
      byStandardErrors: moves[most]!,
    };
  });
};
