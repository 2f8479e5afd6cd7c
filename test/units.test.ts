import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  bytes,
  type Cycles,
  cycles,
  formatSize,
  GIBIBYTE,
  type Hertz,
  hertz,
  intermediatePhysicalAddress,
  KIBIBYTE,
  lineOf,
  MEBIBYTE,
  MEGABYTE,
  type Nanoseconds,
  nanoseconds,
  type PhysicalAddress,
  pageOf,
  parseSize,
  physicalAddress,
  toCycles,
  toNanoseconds,
  type VirtualAddress,
  virtualAddress,
} from '../src/units.ts';

test('binary and decimal factors', () => {
  expect([KIBIBYTE, MEBIBYTE, GIBIBYTE]).toEqual([1024, 1_048_576, 1_073_741_824]);
  expect(MEGABYTE).toBe(1_000_000);
});

describe('constructors check the range', () => {
  test.each([
    ['cycles', cycles],
    ['nanoseconds', nanoseconds],
    ['hertz', hertz],
  ] as const)('%s: finite and ≥ 0', (_, make) => {
    expect(make(0)).toBe(0);
    expect(make(1.5)).toBe(1.5);
    for (const bad of [-1e-9, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => make(bad)).toThrow(RangeError);
  });

  test.each([
    ['virtual address', virtualAddress, 2 ** 32],
    ['intermediate physical address', intermediatePhysicalAddress, 2 ** 40],
    ['physical address', physicalAddress, 2 ** 40],
    ['bytes', bytes, Number.MAX_SAFE_INTEGER],
  ] as const)('%s: whole and below its limit', (_, make, limit) => {
    expect(make(limit - 1)).toBe(limit - 1);
    for (const bad of [limit, -1, 0.5, Number.NaN]) expect(() => make(bad)).toThrow(RangeError);
  });
});

describe('clock periods', () => {
  test.each([
    // 1 ns at 912 MHz is 0.912 periods; 125 ns are 114 exactly; a device is never early
    [1, 1],
    [125, 114],
    [125.001, 115],
    [0, 0],
  ])('%d ns at 912 MHz are %d cycles', (time, expected) => {
    expect(toCycles(nanoseconds(time), hertz(912e6))).toBe(expected);
  });

  test('whole cycles survive the way to nanoseconds and back', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 1e6}), fc.integer({min: 1e6, max: 2e9}), (count, clock) => {
        expect(toCycles(toNanoseconds(cycles(count), hertz(clock)), hertz(clock))).toBe(count);
      }),
      {seed: 1},
    );
  });
});

test('pages and lines of 40-bit addresses: no bitwise operator cuts them', () => {
  // 0x12_3456_7abc / 0x1000 = 0x1234567; its low 32 bits alone would give 0x34567
  expect(pageOf(0x12_3456_7abc, 4096)).toBe(0x1234567);
  expect(lineOf(0xff_ffff_ffff, 64)).toBe(0x3_ffff_ffff);
});

describe('sizes', () => {
  test.each([
    ['4K', 4096],
    ['64KiB', 65_536],
    ['1.5M', 1_572_864],
    ['2 MiB', 2_097_152],
    ['1G', 1_073_741_824],
    ['12', 12],
    ['12B', 12],
    [' 1K ', 1024],
  ])('%s is %d bytes', (text, size) => {
    expect(parseSize(text)).toBe(size);
  });

  test.each(['', 'K', '4KB', '4k', '-4K', '1e3', '4 K K', '1.5', '0.3K', '99999999G'])("'%s' is no size", (text) => {
    expect(() => parseSize(text)).toThrow(RangeError);
  });

  test.each([
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1K'],
    [1025, '1025B'],
    [1536, '1.5K'],
    [1_572_864, '1.5M'],
    [1_310_720, '1280K'], // 1.25M is not a half
    [2 ** 40, '1024G'],
  ])('%d bytes read %s', (size, text) => {
    expect(formatSize(size)).toBe(text);
  });

  test('what formatSize writes, parseSize reads', () => {
    const size = fc.oneof(
      fc.nat(2 ** 31 - 1),
      fc.tuple(fc.nat(4096), fc.integer({min: 0, max: 30})).map(([n, shift]) => n * 2 ** shift),
    );
    fc.assert(
      fc.property(size, (n) => {
        expect(parseSize(formatSize(n))).toBe(n);
      }),
      {seed: 2, numRuns: 500},
    );
  });
});

test('unlike units do not mix: each line is an error of the type checker', () => {
  const takesCycles = (value: Cycles): number => value;
  const takesVirtual = (value: VirtualAddress): number => value;
  const time: Nanoseconds = nanoseconds(1);
  const clock: Hertz = hertz(1);
  const physical: PhysicalAddress = physicalAddress(1);
  // @ts-expect-error a bare number has no unit
  takesCycles(1);
  // @ts-expect-error time is not a count of cycles
  takesCycles(time);
  // @ts-expect-error a sum of cycles is a plain number and must come back through the constructor
  takesCycles(cycles(1) + cycles(1));
  // @ts-expect-error PA is not VA
  takesVirtual(physical);
  // @ts-expect-error arguments in the wrong order
  toCycles(clock, time);
  // @ts-expect-error IPA is not PA
  const wrong: PhysicalAddress = intermediatePhysicalAddress(1);
  expect(wrong).toBe(1);
});
