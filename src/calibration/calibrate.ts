/**
 * The calibration: every free parameter at once, by bounded least squares from counts, each held by its prior
 * (docs/model.md, section 6). Counts are replayed where what decides them has changed, and kept.
 */

import {priorDeviation} from '../parameters/parameter.ts';
import type {Calibration} from '../predict/calibration.ts';
import {fitKey} from '../predict/cells.ts';
import type {FitFile} from '../predict/fit-file.ts';
import {sumOfSquares, Z} from '../statistics.ts';
import type {CountsFile} from './counts.ts';
import {coverageOf} from './coverage.ts';
import {
  computeAndCacheAlone,
  discrepancies,
  type Fold,
  leaveOutBenchmarks,
  leaveOutHypervisors,
  validationRow,
} from './cross-validation.ts';
import {type Fit, fitTo} from './fit.ts';
import {combinationsOf, correlationsOf, residualRows} from './identification.ts';
import {predictionsOf} from './linear-model.ts';
import {measurementsWorth} from './measurements.ts';
import {type FitModel, fitModel, type Targets} from './model.ts';
import {HOST} from './observations.ts';
import {type FreeParameter, freeParameters} from './parameters.ts';

const STARTS = 8;

export interface Provenance {
  readonly command: string;
  readonly targets: FitFile['targets'];
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

const clamp = (value: number, {lower, upper}: FreeParameter): number => Math.min(upper, Math.max(lower, value));

const parameterRow = (
  p: FreeParameter,
  i: number,
  {values, covariance, atBound}: Fit,
): FitFile['parameters'][number] => {
  const value = values[i]!;
  const standardError = Math.sqrt(covariance[i]![i]!);
  return {
    id: p.id,
    value,
    unit: p.unit,
    lower: p.lower,
    upper: p.upper,
    prior: p.prior,
    standardError,
    interval: [clamp(value - Z * standardError, p), clamp(value + Z * standardError, p)],
    shareOfPrior: standardError / priorDeviation(p),
    atBound: atBound[i]!,
    fittedOn: 'all cells of the targets',
  };
};

/** The default set of counts as a model of the targets. */
export const modelOf = (targets: Targets, priors: Calibration, {base, moved}: CountsFile): FitModel =>
  fitModel(targets, priors, freeParameters(priors, targets.benchmarks, targets.scheduled), base, moved);

/** From counts to everything that the fit says; no replay. */
export const fitFileOf = (model: FitModel, counts: CountsFile, {command, targets}: Provenance): FitFile => {
  const {observations, parameters} = model;
  const best = fitTo(observations, parameters, STARTS);
  const {values, covariance} = best;
  const residuals = residualRows(observations, parameters, values, covariance);
  const whole: Fold = {leftOut: observations.filter(({cell}) => cell.sut !== HOST), values, covariance};
  const benchmarks = leaveOutBenchmarks(model);
  const second = predictionsOf({...model, counts: counts.base, moved: counts.moved, hostCpus: 2}).filter(
    ({sut, benchmark}) => sut !== HOST && model.benchmarks.some(({id}) => id === benchmark),
  );
  return {
    schemaVersion: 2,
    command,
    machine: counts.machine,
    core: model.calibration.machineFile.core.model,
    targets,
    counts: {fingerprint: counts.fingerprint, at: counts.base.at},
    fittedOn: distinct(observations.map(({cell}) => fitKey(cell.benchmark, cell.sut))),
    parameters: parameters.map((p, i) => parameterRow(p, i, best)),
    cells: observations.length,
    groups: distinct(observations.map(({cell}) => fitKey(cell.benchmark, cell.sut))).length,
    starts: {tried: best.starts, agreeing: best.agreeing},
    sumOfSquares: {
      data: sumOfSquares(
        residuals.map(({errorPercent, noisePercent}) => Math.log1p(errorPercent / 100) / (noisePercent / 100)),
      ),
      priors: sumOfSquares(parameters.map((p, i) => (values[i]! - p.prior) / priorDeviation(p))),
    },
    covarianceOf: parameters.map(({id}) => id),
    covariance,
    correlation: correlationsOf(covariance),
    combinations: combinationsOf(observations, parameters, values),
    residuals,
    inSample: validationRow(model, {id: 'in-sample', title: 'all cells', folds: [whole]}),
    validations: [benchmarks, leaveOutHypervisors(model), computeAndCacheAlone(model)].map((one) =>
      validationRow(model, one),
    ),
    coverage: coverageOf(model, whole, benchmarks.folds),
    discrepancy: discrepancies(model, benchmarks.folds),
    measurements: measurementsWorth(model, values, covariance, second),
  };
};
