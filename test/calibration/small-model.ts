/** A model with sums that can be written out: logarithms of figures linear in two parameters. */
import type {Prediction} from '../../src/calibration/linear-model.ts';
import type {Observation} from '../../src/calibration/observations.ts';
import type {FreeParameter} from '../../src/calibration/parameters.ts';
import type {PublishedCell} from '../../src/predict/benchmarks.ts';

/** Priors of 0 with a deviation of 1. */
export const parameter = (id: string): FreeParameter => ({id, unit: 'ratio', prior: 0, lower: -2, upper: 2});
export const PARAMETERS = ['a', 'b'].map(parameter);

export const cell = (benchmark: string, sut: string, value: number, name = 'run-1', unit = 'MB/s'): PublishedCell => ({
  ...{table: 'I', benchmark, hostCpus: 1, case: name, sut, value, unit},
});

/** ln(figure) = slopes · values, for each of the cases. */
export const linear = (
  benchmark: string,
  sut: string,
  slopes: readonly number[],
  cases: readonly string[] = ['run-1'],
): Prediction => ({
  benchmark,
  sut,
  cases,
  spread: () => 0,
  evaluate: cases.map(() => (values, into, weight) => {
    if (into) for (const [i, slope] of slopes.entries()) into[i]! += weight * slope;
    return slopes.reduce((sum, slope, i) => sum + slope * values[i]!, 0);
  }),
});

/** A cell whose logarithm is `measured`. */
export const observed = (
  slopes: readonly number[],
  measured: number,
  noise: number,
  {benchmark = 'p', sut = 'xen', inadequacy = 0.01, runNoise = 0} = {},
): Observation => ({
  cell: cell(benchmark, sut, Math.exp(measured)),
  prediction: linear(benchmark, sut, slopes),
  index: 0,
  ...{noise, inadequacy, runNoise},
});
