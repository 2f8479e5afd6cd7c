/**
 * Cells of the benchmarks that are scheduled. The rule for cases larger than what was recorded: a unit costs what it costs in the
 * recording, whatever their number. How wrong that is was measured on recordings of two and of four groups, and is the interval.
 */
import {availableParallelism} from 'node:os';
import {Piscina} from 'piscina';
import {type Answer, answered, threadEntry} from '../files/threads.ts';
import type {PublishedCell} from './benchmarks.ts';
import {type Calibration, workScale} from './calibration.ts';
import type {PoolOptions} from './pool.ts';
import {type Recording, recordingPath} from './recordings.ts';
import type {Cell} from './result.ts';
import type {ScheduleJob, ScheduleTotals} from './schedule-worker.ts';
import {recordingFor, type ScheduledBenchmark} from './scheduled-benchmarks.ts';

/** What one system took for one unit of the work. */
export interface ScheduledRun {
  readonly benchmark: ScheduledBenchmark;
  readonly hostCpus: 1 | 2;
  readonly sut: string;
  readonly recording: Recording;
  readonly cyclesPerUnit: number;
  readonly totals: ScheduleTotals;
}

export interface ScheduledOptions extends PoolOptions {
  /** Both, if not said otherwise. */
  readonly hostCpus?: readonly (1 | 2)[];
}

/** In this order; on threads. */
export const scheduledRuns = async (
  benchmarks: readonly ScheduledBenchmark[],
  c: Calibration,
  machine: string,
  suts: readonly string[],
  seed: number,
  {jobs, signal, onDone, hostCpus: numbers = [1, 2]}: ScheduledOptions,
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
    const job = {path: recordingPath(recording), system, machine, values: c.values};
    const totals = answered(await pool.run(job, signal ? {signal} : {}));
    onDone?.(++done, wanted.length);
    return {benchmark, hostCpus, sut, recording, cyclesPerUnit: totals.cycles / recording.units, totals};
  };
  try {
    return await Promise.all(wanted.map(run));
  } finally {
    await pool.destroy();
  }
};

/** Cells of the runs, in their order. */
export const scheduledCells = (
  runs: readonly ScheduledRun[],
  c: Calibration,
  published: readonly PublishedCell[],
): Cell[] => {
  const known = new Map(published.map((p) => [`${p.benchmark}/${p.hostCpus}/${p.case}/${p.sut}`, p.value]));
  return runs.flatMap(({benchmark, hostCpus, sut, cyclesPerUnit}) => {
    const {id, unit, tables, unitsPerCase, spread} = benchmark;
    const {policy} = c.hypervisors[sut]!.scheduler;
    const factor = Math.exp(spread[policy].value);
    return Object.entries(unitsPerCase).map(([name, units]): Cell => {
      const predicted = (workScale(c, benchmark) * units * cyclesPerUnit) / c.machine.clockHz;
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
        published: known.get(`${id}/${hostCpus}/${name}/${sut}`) ?? null,
        // The work's scale saw the host's cells.
        fitted: hostCpus === 1 && policy === 'none',
      };
    });
  });
};
