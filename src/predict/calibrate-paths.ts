/**
 * Step 2 of the calibration: slowdowns of the guests on {@link FITTED_BENCHMARKS} move the path parameters within their
 * bounds, each held by its prior. The other benchmarks stay unseen.
 */
import type {NamedParameter} from '../parameters/parameter.ts';
import {type PublishedCell, publishedMean} from './benchmarks.ts';
import {type Calibration, type FittedParameter, parameterRows, withValues} from './calibration.ts';
import {type Estimate, leastSquares} from './least-squares.ts';
import {deviation, figure, mean, type Workload} from './workloads.ts';

export const FITTED_BENCHMARKS = ['dhrystone', 'stream-scale'];

/**
 * What the fit of path costs may move: prices of primitives, cycles per instruction, and the rates whose file calls them
 * fitted. Each has bounds and a prior in its file.
 */
const isPathParameter = ({id, kind}: NamedParameter): boolean =>
  id.startsWith('primitives.') || id.endsWith('.cyclesPerInstruction') || (id.endsWith('.rate') && kind === 'fitted');

export type PathParameter = NamedParameter & {readonly lower: number; readonly upper: number};

export const pathParameters = (c: Calibration): PathParameter[] =>
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

export const guestsOf = (c: Calibration): string[] => Object.keys(c.hypervisors).filter((sut) => sut !== 'host');

/** One fit of the path parameters to given counts. */
export const fitPaths = (
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

/** The estimate as rows of the fit. */
export const pathRows = (paths: readonly PathParameter[], estimate: Estimate): FittedParameter[] =>
  paths.map((p, i) => ({
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
