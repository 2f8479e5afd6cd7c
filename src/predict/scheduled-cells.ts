/**
 * Cells of the benchmarks that are scheduled. The rule for cases larger than what was recorded: a unit costs what it costs in the
 * recording, times the ratio of `caseRatios`. How wrong that is was measured on recordings of two and of four groups, and is part of the interval.
 */
import {availableParallelism} from 'node:os';
import {Piscina} from 'piscina';
import {pathCycles} from '../costmodel/prices.ts';
import {type Answer, answered, threadEntry} from '../files/threads.ts';
import {resolvePath} from '../hypervisors/load.ts';
import {Z} from '../statistics.ts';
import type {PublishedCell} from './benchmarks.ts';
import {type Calibration, cyclesPerInstruction, workScale} from './calibration.ts';
import {discrepancyOf, fitKey, parameterDeviation, steppedCalibrations} from './cells.ts';
import type {Choice} from './hypotheses.ts';
import type {PoolOptions} from './pool.ts';
import {type Recording, recordingPath} from './recordings.ts';
import type {Cell} from './result.ts';
import type {ScheduleJob, ScheduleTotals} from './schedule-worker.ts';
import {caseSpread, recordingFor, type ScheduledBenchmark, unitsOfCases} from './scheduled-benchmarks.ts';

/** What one system took for one unit of the work. */
export interface ScheduledRun {
  readonly benchmark: ScheduledBenchmark;
  readonly hostCpus: 1 | 2;
  readonly sut: string;
  readonly recording: Recording;
  readonly totals: ScheduleTotals;
}

export interface ScheduledOptions extends PoolOptions {
  /** Both, if not said otherwise. */
  readonly hostCpus?: readonly (1 | 2)[];
  /** Of discrete unknowns, laid over the files as it is over `c`. */
  readonly choice?: Choice | undefined;
}

/** Cycles that passed but for those in which vCPUs were only ahead of the recorded order: a kernel would have done other work in them. */
const elapsed = ({cycles, ahead}: ScheduleTotals, hostCpus: number): number => cycles - ahead / hostCpus;

export const cyclesPerUnit = ({totals, hostCpus, recording}: ScheduledRun): number =>
  elapsed(totals, hostCpus) / recording.units;

/** In this order; on threads. */
export const scheduledRuns = async (
  benchmarks: readonly ScheduledBenchmark[],
  c: Calibration,
  machine: string,
  suts: readonly string[],
  seed: number,
  {jobs, signal, onDone, hostCpus: numbers = [1, 2], choice}: ScheduledOptions,
): Promise<ScheduledRun[]> => {
  const wanted = benchmarks.flatMap((benchmark) =>
    numbers.flatMap((hostCpus) => suts.map((sut) => ({benchmark, hostCpus, sut}))),
  );
  if (wanted.length === 0) return [];
  const pool = new Piscina<ScheduleJob, Answer<ScheduleTotals>>({
    maxThreads: Math.max(1, Math.min(jobs ?? availableParallelism(), wanted.length)),
    ...threadEntry('predict/schedule-worker'),
  });
  let done = 0;
  const run = async ({benchmark, hostCpus, sut}: (typeof wanted)[number]): Promise<ScheduledRun> => {
    const recording = recordingFor(benchmark, c.hypervisors[sut]!.scheduler, hostCpus);
    const system = {sut, seed, hostCpus, locks: 'event', neighbours: [], tickHz: benchmark.tickHz} as const;
    const job = {path: recordingPath(recording), system, machine, values: c.values, choice};
    const totals = answered(await pool.run(job, signal ? {signal} : {}));
    onDone?.(++done, wanted.length);
    return {benchmark, hostCpus, sut, recording, totals};
  };
  try {
    return await Promise.all(wanted.map(run));
  } finally {
    await pool.destroy();
  }
};

/** Cycles a unit if paths cost what they do under another calibration and the schedule stays what it was; with the work's scale. Host CPUs share what paths take. */
export const scaledCycles = (run: ScheduledRun, from: Calibration, to: Calibration): number => {
  const {benchmark, hostCpus, sut, recording, totals} = run;
  const cyclesOf = (c: Calibration): number => {
    const perInstruction = cyclesPerInstruction(c);
    return totals.executed.reduce((sum, {path, count, waited}) => {
      const resolved = resolvePath(c.hypervisors[sut]!, c.kernel, path);
      return (
        sum +
        count * pathCycles(resolved.path, perInstruction[resolved.build.id]!, c.prices) +
        waited * c.prices.missExposure
      );
    }, 0);
  };
  return workScale(to, benchmark) * (cyclesPerUnit(run) + (cyclesOf(to) - cyclesOf(from)) / hostCpus / recording.units);
};

/** Relative deviation of what no replay of a recorded order can tell: that the whole of it holds is taken as a bound of 95 %. */
const orderDeviation = ({totals, hostCpus}: ScheduledRun): number =>
  Math.log(totals.cycles / elapsed(totals, hostCpus)) / Z;

/** Cells of the runs, in their order. */
export const scheduledCells = (
  runs: readonly ScheduledRun[],
  c: Calibration,
  published: readonly PublishedCell[],
): Cell[] => {
  const known = new Map(published.map((p) => [`${p.benchmark}/${p.hostCpus}/${p.case}/${p.sut}`, p.value]));
  const steps = steppedCalibrations(c);
  const fitted = new Set(c.fit?.fittedOn ?? []);
  return runs.flatMap((run) => {
    const {benchmark, hostCpus, sut} = run;
    const {id, unit, tables} = benchmark;
    const cycles = scaledCycles(run, c, c);
    const deviations = {
      parameters: parameterDeviation(c, steps, (at) => scaledCycles(run, c, at)) / cycles,
      placement: 0,
      // That larger cases are one window's units is an error of its own, and so is what becomes of the recorded order.
      discrepancy: Math.hypot(
        sut === 'host' ? 0 : discrepancyOf(c, id, sut),
        caseSpread(benchmark, c.hypervisors[sut]!, hostCpus),
        orderDeviation(run),
      ),
    };
    const factor = Math.exp(Z * Math.hypot(...Object.values(deviations)));
    return unitsOfCases(benchmark, sut, hostCpus).map(([name, units]): Cell => {
      const predicted = (units * cycles) / c.machine.clockHz;
      return {
        table: tables[hostCpus],
        benchmark: id,
        hostCpus,
        case: name,
        sut,
        unit,
        predicted,
        lower: predicted / factor,
        upper: predicted * factor,
        deviations,
        published: known.get(`${id}/${hostCpus}/${name}/${sut}`) ?? null,
        fitted: hostCpus === 1 && fitted.has(fitKey(id, sut)),
      };
    });
  });
};
