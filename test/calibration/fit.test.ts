import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {fitFileOf} from '../../src/calibration/calibrate.ts';
import {dataSlopes, fitTo, residualsAt} from '../../src/calibration/fit.ts';
import type {Observation} from '../../src/calibration/observations.ts';
import {priorDeviation} from '../../src/parameters/parameter.ts';
import {observed, PARAMETERS} from './small-model.ts';
import {COUNTS, MODEL} from './stored.ts';

/** Cells as the model itself has them at these values, each known to `noise`. */
const madeAt = (truth: readonly number[], noise: number): Observation[] =>
  MODEL.observations.map((one, n) => {
    const logarithm = one.prediction.evaluate[one.index]!(truth, undefined, 0) + noise * Math.sin(n);
    return {...one, noise, cell: {...one.cell, value: Math.exp(logarithm)}};
  });

describe('on cells that the model made', () => {
  /** Within a deviation of the priors, and not the same for any two. */
  const truth = MODEL.parameters.map(({prior, lower, upper}, i) =>
    Math.min(upper, Math.max(lower, prior + ((upper - lower) / 4) * Math.sin(2 * i + 1))),
  );
  const fit = fitTo(madeAt(truth, 1e-4), MODEL.parameters, 3);

  test('it finds the parameters that made them, as closely as it says', () => {
    for (const [i, {id}] of MODEL.parameters.entries()) {
      const standardError = Math.sqrt(fit.covariance[i]![i]!);
      expect([id, Math.abs(fit.values[i]! - truth[i]!) <= 3 * standardError]).toEqual([id, true]);
    }
  });

  test('and closely what the host cells alone decide', () => {
    for (const id of ['pipelineScale.dhrystone', 'workScale.hackbench', 'cubieboard2.dram.turnaround']) {
      const i = MODEL.parameters.findIndex((p) => p.id === id);
      expect([id, Math.abs(fit.values[i]! - truth[i]!) < 0.02 * priorDeviation(MODEL.parameters[i]!)]).toEqual([
        id,
        true,
      ]);
    }
  });

  test('and comes to the cells', () => {
    const residuals = residualsAt(madeAt(truth, 1e-4), MODEL.parameters, fit.values);
    const data = residuals.slice(0, MODEL.observations.length);
    expect(Math.max(...data.map(Math.abs))).toBeLessThan(3);
  });

  test('from every start', () => {
    expect(fit).toMatchObject({starts: 3, agreeing: 3});
  });
});

describe('with two parameters', () => {
  test('ln y = a at 1 with noise 1/2, held by a prior of 0 ± 1: a = 4/5, standard error 1/√5; b is the prior’s', () => {
    const {values, covariance, atBound} = fitTo([observed([1, 0], 1, 0.5)], PARAMETERS, 1);
    expect(values[0]).toBeCloseTo(0.8, 9);
    expect(values[1]).toBeCloseTo(0, 9);
    expect(Math.sqrt(covariance[0]![0]!)).toBeCloseTo(1 / Math.sqrt(5), 9);
    expect(Math.sqrt(covariance[1]![1]!)).toBeCloseTo(priorDeviation(PARAMETERS[1]!), 9);
    expect(atBound).toEqual([false, false]);
  });

  test('what lies beyond a bound is held at it, and said', () => {
    const {values, atBound} = fitTo([observed([1, 0], 10, 0.1)], PARAMETERS, 4);
    expect(values[0]).toBe(2);
    expect(atBound).toEqual([true, false]);
  });

  test('without a cell, all is the priors’', () => {
    const {values, covariance} = fitTo([], PARAMETERS, 2);
    expect(values).toEqual([0, 0]);
    expect(covariance.map((row) => row.map(Math.abs))).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test('the sum of squares is that of cells and priors, each in its deviations', () => {
    // a = 0.8: ((0.8 − 1) / 0.5)² + 0.8² = 0.16 + 0.64
    expect(fitTo([observed([1, 0], 1, 0.5)], PARAMETERS, 1).sumOfSquares).toBeCloseTo(0.8, 9);
  });

  test('slopes are in deviations of the noise', () => {
    expect(dataSlopes([observed([3, -1], 0, 0.5)], [0, 0])).toEqual([new Float64Array([6, -2])]);
  });

  test('wherever it starts, it ends within bounds at the same place', () => {
    const anyCell = fc.tuple(
      fc.double({min: -3, max: 3, noNaN: true}),
      fc.double({min: -3, max: 3, noNaN: true}),
      fc.double({min: -9, max: 9, noNaN: true}),
    );
    fc.assert(
      fc.property(fc.array(anyCell, {minLength: 1, maxLength: 6}), (cells) => {
        const fit = fitTo(
          cells.map(([a, b, measured]) => observed([a, b], measured, 0.3)),
          PARAMETERS,
          4,
        );
        for (const value of fit.values) expect(Math.abs(value)).toBeLessThanOrEqual(2);
        expect(fit.agreeing).toBe(4);
      }),
      {seed: 31, numRuns: 100},
    );
  });
});

test('the same counts make the same file, byte for byte', () => {
  const text = (): string =>
    JSON.stringify(fitFileOf(MODEL, COUNTS, {command: 'test', targets: {file: 'none', hash: 'none'}}));
  expect(text()).toBe(text());
});
