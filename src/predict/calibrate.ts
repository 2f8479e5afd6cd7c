/**
 * A first calibration, in two steps that never share a cell's error: the host cells set the core and memory
 * (`calibrate-host.ts`), guest slowdowns on a part of the benchmarks set the path costs (`calibrate-paths.ts`).
 */
import {type PublishedCell, readBenchmarks, readPublished} from './benchmarks.ts';
import {calibrateHost, hostRows, type Values} from './calibrate-host.ts';
import {
  FITTED_BENCHMARKS,
  fitPaths,
  guestsOf,
  type PathParameter,
  pathParameters,
  pathRows,
} from './calibrate-paths.ts';
import {type Calibration, discrepancyKey, type FitFile, loadCalibration, withValues} from './calibration.ts';
import {fitKey} from './cells.ts';
import type {Estimate} from './least-squares.ts';
import {type PoolOptions, runJobs} from './pool.ts';
import {figure, jobsFor, mean, systemsFor, type Workload, workloadsOf} from './workloads.ts';

export interface CalibrateOptions extends PoolOptions {
  readonly command: string;
  readonly log?: (line: string) => void;
}

const ROUNDS = 4;
/** A move of a parameter that is small beside its range. */
const TOLERANCE = 0.02;

/** Runs guests and replay as often as the two steps need. Byte-identical on repetition. */
export const calibrate = async (options: CalibrateOptions): Promise<FitFile> => {
  const log = options.log ?? (() => {});
  const benchmarks = readBenchmarks();
  const published = readPublished();
  const host = await calibrateHost(benchmarks, published, options, log);
  const priors = loadCalibration({priorsOnly: true, values: host});
  const paths = pathParameters(priors);
  const systems = systemsFor(priors, Object.keys(priors.hypervisors), [1]);
  const replayAt = async (values: Values): Promise<Workload[]> => {
    const jobs = jobsFor(benchmarks, systems, priors.machineFile.id, values);
    return workloadsOf(jobs, await runJobs(jobs, options));
  };

  // What an activity evicts depends on its rate, and what it costs on what it finds: fit, replay at the fit, fit again.
  let workloads = await replayAt(host);
  let estimate = fitPaths(workloads, priors, published, paths);
  for (let round = 2, moved = 1; round <= ROUNDS && moved >= TOLERANCE; round++) {
    const before = estimate;
    workloads = await replayAt(valuesOf(host, paths, before));
    estimate = fitPaths(workloads, priors, published, paths);
    moved = largestMove(paths, before, estimate);
    log(
      `paths round ${round}: squares ${estimate.sumOfSquares.toPrecision(4)}, largest move ${moved.toPrecision(2)} of a range`,
    );
  }
  const calibration = withValues(priors, valuesOf(host, paths, estimate));
  return {
    schemaVersion: 1,
    command: options.command,
    fittedOn: [
      ...benchmarks.map((b) => fitKey(b.id, 'host')),
      ...FITTED_BENCHMARKS.flatMap((b) => guestsOf(calibration).map((sut) => fitKey(b, sut))),
    ],
    parameters: [...hostRows(host), ...pathRows(paths, estimate)],
    covarianceOf: paths.map((p) => p.id),
    covariance: estimate.covariance,
    discrepancy: discrepancies(workloads, calibration, published),
  };
};

const valuesOf = (host: Values, paths: readonly PathParameter[], estimate: Estimate): Values => ({
  ...host,
  ...Object.fromEntries(paths.map((p, i) => [p.id, estimate.values[i] as number])),
});

/** As a share of the parameter's range. */
const largestMove = (paths: readonly PathParameter[], before: Estimate, after: Estimate): number =>
  Math.max(
    ...paths.map((p, i) => Math.abs((after.values[i] as number) - (before.values[i] as number)) / (p.upper - p.lower)),
  );

/** Root mean square of the guests' relative errors, by benchmark and placement policy. */
const discrepancies = (
  workloads: readonly Workload[],
  c: Calibration,
  published: readonly PublishedCell[],
): Record<string, number> => {
  const groups = new Map<string, number[]>();
  for (const w of workloads.filter(({system}) => system.sut !== 'host')) {
    const key = discrepancyKey(w.benchmark.id, c.hypervisors[w.system.sut]?.placement.policy ?? '');
    groups.set(key, [...(groups.get(key) ?? []), ...relativeErrors(w, c, published)]);
  }
  return Object.fromEntries([...groups].map(([key, errors]) => [key, Math.sqrt(mean(errors.map((e) => e * e)))]));
};

const relativeErrors = (w: Workload, c: Calibration, published: readonly PublishedCell[]): number[] => {
  const predicted = figure(w, c, 1);
  return published
    .filter((p) => p.benchmark === w.benchmark.id && p.sut === w.system.sut && p.hostCpus === 1)
    .filter((p) => w.run.cases.includes(p.case))
    .map((p) => predicted / p.value - 1);
};
