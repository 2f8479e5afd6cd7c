import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {leastSquares} from '../../src/calibration/least-squares.ts';

const WIDE = {lower: -1000, upper: 1000};

/** y = a + b x at x = 0, 1, 2, 3: JᵀJ = [4 6; 6 14], its inverse [0.7 −0.3; −0.3 0.2] (determinant 20). */
const line = (y: readonly number[]) => (p: number[]) => y.map((v, x) => (p[0] as number) + (p[1] as number) * x - v);

describe('a straight line', () => {
  // Σy = 10, Σxy = 22: a = 0.7·10 − 0.3·22 = 0.4, b = −0.3·10 + 0.2·22 = 1.4
  const y = [1, 1, 3, 5];

  test('comes out as the normal equations say', () => {
    const {values, sumOfSquares, atBound} = leastSquares(line(y), [
      {start: 5, ...WIDE},
      {start: -5, ...WIDE},
    ]);
    expect(values[0]).toBeCloseTo(0.4, 6);
    expect(values[1]).toBeCloseTo(1.4, 6);
    // residuals −0.6, 0.8, 0.2, −0.4: 0.36 + 0.64 + 0.04 + 0.16
    expect(sumOfSquares).toBeCloseTo(1.2, 9);
    expect(atBound).toEqual([false, false]);
  });

  test('with covariance (JᵀJ)⁻¹', () => {
    const {covariance} = leastSquares(line(y), [
      {start: 5, ...WIDE},
      {start: -5, ...WIDE},
    ]);
    for (const [row, column, value] of [
      [0, 0, 0.7],
      [0, 1, -0.3],
      [1, 0, -0.3],
      [1, 1, 0.2],
    ] as const) {
      expect(covariance[row]?.[column]).toBeCloseTo(value, 6);
    }
  });

  test('with an active bound b ≤ 1 the other is free: a = mean of y − x = 1, and neither is better known for it', () => {
    const {values, atBound, covariance} = leastSquares(line(y), [
      {start: 0, ...WIDE},
      {start: 0.5, lower: 0, upper: 1},
    ]);
    expect(values[1]).toBe(1);
    expect(values[0]).toBeCloseTo(1, 6); // (1 + 0 + 1 + 2) / 4
    expect(atBound).toEqual([false, true]);
    expect(covariance[0]?.[0]).toBeCloseTo(0.7, 6);
    expect(covariance[1]?.[1]).toBeCloseTo(0.2, 6);
  });

  test('a start at a bound that the descent leads away from is no trap', () => {
    const {values, atBound} = leastSquares(line(y), [
      {start: -1000, ...WIDE},
      {start: 1000, ...WIDE},
    ]);
    expect(values[0]).toBeCloseTo(0.4, 5);
    expect(atBound).toEqual([false, false]);
  });
});

test('a prior holds what the data do not identify: residuals (p + q − 4) and (p − 1)/1, (q − 1)/1', () => {
  // by symmetry p = q: minimise (2p − 4)² + 2(p − 1)²: 4(2p − 4) + 4(p − 1) = 0, p = 20/12
  const {values} = leastSquares(
    ([p = 0, q = 0]) => [p + q - 4, p - 1, q - 1],
    [
      {start: 0, ...WIDE},
      {start: 3, ...WIDE},
    ],
  );
  expect(values[0]).toBeCloseTo(5 / 3, 6);
  expect(values[1]).toBeCloseTo(5 / 3, 6);
});

test('a curve: y = exp(−k x) is fitted to its k', () => {
  const {values} = leastSquares(
    ([k = 0]) => [0.5, 1, 2, 4].map((x) => Math.exp(-k * x) - Math.exp(-0.7 * x)),
    [{start: 3, lower: 0, upper: 5}],
  );
  expect(values[0]).toBeCloseTo(0.7, 5);
});

test('any solution lies within its bounds, no worse than the start, and is the same every time', () => {
  const problem = fc.record({
    y: fc.array(fc.integer({min: -50, max: 50}), {minLength: 4, maxLength: 4}),
    bounds: fc.array(fc.tuple(fc.integer({min: -20, max: 0}), fc.integer({min: 1, max: 20})), {
      minLength: 2,
      maxLength: 2,
    }),
  });
  fc.assert(
    fc.property(problem, ({y, bounds}) => {
      const limits = bounds.map(([lower, upper]) => ({lower, upper, start: (lower + upper) / 2}));
      const {values, sumOfSquares} = leastSquares(line(y), limits);
      values.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(limits[i]!.lower);
        expect(value).toBeLessThanOrEqual(limits[i]!.upper);
      });
      const start = line(y)(limits.map((l) => l.start)).reduce((sum, r) => sum + r * r, 0);
      expect(sumOfSquares).toBeLessThanOrEqual(start);
      expect(leastSquares(line(y), limits).values).toEqual(values);
    }),
    {seed: 24, numRuns: 100},
  );
});
