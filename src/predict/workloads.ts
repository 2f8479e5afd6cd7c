/** Every run of every benchmark on every system, as counts; and what those counts cost under a calibration. */
import {type Cost, type CostInput, cost} from '../costmodel/cost.ts';
import type {Counts} from '../costmodel/replay.ts';
import type {Benchmark, BenchmarkRun} from './benchmarks.ts';
import {figureOf} from './benchmarks.ts';
import {type Calibration, cyclesPerInstruction, pipelineScale} from './calibration.ts';
import type {Choice} from './hypotheses.ts';
import type {Job, JobResult} from './job.ts';
import {ratedActivities, type System} from './measure.ts';

/** Counts of one run on one system with one seed. */
export interface Workload {
  readonly benchmark: Benchmark;
  readonly run: BenchmarkRun;
  readonly system: System;
  readonly counts: Counts;
}

/** Systems to replay: one each, and one per seed where the seed decides where frames lie. */
export const systemsFor = (c: Calibration, suts: readonly string[], seeds: readonly number[]): System[] =>
  suts.flatMap((sut) => {
    const scattered = c.hypervisors[sut]?.placement.policy === 'fragmented';
    return (scattered ? seeds : seeds.slice(0, 1)).map((seed) => ({sut, seed}));
  });

export const jobsFor = (
  benchmarks: readonly Benchmark[],
  systems: readonly System[],
  machine: string,
  values: Readonly<Record<string, number>>,
  choice?: Choice,
): Job[] =>
  benchmarks.flatMap((benchmark) => benchmark.runs.map((run) => ({benchmark, run, systems, machine, values, choice})));

export const workloadsOf = (jobs: readonly Job[], results: readonly JobResult[]): Workload[] =>
  jobs.flatMap((job, i) =>
    job.systems.map((system, s) => ({
      benchmark: job.benchmark,
      run: job.run,
      system,
      counts: (results[i] as JobResult).counts[s] as Counts,
    })),
  );

/** Itemised cycles per unit of work. */
export const costOf = (w: Workload, c: Calibration, hostCpus: 1 | 2): Cost => {
  const input: CostInput = {
    counts: w.counts,
    activities: ratedActivities(c, w.system.sut, hostCpus),
    work: w.run.work,
    clockHz: c.machine.clockHz,
    pipelineScale: pipelineScale(c, w.benchmark.id),
    prices: c.prices,
    cyclesPerInstruction: cyclesPerInstruction(c),
  };
  return cost(input);
};

/** The figure that the paper's table would show. */
export const figure = (w: Workload, c: Calibration, hostCpus: 1 | 2): number =>
  figureOf(w.benchmark, c.machine.clockHz / costOf(w, c, hostCpus).cycles);

/** Workloads of one run and system under all its seeds. */
export const bySeeds = (workloads: readonly Workload[]): Workload[][] => {
  const groups = new Map<string, Workload[]>();
  for (const w of workloads) {
    const key = `${w.benchmark.id}/${w.run.cases[0]}/${w.system.sut}`;
    groups.set(key, [...(groups.get(key) ?? []), w]);
  }
  return [...groups.values()];
};
