import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {FloatContext, INPUT_DENORMAL, type Rounding} from '../../../src/isa/float/context.ts';
import * as double from '../../../src/isa/float/double.ts';
import * as single from '../../../src/isa/float/single.ts';
import {DOUBLES, SINGLES} from '../vfp/cases.ts';
import {
  DOUBLE,
  type Format,
  inverse,
  plus,
  type Rational,
  rational,
  round,
  SINGLE,
  squareRoot,
  times,
} from './rational.ts';

const RUNS = Number(process.env.TRAPWALK_CASES ?? 1500);
const options = {seed: 11, numRuns: RUNS};

const scratch = new Float64Array(1);
const scratchBits = new BigUint64Array(scratch.buffer);
const doubleOf = (bits: bigint): number => {
  scratchBits[0] = bits;
  return scratch[0] as number;
};

const SIGN_64 = 1n << 63n;
const specials64 = fc
  .tuple(fc.constantFrom(...DOUBLES), fc.boolean())
  .map(([bits, negative]) => doubleOf(negative ? bits | SIGN_64 : bits));
/** Few significant bits and a moderate exponent: exact results and ties. */
const sparse = fc
  .tuple(fc.integer({min: -(2 ** 12), max: 2 ** 12}), fc.integer({min: -60, max: 60}))
  .map(([significand, exponent]) => significand * 2 ** exponent);
const wide = fc
  .tuple(fc.integer({min: -(2 ** 52), max: 2 ** 52}), fc.integer({min: -1074, max: 971}))
  .map(([significand, exponent]) => significand * 2 ** exponent);
const doubles = fc.oneof(specials64, sparse, wide, fc.double()).filter((value) => !Number.isNaN(value));
const finiteDoubles = doubles.filter(Number.isFinite);

const specials32 = fc
  .tuple(fc.constantFrom(...SINGLES), fc.boolean())
  .map(([bits, negative]) => (negative ? bits | 0x8000_0000 : bits) | 0);
const finite32 = fc
  .oneof(specials32, fc.integer(), sparse.map(single.bitsOf32))
  .filter((bits) => (bits & 0x7f80_0000) !== 0x7f80_0000)
  .map(single.valueOf32);

interface Modes {
  readonly rounding: Rounding;
  readonly flushToZero: boolean;
}
const modes: fc.Arbitrary<Modes> = fc.record({
  rounding: fc.constantFrom<Rounding>(0, 1, 2, 3),
  flushToZero: fc.boolean(),
});
const contextOf = (given: Modes): FloatContext => Object.assign(new FloatContext(), given);

interface Outcome {
  readonly value: number;
  readonly flags: number;
}

const isDenormal = ({lowestExponent}: Format, value: number): boolean =>
  value !== 0 && Math.abs(value) < 2 ** lowestExponent;

/** Operands as the operation sees them, and what flushing them raises. */
const flushed = (format: Format, {flushToZero}: Modes, values: readonly number[]) => ({
  operands: values.map((value) => (flushToZero && isDenormal(format, value) ? value * 0 : value)),
  flags: flushToZero && values.some((value) => isDenormal(format, value)) ? INPUT_DENORMAL : 0,
});

/** The definition: exact, then rounded. The sign of a zero is the host's, or − when a sum cancels rounding down. */
const expected = (
  format: Format,
  given: Modes,
  values: readonly number[],
  exact: (...operands: readonly Rational[]) => Rational,
  hostZero: (...operands: readonly number[]) => number,
): Outcome => {
  const {operands, flags} = flushed(format, given, values);
  const result = exact(...operands.map(rational));
  if (result.numerator === 0n) return {value: hostZero(...operands), flags};
  const rounded = round(format, result, given.rounding, given.flushToZero);
  return {value: rounded.value, flags: rounded.flags | flags};
};
const cancelled = ({rounding}: Modes, a: number, b: number): number =>
  rounding === 2 && !Object.is(a, b) ? -0 : a + b;

interface Operation {
  readonly name: string;
  readonly operands: number;
  readonly in64: (context: FloatContext, ...values: number[]) => number;
  readonly in32: (context: FloatContext, ...bits: number[]) => number;
  readonly exact: (...operands: readonly Rational[]) => Rational;
  readonly zero: (given: Modes, ...operands: readonly number[]) => number;
  readonly isDefined?: (...operands: readonly number[]) => boolean;
}
const minus = ({numerator, denominator}: Rational): Rational => ({numerator: -numerator, denominator});
const OPERATIONS: readonly Operation[] = [
  {
    name: 'FPAdd',
    operands: 2,
    in64: double.add64,
    in32: single.add32,
    exact: (a, b) => plus(a!, b!),
    zero: (given, a, b) => cancelled(given, a!, b!),
  },
  {
    name: 'FPSub',
    operands: 2,
    in64: double.subtract64,
    in32: single.subtract32,
    exact: (a, b) => plus(a!, minus(b!)),
    zero: (given, a, b) => cancelled(given, a!, -b!),
  },
  {
    name: 'FPMul',
    operands: 2,
    in64: double.multiply64,
    in32: single.multiply32,
    exact: (a, b) => times(a!, b!),
    zero: (_, a, b) => a! * b!,
  },
  {
    name: 'FPDiv',
    operands: 2,
    in64: double.divide64,
    in32: single.divide32,
    exact: (a, b) => times(a!, inverse(b!)),
    zero: (_, a, b) => a! / b!,
    isDefined: (_, b) => b !== 0,
  },
  {
    name: 'FPSqrt',
    operands: 1,
    in64: double.squareRoot64,
    in32: single.squareRoot32,
    exact: (a) => squareRoot(a!),
    zero: (_, a) => a!,
    isDefined: (a) => a! >= 0,
  },
  {
    name: 'FPMulAdd',
    operands: 3,
    in64: double.fusedMultiplyAdd64,
    in32: single.fusedMultiplyAdd32,
    exact: (c, a, b) => plus(c!, times(a!, b!)),
    // Signs alone decide: the product may be too small for the host.
    zero: (given, c, a, b) =>
      c === 0 ? cancelled(given, c, Math.sign(a!) * Math.sign(b!)) : cancelled(given, c!, -c!),
  },
];

describe.each(OPERATIONS)('$name is the exact result, rounded', ({operands, in64, in32, exact, zero, isDefined}) => {
  const valuesOf = (value: fc.Arbitrary<number>) =>
    fc.oneof(
      fc.array(value, {minLength: operands, maxLength: operands}),
      // Operands that are equal, opposite or neighbours.
      fc
        .tuple(value, fc.constantFrom(1, -1, 1 + 2 ** -23, -1 - 2 ** -23, 1 + 2 ** -52, -1 + 2 ** -53))
        .map(([a, factor]) => [a, a * factor, a].slice(0, operands)),
    );
  const applies = (format: Format, given: Modes, values: readonly number[]): boolean =>
    values.every(Number.isFinite) && (isDefined?.(...flushed(format, given, values).operands) ?? true);

  it('in double precision', () => {
    fc.assert(
      fc.property(modes, valuesOf(finiteDoubles), (given, values) => {
        fc.pre(applies(DOUBLE, given, values));
        const context = contextOf(given);
        const value = in64(context, ...values);
        const zeroOf = (...seen: readonly number[]) => zero(given, ...seen);
        expect({value, flags: context.flags}).toEqual(expected(DOUBLE, given, values, exact, zeroOf));
      }),
      options,
    );
  });

  it('in single precision', () => {
    fc.assert(
      fc.property(modes, valuesOf(finite32), (given, wanted) => {
        const values = wanted.map(Math.fround);
        fc.pre(applies(SINGLE, given, values));
        const context = contextOf(given);
        const value = single.valueOf32(in32(context, ...values.map(single.bitsOf32)));
        const zeroOf = (...seen: readonly number[]) => zero(given, ...seen);
        expect({value, flags: context.flags}).toEqual(expected(SINGLE, given, values, exact, zeroOf));
      }),
      options,
    );
  });
});

describe('in the default mode', () => {
  const host = (operate: (a: number, b: number) => number, ours: typeof double.add64) =>
    fc.assert(
      fc.property(doubles, doubles, (a, b) => {
        expect(ours(new FloatContext(), a, b)).toBe(operate(a, b));
      }),
      options,
    );
  it('add64 is the host’s +', () => host((a, b) => a + b, double.add64));
  it('subtract64 is the host’s −', () => host((a, b) => a - b, double.subtract64));
  it('multiply64 is the host’s ×', () => host((a, b) => a * b, double.multiply64));
  it('divide64 is the host’s ÷', () => host((a, b) => a / b, double.divide64));
});

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
  ])('%d × %d + %d = %d', (a, b, c, value) =>
    expect(double.fusedMultiplyAdd64(new FloatContext(), c, a, b)).toBe(value),
  );
});

describe('fused multiply-add of singles', () => {
  it.each([
    // The exact sum lies just above a tie of single precision, by less than a double shows.
    [1 + 2 ** -23, 2 ** -24, 1, 1 + 2 ** -23],
    [2 ** -24, 1, 1, 1],
    [2 ** 127, 2, -(2 ** 127), 2 ** 127],
    [2 ** -149, 2 ** -149, 1 + 2 ** -23, 1 + 2 ** -23],
  ])('%d × %d + %d = %d', (a, b, c, value) => {
    const [addend, n, m] = [c, a, b].map(single.bitsOf32) as [number, number, number];
    expect(single.valueOf32(single.fusedMultiplyAdd32(new FloatContext(), addend, n, m))).toBe(value);
  });
});
