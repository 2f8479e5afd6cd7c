/** Each scheduler in small: who runs when, with the sums written out. Cycles are of a thousandth of a millisecond. */
import {describe, expect, test} from 'vitest';
import {EVENT_FIELDS, type EventKind} from '../../src/trace/events.ts';
import {eventRecord} from '../../src/trace/records.ts';
import {blockWords} from '../costmodel/streams.ts';
import {type Host, PLAIN, runToEnd} from './any-schedule.ts';

const event = (kind: EventKind, ...payload: number[]): number[] => [
  eventRecord(kind, EVENT_FIELDS[kind].length),
  ...payload,
];
const PATH = 10;
/** Of block 0; a path takes {@link PATH}. */
const BLOCK = 100;
const blocks = (count: number): number[] => Array.from({length: count}, () => blockWords(0, [])).flat();
const HOST: Host = {...PLAIN, pathCycles: PATH, blockCycles: BLOCK};

const runsOf = (streams: readonly (readonly number[])[], host: Partial<Host>) => {
  const {runs, schedule} = runToEnd({streams, hasMarkers: false}, {...HOST, ...host});
  return {
    runs: runs.map(({cpu, what, from, to}) => [cpu, what, from, to] as const),
    exits: schedule.cpus.map(({account}) =>
      Object.fromEntries(Object.entries(account.paths.all).map(([name, {count}]) => [name, count])),
    ),
  };
};
const TICK = 10_000;
/** Slice by slice: a switch is of who loses the CPU. */
const SLICE = TICK + PATH;

describe('round robin of 10 ms', () => {
  test('two that compute take turns', () => {
    const {runs} = runsOf([blocks(150), blocks(150)], {});
    expect(runs).toEqual([
      [0, 'vCPU 0', 0, SLICE],
      [0, 'vCPU 1', SLICE, 2 * SLICE],
      // 50 blocks are left to each, and the path to what runs next.
      [0, 'vCPU 0', 2 * SLICE, 2 * SLICE + 5000 + PATH],
      [0, 'vCPU 1', 2 * SLICE + 5000 + PATH, 2 * SLICE + 2 * (5000 + PATH)],
    ]);
  });

  test('one alone goes on behind a look at the queue', () => {
    const {runs, exits} = runsOf([blocks(150)], {});
    expect(runs.map(([, , from, to]) => [from, to])).toEqual([
      [0, SLICE],
      [SLICE, SLICE + 5000 + PATH],
    ]);
    expect(exits).toEqual([{'slice-same': 1, sleep: 1}]);
  });

  test('who wakes waits for its turn', () => {
    // vCPU 0 sleeps at once, vCPU 1 sends it an SGI behind its first block, and computes on.
    const sleeper = [...event('wait', 0, 0, 0), ...event('acquire', 0), ...event('resume', 0, 0), ...blocks(1)];
    const waker = [...blocks(1), ...event('send-sgi', 1, 1), ...event('release', 0), ...blocks(150)];
    const {runs} = runsOf([sleeper, waker], {});
    // The SGI, the wake-up and the switch, between 100 blocks.
    const end = PATH + 100 * BLOCK + 3 * PATH;
    expect(runs.slice(0, 3)).toEqual([
      [0, 'vCPU 0', 0, PATH],
      [0, 'vCPU 1', PATH, end],
      [0, 'vCPU 0', end, end + BLOCK + PATH],
    ]);
  });
});

/** vCPU 0 sleeps at once; vCPU 1 wakes it behind so many blocks, and computes on. */
const woken = (behind: number) => [
  [...event('wait', 0, 0, 0), ...event('acquire', 0), ...event('resume', 0, 0), ...blocks(1)],
  [...blocks(behind), ...event('send-sgi', 1, 1), ...event('release', 0), ...blocks(500)],
];

describe('fair', () => {
  const host = {scheduler: 'fair'} as const;

  test('two that compute take turns at ticks: a slice is of 3 ms', () => {
    const {runs} = runsOf([blocks(150), blocks(150)], host);
    expect(runs.slice(0, 2)).toEqual([
      [0, 'vCPU 0', 0, SLICE],
      // A tick is in the time of the host: 99 blocks and the switch.
      [0, 'vCPU 1', SLICE, SLICE + 100 * BLOCK + PATH],
    ]);
  });

  test('who slept preempts who is more than a granularity of 1 ms ahead', () => {
    const {runs, exits} = runsOf(woken(20), host);
    // 20 blocks, the SGI, and the wake-up that switches.
    const end = PATH + 20 * BLOCK + 2 * PATH;
    expect(runs.slice(1, 3)).toEqual([
      [0, 'vCPU 1', PATH, end],
      [0, 'vCPU 0', end, end + BLOCK + PATH],
    ]);
    expect(exits[0]).toMatchObject({'wake-preempting-by-vcpu': 1});
  });

  test('and not one that is less', () => {
    const {runs, exits} = runsOf(woken(9), host);
    expect(exits[0]).toMatchObject({'wake-by-vcpu': 1, 'switch-at-slice': 1});
    expect(runs[1]![3]).toBeGreaterThan(TICK);
  });

  test('a CPU that idles takes who waits for another', () => {
    const {runs} = runsOf([blocks(1), blocks(1), blocks(50), blocks(1)], {...host, hostCpus: 2});
    const last = runs.filter(([, who]) => who === 'vCPU 2');
    expect(last.map(([cpu]) => cpu)).toEqual([0]);
    const {runs: moved} = runsOf([blocks(50), blocks(1), blocks(1)], {...host, hostCpus: 2});
    expect(moved.find(([, who]) => who === 'vCPU 2')).toEqual([1, 'vCPU 2', BLOCK + PATH, 2 * (BLOCK + PATH)]);
  });
});

describe('credit', () => {
  const host = {scheduler: 'credit'} as const;

  test('two that compute take turns of 30 ms', () => {
    const {runs} = runsOf([blocks(450), blocks(450)], host);
    expect(runs.slice(0, 2)).toEqual([
      [0, 'vCPU 0', 0, 3 * TICK + PATH],
      [0, 'vCPU 1', 3 * TICK + PATH, 2 * (3 * TICK + PATH)],
    ]);
  });

  test('who wakes with credits left preempts', () => {
    // It has had a tick, and is not boosted itself any more.
    const {runs, exits} = runsOf(woken(105), host);
    const end = PATH + 105 * BLOCK + 2 * PATH;
    expect(runs[1]).toEqual([0, 'vCPU 1', PATH, end]);
    expect(exits[0]).toMatchObject({'wake-preempting-by-vcpu': 1});
  });

  test('but within the rate limit of 1 ms only when that has passed once more', () => {
    const {runs, exits} = runsOf(woken(305), host);
    const slice = PATH + 300 * BLOCK + PATH;
    // Behind 5 blocks and the SGI it is held for 10 blocks; the wake-up is within, so that a block ends 10 later.
    const end = slice + 5 * BLOCK + PATH + 10 * BLOCK + PATH + PATH;
    expect(runs.slice(1, 3)).toEqual([
      [0, 'vCPU 1', PATH, slice],
      [0, 'vCPU 1', slice, end],
    ]);
    expect(exits[0]).toMatchObject({'wake-by-vcpu': 1, 'switch-at-slice': 1});
  });

  test('a yield within the rate limit is in vain', () => {
    const waiter = [...event('wait', 1, 0, 0), ...event('acquire', 0), ...event('resume', 0, 0), ...blocks(1)];
    const holder = [...blocks(1), ...event('release', 0), ...blocks(1)];
    const {exits, runs} = runsOf([waiter, holder], {...host, yieldsAtWfe: true});
    // A hundred yields of 10 cycles are the 1 ms; with the next the other runs.
    expect(exits[0]).toMatchObject({'yield-same': 100, 'yield-switching': 1});
    expect(runs[0]).toEqual([0, 'vCPU 0', 0, 101 * PATH]);
    const inTurns = runsOf([waiter, holder], {yieldsAtWfe: true});
    expect(inTurns.runs[0]).toEqual([0, 'vCPU 0', 0, PATH]);
  });

  test('who was OVER is so until the next accounting', () => {
    // Both ran 30 ms of the first 60; a third that has slept and wakes then goes before them.
    const sleeper = [...event('wait', 0, 0, 0), ...event('acquire', 0), ...event('resume', 0, 0), ...blocks(1)];
    const waker = [...blocks(400), ...event('send-sgi', 1, 1), ...event('release', 0), ...blocks(100)];
    const {exits} = runsOf([sleeper, waker, blocks(500)], host);
    expect(exits[0]).toMatchObject({'wake-preempting-by-vcpu': 1});
  });
});

test('without a scheduler each vCPU has its CPU', () => {
  const {runs} = runsOf([blocks(2), blocks(3)], {scheduler: 'none', hostCpus: 2});
  expect(runs).toEqual([
    [0, 'vCPU 0', 0, 2 * BLOCK],
    [1, 'vCPU 1', 0, 3 * BLOCK],
  ]);
});
