import {describe, expect, it} from 'vitest';
import {FloatContext, INPUT_DENORMAL, INVALID_OPERATION} from '../../../src/isa/float/context.ts';
import {processNans64} from '../../../src/isa/float/nan.ts';
import {
  add32,
  compare32,
  EQUAL,
  fusedMultiplyAdd32,
  GREATER,
  LESS,
  maximum32,
  minimum32,
  multiplySubtract32,
  UNORDERED,
} from '../../../src/isa/float/single.ts';

const ONE = 0x3f80_0000;
const TWO = 0x4000_0000;
const DENORMAL = 1;
const INFINITY = 0x7f80_0000;
const QUIET = 0x7fc0_1234;
const QUIET_NEGATIVE = 0xffc0_5678 | 0;
const SIGNALLING = 0x7f80_0042;
const QUIETED = 0x7fc0_0042;
const DEFAULT = 0x7fc0_0000;
const NEGATIVE_ZERO = 0x8000_0000 | 0;

const context = (given: Partial<FloatContext> = {}): FloatContext => Object.assign(new FloatContext(), given);

describe('NaN operands (A2.7.4)', () => {
  it.each([
    ['the first quiet NaN', QUIET, QUIET_NEGATIVE, QUIET, 0],
    ['a signalling NaN before a quiet one, made quiet', QUIET, SIGNALLING, QUIETED, INVALID_OPERATION],
    ['the only NaN', ONE, QUIET_NEGATIVE, QUIET_NEGATIVE, 0],
  ])('give %s', (_, n, m, result, flags) => {
    const used = context();
    expect([add32(used, n, m), used.flags]).toEqual([result, flags]);
    const standard = context({defaultNan: true});
    expect([add32(standard, n, m), standard.flags]).toEqual([DEFAULT, flags]);
  });

  it('do not keep a denormal beside them from being flushed', () => {
    const used = context({flushToZero: true});
    expect([add32(used, DENORMAL, QUIET), used.flags]).toEqual([QUIET, INPUT_DENORMAL]);
  });

  it('do not hide an invalid product', () => {
    const used = context();
    expect([fusedMultiplyAdd32(used, QUIET, INFINITY, 0), used.flags]).toEqual([DEFAULT, INVALID_OPERATION]);
    const flushing = context({flushToZero: true});
    expect(fusedMultiplyAdd32(flushing, QUIET, INFINITY, DENORMAL)).toBe(DEFAULT);
    expect(flushing.flags).toBe(INVALID_OPERATION | INPUT_DENORMAL);
  });

  it('are negated with the product', () => {
    expect(multiplySubtract32(context(), ONE, QUIET, ONE)).toBe(QUIET ^ NEGATIVE_ZERO);
  });

  it('of doubles keep 51 bits of payload', () => {
    const used = context();
    expect(processNans64(used, 0x3ff0_0000_0000_0000n, 0xfff0_0000_dead_beefn)).toBe(0xfff8_0000_dead_beefn);
    expect(used.flags).toBe(INVALID_OPERATION);
  });
});

describe('comparisons', () => {
  it.each([
    [ONE, TWO, LESS, 0, 0],
    [TWO, ONE, GREATER, 0, 0],
    [0, NEGATIVE_ZERO, EQUAL, 0, 0],
    [ONE, QUIET, UNORDERED, 0, INVALID_OPERATION],
    [SIGNALLING, ONE, UNORDERED, INVALID_OPERATION, INVALID_OPERATION],
  ])('of %i and %i', (n, m, flags, quiet, signalling) => {
    for (const [quietIsInvalid, raised] of [
      [false, quiet],
      [true, signalling],
    ] as const) {
      const used = context();
      expect([compare32(used, n, m, quietIsInvalid), used.flags]).toEqual([flags, raised]);
    }
  });

  it('order zeros by sign only for FPMax and FPMin', () => {
    expect(maximum32(context(), NEGATIVE_ZERO, 0)).toBe(0);
    expect(minimum32(context(), 0, NEGATIVE_ZERO)).toBe(NEGATIVE_ZERO);
    const used = context({flushToZero: true});
    expect([maximum32(used, DENORMAL, NEGATIVE_ZERO), used.flags]).toEqual([0, INPUT_DENORMAL]);
  });
});
