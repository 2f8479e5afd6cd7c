/**
 * The memory model against hardware that no fit has seen: each figure of a published tinymembench log, replayed natively on the
 * machine file of its board. The data are `guests/tinymembench.yaml` and `calibration/published/tinymembench.csv`.
 */
import {z} from 'zod';
import {addressSpaces, type TranslationPolicy} from '../costmodel/address-space.ts';
import {KernelReplay} from '../costmodel/kernel/kernel-replay.ts';
import {countTable} from '../costmodel/metrics.ts';
import type {Counts} from '../costmodel/replay.ts';
import {readCsv} from '../files/csv.ts';
import {InputError} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import {PAGE_SIZES} from '../hypervisors/page-regions.ts';
import {mean} from '../statistics.ts';
import {chooseGuest} from '../tracegen/catalogue.ts';
import {GuestTrace} from '../tracegen/guest-trace.ts';
import {type Calibration, loadCalibration} from './calibration.ts';
import {timedActivities} from './measure.ts';

const schema = z.strictObject({
  profile: z.enum(['v5-soft', 'v7-hf']),
  optimization: z.string(),
  stage1: z.strictObject({format: z.enum(['short', 'lpae']), leaf: z.enum(PAGE_SIZES), source: z.string()}),
  placement: z.strictObject({policy: z.literal('contiguous'), source: z.string()}),
  reads: z.strictObject({
    guest: z.string(),
    turns: z.number().int().positive(),
    warmTurns: z.number().int().min(0),
    emptyBits: z.number().int().positive(),
    bits: z.array(z.number().int().positive()).min(1),
    tests: z.array(z.strictObject({test: z.string(), mode: z.string()})),
  }),
  streams: z.strictObject({
    guest: z.string(),
    bytes: z.number().int().positive(),
    warmBytes: z.number().int().min(0),
    tests: z.array(z.strictObject({test: z.string(), kernel: z.string()})),
  }),
});
export type TinymembenchFile = z.infer<typeof schema>;

export const tinymembenchPath = (): string => packagePath('guests', 'tinymembench.yaml');
export const readTinymembench = (): TinymembenchFile => readYaml(tinymembenchPath(), schema);

/** Arguments that stand for a guest's tests; undefined for a guest that has none. */
export const tinymembenchArguments = (guest: string): readonly string[] | undefined => {
  const {reads, streams} = readTinymembench();
  const [read, stream] = [reads.tests[0], streams.tests.find(({test}) => test === TYPICAL_STREAM)];
  const size = reads.bits[Math.floor(reads.bits.length / 2)];
  if (read !== undefined && guest === reads.guest)
    return [read.mode, `${size}`, `${reads.turns}`, `${reads.warmTurns}`, ANY_PLACE];
  if (stream !== undefined && guest === streams.guest)
    return [stream.kernel, `${streams.bytes}`, `${streams.warmBytes}`];
  return undefined;
};

const TYPICAL_STREAM = 'C copy';
/** Frames are contiguous, so that all places of a buffer are alike. */
const ANY_PLACE = '0';

interface PublishedFigure {
  readonly board: string;
  readonly test: string;
  /** Bytes of the buffer of random reads; null for bandwidths. */
  readonly block: number | null;
  readonly value: number;
  readonly unit: 'ns' | 'MB/s';
  /** Of sbc-bench: `results/<log>.txt` in ThomasKaiser/sbc-bench. */
  readonly log: string;
}

/** @throws InputError for a malformed file. */
const readPublishedFigures = (): readonly PublishedFigure[] =>
  readCsv(packagePath('calibration', 'published', 'tinymembench.csv'), [
    'board',
    'test',
    'block',
    'value',
    'unit',
    'log',
  ]).map((row) => ({
    ...row,
    block: row.block === '' ? null : Number(row.block),
    value: Number(row.value),
    unit: row.unit as PublishedFigure['unit'],
  }));

/** Machines with published figures, in the order of the file. */
export const tinymembenchBoards = (): readonly string[] => [...new Set(readPublishedFigures().map(({board}) => board))];

/** One figure, measured beside predicted. */
export interface Figure {
  readonly test: string;
  readonly block: number | null;
  readonly unit: 'ns' | 'MB/s';
  readonly measured: number;
  readonly predicted: number;
  /** (predicted − measured) / measured, percent; null where the log's last digit is more than a tenth of the figure. */
  readonly errorPercent: number | null;
  /** By metric, for one turn of reads or one line of 64 bytes. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface TinymembenchResult {
  readonly machine: string;
  readonly title: string;
  readonly log: string;
  readonly seeds: readonly number[];
  /** Worst first. */
  readonly figures: readonly Figure[];
  readonly errors: readonly FigureErrors[];
}

export interface FigureErrors {
  readonly group: 'random reads' | 'bandwidths';
  readonly figures: number;
  readonly meanAbsolutePercentageError: number;
  /** Figures within the share that the validation asks for: 8 % of a latency, 15 % of a bandwidth. */
  readonly withinTarget: number;
  readonly targetPercent: number;
}

export const TARGET_PERCENT: Readonly<Record<Figure['unit'], number>> = {ns: 8, 'MB/s': 15};
const GROUPS = {ns: 'random reads', 'MB/s': 'bandwidths'} as const;
const LINE_BYTES = 64;
const NATIVE = 'host';

/** A machine to replay on, one replay for each seed. */
interface Board {
  readonly calibration: Calibration;
  readonly policy: TranslationPolicy;
  readonly seeds: readonly number[];
}

/** One execution of a guest, replayed on all boards: counts by board and seed. */
const execute = (
  file: TinymembenchFile,
  guest: string,
  args: readonly string[],
  boards: readonly Board[],
): Counts[][] => {
  const {path, build} = chooseGuest(guest, file.profile, file.optimization);
  const trace = new GuestTrace({path, arguments: args, profile: build.profile});
  const replays = boards.map(({calibration, policy, seeds}) =>
    seeds.map(
      (seed) =>
        new KernelReplay({
          machine: calibration.machine,
          spaces: addressSpaces(policy, calibration.machine, seed),
          blocks: trace.blocks,
          activities: timedActivities(calibration, NATIVE),
          pipelineScale: 1,
          seed,
        }),
    ),
  );
  for (let chunk = trace.next(); chunk; chunk = trace.next()) {
    for (const replay of replays.flat()) replay.consume(chunk);
  }
  return replays.map((seeds) => seeds.map((replay) => replay.result));
};

/** A figure to be, on one board: cycles and counts of one unit of work, means over the seeds. */
interface Unit {
  readonly cycles: number;
  readonly counts: Readonly<Record<string, number>>;
}

const perUnit = (counts: readonly Counts[], work: number): Unit => {
  const metrics = counts[0]!.metrics.map((_, i) => mean(counts.map((c) => c.metrics[i] as number)) / work);
  return {cycles: mean(counts.map(({elapsed}) => elapsed)) / work, counts: countTable(metrics)};
};

/** The logs have one decimal, so that below this a percentage is one of rounding. */
const LEAST_SCORED = 1;
const NANOSECONDS = 1e9;
const MEGABYTE = 1e6;

/** What of the published figures one test predicts; `boards` in order. */
interface Prediction {
  readonly test: string;
  readonly block: number | null;
  readonly boards: readonly {readonly predicted: number; readonly counts: Unit['counts']}[];
}

const readPredictions = (
  file: TinymembenchFile,
  mode: string,
  test: string,
  boards: readonly Board[],
): Prediction[] => {
  const {guest, turns, warmTurns, emptyBits, bits} = file.reads;
  const units = (size: number): Unit[] =>
    execute(file, guest, [mode, `${size}`, `${turns}`, `${warmTurns}`, ANY_PLACE], boards).map((c) =>
      perUnit(c, turns),
    );
  const empty = units(emptyBits);
  return bits.map((size) => ({
    test,
    block: 2 ** size,
    boards: units(size).map(({cycles, counts}, i) => {
      const extra = cycles - empty[i]!.cycles;
      // tinymembench takes a negative difference for none.
      return {predicted: Math.max(0, (extra / boards[i]!.calibration.machine.clockHz) * NANOSECONDS), counts};
    }),
  }));
};

const streamPrediction = (
  file: TinymembenchFile,
  kernel: string,
  test: string,
  boards: readonly Board[],
): Prediction => {
  const {guest, bytes, warmBytes} = file.streams;
  const counts = execute(file, guest, [kernel, `${bytes}`, `${warmBytes}`], boards);
  return {
    test,
    block: null,
    boards: counts.map((seeds, i) => {
      const unit = perUnit(seeds, bytes / LINE_BYTES);
      const linesPerSecond = boards[i]!.calibration.machine.clockHz / unit.cycles;
      return {predicted: (linesPerSecond * LINE_BYTES) / MEGABYTE, counts: unit.counts};
    }),
  };
};

const figureOf = (published: PublishedFigure, predicted: number, counts: Unit['counts']): Figure => {
  const {test, block, unit, value: measured} = published;
  const errorPercent = measured < LEAST_SCORED ? null : ((predicted - measured) / measured) * 100;
  return {test, block, unit, measured, predicted, errorPercent, counts};
};

const size = ({errorPercent}: Figure): number => Math.abs(errorPercent ?? 0);

const errorsOf = (figures: readonly Figure[]): FigureErrors[] =>
  (['ns', 'MB/s'] as const).flatMap((unit) => {
    const own = figures.filter((figure) => figure.unit === unit && figure.errorPercent !== null);
    if (own.length === 0) return [];
    const targetPercent = TARGET_PERCENT[unit];
    return {
      group: GROUPS[unit],
      figures: own.length,
      meanAbsolutePercentageError: mean(own.map(size)),
      withinTarget: own.filter((figure) => size(figure) <= targetPercent).length,
      targetPercent,
    };
  });

export interface TinymembenchOptions {
  readonly machines: readonly string[];
  readonly seeds: readonly number[];
  /** Only these tests, by their names in the logs. */
  readonly tests?: readonly string[];
  readonly onDone?: (done: number, total: number) => void;
}

/** @throws InputError for a machine without published figures. */
const requireBoards = (machines: readonly string[]): void => {
  const known = tinymembenchBoards();
  for (const machine of machines) {
    if (!known.includes(machine))
      throw new InputError(`no tinymembench log of machine '${machine}' is known`, {
        remedy: `choose from ${known.join(', ')}`,
      });
  }
};

/** @throws InputError for a test that no log has. */
const requireTests = (tests: readonly string[], file: TinymembenchFile): void => {
  const known = [...file.reads.tests, ...file.streams.tests].map(({test}) => test);
  for (const test of tests) {
    if (known.includes(test)) continue;
    const guess = nearest(test, known);
    throw new InputError(`unknown test '${test}'`, {
      remedy: guess === undefined ? `choose from ${known.join(', ')}` : `did you mean '${guess}'?`,
    });
  }
};

/** @throws InputError for a machine or a test without published figures. */
export const validateTinymembench = (options: TinymembenchOptions): TinymembenchResult[] => {
  const {machines, seeds, tests, onDone} = options;
  requireBoards(machines);
  const file = readTinymembench();
  requireTests(tests ?? [], file);
  const {stage1, placement} = file;
  // The fit was made for another board: files alone.
  const boards = machines.map((machine): Board => {
    const calibration = loadCalibration({machine, priorsOnly: true});
    return {calibration, policy: {stage1, stage2: null, placement}, seeds};
  });
  const wanted = <T extends {readonly test: string}>(all: readonly T[]): readonly T[] =>
    all.filter(({test}) => tests?.includes(test) ?? true);
  const work = [
    ...wanted(file.reads.tests).map(
      ({mode, test}) =>
        () =>
          readPredictions(file, mode, test, boards),
    ),
    ...wanted(file.streams.tests).map(({kernel, test}) => () => [streamPrediction(file, kernel, test, boards)]),
  ];
  const predictions = work.flatMap((predict, i) => {
    const made = predict();
    onDone?.(i + 1, work.length);
    return made;
  });
  return boards.map(({calibration}, i) => resultOf(calibration, seeds, predictions, i));
};

const resultOf = (
  {machineFile}: Calibration,
  seeds: readonly number[],
  predictions: readonly Prediction[],
  index: number,
): TinymembenchResult => {
  const own = readPublishedFigures().filter(({board}) => board === machineFile.id);
  const figures = own.flatMap((published) => {
    const found = predictions.find(({test, block}) => test === published.test && block === published.block);
    const {predicted, counts} = found?.boards[index] ?? {};
    return predicted === undefined || counts === undefined ? [] : [figureOf(published, predicted, counts)];
  });
  return {
    machine: machineFile.id,
    title: machineFile.title,
    log: own[0]!.log,
    seeds,
    figures: [...figures].sort((a, b) => size(b) - size(a)),
    errors: errorsOf(figures),
  };
};
