/**
 * Published cycles of microbenchmarks on another core, predicted from the same paths: counts stay, core and clock change, nothing
 * is fitted. Every line is a hit, as in the loops that were measured.
 */
import {type PathMachineFile, pathMachinePath, readPathMachine} from '../costmodel/path-machine.ts';
import {type PathItem, type Prices, pricePath, pricesFrom, readPrimitives} from '../costmodel/prices.ts';
import {InputError} from '../files/errors.ts';
import type {Build, Path} from '../hypervisors/path-schema.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';
import {type Parameter, priorDeviation} from '../parameters/parameter.ts';
import {Z} from '../statistics.ts';
import {hertz} from '../units.ts';
import {type Calibration, loadCalibration} from './calibration.ts';
import {type PublishedTest, publishedTests} from './microbenchmarks.ts';
import {readTransfer, type TransferFile, type TransferRow, transferPath, type Without} from './transfer-file.ts';

const PERCENT = 100;

/** A number that predictions rest on, with its standard deviation. */
export interface TransferParameter extends Parameter {
  readonly id: string;
  readonly deviation: number;
}

export interface TransferItem {
  readonly primitive: PathItem['primitive'];
  readonly count: number;
  readonly cycles: number;
}

export interface TransferResultRow {
  readonly publication: string;
  readonly table: string;
  readonly test: string;
  readonly note: string;
  /** Cycles of the published core. */
  readonly published: number;
  /** `input`: a price was taken from it; `left out`: its machine is none of ours. */
  readonly use: 'predicted' | 'input' | 'left out';
  readonly paths: readonly string[];
  /** Cycles; null where nothing is predicted. */
  readonly predicted: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Predicted in units of published. */
  readonly ratio: number | null;
  readonly errorPercent: number | null;
  /** The parameter that moves the prediction most within its bounds. */
  readonly leastCertain: string | null;
  readonly items: readonly TransferItem[];
  /** Bytes of lines of its largest path, and whether they fit in L1. */
  readonly lines: {readonly code: number; readonly data: number; readonly fit: boolean} | null;
  readonly reason: string;
}

export interface TransferResult {
  readonly machine: string;
  readonly title: string;
  readonly core: string;
  readonly clockMegahertz: number;
  readonly system: string;
  readonly build: string;
  readonly publication: string;
  readonly parameters: readonly TransferParameter[];
  /** Worst first, then inputs, then what is left out. */
  readonly rows: readonly TransferResultRow[];
  readonly predictions: number;
  readonly meanAbsolutePercentageError: number;
  readonly withinInterval: number;
}

/** Cycles per instruction as the fit on the other machine left them, with the fit's own standard error. */
const learnt = ({id, cyclesPerInstruction}: Build, {fit}: Calibration): TransferParameter => {
  const name = `${id}.cyclesPerInstruction`;
  const fitted = fit?.parameters.find((p) => p.id === name);
  if (!fitted) return {id: name, ...cyclesPerInstruction, deviation: priorDeviation(cyclesPerInstruction)};
  const source = `${cyclesPerInstruction.source}; fitted on ${fitted.fittedOn}`;
  const {value, lower, upper} = fitted;
  const deviation = fitted.standardError ?? priorDeviation(fitted);
  return {id: name, value, lower, upper, unit: 'cycles/instruction', kind: 'fitted', source, deviation};
};

const CPI = 'cyclesPerInstruction';
const COUNTS = 'instructions';

/** What a row costs as a function of the parameters, by their short names. */
interface Subject {
  readonly paths: readonly Path[];
  /** Device accesses outside of paths. */
  readonly accesses: number;
}

type Values = Readonly<Record<string, number>>;

const itemsOf = ({paths, accesses}: Subject, values: Values): readonly TransferItem[] => {
  const prices = values as unknown as Prices;
  const sums = new Map<PathItem['primitive'], TransferItem>();
  const add = (item: TransferItem): void => {
    const {count, cycles} = sums.get(item.primitive) ?? {count: 0, cycles: 0};
    sums.set(item.primitive, {...item, count: count + item.count, cycles: cycles + item.cycles});
  };
  const perInstruction = (values[CPI] as number) * (values[COUNTS] as number);
  for (const path of paths) pricePath(path, perInstruction, prices).forEach(add);
  if (accesses > 0) add({primitive: 'device', count: accesses, cycles: accesses * prices.device});
  return [...sums.values()];
};

const total = (subject: Subject, values: Values): number =>
  itemsOf(subject, values).reduce((sum, {cycles}) => sum + cycles, 0);

/** The path without what a test is said not to execute. @throws InputError for steps that no path has. */
const reduced = (name: string, without: Without, build: Build, place: {file: string; place: string}): Path => {
  const path = build.paths[name] as Path;
  const from = without.stepsOf ?? name;
  const owner = build.paths[from];
  if (!owner) throw new InputError(`'${build.id}' has no path '${from}'`, place);
  const left = owner.steps.flatMap(({do: what, at}, index) =>
    what.includes(without.steps) ? [(owner.steps[index + 1]?.at ?? owner.instructions) - at] : [],
  );
  if (left.length === 0) {
    const steps = owner.steps.map(({do: what}) => `'${what}'`).join(', ');
    throw new InputError(`path '${from}' has no step with '${without.steps}'`, {
      ...place,
      remedy: `its steps are ${steps || 'none'}`,
    });
  }
  const instructions = path.instructions - left.reduce((sum, one) => sum + one, 0);
  return {...path, instructions, device: without.device ? 0 : path.device, steps: []};
};

interface Context {
  readonly file: TransferFile;
  readonly machine: PathMachineFile;
  readonly build: Build;
  readonly parameters: readonly TransferParameter[];
  /** Parameters' short names and values, prices among them. */
  readonly values: Values;
}

const shortName = (id: string): string => id.slice(id.lastIndexOf('.') + 1);

const subjectOf = (row: TransferRow, published: PublishedTest, {file, build}: Context) => {
  if (row.use === 'input') return {names: [], subject: {paths: [], accesses: 0}};
  if (row.use === 'accesses') return {names: [], subject: {paths: [], accesses: row.accesses}};
  const place = {file: transferPath(file.machine), place: row.test};
  const names = row.paths ?? published.paths;
  if (names.length === 0)
    throw new InputError('neither it nor the published row says which paths', {...place, remedy: "give 'paths'"});
  const paths = names.map((name) => {
    const path = build.paths[name];
    if (!path) throw new InputError(`'${build.id}' has no path '${name}'`, place);
    return row.without ? reduced(name, row.without, build, place) : path;
  });
  return {names, subject: {paths, accesses: 0}};
};

/** Bounds of a price given in time are times: its deviation in cycles goes with its price in cycles. */
const spread = (subject: Subject, parameter: TransferParameter, values: Values): number => {
  const name = shortName(parameter.id);
  const value = values[name] as number;
  const deviation = (parameter.deviation / parameter.value) * value;
  const at = (moved: number): number => total(subject, {...values, [name]: moved});
  return Math.abs(at(value + deviation) - at(value - deviation)) / 2;
};

const linesOf = ({paths}: Subject, {l1i, l1d}: PathMachineFile['caches']) => {
  if (paths.length === 0) return null;
  const code = Math.max(...paths.map((path) => path.code));
  const data = Math.max(...paths.map((path) => path.data));
  return {code, data, fit: code <= l1i.size.value && data <= l1d.size.value};
};

const NOTHING = {
  ...{paths: [], predicted: null, lower: null, upper: null, ratio: null, errorPercent: null},
  ...{leastCertain: null, items: [], lines: null},
};

const published = ({publication, table, test, note, cycles}: PublishedTest) => ({
  ...{publication, table, test, note, published: cycles},
});

const resultRow = (row: TransferRow, of: PublishedTest, context: Context): TransferResultRow => {
  const {reason} = row;
  if (row.use === 'input') return {...published(of), ...NOTHING, use: 'input', reason};
  const {names, subject} = subjectOf(row, of, context);
  const {values, parameters, machine} = context;
  const predicted = total(subject, values);
  const spreads = parameters.map((p) => ({id: p.id, cycles: spread(subject, p, values)}));
  const half = Z * Math.hypot(...spreads.map(({cycles}) => cycles));
  const largest = spreads.reduce((a, b) => (b.cycles > a.cycles ? b : a));
  const ratio = predicted / of.cycles;
  return {
    ...published(of),
    ...{use: 'predicted', paths: names, predicted, lower: predicted - half, upper: predicted + half},
    ...{ratio, errorPercent: (ratio - 1) * PERCENT, leastCertain: largest.id},
    ...{items: itemsOf(subject, values), lines: linesOf(subject, machine.caches), reason},
  };
};

const contextOf = (machineId: string): Context => {
  const file = readTransfer(machineId);
  const machine = readPathMachine(pathMachinePath(machineId));
  const calibration = loadCalibration();
  const h = calibration.hypervisors[file.system] as HypervisorFile | undefined;
  const build = h?.builds[h.build];
  if (!build)
    throw new InputError(`no system '${file.system}' has a build`, {file: transferPath(machineId), place: 'system'});
  const primitives = readPrimitives(machine.core.model);
  const {id, missExposure: _, ...priced} = primitives;
  const named = Object.entries(priced).flatMap(([key, p]) => (p ? [{key, p}] : []));
  const prices = pricesFrom(primitives, hertz(machine.core.clock.value * 1e6));
  const parameters = [
    {id: `${machineId}.${COUNTS}`, ...file.instructions, deviation: priorDeviation(file.instructions)},
    learnt(build, calibration),
    ...named.map(({key, p}) => ({id: `${id}.${key}`, ...p, deviation: priorDeviation(p)})),
  ];
  const values = {...prices, [COUNTS]: file.instructions.value, [CPI]: (parameters[1] as TransferParameter).value};
  return {file, machine, build, parameters, values};
};

/** Worst first; what is not predicted behind all that is. */
const byError = (a: TransferResultRow, b: TransferResultRow): number => size(b) - size(a);
const size = ({errorPercent}: TransferResultRow): number => (errorPercent === null ? -1 : Math.abs(errorPercent));

/** Each published row as the file has it. @throws InputError for a row that the file names and nobody published, or forgets. */
const rowsOf = (context: Context): readonly TransferResultRow[] => {
  const {file} = context;
  const path = transferPath(file.machine);
  const all = publishedTests();
  const own = all.filter(({publication, system}) => publication === file.publication && system === file.system);
  for (const {test} of file.rows) {
    if (own.filter((one) => one.test === test).length !== 1)
      throw new InputError(`'${test}' is not published once`, {file: path, place: test});
  }
  const predicted = own.map((one) => {
    const rows = file.rows.filter(({test}) => test === one.test);
    if (rows.length === 1) return resultRow(rows[0] as TransferRow, one, context);
    throw new InputError(`is said ${rows.length} times to be predicted, or not`, {file: path, place: one.test});
  });
  const leftOut = all
    .filter((one) => !own.includes(one))
    .map((one): TransferResultRow => {
      const why = file.leftOut.find(({publication}) => publication === one.publication);
      if (why) return {...published(one), ...NOTHING, use: 'left out', reason: why.reason};
      throw new InputError(`'${one.publication}' is neither predicted nor left out`, {file: path, place: 'leftOut'});
    });
  return [...[...predicted].sort(byError), ...leftOut];
};

/** @throws InputError for a machine without a transfer, or a malformed file. */
export const validateMicrobenchmarks = (machineId: string): TransferResult => {
  const context = contextOf(machineId);
  const {file, machine, build, parameters} = context;
  const rows = rowsOf(context);
  const scored = rows.filter(({predicted}) => predicted !== null);
  const inside = scored.filter((r) => (r.lower as number) <= r.published && r.published <= (r.upper as number));
  return {
    ...{machine: machine.id, title: machine.title, core: machine.core.model},
    ...{clockMegahertz: machine.core.clock.value, system: file.system, build: build.id},
    ...{publication: file.publication, parameters, rows, predictions: scored.length},
    meanAbsolutePercentageError: scored.reduce((sum, row) => sum + size(row), 0) / scored.length,
    withinInterval: inside.length,
  };
};
