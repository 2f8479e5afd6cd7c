/**
 * Discrete unknowns, ranked: every combination of their alternatives is fitted, and judged by its errors on benchmarks that its
 * fit did not see.
 */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import type {Benchmark} from '../predict/benchmarks.ts';
import {applyChoice, type Choice} from '../predict/hypotheses.ts';
import {mean} from '../statistics.ts';
import {type AlternativeCounts, type Alternatives, countsOfChoice, isUnseen, product} from './alternatives.ts';
import type {CountSet, CountsFile} from './counts.ts';
import {leaveOutBenchmarks, validationRow} from './cross-validation.ts';
import {fitTo} from './fit.ts';
import {fitModel, type Targets} from './model.ts';
import {freeParameters} from './parameters.ts';

const rankingFile = z.strictObject({
  schemaVersion: z.literal(1),
  command: z.string(),
  /** Of its counts. */
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

/**
 * Scores that differ by less are not told apart: so far they move with the fit at whose values the combinations are counted
 * (docs/validation.md).
 */
export const RESOLUTION = 0.02;

/** Combinations that are kept in the file. */
const KEPT = 20;

/** First, middle and last run stand for a benchmark of many sizes. */
export const thinned = (benchmark: Benchmark): Benchmark => {
  const {runs} = benchmark;
  const middle = Math.floor(runs.length / 2);
  return {...benchmark, runs: runs.filter((_, i) => i === 0 || i === middle || i === runs.length - 1)};
};

/** Combinations between two reports of progress. */
const TOLD = 50;

/** One combination, fitted. What a moved parameter changes in counts is taken to be what it changes in the files' own. */
const scored = (
  choice: Choice,
  {hypotheses, priors, benchmarks}: Alternatives,
  {cells, scheduled}: Targets,
  counts: CountSet,
  {base, moved}: CountsFile,
): Ranking['combinations'][number] => {
  const chosen = applyChoice(hypotheses, choice, {calibration: priors, benchmarks});
  const own: Targets = {cells, benchmarks: chosen.benchmarks, scheduled};
  const parameters = freeParameters(chosen.calibration, own.benchmarks, scheduled);
  const model = fitModel(own, chosen.calibration, parameters, counts, moved, base.runs);
  const {sumOfSquares} = fitTo(model.observations, parameters, 1);
  const rows = validationRow(model, leaveOutBenchmarks(model)).errors.filter(({sut}) => sut === 'guests');
  return {
    choices: choice,
    score: mean(rows.map((e) => e.meanAbsolutePercentageError / e.noOverhead)),
    leftOutPercent: Object.fromEntries(rows.map((e) => [e.benchmark, e.meanAbsolutePercentageError])),
    sumOfSquares,
  };
};

/** Fits every combination; those whose unknowns the first vector cannot see stand as their default. */
export const rankHypotheses = async (
  command: string,
  of: Alternatives,
  targets: Targets,
  counts: AlternativeCounts,
  standard: CountsFile,
  {log, signal}: {readonly log: (line: string) => void; readonly signal?: AbortSignal | undefined},
): Promise<Ranking> => {
  const {hypotheses, benchmarks} = of;
  const countsOf = countsOfChoice(counts, of);
  const seen = hypotheses.filter((h) => !isUnseen(h));
  const choices = product(seen);
  const combinations: Ranking['combinations'] = [];
  for (const choice of choices) {
    if (combinations.length % TOLD === 0) {
      log(`fitting combinations, ${combinations.length} of ${choices.length}`);
      await nextTurn();
      signal?.throwIfAborted();
    }
    combinations.push(scored(choice, of, targets, countsOf(choice), standard));
  }
  const ranked = combinations.toSorted((a, b) => a.score - b.score);
  const isDefault = ({choices: made}: (typeof ranked)[number]): boolean => seen.every((h) => made[h.id] === h.default);
  return {
    schemaVersion: 1,
    command,
    fingerprint: counts.fingerprint,
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
