/**
 * A first calibration, in two steps that never share a cell's error.
 *
 * 1. The published `host` cells set what no source gives: how many cycles the paper's binaries take beyond ours (one
 *    factor on the pipeline's cycles for each compute-bound benchmark) and the DRAM turnaround (from memcpy).
 * 2. Slowdowns of the guests on the benchmarks in {@link FITTED_BENCHMARKS} move the path parameters within their bounds, each
 *    held by its prior; the other benchmarks stay unseen.
 */

import {METRIC} from '../costmodel/metrics.ts';
import type {NamedParameter} from '../parameters/parameter.ts';
import {
  type Benchmark,
  type BenchmarkRun,
  figureOf,
  type PublishedCell,
  readBenchmarks,
  readPublished,
} from './benchmarks.ts';
import {
  type Calibration,
  discrepancyKey,
  type FitFile,
  loadCalibration,
  PIPELINE_SCALE,
  parameterRows,
  pipelineScale,
  withValues,
} from './calibration.ts';
import {fitKey} from './cells.ts';
import {type Estimate, leastSquares} from './least-squares.ts';
import {type PoolOptions, runJobs} from './pool.ts';
import {costOf, deviation, figure, jobsFor, mean, systemsFor, type Workload, workloadsOf} from './workloads.ts';

export const FITTED_BENCHMARKS = ['dhrystone', 'stream-scale'];

const TURNAROUND = 'cubieboard2.dram.turnaround';
const SCALE_BOUNDS = {lower: 0.7, upper: 1.3};
const HOST_ROUNDS = 8;
const HOST_TOLERANCE = 5e-4;

/**
 * What the fit of path costs may move: prices of primitives, cycles per instruction, and the rates whose file calls them
 * fitted. Each has bounds and a prior in its file.
 */
const isPathParameter = ({id, kind}: NamedParameter): boolean =>
  id.startsWith('primitives.') || id.endsWith('.cyclesPerInstruction') || (id.endsWith('.rate') && kind === 'fitted');

export interface CalibrateOptions extends PoolOptions {
  readonly command: string;
  readonly log?: (line: string) => void;
}

type Values = Record<string, number>;

/** Runs guests and replay as often as the host calibration needs, then fits. Byte-identical on repetition. */
export const calibrate = async (options: CalibrateOptions): Promise<FitFile> => {
  const log = options.log ?? (() => {});
  const benchmarks = readBenchmarks();
  const published = readPublished();
  const host = await calibrateHost(benchmarks, published, options, log);
  const priors = loadCalibration({priorsOnly: true, values: host});
  const paths = pathParameters(priors);
  const systems = systemsFor(priors, Object.keys(priors.hypervisors), [1]);
  let values = host;
  let workloads: Workload[] = [];
  let estimate: Estimate | undefined;
  // What an activity evicts depends on its rate, and what it costs on what it finds: replay at the fitted values, fit again.
  for (let round = 1; round <= PATH_ROUNDS; round++) {
    const jobs = jobsFor(benchmarks, systems, priors.machineFile.id, values);
    workloads = workloadsOf(jobs, await runJobs(jobs, options));
    const next = fitPaths(workloads, priors, published, paths);
    const moved = estimate
      ? Math.max(
          ...next.values.map((v, i) => shift(v, (estimate as Estimate).values[i] as number, paths[i] as PathParameter)),
        )
      : 1;
    log(
      `paths round ${round}: sum of squares ${next.sumOfSquares.toPrecision(4)}, largest move ${moved.toPrecision(2)} of a range`,
    );
    estimate = next;
    values = {...host, ...Object.fromEntries(paths.map((p, i) => [p.id, next.values[i] as number]))};
    if (moved < PATH_TOLERANCE) break;
  }
  return fitFileOf({
    command: options.command,
    calibration: withValues(priors, values),
    host,
    paths,
    estimate: estimate as Estimate,
    workloads,
    published,
  });
};

const PATH_ROUNDS = 4;
/** A move of a parameter that is small beside its range. */
const PATH_TOLERANCE = 0.02;
const shift = (value: number, before: number, {lower, upper}: PathParameter): number =>
  Math.abs(value - before) / (upper - lower);

const publishedMean = (
  published: readonly PublishedCell[],
  benchmark: string,
  sut: string,
  cases: readonly string[],
): number =>
  mean(
    published
      .filter((p) => p.benchmark === benchmark && p.sut === sut && p.hostCpus === 1 && cases.includes(p.case))
      .map((p) => p.value),
  );

const casesOf = (b: Benchmark): string[] => b.runs.flatMap((run) => run.cases);

/** The run whose host cell stands for the benchmark: the middle of its sizes. */
const middle = (b: Benchmark): BenchmarkRun => b.runs[Math.floor(b.runs.length / 2)] as BenchmarkRun;

const calibrateHost = async (
  benchmarks: readonly Benchmark[],
  published: readonly PublishedCell[],
  options: CalibrateOptions,
  log: (line: string) => void,
): Promise<Values> => {
  let values: Values = {};
  let before: {turnaround: number; cycles: number} | undefined;
  for (let round = 1; round <= HOST_ROUNDS; round++) {
    const calibration = loadCalibration({priorsOnly: true, values});
    const jobs = jobsFor(
      benchmarks.map((b) => ({...b, runs: [middle(b)]})),
      [{sut: 'host', seed: 1}],
      calibration.machineFile.id,
      values,
    );
    const workloads = workloadsOf(jobs, await runJobs(jobs, options));
    const next = {...values};
    let worst = 0;
    for (const w of workloads) {
      const predicted = figure(w, calibration, 1);
      const target = publishedMean(published, w.benchmark.id, 'host', casesOf(w.benchmark));
      worst = Math.max(worst, Math.abs(predicted / target - 1));
      log(`host round ${round}: ${w.benchmark.id} ${predicted.toPrecision(6)} against ${target.toPrecision(6)}`);
      const cycles = costOf(w, calibration, 1).cycles;
      const wanted = (cycles * predicted) / target;
      if (w.benchmark.id === 'cachebench-memcpy') {
        const turnaround = calibration.machineFile.dram.turnaround;
        const slope =
          before && before.turnaround !== turnaround.value
            ? (cycles - before.cycles) / (turnaround.value - before.turnaround)
            : (2 * calibration.machine.clockHz) / 1e9;
        before = {turnaround: turnaround.value, cycles};
        next[TURNAROUND] = clamp(
          turnaround.value + (wanted - cycles) / slope,
          turnaround.lower as number,
          turnaround.upper as number,
        );
      } else {
        const perUnit = (w.counts.metrics[METRIC.pipelineCycles] as number) / w.run.work;
        const scale = pipelineScale(calibration, w.benchmark.id);
        next[`${PIPELINE_SCALE}.${w.benchmark.id}`] = clamp(
          scale + (wanted - cycles) / perUnit,
          SCALE_BOUNDS.lower,
          SCALE_BOUNDS.upper,
        );
      }
    }
    if (worst < HOST_TOLERANCE) return values;
    values = next;
  }
  throw new Error(`the host cells did not converge to ${HOST_TOLERANCE} in ${HOST_ROUNDS} rounds`);
};

const clamp = (value: number, lower: number, upper: number): number => Math.min(upper, Math.max(lower, value));

type PathParameter = NamedParameter & {readonly lower: number; readonly upper: number};

const pathParameters = (c: Calibration): PathParameter[] =>
  parameterRows(c).filter(
    (p): p is typeof p & PathParameter => isPathParameter(p) && p.lower !== undefined && p.upper !== undefined,
  );

/** Published and predicted slowdown of one system on one benchmark, averaged over its cases. */
const slowdown = (of: (sut: string) => number, sut: string): number => Math.log(of('host') / of(sut));

/**
 * Standard deviation that a slowdown is fitted with: the spread of the published repetitions, or a tenth of what the
 * guests lose on the benchmark on average, whichever is larger. No model of this kind is better than the latter.
 */
const slowdownNoise = (published: readonly PublishedCell[], benchmark: string, guests: readonly string[]): number => {
  const own = published.filter((p) => p.benchmark === benchmark && p.hostCpus === 1);
  const values = (sut: string): number[] => own.filter((p) => p.sut === sut).map((p) => p.value);
  const spread = mean(guests.map((sut) => deviation(values(sut)) / mean(values(sut))));
  const loss = mean(guests.map((sut) => Math.log(mean(values('host')) / mean(values(sut)))));
  return Math.max(spread, loss * MODEL_INADEQUACY);
};

const MODEL_INADEQUACY = 0.1;

const guestsOf = (c: Calibration): string[] => Object.keys(c.hypervisors).filter((sut) => sut !== 'host');

const fitPaths = (
  workloads: readonly Workload[],
  c: Calibration,
  published: readonly PublishedCell[],
  paths: readonly PathParameter[],
): Estimate => {
  const groups = FITTED_BENCHMARKS.flatMap((benchmark) => {
    const noise = slowdownNoise(published, benchmark, guestsOf(c));
    const own = workloads.filter((w) => w.benchmark.id === benchmark);
    const cases = [...new Set(own.flatMap((w) => w.run.cases))];
    return guestsOf(c).map((sut) => ({
      own,
      sut,
      noise,
      target: slowdown((s) => publishedMean(published, benchmark, s, cases), sut),
    }));
  });
  const residuals = (values: number[]): number[] => {
    const trial = withValues(c, {...c.values, ...Object.fromEntries(paths.map((p, i) => [p.id, values[i] as number]))});
    const predicted = groups.map(({own, sut, noise, target}) => {
      const of = (s: string): number => mean(own.filter((w) => w.system.sut === s).map((w) => figure(w, trial, 1)));
      return (slowdown(of, sut) - target) / noise;
    });
    const prior = paths.map((p, i) => ((values[i] as number) - p.value) / ((p.upper - p.lower) / PRIOR_RANGE));
    return [...predicted, ...prior];
  };
  return leastSquares(
    residuals,
    paths.map((p) => ({start: p.value, lower: p.lower, upper: p.upper})),
  );
};

/** Bounds are read as ±2 standard deviations of the prior. */
const PRIOR_RANGE = 4;

interface Fitted {
  readonly command: string;
  readonly calibration: Calibration;
  readonly host: Values;
  readonly paths: readonly PathParameter[];
  readonly estimate: Estimate;
  readonly workloads: readonly Workload[];
  readonly published: readonly PublishedCell[];
}

const fitFileOf = ({command, calibration: c, host, paths, estimate, workloads, published}: Fitted): FitFile => {
  const hostRows = Object.entries(host).map(([id, value]) => {
    const isScale = id.startsWith(PIPELINE_SCALE);
    const {turnaround} = loadCalibration({priorsOnly: true}).machineFile.dram;
    const bounds = isScale ? SCALE_BOUNDS : {lower: turnaround.lower as number, upper: turnaround.upper as number};
    return {
      id,
      value,
      unit: isScale ? 'ratio' : 'ns',
      ...bounds,
      prior: isScale ? 1 : turnaround.value,
      standardError: null,
      atBound: value === bounds.lower || value === bounds.upper,
      fittedOn: `host cells of ${isScale ? id.slice(PIPELINE_SCALE.length + 1) : 'cachebench-memcpy'}`,
    };
  });
  const pathRows = paths.map((p, i) => ({
    id: p.id,
    value: estimate.values[i] as number,
    unit: p.unit,
    lower: p.lower,
    upper: p.upper,
    prior: p.value,
    standardError: Math.sqrt(estimate.covariance[i]?.[i] ?? 0),
    atBound: estimate.atBound[i] as boolean,
    fittedOn: `guest slowdowns of ${FITTED_BENCHMARKS.join(' and ')}`,
  }));
  const benchmarks = [...new Set(workloads.map((w) => w.benchmark.id))];
  return {
    schemaVersion: 1,
    command,
    fittedOn: [
      ...benchmarks.map((b) => fitKey(b, 'host')),
      ...FITTED_BENCHMARKS.flatMap((b) => guestsOf(c).map((sut) => fitKey(b, sut))),
    ],
    parameters: [...hostRows, ...pathRows],
    covarianceOf: paths.map((p) => p.id),
    covariance: estimate.covariance,
    discrepancy: Object.fromEntries(
      benchmarks.flatMap((b) =>
        [...new Set(guestsOf(c).map((sut) => policyOf(c, sut)))].map((policy) => {
          const own = workloads.filter((w) => w.benchmark.id === b && policyOf(c, w.system.sut) === policy);
          return [discrepancyKey(b, policy), discrepancyOf(own, c, published)];
        }),
      ),
    ),
  };
};

const policyOf = (c: Calibration, sut: string): string => c.hypervisors[sut]?.placement.policy ?? '';

/** Root mean square of the relative errors of the guests' cells. */
const discrepancyOf = (workloads: readonly Workload[], c: Calibration, published: readonly PublishedCell[]): number => {
  const errors = workloads
    .filter((w) => w.system.sut !== 'host')
    .flatMap((w) =>
      w.run.cases.map((name) => {
        const cell = published.find(
          (p) => p.benchmark === w.benchmark.id && p.case === name && p.sut === w.system.sut && p.hostCpus === 1,
        );
        return cell ? figureOf(w.benchmark, c.machine.clockHz / costOf(w, c, 1).cycles) / cell.value - 1 : 0;
      }),
    );
  return Math.sqrt(mean(errors.map((e) => e * e)));
};
