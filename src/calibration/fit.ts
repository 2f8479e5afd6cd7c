/** Bounded weighted least squares on the cells, each parameter held by its prior; from several starts, since bounds make hollows. */
import {type Estimate, leastSquares} from './least-squares.ts';
import {misfit, type Observation} from './observations.ts';
import {type FreeParameter, priorDeviation} from './parameters.ts';

export interface Fit extends Estimate {
  /** Starts that ended at these values. */
  readonly agreeing: number;
  readonly starts: number;
}

export const residualsAt = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  values: readonly number[],
): number[] => [
  ...observations.map((one) => misfit(one, values) / one.noise),
  ...parameters.map((p, i) => (values[i]! - p.prior) / priorDeviation(p)),
];

/** Of the data's residuals. */
export const dataSlopes = (observations: readonly Observation[], values: readonly number[]): number[][] =>
  observations.map(({prediction, index, noise}) => {
    const slopes = new Float64Array(values.length);
    prediction.evaluate[index]!(values, slopes, 1 / noise);
    return [...slopes];
  });

const slopesAt = (
  observations: readonly Observation[],
  parameters: readonly FreeParameter[],
  values: readonly number[],
): number[][] => [
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
