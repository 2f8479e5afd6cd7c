/** How many measured cells lie within 95 % intervals as `reproduce` prints them (parameters, spread, discrepancy), of cells that the fit saw and of cells that it did not. */
import type {FitFile} from '../predict/fit-file.ts';
import {quadraticForm, rootMeanSquare, Z} from '../statistics.ts';
import type {Fold} from './cross-validation.ts';
import {discrepancies} from './cross-validation.ts';
import type {FitModel} from './model.ts';
import {logarithmSlopes, misfit, type Observation, placementOf} from './observations.ts';

/** Relative deviation that the parameters give a cell. */
const parameterDeviation = (one: Observation, {values, covariance}: Fold): number =>
  Math.sqrt(Math.max(quadraticForm(covariance, logarithmSlopes(one, values)), 0));

type Coverage = FitFile['coverage']['inSample'];

/** @param discrepancyOf one relative standard deviation */
const covered = (folds: readonly Fold[], discrepancyOf: (one: Observation) => number): Coverage => {
  let cells = 0;
  let inside = 0;
  for (const fold of folds)
    for (const one of fold.leftOut) {
      const {values} = fold;
      const deviation = Math.hypot(parameterDeviation(one, fold), one.prediction.spread(values), discrepancyOf(one));
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
    const others = [...allowed].flatMap(([name, loss]) =>
      loss > 0 && !name.startsWith(`${one.cell.benchmark}/`) ? [name] : [],
    );
    if (others.length === 0) return known[key(one)]!;
    return rootMeanSquare(others.map(ratio)) * allowed.get(key(one))!;
  };
  return {inSample: covered([whole], (one) => known[key(one)]!), leftOut: covered(folds, fromElsewhere)};
};
