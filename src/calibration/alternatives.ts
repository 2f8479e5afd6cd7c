/**
 * Counts under every choice of what is unknown, made for each system and benchmark under what changes them alone, and put together
 * for a combination: `calibration/hypotheses-counts.json`.
 */
import {availableParallelism} from 'node:os';
import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import type {Benchmark} from '../predict/benchmarks.ts';
import type {Calibration} from '../predict/calibration.ts';
import {applyChoice, type Choice, type Hypothesis} from '../predict/hypotheses.ts';
import {type ChosenRuns, type Collection, collectChosen, collectSchedules, type Values} from './collect.ts';
import {type CountSet, readCountsFile, rowsText, runCounts, type ScheduleCounts, scheduleCounts} from './counts.ts';

const choiceSchema = z.record(z.string(), z.string());

const alternativeCounts = z.strictObject({
  schemaVersion: z.literal(1),
  command: z.string(),
  /** Of the fit's counts, and of the unknowns with their alternatives. */
  fingerprint: z.string(),
  at: z.record(z.string(), z.number()),
  /** `choice`: of the unknowns that matter to the benchmark and the systems. */
  runs: z.array(z.strictObject({choice: choiceSchema, benchmark: z.string(), runs: z.array(runCounts)})),
  schedules: z.array(z.strictObject({choice: choiceSchema, sut: z.string(), schedules: z.array(scheduleCounts)})),
});
export type AlternativeCounts = z.infer<typeof alternativeCounts>;

export const alternativeCountsPath = (): string => packagePath('calibration', 'hypotheses-counts.json');

/** Undefined where there is no file. @throws InputError for what is none */
export const readAlternativeCounts = (path: string): AlternativeCounts | undefined =>
  readCountsFile(path, alternativeCounts, 'count anew with `trapwalk calibrate hypotheses --again --replay`');

export const alternativeCountsText = ({runs, schedules, ...head}: AlternativeCounts): string =>
  `${JSON.stringify(head).slice(0, -1)},\n"runs":${rowsText(runs)},\n"schedules":${rowsText(schedules)}}\n`;

/** Every choice that there is. */
export const product = (hypotheses: readonly Hypothesis[]): Choice[] =>
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

export interface Alternatives {
  readonly hypotheses: readonly Hypothesis[];
  /** Without a fit. */
  readonly priors: Calibration;
  readonly benchmarks: readonly Benchmark[];
  readonly suts: readonly string[];
}

/** Which unknowns matter to what. */
export class Relevance {
  readonly #of: Alternatives;
  readonly #changes: ReadonlyMap<string, Changes>;

  constructor(of: Alternatives) {
    this.#of = of;
    const {hypotheses, priors, benchmarks} = of;
    this.#changes = new Map(hypotheses.map((h) => [h.id, changesOf(h, hypotheses, priors, benchmarks)]));
  }

  /** To a program's runs on a system; without a benchmark, to schedules of recorded machines. */
  to(sut: string, benchmark?: string): Hypothesis[] {
    return this.#of.hypotheses.filter((h) => {
      const {machine, suts, benchmarks} = this.#changes.get(h.id)!;
      if (isUnseen(h) || (benchmark !== undefined && isOfSchedulesAlone(h))) return false;
      // A schedule's cycles under another clock or DRAM are taken to be in proportion to the host's, which the work's scale takes up.
      return suts.includes(sut) || (benchmark !== undefined && (machine || benchmarks.includes(benchmark)));
    });
  }
}

/** Systems that have the same relevant choice are replayed together. */
const wantedRuns = (of: Alternatives, relevance: Relevance): ChosenRuns[] => {
  const wanted = new Map<string, ChosenRuns & {readonly suts: string[]}>();
  for (const sut of of.suts)
    for (const {id} of of.benchmarks)
      for (const choice of product(relevance.to(sut, id))) {
        const key = keyOf(id, choice);
        const known = wanted.get(key);
        if (known) known.suts.push(sut);
        else {
          const {benchmarks} = applyChoice(of.hypotheses, choice, {calibration: of.priors, benchmarks: of.benchmarks});
          wanted.set(key, {choice, benchmark: benchmarks.find((one) => one.id === id)!, suts: [sut]});
        }
      }
  return [...wanted.values()];
};

/** As many at a time as there are CPUs: each takes a thread. */
const collectChosenSchedules = async (
  collection: Collection,
  wanted: readonly {readonly sut: string; readonly choice: Choice}[],
  at: Values,
): Promise<ScheduleCounts[][]> => {
  const found: ScheduleCounts[][] = [];
  const atOnce = collection.pool.jobs ?? availableParallelism();
  for (let i = 0; i < wanted.length; i += atOnce) {
    const some = wanted.slice(i, i + atOnce);
    found.push(
      ...(await Promise.all(
        some.map(({sut, choice}) =>
          collectSchedules({...collection, suts: [sut], choice, pool: {...collection.pool, jobs: 1}}, at),
        ),
      )),
    );
  }
  return found;
};

/** All replays. */
export const countAlternatives = async (
  of: Alternatives,
  collection: Collection,
  head: Pick<AlternativeCounts, 'command' | 'fingerprint' | 'at'>,
  log: (line: string) => void,
): Promise<AlternativeCounts> => {
  const relevance = new Relevance(of);
  const wanted = wantedRuns(of, relevance);
  const chosen = of.suts.flatMap((sut) => product(relevance.to(sut)).map((choice) => ({sut, choice})));
  log(`scheduling ${chosen.length} alternatives`);
  const schedules = await collectChosenSchedules(collection, chosen, head.at);
  log(`replaying ${wanted.length} alternatives`);
  const runs = await collectChosen(collection, wanted, head.at);
  return {
    schemaVersion: 1,
    ...head,
    runs: wanted.map(({choice, benchmark}, i) => ({choice, benchmark: benchmark.id, runs: runs[i]!})),
    schedules: chosen.map(({sut, choice}, i) => ({choice, sut, schedules: schedules[i]!})),
  };
};

/** Only what matters of a choice, in the order of the hypotheses. */
const restricted = (choice: Choice, relevant: readonly Hypothesis[]): Choice =>
  Object.fromEntries(relevant.map(({id}) => [id, choice[id]!]));

/** Looks the counts of a combination up. */
export const countsOfChoice = (counts: AlternativeCounts, of: Alternatives): ((choice: Choice) => CountSet) => {
  const relevance = new Relevance(of);
  const runs = new Map(
    counts.runs.flatMap(({choice, benchmark, runs: all}) =>
      [...new Set(all.map(({sut}) => sut))].map((sut) => [
        keyOf(benchmark, sut, choice),
        all.filter((run) => run.sut === sut),
      ]),
    ),
  );
  const schedules = new Map(counts.schedules.map(({choice, sut, schedules: all}) => [keyOf(sut, choice), all]));
  return (choice) => ({
    at: counts.at,
    runs: of.benchmarks.flatMap(({id}) =>
      of.suts.flatMap((sut) => runs.get(keyOf(id, sut, restricted(choice, relevance.to(sut, id))))!),
    ),
    schedules: of.suts.flatMap((sut) => schedules.get(keyOf(sut, restricted(choice, relevance.to(sut))))!),
  });
};
