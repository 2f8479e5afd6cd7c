import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {addressSpaces, type TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {Hierarchy} from '../../src/costmodel/hierarchy.ts';
import type {Machine} from '../../src/costmodel/machine.ts';
import {METRIC, newCounts} from '../../src/costmodel/metrics.ts';
import {PageSizes} from '../../src/costmodel/page-sizes.ts';
import {FramePlacement, GuestPlacement} from '../../src/costmodel/placement.ts';
import {Tlb} from '../../src/costmodel/tlb.ts';
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
  return {translate, count, cycles: () => translation.cycles};
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
  test('scattered frames without a stage 2 that could map them', () => {
    expect(build({...LPAE_4K, stage2: null})).toThrow(RangeError);
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
