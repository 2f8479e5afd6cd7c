import {expect, test} from 'vitest';
import {FIGURE_UNITS, figureAt, lowerIsBetter, speedOf} from '../../src/predict/figure-units.ts';

test('of seconds fewer are better, of all that is per second more', () => {
  expect(FIGURE_UNITS.map((unit) => [unit, lowerIsBetter(unit)])).toEqual([
    ['dhrystones/s', false],
    ['MB/s', false],
    ['s', true],
  ]);
});

test.each([
  // half as fast: half the rate, twice the time
  [50, 100, 'MB/s', 0.5],
  [200, 100, 's', 0.5],
  // faster than the host
  [125, 100, 'dhrystones/s', 1.25],
  [80, 100, 's', 1.25],
] as const)('%d where the host has %d %s is speed %d, and back', (value, host, unit, speed) => {
  expect(speedOf(value, host, unit)).toBe(speed);
  expect(figureAt(speed, host, unit)).toBe(value);
});
