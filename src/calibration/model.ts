/** What a fit is about: files, counts and measured cells, joined. */
import type {Benchmark, PublishedCell} from '../predict/benchmarks.ts';
import type {Calibration} from '../predict/calibration.ts';
import type {FigureUnit} from '../predict/figure-units.ts';
import type {Cell} from '../predict/result.ts';
import type {ScheduledBenchmark} from '../predict/scheduled-benchmarks.ts';
import type {CountSet, MovedCounts} from './counts.ts';
import {predictionsOf} from './linear-model.ts';
import {misfit, type Observation, observationsOf} from './observations.ts';
import type {FreeParameter} from './parameters.ts';

/** What is measured, and by which benchmarks it is predicted. */
export interface Targets {
  readonly cells: readonly PublishedCell[];
  readonly benchmarks: readonly Benchmark[];
  readonly scheduled: readonly ScheduledBenchmark[];
}

export interface FitModel extends Targets {
  /** Without a fit, under the counts' choices. */
  readonly calibration: Calibration;
  readonly parameters: readonly FreeParameter[];
  readonly observations: readonly Observation[];
}

export const unitsPerCase =
  (scheduled: readonly ScheduledBenchmark[]) =>
  (benchmark: string, name: string): number =>
    scheduled.find(({id}) => id === benchmark)?.unitsPerCase[name] ?? 1;

export const fitModel = (
  targets: Targets,
  calibration: Calibration,
  parameters: readonly FreeParameter[],
  counts: CountSet,
  moved: readonly MovedCounts[],
  movedFrom?: CountSet['runs'],
): FitModel => {
  const predictions = predictionsOf({...targets, calibration, counts, moved, movedFrom, parameters});
  const observations = observationsOf(predictions, targets.cells, calibration, unitsPerCase(targets.scheduled));
  return {...targets, calibration, parameters, observations};
};

/** A predicted cell without an interval. */
export const cellAt = (one: Observation, values: ArrayLike<number>, fitted: boolean): Cell & {published: number} => {
  const {table, benchmark, hostCpus, case: name, sut, unit, value} = one.cell;
  const predicted = value * Math.exp(misfit(one, values));
  return {
    ...{table, benchmark, hostCpus, case: name, sut, unit: unit as FigureUnit, predicted},
    ...{lower: predicted, upper: predicted, deviations: null, published: value, fitted},
  };
};
