/** The unit of parallel work: one run of one benchmark on a list of systems, with a calibration given by its values. */
import {METRIC} from '../costmodel/metrics.ts';
import type {Counts} from '../costmodel/replay.ts';
import {chooseGuest} from '../tracegen/catalogue.ts';
import {GuestTrace} from '../tracegen/guest-trace.ts';
import type {Benchmark, BenchmarkRun} from './benchmarks.ts';
import {pipelineScale} from './calibration.ts';
import {type Choice, chosenCalibration} from './hypotheses.ts';
import {measure, type System} from './measure.ts';

export interface Job {
  readonly benchmark: Benchmark;
  readonly run: BenchmarkRun;
  readonly systems: readonly System[];
  readonly machine: string;
  /** Calibration values, laid over the files. */
  readonly values: Readonly<Record<string, number>>;
  /** Of discrete unknowns, where it is not what the files say. */
  readonly choice?: Choice | undefined;
}

export interface JobResult {
  readonly counts: readonly Counts[];
  readonly instructions: number;
  /** Memory accesses of the guest between the markers, times the systems that replayed them. */
  readonly replayedAccesses: number;
  /** Seconds of this thread spent executing the guest, and replaying. */
  readonly emulationSeconds: number;
  readonly replaySeconds: number;
}

const ACCESS_METRICS = [METRIC.reads, METRIC.writes, METRIC.prefetches];

export const runJob = (job: Job): JobResult => {
  const calibration = chosenCalibration(job);
  const {benchmark, run} = job;
  const {path, build} = chooseGuest(benchmark.guest, benchmark.profile, benchmark.optimization);
  const trace = new GuestTrace({path, arguments: run.arguments, profile: build.profile});
  let emulationSeconds = 0;
  const timed = {
    header: trace.header,
    blocks: trace.blocks,
    next: () => {
      const start = performance.now();
      const chunk = trace.next();
      emulationSeconds += (performance.now() - start) / 1000;
      return chunk;
    },
  };
  const start = performance.now();
  const counts = measure(timed, job.systems, calibration, pipelineScale(calibration, benchmark.id));
  const all = (performance.now() - start) / 1000;
  return {
    counts,
    instructions: trace.emulator.instructions,
    replayedAccesses: counts.reduce(
      (sum, c) => sum + ACCESS_METRICS.reduce((n, metric) => n + (c.metrics[metric] as number), 0),
      0,
    ),
    emulationSeconds,
    replaySeconds: all - emulationSeconds,
  };
};
