/** Random machines, and random ways to translate: what the kernel is compared with its oracle on. */
import fc from 'fast-check';
import type {TranslationPolicy} from '../../src/costmodel/address-space.ts';
import type {CacheGeometry, Machine, TlbGeometry} from '../../src/costmodel/machine.ts';
import {MACHINE} from './machines.ts';
import {policyOf, SUTS} from './replays.ts';

const anyCache = ({sets, ways, lineBits}: CacheGeometry): fc.Arbitrary<CacheGeometry> =>
  fc.record({
    sets: fc.constantFrom(1, 4, sets / 2, sets),
    ways: fc.constantFrom(1, 2, 3, ways),
    lineBits: fc.constant(lineBits),
  });
const anyTlb = ({sets, ways}: TlbGeometry): fc.Arbitrary<TlbGeometry> =>
  fc.record({sets: fc.constantFrom(0, 1, 3, sets), ways: fc.constantFrom(1, 2, 3, ways)});

export const anyMachine: fc.Arbitrary<Machine> = fc
  .record({
    l1i: anyCache(MACHINE.l1i),
    l1d: anyCache(MACHINE.l1d),
    l2: anyCache(MACHINE.l2),
    mainTlb: anyTlb(MACHINE.mainTlb),
    walkCache: anyTlb(MACHINE.walkCache),
    ipaCache: anyTlb(MACHINE.ipaCache),
    microTlbEntries: fc.constantFrom(1, 2, 10, 64),
    linefills: fc.constantFrom(1, 2, 5, 16),
    postedWrites: fc.constantFrom(1, 4, 16),
    walkCachePhysical: fc.boolean(),
    l2FillsOnMiss: fc.boolean(),
    l2KeepsOnHit: fc.boolean(),
    l2Line: fc.constantFrom(0, 5, 30),
    demandMisses: fc.constantFrom(1, 2, 5),
    storeLinefills: fc.constantFrom(1, 2, 5),
    storeBuffer: fc.constantFrom(1, 4, 8),
    merging: fc.constantFrom([8, 64], [16, 32], [16, 16], [64, 64]),
    readAllocateEntry: fc.constantFrom(1, 3, 10_000),
    readAllocateEntryL2: fc.constantFrom(0, 2, 127),
    prefetchDepth: fc.constantFrom(0, 1, 3, 8),
    prefetchTrigger: fc.constantFrom(1, 3),
    prefetchStride: fc.constantFrom(1, 4, 64),
    prefetchPageLines: fc.constantFrom(64, 48, 32_768),
    takenBranch: fc.constantFrom(0, 1),
    counterEntries: fc.constantFrom(16, 16_384),
    historyBits: fc.constantFrom(0, 4, 8),
    dram: fc
      .record({
        banks: fc.constantFrom(1, 3, 8),
        rowLines: fc.constantFrom(1, 48, 64),
        refreshInterval: fc.constantFrom(500.25, 7000, 1e12),
        turnaround: fc.constantFrom(0, 7.3),
        otherInterval: fc.constantFrom(Number.POSITIVE_INFINITY, 1000.5, 60),
      })
      .map((changes) => ({...MACHINE.dram, ...changes})),
  })
  .map(
    ({merging: [mergeBytes, ascendingBytes], ...changes}) =>
      ({...MACHINE, mergeBytes, ascendingBytes, ...changes}) as Machine,
  );

export const PAGES = {short: ['4K', '64K', '1M', '16M'], lpae: ['4K', '64K', '2M']} as const;
export const anyPolicy: fc.Arbitrary<TranslationPolicy> = fc
  .record({
    base: fc.constantFrom(...SUTS),
    format: fc.constantFrom('short' as const, 'lpae' as const),
    page: fc.nat(),
    leaf: fc.constantFrom('4K', '2M', '1G'),
    startLevel: fc.constantFrom(1 as const, 2 as const),
  })
  .map(({base, format, page, leaf, startLevel}) => {
    const policy = policyOf(base);
    const stage1 = {...policy.stage1, format, leaf: PAGES[format][page % PAGES[format].length]!};
    const {stage2} = policy;
    if (!stage2) return {...policy, stage1};
    // A walk from level 2 translates 34 bits at most, and ends at blocks of 2 MiB.
    const start = leaf === '1G' ? 1 : startLevel;
    const inputBits = start === 1 ? stage2.inputBits : 33;
    const placement = leaf === '4K' ? policy.placement : {...policy.placement, policy: 'contiguous' as const};
    return {...policy, stage1, stage2: {...stage2, leaf, startLevel: start, inputBits}, placement} as TranslationPolicy;
  });
