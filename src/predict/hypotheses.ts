/** Discrete unknowns as data: `calibration/hypotheses.yaml`, checked against the files that it is about, and applied to them. */
import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {InputError, type InputErrorOptions} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import {checkHypervisor} from '../hypervisors/load.ts';
import {type HypervisorFile, hypervisorFile} from '../hypervisors/schema.ts';
import {chooseGuest} from '../tracegen/catalogue.ts';
import {type Benchmark, benchmarkSchema, readBenchmarks} from './benchmarks.ts';
import {type Calibration, loadCalibration, parameterRows, withValues} from './calibration.ts';
import {readField, withField} from './field-place.ts';

const value = z.union([z.number(), z.string(), z.boolean(), z.strictObject({as: z.string()})]);
export type OverrideValue = z.infer<typeof value>;

const alternative = z.strictObject({
  /** By id of a parameter, or place of a field. */
  set: z.record(z.string(), value).refine((set) => Object.keys(set).length > 0, {message: 'sets nothing'}),
  source: z.string().min(3),
});
export type Alternative = z.infer<typeof alternative>;

const hypothesis = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** The alternative that the files hold. */
  default: z.string(),
  alternatives: z.record(z.string(), alternative),
});
export type Hypothesis = z.infer<typeof hypothesis>;

const hypothesesFile = z.strictObject({hypotheses: z.array(hypothesis).min(1)});

/** Ids of alternatives by id of hypothesis; who is not named has its default. Plain data, so that it can go to a thread. */
export type Choice = Readonly<Record<string, string>>;

/** The loaded files that a choice changes. */
export interface Subject {
  readonly calibration: Calibration;
  readonly benchmarks: readonly Benchmark[];
}

export const hypothesesPath = (): string => packagePath('calibration', 'hypotheses.yaml');

interface Sides {
  readonly hypervisors: Calibration['hypervisors'];
  readonly benchmarks: readonly Benchmark[];
}

const BENCHMARKS = 'benchmarks';

/** The tree that places are of. */
const treeOf = ({hypervisors, benchmarks}: Sides): Readonly<Record<string, unknown>> => ({
  ...hypervisors,
  [BENCHMARKS]: benchmarks,
});

const sidesOf = ({[BENCHMARKS]: benchmarks, ...hypervisors}: Readonly<Record<string, unknown>>): Sides => ({
  hypervisors: hypervisors as Sides['hypervisors'],
  benchmarks: benchmarks as Sides['benchmarks'],
});

/** `hypotheses.core-clock.alternatives.960.set.cubieboard2.core.clock` */
const at = (file: string, ...keys: readonly string[]): InputErrorOptions => ({
  file,
  place: ['hypotheses', ...keys].join('.'),
});

const isParameterField = (field: unknown): boolean => typeof field === 'object' && field !== null && 'unit' in field;

/** A field that exists and is no number with bounds: of that its id is to be used. */
const plainField = (tree: unknown, place: string, options: InputErrorOptions): unknown => {
  const keys = place.split('.');
  for (let length = 1; length <= keys.length; length++) {
    if (!isParameterField(readField(tree, keys.slice(0, length).join('.'), options))) continue;
    throw new InputError(`'${place}' is of a parameter`, {
      ...options,
      remedy: 'set it by its id as `trapwalk parameters` lists it',
    });
  }
  return readField(tree, place, options);
};

/** Numbers by id; the ids of the systems' parameters depend on the builds in use. */
const parametersOf = (c: Calibration): ReadonlyMap<string, ReturnType<typeof parameterRows>[number]> =>
  new Map(parameterRows(c).map((row) => [row.id, row]));

const checkNumber = (
  row: ReturnType<typeof parameterRows>[number],
  number: OverrideValue,
  options: InputErrorOptions,
): void => {
  const {id, lower = -Infinity, upper = Infinity, unit} = row;
  if (typeof number !== 'number') throw new InputError(`'${id}' is a number of ${unit}`, options);
  if (number < lower || number > upper)
    throw new InputError(`${number} ${unit} lies outside the bounds of '${id}', ${lower} to ${upper}`, options);
};

/** What is changed must again be what its schema and its loader want. */
const checkChanged = ({hypervisors, benchmarks}: Sides, first: string, options: InputErrorOptions): void => {
  const refuse = (message: string): never => {
    throw new InputError(message, options);
  };
  const said = <T>(schema: z.ZodType<T>, data: unknown): void => {
    const issue = schema.safeParse(data).error?.issues[0];
    if (issue) refuse(`${issue.path.join('.')}: ${issue.message}`);
  };
  try {
    if (first === BENCHMARKS) {
      for (const benchmark of benchmarks) {
        said(benchmarkSchema, benchmark);
        chooseGuest(benchmark.guest, benchmark.profile, benchmark.optimization);
      }
      return;
    }
    const changed = hypervisors[first] as HypervisorFile;
    said(hypervisorFile, changed);
    checkHypervisor(changed, options.file ?? '');
  } catch (error) {
    if (!(error instanceof InputError) || error.place === options.place) throw error;
    refuse(error.message);
  }
};

const valueFor = (tree: unknown, given: OverrideValue, options: InputErrorOptions): unknown =>
  typeof given === 'object' ? readField(tree, given.as, options) : given;

const unknownPlace = (place: string, subject: Subject, options: InputErrorOptions): InputError | undefined => {
  const tree = treeOf({hypervisors: subject.calibration.hypervisors, benchmarks: subject.benchmarks});
  const [first = ''] = place.split('.');
  if (first in tree) return undefined;
  const guess = nearest(place, [...parametersOf(subject.calibration).keys()]);
  return new InputError(`'${place}' is neither a parameter nor a field of a system or of ${BENCHMARKS}`, {
    ...options,
    remedy: guess === undefined ? `systems are ${Object.keys(tree).join(', ')}` : `did you mean '${guess}'?`,
  });
};

/** One alternative laid over the files: fields first, since they decide which parameters there are. */
const applyAlternative = (subject: Subject, {set}: Alternative, place: (key: string) => InputErrorOptions): Subject => {
  const {calibration, benchmarks} = subject;
  const known = parametersOf(calibration);
  const original = treeOf({hypervisors: calibration.hypervisors, benchmarks});
  const numbers: [string, number][] = [];
  let tree = original;
  for (const [key, given] of Object.entries(set)) {
    const options = place(key);
    const row = known.get(key);
    if (row) {
      checkNumber(row, given, options);
      numbers.push([key, given as number]);
      continue;
    }
    const missing = unknownPlace(key, subject, options);
    if (missing) throw missing;
    plainField(original, key, options);
    tree = withField(tree, key, valueFor(original, given, options));
    checkChanged(sidesOf(tree), key.split('.')[0] as string, options);
  }
  const changed = sidesOf(tree);
  return {
    calibration: withValues(
      {...calibration, hypervisors: changed.hypervisors},
      {...calibration.values, ...Object.fromEntries(numbers)},
    ),
    benchmarks: changed.benchmarks,
  };
};

const placesOf = (h: Hypothesis): readonly string[] => Object.keys(Object.values(h.alternatives)[0]?.set ?? {});

/** That each alternative answers the same question, and no other hypothesis asks it. */
const checkPlaces = (hypotheses: readonly Hypothesis[], file: string): void => {
  const owners = new Map<string, string>();
  for (const h of hypotheses) {
    const places = placesOf(h);
    for (const [id, {set}] of Object.entries(h.alternatives)) {
      if (isDeepStrictEqual(Object.keys(set).toSorted(), [...places].sort())) continue;
      throw new InputError(`sets ${Object.keys(set).join(', ')}, where another alternative sets ${places.join(', ')}`, {
        ...at(file, h.id, 'alternatives', id),
        remedy: 'let all alternatives set the same places',
      });
    }
    for (const place of places) {
      const overlapping = [...owners].find(
        ([other]) => `${place}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${place}.`),
      );
      if (overlapping)
        throw new InputError(`sets '${place}', as '${overlapping[1]}' does with '${overlapping[0]}'`, at(file, h.id));
    }
    for (const place of places) owners.set(place, h.id);
  }
};

const checkDefault = (h: Hypothesis, subject: Subject, file: string): void => {
  const options = at(file, h.id, 'default');
  const chosen = h.alternatives[h.default];
  if (chosen === undefined)
    throw new InputError(`'${h.default}' is not among its alternatives`, {
      ...options,
      remedy: `choose from ${Object.keys(h.alternatives).join(', ')}`,
    });
  const tree = treeOf({hypervisors: subject.calibration.hypervisors, benchmarks: subject.benchmarks});
  const known = parametersOf(subject.calibration);
  for (const [key, given] of Object.entries(chosen.set)) {
    const own = at(file, h.id, 'alternatives', h.default, 'set', key);
    const used = known.get(key)?.value ?? readField(tree, key, own);
    if (isDeepStrictEqual(used, valueFor(tree, given, own))) continue;
    throw new InputError(`the files in use have ${JSON.stringify(used)}`, {
      ...own,
      remedy: 'correct it, or choose another default',
    });
  }
};

const check = (hypotheses: readonly Hypothesis[], file: string): void => {
  const subject: Subject = {calibration: loadCalibration({priorsOnly: true}), benchmarks: readBenchmarks()};
  const ids = hypotheses.map(({id}) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new InputError('stands there twice', at(file, twice));
  for (const h of hypotheses) {
    for (const [id, one] of Object.entries(h.alternatives))
      applyAlternative(subject, one, (key) => at(file, h.id, 'alternatives', id, 'set', key));
    checkDefault(h, subject, file);
  }
  checkPlaces(hypotheses, file);
};

/**
 * All unknowns, in the order of the file, checked against the files without a fit: every parameter, field and build exists, every
 * value is within its bounds or its schema, defaults are what the files say.
 * @throws InputError naming the place, and the nearest that exists.
 */
export const readHypotheses = (path = hypothesesPath()): readonly Hypothesis[] => {
  const {hypotheses} = readYaml(path, hypothesesFile);
  check(hypotheses, path);
  return hypotheses;
};

/** The default of each. */
export const defaultChoice = (hypotheses: readonly Hypothesis[]): Choice =>
  Object.fromEntries(hypotheses.map((h) => [h.id, h.default]));

const chosenFrom = <T>(known: Readonly<Record<string, T>>, id: string, what: string): T => {
  const found = known[id];
  if (found !== undefined) return found;
  const guess = nearest(id, Object.keys(known));
  throw new InputError(`no ${what} '${id}'`, {
    remedy: guess === undefined ? `choose from ${Object.keys(known).join(', ')}` : `did you mean '${guess}'?`,
  });
};

/**
 * The loaded files under a choice; what they were stays as it is. Where a build changes, what was fitted for the other one no
 * longer counts.
 * @throws InputError for an unknown hypothesis or alternative, or one about another machine than the calibration's.
 */
export const applyChoice = (hypotheses: readonly Hypothesis[], choice: Choice, subject: Subject): Subject => {
  const byId = Object.fromEntries(hypotheses.map((h) => [h.id, h]));
  for (const id of Object.keys(choice)) chosenFrom(byId, id, 'hypothesis');
  let changed = subject;
  for (const h of hypotheses) {
    const id = choice[h.id];
    if (id === undefined) continue;
    const one = chosenFrom(h.alternatives, id, `alternative of '${h.id}'`);
    changed = applyAlternative(changed, one, (key) => at(hypothesesPath(), h.id, 'alternatives', id, 'set', key));
  }
  return changed;
};

/** Files, values and choice of a job on a thread. Values may be of builds that only the choice has in use. */
export const chosenCalibration = (job: {
  readonly machine: string;
  readonly values: Readonly<Record<string, number>>;
  readonly choice?: Choice | undefined;
}): Calibration => {
  const {machine, values, choice} = job;
  if (choice === undefined) return loadCalibration({machine, values, priorsOnly: true});
  const calibration = loadCalibration({machine, priorsOnly: true});
  const chosen = applyChoice(readHypotheses(), choice, {calibration, benchmarks: readBenchmarks()}).calibration;
  return withValues(chosen, {...values, ...chosen.values});
};
