import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  allocatorBelow,
  GuestPlacement,
  HostPlacement,
  hostFrames,
  randomSource,
} from '../../src/costmodel/placement.ts';
import type {Placement} from '../../src/hypervisors/schema.ts';
import {GIBIBYTE, KIBIBYTE, MEBIBYTE} from '../../src/units.ts';

const CONTIGUOUS: Placement = {policy: 'contiguous', source: 'test'};
const fragmented = (meanRun: number): Placement => ({
  policy: 'fragmented',
  source: 'test',
  meanRun: {value: meanRun, unit: 'pages', kind: 'assumed', source: 'test'},
});
const GUEST_RAM = {guestBase: GIBIBYTE, guestBytes: 256 * MEBIBYTE};
const LAYOUT = {...GUEST_RAM, hostBase: GIBIBYTE};

describe('host frames', () => {
  test('are a permutation that the seed determines', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 1, max: 3000}),
        fc.integer({min: 1, max: 600}),
        fc.integer(),
        (pages, mean, seed) => {
          const frames = hostFrames(fragmented(mean), pages, seed);
          expect([...frames].sort((a, b) => a - b)).toEqual(Array.from({length: pages}, (_, i) => i));
          expect(hostFrames(fragmented(mean), pages, seed)).toEqual(frames);
        },
      ),
      {seed: 5, numRuns: 50},
    );
  });

  test('differ between seeds', () => {
    expect(hostFrames(fragmented(4), 256, 1)).not.toEqual(hostFrames(fragmented(4), 256, 2));
  });

  test('contiguous is the identity, whatever the seed', () => {
    expect([...hostFrames(CONTIGUOUS, 5, 7)]).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([1, 2, 16, 100])('runs have a mean length of %d pages', (mean) => {
    const frames = hostFrames(fragmented(mean), 65_536, 1);
    const runs = frames.reduce((n, frame, i) => n + (i === 0 || frame !== (frames[i - 1] as number) + 1 ? 1 : 0), 0);
    // geometric: the standard error of the mean of n = 65536 / mean runs is below mean / √n; four of them
    expect(Math.abs(65_536 / runs - mean)).toBeLessThan((4 * mean) / Math.sqrt(65_536 / mean) + 1e-3);
  });

  test('a mean below one page is refused', () => {
    expect(() => hostFrames(fragmented(0.99), 4, 1)).toThrow(RangeError);
  });
});

describe('host placement', () => {
  test('contiguous guest RAM lies in order from the host base on', () => {
    const host = new HostPlacement(CONTIGUOUS, LAYOUT, 4096, 1);
    expect(host.physical(GIBIBYTE + 0x12345)).toBe(GIBIBYTE + 0x12345);
  });

  test('answers do not depend on the order of questions', () => {
    const ipas = Array.from({length: 200}, (_, i) => GIBIBYTE + ((i * 7_368_787) % GUEST_RAM.guestBytes));
    const place = (order: readonly number[]) => {
      const host = new HostPlacement(fragmented(1), LAYOUT, 4096, 3);
      return new Map(order.map((ipa) => [ipa, host.physical(ipa)]));
    };
    const forwards = place(ipas);
    const backwards = place([...ipas].reverse());
    for (const ipa of ipas) expect(backwards.get(ipa)).toBe(forwards.get(ipa));
  });

  test.each([4 * KIBIBYTE, 2 * MEBIBYTE])('blocks of %d bytes stay whole and aligned', (leaf) => {
    const host = new HostPlacement(fragmented(1), LAYOUT, leaf, 3);
    for (let base = GIBIBYTE; base < GIBIBYTE + 64 * MEBIBYTE; base += leaf) {
      const physical = host.physical(base);
      expect(physical % leaf).toBe(0);
      expect(host.physical(base + leaf - 1)).toBe(physical + leaf - 1);
    }
  });

  test('a mean run is in 4 KiB pages: runs of 512 pages are single 2 MiB blocks, which do scatter', () => {
    const host = new HostPlacement(fragmented(512), LAYOUT, 2 * MEBIBYTE, 3);
    const blocks = Array.from({length: 128}, (_, i) => host.physical(GIBIBYTE + i * 2 * MEBIBYTE));
    const adjacent = blocks.filter((p, i) => i > 0 && p === (blocks[i - 1] as number) + 2 * MEBIBYTE).length;
    // 127 chances of 1/128 each
    expect(adjacent).toBeLessThan(6);
    expect(new Set(blocks).size).toBe(128);
  });

  test('outside guest RAM there is nothing', () => {
    const host = new HostPlacement(CONTIGUOUS, LAYOUT, 4096, 1);
    expect(() => host.physical(GIBIBYTE - 1)).toThrow(RangeError);
    expect(() => host.physical(GIBIBYTE + GUEST_RAM.guestBytes)).toThrow(RangeError);
    expect(host.physical(GIBIBYTE + GUEST_RAM.guestBytes - 1)).toBe(GIBIBYTE + GUEST_RAM.guestBytes - 1);
  });
});

describe('guest placement', () => {
  test('is linear within 64 MiB regions, which lie in the order of first touch', () => {
    const guest = new GuestPlacement(LAYOUT);
    const region = 64 * MEBIBYTE;
    expect(guest.frame(0xbf00_0000)).toBe(GIBIBYTE + (0xbf00_0000 % region));
    expect(guest.frame(0x0001_0000)).toBe(GIBIBYTE + region + 0x1_0000);
    expect(guest.frame(0xbf00_1234)).toBe(GIBIBYTE + (0xbf00_1234 % region));
  });

  test('three regions fit beside the tables, a fourth does not', () => {
    const guest = new GuestPlacement(LAYOUT);
    for (const base of [0, 1, 2]) guest.frame(base * 64 * MEBIBYTE);
    expect(() => guest.frame(3 * 64 * MEBIBYTE)).toThrow(RangeError);
  });
});

test('the allocator hands out aligned memory downwards and says when it is used up', () => {
  const allocate = allocatorBelow(0x1_0000, 0x8000);
  expect([allocate(32), allocate(4096), allocate(1024), allocate(16_384)]).toEqual([0xffe0, 0xe000, 0xdc00, 0x8000]);
  expect(() => allocate(4)).toThrow(RangeError);
});

test('the random source is uniform enough and repeats from its seed', () => {
  const draw = (seed: number) => {
    const next = randomSource(seed);
    return Array.from({length: 10_000}, next);
  };
  const values = draw(1);
  expect(draw(1)).toEqual(values);
  expect(draw(2)).not.toEqual(values);
  expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
  // standard error of the mean of n uniform numbers: 1 / √(12 n) = 0.0029
  expect(Math.abs(values.reduce((a, b) => a + b) / values.length - 0.5)).toBeLessThan(0.01);
});
