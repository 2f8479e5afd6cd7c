import {describe, expect, test} from 'vitest';
import {fitTo} from '../../src/calibration/fit.ts';
import {misfit, observationsOf, runDeviation} from '../../src/calibration/observations.ts';
import type {PublishedCell} from '../../src/predict/benchmarks.ts';
import {cell, linear, PARAMETERS} from './small-model.ts';
import {PRIORS} from './stored.ts';

const CASES = ['run-1', 'run-2'];
const rows = (sut: string, figures: readonly number[], unit = 'MB/s'): PublishedCell[] =>
  figures.map((value, i) => cell('p', sut, value, `run-${i + 1}`, unit));
const one = () => 1;

describe('the deviation of runs', () => {
  test('is the sample deviation over the mean: of 99 and 101, √2 of 100', () => {
    expect(runDeviation(rows('host', [99, 101]), 'p', 'host')).toBeCloseTo(Math.SQRT2 / 100, 12);
  });

  test('is of figures a unit of work: 10 for 1 and 22 for 2 are 10 and 11', () => {
    const units = (name: string): number => (name === 'run-1' ? 1 : 2);
    expect(runDeviation(rows('host', [10, 22]), 'p', 'host', units)).toBeCloseTo(Math.SQRT1_2 / 10.5, 12);
  });

  test('of one run is nothing, and of other systems, benchmarks and two host CPUs takes nothing', () => {
    const others = [...rows('xen', [1, 9]), cell('q', 'host', 9), {...cell('p', 'host', 9), hostCpus: 2}];
    expect(runDeviation([...rows('host', [99]), ...others], 'p', 'host')).toBe(0);
  });
});

describe('a cell', () => {
  // Xvisor loses ln(100/90) twice, Xen ln(100/80) twice: the group a mean of both. KVM's scattered frames are apart.
  const cells = [
    ...rows('host', [100, 100]),
    ...rows('xvisor', [90, 90]),
    ...rows('xen', [80, 80]),
    ...rows('kvm', [50, 50]),
  ];
  const predictions = ['host', 'xvisor', 'xen', 'kvm'].map((sut) => linear('p', sut, [1, 0], CASES));
  const observations = observationsOf(predictions, cells, PRIORS, one);
  const of = (sut: string) => observations.filter((o) => o.cell.sut === sut);

  test('is observed once for each case', () => {
    expect(observations.map((o) => `${o.cell.sut} ${o.cell.case} ${o.index}`)).toEqual(
      ['host', 'xvisor', 'xen', 'kvm'].flatMap((sut) => [`${sut} run-1 0`, `${sut} run-2 1`]),
    );
  });

  test('may err by a tenth of what the systems of its placement lose', () => {
    const contiguous = (Math.log(100 / 90) + Math.log(100 / 80)) / 2;
    for (const sut of ['xvisor', 'xen']) expect(of(sut)[0]!.inadequacy).toBeCloseTo(0.1 * contiguous, 12);
    expect(of('kvm')[0]!.inadequacy).toBeCloseTo(0.1 * Math.log(2), 12);
    expect(of('host')[0]!.inadequacy).toBe(0);
  });

  test('of times loses where it is larger', () => {
    const times = [...rows('host', [2, 2], 's'), ...rows('kvm', [3, 3], 's')];
    const [seen] = observationsOf([linear('p', 'kvm', [1, 0], CASES)], times, PRIORS, one);
    expect(seen!.inadequacy).toBeCloseTo(0.1 * Math.log(1.5), 12);
  });

  test('has a noise of the runs and, for two cells, √2 of what all may err by together', () => {
    const spread = [...rows('host', [100, 100]), ...rows('kvm', [49, 51])];
    const [seen] = observationsOf([linear('p', 'kvm', [1, 0], CASES)], spread, PRIORS, one);
    const loss = (Math.log(100 / 49) + Math.log(100 / 51)) / 2;
    expect(seen!.runNoise).toBeCloseTo(Math.SQRT2 / 50, 12);
    expect(seen!.noise).toBeCloseTo(Math.hypot(Math.SQRT2 / 50, 0.1 * loss * Math.SQRT2), 12);
  });

  test('is never known better than to four digits', () => {
    for (const {noise} of of('host')) expect(noise).toBe(1e-4);
  });

  test('errs by the logarithm of predicted over measured', () => {
    expect(misfit(of('xen')[0]!, [Math.log(88), 0])).toBeCloseTo(Math.log(88 / 80), 12);
  });
});

test('repetitions that share a prediction weigh as one cell does', () => {
  const weightOf = (n: number): number => {
    const cells = [...rows('host', Array(n).fill(2)), ...rows('kvm', Array(n).fill(1))];
    const names = cells.filter(({sut}) => sut === 'kvm').map((c) => c.case);
    const observations = observationsOf([linear('p', 'kvm', [1, 0], names)], cells, PRIORS, one);
    expect(observations).toHaveLength(n);
    return fitTo(observations, PARAMETERS, 1).covariance[0]![0]!;
  };
  // 1 / (1 + 1 / (0.1 ln 2)²)
  expect(weightOf(1)).toBeCloseTo(1 / (1 + 1 / (0.1 * Math.LN2) ** 2), 12);
  expect(weightOf(5)).toBeCloseTo(weightOf(1), 12);
});
