import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {addressSpace, type TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {GUEST, METRIC, METRICS, PATH, STAGE1, STAGE2} from '../../src/costmodel/metrics.ts';
import {type Counts, Replay, type ReplayOptions, type TimedActivity} from '../../src/costmodel/replay.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {measure, timedActivities} from '../../src/predict/measure.ts';
import {type Block, MAX_BLOCK_INSTRUCTIONS} from '../../src/trace/blocks.ts';
import {READ, WRITE} from '../../src/trace/records.ts';
import {MACHINE, ROUND, WITHOUT_TLBS} from './machines.ts';
import {anyStream, BLOCKS, blockWords, chunkOf, markerWords, type Stream, sourceOf} from './streams.ts';

const CALIBRATION = loadCalibration();
const SUTS = ['host', 'xvisor', 'kvm', 'kvm-hugetlb', 'xen'] as const;
const policyOf = (sut: string): TranslationPolicy => CALIBRATION.hypervisors[sut] as TranslationPolicy;
/** A synthetic stream lasts well below a tick, so ticks come this much faster. */
const HASTE = 50;
const hastened = (sut: string): TimedActivity[] =>
  timedActivities(CALIBRATION, sut).map((a) => ({...a, ratePerSecond: a.ratePerSecond * HASTE}));

const newReplay = (sut: string, changes: Partial<ReplayOptions> = {}): Replay => {
  const machine = changes.machine ?? MACHINE;
  const space = addressSpace(policyOf(sut), machine, 1);
  return new Replay({machine, space, blocks: BLOCKS, activities: hastened(sut), pipelineScale: 1.25, seed: 1, ...changes});
};
const countsOf = (sut: string, words: readonly number[], changes: Partial<ReplayOptions> = {}): Counts => {
  const replay = newReplay(sut, changes);
  replay.consume(chunkOf(words));
  return replay.result;
};
const marked = (words: readonly number[]): number[] => [...markerWords('begin'), ...words, ...markerWords('end')];
const reader = ({metrics}: Counts) => (metric: keyof typeof METRIC, requester = GUEST): number =>
  metrics[METRIC[metric] + requester] as number;

describe.each(SUTS)('%s: laws of any stream', (sut) => {
  const hold = (law: (counts: Counts, stream: Stream) => void, seed: number): void =>
    fc.assert(
      fc.property(anyStream, (stream) => law(countsOf(sut, marked(stream.words)), stream)),
      {seed, numRuns: 25},
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
      expect(count('rowHits') + count('rowEmpty') + count('rowConflicts')).toBe(count('dramReads') + count('dramWrites'));
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
        'stallWrite',
        'stallMicroTlb',
        'stallStage1',
        'stallStage2',
      ] as const;
      const guest = 1.25 * count('pipelineCycles') + count('branchCycles') + stalls.reduce((sum, s) => sum + count(s), 0);
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
      fc.property(anyStream, anyStream, (one, two) => {
        const replay = newReplay(sut);
        for (const words of [markerWords('begin'), one.words, two.words, markerWords('end')]) replay.consume(chunkOf(words));
        expect(replay.result).toEqual(countsOf(sut, marked([...one.words, ...two.words])));
      }),
      {seed: 17, numRuns: 8},
    );
  });
});

test('the streams of the laws reach every rule: each count is above zero in some of them', () => {
  const streams = fc.sample(anyStream, {seed: 21, numRuns: 60});
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
          const space = addressSpace(leaf(size), machine, 1);
          return reader(countsOf('kvm', marked(words), {machine, space, activities: []}));
        }) as [ReturnType<typeof reader>, ReturnType<typeof reader>];
        expect(large('stage1Reads')).toBe(small('stage1Reads'));
        expect(large('stage2Reads')).toBeLessThanOrEqual(small('stage2Reads'));
        expect(large('mainMisses')).toBe(small('mainMisses'));
      }),
      {seed: 18, numRuns: 25},
    );
  });

  test('without caches a walk reads 15 descriptors at 4 KiB, 11 at 2 MiB (LPAE 4 KiB in stage 1)', () => {
    fc.assert(
      fc.property(anyStream, ({words}) => {
        for (const [size, reads] of [['4K', 15], ['2M', 11]] as const) {
          const space = addressSpace(leaf(size), WITHOUT_TLBS, 1);
          const count = reader(countsOf('kvm', marked(words), {machine: WITHOUT_TLBS, space, activities: []}));
          expect(count('stage1Reads') + count('stage2Reads')).toBe(reads * count('mainMisses'));
        }
      }),
      {seed: 19, numRuns: 10},
    );
  });
});

describe('markers', () => {
  const work = blockWords(2, [{address: 0x4000, size: 4, kind: READ}]);

  test('counts start at begin and stop at end', () => {
    const words = [...work, ...work, ...marked([...work, ...work, ...work]), ...work];
    const count = reader(countsOf('xvisor', words, {activities: []}));
    expect([count('blocks'), count('reads'), count('l1dMisses'), count('mainMisses')]).toEqual([3, 3, 0, 0]);
  });

  test('nothing behind end changes the result', () => {
    const replay = newReplay('xvisor');
    replay.consume(chunkOf(marked(work)));
    const before = replay.result;
    replay.consume(chunkOf([...work, ...work]));
    expect(replay.result).toEqual(before);
  });

  test('begin without end is an error', () => {
    expect(() => countsOf('xvisor', [...markerWords('begin'), ...work])).toThrow(/before its `end` marker/);
  });

  test('a trace without markers is measured whole, and what happened before it is not', () => {
    const counts = countsOf('xvisor', []);
    expect(counts.elapsed).toBe(0);
    expect(counts.activities.map((a) => a.executions)).toEqual(counts.activities.map(() => 0));
    expect([...counts.metrics].every((value) => value === 0)).toBe(true);
  });
});

describe('activities', () => {
  const work = marked(Array.from({length: 20_000}, (_, i) => blockWords(2 + 2 * (i % 3), [])).flat());

  test.each(SUTS)('%s: each runs at its rate', (sut) => {
    const counts = countsOf(sut, work);
    expect(counts.activities.length).toBeGreaterThan(0);
    for (const {id, executions} of counts.activities) {
      const rate = hastened(sut).find((a) => a.activity.id === id)?.ratePerSecond as number;
      const due = (counts.elapsed * rate) / MACHINE.clockHz;
      expect([id, Math.abs(executions - due) <= 1]).toEqual([id, true]);
    }
  });

  test('at rate 0 an activity neither runs nor takes time', () => {
    const activities = hastened('xen').map((a) => ({...a, ratePerSecond: 0}));
    const quiet = countsOf('xen', work, {activities});
    expect(quiet.activities).toEqual([]);
    expect(quiet.elapsed).toBe(countsOf('xen', work, {activities: []}).elapsed);
  });

  test('touch each line of their paths once: misses are the lines while nothing else runs', () => {
    const [first] = hastened('xvisor').filter((a) => a.activity.id === 'hypervisor-tick') as [TimedActivity];
    const [path] = first.paths;
    // hypervisor-tick of Xvisor -O0: 8160 bytes of code in lines of 32, 2304 of data in lines of 64; the shared areas of
    // trap end on line boundaries (2816 / 32 = 88, 1152 / 64 = 18)
    expect(path?.codeLines.length).toBe(255);
    expect(path?.dataLines.length).toBe(36);
    expect(new Set(path?.codeLines).size).toBe(255);
    const counts = countsOf('xvisor', work, {activities: [first]});
    expect(reader(counts)('l1dAccesses', PATH)).toBe(36 * (counts.activities[0]?.executions as number));
  });
});

describe('small streams, by hand', () => {
  const one = (id: number, accesses: Parameters<typeof blockWords>[1]) => marked(blockWords(id, accesses));
  const on = (words: readonly number[], changes: Partial<ReplayOptions> = {}) =>
    reader(countsOf('host', words, {machine: ROUND, activities: [], ...changes}));

  test('two loads that miss in one block wait together, in two blocks one after the other', () => {
    const [a, b] = [0x4000, 0x4280].map((address) => ({address, size: 4, kind: READ})) as [never, never];
    const warm = blockWords(2, [{address: 0x4f00, size: 4, kind: READ}]); // its page's translation and its row
    const together = on([...warm, ...one(2, [a, b])]);
    // 20 + 10 + 8 + 20 = 58, and 8 for the second transfer
    expect(together('stallDram')).toBe(66);
    const apart = on([...warm, ...marked([...blockWords(2, [a]), ...blockWords(2, [b])])]);
    expect(apart('stallDram')).toBe(2 * 58);
  });

  test('an access across a line counts twice, across a page it is translated twice', () => {
    const count = on(one(2, [{address: 0x4ffc, size: 8, kind: READ}]));
    expect([count('reads'), count('l1dAccesses'), count('microDataMisses')]).toEqual([1, 2, 2]);
  });

  test('a word written over and over fills no line: no write streaming', () => {
    const stores = [0, 1, 2, 3].flatMap((line) =>
      Array.from({length: 4}, () =>
        blockWords(14, Array.from({length: 4}, () => ({address: 0x4000 + 64 * line, size: 4, kind: WRITE}))),
      ).flat(),
    );
    expect(on(marked(stores))('streamedStores')).toBe(0);
  });

  test('a load of the line being gathered ends write streaming', () => {
    const store = (address: number) => ({address, size: 16, kind: WRITE});
    const line = (n: number) => blockWords(14, [0, 16, 32, 48].map((offset) => store(0x4000 + 64 * n + offset)));
    const words = [
      ...[0, 1, 2].flatMap(line),
      ...blockWords(14, [store(0x40c0), {address: 0x40c0, size: 4, kind: READ}]),
      ...blockWords(14, [store(0x40d0), store(0x40e0), store(0x40f0)]),
      ...blockWords(14, [store(0x4100)]),
    ];
    const count = on([...blockWords(14, [{address: 0x4f00, size: 4, kind: READ}]), ...marked(words)]);
    // the first 16 bytes of the fourth line are streamed; the stores behind the load are ordinary ones
    expect(count('streamedStores')).toBe(1);
  });

  test('a conditional branch is learnt in two rounds, an indirect one in one', () => {
    const loop = (id: number) => marked(Array.from({length: 100}, () => blockWords(id, [])).flat());
    expect([BLOCKS[10]?.end, BLOCKS[6]?.end]).toEqual(['conditional', 'indirect']);
    // weakly not taken at first, history of 8 bits fills up with ones: each of 9 histories is met for the first time once
    expect(on(loop(10))('mispredicted')).toBe(9);
    expect(on(loop(6))('mispredicted')).toBe(1);
    expect([on(loop(10))('conditional'), on(loop(10))('taken')]).toEqual([99, 99]);
  });

  test('block tables beyond the first capacity replay alike', () => {
    const many: Block[] = Array.from({length: 1500}, (_, id) => ({...(BLOCKS[4] as Block), id, address: 0x1_0000 + 64 * id}));
    expect((many[0] as Block).instructions.length).toBeLessThanOrEqual(MAX_BLOCK_INSTRUCTIONS);
    const words = marked(many.flatMap(({id}) => blockWords(id, [])));
    const all = countsOf('host', words, {blocks: many, activities: []});
    const growing: Block[] = many.slice(0, 10);
    const replay = newReplay('host', {blocks: growing, activities: []});
    for (let at = 0; at < words.length; at += 100) {
      growing.push(...many.slice(growing.length, growing.length + 200));
      replay.consume(chunkOf(words.slice(at, at + 100)));
    }
    expect(replay.result).toEqual(all);
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
