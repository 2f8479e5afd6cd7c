/**
 * Counts under every choice of what is unknown, made for each system and benchmark under what changes them alone, and put together
 * for a combination: `calibration/hypotheses-counts.json`.
 */
import {availableParallelism} from 'node:os';
import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {parameterPrefix} from '../hypervisors/load.ts';
import type {Benchmark} from '../predict/benchmarks.ts';
import type {Calibration} from '../predict/calibration.ts';
import {applyChoice, type Choice, type Hypothesis} from '../predict/hypotheses.ts';
import {type ChosenRuns, type Collection, collectChosen, collectSchedules, type Values} from './collect.ts';
import {type CountSet, readCountsFile, rowsText, runCounts, scheduleCounts} from './counts.ts';

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

/** A system's other builds are counted at the rates that were fitted with the build in use: at their priors they would be farther from what a fit of theirs gives. */
export const withOtherBuilds = ({hypervisors}: Calibration, at: Values): Values => {
  const others = Object.values(hypervisors).flatMap((h) =>
    Object.values(h.builds).flatMap(({id}) =>
      h.activities.flatMap(({id: activity}): [string, number][] => {
        const rate = at[`${parameterPrefix(h)}.${activity}.rate`];
        return rate === undefined ? [] : [[`${id}.${activity}.rate`, rate]];
      }),
    ),
  );
  return {...at, ...Object.fromEntries(others)};
};

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

interface ChosenSchedules {
  readonly sut: string;
  readonly choice: Choice;
}
type Runs = AlternativeCounts['runs'][number];
type Schedules = AlternativeCounts['schedules'][number];

const runsKey = ({choice, benchmark}: Pick<Runs, 'choice' | 'benchmark'>): string => keyOf(benchmark, choice);
const schedulesKey = ({choice, sut}: ChosenSchedules): string => keyOf(sut, choice);

/** Replays between two times that what there is gets kept. */
const AT_ONCE = 8;

/** `make` for what is not known, some at a time; all in the order of `wanted`. @param keep called behind each time, with what there is */
const completed = async <Wanted, Made>(
  wanted: readonly Wanted[],
  keyOfWanted: (one: Wanted) => string,
  known: ReadonlyMap<string, Made>,
  make: (some: readonly Wanted[], before: number) => Promise<Made[]>,
  keep: (all: Made[]) => void,
): Promise<Made[]> => {
  const made = new Map(known);
  const all = (): Made[] => wanted.flatMap((one) => made.get(keyOfWanted(one)) ?? []);
  const missing = wanted.filter((one) => !made.has(keyOfWanted(one)));
  for (let i = 0; i < missing.length; i += AT_ONCE) {
    const some = missing.slice(i, i + AT_ONCE);
    for (const [k, one] of (await make(some, made.size)).entries()) made.set(keyOfWanted(some[k]!), one);
    keep(all());
  }
  return all();
};

/** As many at a time as there are CPUs: each takes a thread. */
const scheduleChosen = async (
  collection: Collection,
  wanted: readonly ChosenSchedules[],
  at: Values,
): Promise<Schedules[]> => {
  const atOnce = collection.pool.jobs ?? availableParallelism();
  const made: Schedules[] = [];
  for (let i = 0; i < wanted.length; i += atOnce)
    made.push(
      ...(await Promise.all(
        wanted.slice(i, i + atOnce).map(async ({sut, choice}) => {
          const pool = {...collection.pool, jobs: 1};
          return {choice, sut, schedules: await collectSchedules({...collection, suts: [sut], choice, pool}, at)};
        }),
      )),
    );
  return made;
};

/**
 * All replays that `known` lacks.
 * @param known of the same fingerprint, perhaps of an interrupted count
 * @param keep called with what there is, every few replays
 */
export const countAlternatives = async (
  of: Alternatives,
  collection: Collection,
  head: Pick<AlternativeCounts, 'command' | 'fingerprint' | 'at'>,
  known: AlternativeCounts | undefined,
  keep: (counts: AlternativeCounts) => void,
  log: (line: string) => void,
): Promise<AlternativeCounts> => {
  const relevance = new Relevance(of);
  const counts = {schemaVersion: 1 as const, ...head};
  const knownSchedules = new Map(known?.schedules.map((one) => [schedulesKey(one), one]));
  const knownRuns = new Map(known?.runs.map((one) => [runsKey(one), one]));
  const chosen = of.suts.flatMap((sut) => product(relevance.to(sut)).map((choice) => ({sut, choice})));
  const schedules = await completed(
    chosen,
    schedulesKey,
    knownSchedules,
    (some, before) => {
      log(`scheduling alternatives, ${before} of ${chosen.length} done`);
      return scheduleChosen(collection, some, head.at);
    },
    (all) => keep({...counts, runs: [...knownRuns.values()], schedules: all}),
  );
  const wanted = wantedRuns(of, relevance);
  const runs = await completed(
    wanted,
    ({choice, benchmark}) => runsKey({choice, benchmark: benchmark.id}),
    knownRuns,
    async (some, before) => {
      log(`replaying alternatives, ${before} of ${wanted.length} done`);
      const made = await collectChosen(collection, some, head.at);
      return made.map((own, i) => ({choice: some[i]!.choice, benchmark: some[i]!.benchmark.id, runs: own}));
    },
    (all) => keep({...counts, runs: all, schedules}),
  );
  return {...counts, runs, schedules};
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
