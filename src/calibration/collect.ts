/** The replays that a fit needs, as counts. */
import {GUEST_CYCLES} from '../costmodel/cost.ts';
import {METRIC} from '../costmodel/metrics.ts';
import {parameterPrefix} from '../hypervisors/load.ts';
import type {Benchmark} from '../predict/benchmarks.ts';
import {type Calibration, loadCalibration} from '../predict/calibration.ts';
import {type Choice, chosenCalibration} from '../predict/hypotheses.ts';
import {type PoolOptions, runJobs} from '../predict/pool.ts';
import type {ScheduledBenchmark} from '../predict/scheduled-benchmarks.ts';
import {cyclesPerUnit, scheduledRuns} from '../predict/scheduled-cells.ts';
import {jobsFor, systemsFor, type Workload, workloadsOf} from '../predict/workloads.ts';
import type {CountSet, MovedCounts, RunCounts, ScheduleCounts} from './counts.ts';
import {type FreeParameter, isRate, turnaroundOf} from './parameters.ts';

/** Frames are placed by each; a moved parameter's effect is known from the first. */
export const SEEDS = [1, 2, 3];

export type Values = Readonly<Record<string, number>>;

export interface Collection {
  readonly machine: string;
  readonly benchmarks: readonly Benchmark[];
  readonly scheduled: readonly ScheduledBenchmark[];
  readonly suts: readonly string[];
  readonly seeds: readonly number[];
  readonly pool: PoolOptions;
  /** Of discrete unknowns, where it is not what the files say. */
  readonly choice?: Choice | undefined;
}

const runCounts = ({benchmark, run, system, counts}: Workload): RunCounts => {
  const own = GUEST_CYCLES.flatMap(([, , metrics]) => metrics).reduce(
    (sum, metric) => sum + counts.metrics[metric]!,
    0,
  );
  const pipeline = counts.metrics[METRIC.pipelineCycles]!;
  return {
    benchmark: benchmark.id,
    case: run.cases[0]!,
    sut: system.sut,
    seed: system.seed,
    pipeline,
    rest: own - pipeline,
    waits: Object.fromEntries(counts.activities.map(({id, waitPerExecution}) => [id, waitPerExecution])),
  };
};

/** The runs of some systems at some values of parameters. */
export const collectRuns = async (
  {machine, benchmarks, seeds, pool, choice}: Collection,
  suts: readonly string[],
  values: Values,
): Promise<RunCounts[]> => {
  const c = chosenCalibration({machine, values, choice});
  const jobs = jobsFor(benchmarks, systemsFor(c, suts, seeds), machine, values, choice);
  return workloadsOf(jobs, await runJobs(jobs, pool)).map(runCounts);
};

/** A benchmark's runs on some systems under one choice of what is unknown. */
export interface ChosenRuns {
  readonly benchmark: Benchmark;
  readonly suts: readonly string[];
  readonly choice: Choice;
}

/** The runs of each, with the first seed, by one pool of threads. */
export const collectChosen = async (
  {machine, seeds, pool}: Collection,
  wanted: readonly ChosenRuns[],
  values: Values,
): Promise<RunCounts[][]> => {
  const jobs = wanted.map(({benchmark, suts, choice}) =>
    jobsFor(
      [benchmark],
      suts.map((sut) => ({sut, seed: seeds[0]!})),
      machine,
      values,
      choice,
    ),
  );
  const results = await runJobs(jobs.flat(), pool);
  const starts = jobs.map((_, i) => jobs.slice(0, i).reduce((sum, own) => sum + own.length, 0));
  return jobs.map((own, i) => workloadsOf(own, results.slice(starts[i], starts[i]! + own.length)).map(runCounts));
};

export const collectSchedules = async (
  {machine, scheduled, suts, seeds, pool, choice}: Collection,
  values: Values,
): Promise<ScheduleCounts[]> => {
  const c = chosenCalibration({machine, values, choice});
  const runs = await scheduledRuns(scheduled, c, machine, suts, seeds[0]!, {...pool, hostCpus: [1], choice});
  return runs.map((run) => {
    const {benchmark, sut, recording, totals} = run;
    const {executed, background} = totals;
    const {units} = recording;
    return {
      benchmark: benchmark.id,
      sut,
      recording: recording.id,
      cyclesPerUnit: cyclesPerUnit(run),
      executed: executed.map(({path, count, waited}) => ({path, count: count / units, waited: waited / units})),
      background: Object.fromEntries(Object.entries(background).map(([id, cycles]) => [id, cycles / units])),
    };
  });
};

/** Parameters that decide counts: what is asked of memory, and how often its lines are evicted. */
export const replayedParameters = (c: Calibration, parameters: readonly FreeParameter[]): FreeParameter[] =>
  parameters.filter(({id}) => id === turnaroundOf(c) || isRate(id));

/** Far enough from where it stands that the difference is no chance of a replacement: to the middle of the longer side. */
const steppedFrom = ({lower, upper}: FreeParameter, value: number): number =>
  value - lower > upper - value ? (value + lower) / 2 : (value + upper) / 2;

/** The runs that a parameter may change, with it at another value. */
export const collectMoved = async (
  collection: Collection,
  parameter: FreeParameter,
  values: Values,
): Promise<MovedCounts> => {
  const value = steppedFrom(parameter, values[parameter.id] ?? parameter.prior);
  const c = loadCalibration({priorsOnly: true, machine: collection.machine, values});
  const suts = collection.suts.filter((sut) => !isRate(parameter.id) || ratesOf(c, sut).includes(parameter.id));
  return {
    id: parameter.id,
    value,
    runs: await collectRuns(collection, suts, {...values, [parameter.id]: value}),
  };
};

const ratesOf = (c: Calibration, sut: string): string[] => {
  const hypervisor = c.hypervisors[sut]!;
  return hypervisor.activities.map(({id}) => `${parameterPrefix(hypervisor)}.${id}.rate`);
};

export const collectSet = async (collection: Collection, values: Values): Promise<CountSet> => ({
  at: values,
  runs: await collectRuns(collection, collection.suts, values),
  schedules: await collectSchedules(collection, values),
});
