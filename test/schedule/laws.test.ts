/** What holds of every schedule, whatever its recording, its host and its scheduler. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {VCPU_STATES} from '../../src/schedule/accounts.ts';
import {anyHost, type Host, type Interval, LOOKAHEAD, type Outcome, runToEnd} from './any-schedule.ts';
import {anyRecording, type Recording} from './machine-events.ts';

const anyCase = fc
  .integer({min: 1, max: 4})
  .chain((vcpus) => fc.record({recording: anyRecording(vcpus, 120), host: anyHost(vcpus)}));
const RUNS = {seed: Number(process.env.SCHEDULE_SEED ?? 6), numRuns: Number(process.env.SCHEDULE_RUNS ?? 300)};

const holds = (law: (outcome: Outcome, host: Host, recording: Recording) => void): void =>
  fc.assert(
    fc.property(anyCase, ({recording, host}) => law(runToEnd(recording, host), host, recording)),
    RUNS,
  );

const ordered = (all: readonly Interval[]): void => {
  for (const cpu of new Set(all.map((one) => one.cpu))) {
    let last = 0;
    for (const {from, to} of all.filter((one) => one.cpu === cpu)) {
      expect(from).toBeGreaterThanOrEqual(last);
      expect(to).toBeGreaterThanOrEqual(from);
      last = to;
    }
  }
};

/** What is left of `whole` without `taken`, which are in order. */
const without = (
  whole: readonly [number, number],
  taken: readonly (readonly [number, number])[],
): [number, number][] => {
  const left: [number, number][] = [];
  let at = whole[0];
  for (const [from, to] of taken) {
    if (from > at) left.push([at, Math.min(from, whole[1])]);
    at = Math.max(at, to);
  }
  if (at < whole[1]) left.push([at, whole[1]]);
  return left;
};
const idleOf = ({schedule, runs, paths}: Outcome, cpu: number): [number, number][] => {
  const busy = [...runs, ...paths]
    .filter((one) => one.cpu === cpu)
    .map(({from, to}) => [from, to] as const)
    .toSorted(([a], [b]) => a - b);
  return without([0, schedule.cpus[cpu]!.time], busy);
};

describe('every schedule', () => {
  test('ends, with each record replayed once and what is behind an edge after it', () =>
    holds(({witness}, _, {streams, hasMarkers}) => {
      for (const [vcpu, words] of streams.entries()) {
        // Behind the end marker, which is of two words, nothing is replayed.
        expect(witness.consumed[vcpu]).toBe(words.length);
        expect(hasMarkers || witness.consumed[vcpu]! > 0).toBe(true);
      }
    }));

  test('accounts for all time of each host CPU', () =>
    holds(({schedule}) => {
      for (const {account, time} of schedule.cpus) {
        expect(account.sum).toBe(time - account.start);
        expect(account.ahead).toBeLessThanOrEqual(account.waiting);
        for (const part of [account.guest, account.ahead, account.waiting, account.neighbours, account.idle])
          expect(part).toBeGreaterThanOrEqual(0);
      }
    }));

  test('accounts for all time of each vCPU, and for all that it had a CPU', () =>
    holds(({schedule}) => {
      for (const {account, since} of schedule.vcpus) {
        const times = VCPU_STATES.map((state) => account.states[state]);
        for (const time of times) expect(time).toBeGreaterThanOrEqual(0);
        expect(times.reduce((sum, time) => sum + time, 0)).toBe(since - account.start);
        const guest = account.items.reduce((sum, cycles) => sum + cycles, 0);
        expect(guest + account.kernel.cycles + account.waiting + account.exits.cycles + account.stolen.cycles).toBe(
          account.states.running,
        );
      }
    }));

  test('tells an observer of each host CPU in order, and of nothing twice', () =>
    holds(({runs, paths, waits}) => {
      ordered(runs);
      ordered(paths);
      for (const {from, to} of waits) expect(to).toBeGreaterThanOrEqual(from);
    }));

  test('leaves no host CPU idle while somebody waits for it, or for any where vCPUs move', () =>
    holds((outcome, {hostCpus}) => {
      for (let cpu = 0; cpu < hostCpus; cpu++) {
        const waiting = outcome.ready.filter((one) => outcome.steals || one.cpu === cpu);
        for (const [from, to] of idleOf(outcome, cpu))
          for (const one of waiting) expect(Math.min(to, one.to) - Math.max(from, one.from)).toBeLessThanOrEqual(SLACK);
      }
    }));

  test('is the same again', () =>
    holds((outcome, host, recording) => {
      const again = runToEnd(recording, host);
      const readable = ({schedule, runs, paths, waits}: Outcome) => ({
        runs,
        paths,
        waits,
        vcpus: schedule.vcpus.map(({account}) => account),
        cpus: schedule.cpus.map(({account}) => account),
      });
      expect(readable(again)).toEqual(readable(outcome));
    }));
});

/** A block or a path that is begun is not left, and host CPUs see each other's doings that much late. */
const SLACK = LOOKAHEAD + 1000;
