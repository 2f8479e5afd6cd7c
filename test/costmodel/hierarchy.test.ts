import {describe, expect, test} from 'vitest';
import {DIRTY} from '../../src/costmodel/cache.ts';
import {Hierarchy} from '../../src/costmodel/hierarchy.ts';
import type {Machine} from '../../src/costmodel/machine.ts';
import {GUEST, METRIC, newCounts, PATH} from '../../src/costmodel/metrics.ts';
import {ROUND} from './machines.ts';

/** A cold read takes 20 + 20 + 10 + 8 + 20 cycles; each one behind it in the open row 8 more. */
const COLD = 78;
const TRANSFER = 8;

const setUp = (machine: Machine = ROUND) => {
  const counts = newCounts();
  const hierarchy = new Hierarchy(machine, counts, 1);
  const count = (metric: keyof typeof METRIC, requester = 0): number => counts[METRIC[metric] + requester] as number;
  /** What replay does with a store. Returns when the core goes on. */
  const store = (line: number, size: number, time: number, offset = 0): number => {
    const slot = hierarchy.l1d.find(line);
    return slot < 0
      ? hierarchy.storeMiss(line, offset, size, time)
      : hierarchy.storeHit(line, slot, offset, size, time);
  };
  /** Sixteen words, or `bytes` of them. */
  const fill = (line: number, time: number, bytes = 64): number => {
    let now = time;
    for (let i = 0; i < bytes; i += 4) now = store(line, 4, now, i);
    return now;
  };
  return {hierarchy, count, store, fill};
};

describe('overlap', () => {
  test('two misses at once cost one latency and a transfer', () => {
    const {hierarchy} = setUp();
    expect([hierarchy.loadMiss(0, 0), hierarchy.loadMiss(10, 0)]).toEqual([COLD, COLD + TRANSFER]);
  });

  test('five misses are in flight, the sixth waits for the first', () => {
    const {hierarchy} = setUp();
    const ready = [0, 10, 20, 30, 40, 50].map((line) => hierarchy.loadMiss(line, 0));
    expect(ready.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((n) => COLD + n * TRANSFER));
    // starts at 78, arrives at 98 when the channel is free since 80: 98 + 10 + 8 + 20
    expect(ready[5]).toBe(136);
  });

  test('a line on its way is ready when its fill is, and at once afterwards', () => {
    const {hierarchy} = setUp();
    hierarchy.loadMiss(0, 0);
    expect([hierarchy.readyTime(0, 77), hierarchy.readyTime(0, 78)]).toEqual([78, 78]);
    expect(hierarchy.readyTime(5, 40)).toBe(40);
  });

  test('a hit in L2 takes l2Hit', () => {
    const {hierarchy, count} = setUp();
    hierarchy.uncore.l2.insert(7, 0);
    expect(hierarchy.loadMiss(7, 100)).toBe(111);
    expect([count('l2Accesses'), count('l2Misses'), hierarchy.fromDram]).toEqual([1, 0, false]);
  });
});

describe('turns', () => {
  test('a third miss waits for the first, in whole cycles', () => {
    const {hierarchy, count} = setUp();
    for (const line of [0, 10]) {
      expect(hierarchy.missTurn(0.5)).toBe(0.5);
      hierarchy.loadMiss(line, 0.5);
    }
    // the first is there at 78.5
    expect([hierarchy.missTurn(0.5), hierarchy.missTurn(100)]).toEqual([78.5, 100]);
    expect(count('stallLinefill')).toBe(78);
  });

  test('hits in L2 follow each other by five cycles', () => {
    const {hierarchy} = setUp();
    for (const line of [7, 8, 9]) hierarchy.uncore.l2.insert(line, 0);
    expect([7, 8].map((line) => hierarchy.loadMiss(line, 100))).toEqual([111, 116]);
    expect(hierarchy.loadMiss(9, 200)).toBe(211);
  });
});

describe('prefetch', () => {
  test('the third miss brings three more lines, the fourth is a hit', () => {
    const {hierarchy, count} = setUp();
    for (const line of [0, 1]) hierarchy.loadMiss(line, 0);
    expect(count('prefetchIssued')).toBe(0);
    hierarchy.loadMiss(2, 1000);
    expect(count('prefetchIssued')).toBe(3);
    expect([3, 4, 5, 6].map((line) => hierarchy.l1d.find(line) >= 0)).toEqual([true, true, true, false]);
  });

  test('it leaves one linefill buffer to demand', () => {
    const {hierarchy, count} = setUp();
    for (const line of [0, 1, 2]) hierarchy.loadMiss(line, 0);
    // three fills under way, two buffers free: one prefetch
    expect(count('prefetchIssued')).toBe(1);
  });

  test('nothing beyond the page', () => {
    const {hierarchy, count} = setUp();
    for (const [i, line] of [60, 61, 62].entries()) hierarchy.loadMiss(line, i * 1000);
    expect(count('prefetchIssued')).toBe(1);
    expect(hierarchy.l1d.find(64)).toBe(-1);
  });

  test('a used line counts once, late while it is on its way, and carries the stream on', () => {
    const {hierarchy, count} = setUp();
    for (const [i, line] of [0, 1, 2].entries()) hierarchy.loadMiss(line, i * 1000);
    hierarchy.prefetchedHit(3, hierarchy.l1d.find(3), 2000);
    expect([count('prefetchUsed'), count('prefetchLate')]).toEqual([1, 1]);
    hierarchy.prefetchedHit(4, hierarchy.l1d.find(4), 5000);
    expect([count('prefetchUsed'), count('prefetchLate')]).toEqual([2, 1]);
    expect(hierarchy.l1d.find(7)).toBeGreaterThanOrEqual(0);
  });
});

describe('write streaming', () => {
  const lines = (n: number): number[] => Array.from({length: n}, (_, i) => i);

  test('starts behind exactly three consecutive full lines', () => {
    const {fill, store, count} = setUp();
    for (const line of [0, 1]) fill(line, 0);
    fill(2, 0, 60);
    expect([count('allocatedLines'), count('streamedStores')]).toEqual([3, 0]);
    store(2, 4, 0, 60);
    store(3, 4, 0);
    expect([count('allocatedLines'), count('streamedStores')]).toEqual([3, 1]);
  });

  test('a third line that lacks one word does not start it', () => {
    const {fill, store, count} = setUp();
    for (const line of [0, 1]) fill(line, 0);
    fill(2, 0, 60);
    store(3, 4, 0);
    expect([count('allocatedLines'), count('streamedStores')]).toEqual([4, 0]);
  });

  test('lines out of sequence do not start it', () => {
    const {fill, store, count} = setUp();
    for (const line of [0, 1, 3]) fill(line, 0);
    store(4, 4, 0);
    expect(count('streamedStores')).toBe(0);
  });

  test('lines downwards start it and go on', () => {
    const {fill, count} = setUp();
    for (const line of [9, 8, 7, 6]) fill(line, 0);
    expect([count('allocatedLines'), count('streamedLines')]).toEqual([3, 1]);
  });

  const inOrder = (order: readonly number[]) => {
    const {store, count} = setUp();
    for (const line of lines(4)) for (const word of order) store(line, 8, 0, word * 8);
    return count('streamedLines') === 1;
  };

  test.each([
    ['upwards', [0, 1, 2, 3, 4, 5, 6, 7], true],
    ['shuffled within 16 bytes', [1, 0, 3, 2, 5, 4, 7, 6], true],
    ['by halves downwards', [4, 5, 6, 7, 0, 1, 2, 3], true],
    ['by 16 bytes downwards', [6, 7, 4, 5, 2, 3, 0, 1], false],
    ['shuffled within 32 bytes', [0, 2, 1, 3, 4, 6, 5, 7], false],
    ['a half begun in its middle', [0, 1, 2, 3, 6, 7, 4, 5], false],
  ])('a line written in eight bytes %s: %s', (_, order, streams) => {
    expect(inOrder(order as number[])).toBe(streams);
  });

  test('a store out of order breaks the gathered line: it is allocated, and the store merges into it', () => {
    const {fill, store, count, hierarchy} = setUp();
    for (const line of lines(3)) fill(line, 0);
    store(3, 8, 200, 0);
    expect(hierarchy.l1d.find(3)).toBe(-1);
    // the linefill of line 2 is over at 194
    expect(store(3, 8, 200, 16)).toBe(200);
    expect(hierarchy.l1d.find(3)).toBeGreaterThanOrEqual(0);
    expect([count('brokenLines'), count('allocatedLines')]).toEqual([1, 3]);
  });

  test('lines that are full after their linefill do not start it', () => {
    const {fill, store, count} = setUp();
    for (const line of lines(3)) {
      fill(line, line * 1000, 60);
      store(line, 4, line * 1000 + COLD);
    }
    store(3, 4, 5000);
    expect(count('streamedStores')).toBe(0);
  });

  test('a store elsewhere before the line is full ends it: the broken line is allocated after all', () => {
    const {fill, store, count, hierarchy} = setUp();
    for (const line of lines(3)) fill(line, 0);
    store(3, 4, 0);
    store(100, 4, 0);
    expect([count('streamBreaks'), count('brokenLines'), count('allocatedLines')]).toEqual([1, 1, 4]);
    expect(hierarchy.l1d.flags[hierarchy.l1d.find(3)]).toBe(DIRTY);
    store(101, 4, 1000);
    expect([count('streamedStores'), count('allocatedLines')]).toEqual([1, 5]);
  });

  test('a store elsewhere between full lines goes on streaming', () => {
    const {fill, store, count} = setUp();
    for (const line of lines(4)) fill(line, 0);
    store(100, 4, 0);
    expect([count('streamBreaks'), count('streamedLines'), count('streamedStores')]).toEqual([0, 1, 17]);
  });

  test('127 full lines go to L2, the 128th to DRAM', () => {
    const {fill, count, hierarchy} = setUp();
    let now = 0;
    for (const line of lines(3 + 127)) now = fill(line, now);
    expect([count('streamedLines'), count('dramWrites')]).toEqual([127, 0]);
    fill(130, now);
    expect([count('streamedLines'), count('dramWrites')]).toEqual([128, 1]);
    expect([hierarchy.uncore.l2.find(129) >= 0, hierarchy.uncore.l2.find(130) >= 0]).toEqual([true, false]);
    expect(hierarchy.uncore.l2.flags[hierarchy.uncore.l2.find(129)]).toBe(DIRTY);
  });

  test('a streamed line that L2 holds is merged there', () => {
    const {fill, count, hierarchy} = setUp();
    hierarchy.uncore.l2.insert(130, 0);
    let now = 0;
    for (const line of lines(3 + 128)) now = fill(line, now);
    expect(count('dramWrites')).toBe(0);
    expect(hierarchy.uncore.l2.flags[hierarchy.uncore.l2.find(130)]).toBe(DIRTY);
  });

  test('four lines are posted, the fifth waits for the first', () => {
    const {fill, count} = setUp({...ROUND, readAllocateEntryL2: 0});
    for (const line of lines(3)) fill(line, 0);
    for (const line of [3, 4, 5, 6]) expect(fill(line, 0)).toBe(0);
    // the third allocated line asks at 136 and holds the channel from 156 to 164; turnaround 6, and 8 for the first write
    expect(fill(7, 0)).toBe(178);
    expect(count('stallWrite')).toBe(178);
  });
});

describe('stores', () => {
  test('to one line merge into its linefill and wait for nothing', () => {
    const {fill, count} = setUp();
    expect(fill(0, 0)).toBe(0);
    expect([count('l2Accesses'), count('dramReads'), count('allocatedLines')]).toEqual([1, 1, 1]);
  });

  test('to another line wait for the linefill of the last', () => {
    const {store, count} = setUp();
    expect(store(0, 4, 0)).toBe(0);
    expect(store(10, 4, 5)).toBe(COLD);
    expect([count('stallStore'), count('stallLinefill')]).toEqual([COLD - 5, 0]);
  });

  test('wait for a buffer when five linefills are under way', () => {
    const {store, count} = setUp({...ROUND, storeLinefills: 16});
    for (const line of [0, 10, 20, 30, 40]) expect(store(line, 4, 0)).toBe(0);
    expect(store(50, 4, 0)).toBe(COLD);
    expect(count('stallStore')).toBe(COLD);
  });

  test('leave four pieces of 16 bytes while their line is on its way; a fifth waits for it', () => {
    const {store, count} = setUp();
    for (const offset of [0, 4, 16, 0, 48]) expect(store(0, 4, 0, offset)).toBe(0);
    expect(store(0, 4, 10, 16)).toBe(COLD);
    expect(count('stallStore')).toBe(COLD - 10);
    for (const offset of [0, 16, 0, 16, 0]) expect(store(0, 4, COLD, offset)).toBe(COLD);
  });

  test('of several pieces fill the buffer as several do', () => {
    const {store} = setUp();
    expect(store(0, 64, 0)).toBe(0);
    expect(store(0, 4, 0)).toBe(COLD);
  });

  test('make a line dirty, and its eviction is written back once', () => {
    const machine = {...ROUND, l1d: {sets: 1, ways: 1, lineBits: 6}, l2: {sets: 1, ways: 1, lineBits: 6}};
    const {store, hierarchy, count} = setUp(machine);
    store(0, 4, 0);
    hierarchy.loadMiss(10, 1000); // 0 → L2
    expect([hierarchy.uncore.l2.find(0) >= 0, count('dramWrites')]).toEqual([true, 0]);
    hierarchy.loadMiss(20, 2000); // 10 → L2, 0 → DRAM
    expect(count('dramWrites')).toBe(1);
    hierarchy.loadMiss(30, 3000); // 20 → L2, 10 is clean
    expect(count('dramWrites')).toBe(1);
  });
});

describe('L2', () => {
  test('is filled by victims of L1D, not by its fills, and keeps its copy on a hit', () => {
    const {hierarchy} = setUp({...ROUND, l1d: {sets: 1, ways: 1, lineBits: 6}});
    hierarchy.loadMiss(0, 0);
    expect(hierarchy.uncore.l2.find(0)).toBe(-1);
    hierarchy.loadMiss(10, 1000);
    expect(hierarchy.uncore.l2.find(0)).toBeGreaterThanOrEqual(0);
    hierarchy.loadMiss(0, 2000);
    expect(hierarchy.uncore.l2.find(0)).toBeGreaterThanOrEqual(0);
  });

  test('switched to be filled by misses, it has a line that L1D reads at once', () => {
    const {hierarchy} = setUp({...ROUND, l2FillsOnMiss: true});
    hierarchy.loadMiss(0, 0);
    expect(hierarchy.uncore.l2.find(0)).toBeGreaterThanOrEqual(0);
  });

  test('switched to be exclusive, it hands its copy over with what was written', () => {
    const machine = {...ROUND, l1d: {sets: 1, ways: 1, lineBits: 6}, l2KeepsOnHit: false};
    const {hierarchy, store} = setUp(machine);
    store(0, 4, 0);
    hierarchy.loadMiss(10, 1000);
    expect(hierarchy.uncore.l2.flags[hierarchy.uncore.l2.find(0)]).toBe(DIRTY);
    hierarchy.loadMiss(0, 2000);
    expect(hierarchy.uncore.l2.find(0)).toBe(-1);
    expect(hierarchy.l1d.flags[hierarchy.l1d.find(0)]).toBe(DIRTY);
  });

  test('takes instruction lines as they are fetched: two of 32 bytes share one', () => {
    const {hierarchy, count} = setUp();
    expect(hierarchy.fetch(8, 0, GUEST)).toBe(COLD);
    expect(hierarchy.fetch(9, 1000, GUEST)).toBe(11);
    expect(hierarchy.fetch(8, 2000, GUEST)).toBe(0);
    expect([count('l1iMisses'), count('l2Accesses'), count('l2Misses')]).toEqual([2, 2, 1]);
  });

  test('every requester has its own counts', () => {
    const {hierarchy, count} = setUp();
    hierarchy.access(0, 0, PATH, true);
    hierarchy.access(0, 1000, PATH, false);
    expect([count('l1dAccesses', PATH), count('l1dMisses', PATH), count('l2Misses', PATH)]).toEqual([2, 1, 1]);
    expect([count('l1dAccesses', GUEST), count('l2Accesses', GUEST)]).toEqual([0, 0]);
  });
});

test('a path waits for each of its lines in turn', () => {
  const {hierarchy} = setUp();
  expect(hierarchy.access(0, 0, PATH, false)).toBe(COLD);
  // leaves at 78, arrives at 98: 10 + 8 + 20 more
  expect(hierarchy.access(10, 78, PATH, false)).toBe(58);
  expect(hierarchy.access(0, 200, PATH, false)).toBe(0);
});
