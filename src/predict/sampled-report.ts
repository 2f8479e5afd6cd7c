/** From sampled counts to estimates of the whole: counts and cycles, how far they may be off, and whether to believe them. */
import {METRICS} from '../costmodel/metrics.ts';
import type {Counts} from '../costmodel/replay.ts';
import {InputError} from '../files/errors.ts';
import {halfWidth, ratio} from './sample-estimate.ts';
import type {SampledCounts, SampledTrace, UnitCounts} from './sampler.ts';

/** Fewer say too little of their own spread. */
const LEAST_UNITS = 12;
/** A warm-up that certainly changes the cycles by more than this is too short, not merely a reason for a wider interval. */
const MOST_BIAS = 0.01;

/** What was not seen once happens at most so often in as many instructions again, with 95 % confidence (−ln 0.05). */
const NEVER_SEEN = 3;

/** How sure a sampled report is. All half widths are of 95 % intervals. */
export interface Certainty {
  readonly units: number;
  /** Replayed a second time, behind twice their warm-up. */
  readonly checkedUnits: number;
  /** What the second time changes in their cycles, as a share: the warm-up's own error, which every interval includes. */
  readonly warmUpBias: number;
  readonly cycles: number;
  /** By metric. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface Estimate {
  /** Of the whole measured part. */
  readonly counts: Counts;
  /** Half width of {@link Certainty.cycles} before what activities add, as a share of the guest's own cycles. */
  readonly ownCycles: number;
  /** By activity: half width of the wait of one execution, in cycles. */
  readonly waits: readonly number[];
  readonly warmUpBias: number;
  /** By metric. */
  readonly halfWidths: readonly number[];
}

/** Cycles of a unit that are the guest's own. */
export type OwnCycles = (counts: Counts) => number;

const INSTRUCTIONS = METRICS.findIndex(([id]) => id === 'instructions');

const instructionsOf = ({metrics}: UnitCounts): number => metrics[INSTRUCTIONS]!;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What a longer warm-up changes, per instruction: the value of units minus that of their checks, with its half width. */
const biasOf = (system: SampledCounts, of: (unit: UnitCounts) => number) => {
  const units = new Map(system.units.map((unit) => [unit.number, unit]));
  const pairs = system.checks.flatMap((check) => {
    const unit = units.get(check.number);
    return unit === undefined ? [] : [{change: of(unit) - of(check), instructions: instructionsOf(check)}];
  });
  const {value, error, degreesOfFreedom} = ratio(
    pairs.map(({change}) => change),
    pairs.map(({instructions}) => instructions),
    0,
  );
  return {value, halfWidth: halfWidth({value, error, degreesOfFreedom})};
};

const waitHalfWidth = (system: SampledCounts, activity: number): number => {
  const {executions, waitPerExecution} = system.replayed.activities[activity]!;
  // One execution says nothing of how much another would wait.
  if (executions < 2) return waitPerExecution;
  const parts = system.units.map(({activities}) => activities[activity]!);
  const stalls = parts.map(({stallCycles}) => stallCycles);
  const counts = parts.map((part) => part.executions);
  return sum(counts) < 2 ? waitPerExecution : halfWidth(ratio(stalls, counts, 0));
};

/**
 * What the units of one system say of the whole.
 * @throws InputError when there are too few, or when a longer warm-up changes the cycles too much.
 */
export const estimate = (system: SampledCounts, trace: SampledTrace, ownCycles: OwnCycles): Estimate => {
  const {units, replayed} = system;
  const {instructions} = trace;
  if (units.length < LEAST_UNITS)
    throw new InputError(
      `only ${units.length} sampled units fit the ${instructions} measured instructions, and fewer than ${LEAST_UNITS} say too little`,
      {remedy: 'shorten --sample-period, or replay without --sample'},
    );
  const sizes = units.map(instructionsOf);
  const share = sum(sizes) / instructions;
  const of = (value: (unit: UnitCounts) => number, unseen = 0) => {
    const whole = ratio(units.map(value), sizes, share);
    const bias = biasOf(system, value);
    const width = Math.hypot(halfWidth(whole), unseen) + Math.abs(bias.value);
    return {value: whole.value, halfWidth: width, bias};
  };
  const own = of(({metrics, elapsed}) => ownCycles({metrics, elapsed, activities: []}));
  const warmUpBias = own.bias.value / own.value;
  const certainBias = Math.abs(warmUpBias) - own.bias.halfWidth / own.value;
  if (certainBias > MOST_BIAS)
    throw new InputError(
      `the warm-up of sampled units is too short: twice as much changes their cycles by ${(-warmUpBias * 100).toFixed(1).replace('-', '−')}%`,
      {remedy: 'raise --sample-warm-up, or replay without --sample'},
    );
  const unseen = NEVER_SEEN / sum(sizes);
  // Instructions are known.
  const metrics = METRICS.map((_, metric) => of((unit) => unit.metrics[metric]!, metric === INSTRUCTIONS ? 0 : unseen));
  const elapsed = ratio(
    units.map((unit) => unit.elapsed),
    sizes,
    share,
  );
  return {
    counts: {
      metrics: Float64Array.from(metrics, ({value}) => value * instructions),
      elapsed: elapsed.value * instructions,
      activities: replayed.activities,
    },
    ownCycles: own.halfWidth / own.value,
    waits: replayed.activities.map((_, activity) => waitHalfWidth(system, activity)),
    warmUpBias,
    halfWidths: metrics.map((metric) => metric.halfWidth * instructions),
  };
};
