import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {fusedMultiplyAdd32, fusedMultiplyAdd64} from '../../src/isa/float/fused-multiply-add.ts';

describe('fused multiply-add of doubles', () => {
  const largest = Number.MAX_VALUE;
  const smallest = Number.MIN_VALUE;
  it.each([
    // (1 + ε)² = 1 + 2ε + ε²: the ε² is what a rounded product loses.
    [1 + 2 ** -52, 1 + 2 ** -52, -(1 + 2 ** -51), 2 ** -104],
    [largest, 2, -largest, largest],
    [largest, 2, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [largest, largest, largest, Number.POSITIVE_INFINITY],
    [smallest, 0.5, smallest, smallest * 2], // 1.5 units: a tie, to even
    [smallest, 0.5, 0, 0],
    [smallest, smallest, smallest, smallest],
    [2 ** -600, 2 ** -600, -1, -1],
    [0, 5, -0, 0],
    [-0, 5, -0, -0],
    [3, 5, -15, 0],
    [2 ** -1000, -(2 ** -60), 2 ** -1060, 0],
    [0.1, 10, -1, 5.551115123125783e-17],
  ])('%d × %d + %d = %d', (a, b, c, expected) => expect(fusedMultiplyAdd64(a, b, c)).toBe(expected));

  it('is the exact result rounded, over the border between its two methods', () => {
    // Scaling all terms by powers of two moves a case out of the range of error-free transformations, not its digits.
    const digits = fc.double({min: 1, max: 2, noNaN: true});
    fc.assert(
      fc.property(
        digits,
        digits,
        digits,
        fc.integer({min: -60, max: 60}),
        fc.boolean(),
        (a, b, digitsOfC, exponent, negative) => {
          const c = (negative ? -1 : 1) * digitsOfC * 2 ** exponent;
          const scaled = fusedMultiplyAdd64(a * 2 ** 500, b * 2 ** -500, c);
          expect(fusedMultiplyAdd64(a, b, c)).toBe(scaled);
        },
      ),
      {seed: 3, numRuns: 20_000},
    );
  });
});

describe('fused multiply-add of singles', () => {
  it.each([
    // The exact sum lies just above a tie of single precision, by less than a double shows.
    [1 + 2 ** -23, 2 ** -24, 1, 1 + 2 ** -23],
    [2 ** -24, 1, 1, 1],
    [2 ** 127, 2, -(2 ** 127), 2 ** 127],
    [2 ** -149, 2 ** -149, 1 + 2 ** -23, 1 + 2 ** -23],
  ])('%d × %d + %d = %d', (a, b, c, expected) => expect(fusedMultiplyAdd32(a, b, c)).toBe(expected));
});
