import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Dram} from '../../src/costmodel/dram.ts';
import type {DramTimings} from '../../src/costmodel/machine.ts';
import {METRIC, newCounts} from '../../src/costmodel/metrics.ts';

/** Lines 0–3 are row 0 of bank 0, 4–7 row 0 of bank 1, 8–11 row 1 of bank 0. */
const TIMINGS: DramTimings = {
  banks: 2,
  rowLines: 4,
  cas: 10,
  activate: 20,
  precharge: 30,
  refreshTime: 100,
  refreshInterval: 1000,
  uncore: 40,
  transfer: 8,
  turnaround: 6,
  otherInterval: Number.POSITIVE_INFINITY,
};

const dramOf = (timings: DramTimings, counts = newCounts()) => {
  const dram = new Dram(timings);
  return {
    read: (line: number, time: number) => dram.read(line, time, counts),
    write: (line: number, time: number) => dram.write(line, time, counts),
  };
};

const setUp = () => {
  const counts = newCounts();
  return {dram: dramOf(TIMINGS, counts), count: (metric: keyof typeof METRIC) => counts[METRIC[metric]]};
};

describe('one request', () => {
  test('to a closed bank: half uncore 20 + activate 20 + CAS 10 + transfer 8 + half uncore 20', () => {
    const {dram, count} = setUp();
    expect(dram.read(0, 0)).toBe(78);
    expect([count('dramReads'), count('rowEmpty'), count('rowHits'), count('rowConflicts')]).toEqual([1, 1, 0, 0]);
  });

  test('to the open row: no activate', () => {
    const {dram, count} = setUp();
    dram.read(0, 0);
    expect(dram.read(3, 500)).toBe(500 + 20 + 10 + 8 + 20);
    expect(count('rowHits')).toBe(1);
  });

  test('to another row of the bank: precharge 30 and activate 20', () => {
    const {dram, count} = setUp();
    dram.read(0, 0);
    expect(dram.read(8, 500)).toBe(500 + 20 + 30 + 20 + 10 + 8 + 20);
    expect(count('rowConflicts')).toBe(1);
  });

  test('to the other bank leaves the first one open', () => {
    const {dram, count} = setUp();
    dram.read(0, 0);
    dram.read(4, 200);
    dram.read(1, 400);
    expect([count('rowEmpty'), count('rowHits'), count('rowConflicts')]).toEqual([2, 1, 0]);
  });

  test('a write is at the controller at once and done when the channel has taken it', () => {
    const {dram, count} = setUp();
    // activate 20 + turnaround 6 (the channel starts reading) + transfer 8
    expect(dram.write(0, 0)).toBe(34);
    expect([count('dramWrites'), count('turnarounds')]).toEqual([1, 1]);
  });

  test('turnaround is paid on a change of direction only', () => {
    const {dram, count} = setUp();
    dram.write(0, 0);
    expect(dram.write(1, 100)).toBe(108);
    expect(dram.read(2, 200)).toBe(200 + 20 + 6 + 10 + 8 + 20);
    expect(dram.read(3, 300)).toBe(300 + 20 + 10 + 8 + 20);
    expect(count('turnarounds')).toBe(2);
  });
});

describe('banks', () => {
  test("open a row while another bank's line is on the channel", () => {
    const {dram} = setUp();
    // 0 has the channel from 40 to 48; 4 opens its row from 20 to 40
    expect([dram.read(0, 0), dram.read(4, 0)]).toEqual([78, 86]);
  });

  test('one after the other: a second row of a bank waits for the line before', () => {
    const {dram} = setUp();
    // over at 48, then precharge 30 and activate 20
    expect([dram.read(0, 0), dram.read(8, 0)]).toEqual([78, 48 + 50 + 10 + 8 + 20]);
  });
});

describe('other masters', () => {
  const other = (otherInterval: number) => dramOf({...TIMINGS, otherInterval});

  test('a line of theirs goes first when it came first', () => {
    const dram = other(30);
    dram.read(0, 0);
    // theirs at 30 is served at 48, theirs at 60 when it comes: 68; ours arrives at 64
    expect(dram.read(1, 44)).toBe(68 + 10 + 8 + 20);
  });

  test('what came long before holds nobody up', () => {
    const dram = other(30);
    dram.read(0, 0);
    // theirs at 960 is over at 968; ours arrives at 965
    expect(dram.read(1, 945)).toBe(968 + 10 + 8 + 20);
  });

  test('they read: a write behind them turns the channel around, and they turn it back', () => {
    const dram = other(30);
    expect(dram.write(0, 0)).toBe(34);
    // turned to read: 34 + 6 + 8 = 48; turned to write again
    expect(dram.write(1, 31)).toBe(48 + 6 + 8);
  });
});

describe('the channel is in order', () => {
  test.each([
    // the first read holds it from 40 to 48; a read that leaves at t arrives at t + 20
    [0, 48],
    [27, 48],
    [28, 48],
    [29, 49],
  ])('a read at %d starts at %d', (time, start) => {
    const {dram} = setUp();
    dram.read(0, 0);
    expect(dram.read(1, time)).toBe(start + 10 + 8 + 20);
  });

  test('two misses at once cost one latency and one transfer', () => {
    const {dram} = setUp();
    expect([dram.read(0, 0), dram.read(1, 0)]).toEqual([78, 86]);
  });

  test('row changes hold it too', () => {
    const {dram} = setUp();
    dram.read(0, 0);
    dram.read(8, 0); // 48 + 50 = 98, free at 106
    expect(dram.read(9, 0)).toBe(106 + 10 + 8 + 20);
  });
});

describe('refresh', () => {
  test.each([
    // arrival = time + 20; the row stays open before 1000, and refresh takes 1000–1100 and closes it
    [979, 999 + 38],
    [980, 1100 + 20 + 38],
    [1079, 1100 + 20 + 38],
    [1080, 1100 + 20 + 38],
    [1081, 1101 + 20 + 38],
    // two intervals on, only the last refresh can delay
    [2979, 2999 + 20 + 38],
    [2980, 3100 + 20 + 38],
  ])('a read at %d is back at %d', (time, expected) => {
    const {dram} = setUp();
    dram.read(0, 0);
    expect(dram.read(1, time)).toBe(expected);
  });
});

test('every access is a row hit, empty or conflict, and transfers never overlap', () => {
  const request = fc.record({line: fc.nat(40), wait: fc.nat(60), write: fc.boolean()});
  fc.assert(
    fc.property(fc.array(request, {maxLength: 200}), (requests) => {
      const {dram, count} = setUp();
      let time = 0;
      let end = 0;
      for (const {line, wait, write} of requests) {
        time += wait;
        // a read is back CAS and half the uncore time after its transfer
        const taken = write ? dram.write(line, time) : dram.read(line, time) - 10 - 20;
        expect(taken).toBeGreaterThanOrEqual(end + 8);
        end = taken;
      }
      const writes = requests.filter((r) => r.write).length;
      expect([count('dramReads'), count('dramWrites')]).toEqual([requests.length - writes, writes]);
      expect((count('rowHits') ?? 0) + (count('rowEmpty') ?? 0) + (count('rowConflicts') ?? 0)).toBe(requests.length);
    }),
    {seed: 3, numRuns: 200},
  );
});
