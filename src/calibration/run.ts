/** `trapwalk calibrate`: targets and counts in, a fit out. Replays are made only where the counts do not know them. */
import {existsSync, readFileSync} from 'node:fs';
import {relative} from 'node:path';
import {InputError} from '../files/errors.ts';
import {sha256} from '../files/hash.ts';
import {packagePath} from '../files/paths.ts';
import {writeFileAtomic} from '../files/write.ts';
import {casesOf, type PublishedCell, publishedPath, readBenchmarks, readPublished} from '../predict/benchmarks.ts';
import {type Calibration, DEFAULT_MACHINE, loadCalibration} from '../predict/calibration.ts';
import type {FitFile} from '../predict/fit-file.ts';
import {readHypotheses} from '../predict/hypotheses.ts';
import type {PoolOptions} from '../predict/pool.ts';
import {readScheduledBenchmarks} from '../predict/scheduled-benchmarks.ts';
import {
  type AlternativeCounts,
  alternativeCountsText,
  countAlternatives,
  readAlternativeCounts,
  withOtherBuilds,
} from './alternatives.ts';
import {fitFileOf, modelOf} from './calibrate.ts';
import {type Collection, collectMoved, collectSet, replayedParameters, SEEDS, type Values} from './collect.ts';
import {type CountsFile, countsPath, countsText, readCounts} from './counts.ts';
import {fingerprint} from './fingerprint.ts';
import {fitTo} from './fit.ts';
import {type Ranking, rankHypotheses, thinned} from './hypotheses.ts';
import type {FitModel, Targets} from './model.ts';
import {HOST} from './observations.ts';
import {freeParameters} from './parameters.ts';

export interface CalibrateOptions extends PoolOptions {
  readonly command: string;
  readonly machine?: string;
  /** File of measured cells, in the form of `calibration/published/first-vector.csv`; that one if none is named. */
  readonly targets?: string;
  /** Where counts are kept. */
  readonly counts: string;
  /** Whether counts that had to be made are written there. */
  readonly isKept: boolean;
  /** Count anew even if the counts are of these files. */
  readonly replay?: boolean;
  readonly log?: (line: string) => void;
}

/** How often the replays are repeated at what was fitted. */
const ROUNDS = 6;
/** Largest move of a parameter that no replay need follow, as a share of its range. */
const SETTLED = 0.05;

/** @throws InputError for measurements that nothing predicts, or that lack the host's */
export const readTargets = (path: string, known: readonly string[]): Targets => {
  if (!existsSync(path))
    throw new InputError('there is no such file', {file: path, remedy: 'name a CSV file of measurements'});
  const rows = readPublished(path);
  const cells = rows.filter(({hostCpus}) => hostCpus === 1);
  const named = new Set(cells.map(({benchmark}) => benchmark));
  const benchmarks = readBenchmarks().filter(({id}) => named.has(id));
  const scheduled = readScheduledBenchmarks().filter(({id}) => named.has(id));
  const kinds = new Map<string, Kind>([
    ...benchmarks.map((b): [string, Kind] => [b.id, {cases: casesOf(b), unit: b.metric.unit}]),
    ...scheduled.map(({id, unit, unitsPerCase}): [string, Kind] => [id, {cases: Object.keys(unitsPerCase), unit}]),
  ]);
  if (cells.length === 0)
    throw new InputError('no row is of one host CPU', {file: path, remedy: 'the fit takes rows whose host_cpus is 1'});
  const hosts = new Set(cells.filter(({sut}) => sut === HOST).map((cell) => `${cell.benchmark}/${cell.case}`));
  for (const [i, cell] of rows.entries()) {
    const found = objection(cell, kinds, known, hosts);
    // After the header.
    if (found) throw new InputError(found.message, {file: path, place: String(i + 2), remedy: found.remedy});
  }
  return {cells, benchmarks, scheduled};
};

interface Kind {
  readonly cases: readonly string[];
  readonly unit: string;
}

/** What is wrong with a row; of two host CPUs it is only that it is such a row. */
const objection = (
  {benchmark, hostCpus, case: name, sut, value, unit}: PublishedCell,
  kinds: ReadonlyMap<string, Kind>,
  known: readonly string[],
  hosts: ReadonlySet<string>,
): {readonly message: string; readonly remedy: string} | undefined => {
  if (hostCpus === 2) return undefined;
  if (hostCpus !== 1)
    return {message: 'host_cpus is neither 1 nor 2', remedy: 'the fit takes rows whose host_cpus is 1'};
  const kind = kinds.get(benchmark);
  if (kind === undefined)
    return {
      message: `no benchmark '${benchmark}'`,
      remedy: 'guests/benchmarks.yaml and guests/scheduled.yaml list them',
    };
  if (!kind.cases.includes(name))
    return {message: `'${benchmark}' has no case '${name}'`, remedy: `choose from ${kind.cases.join(', ')}`};
  if (!known.includes(sut)) return {message: `no system '${sut}'`, remedy: `choose from ${known.join(', ')}`};
  if (unit !== kind.unit)
    return {
      message: `figures of '${benchmark}' are in ${kind.unit}, not '${unit}'`,
      remedy: `give them in ${kind.unit}`,
    };
  if (!(value > 0 && Number.isFinite(value)))
    return {message: `${value} is no figure`, remedy: 'give a number above 0'};
  if (!hosts.has(`${benchmark}/${name}`))
    return {
      message: `the host's figure of ${benchmark} ${name} is missing`,
      remedy: 'measure the same case without a hypervisor',
    };
  return undefined;
};

const valuesOf = ({parameters}: FitModel, values: readonly number[]): Values =>
  Object.fromEntries(parameters.map(({id}, i) => [id, values[i]!]));

/** Replays at the priors and then, as often as it takes, at what the counts give. */
const countAnew = async (
  targets: Targets,
  priors: Calibration,
  {command, machine = DEFAULT_MACHINE, log = () => {}, ...pool}: CalibrateOptions,
): Promise<CountsFile> => {
  const suts = Object.keys(priors.hypervisors).filter((sut) => targets.cells.some((cell) => cell.sut === sut));
  const collection: Collection = {machine, ...targets, suts, seeds: SEEDS, pool};
  const parameters = freeParameters(priors, targets.benchmarks, targets.scheduled);
  let at: Values = {};
  const file = {
    schemaVersion: 1 as const,
    command,
    machine: priors.machineFile.id,
    fingerprint: fingerprint(priors, targets.benchmarks, targets.scheduled),
  };
  for (let round = 1; ; round++) {
    log(`replaying, round ${round} of at most ${ROUNDS}`);
    const base = await collectSet(collection, at);
    const moved = [];
    for (const parameter of replayedParameters(priors, parameters)) {
      log(`replaying with another ${parameter.id}`);
      moved.push(await collectMoved({...collection, seeds: SEEDS.slice(0, 1)}, parameter, at));
    }
    const counts: CountsFile = {...file, base, moved};
    const model = modelOf(targets, priors, counts);
    const {values} = fitTo(model.observations, parameters, 1);
    const move = Math.max(
      ...parameters.map((p, i) => Math.abs(values[i]! - (at[p.id] ?? p.prior)) / (p.upper - p.lower)),
    );
    log(`largest move ${(move * 100).toFixed(1)} % of a range`);
    if (move < SETTLED || round === ROUNDS) return counts;
    at = valuesOf(model, values);
  }
};

/** Counts of fits that go elsewhere lie beside them. */
export const countsFor = (output: string | undefined): string =>
  output === undefined ? countsPath() : `${output.replace(/\.json$/, '')}.counts.json`;

interface Ready {
  readonly targets: Targets;
  readonly path: string;
  readonly priors: Calibration;
  readonly counts: CountsFile;
}

/** Counts for other measurements may lack a system: only those with cells are replayed. */
const hasAll = ({base: {runs, schedules}}: CountsFile, {cells}: Targets): boolean => {
  const counted = new Set([...runs, ...schedules].map(({benchmark, sut}) => `${benchmark}/${sut}`));
  return cells.every(({benchmark, sut}) => counted.has(`${benchmark}/${sut}`));
};

/** Counts that are of these files, from their file or from replays. */
const countsReady = async (options: CalibrateOptions): Promise<Ready> => {
  const {log = () => {}} = options;
  const path = options.targets ?? publishedPath();
  const priors = loadCalibration({priorsOnly: true, machine: options.machine ?? DEFAULT_MACHINE});
  const targets = readTargets(path, Object.keys(priors.hypervisors));
  const stored = options.replay ? undefined : readCounts(options.counts);
  const isCurrent =
    stored?.fingerprint === fingerprint(priors, targets.benchmarks, targets.scheduled) &&
    stored.machine === priors.machineFile.id &&
    hasAll(stored, targets);
  if (stored && !isCurrent) log(`${options.counts} is of other files or systems`);
  const counts = stored && isCurrent ? stored : await countAnew(targets, priors, options);
  if (!isCurrent && options.isKept) writeFileAtomic(options.counts, countsText(counts));
  return {targets, path, priors, counts};
};

/**
 * @throws InputError for what {@link readTargets} refuses, and for counts that are no counts; what `signal` aborts with
 */
export const calibrate = async (options: CalibrateOptions): Promise<FitFile> => {
  const {command} = options;
  const {targets, path, priors, counts} = await countsReady(options);
  const file = path.startsWith(packagePath()) ? relative(packagePath(), path) : path;
  return fitFileOf(modelOf(targets, priors, counts), counts, {
    command,
    targets: {file, hash: sha256(readFileSync(path))},
  });
};

export interface RankOptions extends PoolOptions {
  readonly command: string;
  /** Where counts of the alternatives are kept. */
  readonly alternatives: string;
  /** Count anew even if the counts are of these files. */
  readonly replay: boolean;
  readonly log: (line: string) => void;
}

/** Every combination of what is unknown beside numbers, fitted to the published first vector. */
export const rank = async ({command, alternatives, replay, log, ...pool}: RankOptions): Promise<Ranking> => {
  const {targets, priors, counts} = await countsReady({command, counts: countsPath(), isKept: false, log, ...pool});
  const benchmarks = targets.benchmarks.map(thinned);
  const of = {hypotheses: readHypotheses(), priors, benchmarks, suts: Object.keys(priors.hypervisors)};
  const at = withOtherBuilds(priors, counts.base.at);
  const own = sha256(JSON.stringify([counts.fingerprint, at, of.hypotheses, benchmarks.map(({runs}) => runs)]));
  const stored = replay ? undefined : readAlternativeCounts(alternatives);
  const seeds = SEEDS.slice(0, 1);
  const collection: Collection = {machine: DEFAULT_MACHINE, ...targets, suts: of.suts, seeds, pool};
  const known = stored?.fingerprint === own ? stored : undefined;
  const keep = (all: AlternativeCounts): void => writeFileAtomic(alternatives, alternativeCountsText(all));
  const ready = await countAlternatives(of, collection, {command, fingerprint: own, at}, known, keep, log);
  return rankHypotheses(command, of, targets, ready, counts, {log, signal: pool.signal});
};
