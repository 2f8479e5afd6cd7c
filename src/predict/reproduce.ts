/** The main job: guests → traces → replay → the paper's tables, predicted beside published. */
import {readFileSync} from 'node:fs';
import {relative} from 'node:path';
import {machinePath, readMachine} from '../costmodel/machine.ts';
import {countTable} from '../costmodel/metrics.ts';
import {primitivesPath} from '../costmodel/prices.ts';
import {sha256} from '../files/hash.ts';
import {packagePath} from '../files/paths.ts';
import {hypervisorIds, hypervisorPath, kernelPath} from '../hypervisors/load.ts';
import {cataloguePath, chooseGuest} from '../tracegen/catalogue.ts';
import {type Benchmark, benchmarksPath, publishedPath, readBenchmarks, readPublished} from './benchmarks.ts';
import {type Calibration, DEFAULT_MACHINE, loadCalibration, parameterRows} from './calibration.ts';
import {cellsOf} from './cells.ts';
import {BASELINES, errorRows, orderChecks} from './errors.ts';
import {type FitFile, fitPath, readFit} from './fit-file.ts';
import type {JobResult} from './job.ts';
import {type PoolOptions, runJobs} from './pool.ts';
import {replayRecordings} from './recorded-machines.ts';
import {recordingsPath} from './recordings.ts';
import type {Attribution, FitSummary, Provenance, RecordedMachine, Reproduction, WorkloadCounts} from './result.ts';
import {readScheduledBenchmarks, type ScheduledBenchmark, scheduledBenchmarksPath} from './scheduled-benchmarks.ts';
import {scheduledCells, scheduledRuns} from './scheduled-cells.ts';
import {bySeeds, costOf, jobsFor, systemsFor, type Workload, workloadsOf} from './workloads.ts';

export interface ReproduceOptions extends PoolOptions {
  readonly command: string;
  readonly seeds?: readonly number[];
  /** Id or file. */
  readonly machine?: string;
  /** File of a fit; calibration/fit.json if none is named. */
  readonly fit?: string;
  readonly benchmarks?: readonly string[];
  /** Replay the recorded machines too. */
  readonly recordings?: boolean;
  /** Leave wall times out, so that two runs are byte-identical. */
  readonly noTimings?: boolean;
}

const DEFAULT_SEEDS = [1, 2, 3];

/** A prediction with what it took to make it. */
export interface ReproduceResult {
  readonly reproduction: Reproduction;
  readonly results: readonly JobResult[];
}

export const reproduce = async (options: ReproduceOptions): Promise<ReproduceResult> => {
  const started = performance.now();
  const machine = options.machine ?? DEFAULT_MACHINE;
  const seeds = options.seeds ?? DEFAULT_SEEDS;
  const calibration = loadCalibration({machine, ...(options.fit === undefined ? {} : {fit: options.fit})});
  const benchmarks = readBenchmarks().filter((b) => options.benchmarks?.includes(b.id) ?? true);
  const suts = hypervisorIds();
  const jobs = jobsFor(benchmarks, systemsFor(calibration, suts, seeds), machine, calibration.values);
  const results = await runJobs(jobs, options);
  const recorded = options.recordings ? await recordedOn(calibration, suts, seeds, options) : [];
  const scheduled = await scheduledRuns(wantedSchedules(options), calibration, machine, suts, seeds[0]!, options);
  const replayed = performance.now();
  const workloads = workloadsOf(jobs, results);
  const published = readPublished();
  const cells = [
    ...([1, 2] as const).flatMap((hostCpus) => cellsOf(workloads, calibration, published, hostCpus)),
    ...scheduledCells(scheduled, calibration, published),
  ];
  const timings = {
    guestsAndReplaySeconds: (replayed - started) / 1000,
    emulationThreadSeconds: sum(results.map((r) => r.emulationSeconds)),
    replayThreadSeconds: sum(results.map((r) => r.replaySeconds)),
    emulatedInstructions: sum(results.map((r) => r.instructions)),
    replayedAccesses: sum(results.map((r) => r.replayedAccesses)),
  };
  return {
    results,
    reproduction: {
      schemaVersion: 1,
      cells,
      errors: errorRows(cells, suts),
      baselines: BASELINES,
      orders: orderChecks(cells),
      attributions: ([1, 2] as const).flatMap((hostCpus) => attributionsOf(workloads, calibration, hostCpus)),
      counts: countsOf(workloads),
      recordings: recorded,
      fit: fitSummary(readFit(options.fit)),
      parameters: parameterRows(calibration),
      provenance: provenanceOf(options, machine, seeds, benchmarks, options.noTimings ? undefined : timings),
    },
  };
};

const fitSummary = ({parameters, cells, inSample, validations, coverage}: FitFile): FitSummary => ({
  parameters: parameters.length,
  cells,
  atBound: parameters.filter((p) => p.atBound).map(({id}) => id),
  ...{inSample, validations, coverage},
});

const wantedSchedules = ({benchmarks}: ReproduceOptions): readonly ScheduledBenchmark[] =>
  readScheduledBenchmarks().filter(({id}) => benchmarks?.includes(id) ?? true);

/** Of each system the first seed. */
const recordedOn = (
  calibration: Calibration,
  suts: readonly string[],
  seeds: readonly number[],
  {jobs, signal, onDone = () => {}}: PoolOptions,
): Promise<RecordedMachine[]> =>
  replayRecordings(calibration, systemsFor(calibration, suts, seeds.slice(0, 1)), {
    threads: jobs,
    ...(signal ? {signal} : {}),
    onDone,
  });

const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);

/** Items of the first seed of each run and system. */
const attributionsOf = (workloads: readonly Workload[], c: Calibration, hostCpus: 1 | 2): Attribution[] =>
  bySeeds(workloads).map((seeds) => {
    const w = seeds[0] as Workload;
    const {cycles, items} = costOf(w, c, hostCpus);
    return {
      benchmark: w.benchmark.id,
      case: w.run.cases[0] as string,
      hostCpus,
      sut: w.system.sut,
      per: w.benchmark.perWork,
      totalCycles: cycles,
      items,
      unattributed: cycles - sum(items.map((item) => item.cycles)),
    };
  });

const countsOf = (workloads: readonly Workload[]): WorkloadCounts[] =>
  bySeeds(workloads).map((seeds) => {
    const {benchmark, run, system, counts} = seeds[0] as Workload;
    const activities = counts.activities.map((a) => [`activity.${a.id}.executions`, a.executions] as const);
    return {
      benchmark: benchmark.id,
      case: run.cases[0] as string,
      sut: system.sut,
      counts: {...countTable(counts.metrics), ...Object.fromEntries(activities)},
    };
  });

export const packageVersion = (): string =>
  JSON.parse(readFileSync(packagePath('package.json'), 'utf8')).version as string;

const provenanceOf = (
  options: ReproduceOptions,
  machine: string,
  seeds: readonly number[],
  benchmarks: readonly Benchmark[],
  timings: Readonly<Record<string, number>> | undefined,
): Provenance => {
  const guests = benchmarks.map((b) => chooseGuest(b.guest, b.profile, b.optimization).path);
  const files = [
    ...guests,
    benchmarksPath(),
    cataloguePath(),
    machinePath(machine),
    primitivesPath(readMachine(machinePath(machine)).core.model),
    kernelPath(),
    ...hypervisorIds().map(hypervisorPath),
    options.fit ?? fitPath(),
    publishedPath(),
    recordingsPath(),
    scheduledBenchmarksPath(),
  ];
  return {
    trapwalk: packageVersion(),
    node: process.version,
    command: options.command,
    seeds,
    hashes: Object.fromEntries(files.map((file) => [relative(packagePath(), file), sha256(readFileSync(file))])),
    ...(timings ? {timings} : {}),
  };
};
