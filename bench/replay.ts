/**
 * Speed of replay: memory accesses of the guest per second of this thread's CPU time (not wall time: other work may share
 * the cores), median of the repetitions, on one nested system, by the kernel and by its oracle; then five systems in one
 * pass, as multiples of one system's time. Guests execute beforehand, so that replay alone is timed.
 *
 *   node --import tsx bench/replay.ts [repetitions] [system]
 */
import {readFileSync} from 'node:fs';
import {addressSpaces} from '../src/costmodel/address-space.ts';
import {KernelReplay} from '../src/costmodel/kernel/kernel-replay.ts';
import {Replay, type ReplayOptions} from '../src/costmodel/replay.ts';
import {loadCalibration} from '../src/predict/calibration.ts';
import {timedActivities} from '../src/predict/measure.ts';
import type {BlockTable} from '../src/trace/blocks.ts';
import {accessMeta, blockRecord, READ, recordAccesses} from '../src/trace/records.ts';
import type {TraceChunk} from '../src/trace/source.ts';
import {isEvent, recordWords} from '../src/trace/walk.ts';
import {chooseGuest} from '../src/tracegen/catalogue.ts';
import {GuestTrace} from '../src/tracegen/guest-trace.ts';
import {MEBIBYTE} from '../src/units.ts';

/** Enough to leave the start behind, little enough to keep in memory: about 100 MiB. */
const ACCESSES = 8_000_000;

interface Workload {
  readonly name: string;
  /** Asked for, in M accesses/s; none for guests that are only reported. */
  readonly target?: number;
  readonly record: () => {readonly blocks: BlockTable; readonly chunks: readonly TraceChunk[]};
}

const accessesIn = ({words, length}: TraceChunk): number => {
  let accesses = 0;
  for (let at = 0; at < length; at += recordWords(words[at]!)) {
    if (!isEvent(words[at]!)) accesses += recordAccesses(words[at]!);
  }
  return accesses;
};

const guest = (id: string, profile: 'v5-soft' | 'v7-hf', optimization: string, args: readonly string[]) => () => {
  const {path} = chooseGuest(id, profile, optimization);
  const trace = new GuestTrace({path, arguments: args, profile, record: 'all'});
  const chunks: TraceChunk[] = [];
  let accesses = 0;
  for (let chunk = trace.next(); chunk && accesses < ACCESSES; chunk = trace.next()) {
    chunks.push({words: withoutMarkers(chunk), length: chunk.length});
    accesses += accessesIn(chunk);
  }
  return {blocks: trace.blocks, chunks};
};

/** The same chunks are replayed again and again: markers would end the first time. */
const withoutMarkers = ({words, length}: TraceChunk): Uint32Array => {
  const copy = words.slice(0, length);
  for (let at = 0; at < length; at += recordWords(copy[at]!)) if (isEvent(copy[at]!)) copy[at]! |= 0x7fff_0000;
  return copy;
};

/** One load a block, anywhere in 64 MiB. */
const scattered = () => {
  const instruction = {
    class: 'load',
    transfers: 1,
    reads: 1,
    readsEarly: 1,
    writes: 2,
    writesBack: 0,
    vfpReads: 0,
    vfpWrites: 0,
  } as const;
  const blocks: BlockTable = [
    {id: 0, address: 0x1_0000, isa: 'a32', size: 4, instructions: [instruction], end: 'conditional'},
  ];
  let state = 1;
  const words = new Uint32Array(3 * 2_000_000);
  for (let at = 0; at < words.length; at += 3) {
    // Marsaglia's xorshift32.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words.set([blockRecord(0, 1), 0x1000_0000 + ((state >>> 0) % (64 * MEBIBYTE)), accessMeta(1, READ, 0)], at);
  }
  return {blocks, chunks: [{words, length: words.length}]};
};

const WORKLOADS: readonly Workload[] = [
  {name: 'Dhrystone', target: 150, record: guest('dhrystone', 'v5-soft', 'O2', ['200000', '100'])},
  {name: 'Dhrystone v7-hf', record: guest('dhrystone', 'v7-hf', 'O2', ['200000', '100'])},
  {name: 'STREAM v7-hf', target: 60, record: guest('stream', 'v7-hf', 'O2', ['2', '2000000', 'csat', 's'])},
  {name: 'STREAM soft', record: guest('stream', 'v5-soft', 'O2', ['2', '2000000', 'csat', 's'])},
  {name: 'memcpy', target: 60, record: guest('cachebench-memcpy', 'v5-soft', 'O2', ['1572864', '400', '524288'])},
  {name: 'RMW', record: guest('cachebench-rmw', 'v5-soft', 'O2', ['1572864', '100', '524288'])},
  {name: 'random 64 MiB', target: 6, record: scattered},
];

const [repetitionsText = '5', sut = 'kvm'] = process.argv.slice(2);
const repetitions = Number(repetitionsText);
const calibration = loadCalibration();
const systems = Object.keys(calibration.hypervisors);
if (!systems.includes(sut)) throw new Error(`unknown system '${sut}': choose from ${systems.join(', ')}`);

/** On-CPU nanoseconds of this thread; JIT compiler and collector threads are not in it. */
const cpuTime = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const optionsOf = (system: string, blocks: BlockTable): ReplayOptions => ({
  machine: calibration.machine,
  spaces: addressSpaces(calibration.hypervisors[system]!, calibration.machine, 1),
  blocks,
  activities: timedActivities(calibration, system),
  pipelineScale: 1,
  seed: 1,
});

type Replaying = new (options: Omit<ReplayOptions, 'uncore'>) => {consume(chunk: TraceChunk): void};

/** Nanoseconds of the second pass: the first compiles the code, and maps the guest's pages. */
const timeOf = (engine: Replaying, names: readonly string[], blocks: BlockTable, chunks: readonly TraceChunk[]) => {
  const replays = names.map((name) => new engine(optionsOf(name, blocks)));
  const pass = (): void => {
    for (const chunk of chunks) for (const replay of replays) replay.consume(chunk);
  };
  pass();
  const start = cpuTime();
  pass();
  return cpuTime() - start;
};

for (const {name, target, record} of WORKLOADS) {
  const {blocks, chunks} = record();
  const accesses = chunks.reduce((sum, chunk) => sum + accessesIn(chunk), 0);
  const runs = Array.from({length: repetitions}, () => ({
    oracle: timeOf(Replay, [sut], blocks, chunks),
    kernel: timeOf(KernelReplay, [sut], blocks, chunks),
    all: timeOf(KernelReplay, systems, blocks, chunks),
  }));
  const rate = (times: readonly number[]): string => ((accesses * 1000) / median(times)).toFixed(1).padStart(6);
  const kernel = rate(runs.map((run) => run.kernel));
  const met = target === undefined ? '' : ` (asked ${target}, ${Number(kernel) >= target ? 'met' : 'MISSED'})`;
  const multiple = median(runs.map(({all, kernel}) => all / kernel)).toFixed(2);
  console.log(
    `${name.padEnd(16)} on ${sut}: ${kernel} M accesses/s${met}, oracle ${rate(runs.map((run) => run.oracle))}; ` +
      `${systems.length} systems take ${multiple}× the time of one`,
  );
}
