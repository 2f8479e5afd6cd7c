/** The model of counts that fits evaluate says what replay's own arithmetic says. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {RunCounts} from '../../src/calibration/counts.ts';
import {type Prediction, predictionsOf} from '../../src/calibration/linear-model.ts';
import {METRIC, newCounts} from '../../src/costmodel/metrics.ts';
import type {Counts} from '../../src/costmodel/replay.ts';
import {parameterPrefix} from '../../src/hypervisors/load.ts';
import {type Calibration, WORK_SCALE, withValues} from '../../src/predict/calibration.ts';
import {readFit} from '../../src/predict/fit-file.ts';
import {recordingFor} from '../../src/predict/scheduled-benchmarks.ts';
import {type ScheduledRun, scaledCycles} from '../../src/predict/scheduled-cells.ts';
import {figure} from '../../src/predict/workloads.ts';
import {mean} from '../../src/statistics.ts';
import {COUNTS, MODEL, named, PRIORS, TARGETS} from './stored.ts';

const {parameters} = MODEL;
const AT_PRIORS = parameters.map(({prior}) => prior);
const AT_COUNTS = parameters.map(({id, prior}) => COUNTS.base.at[id] ?? prior);
const FIT = readFit().parameters;
const AT_FIT = parameters.map(({id}) => FIT.find((p) => p.id === id)!.value);

/** Within bounds; not at them, so that differences have room. */
const anyValues = fc
  .array(fc.double({min: 0.01, max: 0.99, noNaN: true}), {minLength: parameters.length, maxLength: parameters.length})
  .map((shares) => parameters.map(({lower, upper}, i) => lower + shares[i]! * (upper - lower)));

const predictionsAt = (hostCpus: 1 | 2): Prediction[] =>
  predictionsOf({...TARGETS, calibration: PRIORS, counts: COUNTS.base, moved: COUNTS.moved, parameters, hostCpus});
const PREDICTIONS = {1: predictionsAt(1), 2: predictionsAt(2)} as const;

const isSame = (a: RunCounts, b: RunCounts): boolean =>
  a.benchmark === b.benchmark && a.case === b.case && a.sut === b.sut;

/** What a quantity of a run is at other values, on the straight line through the two replays of each parameter. */
const along = (run: RunCounts, values: readonly number[], of: (one: RunCounts) => number): number =>
  COUNTS.moved.reduce((sum, {id, value, runs}) => {
    const there = runs.find((one) => isSame(one, run));
    if (there === undefined) return sum;
    const here = COUNTS.base.runs.find((one) => isSame(one, there) && one.seed === there.seed)!;
    const i = parameters.findIndex((p) => p.id === id);
    return sum + ((of(there) - of(here)) * (values[i]! - AT_COUNTS[i]!)) / (value - AT_COUNTS[i]!);
  }, of(run));

/** Counts of a replay that hold the sums of a row; which stall the rest is does not matter. */
const countsOf = (run: RunCounts, values: readonly number[]): Counts => {
  const metrics = newCounts();
  metrics[METRIC.pipelineCycles] = along(run, values, ({pipeline}) => pipeline);
  metrics[METRIC.stallDram] = along(run, values, ({rest}) => rest);
  const activities = Object.keys(run.waits).map((id) => ({
    ...{id, executions: 1, stallCycles: 0, instructionMisses: 0, dataMisses: 0, dramReads: 0},
    waitPerExecution: along(run, values, ({waits}) => waits[id] ?? 0),
  }));
  return {metrics, activities, elapsed: 0};
};

/** The largest relative difference from `figure`, over all runs, with what was compared. */
const worstOfRuns = (values: readonly number[], hostCpus: 1 | 2): number => {
  const c = withValues(PRIORS, named(values));
  return TARGETS.benchmarks
    .flatMap((benchmark) => benchmark.runs.map((run) => ({benchmark, run})))
    .flatMap(({benchmark, run}) =>
      Object.keys(PRIORS.hypervisors).map((sut) => {
        const own = COUNTS.base.runs.filter((one) =>
          isSame(one, {...one, benchmark: benchmark.id, case: run.cases[0]!, sut}),
        );
        const wanted = mean(
          own.map((one) =>
            figure({benchmark, run, system: {sut, seed: one.seed}, counts: countsOf(one, values)}, c, hostCpus),
          ),
        );
        const one = PREDICTIONS[hostCpus].find(
          (p) => p.benchmark === benchmark.id && p.sut === sut && p.cases[0] === run.cases[0],
        )!;
        return Math.abs(Math.exp(one.evaluate[0]!(values, undefined, 0)) / wanted - 1);
      }),
    )
    .reduce((a, b) => Math.max(a, b), 0);
};

describe.each([1, 2] as const)('runs with %i host CPUs', (hostCpus) => {
  test('every run of every system is predicted', () => {
    const runs = PREDICTIONS[hostCpus].filter(({benchmark}) => TARGETS.benchmarks.some(({id}) => id === benchmark));
    expect(runs).toHaveLength(
      TARGETS.benchmarks.reduce((sum, b) => sum + b.runs.length, 0) * Object.keys(PRIORS.hypervisors).length,
    );
  });

  test.each([
    ['the priors', AT_PRIORS],
    ['where they were counted', AT_COUNTS],
    ['the fit', AT_FIT],
  ])('come to the figure of cost at %s', (_, values) => {
    expect(worstOfRuns(values, hostCpus)).toBeLessThan(1e-9);
  });

  test('come to it at any values within bounds', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        expect(worstOfRuns(values, hostCpus)).toBeLessThan(1e-9);
      }),
      {seed: 11, numRuns: 12},
    );
  });
});

describe('schedules', () => {
  const [benchmark] = TARGETS.scheduled;
  const clock = PRIORS.machine.clockHz;
  const rates = parameters.flatMap(({id}, i) => (id.endsWith('.rate') ? [i] : []));
  const cyclesOf = (sut: string, values: readonly number[]): number => {
    const one = PREDICTIONS[1].find((p) => p.benchmark === benchmark!.id && p.sut === sut)!;
    const [units] = Object.values(benchmark!.unitsPerCase);
    return (Math.exp(one.evaluate[0]!(values, undefined, 0)) * clock) / units!;
  };

  /** The rows of a file of counts as the totals that they were made of. */
  const runOf = (sut: string): ScheduledRun => {
    const {cyclesPerUnit, executed} = COUNTS.base.schedules.find((one) => one.sut === sut)!;
    const recording = recordingFor(benchmark!, PRIORS.hypervisors[sut]!.scheduler, 1);
    const totals = {
      cycles: cyclesPerUnit * recording.units,
      ahead: 0,
      executed: executed.map(({path, count, waited}) => ({
        path,
        count: count * recording.units,
        waited: waited * recording.units,
      })),
      background: {},
    };
    return {benchmark: benchmark!, hostCpus: 1, sut, recording, totals};
  };
  const at = (values: readonly number[]): Calibration => withValues(PRIORS, named(values));

  test('come to the cycles of scheduled cells wherever prices are, with rates as they were', () => {
    fc.assert(
      fc.property(anyValues, (any) => {
        const values = any.map((v, i) => (rates.includes(i) ? AT_COUNTS[i]! : v));
        for (const {sut} of COUNTS.base.schedules) {
          const wanted = scaledCycles(runOf(sut), at(AT_COUNTS), at(values));
          expect([sut, Math.abs(cyclesOf(sut, values) / wanted - 1) < 1e-9]).toEqual([sut, true]);
        }
      }),
      {seed: 12, numRuns: 20},
    );
  });

  test('take twice what the host does beside at twice the rate', () => {
    const work = AT_COUNTS[parameters.findIndex(({id}) => id === `${WORK_SCALE}.${benchmark!.id}`)]!;
    for (const index of rates) {
      const doubled = AT_COUNTS.map((v, i) => (i === index ? 2 * v : v));
      for (const {sut, background} of COUNTS.base.schedules) {
        const {id} = parameters[index]!;
        const more = (cyclesOf(sut, doubled) - cyclesOf(sut, AT_COUNTS)) / work;
        const own = Object.entries(background).find(
          ([activity]) => id === `${parameterPrefix(PRIORS.hypervisors[sut]!)}.${activity}.rate`,
        );
        expect(more).toBeCloseTo(own?.[1] ?? 0, 5);
      }
    }
  });
});

test('analytic slopes are central differences, of every prediction, for one host CPU and for two', () => {
  const STEP = 1e-5;
  const slopesOf = (of: Prediction['evaluate'][number], values: readonly number[]): number[] => {
    const slopes = new Float64Array(values.length);
    of(values, slopes, 1);
    return [...slopes];
  };
  fc.assert(
    fc.property(anyValues, fc.constantFrom<1 | 2>(1, 2), (values, hostCpus) => {
      const ranges = parameters.map(({lower, upper}) => upper - lower);
      for (const {evaluate, benchmark, sut} of PREDICTIONS[hostCpus]) {
        const of = evaluate[0]!;
        const slopes = slopesOf(of, values);
        for (const [i, range] of ranges.entries()) {
          const moved = (by: number): number =>
            of(
              values.map((v, k) => (k === i ? v + by * range : v)),
              undefined,
              0,
            );
          const difference = (moved(STEP) - moved(-STEP)) / (2 * STEP);
          const error = Math.abs(slopes[i]! * range - difference);
          expect([benchmark, sut, parameters[i]!.id, error < 1e-8 + 1e-6 * Math.abs(difference)]).toEqual([
            benchmark,
            sut,
            parameters[i]!.id,
            true,
          ]);
        }
      }
    }),
    {seed: 13, numRuns: 8},
  );
});

test('slopes are added to what is there, times the weight', () => {
  const of = PREDICTIONS[1][0]!.evaluate[0]!;
  const once = new Float64Array(parameters.length);
  of(AT_FIT, once, 1);
  const more = new Float64Array(parameters.length).fill(1);
  of(AT_FIT, more, -3);
  for (const [i, slope] of once.entries()) expect(more[i]).toBeCloseTo(1 - 3 * slope, 12);
});
