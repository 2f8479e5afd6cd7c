/**
 * Speed of replay: memory accesses of the guest per second of this thread's CPU time (not wall time: other work may share
 * the cores), median of the repetitions, for the published benchmarks on one nested system. Guests execute beforehand,
 * so that replay alone is timed.
 *
 *   npx tsx bench/replay.ts [repetitions] [system]
 */
import {readFileSync} from 'node:fs';
import {addressSpace} from '../src/costmodel/address-space.ts';
import {Replay} from '../src/costmodel/replay.ts';
import {type Benchmark, readBenchmarks} from '../src/predict/benchmarks.ts';
import {loadCalibration, pipelineScale} from '../src/predict/calibration.ts';
import {timedActivities} from '../src/predict/measure.ts';
import {recordAccesses} from '../src/trace/records.ts';
import type {TraceChunk} from '../src/trace/source.ts';
import {isEvent, recordWords} from '../src/trace/walk.ts';
import {chooseGuest} from '../src/tracegen/catalogue.ts';
import {GuestTrace} from '../src/tracegen/guest-trace.ts';

/** Enough to leave the start behind, little enough to keep in memory: about 100 MiB. */
const ACCESSES = 8_000_000;

const [repetitionsText = '5', sut = 'kvm'] = process.argv.slice(2);
const calibration = loadCalibration();
const hypervisor = calibration.hypervisors[sut];
if (!hypervisor)
  throw new Error(`unknown system '${sut}': choose from ${Object.keys(calibration.hypervisors).join(', ')}`);

/** On-CPU nanoseconds of this thread; JIT compiler and collector threads are not in it. */
const cpuTime = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);

const accessesIn = ({words, length}: TraceChunk): number => {
  let accesses = 0;
  for (let at = 0; at < length; at += recordWords(words[at]!)) {
    if (!isEvent(words[at]!)) accesses += recordAccesses(words[at]!);
  }
  return accesses;
};

const record = ({guest, profile, optimization, runs}: Benchmark) => {
  const choice = chooseGuest(guest, profile, optimization);
  const trace = new GuestTrace({path: choice.path, arguments: runs[0]!.arguments, profile: choice.build.profile});
  const chunks: TraceChunk[] = [];
  let accesses = 0;
  for (let chunk = trace.next(); chunk && accesses < ACCESSES; chunk = trace.next()) {
    chunks.push({words: chunk.words.slice(0, chunk.length), length: chunk.length});
    accesses += accessesIn(chunk);
  }
  return {blocks: trace.blocks, chunks, accesses};
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

for (const benchmark of readBenchmarks()) {
  const {blocks, chunks, accesses} = record(benchmark);
  const rates = Array.from({length: Number(repetitionsText)}, () => {
    const replay = new Replay({
      machine: calibration.machine,
      space: addressSpace(hypervisor, calibration.machine, 1),
      blocks,
      activities: timedActivities(calibration, sut),
      pipelineScale: pipelineScale(calibration, benchmark.id),
      seed: 1,
    });
    const start = cpuTime();
    for (const chunk of chunks) replay.consume(chunk);
    return (accesses * 1000) / (cpuTime() - start);
  });
  console.log(
    `${benchmark.id.padEnd(20)} on ${sut.padEnd(12)} ${(accesses / 1e6).toFixed(1).padStart(5)} M accesses` +
      `  ${median(rates).toFixed(1).padStart(6)} M accesses/s  (${Math.min(...rates).toFixed(1)} to ${Math.max(...rates).toFixed(1)})`,
  );
}
