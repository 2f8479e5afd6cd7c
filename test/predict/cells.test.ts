import {describe, expect, test} from 'vitest';
import {METRIC, newCounts} from '../../src/costmodel/metrics.ts';
import {readBenchmarks} from '../../src/predict/benchmarks.ts';
import {type Calibration, loadCalibration} from '../../src/predict/calibration.ts';
import {cellsOf} from '../../src/predict/cells.ts';
import {bySeeds, systemsFor, type Workload} from '../../src/predict/workloads.ts';
import {deviation, mean} from '../../src/statistics.ts';

const C = loadCalibration();
const MEMCPY = readBenchmarks().find((b) => b.id === 'cachebench-memcpy')!;
const RUN = {...MEMCPY.runs[0]!, work: 1};

/** A run of `cycles` a unit, every activity executed once without a wait. */
const workload = (sut: string, cycles: number, seed = 1): Workload => {
  const metrics = newCounts();
  metrics[METRIC.stallDram] = cycles;
  const activities = C.hypervisors[sut]!.activities.map(({id}) => ({
    ...{id, executions: 1, stallCycles: 0, waitPerExecution: 0},
    ...{instructionMisses: 0, dataMisses: 0, dramReads: 0},
  }));
  return {benchmark: MEMCPY, run: RUN, system: {sut, seed}, counts: {metrics, activities, elapsed: cycles}};
};
const withDiscrepancy = (value: number): Calibration => ({
  ...C,
  fit: {...C.fit!, discrepancy: {'cachebench-memcpy/contiguous': value, 'cachebench-memcpy/fragmented': value}},
});
const withoutCovariance = (c: Calibration): Calibration => ({
  ...c,
  fit: {...c.fit!, covariance: c.fit!.covariance.map((row) => row.map(() => 0))},
});
const widthOf = ({predicted, lower, upper}: {predicted: number; lower: number; upper: number}): number =>
  (upper - lower) / predicted;
const PUBLISHED = [
  {table: 'VI', benchmark: 'cachebench-memcpy', hostCpus: 1, case: '1.5M', sut: 'xen', value: 1705.8, unit: 'MB/s'},
];

describe('a cell', () => {
  test('says what is published for its case, system and number of host CPUs', () => {
    const [one] = cellsOf([workload('xen', 64)], C, PUBLISHED, 1);
    expect(one).toMatchObject({table: 'VI', case: '1.5M', sut: 'xen', unit: 'MB/s', published: 1705.8, hostCpus: 1});
    const [two] = cellsOf([workload('xen', 64)], C, PUBLISHED, 2);
    expect(two).toMatchObject({table: 'VIII', published: null, hostCpus: 2, fitted: false});
  });

  test('is marked fitted where the fit saw it', () => {
    // A fit that saw memcpy on the host, and not under Xen.
    const fit = {...C.fit!, fittedOn: ['cachebench-memcpy/host']};
    const cells = cellsOf([workload('host', 64), workload('xen', 64)], {...C, fit}, [], 1);
    expect(cells.map((c) => [c.sut, c.fitted])).toEqual([
      ['host', true],
      ['xen', false],
    ]);
  });

  test('is the mean over the seeds', () => {
    const seeds = [60, 62, 67].map((cycles, i) => workload('kvm', cycles, i));
    const alone = seeds.map((w) => cellsOf([w], C, [], 1)[0]!.predicted);
    const together = cellsOf(seeds, C, [], 1);
    expect(together.length).toBe(1);
    expect(together[0]?.predicted).toBeCloseTo(mean(alone), 9);
  });

  test('loses less with two host CPUs: the sibling’s ticks leave', () => {
    const w = workload('xen', 64);
    expect(cellsOf([w], C, [], 2)[0]!.predicted).toBeGreaterThan(cellsOf([w], C, [], 1)[0]!.predicted);
  });
});

describe('its interval', () => {
  test('with nothing uncertain has no width', () => {
    const c = withoutCovariance(withDiscrepancy(0));
    expect(widthOf(cellsOf([workload('xen', 64)], c, [], 1)[0]!)).toBe(0);
  });

  test('is ± 1.96 discrepancies around the figure', () => {
    const c = withoutCovariance(withDiscrepancy(0.05));
    expect(widthOf(cellsOf([workload('xen', 64)], c, [], 1)[0]!)).toBeCloseTo(2 * 1.96 * 0.05, 12);
  });

  test('widens with the discrepancy, the covariance and the spread of the seeds, in quadrature', () => {
    const widths = (c: Calibration, cycles: readonly number[]) =>
      widthOf(
        cellsOf(
          cycles.map((n, i) => workload('kvm', n, i)),
          c,
          [],
          1,
        )[0]!,
      ) /
      (2 * 1.96);
    const [none, some] = [withDiscrepancy(0), withDiscrepancy(0.03)];
    const parameters = widths(none, [64]);
    const spread = widths(withoutCovariance(none), [60, 64, 68]);
    expect(parameters).toBeGreaterThan(0);
    expect(spread).toBeGreaterThan(0.05);
    expect(widths(some, [64])).toBeCloseTo(Math.hypot(parameters, 0.03), 9);
    // the gradient is taken at the first seed, the figure over all, so only nearly so for both
    expect(widths(some, [60, 64, 68])).toBeCloseTo(Math.hypot(parameters, spread, 0.03), 3);
  });

  test('is not silently narrow where the model’s own error is unknown', () => {
    const c: Calibration = {...C, fit: {...C.fit!, discrepancy: {}}};
    expect(() => cellsOf([workload('xen', 64)], c, [], 1)).toThrow();
  });
});

describe('workloads', () => {
  test('are grouped by run and system, seeds together', () => {
    const all = [workload('kvm', 1, 1), workload('xen', 1, 1), workload('kvm', 2, 2)];
    expect(bySeeds(all).map((g) => g.map((w) => [w.system.sut, w.system.seed]))).toEqual([
      [
        ['kvm', 1],
        ['kvm', 2],
      ],
      [['xen', 1]],
    ]);
  });

  test('every seed where frames are scattered, the first elsewhere', () => {
    expect(systemsFor(C, ['kvm', 'xen'], [5, 6])).toEqual([
      {sut: 'kvm', seed: 5},
      {sut: 'kvm', seed: 6},
      {sut: 'xen', seed: 5},
    ]);
  });

  test('deviation is that of a sample: 2, 4, 4, 4, 5, 5, 7, 9 has mean 5 and √(32 / 7)', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(mean(values)).toBe(5);
    expect(deviation(values)).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(deviation([3])).toBe(0);
  });
});
