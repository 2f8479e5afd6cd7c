/** The benchmarks that schedule replay predicts: `guests/scheduled.yaml`. */
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import type {Scheduler} from '../hypervisors/schedule-schema.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';
import {parameter} from '../parameters/parameter.ts';
import {Z} from '../statistics.ts';
import {type Recording, readRecordings} from './recordings.ts';

const byHostCpus = <T extends z.ZodType>(value: T) => z.strictObject({'1': value, '2': value});

const fields = z.strictObject({
  id: z.string(),
  title: z.string(),
  unit: z.literal('s'),
  tables: byHostCpus(z.string()),
  unitsPerCase: z.record(z.string(), z.number().positive()),
  tickHz: z.number().positive(),
  /** Ids of recordings. */
  hostRecordings: byHostCpus(z.string()),
  /** `slice`: in milliseconds, the one that the recording's turns are like. */
  guestRecordings: byHostCpus(z.array(z.strictObject({recording: z.string(), slice: z.number().positive()})).min(1)),
  /** By system and case; 1 where nothing is said. */
  caseRatios: byHostCpus(z.record(z.string(), z.record(z.string(), z.number().positive()))),
  workScale: parameter('ratio'),
  spread: byHostCpus(
    z.strictObject({
      none: parameter('ratio'),
      'round-robin': parameter('ratio'),
      fair: parameter('ratio'),
      credit: parameter('ratio'),
    }),
  ),
});
const scheduledBenchmark = fields.refine(
  ({unitsPerCase, caseRatios}) =>
    Object.values(caseRatios).every((bySystem) =>
      Object.values(bySystem).every((ratios) => Object.keys(ratios).every((name) => name in unitsPerCase)),
    ),
  {path: ['caseRatios'], message: 'has a case that unitsPerCase lacks'},
);
export type ScheduledBenchmark = z.infer<typeof scheduledBenchmark>;

/** Cases, with the units of the recording that each is like. */
export const unitsOfCases = (
  {unitsPerCase, caseRatios}: ScheduledBenchmark,
  sut: string,
  hostCpus: 1 | 2,
): [name: string, units: number][] =>
  Object.entries(unitsPerCase).map(([name, units]) => [name, units * (caseRatios[hostCpus][sut]?.[name] ?? 1)]);

export const scheduledBenchmarksPath = (): string => packagePath('guests', 'scheduled.yaml');
export const readScheduledBenchmarks = (): readonly ScheduledBenchmark[] =>
  readYaml(scheduledBenchmarksPath(), z.strictObject({scheduled: z.array(scheduledBenchmark)})).scheduled;

/** Milliseconds that one of two busy vCPUs runs before the other. */
const sliceOfTwo = (scheduler: Scheduler): number | undefined => {
  if (scheduler.policy === 'none') return undefined;
  if (scheduler.policy !== 'fair') return scheduler.slice.value;
  const {latency, minimumGranularity, tick} = scheduler;
  return Math.ceil(Math.max(latency.value / 2, minimumGranularity.value) / tick.value) * tick.value;
};

/** The recording that a system with this scheduler replays. @throws RangeError for one that there is not. */
export const recordingFor = (benchmark: ScheduledBenchmark, scheduler: Scheduler, hostCpus: 1 | 2): Recording => {
  const slice = sliceOfTwo(scheduler);
  const nearest = benchmark.guestRecordings[hostCpus].reduce((best, one) =>
    Math.abs(one.slice - (slice ?? 0)) < Math.abs(best.slice - (slice ?? 0)) ? one : best,
  );
  const id = slice === undefined ? benchmark.hostRecordings[hostCpus] : nearest.recording;
  const found = readRecordings().find((one) => one.id === id);
  if (found === undefined) throw new RangeError(`no recording '${id}'`);
  return found;
};

/** Relative deviation of a unit's cycles in larger cases than the recorded: the largest that was seen is taken as a bound of 95 %. */
export const caseSpread = (
  {spread}: ScheduledBenchmark,
  {scheduler}: Pick<HypervisorFile, 'scheduler'>,
  hostCpus: 1 | 2,
): number => spread[hostCpus][scheduler.policy].value / Z;
