/** `trapwalk calibrate`: targets and counts in, a fit out. Replays are made only where the counts do not know them. */
import {existsSync, readFileSync} from 'node:fs';
import {relative} from 'node:path';
import {InputError} from '../files/errors.ts';
import {sha256} from '../files/hash.ts';
import {packagePath} from '../files/paths.ts';
import {writeFileAtomic} from '../files/write.ts';
import {casesOf, publishedPath, readBenchmarks, readPublished} from '../predict/benchmarks.ts';
import {type Calibration, DEFAULT_MACHINE, loadCalibration} from '../predict/calibration.ts';
import type {FitFile} from '../predict/fit-file.ts';
import {readHypotheses} from '../predict/hypotheses.ts';
import type {PoolOptions} from '../predict/pool.ts';
import {readScheduledBenchmarks} from '../predict/scheduled-benchmarks.ts';
import {alternativeCountsText, countAlternatives, readAlternativeCounts} from './alternatives.ts';
import {fitFileOf, modelOf} from './calibrate.ts';
import {type Collection, collectMoved, collectSet, replayedParameters, type Values} from './collect.ts';
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
const ROUNDS = 3;
/** Largest move of a parameter that no replay need follow, as a share of its range. */
const SETTLED = 0.05;
const SEEDS = [1, 2, 3];

/** @throws InputError for measurements that nothing predicts, or that lack the host's */
export const readTargets = (path: string, known: readonly string[]): Targets => {
  if (!existsSync(path))
    throw new InputError('there is no such file', {file: path, remedy: 'name a CSV file of measurements'});
  const cells = readPublished(path).filter(({hostCpus}) => hostCpus === 1);
  const named = new Set(cells.map(({benchmark}) => benchmark));
  const benchmarks = readBenchmarks().filter(({id}) => named.has(id));
  const scheduled = readScheduledBenchmarks().filter(({id}) => named.has(id));
  const cases = new Map<string, readonly string[]>([
    ...benchmarks.map((b): [string, string[]] => [b.id, casesOf(b)]),
    ...scheduled.map(({id, unitsPerCase}): [string, string[]] => [id, Object.keys(unitsPerCase)]),
  ]);
  const place = {file: path};
  if (cells.length === 0)
    throw new InputError('no row is of one host CPU', {...place, remedy: 'the fit takes rows whose host_cpus is 1'});
  for (const {benchmark, case: name, sut, value} of cells) {
    const of = `${benchmark}, ${name}, ${sut}`;
    if (!cases.has(benchmark))
      throw new InputError(`no benchmark '${benchmark}'`, {
        ...place,
        remedy: 'guests/benchmarks.yaml and guests/scheduled.yaml list them',
      });
    if (!cases.get(benchmark)!.includes(name))
      throw new InputError(`'${benchmark}' has no case '${name}'`, {
        ...place,
        remedy: `choose from ${cases.get(benchmark)!.join(', ')}`,
      });
    if (!known.includes(sut))
      throw new InputError(`no system '${sut}'`, {...place, remedy: `choose from ${known.join(', ')}`});
    if (!(value > 0 && Number.isFinite(value)))
      throw new InputError(`${of}: ${value} is no figure`, {...place, remedy: 'give a number above 0'});
    if (!cells.some((c) => c.benchmark === benchmark && c.sut === HOST && c.case === name))
      throw new InputError(`${of}: the host's figure is missing`, {
        ...place,
        remedy: 'measure the same case without a hypervisor',
      });
  }
  return {cells, benchmarks, scheduled};
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

/** Counts that are of these files, from their file or from replays. */
const countsReady = async (options: CalibrateOptions): Promise<Ready> => {
  const {log = () => {}} = options;
  const path = options.targets ?? publishedPath();
  const priors = loadCalibration({priorsOnly: true, machine: options.machine ?? DEFAULT_MACHINE});
  const targets = readTargets(path, Object.keys(priors.hypervisors));
  const stored = options.replay ? undefined : readCounts(options.counts);
  const isCurrent =
    stored?.fingerprint === fingerprint(priors, targets.benchmarks, targets.scheduled) &&
    stored.machine === priors.machineFile.id;
  if (stored && !isCurrent) log(`${options.counts} is of other files`);
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
  const {at} = counts.base;
  const own = sha256(JSON.stringify([counts.fingerprint, at, of.hypotheses, benchmarks.map(({runs}) => runs)]));
  const stored = replay ? undefined : readAlternativeCounts(alternatives);
  const seeds = SEEDS.slice(0, 1);
  const collection: Collection = {machine: DEFAULT_MACHINE, ...targets, suts: of.suts, seeds, pool};
  const isCurrent = stored?.fingerprint === own;
  const ready =
    stored && isCurrent ? stored : await countAlternatives(of, collection, {command, fingerprint: own, at}, log);
  if (!isCurrent) writeFileAtomic(alternatives, alternativeCountsText(ready));
  return rankHypotheses(command, of, targets, ready, {log, signal: pool.signal});
};
