import {describe, expect, test} from 'vitest';
import {modelOf} from '../../src/calibration/calibrate.ts';
import {coverageOf} from '../../src/calibration/coverage.ts';
import {
  cellsOfFolds,
  computeAndCacheAlone,
  discrepancies,
  type Fold,
  leaveOutBenchmarks,
  leaveOutHypervisors,
  validationRow,
} from '../../src/calibration/cross-validation.ts';
import type {FitModel} from '../../src/calibration/model.ts';
import {pairOrders} from '../../src/calibration/orders.ts';
import type {PublishedCell} from '../../src/predict/benchmarks.ts';
import {errorRows} from '../../src/predict/errors.ts';
import type {FigureUnit} from '../../src/predict/figure-units.ts';
import type {Cell} from '../../src/predict/result.ts';
import {cell, observed} from './small-model.ts';
import {COUNTS, MODEL, PRIORS, SUTS, TARGETS} from './stored.ts';

type Scored = Cell & {published: number};
const keyOf = ({benchmark, case: name, sut}: PublishedCell | Cell): string => `${benchmark}/${name}/${sut}`;
const GUESTS = MODEL.observations.filter(({cell: {sut}}) => sut !== 'host').map((one) => keyOf(one.cell));

/** The published cells with some of them half as large again: another model. */
const changed = (isChanged: (cell: PublishedCell) => boolean): FitModel => {
  const cells = TARGETS.cells.map((one) => (isChanged(one) ? {...one, value: one.value * 1.5} : one));
  return modelOf({...TARGETS, cells}, PRIORS, COUNTS);
};

const BY_BENCHMARK = leaveOutBenchmarks(MODEL);
const BY_HYPERVISOR = leaveOutHypervisors(MODEL);

describe('folds', () => {
  test.each([
    ['benchmark', BY_BENCHMARK],
    ['hypervisor', BY_HYPERVISOR],
  ])('by %s leave each guest cell out once, and no host cell', (_, {folds}) => {
    expect(folds.flatMap(({leftOut}) => leftOut.map((one) => keyOf(one.cell))).toSorted()).toEqual(GUESTS.toSorted());
  });

  test('by hypervisor take the systems of one build together', () => {
    const suts = BY_HYPERVISOR.folds.map(({leftOut}) => [...new Set(leftOut.map((one) => one.cell.sut))]);
    expect(suts.map((group) => group.toSorted().join(' ')).toSorted()).toEqual(['kvm kvm-hugetlb', 'xen', 'xvisor']);
  });

  test('by benchmark owe nothing to what they left out', () => {
    for (const [n, {leftOut, values}] of BY_BENCHMARK.folds.entries()) {
      const {benchmark} = leftOut[0]!.cell;
      const other = changed((one) => one.benchmark === benchmark && one.sut !== 'host');
      expect([benchmark, leaveOutBenchmarks(other).folds[n]!.values]).toEqual([benchmark, values]);
    }
  });

  test('by hypervisor owe nothing to it, nor do the deviations of the others', () => {
    for (const [n, {leftOut, values}] of BY_HYPERVISOR.folds.entries()) {
      const suts = leftOut.map((one) => one.cell.sut);
      const other = changed(({sut}) => suts.includes(sut));
      expect([suts[0], leaveOutHypervisors(other).folds[n]!.values]).toEqual([suts[0], values]);
    }
  });

  test('of compute and cache alone leave STREAM and hackbench out', () => {
    const [fold] = computeAndCacheAlone(MODEL).folds;
    expect(new Set(fold!.leftOut.map((one) => one.cell.benchmark))).toEqual(new Set(['stream-scale', 'hackbench']));
    const other = changed(({benchmark, sut}) => sut !== 'host' && ['stream-scale', 'hackbench'].includes(benchmark));
    expect(computeAndCacheAlone(other).folds[0]!.values).toEqual(fold!.values);
  });
});

describe('a validation', () => {
  /** All published cells as predictions of themselves: baselines know nothing else. */
  const published = TARGETS.cells.map(
    (one): Cell => ({
      ...{...one, unit: one.unit as FigureUnit, predicted: one.value, lower: one.value, upper: one.value},
      ...{deviations: null, published: one.value, fitted: false},
    }),
  );
  const wanted = errorRows(published, SUTS).filter(({sut}) => sut !== 'host');
  /** To ten digits: sums are in another order. */
  const baselines = (rows: typeof wanted) =>
    rows.map(({benchmark, sut, cells, noOverhead, sameOverheadAsOthers}) => ({
      ...{benchmark, sut, cells, noOverhead: noOverhead.toPrecision(10)},
      sameOverheadAsOthers: sameOverheadAsOthers?.toPrecision(10),
    }));

  test.each([BY_BENCHMARK, BY_HYPERVISOR])('by $id has the baselines of any prediction', (validation) => {
    expect(baselines(validationRow(MODEL, validation).errors)).toEqual(baselines(wanted));
  });

  test('of a part has only its rows, with the baselines of the whole', () => {
    const rows = validationRow(MODEL, computeAndCacheAlone(MODEL)).errors;
    const part = wanted.filter(({benchmark}) => ['stream-scale', 'hackbench'].includes(benchmark));
    expect(baselines(rows)).toEqual(baselines(part));
  });

  test('has the errors of the cells that its folds predict', () => {
    const cells = cellsOfFolds(BY_BENCHMARK.folds);
    for (const {benchmark, sut, meanAbsolutePercentageError} of validationRow(MODEL, BY_BENCHMARK).errors) {
      const own = cells.filter((one) => one.benchmark === benchmark && (sut === 'guests' || one.sut === sut));
      const errors = own.map(({predicted, published: p}) => Math.abs(predicted / p - 1) * 100);
      expect(meanAbsolutePercentageError).toBeCloseTo(errors.reduce((a, b) => a + b, 0) / errors.length, 9);
    }
  });
});

describe('orders', () => {
  const model = (cells: readonly PublishedCell[]): FitModel => ({...MODEL, cells, scheduled: []});
  const predicted = (one: PublishedCell, value: number): Scored => ({
    ...{...one, unit: one.unit as FigureUnit, predicted: value, lower: value, upper: value},
    ...{deviations: null, published: one.value, fitted: false},
  });
  const host = cell('p', 'host', 100);
  const xvisor = cell('p', 'xvisor', 90);
  const xen = cell('p', 'xen', 80);
  const all = model([host, xvisor, xen]);

  test('three systems on a case are three pairs, of which one swap turns one round', () => {
    expect(pairOrders(all, [predicted(host, 3), predicted(xvisor, 2), predicted(xen, 1)])).toEqual({
      pairs: 3,
      inOrder: 3,
    });
    expect(pairOrders(all, [predicted(host, 3), predicted(xvisor, 1), predicted(xen, 2)])).toEqual({
      pairs: 3,
      inOrder: 2,
    });
    expect(pairOrders(all, [predicted(host, 1), predicted(xvisor, 2), predicted(xen, 3)])).toEqual({
      pairs: 3,
      inOrder: 0,
    });
  });

  test('a tie of predictions is in no order, one of measurements is no pair', () => {
    expect(pairOrders(all, [predicted(xvisor, 1), predicted(xen, 1)])).toEqual({pairs: 1, inOrder: 0});
    const equal = cell('p', 'kvm', 90);
    expect(pairOrders(model([xvisor, equal]), [predicted(xvisor, 1), predicted(equal, 2)])).toEqual({
      pairs: 0,
      inOrder: 0,
    });
  });

  test('no pair is of two cases', () => {
    const other = cell('p', 'xen', 80, 'run-2');
    expect(pairOrders(model([xvisor, other]), [predicted(xvisor, 2), predicted(other, 1)])).toEqual({
      pairs: 0,
      inOrder: 0,
    });
  });

  test('runs that spread by 1 % of 100 tell 97 from 100 just not apart, and 96 do', () => {
    // 99 and 101: a deviation of √2, so that three of them are 4.24.
    const runs = [cell('p', 'host', 99, 'run-1'), cell('p', 'host', 101, 'run-2')];
    const near = cell('p', 'xen', 95, 'run-1');
    const far = cell('p', 'xvisor', 94, 'run-1');
    const cells = [predicted(runs[0]!, 3), predicted(near, 2), predicted(far, 1)];
    // 99 and 95 are 4 apart, 99 and 94 are 5; 95 and 94 have no deviation of their own.
    expect(pairOrders(model([...runs, near, far]), cells)).toEqual({pairs: 2, inOrder: 2});
  });
});

describe('coverage of a small example', () => {
  const NONE = [[0]];
  const p = observed([1], 0.1, 1, {benchmark: 'p'});
  const q = observed([1], 0.02, 1, {benchmark: 'q'});
  const fold = (leftOut: Fold['leftOut'], covariance: Fold['covariance'] = NONE): Fold => ({
    leftOut,
    values: [0],
    covariance,
  });

  test('discrepancies are root mean squares of relative errors: 1 − e^−0.1 and 1 − e^−0.02', () => {
    expect(discrepancies(MODEL, [fold([p]), fold([q])])).toEqual({
      'p/contiguous': expect.closeTo(1 - Math.exp(-0.1), 12),
      'q/contiguous': expect.closeTo(1 - Math.exp(-0.02), 12),
    });
  });

  test('in sample both cells lie within 1.96 of their own; left out, p errs by more than q allows', () => {
    expect(coverageOf(MODEL, fold([p, q]), [fold([p]), fold([q])])).toEqual({
      inSample: {cells: 2, inside: 2},
      leftOut: {cells: 2, inside: 1},
    });
  });

  test('what a benchmark loses more, it may err more: ten times the loss, ten times the discrepancy', () => {
    const more = {...p, inadequacy: 0.1};
    expect(coverageOf(MODEL, fold([more, q]), [fold([more]), fold([q])]).leftOut).toEqual({cells: 2, inside: 1});
    const enough = {...p, inadequacy: 0.05};
    // 0.0198 · 5 · 1.96 = 0.19 > 0.1; 0.095 / 5 · 1.96 = 0.037 > 0.02
    expect(coverageOf(MODEL, fold([enough, q]), [fold([enough]), fold([q])]).leftOut).toEqual({cells: 2, inside: 2});
  });

  test('parameters and placement widen the interval in quadrature', () => {
    // √(0.05² + 0.0198²) · 1.96 = 0.105 > 0.1
    const wide = [[0.05 ** 2]];
    expect(coverageOf(MODEL, fold([p, q]), [fold([p], wide), fold([q])]).leftOut.inside).toBe(2);
    const noisy = {...p, prediction: {...p.prediction, spread: () => 0.05}};
    expect(coverageOf(MODEL, fold([noisy, q]), [fold([noisy]), fold([q])]).leftOut.inside).toBe(2);
    const narrow = [[0.04 ** 2]];
    expect(coverageOf(MODEL, fold([p, q]), [fold([p], narrow), fold([q])]).leftOut.inside).toBe(1);
  });
});
