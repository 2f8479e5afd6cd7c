/**
 * Discrete unknowns, ranked: every combination of their alternatives is fitted, and judged by its errors on benchmarks that its
 * fit did not see. Counts are made for each system and benchmark under what changes them, and put together for a combination.
 */
import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import type {Benchmark} from '../predict/benchmarks.ts';
import {type Calibration, withValues} from '../predict/calibration.ts';
import {applyChoice, type Choice, type Hypothesis} from '../predict/hypotheses.ts';
import type {ScheduledBenchmark} from '../predict/scheduled-benchmarks.ts';
import {type ChosenRuns, type Collection, collectChosen, collectSchedules, type Values} from './collect.ts';
import type {CountSet, RunCounts, ScheduleCounts} from './counts.ts';
import {leaveOutBenchmarks, validationRow} from './cross-validation.ts';
import {fitTo} from './fit.ts';
import {fitModel, type Targets} from './model.ts';
import {freeParameters} from './parameters.ts';

const rankingFile = z.strictObject({
  schemaVersion: z.literal(1),
  command: z.string(),
  /** Of the counts of the fit that it was made beside. */
  fingerprint: z.string(),
  /** Cases that stand for a benchmark, by its id. */
  cases: z.record(z.string(), z.array(z.string())),
  /** Unknowns that change nothing that was measured on one host CPU. */
  unseen: z.array(z.string()),
  /** Best first. */
  combinations: z.array(
    z.strictObject({
      choices: z.record(z.string(), z.string()),
      /** Mean over benchmarks of the error on guest cells that were left out, as a share of what guests lose. */
      score: z.number(),
      /** Of guest cells that were left out, mean absolute, percent, by benchmark. */
      leftOutPercent: z.record(z.string(), z.number()),
      sumOfSquares: z.number(),
    }),
  ),
  /** For each alternative the best combination that has it. */
  alternatives: z.array(
    z.strictObject({
      unknown: z.string(),
      alternative: z.string(),
      isDefault: z.boolean(),
      bestScore: z.number(),
      rank: z.number(),
    }),
  ),
  /** Of the combination of all defaults. */
  defaultRank: z.number(),
  tried: z.number(),
});
export type Ranking = z.infer<typeof rankingFile>;

export const rankingPath = (): string => packagePath('calibration', 'hypotheses-ranking.json');
export const readRanking = (): Ranking => readYaml(rankingPath(), rankingFile);

/** Combinations that are kept in the file. */
const KEPT = 20;

export interface RankingInput {
  readonly command: string;
  readonly fingerprint: string;
  readonly hypotheses: readonly Hypothesis[];
  readonly targets: Targets;
  /** Without a fit. */
  readonly priors: Calibration;
  readonly collection: Collection;
  readonly at: Values;
  readonly log: (line: string) => void;
}

/** First, middle and last run stand for a benchmark of many sizes. */
const thinned = (benchmark: Benchmark): Benchmark => {
  const {runs} = benchmark;
  const middle = Math.floor(runs.length / 2);
  return {...benchmark, runs: runs.filter((_, i) => i === 0 || i === middle || i === runs.length - 1)};
};

const product = (hypotheses: readonly Hypothesis[]): Choice[] =>
  hypotheses.reduce<Choice[]>(
    (all, h) => all.flatMap((choice) => Object.keys(h.alternatives).map((id) => ({...choice, [h.id]: id}))),
    [{}],
  );

interface Changes {
  readonly machine: boolean;
  readonly suts: readonly string[];
  readonly benchmarks: readonly string[];
}

/** What an unknown's alternatives differ in. */
const changesOf = (
  h: Hypothesis,
  hypotheses: readonly Hypothesis[],
  priors: Calibration,
  benchmarks: readonly Benchmark[],
): Changes => {
  const plain = {calibration: priors, benchmarks};
  const others = Object.keys(h.alternatives).map((id) => applyChoice(hypotheses, {[h.id]: id}, plain));
  const isOther = (of: (s: typeof plain) => unknown): boolean =>
    others.some((one) => !isDeepStrictEqual(of(one), of(plain)));
  return {
    machine: isOther(({calibration}) => calibration.machine),
    suts: Object.keys(priors.hypervisors).filter((sut) => isOther(({calibration}) => calibration.hypervisors[sut])),
    benchmarks: benchmarks.map(({id}) => id).filter((id) => isOther((s) => s.benchmarks.find((b) => b.id === id))),
  };
};

/** Delivery of interrupts and locks is nothing that a program's replay knows. */
const DELIVERY = '.delivery.';
/** Nor does one host CPU tell what is shared by two. */
const TWO_CPUS = '.shareOfTwoCpus';

const placesOf = (h: Hypothesis): string[] => Object.values(h.alternatives).flatMap(({set}) => Object.keys(set));
const isOfSchedulesAlone = (h: Hypothesis): boolean => placesOf(h).every((place) => place.includes(DELIVERY));
export const isUnseen = (h: Hypothesis): boolean => placesOf(h).every((place) => place.endsWith(TWO_CPUS));

const keyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts);

/** Only what matters of a choice, in the order of the hypotheses. */
const restricted = (choice: Choice, ids: readonly string[]): Choice =>
  Object.fromEntries(ids.map((id) => [id, choice[id]!]));

class Counted {
  readonly #input: RankingInput;
  readonly #changes: ReadonlyMap<string, Changes>;
  readonly #runs = new Map<string, RunCounts[]>();
  readonly #schedules = new Map<string, ScheduleCounts[]>();
  readonly #benchmarks: readonly Benchmark[];

  constructor(input: RankingInput, benchmarks: readonly Benchmark[]) {
    this.#input = input;
    this.#benchmarks = benchmarks;
    const {hypotheses, priors} = input;
    this.#changes = new Map(hypotheses.map((h) => [h.id, changesOf(h, hypotheses, priors, benchmarks)]));
  }

  #relevant(sut: string, benchmark: string | undefined): Hypothesis[] {
    return this.#input.hypotheses.filter((h) => {
      const {machine, suts, benchmarks} = this.#changes.get(h.id)!;
      if (isUnseen(h) || (benchmark !== undefined && isOfSchedulesAlone(h))) return false;
      // A schedule's cycles under another clock or DRAM are taken to be in proportion to the host's, which the work's scale takes up.
      return suts.includes(sut) || (benchmark !== undefined && (machine || benchmarks.includes(benchmark)));
    });
  }

  /** Counts under every relevant choice. */
  async fill(): Promise<void> {
    const {collection, at, log} = this.#input;
    log('replaying alternatives');
    const wanted = this.#wanted();
    const counts = await collectChosen(collection, wanted, at);
    for (const [i, {benchmark, suts, choice}] of wanted.entries())
      for (const sut of suts)
        this.#runs.set(
          keyOf(benchmark.id, sut, choice),
          counts[i]!.filter((run) => run.sut === sut),
        );
    for (const sut of collection.suts)
      for (const choice of product(this.#relevant(sut, undefined))) {
        log(`scheduling ${sut}: ${Object.values(choice).join(', ') || 'as it is'}`);
        const schedules = await collectSchedules({...collection, suts: [sut], choice}, at);
        this.#schedules.set(keyOf(sut, choice), schedules);
      }
  }

  /** Systems that have the same relevant choice are replayed together. */
  #wanted(): ChosenRuns[] {
    const {collection, hypotheses, priors} = this.#input;
    const wanted = new Map<string, ChosenRuns & {readonly suts: string[]}>();
    for (const sut of collection.suts)
      for (const {id} of this.#benchmarks)
        for (const choice of product(this.#relevant(sut, id))) {
          const key = keyOf(id, choice);
          const subject = {calibration: priors, benchmarks: this.#benchmarks};
          const known = wanted.get(key);
          if (known) known.suts.push(sut);
          else {
            const {benchmarks} = applyChoice(hypotheses, choice, subject);
            wanted.set(key, {choice, benchmark: benchmarks.find((one) => one.id === id)!, suts: [sut]});
          }
        }
    return [...wanted.values()];
  }

  set(choice: Choice): CountSet {
    const {collection, at} = this.#input;
    const of = (sut: string, benchmark: string | undefined): Choice =>
      restricted(
        choice,
        this.#relevant(sut, benchmark).map(({id}) => id),
      );
    return {
      at,
      runs: this.#benchmarks.flatMap(({id}) =>
        collection.suts.flatMap((sut) => this.#runs.get(keyOf(id, sut, of(sut, id)))!),
      ),
      schedules: collection.suts.flatMap((sut) => this.#schedules.get(keyOf(sut, of(sut, undefined)))!),
    };
  }
}

const guestError = (
  errors: readonly {benchmark: string; sut: string; meanAbsolutePercentageError: number; noOverhead: number}[],
) => errors.filter(({sut}) => sut === 'guests');

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** Fits every combination; those whose unknowns the first vector cannot see stand as their default. */
export const rankHypotheses = async (input: RankingInput): Promise<Ranking> => {
  const {hypotheses, priors, targets, log, command} = input;
  const benchmarks = targets.benchmarks.map(thinned);
  const scheduled: readonly ScheduledBenchmark[] = targets.scheduled;
  const counted = new Counted(input, benchmarks);
  await counted.fill();
  const seen = hypotheses.filter((h) => !isUnseen(h));
  const choices = product(seen);
  const combinations = choices.map((choice, n): Ranking['combinations'][number] => {
    if (n % 100 === 0) log(`fitting combinations, ${n} of ${choices.length}`);
    const chosen = applyChoice(hypotheses, choice, {calibration: withValues(priors, {}), benchmarks});
    const own: Targets = {cells: targets.cells, benchmarks: chosen.benchmarks, scheduled};
    const parameters = freeParameters(chosen.calibration, own.benchmarks, scheduled);
    const model = fitModel(own, chosen.calibration, parameters, counted.set(choice), []);
    const {sumOfSquares} = fitTo(model.observations, parameters, 1);
    const rows = guestError(validationRow(model, leaveOutBenchmarks(model)).errors);
    return {
      choices: choice,
      score: mean(rows.map((e) => e.meanAbsolutePercentageError / e.noOverhead)),
      leftOutPercent: Object.fromEntries(rows.map((e) => [e.benchmark, e.meanAbsolutePercentageError])),
      sumOfSquares,
    };
  });
  const ranked = combinations.toSorted((a, b) => a.score - b.score);
  const isDefault = ({choices: made}: (typeof ranked)[number]): boolean => seen.every((h) => made[h.id] === h.default);
  return {
    schemaVersion: 1,
    command,
    fingerprint: input.fingerprint,
    cases: Object.fromEntries(benchmarks.map(({id, runs}) => [id, runs.flatMap((run) => run.cases)])),
    unseen: hypotheses.filter(isUnseen).map(({id}) => id),
    combinations: ranked.slice(0, KEPT),
    alternatives: seen.flatMap((h) =>
      Object.keys(h.alternatives).map((id) => {
        const rank = ranked.findIndex(({choices: made}) => made[h.id] === id);
        return {
          unknown: h.id,
          alternative: id,
          isDefault: id === h.default,
          bestScore: ranked[rank]!.score,
          rank: rank + 1,
        };
      }),
    ),
    defaultRank: ranked.findIndex(isDefault) + 1,
    tried: ranked.length,
  };
};
