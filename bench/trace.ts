/**
 * Stored traces: bytes per instruction, and millions of records written and read back per second of this thread's CPU time
 * (not wall time: other work may share the cores), median of the repetitions. Guests execute beforehand, so that packing
 * and unpacking alone are timed. Then replay from the file, on one nested system, in M accesses/s: by one thread, and by each of
 * two that share the work as the command line's do. With a trace file as argument, of that trace.
 *
 *   node --import tsx bench/trace.ts [repetitions] [file…]
 */
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {loadCalibration} from '../src/predict/calibration.ts';
import {newReplay, PIPELINE_SCALE} from '../src/predict/measure.ts';
import {checked} from '../src/trace/checked.ts';
import {openTrace, type StoredTrace} from '../src/trace/read.ts';
import type {TraceChunk, TraceSource} from '../src/trace/source.ts';
import {writeTrace} from '../src/trace/write.ts';
import {chooseGuest} from '../src/tracegen/catalogue.ts';
import {GuestTrace} from '../src/tracegen/guest-trace.ts';

/** Modest lengths: each chunk stands for itself, so that longer runs cost as much a record. */
const GUESTS: readonly (readonly [guest: string, args: readonly string[]])[] = [
  ['dhrystone', ['200000', '100']],
  ['stream', ['1', '1000000', 's', 's']],
  ['cachebench-rmw', ['1572864', '10', '524288']],
  ['cachebench-memcpy', ['1572864', '80', '524288']],
];

/** On-CPU nanoseconds of this thread; JIT compiler and collector threads are not in it. */
const cpuTime = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const SYSTEM = 'kvm';

interface Subject {
  readonly name: string;
  readonly source: TraceSource;
}

const drain = (source: TraceSource): TraceChunk[] => {
  const chunks: TraceChunk[] = [];
  for (let chunk = source.next(); chunk !== undefined; chunk = source.next())
    chunks.push({words: chunk.words.slice(0, chunk.length), length: chunk.length});
  return chunks;
};

/** The same source again and again. */
const again = ({header, blocks}: TraceSource, chunks: readonly TraceChunk[]): TraceSource => {
  let next = 0;
  return {header, blocks, next: () => chunks[next++]};
};

const write = (path: string, source: TraceSource) => {
  const start = cpuTime();
  const counts = writeTrace(path, source);
  return {counts, nanoseconds: cpuTime() - start};
};

/** Checked as for a replay. */
const read = (path: string, use: (trace: StoredTrace) => (chunk: TraceChunk) => void): number => {
  const start = cpuTime();
  const trace = checked(openTrace(path));
  const take = use(trace);
  for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next()) take(chunk);
  trace.close();
  return cpuTime() - start;
};
const nothing = (): void => {};

const calibration = loadCalibration();
const replaying = ({blocks}: StoredTrace) => {
  const replay = newReplay({sut: SYSTEM, seed: 1}, blocks, calibration, PIPELINE_SCALE);
  return (chunk: TraceChunk): void => {
    replay.consume(chunk);
  };
};

const measure = ({name, source}: Subject, repetitions: number, path: string): void => {
  const chunks = drain(source);
  const runs = Array.from({length: repetitions}, () => {
    const {counts, nanoseconds} = write(path, again(source, chunks));
    return {counts, writing: nanoseconds, reading: read(path, () => nothing), replaying: read(path, replaying)};
  });
  const {records, words, instructions, accesses} = runs[0]!.counts;
  const {size} = statSync(path);
  const rate = (nanoseconds: number) => ((records * 1000) / nanoseconds).toFixed(1).padStart(6);
  console.log(
    `${name.padEnd(20)} ${(instructions / 1e6).toFixed(1).padStart(6)} M instructions ${(size / instructions).toFixed(4)} B each` +
      `  ${(records / 1e6).toFixed(1).padStart(5)} M records of ${(words / records).toFixed(1)} words:` +
      ` written ${rate(median(runs.map(({writing}) => writing)))} M/s` +
      `  read ${rate(median(runs.map(({reading}) => reading)))} M/s`,
  );
  const accessRate = (nanoseconds: number): string => ((accesses * 1000) / nanoseconds).toFixed(1).padStart(6);
  const alone = median(runs.map((run) => run.reading));
  const together = median(runs.map((run) => run.replaying));
  console.log(
    `${''.padEnd(20)} replayed from the file on ${SYSTEM}: ${accessRate(together)} M accesses/s by one thread;` +
      ` a thread that reads does ${accessRate(alone)}, one that replays ${accessRate(together - alone)}`,
  );
};

const [repetitionsText = '5', ...files] = process.argv.slice(2);
const subjects: readonly (() => Subject)[] =
  files.length > 0
    ? files.map((file) => () => ({name: basename(file), source: openTrace(file)}))
    : GUESTS.map(([name, args]) => () => {
        const {path, build} = chooseGuest(name, undefined, undefined);
        return {name, source: new GuestTrace({path, arguments: args, profile: build.profile})};
      });
const directory = mkdtempSync(join(tmpdir(), 'trapwalk-bench-'));
try {
  for (const subject of subjects) measure(subject(), Number(repetitionsText), join(directory, 'trace'));
} finally {
  rmSync(directory, {recursive: true});
}
