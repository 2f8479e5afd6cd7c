/** The published first vector with the counts in the tree: a model of it without a replay. */
import {modelOf} from '../../src/calibration/calibrate.ts';
import {type CountsFile, countsPath, readCounts} from '../../src/calibration/counts.ts';
import type {FitModel, Targets} from '../../src/calibration/model.ts';
import {readTargets} from '../../src/calibration/run.ts';
import {publishedPath} from '../../src/predict/benchmarks.ts';
import {type Calibration, loadCalibration} from '../../src/predict/calibration.ts';

export const PRIORS: Calibration = loadCalibration({priorsOnly: true});
export const SUTS = Object.keys(PRIORS.hypervisors);
export const TARGETS: Targets = readTargets(publishedPath(), SUTS);
export const COUNTS: CountsFile = readCounts(countsPath())!;
export const MODEL: FitModel = modelOf(TARGETS, PRIORS, COUNTS);

/** By id, as calibrations take them. */
export const named = (values: readonly number[]): Record<string, number> =>
  Object.fromEntries(MODEL.parameters.map(({id}, i) => [id, values[i]!]));
