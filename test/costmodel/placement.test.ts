import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {PageSizes} from '../../src/costmodel/page-sizes.ts';
import {
  allocatorBelow,
  FramePlacement,
  GuestPlacement,
  hostFrames,
  randomSource,
} from '../../src/costmodel/placement.ts';
import type {PageRegion} from '../../src/hypervisors/page-regions.ts';
import type {Placement} from '../../src/hypervisors/schema.ts';
import {GIBIBYTE, KIBIBYTE, MEBIBYTE} from '../../src/units.ts';

const CONTIGUOUS: Placement = {policy: 'contiguous', source: 'test'};
const fragmented = (meanRun: number): Placement => ({
  policy: 'fragmented',
  source: 'test',
  meanRun: {value: meanRun, unit: 'pages', kind: 'assumed', source: 'test'},
});
const GUEST_RAM = {guestBase: GIBIBYTE, guestBytes: 256 * MEBIBYTE};
const LAYOUT = {...GUEST_RAM, hostBase: GIBIBYTE, hostBytes: 1000 * MEBIBYTE, colours: 8};
const PAGES = new PageSizes({leaf: '4K'});
const BLOCKS = new PageSizes({leaf: '2M'});

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
    const host = new FramePlacement(CONTIGUOUS, LAYOUT, PAGES, 1);
    expect(host.physical(GIBIBYTE + 0x12345)).toBe(GIBIBYTE + 0x12345);
  });

  test('answers do not depend on the order of questions', () => {
    const ipas = Array.from({length: 200}, (_, i) => GIBIBYTE + ((i * 7_368_787) % GUEST_RAM.guestBytes));
    const place = (order: readonly number[]) => {
      const host = new FramePlacement(fragmented(1), LAYOUT, PAGES, 3);
      return new Map(order.map((ipa) => [ipa, host.physical(ipa)]));
    };
    const forwards = place(ipas);
    const backwards = place([...ipas].reverse());
    for (const ipa of ipas) expect(backwards.get(ipa)).toBe(forwards.get(ipa));
  });

  test.each([PAGES, BLOCKS])('pages stay whole and aligned', (sizes) => {
    const leaf = sizes.largest;
    const host = new FramePlacement(fragmented(1), LAYOUT, sizes, 3);
    for (let base = GIBIBYTE; base < GIBIBYTE + 64 * MEBIBYTE; base += leaf) {
      const physical = host.physical(base);
      expect(physical % leaf).toBe(0);
      expect(host.physical(base + leaf - 1)).toBe(physical + leaf - 1);
    }
  });

  test('a mean run is in 4 KiB pages: runs of 512 pages are single 2 MiB blocks, which do scatter', () => {
    const host = new FramePlacement(fragmented(512), LAYOUT, BLOCKS, 3);
    const blocks = Array.from({length: 128}, (_, i) => host.physical(GIBIBYTE + i * 2 * MEBIBYTE));
    const adjacent = blocks.filter((p, i) => i > 0 && p === (blocks[i - 1] as number) + 2 * MEBIBYTE).length;
    // 127 chances of 1/128 each
    expect(adjacent).toBeLessThan(6);
    expect(new Set(blocks).size).toBe(128);
  });

  test('outside guest RAM there is nothing', () => {
    const host = new FramePlacement(CONTIGUOUS, LAYOUT, PAGES, 1);
    expect(() => host.physical(GIBIBYTE - 1)).toThrow(RangeError);
    expect(() => host.physical(GIBIBYTE + GUEST_RAM.guestBytes)).toThrow(RangeError);
    expect(host.physical(GIBIBYTE + GUEST_RAM.guestBytes - 1)).toBe(GIBIBYTE + GUEST_RAM.guestBytes - 1);
  });
});

describe('guest placement', () => {
  test('is linear within 64 MiB regions, which lie in the order of first touch', () => {
    const guest = new GuestPlacement(LAYOUT, PAGES, CONTIGUOUS, 1);
    const region = 64 * MEBIBYTE;
    expect(guest.frame(0xbf00_0000)).toBe(GIBIBYTE + (0xbf00_0000 % region));
    expect(guest.frame(0x0001_0000)).toBe(GIBIBYTE + region + 0x1_0000);
    expect(guest.frame(0xbf00_1234)).toBe(GIBIBYTE + (0xbf00_1234 % region));
  });

  test('three regions fit beside the tables, a fourth does not', () => {
    const guest = new GuestPlacement(LAYOUT, PAGES, CONTIGUOUS, 1);
    for (const base of [0, 1, 2]) guest.frame(base * 64 * MEBIBYTE);
    expect(() => guest.frame(3 * 64 * MEBIBYTE)).toThrow(RangeError);
  });
});

const RAM_TOP = GIBIBYTE + 252 * MEBIBYTE;
const CHUNK = 64 * KIBIBYTE;

describe('guest placement of several address spaces', () => {
  test('those after the first take chunks from the top of RAM, in the order of first touch', () => {
    const guest = new GuestPlacement(LAYOUT, PAGES, CONTIGUOUS, 1);
    expect(guest.frame(0x1_0000)).toBe(GIBIBYTE + 0x1_0000);
    expect(guest.frame(0x1_0123, 5)).toBe(RAM_TOP - CHUNK + 0x123);
    expect(guest.frame(0xbeff_0000, 5)).toBe(RAM_TOP - 2 * CHUNK);
    expect(guest.frame(0x1_0000, 6)).toBe(RAM_TOP - 3 * CHUNK);
    expect(guest.frame(0x1_1000, 5)).toBe(RAM_TOP - CHUNK + 0x1000);
  });

  test('what a space held is handed out again when it has ended', () => {
    const guest = new GuestPlacement(LAYOUT, PAGES, CONTIGUOUS, 1);
    const first = guest.frame(0x1_0000, 1);
    guest.frame(0x1_0000, 2);
    guest.end(1);
    expect(guest.frame(0x5_0000, 3)).toBe(first);
  });

  test('so are the regions of the first one', () => {
    const guest = new GuestPlacement(LAYOUT, new PageSizes({leaf: '16M'}), CONTIGUOUS, 1);
    for (const base of [0, 1, 2]) guest.frame(base * 64 * MEBIBYTE);
    for (const space of [1, 2, 3]) guest.frame(0, space);
    guest.end(0);
    const frames = Array.from({length: 12}, (_, page) => guest.frame(page * 16 * MEBIBYTE, 4));
    const all = Array.from({length: 12}, (_, page) => GIBIBYTE + page * 16 * MEBIBYTE);
    expect(frames.toSorted((a, b) => a - b)).toEqual(all);
    expect(() => guest.frame(0, 5)).toThrow(/address space 5/);
  });

  test('no two pages share a frame, whoever ends in between', () => {
    const any = fc.record({space: fc.nat(4), page: fc.nat(500), ends: fc.constantFrom(false, false, false, true)});
    const placements = fc.constantFrom(CONTIGUOUS, fragmented(3));
    fc.assert(
      fc.property(fc.array(any, {maxLength: 200}), placements, (steps, placement) => {
        const guest = new GuestPlacement(LAYOUT, PAGES, placement, 4);
        const held = new Map<string, number>();
        for (const {space, page, ends} of steps) {
          // The first space would not come back.
          if (ends && space > 0) {
            guest.end(space);
            for (const key of held.keys()) if (key.startsWith(`${space}/`)) held.delete(key);
          } else held.set(`${space}/${page}`, guest.frame(page * 4096, space));
          expect(new Set(held.values()).size).toBe(held.size);
        }
      }),
      {seed: 8, numRuns: 60},
    );
  });

  test('RAM that is used up is an error that names the space', () => {
    const guest = new GuestPlacement(LAYOUT, new PageSizes({leaf: '16M'}), CONTIGUOUS, 1);
    for (const base of [0, 1, 2]) guest.frame(base * 64 * MEBIBYTE);
    // 252 − 192 MiB hold three chunks of 16 MiB.
    for (const space of [1, 2, 3]) guest.frame(0, space);
    expect(() => guest.frame(0, 4)).toThrow(/address space 4 touches 0x0/);
  });
});

describe("a guest kernel's own order of frames", () => {
  test('fragmented frames follow from the seed, and stay within RAM', () => {
    const draw = (seed: number) => {
      const guest = new GuestPlacement(LAYOUT, PAGES, fragmented(1), seed);
      return Array.from({length: 300}, (_, page) => guest.frame(page * 4096));
    };
    const frames = draw(1);
    expect(draw(1)).toEqual(frames);
    expect(draw(2)).not.toEqual(frames);
    expect(frames.every((frame) => frame >= GIBIBYTE && frame < RAM_TOP)).toBe(true);
    const neighbours = frames.filter((frame, i) => frame === (frames[i - 1] as number) + 4096).length;
    expect(neighbours).toBeLessThan(5);
  });

  test('large pages stay whole', () => {
    const guest = new GuestPlacement(LAYOUT, new PageSizes({leaf: '64K'}), fragmented(1), 1);
    for (let page = 0; page < 200; page++) {
      const first = guest.frame(page * 64 * KIBIBYTE);
      expect(first % (64 * KIBIBYTE)).toBe(0);
      expect(guest.frame(page * 64 * KIBIBYTE + 0xfabc)).toBe(first + 0xfabc);
    }
  });
});

const coloured = (...colours: number[]): Placement => ({policy: 'coloured', source: 'test', colours});
const colourOf = (address: number): number => (address / 4096) % 8;

describe('frames by colour', () => {
  test('have these colours and no other, each once', () => {
    const host = new FramePlacement(coloured(5, 1, 2, 5), LAYOUT, PAGES, 1);
    const frames = Array.from({length: 65_536}, (_, page) => host.physical(GIBIBYTE + page * 4096));
    expect(new Set(frames).size).toBe(65_536);
    expect(frames.slice(0, 6).map(colourOf)).toEqual([1, 2, 5, 1, 2, 5]);
    expect(new Set(frames.map(colourOf))).toEqual(new Set([1, 2, 5]));
    expect(host.physical(GIBIBYTE + 4 * 4096 + 12)).toBe(GIBIBYTE + 10 * 4096 + 12);
  });

  test("a guest's kernel has that much less memory to hand out", () => {
    const guest = new GuestPlacement(LAYOUT, PAGES, coloured(0, 3), 1);
    const frames = Array.from({length: 1000}, (_, chunk) => guest.frame(chunk * 65_536 + (chunk % 16) * 4096));
    expect(new Set(frames.map(colourOf))).toEqual(new Set([0, 3]));
    // A quarter of 252 MiB is 1008 chunks.
    expect(() => Array.from({length: 9}, (_, chunk) => guest.frame((1000 + chunk) * 65_536))).toThrow(/63 MiB/);
  });

  test.each([
    ['a colour that L2 does not have', coloured(8), PAGES, /there is no colour 8: L2 has 8/],
    ['too few frames', coloured(0, 1), PAGES, /2 of 8 colours have 250 MiB of frames, and 256 MiB are needed/],
    ['pages of all colours', coloured(0, 1, 2), BLOCKS, /pages of 0x200000 bytes have all colours/],
  ] as const)('%s is an error', (_, placement, sizes, message) => {
    expect(() => new FramePlacement(placement, LAYOUT, sizes, 1)).toThrow(message);
  });
});

describe('pages of several sizes', () => {
  const regions: PageRegion[] = [
    {from: GIBIBYTE + 32 * MEBIBYTE, to: GIBIBYTE + 64 * MEBIBYTE, leaf: '2M'},
    {from: GIBIBYTE + 128 * MEBIBYTE, to: GIBIBYTE + 130 * MEBIBYTE, leaf: '2M'},
  ];
  const sizes = new PageSizes({leaf: '4K', regions});

  test('change places among their equals: all frames are used, none twice', () => {
    const host = new FramePlacement(fragmented(1), LAYOUT, sizes, 1);
    const frames = Array.from({length: 65_536}, (_, page) => host.physical(GIBIBYTE + page * 4096));
    expect(frames.toSorted((a, b) => a - b)).toEqual(Array.from({length: 65_536}, (_, page) => GIBIBYTE + page * 4096));
    const blocks = Array.from({length: 17}, (_, block) => {
      const base = block < 16 ? GIBIBYTE + 32 * MEBIBYTE + block * 2 * MEBIBYTE : GIBIBYTE + 128 * MEBIBYTE;
      const physical = host.physical(base);
      expect(physical % (2 * MEBIBYTE)).toBe(0);
      expect(host.physical(base + 2 * MEBIBYTE - 1)).toBe(physical + 2 * MEBIBYTE - 1);
      return physical;
    });
    expect(blocks.some((physical, block) => physical !== GIBIBYTE + 32 * MEBIBYTE + block * 2 * MEBIBYTE)).toBe(true);
  });

  test('a region outside the memory is an error', () => {
    const outside = new PageSizes({leaf: '4K', regions: [{from: 0, to: 2 * MEBIBYTE, leaf: '2M'}]});
    expect(() => new FramePlacement(CONTIGUOUS, LAYOUT, outside, 1)).toThrow(/0x0-0x200000 is outside guest RAM/);
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
