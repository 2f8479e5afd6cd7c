/** Benchmarks from recorded machines under each system's scheduler. */
import {describe, expect, test} from 'vitest';
import {readPublished} from '../../src/predict/benchmarks.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {recordingPath} from '../../src/predict/recordings.ts';
import {newSchedule} from '../../src/predict/schedule-system.ts';
import {readScheduledBenchmarks, recordingFor} from '../../src/predict/scheduled-benchmarks.ts';
import {scheduledCells} from '../../src/predict/scheduled-cells.ts';
import {openStreams} from '../../src/predict/stored-streams.ts';

const calibration = loadCalibration();
const hackbench = readScheduledBenchmarks().find(({id}) => id === 'hackbench')!;
const schedulerOf = (sut: string) => calibration.hypervisors[sut]!.scheduler;

test.each([
  ['host', 1, 'hackbench-1'],
  ['host', 2, 'hackbench-2'],
  ['xvisor', 1, 'hackbench-2-shared-10ms'],
  ['kvm', 1, 'hackbench-2-shared-10ms'],
  ['xen', 1, 'hackbench-2-shared-30ms'],
  ['xen', 2, 'hackbench-2'],
] as const)('%s with %i host CPUs replays %s: turns like its slices', (sut, hostCpus, id) => {
  expect(recordingFor(hackbench, schedulerOf(sut), hostCpus).id).toBe(id);
});

describe('cells', () => {
  const clock = calibration.machine.clockHz;
  const [first, , third] = scheduledCells(
    [{benchmark: hackbench, hostCpus: 1, sut: 'xen', cyclesPerUnit: clock / 100_000}],
    calibration,
    readPublished(),
  );
  const {workScale, spread} = hackbench;

  test('are units times cycles a unit, scaled: 40,000 at 10 µs are 0.4 s of ours', () => {
    expect(first).toMatchObject({table: 'XII', case: '1x40', sut: 'xen', unit: 's', published: 0.496, fitted: false});
    expect(first!.predicted).toBeCloseTo(0.4 * workScale.value, 12);
  });

  test('of larger cases take a unit of work as long', () => {
    expect(third!.case).toBe('4x40');
    expect(third!.predicted / first!.predicted).toBeCloseTo(4, 12);
  });

  test('have an interval by factors, as recordings of more groups were found off', () => {
    expect(Math.log(first!.upper / first!.predicted)).toBeCloseTo(spread.credit.value, 12);
    expect(Math.log(first!.predicted / first!.lower)).toBeCloseTo(spread.credit.value, 12);
  });
});

test("the work's scale is the mean over the host's published cells, and nothing else", {timeout: 120_000}, () => {
  const recording = recordingFor(hackbench, schedulerOf('host'), 1);
  const {header, streams, close} = openStreams(recordingPath(recording));
  const system = {sut: 'host', seed: 1, hostCpus: 1, locks: 'event', neighbours: [], tickHz: hackbench.tickHz} as const;
  const schedule = newSchedule({streams, machine: header.machine, system, calibration});
  while (schedule.step());
  schedule.finish();
  close();
  const run = {
    benchmark: hackbench,
    hostCpus: 1,
    sut: 'host',
    cyclesPerUnit: schedule.elapsed / recording.units,
  } as const;
  const cells = scheduledCells([run], calibration, readPublished());
  const ratios = cells.map(({predicted, published}) => published! / predicted);
  expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeCloseTo(1, 3);
});
