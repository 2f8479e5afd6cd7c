/** Two schedulers and a lock: what stacking and preemption of its holder cost a hand-over, in thousands of cycles. */
import {describe, expect, test} from 'vitest';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {readRecordings, recordingPath} from '../../src/predict/recordings.ts';
import {newSchedule, type ScheduledSystem} from '../../src/predict/schedule-system.ts';
import {openStreams} from '../../src/predict/stored-streams.ts';

const calibration = loadCalibration();
const recording = readRecordings().find(({id}) => id === 'lock-long')!;
/** 10 ms. */
const SLICE = calibration.machine.clockHz / 100;

type Scenario = Pick<ScheduledSystem, 'sut' | 'hostCpus'> &
  Partial<Pick<ScheduledSystem, 'locks' | 'yieldsAtWfe' | 'neighbours'>>;

const run = (scenario: Scenario) => {
  const {header, streams, close} = openStreams(recordingPath(recording));
  const system = {seed: 1, locks: 'event', neighbours: [], ...scenario} as const;
  const schedule = newSchedule({streams, machine: header.machine, system, calibration});
  while (schedule.step());
  schedule.finish();
  close();
  const handOvers = recording.units;
  const waiter = schedule.vcpus[1]!.account;
  const paths = ['yield-same', 'yield-switching', 'park', 'unpark'].map((name) => waiter.exits.all[name]?.cycles ?? 0);
  return {
    elapsed: schedule.elapsed / handOvers,
    /** What the waiter keeps a host CPU busy with: in WFE, and in the hypervisor for its waits. */
    burnt: (waiter.waiting + paths.reduce((sum, cycles) => sum + cycles, 0)) / handOvers,
  };
};

describe('stacking: both vCPUs on one host CPU', () => {
  test.each([
    ['xvisor', SLICE],
    ['kvm', SLICE],
    ['xen', 3 * SLICE],
  ])('%s, WFE native: a slice a hand-over', (sut, slice) => {
    const {elapsed} = run({sut, hostCpus: 1, yieldsAtWfe: false});
    expect(elapsed / slice).toBeGreaterThan(0.98);
    expect(elapsed / slice).toBeLessThan(1.02);
  });

  test.each(['xvisor', 'kvm'])('%s, WFE trapped: two switches and the sections, a five-hundredth of that', (sut) => {
    expect(run({sut, hostCpus: 1}).elapsed).toBeLessThan(SLICE / 400);
  });

  test("Xen, WFE trapped: its rate limit of a millisecond, for that long a vCPU's yields come to nothing", () => {
    const {elapsed} = run({sut: 'xen', hostCpus: 1});
    expect(elapsed / (SLICE / 10)).toBeGreaterThan(0.9);
    expect(elapsed / (SLICE / 10)).toBeLessThan(1.1);
  });
});

describe("preemption: a host CPU each, the holder's with another guest", () => {
  const preempted = {sut: 'xvisor', hostCpus: 2, neighbours: [0]} as const;

  test('WFE trapped: the other vCPU burns half a slice a hand-over in yields that help nobody', {
    timeout: 120_000,
  }, () => {
    expect(run(preempted).burnt / (SLICE / 2)).toBeGreaterThan(0.95);
  });

  test('para-virtualized lock: it is parked, and burns a thousandth of that', () => {
    expect(run({...preempted, locks: 'para-virtualized'}).burnt).toBeLessThan(SLICE / 2000);
  });
});
