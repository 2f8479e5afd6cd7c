/** A schedule on cores of the kernel and on those of its oracle, which share their L2 and memory as one: the same to the cycle. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Replay} from '../../src/costmodel/replay.ts';
import {Uncore} from '../../src/costmodel/uncore.ts';
import {packagePath} from '../../src/files/paths.ts';
import {
  type CoreMaker,
  kernelCore,
  type NewSchedule,
  newSchedule,
  type ScheduledSystem,
} from '../../src/predict/schedule-system.ts';
import {openStreams} from '../../src/predict/stored-streams.ts';
import {LOCKS, type ScheduleObserver} from '../../src/schedule/options.ts';
import type {VcpuStreams} from '../../src/schedule/streams.ts';
import {anyMachine} from '../costmodel/any-system.ts';
import {MACHINE_HEADER} from '../costmodel/machine-streams.ts';
import {CALIBRATION} from '../costmodel/replays.ts';
import {BLOCKS, chunkOf} from '../costmodel/streams.ts';
import {anyRecording, type Recording} from './machine-events.ts';

const oracle = (): CoreMaker => {
  let uncore: Uncore | undefined;
  return (options) => {
    uncore ??= new Uncore(options.machine, options.seed);
    return new Replay({...options, uncore});
  };
};

const streamsOf = ({streams}: Recording): VcpuStreams => {
  const left = streams.map((words, vcpu) => [{...chunkOf(words), vcpu}]);
  return {blocks: BLOCKS, vcpus: streams.length, next: (vcpu) => left[vcpu]!.pop()};
};

/** All that a schedule says. @param steps at most. */
const outcomeOf = (options: NewSchedule, steps = Number.POSITIVE_INFINITY) => {
  const log: unknown[] = [];
  const note =
    (kind: string) =>
    (...all: readonly unknown[]): void => {
      log.push([kind, ...all]);
    };
  const observer: ScheduleObserver = {
    ran: note('ran'),
    path: note('path'),
    waited: note('waited'),
    was: note('was'),
    released: note('released'),
    passed: note('passed'),
    began: note('began'),
  };
  const schedule = newSchedule({...options, observer});
  for (let step = 0; step < steps && schedule.step(); step++);
  schedule.finish();
  return {
    elapsed: schedule.elapsed,
    cpus: schedule.cpus.map(({account, time}) => ({account, time})),
    vcpus: schedule.vcpus.map(({account, state, cpu}) => ({account, state, cpu})),
    log,
  };
};

const SYSTEM: ScheduledSystem = {sut: 'xvisor', seed: 1, hostCpus: 1, locks: 'event', neighbours: []};
const GUESTS = ['xvisor', 'kvm', 'xen'] as const;

const anySystem = fc
  .record({
    sut: fc.constantFrom(...GUESTS),
    seed: fc.integer({min: 1, max: 9}),
    hostCpus: fc.integer({min: 1, max: 2}),
    locks: fc.constantFrom(...LOCKS),
    yieldsAtWfe: fc.boolean(),
    neighbours: fc.constantFrom([], [0]),
  })
  .map((system): ScheduledSystem => system);

describe('cores of the kernel and of the oracle', () => {
  test('agree on random recordings, machines and systems', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 1, max: 3}).chain((vcpus) => anyRecording(vcpus, 50)),
        anyMachine,
        anySystem,
        (recording, machine, system) => {
          const options = {machine: MACHINE_HEADER, system, calibration: {...CALIBRATION, machine}};
          const [one, other] = [kernelCore, oracle()].map((newCore) =>
            outcomeOf({...options, streams: streamsOf(recording), newCore}),
          );
          expect(one).toEqual(other);
        },
      ),
      {seed: 9, numRuns: Number(process.env.SCHEDULE_RUNS ?? 25)},
    );
  }, 60_000);

  const CASES = GUESTS.flatMap((sut) => [1, 2].map((hostCpus) => ({sut, hostCpus})));
  test.each(CASES)('agree on the ticks of an idle guest: $sut, host CPUs: $hostCpus', ({sut, hostCpus}) => {
    const [one, other] = [kernelCore, oracle()].map((newCore) => {
      const {header, streams, close} = openStreams(packagePath('traces', 'idle.trace'));
      const system = {...SYSTEM, sut, hostCpus};
      const outcome = outcomeOf({streams, machine: header.machine, system, calibration: CALIBRATION, newCore}, STEPS);
      close();
      return outcome;
    });
    expect(one!.log.length).toBeGreaterThan(100);
    expect(one).toEqual(other);
  });
});

/** Of the recording's begin; the oracle is slow. */
const STEPS = 1500;
