import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {addressSpaces, type TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {GUEST, METRICS, PATH, STAGE1, STAGE2} from '../../src/costmodel/metrics.ts';
import type {Counts} from '../../src/costmodel/replay.ts';
import {measure} from '../../src/predict/measure.ts';
import {walkBound} from '../../src/predict/replay-report.ts';
import {MEBIBYTE} from '../../src/units.ts';
import {MACHINE, WITHOUT_TLBS} from './machines.ts';
import {CALIBRATION, countsOf, hastened, marked, newReplay, policyOf, reader, SUTS} from './replays.ts';
import {
  anySpacedStream,
  anyStream,
  chunkOf,
  markerWords,
  type Stream,
  sourceOf,
  spaceEndWords,
  taskSwitchWords,
} from './streams.ts';

const STREAMS = [
  ['in one address space', anyStream],
  ['in several address spaces', anySpacedStream],
] as const;

describe.each(SUTS.flatMap((sut) => STREAMS.map(([where, streams]) => [sut, where, streams] as const)))(
  '%s: laws of any stream %s',
  (sut, _, streams) => {
    const hold = (law: (counts: Counts, stream: Stream) => void, seed: number): void =>
      fc.assert(
        fc.property(streams, (stream) => law(countsOf(sut, marked(stream.words)), stream)),
        {seed, numRuns: 20},
      );

    test('what the stream holds is counted', () => {
      hold((counts, stream) => {
        const count = reader(counts);
        expect([count('blocks'), count('instructions')]).toEqual([stream.blocks, stream.instructions]);
        expect([count('reads'), count('writes'), count('prefetches')]).toEqual(stream.kinds);
        expect(count('l1dAccesses')).toBe(stream.lineSplits);
        expect(count('l1iAccesses')).toBe(stream.instructionLines);
      }, 11);
    });

    test('each level is asked for what the one above lacks', () => {
      hold((counts) => {
        const count = reader(counts);
        expect(count('l2Accesses')).toBe(
          count('l1dMisses') - count('streamedStores') + count('brokenLines') + count('l1iMisses'),
        );
        for (const requester of [STAGE1, STAGE2, PATH]) {
          expect(count('l2Accesses', requester)).toBe(count('l1dMisses', requester) + count('l1iMisses', requester));
        }
        expect(count('l2PrefetchAccesses')).toBe(count('prefetchIssued'));
        const l2Misses = [GUEST, STAGE1, STAGE2, PATH].reduce((sum, r) => sum + count('l2Misses', r), 0);
        expect(count('dramReads')).toBe(l2Misses + count('l2PrefetchMisses'));
        expect(count('rowHits') + count('rowEmpty') + count('rowConflicts')).toBe(
          count('dramReads') + count('dramWrites'),
        );
      }, 12);
    });

    test('micro-TLB misses ask the main TLB; descriptors are read through L1D', () => {
      hold((counts) => {
        const count = reader(counts);
        expect(count('mainHits') + count('mainMisses')).toBe(
          count('microInstructionMisses') + count('microDataMisses'),
        );
        expect(count('l1dAccesses', STAGE1)).toBe(count('stage1Reads') + count('pathTlbMisses'));
        expect(count('l1dAccesses', STAGE2)).toBe(count('stage2Reads'));
      }, 13);
    });

    test('no walk reads more than (N+1)(M+1) − 1 descriptors', () => {
      const {worstCaseReads} = walkBound(policyOf(sut));
      hold((counts) => {
        const count = reader(counts);
        expect(count('stage1Reads') + count('stage2Reads')).toBeLessThanOrEqual(worstCaseReads * count('mainMisses'));
      }, 22);
    });

    test('no count exceeds what it is a part of', () => {
      hold((counts) => {
        const count = reader(counts);
        for (const [part, whole] of [
          ['prefetchLate', 'prefetchUsed'],
          ['brokenLines', 'streamBreaks'],
          ['streamedLines', 'streamedStores'],
          ['turnarounds', 'dramReads'],
          ['walkCacheHits', 'mainMisses'],
          ['taken', 'blocks'],
        ] as const) {
          const slack = part === 'turnarounds' ? count('dramWrites') : 0;
          expect([part, count(part) <= count(whole) + slack]).toEqual([part, true]);
        }
        for (const requester of [GUEST, STAGE1, STAGE2, PATH]) {
          expect(count('l1dMisses', requester)).toBeLessThanOrEqual(count('l1dAccesses', requester));
          expect(count('l2Misses', requester)).toBeLessThanOrEqual(count('l2Accesses', requester));
        }
      }, 14);
    });

    test('every cycle that passes is accounted for', () => {
      hold((counts) => {
        const count = reader(counts);
        const stalls = [
          'stallFetch',
          'stallL2',
          'stallDram',
          'stallLatePrefetch',
          'stallLinefill',
          'stallStore',
          'stallWrite',
          'stallMicroTlb',
          'stallStage1',
          'stallStage2',
        ] as const;
        const guest =
          1.25 * count('pipelineCycles') + count('branchCycles') + stalls.reduce((sum, s) => sum + count(s), 0);
        const prices = new Map(hastened(sut).map((a) => [a.activity.id, a.executionCycles]));
        const activities = counts.activities.reduce(
          (sum, a) => sum + a.stallCycles + a.executions * (prices.get(a.id) as number),
          0,
        );
        expect(Math.abs(counts.elapsed / (guest + activities) - 1)).toBeLessThan(1e-6);
      }, 15);
    });

    test('counts and stalls are whole numbers', () => {
      hold(({metrics, activities}) => {
        expect([...metrics].filter((value) => !Number.isInteger(value) || value < 0)).toEqual([]);
        expect(activities.filter((a) => !Number.isInteger(a.executions) || a.stallCycles < 0)).toEqual([]);
      }, 16);
    });

    test('two replays are equal, however the stream is cut into chunks', () => {
      fc.assert(
        fc.property(streams, streams, (one, two) => {
          const replay = newReplay(sut);
          for (const words of [markerWords('begin'), one.words, two.words, markerWords('end')])
            replay.consume(chunkOf(words));
          expect(replay.result).toEqual(countsOf(sut, marked([...one.words, ...two.words])));
        }),
        {seed: 17, numRuns: 8},
      );
    });
  },
);

test('the streams of the laws reach every rule: each count is above zero in some of them', () => {
  const streams = STREAMS.flatMap(([, any]) => fc.sample(any, {seed: 21, numRuns: 60}));
  const total = METRICS.map(() => 0);
  for (const {words} of streams) {
    countsOf('kvm', marked(words)).metrics.forEach((value, i) => {
      total[i] = (total[i] as number) + value;
    });
  }
  // walks fetch no instructions
  const unreachable = ['l1i.misses.stage1', 'l1i.misses.stage2'];
  expect(METRICS.filter((_, i) => total[i] === 0).map(([id]) => id)).toEqual(unreachable);
}, 60_000);

describe('page sizes', () => {
  const leaf = (size: '4K' | '2M'): TranslationPolicy => {
    const kvm = policyOf('kvm');
    return {...kvm, stage2: {...kvm.stage2!, leaf: size}, placement: {policy: 'contiguous', source: 'test'}};
  };
  test.each([
    ['without caches of walks', WITHOUT_TLBS],
    ['with them', MACHINE],
  ])('2 MiB in stage 2 never reads more descriptors than 4 KiB, %s', (_, machine) => {
    fc.assert(
      fc.property(anyStream, ({words}) => {
        const [small, large] = (['4K', '2M'] as const).map((size) => {
          const spaces = addressSpaces(leaf(size), machine, 1);
          return reader(countsOf('kvm', marked(words), {machine, spaces, activities: []}));
        }) as [ReturnType<typeof reader>, ReturnType<typeof reader>];
        expect(large('stage1Reads')).toBe(small('stage1Reads'));
        expect(large('stage2Reads')).toBeLessThanOrEqual(small('stage2Reads'));
        expect(large('mainMisses')).toBe(small('mainMisses'));
      }),
      {seed: 18, numRuns: 25},
    );
  });

  test.each(['4K', '64K', '2M'] as const)(
    'regions of other sizes, here %s: a walk reads as many descriptors as its own pages need, and no more',
    (size) => {
      const kvm = leaf('4K');
      const {guestBase} = MACHINE;
      const regions = [{from: guestBase, to: guestBase + 64 * MEBIBYTE, leaf: '2M' as const}];
      const policy: TranslationPolicy = {
        ...kvm,
        stage1: {...kvm.stage1, regions: [{area: 'program', leaf: size}]},
        stage2: {...kvm.stage2!, regions},
      };
      // The whole stream lies in `program`: N = 3, or 2 for 2 MiB; its tables, at the top of RAM, in 4 KiB of stage 2.
      const levels = size === '2M' ? 2 : 3;
      expect(walkBound(policy).worstCaseReads).toBe(15);
      fc.assert(
        fc.property(anyStream, ({words}) => {
          const spaces = addressSpaces(policy, WITHOUT_TLBS, 1);
          const count = reader(countsOf('kvm', marked(words), {machine: WITHOUT_TLBS, spaces, activities: []}));
          const misses = count('mainMisses');
          expect(count('stage1Reads')).toBe(levels * misses);
          expect(count('stage2Reads')).toBeLessThanOrEqual((3 * levels + 3) * misses);
          expect(count('stage2Reads')).toBeGreaterThanOrEqual((3 * levels + 2) * misses);
        }),
        {seed: 23, numRuns: 10},
      );
    },
  );

  test('without caches a walk reads 15 descriptors at 4 KiB, 11 at 2 MiB (LPAE 4 KiB in stage 1)', () => {
    fc.assert(
      fc.property(anyStream, ({words}) => {
        for (const [size, reads] of [
          ['4K', 15],
          ['2M', 11],
        ] as const) {
          const spaces = addressSpaces(leaf(size), WITHOUT_TLBS, 1);
          const count = reader(countsOf('kvm', marked(words), {machine: WITHOUT_TLBS, spaces, activities: []}));
          expect(count('stage1Reads') + count('stage2Reads')).toBe(reads * count('mainMisses'));
        }
      }),
      {seed: 19, numRuns: 10},
    );
  });
});

test('the order of systems in measure() changes nothing', () => {
  const [stream] = fc.sample(anyStream, {seed: 20, numRuns: 1}) as [Stream];
  const systems = SUTS.map((sut) => ({sut, seed: 1}));
  const run = (order: readonly (typeof systems)[number][]) => {
    const counts = measure(sourceOf(marked(stream.words)), order, CALIBRATION, 1);
    return new Map(order.map(({sut}, i) => [sut as string, counts[i]]));
  };
  const forwards = run(systems);
  const backwards = run(systems.toReversed());
  for (const {sut} of systems) expect(backwards.get(sut)).toEqual(forwards.get(sut));
});

test('tasks of one address space, and spaces that nothing ran in, change nothing', () => {
  fc.assert(
    fc.property(anyStream, anyStream, (one, two) => {
      const plain = countsOf('kvm', marked([...one.words, ...two.words]));
      const between = [...taskSwitchWords(0, 1234), ...spaceEndWords(3)];
      expect(countsOf('kvm', marked([...one.words, ...between, ...two.words]))).toEqual(plain);
    }),
    {seed: 24, numRuns: 8},
  );
});

test('a space that is in place and executes nothing leaves nothing in the TLBs', () => {
  fc.assert(
    fc.property(anySpacedStream, fc.integer({min: 1, max: 2 ** 18 - 1}), ({words}, space) => {
      const run = (before: readonly number[]) =>
        reader(countsOf('kvm', [...before, ...marked(words)], {activities: []}));
      const [plain, visited] = [run([]), run([...taskSwitchWords(space), ...taskSwitchWords(0)])];
      // Its tables lie where another's would: caches may count otherwise.
      for (const metric of ['mainHits', 'mainMisses', 'walkCacheHits', 'stage1Reads', 'microDataMisses'] as const)
        expect([metric, visited(metric)]).toEqual([metric, plain(metric)]);
    }),
    {seed: 25, numRuns: 10},
  );
});
