/**
 * What replays counted, as far as a fit needs it: `calibration/counts.json`. A fit multiplies counts by prices, so that it
 * takes no replay. What a parameter changes in the counts themselves is known from a second replay at another value.
 */
import {existsSync, readFileSync} from 'node:fs';
import {z} from 'zod';
import {InputError} from '../files/errors.ts';
import {packagePath} from '../files/paths.ts';

const values = z.record(z.string(), z.number());

/** One run on one system with one seed; cycles between the guest's markers. */
export const runCounts = z.strictObject({
  benchmark: z.string(),
  /** First case of the run. */
  case: z.string(),
  sut: z.string(),
  seed: z.int(),
  /** Of the pipeline model; `pipelineScale` is a factor of these alone. */
  pipeline: z.number(),
  /** All other cycles of the guest itself. */
  rest: z.number(),
  /** By activity: cycles that one execution waits for its lines. */
  waits: z.record(z.string(), z.number()),
});
export type RunCounts = z.infer<typeof runCounts>;

/** One schedule of a recorded machine on one host CPU. */
export const scheduleCounts = z.strictObject({
  benchmark: z.string(),
  sut: z.string(),
  recording: z.string(),
  cyclesPerUnit: z.number(),
  /** Executions a unit of each path, and cycles that they waited for their lines. */
  executed: z.array(z.strictObject({path: z.string(), count: z.number(), waited: z.number()})),
  /** Cycles a unit of what the host does beside, by activity. */
  background: values,
});
export type ScheduleCounts = z.infer<typeof scheduleCounts>;

/** Counts of the same runs where one parameter is at another value. */
const moved = z.strictObject({id: z.string(), value: z.number(), runs: z.array(runCounts)});
export type MovedCounts = z.infer<typeof moved>;

const countSet = z.strictObject({
  /** Parameters that were set when these were counted, beyond the files. */
  at: values,
  runs: z.array(runCounts),
  schedules: z.array(scheduleCounts),
});
export type CountSet = z.infer<typeof countSet>;

const countsFile = z.strictObject({
  schemaVersion: z.literal(1),
  command: z.string(),
  machine: z.string(),
  /** Of everything that decides counts: see fingerprint.ts. */
  fingerprint: z.string(),
  base: countSet,
  moved: z.array(moved),
});
export type CountsFile = z.infer<typeof countsFile>;

export const countsPath = (): string => packagePath('calibration', 'counts.json');

/** What is in a file of counts. Undefined where there is none. @throws InputError for another file */
export const readCountsFile = <T>(path: string, schema: z.ZodType<T>, remedy: string): T | undefined => {
  if (!existsSync(path)) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError((error as Error).message, {file: path, remedy: `restore the file, or ${remedy}`});
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(issue?.message ?? 'not a file of counts', {
    file: path,
    place: issue?.path.join('.') ?? '',
    remedy: `restore the file, or ${remedy}`,
  });
};

/** Undefined where there is no file. @throws InputError for what is no file of counts */
export const readCounts = (path: string): CountsFile | undefined =>
  readCountsFile(path, countsFile, 'count anew with `trapwalk calibrate --replay`');

/** A row a line, so that a change of one shows as one. */
export const rowsText = (list: readonly unknown[]): string =>
  `[\n${list.map((row) => JSON.stringify(row)).join(',\n')}\n]`;

export const countsText = ({base: {at, runs, schedules}, moved: movedSets, ...head}: CountsFile): string => {
  const other = ({id, value, runs}: MovedCounts): string => `{"id":"${id}","value":${value},"runs":${rowsText(runs)}}`;
  const opening = JSON.stringify(head).slice(0, -1);
  const base = `{"at":${JSON.stringify(at)},\n"runs":${rowsText(runs)},\n"schedules":${rowsText(schedules)}}`;
  return `${opening},\n"base":${base},\n"moved":[\n${movedSets.map(other).join(',\n')}\n]}\n`;
};
