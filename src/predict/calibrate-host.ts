/**
 * Step 1 of the calibration: the published `host` cells set what no source gives, by secant on replays. For each
 * compute-bound benchmark one factor on the pipeline's cycles (the paper's binary against ours), and the DRAM turnaround
 * from memcpy, which memory bounds.
 */
import {METRIC} from '../costmodel/metrics.ts';
import {type Benchmark, type BenchmarkRun, casesOf, type PublishedCell, publishedMean} from './benchmarks.ts';
import {type Calibration, type FittedParameter, loadCalibration, PIPELINE_SCALE, pipelineScale} from './calibration.ts';
import {type PoolOptions, runJobs} from './pool.ts';
import {costOf, figure, jobsFor, type Workload, workloadsOf} from './workloads.ts';

const TURNAROUND = 'cubieboard2.dram.turnaround';
const TURNAROUND_BENCHMARK = 'cachebench-memcpy';
const SCALE_BOUNDS = {lower: 0.7, upper: 1.3};
const ROUNDS = 8;
/** Relative, on the worst host figure. */
const TOLERANCE = 5e-4;

export type Values = Readonly<Record<string, number>>;

/** The run whose host cell stands for the benchmark: the middle of its sizes. */
const middle = (b: Benchmark): BenchmarkRun => b.runs[Math.floor(b.runs.length / 2)] as BenchmarkRun;

/** What one secant step needs of the step before. */
interface Step {
  readonly value: number;
  readonly cycles: number;
}

/** @throws Error when the host figures are not met after {@link ROUNDS} rounds. */
export const calibrateHost = async (
  benchmarks: readonly Benchmark[],
  published: readonly PublishedCell[],
  options: PoolOptions,
  log: (line: string) => void,
): Promise<Values> => {
  let values: Values = {};
  let before: Step | undefined;
  for (let round = 1; round <= ROUNDS; round++) {
    const calibration = loadCalibration({priorsOnly: true, values});
    const runs = benchmarks.map((b) => ({...b, runs: [middle(b)]}));
    const jobs = jobsFor(runs, [{sut: 'host', seed: 1}], calibration.machineFile.id, values);
    const workloads = workloadsOf(jobs, await runJobs(jobs, options));
    const errors = workloads.map((w) => {
      const target = publishedMean(published, w.benchmark.id, 'host', casesOf(w.benchmark));
      const predicted = figure(w, calibration, 1);
      log(`host round ${round}: ${w.benchmark.id} ${predicted.toPrecision(6)} against ${target.toPrecision(6)}`);
      return predicted / target - 1;
    });
    if (Math.max(...errors.map(Math.abs)) < TOLERANCE) return values;
    const moves = workloads.map((w, i) => {
      const {cycles} = costOf(w, calibration, 1);
      const excess = cycles * (errors[i] as number);
      if (w.benchmark.id !== TURNAROUND_BENCHMARK) return moveScale(w, calibration, excess);
      const moved = moveTurnaround(calibration, {cycles, excess}, before);
      before = {value: calibration.machineFile.dram.turnaround.value, cycles};
      return moved;
    });
    values = {...values, ...Object.fromEntries(moves)};
  }
  throw new Error(`the host figures did not come within ${TOLERANCE} of the published ones in ${ROUNDS} rounds`);
};

/** `excess`: cycles per unit that the host cell has beyond the prediction. */
const moveScale = (w: Workload, c: Calibration, excess: number): [string, number] => {
  const perUnit = (w.counts.metrics[METRIC.pipelineCycles] as number) / w.run.work;
  const scale = pipelineScale(c, w.benchmark.id) + excess / perUnit;
  return [`${PIPELINE_SCALE}.${w.benchmark.id}`, clamp(scale, SCALE_BOUNDS.lower, SCALE_BOUNDS.upper)];
};

const moveTurnaround = (
  c: Calibration,
  now: {cycles: number; excess: number},
  before: Step | undefined,
): [string, number] => {
  const {clock, turnaround} = c.machineFile.dram;
  const {value, lower, upper} = turnaround;
  // A line copied turns the channel around twice, until two rounds show what it does.
  const assumed = (2 * c.machine.clockHz) / (clock.value * 1e6);
  const slope = before && before.value !== value ? (now.cycles - before.cycles) / (value - before.value) : assumed;
  return [TURNAROUND, clamp(value + now.excess / slope, lower as number, upper as number)];
};

const clamp = (value: number, lower: number, upper: number): number => Math.min(upper, Math.max(lower, value));

/** What the host cells set, as rows of the fit. */
export const hostRows = (host: Values): FittedParameter[] => {
  const {turnaround} = loadCalibration({priorsOnly: true}).machineFile.dram;
  return Object.entries(host).map(([id, value]) => {
    const isScale = id.startsWith(PIPELINE_SCALE);
    const bounds = isScale ? SCALE_BOUNDS : {lower: turnaround.lower as number, upper: turnaround.upper as number};
    return {
      id,
      value,
      unit: isScale ? 'ratio' : turnaround.unit,
      ...bounds,
      prior: isScale ? 1 : turnaround.value,
      standardError: null,
      atBound: value === bounds.lower || value === bounds.upper,
      fittedOn: `host cells of ${isScale ? id.slice(PIPELINE_SCALE.length + 1) : TURNAROUND_BENCHMARK}`,
    };
  });
};
