/** What the fit may move, and how far: each has bounds, which are its prior's ({@link priorDeviation}) around its file's value. */
import type {NamedParameter} from '../parameters/parameter.ts';
import type {Benchmark} from '../predict/benchmarks.ts';
import {type Calibration, PIPELINE_SCALE, parameterRows, WORK_SCALE} from '../predict/calibration.ts';
import type {ScheduledBenchmark} from '../predict/scheduled-benchmarks.ts';

export interface FreeParameter {
  readonly id: string;
  readonly unit: string;
  readonly prior: number;
  readonly lower: number;
  readonly upper: number;
}

/** Bounds of the factor between the pipeline's cycles of the original binaries and of ours (docs/adr/0003). */
const SCALE_BOUNDS = {prior: 1, lower: 0.7, upper: 1.3};

/** The one parameter of memory that no source gives: it changes counts, so the fit knows its effect from two replays. */
export const turnaroundOf = (c: Calibration): string => `${c.machineFile.id}.dram.turnaround`;

/** Prices of primitives, cycles per instruction, and the rates whose file calls them fitted. */
const isPathParameter = ({id, kind}: NamedParameter): boolean =>
  id.startsWith('primitives.') || id.endsWith('.cyclesPerInstruction') || (id.endsWith('.rate') && kind === 'fitted');

export const isRate = (id: string): boolean => id.endsWith('.rate');

/** @param c the priors: a calibration without a fit */
export const freeParameters = (
  c: Calibration,
  benchmarks: readonly Benchmark[],
  scheduled: readonly ScheduledBenchmark[],
): FreeParameter[] => {
  const named = parameterRows(c).flatMap(({id, unit, value, lower, upper, ...rest}) =>
    lower !== undefined &&
    upper !== undefined &&
    (isPathParameter({id, unit, value, ...rest}) || id === turnaroundOf(c))
      ? [{id, unit, prior: value, lower, upper}]
      : [],
  );
  return [
    ...benchmarks
      .filter((b) => b.hasPipelineScale)
      .map((b) => ({id: `${PIPELINE_SCALE}.${b.id}`, unit: 'ratio', ...SCALE_BOUNDS})),
    ...scheduled.map(({id, workScale: {unit, value, lower, upper}}) => ({
      id: `${WORK_SCALE}.${id}`,
      unit,
      prior: value,
      lower: lower as number,
      upper: upper as number,
    })),
    ...named,
  ];
};
