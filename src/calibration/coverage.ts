/** How many measured cells lie within 95 % intervals, of cells that the fit saw and of cells that it did not. */
import type {FitFile} from '../predict/fit-file.ts';
import type {Fold} from './cross-validation.ts';
import {discrepancies} from './cross-validation.ts';
import type {FitModel} from './model.ts';
import {misfit, type Observation, placementOf} from './observations.ts';

const Z = 1.96;

/** Relative deviation that the parameters give a cell. */
const parameterDeviation = (
  {prediction, index}: Observation,
  values: readonly number[],
  covariance: readonly (readonly number[])[],
): number => {
  const slopes = new Float64Array(values.length);
  prediction.evaluate[index]!(values, slopes, 1);
  let variance = 0;
  for (let i = 0; i < slopes.length; i++)
    for (let k = 0; k < slopes.length; k++) variance += slopes[i]! * slopes[k]! * covariance[i]![k]!;
  return Math.sqrt(Math.max(variance, 0));
};

type Coverage = FitFile['coverage']['inSample'];

/** @param discrepancyOf one relative standard deviation */
const covered = (folds: readonly Fold[], discrepancyOf: (one: Observation) => number): Coverage => {
  let cells = 0;
  let inside = 0;
  for (const {leftOut, values, covariance} of folds)
    for (const one of leftOut) {
      const deviation = Math.hypot(parameterDeviation(one, values, covariance), discrepancyOf(one), one.runNoise);
      cells++;
      if (Math.abs(misfit(one, values)) <= Z * deviation) inside++;
    }
  return {cells, inside};
};

/**
 * Of cells that were left out, the discrepancy too is from elsewhere: in proportion to what the guests lose, as it is on average
 * on the other groups.
 */
export const coverageOf = (model: FitModel, whole: Fold, folds: readonly Fold[]): FitFile['coverage'] => {
  const known = discrepancies(model, folds);
  const key = ({cell}: Observation): string => `${cell.benchmark}/${placementOf(model.calibration, cell.sut)}`;
  const allowed = new Map<string, number>();
  for (const one of whole.leftOut) allowed.set(key(one), one.inadequacy);
  const ratio = (name: string): number => known[name]! / allowed.get(name)!;
  const fromElsewhere = (one: Observation): number => {
    const others = [...allowed.keys()].filter((name) => !name.startsWith(`${one.cell.benchmark}/`));
    if (others.length === 0) return known[key(one)]!;
    const mean = Math.sqrt(others.reduce((sum, name) => sum + ratio(name) ** 2, 0) / others.length);
    return mean * allowed.get(key(one))!;
  };
  return {inSample: covered([whole], (one) => known[key(one)]!), leftOut: covered(folds, fromElsewhere)};
};
