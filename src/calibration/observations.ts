/** Measured cells as what a fit is held to: the logarithm of each figure, and what deviation it is allowed. */
import type {PublishedCell} from '../predict/benchmarks.ts';
import type {Calibration} from '../predict/calibration.ts';
import type {FigureUnit} from '../predict/figure-units.ts';
import {lowerIsBetter} from '../predict/figure-units.ts';
import {deviation, mean} from '../statistics.ts';
import type {Prediction} from './linear-model.ts';

export interface Observation {
  readonly cell: PublishedCell;
  readonly prediction: Prediction;
  /** Which of the prediction's cases. */
  readonly index: number;
  /** Of the logarithm; one standard deviation, so that cells that share a prediction count as one. */
  readonly noise: number;
  /** Of the logarithm, what the model is not held to, all cells of a system together. */
  readonly inadequacy: number;
  /** Relative deviation of repeated runs alone. */
  readonly runNoise: number;
}

/** No model of this kind is better than a tenth of what it is about. */
const MODEL_INADEQUACY = 0.1;

export const HOST = 'host';

/** Frames scattered in host memory err for reasons of their own: systems with them form a group apart. */
export const placementOf = (c: Calibration, sut: string): string => c.hypervisors[sut]!.placement.policy;

const cellsOf = (cells: readonly PublishedCell[], benchmark: string, sut: string): PublishedCell[] =>
  cells.filter((cell) => cell.benchmark === benchmark && cell.sut === sut && cell.hostCpus === 1);

/**
 * Relative deviation of a system's figures a unit of work on one benchmark: of repetitions where cases are such; where each case
 * is another size, what sizes change is in it too.
 */
export const runDeviation = (
  cells: readonly PublishedCell[],
  benchmark: string,
  sut: string,
  unitsOf: (name: string) => number = () => 1,
): number => {
  const own = cellsOf(cells, benchmark, sut);
  const values = own.map(({value, case: name}) => value / unitsOf(name));
  return values.length < 2 ? 0 : deviation(values) / mean(values);
};

/** Mean over guests of a group: how much of the host's figure they lose, as a logarithm. */
const meanLoss = (cells: readonly PublishedCell[], benchmark: string, suts: readonly string[]): number => {
  const host = new Map(cellsOf(cells, benchmark, HOST).map(({case: name, value}) => [name, value]));
  const losses = suts.flatMap((sut) =>
    cellsOf(cells, benchmark, sut).flatMap(({case: name, value, unit}) => {
      const native = host.get(name);
      if (native === undefined) return [];
      return [Math.log(native / value) * (lowerIsBetter(unit as FigureUnit) ? -1 : 1)];
    }),
  );
  return losses.length === 0 ? 0 : Math.abs(mean(losses));
};

/** Each cell that something predicts. */
export const observationsOf = (
  predictions: readonly Prediction[],
  cells: readonly PublishedCell[],
  c: Calibration,
  unitsOf: (benchmark: string, name: string) => number,
): Observation[] =>
  predictions.flatMap((prediction) => {
    const {benchmark, sut} = prediction;
    const own = cellsOf(cells, benchmark, sut);
    const runNoise = runDeviation(cells, benchmark, sut, (name) => unitsOf(benchmark, name));
    const peers = Object.keys(c.hypervisors).filter(
      (one) => one !== HOST && placementOf(c, one) === placementOf(c, sut),
    );
    // All cells of a system err together in what the model lacks, so that more cells do not make it smaller.
    const inadequacy = sut === HOST ? 0 : MODEL_INADEQUACY * meanLoss(cells, benchmark, peers);
    const noise = Math.max(Math.hypot(runNoise, inadequacy * Math.sqrt(own.length)), FLOOR);
    return prediction.cases.flatMap((name, index) =>
      own.filter((cell) => cell.case === name).map((cell) => ({cell, prediction, index, runNoise, inadequacy, noise})),
    );
  });

/** Figures are printed with four digits or more. */
const FLOOR = 1e-4;

export const predictedLogarithm = ({prediction, index}: Observation, values: ArrayLike<number>): number =>
  prediction.evaluate[index]!(values, undefined, 0);

/** Slopes of {@link predictedLogarithm} by parameter, times `weight`. */
export const logarithmSlopes = (
  {prediction, index}: Pick<Observation, 'prediction' | 'index'>,
  values: ArrayLike<number>,
  weight = 1,
): Float64Array => {
  const slopes = new Float64Array(values.length);
  prediction.evaluate[index]!(values, slopes, weight);
  return slopes;
};

/** ln(predicted / measured). */
export const misfit = (one: Observation, values: ArrayLike<number>): number =>
  predictedLogarithm(one, values) - Math.log(one.cell.value);
