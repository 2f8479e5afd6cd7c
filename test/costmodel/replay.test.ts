import {describe, expect, test} from 'vitest';
import {PATH} from '../../src/costmodel/metrics.ts';
import type {ReplayOptions, TimedActivity} from '../../src/costmodel/replay.ts';
import {type Block, MAX_BLOCK_INSTRUCTIONS} from '../../src/trace/blocks.ts';
import {READ, WRITE} from '../../src/trace/records.ts';
import {MACHINE, ROUND} from './machines.ts';
import {countsOf, hastened, marked, newReplay, reader, SUTS} from './replays.ts';
import {BLOCKS, blockWords, chunkOf, markerWords} from './streams.ts';

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

  test('at rate 0 an activity neither runs nor takes time, but what one execution would wait is known', () => {
    const activities = hastened('xen').map((a) => ({...a, ratePerSecond: 0}));
    const quiet = countsOf('xen', work, {activities});
    expect(quiet.activities.map((a) => a.executions)).toEqual(activities.map(() => 0));
    expect(quiet.activities.every((a) => a.waitPerExecution > 0)).toBe(true);
    expect(quiet.elapsed).toBe(countsOf('xen', work, {activities: []}).elapsed);
  });

  test('touch each line of their paths once: misses are the lines while nothing else runs', () => {
    const [first] = hastened('xvisor').filter((a) => a.activity.id === 'hypervisor-tick') as [TimedActivity];
    const [path] = first.paths;
    // hypervisor-tick of Xvisor -O2: 4384 bytes of code in lines of 32, 1856 of data in lines of 64; the shared areas of
    // trap end on line boundaries (1728 / 32 = 54, 896 / 64 = 14)
    expect(path?.codeLines.length).toBe(137);
    expect(path?.dataLines.length).toBe(29);
    expect(new Set(path?.codeLines).size).toBe(137);
    const counts = countsOf('xvisor', work, {activities: [first]});
    expect(reader(counts)('l1dAccesses', PATH)).toBe(29 * (counts.activities[0]?.executions as number));
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
        blockWords(
          14,
          Array.from({length: 4}, () => ({address: 0x4000 + 64 * line, size: 4, kind: WRITE})),
        ),
      ).flat(),
    );
    expect(on(marked(stores))('streamedStores')).toBe(0);
  });

  test('a load of the line being gathered ends write streaming', () => {
    const store = (address: number) => ({address, size: 16, kind: WRITE});
    const line = (n: number) =>
      blockWords(
        14,
        [0, 16, 32, 48].map((offset) => store(0x4000 + 64 * n + offset)),
      );
    const words = [
      ...[0, 1, 2].flatMap(line),
      ...blockWords(14, [store(0x40c0), {address: 0x40c0, size: 4, kind: READ}]),
      ...blockWords(14, [store(0x40d0), store(0x40e0), store(0x40f0)]),
      ...blockWords(14, [store(0x4100)]),
    ];
    const count = on([...blockWords(14, [{address: 0x4f00, size: 4, kind: READ}]), ...marked(words)]);
    // the first 16 bytes of the fourth line are streamed; the stores behind the load are ordinary ones
    expect(count('streamedStores')).toBe(1);
    // three lines and the one behind (stores), the fourth (load): each is asked of L2 once, the gathered store never
    expect([count('l1dMisses'), count('brokenLines'), count('l2Accesses') - count('l1iMisses')]).toEqual([6, 0, 5]);
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
    const many: Block[] = Array.from({length: 1500}, (_, id) => ({
      ...(BLOCKS[4] as Block),
      id,
      address: 0x1_0000 + 64 * id,
    }));
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
