import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {addressSpaces, type TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {Hierarchy} from '../../src/costmodel/hierarchy.ts';
import type {Machine} from '../../src/costmodel/machine.ts';
import {METRIC, newCounts} from '../../src/costmodel/metrics.ts';
import {PageSizes} from '../../src/costmodel/page-sizes.ts';
import {FramePlacement, GuestPlacement} from '../../src/costmodel/placement.ts';
import {GUEST_KERNEL, HYPERVISOR, Tlb} from '../../src/costmodel/tlb.ts';
import {Translation} from '../../src/costmodel/translation.ts';
import {walkBound} from '../../src/predict/replay-report.ts';
import {MEBIBYTE, parseSize} from '../../src/units.ts';
import {MACHINE, WITHOUT_TLBS} from './machines.ts';

type Stage1 = TranslationPolicy['stage1'];
type Stage2 = TranslationPolicy['stage2'];
const SOURCE = 'test';
const FRAGMENTED = {
  policy: 'fragmented',
  source: SOURCE,
  meanRun: {value: 3, unit: 'pages', kind: 'assumed', source: SOURCE},
} as const;

const CONTIGUOUS = {policy: 'contiguous', source: SOURCE} as const;

/** Stage-1 layouts and the levels that a walk reads, N. */
const STAGE1: readonly (readonly [Stage1['format'], Stage1['leaf'], number])[] = [
  ['short', '4K', 2],
  ['short', '64K', 2],
  ['short', '1M', 1],
  ['short', '16M', 1],
  ['lpae', '4K', 3],
  ['lpae', '64K', 3],
  ['lpae', '2M', 2],
];
/** Stage 2: levels that a walk reads, M; start level, input bits, leaf. */
const STAGE2: readonly (readonly [number, Stage2])[] = [
  [0, null],
  [3, {format: 'lpae', startLevel: 1, inputBits: 40, leaf: '4K', source: SOURCE}],
  [2, {format: 'lpae', startLevel: 1, inputBits: 32, leaf: '2M', source: SOURCE}],
  [1, {format: 'lpae', startLevel: 1, inputBits: 40, leaf: '1G', source: SOURCE}],
  [2, {format: 'lpae', startLevel: 2, inputBits: 32, leaf: '4K', source: SOURCE}],
  [1, {format: 'lpae', startLevel: 2, inputBits: 34, leaf: '2M', source: SOURCE}],
];

const PAIRS = STAGE1.flatMap(([format, leaf, n]) =>
  STAGE2.map(([m, stage2]) => {
    const name = `${format} ${leaf} over ${stage2 ? `level ${stage2.startLevel}, ${stage2.leaf}` : 'nothing'}`;
    const policy: TranslationPolicy = {
      stage1: {format, leaf, source: SOURCE},
      stage2,
      placement: stage2 ? FRAGMENTED : CONTIGUOUS,
    };
    return [name, {policy, n, m}] as const;
  }),
);

const setUp = (policy: TranslationPolicy, machine: Machine) => {
  const counts = newCounts();
  const translation = new Translation(
    machine,
    new Hierarchy(machine, counts, 1),
    addressSpaces(policy, machine, 1),
    counts,
  );
  let time = 0;
  const count = (metric: keyof typeof METRIC): number => counts[METRIC[metric]] as number;
  /** Descriptors read by one more translation, by stage, and the frame it gave. */
  const translate = (virtual: number) => {
    const [before1, before2] = [count('stage1Reads'), count('stage2Reads')];
    const frame = translation.translate(virtual, time);
    time += translation.cycles;
    return {frame, stage1: count('stage1Reads') - before1, stage2: count('stage2Reads') - before2};
  };
  return {translate, count, translation, cycles: () => translation.cycles};
};

/** (N+1)(M+1) − 1 as DDI 0406C's tables give it; written out so that no formula is checked against itself. */
const WORST: Readonly<Record<string, number>> = {
  '1,0': 1,
  '1,1': 3,
  '1,2': 5,
  '1,3': 7,
  '2,0': 2,
  '2,1': 5,
  '2,2': 8,
  '2,3': 11,
  '3,0': 3,
  '3,1': 7,
  '3,2': 11,
  '3,3': 15,
};
const VA = 0x0123_4567;

describe.each(PAIRS)('%s', (_, {policy, n, m}) => {
  const worst = WORST[`${n},${m}`] as number;

  test(`without caches a walk reads ${worst} descriptors, again and again`, () => {
    const {translate} = setUp(policy, WITHOUT_TLBS);
    for (let i = 0; i < 3; i++) expect(translate(VA)).toMatchObject({stage1: n, stage2: worst - n});
    expect(translate(VA + 16 * MEBIBYTE)).toMatchObject({stage1: n, stage2: worst - n});
  });

  test('walkBound says the same, and the paper beside it', () => {
    expect(walkBound(policy)).toEqual({
      stage1Levels: n,
      stage2Levels: m,
      worstCaseReads: worst,
      paperReads: m === 0 ? n : n * m,
    });
  });

  test('with caches the first walk reads no more; a hit reads nothing; a second walk reads what is left', () => {
    const {translate, count} = setUp(policy, MACHINE);
    const first = translate(VA);
    expect(first.stage1).toBe(n);
    expect(first.stage2).toBeLessThanOrEqual(worst - n);
    expect(translate(VA)).toEqual({frame: first.frame, stage1: 0, stage2: 0});
    expect([count('mainMisses'), count('mainHits')]).toEqual([1, 1]);
    // A page further on: the last-level table is in the walk cache (its entry spans 1 or 2 MiB), or all of stage 1 is read
    // again; the tables' own pages are in the IPA cache; the new page may need a stage-2 walk.
    const second = translate(VA + parseSize(policy.stage1.leaf));
    const last = policy.stage1.leaf === '4K' || policy.stage1.leaf === '64K';
    expect(second.stage1).toBe(last ? 1 : n);
    expect([0, m]).toContain(second.stage2);
    expect(count('walkCacheHits')).toBe(last ? 1 : 0);
    if (worst > 1 && (last || m > 0)) expect(second.stage1 + second.stage2).toBeLessThan(worst);
  });

  test('a walk cache switched to hold IPAs saves stage-1 reads only: the table goes through stage 2 again', () => {
    const last = policy.stage1.leaf === '4K' || policy.stage1.leaf === '64K';
    const ipaCache = {sets: 0, ways: 2};
    const stage2Reads = [true, false].map((walkCachePhysical) => {
      const {translate} = setUp(policy, {...MACHINE, ipaCache, walkCachePhysical});
      translate(VA);
      return translate(VA + parseSize(policy.stage1.leaf)).stage2;
    });
    expect(stage2Reads).toEqual(last ? [m, 2 * m] : [worst - n, worst - n]);
  });

  test('every address lands where guest and host placement put it', () => {
    const region = 64 * MEBIBYTE;
    const virtual = fc.tuple(fc.constantFrom(0, 2, 47), fc.nat(region - 1)).map(([r, offset]) => r * region + offset);
    const {guestBase, guestSize: guestBytes, memoryBase: hostBase, memorySize: hostBytes} = MACHINE;
    const layout = {guestBase, guestBytes, hostBase, hostBytes, colours: 8};
    fc.assert(
      fc.property(fc.array(virtual, {minLength: 1, maxLength: 60}), (addresses) => {
        const {translate} = setUp(policy, MACHINE);
        const guest = new GuestPlacement(layout, new PageSizes(policy.stage1), CONTIGUOUS, 1);
        const host = policy.stage2 && new FramePlacement(FRAGMENTED, layout, new PageSizes(policy.stage2), 1);
        for (const address of [...addresses, ...addresses]) {
          const intermediate = guest.frame(address);
          const physical = host ? host.physical(intermediate) : intermediate;
          expect(translate(address).frame).toBe(Math.floor(physical / 4096));
        }
      }),
      {seed: 7, numRuns: 6},
    );
  });
});

const LPAE_4K: TranslationPolicy = {
  stage1: {format: 'lpae', leaf: '4K', source: SOURCE},
  stage2: {format: 'lpae', startLevel: 1, inputBits: 40, leaf: '4K', source: SOURCE},
  placement: FRAGMENTED,
};

describe('caches of a walk, LPAE 4 KiB over 4 KiB (N = M = 3)', () => {
  test('walk-cache hit and IPA-cache miss: 1 + M', () => {
    const {translate} = setUp(LPAE_4K, MACHINE);
    translate(0x10_0000);
    expect(translate(0x10_1000)).toMatchObject({stage1: 1, stage2: 3});
  });

  test('walk-cache hit and IPA-cache hit: 1', () => {
    const {translate, count} = setUp({...LPAE_4K, stage2: {...LPAE_4K.stage2!, leaf: '2M'}}, MACHINE);
    translate(0x10_0000);
    const before = count('ipaCacheHits');
    expect(translate(0x10_1000)).toMatchObject({stage1: 1, stage2: 0});
    expect(count('ipaCacheHits')).toBe(before + 1);
  });

  test('walk-cache miss and IPA-cache hits: N', () => {
    const {translate} = setUp(LPAE_4K, {...MACHINE, mainTlb: WITHOUT_TLBS.mainTlb, walkCache: WITHOUT_TLBS.walkCache});
    translate(0x10_0000);
    expect(translate(0x10_0000)).toMatchObject({stage1: 3, stage2: 0});
  });

  test('a hit in the main TLB costs the micro-TLB miss alone', () => {
    const {translate, cycles} = setUp(LPAE_4K, MACHINE);
    translate(0x10_0000);
    translate(0x10_0000);
    expect(cycles()).toBe(MACHINE.microTlbMiss);
  });

  test('a walk costs start, descriptor reads and their waits; the counters hold all of it', () => {
    const {translate, cycles, count} = setUp(LPAE_4K, MACHINE);
    translate(0x10_0000);
    expect(count('stallMicroTlb') + count('stallStage1') + count('stallStage2')).toBe(cycles());
    // once more beside it, all descriptors in L1D: 20 + 4 reads of 3, of which 3 are stage 2
    const [one, two] = [count('stallStage1'), count('stallStage2')];
    translate(0x10_1000);
    expect([count('stallStage1') - one, count('stallStage2') - two]).toEqual([23, 9]);
  });
});

const OPERATION = {all: 0, space: 1, pages: 2, pagesOfAll: 3} as const;
/** What a translation of a page that was translated before reads: nothing, or its last descriptor and what the IPA cache lacks. */
const HIT = {stage1: 0, stage2: 0};

describe('address spaces', () => {
  const page = 0x10_0000;

  test('have tables of their own: the same address lies elsewhere, and walks from the root', () => {
    const {translate, translation, count} = setUp(LPAE_4K, MACHINE);
    const first = translate(page);
    translation.switchTo(1);
    const second = translate(page);
    expect(second.frame).not.toBe(first.frame);
    expect(second.stage1).toBe(3);
    expect(count('walkCacheHits')).toBe(0);
  });

  test('are told apart by their tags: what comes back finds its entries again', () => {
    const {translate, translation, count} = setUp(LPAE_4K, MACHINE);
    const first = translate(page);
    translation.switchTo(1);
    const second = translate(page);
    translation.switchTo(0);
    expect(translate(page)).toEqual({...HIT, frame: first.frame});
    expect(translate(page + 4096).stage1).toBe(1);
    translation.switchTo(1);
    expect(translate(page)).toEqual({...HIT, frame: second.frame});
    expect(count('spaceSwitches')).toBe(3);
  });

  test('compete for the entries of a set', () => {
    const {translate, translation} = setUp(LPAE_4K, MACHINE);
    for (const space of [1, 2, 3]) {
      translation.switchTo(space);
      translate(page);
    }
    // Two ways, in the walk cache as well: the third has thrown the first out, round robin.
    translation.switchTo(3);
    expect(translate(page)).toMatchObject(HIT);
    translation.switchTo(2);
    expect(translate(page)).toMatchObject(HIT);
    translation.switchTo(1);
    expect(translate(page).stage1).toBe(3);
  });

  test('without tags a switch loses everything but stage 2', () => {
    const stage1 = {...LPAE_4K.stage1, taskSwitch: 'flush'} as const;
    const {translate, translation, count} = setUp({...LPAE_4K, stage1}, MACHINE);
    translate(page);
    translation.switchTo(1);
    translation.switchTo(0);
    const before = count('ipaCacheHits');
    expect(translate(page)).toMatchObject({stage1: 3, stage2: 0});
    expect(count('ipaCacheHits')).toBe(before + 4);
  });

  test('that end give their tables and frames to others', () => {
    const {translate, translation} = setUp(LPAE_4K, MACHINE);
    const run = (space: number) => {
      translation.switchTo(space);
      const {frame} = translate(page);
      translation.switchTo(0);
      translation.endSpace(space);
      return frame;
    };
    const frames = Array.from({length: 2000}, (_, space) => run(space + 1));
    expect(new Set(frames).size).toBe(1);
  });

  test('beyond what tags have room for are refused', () => {
    expect(() => setUp(LPAE_4K, MACHINE).translation.switchTo(2 ** 18)).toThrow(/room for 262144/);
  });
});

describe('maintenance', () => {
  const page = 0x10_0000;
  const other = page + 8192;
  /** Two spaces with two pages each; then one operation. Which of the four pages hit afterwards, in space 0, then 1? */
  const survivors = (policy: TranslationPolicy, maintain: (translation: Translation) => void) => {
    const {translate, translation} = setUp(policy, MACHINE);
    const visit = () =>
      [0, 1].flatMap((space) => {
        translation.switchTo(space);
        return [page, other].map((address) => translate(address).stage1 === 0);
      });
    visit();
    maintain(translation);
    return visit();
  };

  test.each([
    ['all', OPERATION.all, [0, 0, 0], [false, false, false, false]],
    ['by space', OPERATION.space, [1, 0, 0], [true, true, false, false]],
    ['by address', OPERATION.pages, [0, other, 1], [true, false, true, true]],
    ['by addresses', OPERATION.pages, [1, page, 3], [true, true, false, false]],
    ['by address in all spaces', OPERATION.pagesOfAll, [0, page, 1], [false, true, false, true]],
    ['of what is not there', OPERATION.pages, [0, page + 4096, 1], [true, true, true, true]],
  ] as const)('%s', (_, operation, [space, address, pages], expected) => {
    expect(survivors(LPAE_4K, (translation) => translation.maintain(operation, space, address, pages))).toEqual(
      expected,
    );
  });

  test('by an address in the middle of a large page takes all of it', () => {
    const stage2 = {...LPAE_4K.stage2!, leaf: '2M'} as const;
    const policy: TranslationPolicy = {...LPAE_4K, stage1: {...LPAE_4K.stage1, leaf: '64K'}, stage2};
    const maintain = (translation: Translation) => translation.maintain(OPERATION.pages, 0, page + 0x5000, 1);
    expect(survivors(policy, maintain)).toEqual([false, true, true, true]);
  });

  test('takes the walk cache along, and leaves finished stage-2 translations', () => {
    const {translate, translation} = setUp(LPAE_4K, MACHINE);
    translate(page);
    translation.maintain(OPERATION.pages, 0, page, 1);
    expect(translate(page)).toMatchObject({stage1: 3, stage2: 0});
  });

  test('by a hypervisor takes stage 2 too, and of others only if it says so', () => {
    const [own, kernels] = [0x7f001, 0x7f002];
    for (const [what, otherGoes] of [
      ['guest', false],
      ['all', true],
    ] as const) {
      const {translate, translation} = setUp(LPAE_4K, MACHINE);
      translate(page);
      translation.touchOwnPage(HYPERVISOR, own, 1000, 0);
      translation.touchOwnPage(GUEST_KERNEL, kernels, 1000, 0);
      translation.invalidate(what);
      expect(translation.touchOwnPage(GUEST_KERNEL, kernels, 1000, 0)).toBeGreaterThan(0);
      expect(translation.touchOwnPage(HYPERVISOR, own, 1000, 0) > 0).toBe(otherGoes);
      const {stage1, stage2} = translate(page);
      expect(stage1).toBe(3);
      // Three tables and the page, whose walks the IPA cache shortens only among themselves.
      expect(stage2 % 3).toBe(0);
      expect(stage2).toBeGreaterThan(0);
    }
  });

  test('that does not exist is refused', () => {
    expect(() => setUp(LPAE_4K, MACHINE).translation.maintain(4, 0, 0, 0)).toThrow(/no TLB operation 4/);
  });
});

describe('pages of several sizes', () => {
  const stack = 0xbe00_0000;
  const guestBase = MACHINE.guestBase;
  const stage1: Stage1 = {format: 'lpae', leaf: '4K', regions: [{area: 'stack', leaf: '2M'}], source: SOURCE};
  const stage2 = {
    ...LPAE_4K.stage2!,
    regions: [{from: guestBase, to: guestBase + 64 * MEBIBYTE, leaf: '2M' as const}],
  };

  test('a walk reads the levels of the page that it finds', () => {
    const {translate} = setUp({stage1, stage2, placement: CONTIGUOUS}, WITHOUT_TLBS);
    // The first region that is touched lies in large stage-2 pages; tables, at the top of RAM, in small ones.
    // 3 stage-1 reads with 3 stage-2 reads each, and 2 for the page.
    expect(translate(VA)).toMatchObject({stage1: 3, stage2: 3 * 3 + 2});
    // 2 stage-1 reads, and the page in another region of RAM: 3.
    expect(translate(stack)).toMatchObject({stage1: 2, stage2: 2 * 3 + 3});
  });

  test('an entry maps the smaller of the two pages at its address', () => {
    const {translate, count} = setUp({stage1, stage2, placement: CONTIGUOUS}, MACHINE);
    const misses = (...addresses: number[]) => {
      const before = count('mainMisses');
      for (const address of addresses) translate(address);
      return count('mainMisses') - before;
    };
    // 2 MiB of both stages.
    expect(misses(stack, stack + 4096, stack + 2 * MEBIBYTE - 1)).toBe(1);
    expect(misses(stack + 2 * MEBIBYTE)).toBe(1);
    // 4 KiB of stage 1 in the second region, where stage 2 has 4 KiB too.
    expect(misses(VA, VA + 4096)).toBe(2);
    const large = setUp({stage1: {...stage1, leaf: '2M', regions: []}, stage2, placement: CONTIGUOUS}, MACHINE);
    for (const address of [VA, VA + 4096, stack, stack + 4096]) large.translate(address);
    // Twice one of 2 MiB; then two of 4 KiB.
    expect(large.count('mainMisses')).toBe(3);
  });

  test('regions of the default size change nothing', () => {
    const plain = setUp(LPAE_4K, MACHINE);
    const said = setUp({...LPAE_4K, stage1: {...LPAE_4K.stage1, regions: [{area: 'program', leaf: '4K'}]}}, MACHINE);
    for (const address of [VA, VA + 4096, stack, VA + 64 * MEBIBYTE])
      expect(said.translate(address)).toEqual(plain.translate(address));
  });
});

test('frames scatter natively, by the seed', () => {
  const native: TranslationPolicy = {
    ...LPAE_4K,
    stage2: null,
    placement: {...FRAGMENTED, meanRun: {...FRAGMENTED.meanRun, value: 1}},
  };
  const frames = () => {
    const {translate} = setUp(native, MACHINE);
    return Array.from({length: 100}, (_, page) => translate(VA + page * 4096).frame);
  };
  const drawn = frames();
  expect(frames()).toEqual(drawn);
  expect(drawn.filter((frame, i) => frame === (drawn[i - 1] as number) + 1).length).toBeLessThan(5);
  expect(new Set(drawn).size).toBe(100);
});

test('frames of some colours keep the guest out of the other sets of L2', () => {
  const placement = {policy: 'coloured' as const, colours: [0, 1, 2, 4, 7], source: SOURCE};
  const {translate} = setUp({...LPAE_4K, placement}, MACHINE);
  for (let page = 0; page < 100; page++) expect(placement.colours).toContain(translate(VA + page * 4096).frame % 8);
});

describe('what cannot be mapped is refused', () => {
  const build = (policy: TranslationPolicy) => () => setUp(policy, MACHINE).translate(0);
  test('sizes that a format lacks', () => {
    expect(build({...LPAE_4K, stage1: {format: 'short', leaf: '2M', source: SOURCE}})).toThrow(/short tables have no/);
    expect(build({...LPAE_4K, stage1: {format: 'lpae', leaf: '1M', source: SOURCE}})).toThrow(/lpae tables have no/);
    const stage2 = {...LPAE_4K.stage2!, startLevel: 2, inputBits: 34, leaf: '1G'} as const;
    expect(build({...LPAE_4K, stage2})).toThrow(/lpae-from-level-2 tables have no/);
  });
  test('more concatenated tables than sixteen', () => {
    expect(build({...LPAE_4K, stage2: {...LPAE_4K.stage2!, startLevel: 2}})).toThrow(/16 concatenated/);
  });
  test('two orders of frames without a stage 2', () => {
    const stage1 = {...LPAE_4K.stage1, placement: FRAGMENTED};
    expect(build({stage1, stage2: null, placement: CONTIGUOUS})).toThrow(/leave stage1.placement out/);
  });
  test.each([
    ['empty', [{from: 0x20_0000, to: 0x20_0000, leaf: '2M'}], /0x200000-0x200000 is empty/],
    ['cut a page of their own', [{from: 0x20_0000, to: 0x30_0000, leaf: '2M'}], /multiples of 0x200000/],
    [
      'overlap',
      [
        {from: 0, to: 0x40_0000, leaf: '2M'},
        {from: 0x20_0000, to: 0x60_0000, leaf: '64K'},
      ],
      /0x0-0x400000 and 0x200000-0x600000 overlap/,
    ],
    ['have a size that the format lacks', [{area: 'stack', leaf: '1M'}], /lpae tables have no/],
  ] as const)('regions that are or do what they cannot: %s', (_, regions, message) => {
    expect(build({...LPAE_4K, stage1: {...LPAE_4K.stage1, regions: [...regions]}})).toThrow(message);
  });
  test('a region of small pages that cuts a large one around it', () => {
    const stage1 = {...LPAE_4K.stage1, leaf: '2M', regions: [{from: 0x1000, to: 0x2000, leaf: '4K'}]} as const;
    expect(build({...LPAE_4K, stage1: {...stage1, regions: [...stage1.regions]}})).toThrow(/those around it/);
  });
  test('a region of stage 2 outside guest RAM', () => {
    const stage2 = {...LPAE_4K.stage2!, regions: [{from: 0, to: 0x20_0000, leaf: '2M'} as const]};
    expect(build({...LPAE_4K, stage2})).toThrow(/outside guest RAM/);
  });
  test('an IPA space that does not hold the guest', () => {
    expect(build({...LPAE_4K, stage2: {...LPAE_4K.stage2!, startLevel: 2, inputBits: 30}})).toThrow(RangeError);
  });
});

describe('a TLB', () => {
  test('n ways of a set fit, n + 1 throw out the oldest', () => {
    const tlb = new Tlb({sets: 4, ways: 2});
    tlb.insert(0, 0, 10);
    tlb.insert(4, 0, 14);
    expect([tlb.find(0, 0), tlb.find(4, 0)]).toEqual([true, true]);
    expect(tlb.value).toBe(14);
    tlb.insert(8, 0, 18);
    expect([tlb.find(0, 0), tlb.find(4, 0), tlb.find(8, 0)]).toEqual([false, true, true]);
  });

  test('tags tell apart what shares an index', () => {
    const tlb = new Tlb({sets: 4, ways: 2});
    tlb.insert(1, 0, 5);
    expect(tlb.find(1, 1)).toBe(false);
  });

  test('without sets nothing is ever found', () => {
    const tlb = new Tlb({sets: 0, ways: 2});
    tlb.insert(0, 0, 1);
    expect(tlb.find(0, 0)).toBe(false);
  });
});
