/** Bounded weighted least squares on the cells, each parameter held by its prior; from several starts, since bounds make hollows. */

import {priorDeviation} from '../parameters/parameter.ts';
import {type Estimate, leastSquares} from './least-squares.ts';
import {logarithmSlopes, type Observation, predictedLogarithm} from './observations.ts';
import type {FreeParameter} from './parameters.ts';

export interface Fit extends Estimate {
  /** Starts that ended at these values. */
  readonly agreeing: number;
  readonly starts: number;
}

/** Of each observation; repetitions share one evaluation. */
const evaluated = <T>(observations: readonly Observation[], evaluate: (one: Observation) => T): T[] => {
  const known = new Map<unknown, T>();
  return observations.map((one) => {
    const figure = one.prediction.evaluate[one.index];
    const before = known.get(figure);
    if (before !== undefined) return before;
    const now = evaluate(one);
    known.set(figure, now);
    return now;
  });
};

export const residualsAt = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  values: readonly number[],
): number[] => {
  const predicted = evaluated(observations, (one) => predictedLogarithm(one, values));
  return [
    ...observations.map((one, i) => (predicted[i]! - Math.log(one.cell.value)) / one.noise),
    ...parameters.map((p, i) => (values[i]! - p.prior) / priorDeviation(p)),
  ];
};

/** Of the data's residuals, by parameter. All repetitions have one noise, and so one row. */
export const dataSlopes = (observations: readonly Observation[], values: readonly number[]): Float64Array[] =>
  evaluated(observations, (one) => logarithmSlopes(one, values, 1 / one.noise));

const slopesAt = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  values: readonly number[],
): ArrayLike<number>[] => [
  ...dataSlopes(observations, values),
  ...parameters.map((p, i) => parameters.map((_, k) => (k === i ? 1 / priorDeviation(p) : 0))),
];

/** Points of [0, 1) that cover it evenly, the same at every call (additive recurrence with irrational steps). */
const spread = (start: number, dimension: number): number => {
  const step = Math.sqrt(PRIMES[dimension % PRIMES.length]!) * (1 + Math.floor(dimension / PRIMES.length));
  return (start * step) % 1;
};
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/** Relative to a parameter's range. */
const SAME = 1e-3;

export const fitTo = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  starts: number,
): Fit => {
  const found = Array.from({length: starts}, (_, start) =>
    leastSquares(
      (values) => residualsAt(observations, parameters, values),
      parameters.map(({prior, lower, upper}, i) => ({
        start: start === 0 ? prior : lower + spread(start, i) * (upper - lower),
        lower,
        upper,
      })),
      (values) => slopesAt(observations, parameters, values),
    ),
  );
  const best = found.reduce((a, b) => (b.sumOfSquares < a.sumOfSquares ? b : a));
  const agrees = ({values}: Estimate): boolean =>
    parameters.every(({lower, upper}, i) => Math.abs(values[i]! - best.values[i]!) <= SAME * (upper - lower));
  return {...best, agreeing: found.filter(agrees).length, starts};
};
