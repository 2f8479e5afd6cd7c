/** Benchmarks from recorded machines under each system's scheduler. */
import {describe, expect, test} from 'vitest';
import {readPublished} from '../../src/predict/benchmarks.ts';
import {loadCalibration, workScale} from '../../src/predict/calibration.ts';
import {readScheduledBenchmarks, recordingFor, unitsOfCases} from '../../src/predict/scheduled-benchmarks.ts';
import {type ScheduledRun, scheduledCells} from '../../src/predict/scheduled-cells.ts';

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

test('cases have the units of their groups, on two host CPUs times the ratio of recordings of more groups', () => {
  expect(unitsOfCases(hackbench, 'kvm', 1).slice(0, 2)).toEqual([
    ['1x40', 40_000],
    ['2x40', 80_000],
  ]);
  const {caseRatios} = hackbench;
  expect(unitsOfCases(hackbench, 'kvm', 2).slice(0, 2)).toEqual([
    ['1x40', 40_000],
    ['2x40', 80_000 * caseRatios[2].kvm!['2x40']!],
  ]);
});

describe('cells', () => {
  const clock = calibration.machine.clockHz;
  /** 10 µs a unit. */
  const run = (hostCpus: 1 | 2, ahead: number): ScheduledRun => {
    const recording = recordingFor(hackbench, schedulerOf('xen'), hostCpus);
    const totals = {cycles: (recording.units * clock) / 100_000, ahead, executed: [], background: {}};
    return {benchmark: hackbench, hostCpus, sut: 'xen', recording, totals};
  };
  const cells = (one: ScheduledRun) => scheduledCells([one], calibration, readPublished());
  const [first, , third] = cells(run(1, 0));
  const scale = workScale(calibration, hackbench);
  const {spread} = hackbench;

  test('are units times cycles a unit, scaled: 40,000 at 10 µs are 0.4 s of ours', () => {
    expect(first).toMatchObject({table: 'XII', case: '1x40', sut: 'xen', unit: 's', published: 0.496, fitted: true});
    expect(first!.predicted).toBeCloseTo(0.4 * scale, 12);
  });

  test('of larger cases take a unit of work as long', () => {
    expect(third!.case).toBe('4x40');
    expect(third!.predicted / first!.predicted).toBeCloseTo(4, 12);
  });

  test('have an interval by factors: of the parameters, of errors on cells left out, and as recordings of more groups were off', () => {
    const {parameters, placement, discrepancy} = first!.deviations!;
    expect(placement).toBe(0);
    expect(discrepancy).toBeCloseTo(
      Math.hypot(calibration.fit!.discrepancy['hackbench/contiguous']!, spread[1].credit.value / 1.96),
      12,
    );
    // Nothing was executed: what is left is the uncertainty of the work's scale.
    const own = calibration.fit!.parameters.find(({id}) => id === 'workScale.hackbench')!;
    expect(parameters).toBeCloseTo(own.standardError / own.value, 6);
    const half = 1.96 * Math.hypot(parameters, discrepancy);
    expect(Math.log(first!.upper / first!.predicted)).toBeCloseTo(half, 12);
    expect(Math.log(first!.predicted / first!.lower)).toBeCloseTo(half, 12);
  });

  test('of two host CPUs leave out what vCPUs were ahead of the recorded order, and that it holds is a bound of the interval', () => {
    const there = run(2, 0);
    // A fifth of the cycles of both CPUs: 8 µs a unit.
    const [own] = cells(run(2, 0.4 * there.totals.cycles));
    expect(own!.predicted).toBeCloseTo(0.32 * scale, 12);
    expect(own!.deviations!.discrepancy).toBeCloseTo(
      Math.hypot(
        calibration.fit!.discrepancy['hackbench/contiguous']!,
        spread[2].credit.value / 1.96,
        Math.log(1 / 0.8) / 1.96,
      ),
      12,
    );
  });
});
