/** `calibration/fit.json` and `calibration/counts.json` belong together, and to the files beside them. */
import {describe, expect, test} from 'vitest';
import {fingerprint} from '../../src/calibration/fingerprint.ts';
import {dataSlopes, residualsAt} from '../../src/calibration/fit.ts';
import {misfit} from '../../src/calibration/observations.ts';
import {fitKey} from '../../src/predict/cells.ts';
import {readFit} from '../../src/predict/fit-file.ts';
import {COUNTS, MODEL, PRIORS, TARGETS} from './stored.ts';

const FIT = readFit();
const VALUES = FIT.parameters.map(({value}) => value);

test('the counts are of the files in the tree, and the fit is of the counts', () => {
  expect(COUNTS.fingerprint).toBe(fingerprint(PRIORS, TARGETS.benchmarks, TARGETS.scheduled));
  expect(FIT.counts).toEqual({fingerprint: COUNTS.fingerprint, at: COUNTS.base.at});
  expect(FIT.machine).toBe(COUNTS.machine);
});

test('its parameters are those that may move, from the priors of the files and within their bounds', () => {
  const facts = FIT.parameters.map(({id, unit, prior, lower, upper}) => ({id, unit, prior, lower, upper}));
  expect(facts).toEqual(MODEL.parameters);
  expect(FIT.covarianceOf).toEqual(MODEL.parameters.map(({id}) => id));
  for (const {id, value, lower, upper, interval, shareOfPrior} of FIT.parameters) {
    expect([id, lower <= value && value <= upper]).toEqual([id, true]);
    expect([id, lower <= interval[0] && interval[0] <= value]).toEqual([id, true]);
    expect([id, value <= interval[1] && interval[1] <= upper]).toEqual([id, true]);
    expect([id, shareOfPrior <= 1 + 1e-9]).toEqual([id, true]);
  }
});

describe('its residuals', () => {
  test('are those of every measured cell at its values', () => {
    expect(FIT.residuals).toHaveLength(MODEL.observations.length);
    for (const [n, one] of MODEL.observations.entries()) {
      const {benchmark, case: name, sut, measured, predicted} = FIT.residuals[n]!;
      expect({benchmark, case: name, sut, value: measured}).toMatchObject({
        ...{benchmark: one.cell.benchmark, case: one.cell.case, sut: one.cell.sut, value: one.cell.value},
      });
      expect(predicted / (one.cell.value * Math.exp(misfit(one, VALUES)))).toBeCloseTo(1, 9);
    }
    expect(new Set(FIT.fittedOn)).toEqual(
      new Set(MODEL.observations.map(({cell}) => fitKey(cell.benchmark, cell.sut))),
    );
  });

  test('add up to its sums of squares', () => {
    const squares = (list: readonly number[]): number => list.reduce((sum, v) => sum + v * v, 0);
    const residuals = residualsAt(MODEL.observations, MODEL.parameters, VALUES);
    const cells = MODEL.observations.length;
    expect(FIT.sumOfSquares.data).toBeCloseTo(squares(residuals.slice(0, cells)), 6);
    expect(FIT.sumOfSquares.priors).toBeCloseTo(squares(residuals.slice(cells)), 6);
  });

  test('have no slope left where no bound holds: it is a minimum', () => {
    const slopes = dataSlopes(MODEL.observations, VALUES);
    const residuals = residualsAt(MODEL.observations, MODEL.parameters, VALUES);
    for (const [i, {id, prior, lower, upper}] of MODEL.parameters.entries()) {
      const deviation = (upper - lower) / 4;
      const data = slopes.reduce((sum, row, n) => sum + row[i]! * residuals[n]!, 0);
      const gradient = data + (VALUES[i]! - prior) / deviation ** 2;
      // By how much of its standard error one more step would move it.
      const step = gradient * Math.sqrt(FIT.covariance[i]![i]!);
      expect([id, FIT.parameters[i]!.atBound || Math.abs(step) < 1e-2]).toEqual([id, true]);
    }
  });
});

test('a singular value of 1 parts what it calls identified, in falling order', () => {
  const values = FIT.combinations.map(({singularValue}) => singularValue);
  expect(values).toEqual(values.toSorted((a, b) => b - a));
  for (const {singularValue, isIdentified} of FIT.combinations) expect(isIdentified).toBe(singularValue >= 1);
});

test('its validations count every guest cell at most once, and its coverage all of them', () => {
  const guests = MODEL.observations.filter(({cell: {sut}}) => sut !== 'host').length;
  for (const {errors, id} of [FIT.inSample, ...FIT.validations]) {
    const cells = errors.filter(({sut}) => sut !== 'guests').reduce((sum, e) => sum + e.cells, 0);
    expect([id, id === 'dhrystone-and-cachebench' ? cells < guests : cells === guests]).toEqual([id, true]);
  }
  for (const {cells, inside} of Object.values(FIT.coverage)) {
    expect(cells).toBe(guests);
    expect(inside).toBeLessThanOrEqual(cells);
  }
});

test('no more measurement widens anything, and none removes all', () => {
  for (const {reductionPercent} of FIT.measurements) {
    expect(reductionPercent).toBeGreaterThanOrEqual(0);
    expect(reductionPercent).toBeLessThan(100);
  }
});
