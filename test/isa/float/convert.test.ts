import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {FloatContext, type Rounding} from '../../../src/isa/float/context.ts';
import {doubleToSingle, fromFixed32, halfToSingle, singleToHalf, toFixed} from '../../../src/isa/float/convert.ts';
import {bitsOf32, valueOf32} from '../../../src/isa/float/single.ts';
import {HALF, rational, round, roundToInteger, SINGLE} from './rational.ts';

const RUNS = Number(process.env.TRAPWALK_CASES ?? 1500);
const options = {seed: 12, numRuns: RUNS};
const INVALID_OPERATION = 1;
const INEXACT = 16;

const roundings = fc.constantFrom<Rounding>(0, 1, 2, 3);
const contextOf = (given: Partial<FloatContext>): FloatContext => Object.assign(new FloatContext(), given);
/** Significands that are exact, halfway, or just beside it, over the range of the target and beyond. */
const around = (low: number, high: number, bits: number) =>
  fc
    .tuple(
      fc.integer({min: 2 ** bits, max: 2 ** (bits + 1)}),
      fc.constantFrom(0, 0.25, 0.5, 0.75, 2 ** -10),
      fc.integer({min: low - bits, max: high - bits}),
      fc.constantFrom(1, -1),
    )
    .map(([whole, part, exponent, sign]) => sign * (whole + part) * 2 ** exponent);

describe('halves', () => {
  const isNan = (half: number): boolean => (half & 0x7fff) > 0x7c00;
  it.each([false, true])('come back from singles (alternative format: %s)', (alternativeHalf) => {
    const context = contextOf({alternativeHalf});
    const halves = Array.from({length: 0x1_0000}, (_, half) => half).filter((half) => alternativeHalf || !isNan(half));
    expect(halves.filter((half) => singleToHalf(context, halfToSingle(context, half)) !== half)).toEqual([]);
    expect(context.flags).toBe(0);
  });

  it('are the single, rounded; FZ flushes no half', () => {
    fc.assert(
      fc.property(roundings, fc.boolean(), around(-26, 17, 10), (rounding, flushToZero, value) => {
        const single = Math.fround(value);
        const context = contextOf({rounding, flushToZero});
        const half = singleToHalf(context, bitsOf32(single));
        const wanted = round(HALF, rational(single), rounding, false);
        expect({value: valueOf32(halfToSingle(context, half)), flags: context.flags}).toEqual(wanted);
      }),
      options,
    );
  });

  it('of the alternative format saturate: what is too large, infinite or NaN is invalid', () => {
    const convert = (bits: number) => {
      const context = contextOf({alternativeHalf: true});
      return [singleToHalf(context, bits), context.flags];
    };
    expect(convert(bitsOf32(131_008))).toEqual([0x7fff, 0]);
    expect(convert(bitsOf32(-131_072))).toEqual([0xffff, INVALID_OPERATION]);
    expect(convert(0xff80_0000 | 0)).toEqual([0xffff, INVALID_OPERATION]);
    expect(convert(0xffc0_0000 | 0)).toEqual([0x8000, INVALID_OPERATION]);
  });
});

describe('singles', () => {
  it('are the double, rounded', () => {
    fc.assert(
      fc.property(roundings, fc.boolean(), around(-152, 129, 23), (rounding, flushToZero, value) => {
        const context = contextOf({rounding, flushToZero});
        const bits = doubleToSingle(context, value);
        expect({value: valueOf32(bits), flags: context.flags}).toEqual(
          round(SINGLE, rational(value), rounding, flushToZero),
        );
      }),
      options,
    );
  });

  it('are the fixed-point word, rounded', () => {
    fc.assert(
      fc.property(roundings, fc.integer(), fc.nat({max: 32}), fc.boolean(), (rounding, word, fraction, unsigned) => {
        fc.pre(word !== 0);
        const context = contextOf({rounding});
        const value = (unsigned ? word >>> 0 : word) / 2 ** fraction;
        const bits = fromFixed32(context, word, fraction, unsigned);
        expect({value: valueOf32(bits), flags: context.flags}).toEqual(round(SINGLE, rational(value), rounding, false));
      }),
      options,
    );
  });
});

describe('fixed-point words', () => {
  it('are the number in units, rounded, or the nearest limit', () => {
    const widths = fc.constantFrom(16, 32);
    const values = fc.oneof(around(-40, 40, 31), around(10, 34, 20), fc.double({noNaN: true, noDefaultInfinity: true}));
    fc.assert(
      fc.property(
        roundings,
        values,
        fc.nat({max: 32}),
        fc.boolean(),
        widths,
        (rounding, value, bits, unsigned, width) => {
          const context = new FloatContext();
          const word = toFixed(context, value, bits, unsigned, rounding, width);
          const {numerator, denominator} = rational(value);
          const scaled = {numerator: numerator << BigInt(bits), denominator};
          const whole = roundToInteger(scaled, rounding);
          const wrap = (wide: bigint): bigint => (unsigned ? BigInt.asUintN(width, wide) : BigInt.asIntN(width, wide));
          const limit = unsigned
            ? wrap(whole < 0n ? 0n : -1n)
            : whole < 0n
              ? -(2n ** BigInt(width - 1))
              : 2n ** BigInt(width - 1) - 1n;
          const fits = wrap(whole) === whole;
          const isExact = whole * denominator === scaled.numerator;
          expect([wrap(BigInt(word)), context.flags]).toEqual([
            fits ? whole : limit,
            fits ? (isExact ? 0 : INEXACT) : INVALID_OPERATION,
          ]);
        },
      ),
      options,
    );
  });
});
