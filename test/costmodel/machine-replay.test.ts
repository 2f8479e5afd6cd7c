/** Replay of what a machine's kernel maps: sums written out, on the oracle and on the kernel. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {addressSpaces, type TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {KernelReplay} from '../../src/costmodel/kernel/kernel-replay.ts';
import type {Machine} from '../../src/costmodel/machine.ts';
import {machineSpaces} from '../../src/costmodel/machine-spaces.ts';
import {Replay} from '../../src/costmodel/replay.ts';
import {EVENT_FLAG, PREFETCH, READ, recordAccesses, recordBlock} from '../../src/trace/records.ts';
import {recordWords} from '../../src/trace/walk.ts';
import {countsBy} from './engines.ts';
import {anyMachineStream, RAM, type Translation, translationWords} from './machine-streams.ts';
import {MACHINE, WITHOUT_TLBS} from './machines.ts';
import {hastened, policyOf, reader, SUTS} from './replays.ts';
import {anyStream, BLOCKS, blockWords, chunkOf, maintenanceWords, taskSwitchWords} from './streams.ts';

const SOURCE = 'test';
const STAGE1 = {format: 'lpae', leaf: '4K', source: SOURCE} as const;
const CONTIGUOUS = {policy: 'contiguous', source: SOURCE} as const;
const NATIVE: TranslationPolicy = {stage1: STAGE1, stage2: null, placement: CONTIGUOUS};
const THREE_LEVELS: TranslationPolicy = {
  ...NATIVE,
  stage2: {format: 'lpae', startLevel: 1, inputBits: 40, leaf: '4K', source: SOURCE},
};

/** Of one instruction, which may load; it lies in its page of code. */
const BLOCK = BLOCKS.find(({instructions}) => instructions.length === 1)!;
const CODE_PAGE = BLOCK.address - (BLOCK.address % 4096);
const load = (address: number, kind = READ) => blockWords(BLOCK.id, [{address, size: 4, kind}]);

/** Long descriptors. The tables of a walk lie in pages of different sets of the IPA cache. */
const long = (address: number, page: number, more: Partial<Translation> = {}): Translation => ({
  space: 0,
  address,
  bits: 12,
  page,
  descriptors: [
    RAM.base + 0x10_1000 + Math.floor(address / 2 ** 30) * 8,
    RAM.base + 0x20_2000 + Math.floor(address / 2 ** 21) * 8,
    RAM.base + 0x30_3000 + Math.floor(address / 2 ** 21) * 4096 + (Math.floor(address / 4096) % 512) * 8,
  ],
  ...more,
});
const CODE = translationWords(long(CODE_PAGE, RAM.base + 0x100_0000, {isGlobal: true}));
const DATA = 0x1000_0000;

const ENGINES = {oracle: Replay, kernel: KernelReplay} as const;

describe.each(Object.entries(ENGINES))('%s', (_, engine) => {
  const count = (policy: TranslationPolicy, words: readonly number[], machine: Machine = MACHINE) => {
    const replay = new engine({
      machine,
      spaces: machineSpaces(policy, machine, 1),
      blocks: BLOCKS,
      activities: [],
      pipelineScale: 1,
      seed: 1,
    });
    replay.consume(chunkOf(words));
    return reader(replay.result);
  };

  test('three levels under three levels: each of three descriptors and the page through stage 2', () => {
    const words = [...CODE, ...translationWords(long(DATA, RAM.base + 0x200_0000)), ...load(DATA)];
    const cold = count(THREE_LEVELS, words, WITHOUT_TLBS);
    // Two walks, of the code and of the data: 3 + 3, and (3 + 1) × 3 each.
    expect(cold('stage1Reads')).toBe(2 * 3);
    expect(cold('stage2Reads')).toBe(2 * 4 * 3);
    const warm = count(THREE_LEVELS, words);
    // The second walk finds the pages of both first tables in the IPA cache.
    expect(warm('stage2Reads')).toBe(4 * 3 + (4 - 2) * 3);
    expect(warm('ipaCacheHits')).toBe(2);
  });

  test('a second page of a table: the walk cache has the table, the last descriptor is in L1D', () => {
    const [first, second] = [DATA, DATA + 4096].map((address) =>
      translationWords(long(address, RAM.base + address - DATA)),
    );
    const before = [...CODE, ...first!, ...load(DATA)];
    const one = count(NATIVE, before);
    const two = count(NATIVE, [...before, ...second!, ...load(DATA + 4096)]);
    expect(one('stage1Reads')).toBe(3 + 3);
    expect(two('stage1Reads')).toBe(3 + 3 + 1);
    expect(two('walkCacheHits')).toBe(1);
    expect(two('stallStage1') - one('stallStage1')).toBe(MACHINE.walkStart + MACHINE.walkRead);
  });

  test('a section of short descriptors: one read, and one entry for all of its 256 pages', () => {
    const section: Translation = {
      space: 0,
      address: DATA,
      bits: 20,
      page: RAM.base,
      descriptors: [RAM.base + 0x4000 + (DATA / 2 ** 20) * 4],
    };
    const words = [...CODE, ...translationWords(section), ...load(DATA), ...load(DATA + 0xf_f000)];
    const counted = count(NATIVE, words, {...MACHINE, walkCache: WITHOUT_TLBS.walkCache});
    expect(counted('stage1Reads')).toBe(3 + 1);
    expect([counted('mainMisses'), counted('mainHits')]).toEqual([2, 1]);
    // Under pages of 4 KiB an entry is of 4 KiB, and each walk reads the section again.
    const splintered = count(THREE_LEVELS, words);
    expect([splintered('mainMisses'), splintered('mainHits')]).toEqual([3, 0]);
    expect(splintered('stage1Reads')).toBe(3 + 2);
  });

  test('two descriptors and a page of 4 KiB: of short tables where the last is in one of those', () => {
    const pages = [0x1000, 0x10_1000].map((offset) => DATA + offset);
    const walkCacheHits = (descriptor: (address: number) => number) => {
      const words = pages.flatMap((address) => {
        const descriptors = [RAM.base + 0x5000, descriptor(address)];
        return [...translationWords(long(address, RAM.base + address - DATA, {descriptors})), ...load(address)];
      });
      return count(NATIVE, [...CODE, ...words])('walkCacheHits');
    };
    // A table of 512 long descriptors maps both; two of 256 short ones map one each.
    expect(walkCacheHits((address) => RAM.base + 0x6000 + (Math.floor(address / 4096) % 512) * 8)).toBe(1);
    expect(
      walkCacheHits(
        (address) =>
          RAM.base + 0x6800 + (Math.floor(address / 2 ** 20) % 2) * 1024 + (Math.floor(address / 4096) % 256) * 4,
      ),
    ).toBe(0);
  });

  test('a page of a device is translated; nothing of it is looked up in a cache, and no time passes for it', () => {
    const device = translationWords(long(DATA, 0x0900_0000, {type: 1}));
    const words = [...CODE, ...device, ...load(DATA)];
    const counted = count(THREE_LEVELS, words);
    expect([counted('reads'), counted('l1dAccesses'), counted('l1dMisses')]).toEqual([1, 0, 0]);
    expect(counted('stage2Reads')).toBe(4 * 3 + (4 - 2) * 3);
    expect(counted('stallDram') + counted('stallL2')).toBe(0);
  });

  test('with the MMU off an address costs stage 2 alone, and code is cached', () => {
    const flat = (address: number) => long(address, RAM.base + address, {type: 2, descriptors: []});
    const words = [...translationWords(flat(CODE_PAGE)), ...translationWords(flat(0x8000)), ...load(0x8000)];
    const counted = count(THREE_LEVELS, words);
    expect([counted('stage1Reads'), counted('stallStage1'), counted('stage2Reads')]).toEqual([0, 0, 2 * 3]);
    expect([counted('l1dAccesses'), counted('l1iMisses')]).toEqual([0, 1]);
    expect(count(NATIVE, words)('stallStage1')).toBe(0);
  });

  describe('address spaces', () => {
    const own = (space: number, page: number) => translationWords(long(DATA, RAM.base + page, {space}));
    const touch = load(DATA);

    test('an entry of one is no entry of the other; a global one is of both', () => {
      const words = [
        ...CODE,
        ...own(0, 0),
        ...touch,
        ...taskSwitchWords(7),
        ...own(7, 0x40_0000),
        ...touch,
        ...taskSwitchWords(0),
        ...touch,
      ];
      const counted = count(NATIVE, words);
      // Code once, data once in each space; back in the first, all is in the main TLB.
      expect(counted('mainMisses')).toBe(1 + 2);
      expect(counted('mainHits')).toBe(1 + 2);
      expect(counted('spaceSwitches')).toBe(2);
    });

    test('a number that comes back means other memory', () => {
      const words = [...CODE, ...own(0, 0), ...touch];
      const again = [...maintenanceWords('space', 0, 0, 0), ...own(0, 0x40_0000), ...touch];
      const counted = count(NATIVE, [...words, ...again]);
      // The global entry of the code stays; the data are elsewhere, so their line is not in L1D.
      expect([counted('mainMisses'), counted('mainHits')]).toEqual([1 + 2, 1]);
      expect(counted('l1dMisses')).toBe(2);
    });

    test.each([
      ['space', 0, 1],
      ['pages', 1, 0],
      ['pages-of-all', 1, 0],
      ['all', 1, 0],
    ] as const)('%s: global entries', (operation, misses, hits) => {
      const isNamed = operation.startsWith('pages');
      const invalidate = maintenanceWords(operation, 3, isNamed ? CODE_PAGE : 0, isNamed ? 1 : 0);
      const run = blockWords(BLOCK.id, []);
      const counted = count(NATIVE, [...CODE, ...run, ...invalidate, ...(misses ? CODE : []), ...run]);
      expect([counted('mainMisses'), counted('mainHits')]).toEqual([1 + misses, hits]);
    });
  });

  test('an access that nothing announces names its record; a PLD of it does nothing', () => {
    const start = [...CODE, ...blockWords(BLOCK.id, []), ...blockWords(BLOCK.id, [])];
    expect(() => count(NATIVE, [...start, ...load(DATA)])).toThrow(
      /broken at chunk 1, record 3 \(the block at 0x[0-9a-f]+\): nothing announces a translation of 0x10000000 in address space 0; record it again/,
    );
    expect(() =>
      count(NATIVE, [...start, ...taskSwitchWords(2), ...maintenanceWords('all', 0, 0, 0), ...start]),
    ).not.toThrow();
    expect(() => count(NATIVE, blockWords(BLOCK.id, []))).toThrow(/chunk 1, record 0 .* address space 0/);
    const counted = count(NATIVE, [...start, ...load(DATA, PREFETCH)]);
    expect([counted('prefetches'), counted('l1dAccesses'), counted('microDataMisses')]).toEqual([1, 0, 0]);
  });

  test('memory outside RAM, and sizes that no table has, are errors', () => {
    const outside = translationWords(long(DATA, 0x1000_0000));
    expect(() => count(NATIVE, [...CODE, ...outside, ...load(DATA)])).toThrow(
      /0x10000000 as memory.*memory\.guestSize/,
    );
    expect(() => count(NATIVE, translationWords(long(DATA, RAM.base, {bits: 13})))).toThrow(/2\^13 bytes/);
  });
});

test('natively RAM must be where the host has it', () => {
  expect(() => machineSpaces(NATIVE, {...MACHINE, guestBase: 0}, 1)).toThrow(/memory\.guestBase \(0x0\)/);
});

test('random streams have what their name promises', () => {
  const words = fc.sample(anyMachineStream, {seed: 8, numRuns: 60});
  const totals = words.map((one) => {
    const system = {machine: MACHINE, policy: policyOf('xvisor'), activities: [], pipelineScale: 1, seed: 1};
    return countsBy(KernelReplay, {...system, isMachine: true}, BLOCKS, [chunkOf(one)]).metrics;
  });
  const sum = (id: string): number => totals.reduce((total, metrics) => total + (metrics[id] ?? 0), 0);
  const accesses = sum('accesses.read') + sum('accesses.write') + sum('accesses.prefetch');
  for (const id of ['walk.walkCacheHits', 'walk.ipaCacheHits', 'tlb.mainHits', 'tlb.spaceSwitches', 'tlb.maintenance'])
    expect([id, sum(id) > 50]).toEqual([id, true]);
  // Some are of devices, or dropped.
  expect(sum('l1d.accesses.guest')).toBeLessThan(accesses * 0.98);
  expect(sum('l1d.accesses.guest')).toBeGreaterThan(accesses * 0.5);
});

/** What a program's stream becomes when its synthesized stage 1 is a kernel's own. */
const announced = (words: readonly number[], policy: TranslationPolicy): number[] => {
  const spaces = addressSpaces(policy, MACHINE, 1);
  const seen = new Set<number>();
  const need = (from: number, bytes: number): number[] => {
    const found: number[] = [];
    for (let page = Math.floor(from / 4096); page * 4096 < from + bytes; page++) {
      if (seen.has(page)) continue;
      seen.add(page);
      const virtual = page * 4096;
      spaces.touch(0, virtual);
      const tables = spaces.stage1(0);
      const descriptors: number[] = [];
      let [table, bits] = [tables.root, 0];
      for (let level = 0; bits === 0; level++) {
        const slot = tables.descriptorAddress(table, level, virtual);
        descriptors.push(slot);
        table = tables.readAddress(slot);
        bits = tables.pageBits(slot, level);
      }
      found.push(
        ...translationWords({space: 0, address: virtual - (virtual % 2 ** bits), bits, page: table, descriptors}),
      );
    }
    return found;
  };
  const all: number[] = [];
  for (let at = 0; at < words.length; at += recordWords(words[at]!)) {
    const head = words[at]!;
    expect(head < EVENT_FLAG).toBe(true);
    const {address, size} = BLOCKS[recordBlock(head)]!;
    all.push(...need(address, size));
    for (let n = 0; n < recordAccesses(head); n++)
      all.push(...need(words[at + 1 + 2 * n]!, words[at + 2 + 2 * n]! & 0xff));
    all.push(...words.slice(at, at + recordWords(head)));
  }
  return all;
};

test.each(SUTS)('%s: what a kernel maps as replay would have made it up counts the same', {timeout: 120_000}, (sut) => {
  const system = {machine: MACHINE, activities: hastened(sut), pipelineScale: 1, seed: 1};
  const policies = [
    policyOf(sut),
    {...policyOf(sut), stage1: {...STAGE1, format: 'short', leaf: '64K'}},
    {...policyOf(sut), stage1: {...STAGE1, leaf: '2M'}},
  ] as const;
  fc.assert(
    fc.property(anyStream, fc.constantFrom(...policies), ({words}, policy) => {
      const program = countsBy(KernelReplay, {...system, policy}, BLOCKS, [chunkOf(words)]);
      const machine = countsBy(KernelReplay, {...system, policy, isMachine: true}, BLOCKS, [
        chunkOf(announced(words, policy)),
      ]);
      expect(machine).toEqual(program);
    }),
    {seed: 34, numRuns: 8},
  );
});
