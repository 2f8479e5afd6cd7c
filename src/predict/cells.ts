/** Workloads → cells with prediction intervals. */

import {deviation, mean, quadraticForm, Z} from '../statistics.ts';
import type {Benchmark, PublishedCell} from './benchmarks.ts';
import {type Calibration, discrepancyKey, withValues} from './calibration.ts';
import type {Cell} from './result.ts';
import {bySeeds, figure, type Workload} from './workloads.ts';

/** Step of the finite differences, as a share of a parameter's range. */
const STEP = 0.01;

/** The published group that a fit may have seen. */
export const fitKey = (benchmark: string, sut: string): string => `${benchmark}/${sut}`;

/**
 * A cell for each case of each run. The interval joins, in quadrature, the covariance of the fitted path parameters, the
 * spread over placement seeds and the model's own discrepancy on this benchmark.
 */
export const cellsOf = (
  workloads: readonly Workload[],
  c: Calibration,
  published: readonly PublishedCell[],
  hostCpus: 1 | 2,
): Cell[] => {
  const known = new Map(published.map((p) => [`${p.benchmark}/${p.hostCpus}/${p.case}/${p.sut}`, p.value]));
  const steps = steppedCalibrations(c);
  const fitted = new Set(c.fit?.fittedOn ?? []);
  return bySeeds(workloads).flatMap((seeds) => {
    const {benchmark, run, system} = seeds[0] as Workload;
    const figures = seeds.map((w) => figure(w, c, hostCpus));
    const predicted = mean(figures);
    const deviations = {
      parameters: parameterDeviation(c, steps, (at) => figure(seeds[0] as Workload, at, hostCpus)) / predicted,
      placement: deviation(figures) / predicted,
      discrepancy: discrepancyOf(c, benchmark.id, system.sut),
    };
    const relative = Math.hypot(...Object.values(deviations));
    return run.cases.map(
      (name): Cell => ({
        table: tableOf(benchmark, hostCpus),
        benchmark: benchmark.id,
        hostCpus,
        case: name,
        sut: system.sut,
        unit: benchmark.metric.unit,
        predicted,
        lower: predicted * (1 - Z * relative),
        upper: predicted * (1 + Z * relative),
        deviations,
        published: known.get(`${benchmark.id}/${hostCpus}/${name}/${system.sut}`) ?? null,
        fitted: hostCpus === 1 && fitted.has(fitKey(benchmark.id, system.sut)),
      }),
    );
  });
};

/** @throws RangeError when the fit says nothing about this benchmark: an interval without it would be too narrow. */
export const discrepancyOf = (c: Calibration, benchmark: string, sut: string): number => {
  if (!c.fit) return 0;
  const key = discrepancyKey(benchmark, c.hypervisors[sut]?.placement.policy ?? '');
  const known = c.fit.discrepancy[key];
  if (known === undefined) throw new RangeError(`the fit has no discrepancy for '${key}': run \`trapwalk calibrate\``);
  return known;
};

const tableOf = (benchmark: Benchmark, hostCpus: 1 | 2): string => benchmark.tables[`${hostCpus}`];

export interface Step {
  readonly calibration: Calibration;
  readonly size: number;
}

/** The calibration with each fitted path parameter moved by a step, in the order of the covariance. */
export const steppedCalibrations = (c: Calibration): Step[] =>
  (c.fit?.covarianceOf ?? []).map((id) => {
    const {lower, upper, value} = c.fit!.parameters.find((p) => p.id === id)!;
    const size = (upper - lower) * STEP;
    return {size, calibration: withValues(c, {...c.values, [id]: (c.values[id] ?? value) + size})};
  });

/** √(gᵀ C g) with g the gradient of the figure in the fitted parameters. */
export const parameterDeviation = (
  c: Calibration,
  steps: readonly Step[],
  figureAt: (c: Calibration) => number,
): number => {
  const {fit} = c;
  if (!fit) return 0;
  const unmoved = figureAt(c);
  const gradient = steps.map(({calibration, size}) => (figureAt(calibration) - unmoved) / size);
  return Math.sqrt(Math.max(quadraticForm(fit.covariance, gradient), 0));
};
