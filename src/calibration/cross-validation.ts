/** Errors on cells that a fit did not see, beside baselines that know no mechanism. */

import type {PublishedCell} from '../predict/benchmarks.ts';
import {errorRows} from '../predict/errors.ts';
import type {FitFile} from '../predict/fit-file.ts';
import type {Cell} from '../predict/result.ts';
import {fitTo} from './fit.ts';
import type {FitModel} from './model.ts';
import {cellAt, unitsPerCase} from './model.ts';
import {HOST, type Observation, observationsOf, placementOf} from './observations.ts';
import {pairOrders} from './orders.ts';

export interface Fold {
  readonly leftOut: readonly Observation[];
  readonly values: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

export interface CrossValidation {
  readonly id: string;
  readonly title: string;
  readonly folds: readonly Fold[];
}

/**
 * Host cells stay: they say what the core and the binary are, and every baseline has them. Deviations are worked out anew, since
 * what guests lose is part of them.
 */
const foldWithout = (model: FitModel, isLeftOut: (cell: PublishedCell) => boolean): Fold => {
  const {cells, calibration, parameters, scheduled, observations} = model;
  const left = (cell: PublishedCell): boolean => cell.sut !== HOST && isLeftOut(cell);
  const kept = observationsOf(
    distinct(observations.map(({prediction}) => prediction)),
    cells.filter((cell) => !left(cell)),
    calibration,
    unitsPerCase(scheduled),
  );
  const {values, covariance} = fitTo(kept, parameters, 1);
  return {leftOut: observations.filter(({cell}) => left(cell)), values, covariance};
};

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Systems of the same paths are one hypervisor. */
const hypervisorOf = ({calibration}: FitModel, sut: string): string => {
  const {builds, build} = calibration.hypervisors[sut]!;
  return builds[build]?.id ?? sut;
};

/** The benchmarks that the third validation fits on. */
const COMPUTE_AND_CACHE = ['dhrystone', 'cachebench-memcpy', 'cachebench-rmw'];

export const leaveOutBenchmarks = (model: FitModel): CrossValidation => ({
  id: 'benchmark',
  title: 'one benchmark left out',
  folds: distinct(model.observations.map(({cell}) => cell.benchmark)).map((benchmark) =>
    foldWithout(model, (cell) => cell.benchmark === benchmark),
  ),
});

export const leaveOutHypervisors = (model: FitModel): CrossValidation => ({
  id: 'hypervisor',
  title: 'one hypervisor left out',
  folds: distinct(model.observations.flatMap(({cell: {sut}}) => (sut === HOST ? [] : [hypervisorOf(model, sut)]))).map(
    (hypervisor) => foldWithout(model, ({sut}) => hypervisorOf(model, sut) === hypervisor),
  ),
});

export const computeAndCacheAlone = (model: FitModel): CrossValidation => ({
  id: 'dhrystone-and-cachebench',
  title: 'Dhrystone and Cachebench alone',
  folds: [foldWithout(model, ({benchmark}) => !COMPUTE_AND_CACHE.includes(benchmark))],
});

export const cellsOfFolds = (folds: readonly Fold[]): (Cell & {published: number})[] =>
  folds.flatMap(({leftOut, values}) => leftOut.map((one) => cellAt(one, values, false)));

/**
 * Rows as of any prediction; baseline (b) needs the other benchmarks' published cells, so those that were not left out are there
 * as published and have no rows.
 */
const rowsOf = (model: FitModel, cells: readonly Cell[]): FitFile['validations'][number]['errors'] => {
  const place = (c: {benchmark: string; hostCpus: number; case: string; sut: string}): string =>
    `${c.benchmark}/${c.case}/${c.sut}`;
  const known = new Set(cells.map(place));
  const rest = model.observations
    .map(({cell}) => ({
      ...cell,
      unit: cell.unit as Cell['unit'],
      predicted: cell.value,
      lower: cell.value,
      upper: cell.value,
      deviations: null,
      published: cell.value,
      fitted: false,
    }))
    .filter((cell) => !known.has(place(cell)));
  const benchmarks = new Set(cells.map(({benchmark}) => benchmark));
  const suts = new Set(cells.map(({sut}) => sut));
  const everybody = Object.keys(model.calibration.hypervisors).filter((sut) => sut !== HOST);
  return errorRows([...cells, ...rest], Object.keys(model.calibration.hypervisors)).filter(
    ({benchmark, sut}) =>
      benchmarks.has(benchmark) && (suts.has(sut) || (sut === 'guests' && everybody.every((one) => suts.has(one)))),
  );
};

export const validationRow = (model: FitModel, {id, title, folds}: CrossValidation): FitFile['validations'][number] => {
  const cells = cellsOfFolds(folds);
  const hosts = folds.flatMap(({leftOut, values}) => {
    const cases = new Set(leftOut.map(({cell}) => `${cell.benchmark}/${cell.case}`));
    return model.observations
      .filter(({cell}) => cell.sut === HOST && cases.has(`${cell.benchmark}/${cell.case}`))
      .map((one) => cellAt(one, values, true));
  });
  const once = [...new Map(hosts.map((cell) => [`${cell.benchmark}/${cell.case}`, cell])).values()];
  return {id, title, errors: rowsOf(model, cells), orders: pairOrders(model, [...once, ...cells])};
};

/** Root mean square of relative errors on cells that were left out, by benchmark and placement. */
export const discrepancies = (model: FitModel, folds: readonly Fold[]): Record<string, number> => {
  const groups = new Map<string, number[]>();
  for (const cell of cellsOfFolds(folds)) {
    const key = `${cell.benchmark}/${placementOf(model.calibration, cell.sut)}`;
    groups.set(key, [...(groups.get(key) ?? []), cell.predicted / cell.published - 1]);
  }
  return Object.fromEntries(
    [...groups].map(([key, errors]) => [key, Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length)]),
  );
};
