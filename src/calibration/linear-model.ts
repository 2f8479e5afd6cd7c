/**
 * Counts × parameters → logarithms of figures and their slopes, for a fit that evaluates them thousands of times. It says what
 * `cost` and `scheduledCells` say (docs/model.md, sections 1 and 6); that the two agree is tested.
 *
 * A run:      cycles a unit = (s·P + R) / (1 − Σ rᵢ·(aᵢ·θ) / f), P, R and the waits in aᵢ linear in what was replayed at two values
 * A schedule: cycles a unit = C₀ + a·(θ − θ₀), the schedule as it was at θ₀
 */
import {type Prices, pathCycles} from '../costmodel/prices.ts';
import {parameterPrefix, type ResolvedPath, resolvePath} from '../hypervisors/load.ts';
import {type Benchmark, type BenchmarkRun, figureOf} from '../predict/benchmarks.ts';
import {type Calibration, cyclesPerInstruction, PIPELINE_SCALE, WORK_SCALE} from '../predict/calibration.ts';
import {ratedActivities} from '../predict/measure.ts';
import {caseSpread, type ScheduledBenchmark, unitsOfCases} from '../predict/scheduled-benchmarks.ts';
import {deviation, mean} from '../statistics.ts';
import type {CountSet, MovedCounts, RunCounts, ScheduleCounts} from './counts.ts';
import type {FreeParameter} from './parameters.ts';

/** Adds the slopes of its logarithm to `slopes`, times `weight`. Returns the logarithm of the figure. */
type Evaluate = (values: ArrayLike<number>, slopes: Float64Array | undefined, weight: number) => number;

/** What one run or schedule of one system predicts, for the cases of it. */
export interface Prediction {
  readonly benchmark: string;
  readonly sut: string;
  readonly cases: readonly string[];
  /** One for each case; all the same where cases are repetitions. */
  readonly evaluate: readonly Evaluate[];
  /** Relative deviation beside what parameters and model are wrong by: of placement, or of cases larger than what was recorded. */
  readonly spread: (values: ArrayLike<number>) => number;
}

export interface ModelInput {
  /** Of the counts' choices; without a fit. */
  readonly calibration: Calibration;
  readonly benchmarks: readonly Benchmark[];
  readonly scheduled: readonly ScheduledBenchmark[];
  readonly counts: CountSet;
  readonly moved: readonly MovedCounts[];
  /** The runs that `moved` are moved from, if not those of `counts`. */
  readonly movedFrom?: CountSet['runs'] | undefined;
  readonly parameters: readonly FreeParameter[];
  readonly hostCpus?: 1 | 2;
}

/** Cycles of paths as a linear form: what each parameter is multiplied by, and what no parameter moves. */
interface LinearForm {
  readonly slopes: Float64Array;
  readonly constant: number;
}

const PRIMITIVES = ['device', 'barrier', 'instructionBarrier', 'systemRegister', 'modeSwitch'] as const;

/** Of these primitives none costs anything; instructions cost what they do on the core. */
const noPrices = ({prices}: Calibration): Prices => ({
  ...prices,
  ...Object.fromEntries(PRIMITIVES.map((primitive) => [primitive, 0])),
});

class Forms {
  readonly #c: Calibration;
  readonly #index: ReadonlyMap<string, number>;
  readonly size: number;

  constructor(c: Calibration, parameters: readonly FreeParameter[]) {
    this.#c = c;
    this.#index = new Map(parameters.map(({id}, i) => [id, i]));
    this.size = parameters.length;
  }

  index(id: string): number | undefined {
    return this.#index.get(id);
  }

  /** Of paths, and of cycles that they wait for their lines if nothing hides. */
  of(paths: readonly {readonly path: ResolvedPath; readonly count: number}[], waited: number): LinearForm {
    const slopes = new Float64Array(this.size);
    let constant = 0;
    const add = (id: string, value: number, factor: number): void => {
      const index = this.#index.get(id);
      if (index === undefined) constant += value * factor;
      else slopes[index]! += factor;
    };
    const {prices, primitives} = this.#c;
    const nothing = noPrices(this.#c);
    const perInstruction = cyclesPerInstruction(this.#c);
    for (const {path, count} of paths) {
      const {id} = path.build;
      add(`${id}.cyclesPerInstruction`, perInstruction[id]!, count * pathCycles(path.path, 1, nothing));
      for (const primitive of PRIMITIVES) {
        // A price may be a time, which a file gives in nanoseconds.
        const {value} = primitives[primitive];
        const unit = {...nothing, [primitive]: value === 0 ? 1 : prices[primitive] / value};
        add(`primitives.${primitive}`, value, count * pathCycles(path.path, 0, unit));
      }
    }
    add('primitives.missExposure', this.#c.prices.missExposure, waited);
    return {slopes, constant};
  }
}

const dot = ({slopes, constant}: LinearForm, values: ArrayLike<number>): number => {
  let sum = constant;
  for (let i = 0; i < slopes.length; i++) sum += slopes[i]! * values[i]!;
  return sum;
};

/** What a step of one parameter changes in a run's counts. */
interface Drift {
  readonly index: number;
  readonly origin: number;
  readonly pipeline: number;
  readonly rest: number;
  /** Per activity. */
  readonly waits: readonly number[];
}

const sameRun = (a: RunCounts, b: RunCounts): boolean =>
  a.benchmark === b.benchmark && a.case === b.case && a.sut === b.sut;

const driftsOf = (
  counts: RunCounts,
  activities: readonly string[],
  {moved, counts: {at}, parameters}: ModelInput,
  base: CountSet['runs'],
): Drift[] =>
  moved.flatMap(({id, value, runs}: MovedCounts) => {
    const index = parameters.findIndex((p) => p.id === id);
    // One seed's difference stands for all.
    const there = runs.find((one) => sameRun(one, counts));
    const here = there && base.find((one) => sameRun(one, there) && one.seed === there.seed);
    if (index < 0 || there === undefined || here === undefined) return [];
    const origin = at[id] ?? parameters[index]!.prior;
    const step = value - origin;
    return [
      {
        index,
        origin,
        pipeline: (there.pipeline - here.pipeline) / step,
        rest: (there.rest - here.rest) / step,
        waits: activities.map((activity) => ((there.waits[activity] ?? 0) - (here.waits[activity] ?? 0)) / step),
      },
    ];
  });

const evaluateRun = (
  counts: RunCounts,
  {work}: BenchmarkRun,
  benchmark: Benchmark,
  input: ModelInput,
  forms: Forms,
): Evaluate => {
  const {calibration, hostCpus = 1} = input;
  const prefix = parameterPrefix(calibration.hypervisors[counts.sut]!);
  const rated = ratedActivities(calibration, counts.sut, hostCpus);
  const exposure = forms.index('primitives.missExposure');
  const activities = rated.map((activity) => {
    const {id, shareOfTwoCpus} = activity.activity;
    return {
      form: forms.of(
        activity.paths.map((path) => ({path, count: 1})),
        counts.waits[id] ?? 0,
      ),
      share: hostCpus === 1 ? 1 : shareOfTwoCpus,
      rate: activity.ratePerSecond,
      rateIndex: forms.index(`${prefix}.${id}.rate`),
    };
  });
  const drifts = driftsOf(
    counts,
    rated.map((a) => a.activity.id),
    input,
    input.movedFrom ?? input.counts.runs,
  );
  const scaleIndex = forms.index(`${PIPELINE_SCALE}.${benchmark.id}`);
  const {clockHz} = calibration.machine;
  const figure = Math.log(figureOf(benchmark, clockHz) * work);
  return (values, slopes, weight) => {
    const scale = scaleIndex === undefined ? 1 : values[scaleIndex]!;
    let {pipeline, rest} = counts;
    for (const {index, origin, ...by} of drifts) {
      const step = values[index]! - origin;
      pipeline += by.pipeline * step;
      rest += by.rest * step;
    }
    const own = scale * pipeline + rest;
    const exposed = exposure === undefined ? calibration.prices.missExposure : values[exposure]!;
    let busy = 0;
    const each = activities.map(({form, share, rate: fixed, rateIndex}, a) => {
      const rate = rateIndex === undefined ? fixed : values[rateIndex]! * share;
      let cycles = dot(form, values);
      let waitDrift = 0;
      for (const {index, origin, waits} of drifts) waitDrift += waits[a]! * (values[index]! - origin);
      cycles += waitDrift * exposed;
      busy += (rate * cycles) / clockHz;
      return {rate, cycles, waitDrift};
    });
    if (slopes) {
      const left = clockHz * (1 - busy);
      if (scaleIndex !== undefined) slopes[scaleIndex]! -= (weight * pipeline) / own;
      for (const [a, {form, share, rateIndex}] of activities.entries()) {
        const {rate, cycles, waitDrift} = each[a]!;
        for (let i = 0; i < form.slopes.length; i++) slopes[i]! -= (weight * rate * form.slopes[i]!) / left;
        if (exposure !== undefined) slopes[exposure]! -= (weight * rate * waitDrift) / left;
        if (rateIndex !== undefined) slopes[rateIndex]! -= (weight * share * cycles) / left;
      }
      for (const {index, waits, ...by} of drifts) {
        slopes[index]! -= (weight * (scale * by.pipeline + by.rest)) / own;
        for (const [a, {rate}] of each.entries()) slopes[index]! -= (weight * rate * waits[a]! * exposed) / left;
      }
    }
    return figure - Math.log(own) + Math.log(1 - busy);
  };
};

const relativeDeviation = (figures: readonly number[]): number => deviation(figures) / mean(figures);

/** The logarithm of the mean figure over seeds: the slope of each counts by its share of the sum. */
const meanOf =
  (all: readonly Evaluate[]): Evaluate =>
  (values, slopes, weight) => {
    const figures = all.map((one) => Math.exp(one(values, undefined, 0)));
    const sum = figures.reduce((total, one) => total + one, 0);
    if (slopes) for (const [i, one] of all.entries()) one(values, slopes, (weight * figures[i]!) / sum);
    return Math.log(sum / all.length);
  };

const evaluateSchedule = (counts: ScheduleCounts, units: number, input: ModelInput, forms: Forms): Evaluate => {
  const {calibration, parameters} = input;
  const {at} = input.counts;
  const hypervisor = calibration.hypervisors[counts.sut]!;
  const form = forms.of(
    counts.executed.map(({path, count}) => ({path: resolvePath(hypervisor, calibration.kernel, path), count})),
    counts.executed.reduce((sum, {waited}) => sum + waited, 0),
  );
  const origin = parameters.map(({id, prior}) => at[id] ?? prior);
  const atOrigin = dot(form, origin);
  const prefix = parameterPrefix(hypervisor);
  const rates = Object.entries(counts.background).flatMap(([activity, cycles]) => {
    const index = forms.index(`${prefix}.${activity}.rate`);
    return index === undefined || origin[index] === 0 ? [] : [{index, slope: cycles / origin[index]!}];
  });
  const workIndex = forms.index(`${WORK_SCALE}.${counts.benchmark}`)!;
  const {clockHz} = calibration.machine;
  return (values, slopes, weight) => {
    let cycles = counts.cyclesPerUnit + dot(form, values) - atOrigin;
    for (const {index, slope} of rates) cycles += slope * (values[index]! - origin[index]!);
    const work = values[workIndex]!;
    if (slopes) {
      for (let i = 0; i < form.slopes.length; i++) slopes[i]! += (weight * form.slopes[i]!) / cycles;
      for (const {index, slope} of rates) slopes[index]! += (weight * slope) / cycles;
      slopes[workIndex]! += weight / work;
    }
    return Math.log((work * units * cycles) / clockHz);
  };
};

/** Every prediction that the counts allow, in the order of benchmarks, runs and systems. */
export const predictionsOf = (input: ModelInput): Prediction[] => {
  const {benchmarks, scheduled, counts, calibration, parameters} = input;
  const forms = new Forms(calibration, parameters);
  const suts = Object.keys(calibration.hypervisors);
  const runs = benchmarks.flatMap((benchmark) =>
    benchmark.runs.flatMap((run) =>
      suts.flatMap((sut): Prediction[] => {
        const own = counts.runs.filter(
          (one) => one.benchmark === benchmark.id && one.case === run.cases[0] && one.sut === sut,
        );
        if (own.length === 0) return [];
        const seeds = own.map((one) => evaluateRun(one, run, benchmark, input, forms));
        const evaluate = seeds.length === 1 ? seeds[0]! : meanOf(seeds);
        return [
          {
            ...{benchmark: benchmark.id, sut, cases: run.cases},
            evaluate: run.cases.map(() => evaluate),
            spread: (values) => relativeDeviation(seeds.map((seed) => Math.exp(seed(values, undefined, 0)))),
          },
        ];
      }),
    ),
  );
  const schedules = scheduled.flatMap((benchmark) =>
    counts.schedules
      .filter((one) => one.benchmark === benchmark.id)
      .map((one): Prediction => {
        const cases = unitsOfCases(benchmark, one.sut, 1);
        return {
          benchmark: benchmark.id,
          sut: one.sut,
          cases: cases.map(([name]) => name),
          evaluate: cases.map(([, units]) => evaluateSchedule(one, units, input, forms)),
          spread: () => caseSpread(benchmark, calibration.hypervisors[one.sut]!, 1),
        };
      }),
  );
  return [...runs, ...schedules];
};
