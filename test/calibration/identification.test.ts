import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {fitTo} from '../../src/calibration/fit.ts';
import {combinationsOf, correlationsOf, residualRows} from '../../src/calibration/identification.ts';
import {observed, PARAMETERS} from './small-model.ts';
import {MODEL} from './stored.ts';

/** ln y₁ = a at a noise of 1/2, ln y₂ = a + b at 1: JᵀJ = [4 0; 0 0] + [1 1; 1 1] = [5 1; 1 1]; priors add 1 and 1. */
const SMALL = [observed([1, 0], 1, 0.5), observed([1, 1], -1, 1)];

describe('a small example', () => {
  const {values, covariance} = fitTo(SMALL, PARAMETERS, 1);

  test('has the inverse of [6 1; 1 2] as its covariance, and −1/√12 as its correlation', () => {
    expect(covariance[0]![0]).toBeCloseTo(2 / 11, 9);
    expect(covariance[0]![1]).toBeCloseTo(-1 / 11, 9);
    expect(covariance[1]![1]).toBeCloseTo(6 / 11, 9);
    const correlation = correlationsOf(covariance);
    expect(correlation[0]![1]).toBeCloseTo(-1 / Math.sqrt(12), 9);
    expect([correlation[0]![0], correlation[1]![1]]).toEqual([1, 1]);
  });

  test('has the roots of 3 ± √5 as its singular values: one says more than the priors, one less', () => {
    const [first, second] = combinationsOf(SMALL, PARAMETERS, values);
    expect(first!.singularValue).toBeCloseTo(Math.sqrt(3 + Math.sqrt(5)), 9);
    expect(second!.singularValue).toBeCloseTo(Math.sqrt(3 - Math.sqrt(5)), 9);
    expect([first!.isIdentified, second!.isIdentified]).toEqual([true, false]);
    // (5 − λ) a + b = 0: b/a = λ − 5 = √5 − 2
    expect(first!.of.map(({id}) => id)).toEqual(['a', 'b']);
    expect(first!.of[1]!.weight / first!.of[0]!.weight).toBeCloseTo(Math.sqrt(5) - 2, 9);
    expect(second!.of[0]).toMatchObject({id: 'b'});
    for (const {of} of [first!, second!]) expect(of[0]!.weight).toBeGreaterThan(0);
  });

  test('has leverages gᵀCg: 4 · 2/11, and 2/11 − 2/11 + 6/11', () => {
    const [first, second] = residualRows(SMALL, PARAMETERS, values, covariance);
    expect(first!.leverage).toBeCloseTo(8 / 11, 9);
    expect(second!.leverage).toBeCloseTo(6 / 11, 9);
  });

  test('a parameter that nothing moves correlates with nothing', () => {
    expect(
      correlationsOf([
        [4, 0],
        [0, 0],
      ]),
    ).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

test('in a linear model, without a cell the estimate moves just as its row says', () => {
  const part = fc.double({min: -2, max: 2, noNaN: true});
  const anyCells = fc.array(fc.tuple(part, part, fc.double({min: -0.5, max: 0.5, noNaN: true})), {
    minLength: 2,
    maxLength: 6,
  });
  fc.assert(
    fc.property(anyCells, fc.nat(), (cells, pick) => {
      const observations = cells.map(([a, b, measured]) => observed([a, b], measured, 0.7));
      const {values, covariance, atBound} = fitTo(observations, PARAMETERS, 1);
      const n = pick % cells.length;
      const without = fitTo(observations.toSpliced(n, 1), PARAMETERS, 1);
      fc.pre(!atBound.includes(true) && !without.atBound.includes(true));
      const {movesMost, byStandardErrors} = residualRows(observations, PARAMETERS, values, covariance)[n]!;
      const i = PARAMETERS.findIndex(({id}) => id === movesMost);
      const moved = (without.values[i]! - values[i]!) / Math.sqrt(covariance[i]![i]!);
      expect(moved).toBeCloseTo(byStandardErrors, 5);
    }),
    {seed: 41, numRuns: 100},
  );
});

test('the published cells that move most, move the estimate about as far when they are left out', () => {
  const {observations, parameters} = MODEL;
  const {values, covariance} = fitTo(observations, parameters, 1);
  const rows = residualRows(observations, parameters, values, covariance);
  const most = [...rows.entries()]
    .toSorted(([, a], [, b]) => Math.abs(b.byStandardErrors) - Math.abs(a.byStandardErrors))
    .slice(0, 4);
  for (const [n, {movesMost, byStandardErrors}] of most) {
    const i = parameters.findIndex(({id}) => id === movesMost);
    const without = fitTo(observations.toSpliced(n, 1), parameters, 1);
    const moved = (without.values[i]! - values[i]!) / Math.sqrt(covariance[i]![i]!);
    expect(moved / byStandardErrors).toBeGreaterThan(0.9);
    expect(moved / byStandardErrors).toBeLessThan(1.1);
  }
});

test('leverages of all cells and what the priors hold add up to the number of parameters', () => {
  const {observations, parameters} = MODEL;
  const {values, covariance} = fitTo(observations, parameters, 1);
  const rows = residualRows(observations, parameters, values, covariance);
  const held = parameters.reduce((sum, {lower, upper}, i) => sum + covariance[i]![i]! / ((upper - lower) / 4) ** 2, 0);
  const leverages = rows.reduce((sum, {leverage}) => sum + leverage, 0);
  expect(leverages + held).toBeCloseTo(parameters.length, 6);
});
