/** The published benchmarks as data: `guests/benchmarks.yaml` and the published cells. */
import {z} from 'zod';
import {readCsv} from '../files/csv.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import {FIGURE_UNITS} from './figure-units.ts';

const byHostCpus = <T extends z.ZodType>(value: T) => z.strictObject({'1': value, '2': value});

const run = z.strictObject({
  /** Rows of the table that this run predicts: repeated runs of one configuration share it. */
  cases: z.array(z.string()).min(1),
  arguments: z.array(z.string()),
  /** Units of work between the guest's markers. */
  work: z.number().positive(),
});

export const benchmarkSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  guest: z.string(),
  profile: z.string(),
  optimization: z.string(),
  perWork: z.string(),
  /** Is the time of the original binary's instructions fitted, as a factor on ours? */
  hasPipelineScale: z.boolean(),
  metric: z.strictObject({
    unit: z.enum(FIGURE_UNITS),
    perUnit: z.number().positive(),
    megabyte: z.number().positive(),
  }),
  tables: byHostCpus(z.string()),
  figures: byHostCpus(z.number()),
  runs: z.array(run).min(1),
});
export type Benchmark = z.infer<typeof benchmarkSchema>;
export type BenchmarkRun = z.infer<typeof run>;

export const benchmarksPath = (): string => packagePath('guests', 'benchmarks.yaml');
export const readBenchmarks = (): readonly Benchmark[] =>
  readYaml(benchmarksPath(), z.strictObject({benchmarks: z.array(benchmarkSchema)})).benchmarks;

/** The published figure for work at `unitsPerSecond`. */
export const figureOf = (b: Benchmark, unitsPerSecond: number): number =>
  (unitsPerSecond * b.metric.perUnit) / b.metric.megabyte;

export interface PublishedCell {
  readonly table: string;
  readonly benchmark: string;
  readonly hostCpus: number;
  readonly case: string;
  readonly sut: string;
  readonly value: number;
  readonly unit: string;
}

export const publishedPath = (): string => packagePath('calibration', 'published', 'first-vector.csv');

/** Cells of a table of measurements, the published first vector's if no other is named. @throws InputError for a malformed file. */
export const readPublished = (path = publishedPath()): readonly PublishedCell[] =>
  readCsv(path, ['table', 'benchmark', 'host_cpus', 'case', 'sut', 'value', 'unit']).map((row) => ({
    table: row.table,
    benchmark: row.benchmark,
    hostCpus: Number(row.host_cpus),
    case: row.case,
    sut: row.sut,
    value: Number(row.value),
    unit: row.unit,
  }));

/** Cases of all runs, in the order of the table. */
export const casesOf = (b: Benchmark): string[] => b.runs.flatMap((run) => run.cases);
