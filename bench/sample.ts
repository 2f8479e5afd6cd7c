/**
 * Sampled replay of stored traces against their full replay: how often the 95 % interval of the cycles covers the full
 * value over many seeds, the mean and worst error, and the time of either (on-CPU, this thread), on one nested system.
 *
 *   node --import tsx bench/sample.ts [seeds] [system] [name…]
 */
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {InputError} from '../src/files/errors.ts';
import {loadCalibration} from '../src/predict/calibration.ts';
import {newReplay, PIPELINE_SCALE, type System} from '../src/predict/measure.ts';
import {type ReplayReport, replayReports, reportsOf} from '../src/predict/replay-report.ts';
import {DEFAULT_SAMPLING, type Sampling} from '../src/predict/sample-plan.ts';
import {measuredPart, newSampler, wantedChunks} from '../src/predict/sampled-source.ts';
import {checked} from '../src/trace/checked.ts';
import {openTrace} from '../src/trace/read.ts';
import {writeTrace} from '../src/trace/write.ts';
import {chooseGuest} from '../src/tracegen/catalogue.ts';
import {GuestTrace} from '../src/tracegen/guest-trace.ts';

interface Workload {
  readonly name: string;
  readonly guest: string;
  readonly profile: 'v5-soft' | 'v7-hf';
  readonly args: readonly string[];
  readonly period: number;
}

/** About 300 M instructions each, of STREAM's measured kernel 100 M. */
const WORKLOADS: readonly Workload[] = [
  {name: 'dhrystone', guest: 'dhrystone', profile: 'v5-soft', args: ['800000', '100'], period: 10_000_000},
  {
    name: 'memcpy',
    guest: 'cachebench-memcpy',
    profile: 'v5-soft',
    args: ['1572864', '1200', '524288'],
    period: 10_000_000,
  },
  {name: 'rmw', guest: 'cachebench-rmw', profile: 'v5-soft', args: ['1572864', '150', '524288'], period: 10_000_000},
  {name: 'stream-soft', guest: 'stream', profile: 'v5-soft', args: ['2', '2000000', 'csat', 's'], period: 5_000_000},
];

const [seedsText = '20', sut = 'kvm', ...names] = process.argv.slice(2);
const seeds = Array.from({length: Number(seedsText)}, (_, index) => index + 1);
const calibration = loadCalibration();
const system: System = {sut, seed: 1};

/** On-CPU nanoseconds of this thread; JIT compiler and collector threads are not in it. */
const cpuTime = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);

const timed = <T>(action: () => T): {readonly value: T; readonly seconds: number} => {
  const start = cpuTime();
  const value = action();
  return {value, seconds: (cpuTime() - start) / 1e9};
};

const whole = (path: string): ReplayReport => {
  const trace = checked(openTrace(path));
  try {
    return replayReports(trace, [system], calibration)[0]!;
  } finally {
    trace.close();
  }
};

const sampled = (path: string, sampling: Sampling): ReplayReport => {
  const trace = checked(openTrace(path));
  try {
    const part = measuredPart(trace);
    const sampler = newSampler(trace.blocks, sampling, part, () => [
      newReplay(system, trace.blocks, calibration, PIPELINE_SCALE),
    ]);
    for (const chunk of wantedChunks(trace, sampling, part)) sampler.consume(chunk, chunk.position);
    sampler.finish(part.end!);
    return reportsOf(calibration, [system], {sampled: sampler.result})[0]!;
  } finally {
    trace.close();
  }
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const percent = (value: number): string => `${(value * 100).toFixed(3)}%`;

const compare = (name: string, path: string, period: number): void => {
  const full = timed(() => whole(path));
  const runs = seeds.flatMap((seed) => {
    try {
      return [timed(() => sampled(path, {...DEFAULT_SAMPLING, period, seed}))];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      console.error(`${name}, seed ${seed}: ${error.message}`);
      return [];
    }
  });
  const errors = runs.map(({value}) => value.cycles / full.value.cycles - 1);
  const covered = runs.filter(({value}) => Math.abs(value.cycles - full.value.cycles) <= value.sampled!.cycles).length;
  const metrics = runs.flatMap(({value}) =>
    Object.entries(value.sampled!.counts).map(
      ([id, half]) => Math.abs(value.counts[id]! - full.value.counts[id]!) <= half + 0.5,
    ),
  );
  console.log(
    `${name.padEnd(12)} on ${sut}: ${covered} of ${runs.length} intervals cover (asked 95%), of all metrics ` +
      `${percent(metrics.filter(Boolean).length / metrics.length)}; half width ${percent(median(runs.map(({value}) => value.sampled!.cycles / value.cycles)))}, ` +
      `error ${percent(median(errors.map(Math.abs)))}, worst ${percent(Math.max(...errors.map(Math.abs)))}; ` +
      `full ${full.seconds.toFixed(2)} s, sampled ${median(runs.map(({seconds}) => seconds)).toFixed(2)} s: ` +
      `${(full.seconds / median(runs.map(({seconds}) => seconds))).toFixed(1)}×`,
  );
};

const directory = process.env.TRAPWALK_TRACES ?? mkdtempSync(join(tmpdir(), 'trapwalk-bench-'));
try {
  for (const {name, guest, profile, args, period} of WORKLOADS) {
    if (names.length > 0 && !names.includes(name)) continue;
    const path = join(directory, `${name}.trace`);
    const {path: elf} = chooseGuest(guest, profile, 'O2');
    if (!existsSync(path)) writeTrace(path, new GuestTrace({path: elf, arguments: args, profile}));
    compare(name, path, period);
  }
} finally {
  if (process.env.TRAPWALK_TRACES === undefined) rmSync(directory, {recursive: true});
}
