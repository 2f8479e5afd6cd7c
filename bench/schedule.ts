/**
 * Speed of schedule replay: memory accesses of the guest per second of CPU time of this thread, on one system, for the recording of
 * Hackbench on one host CPU and on two; beside it, in the same run, what merely reading the trace takes. The trace is read and decoded as it is
 * replayed, which both times hold.
 *
 *   npm run bench:schedule [repetitions] [system]
 */
import {METRIC} from '../src/costmodel/metrics.ts';
import {loadCalibration} from '../src/predict/calibration.ts';
import {readRecordings, recordingPath} from '../src/predict/recordings.ts';
import {newSchedule} from '../src/predict/schedule-system.ts';
import {openStreams} from '../src/predict/stored-streams.ts';

const repetitions = Number(process.argv[2] ?? 3);
const sut = process.argv[3] ?? 'xvisor';
const ACCESSES = [METRIC.reads, METRIC.writes, METRIC.prefetches];

const calibration = loadCalibration();

const timed = <T>(work: () => T): {readonly seconds: number; readonly value: T} => {
  const start = process.cpuUsage();
  const value = work();
  return {seconds: process.cpuUsage(start).user / 1e6, value};
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const path = (id: string): string => recordingPath(readRecordings().find((one) => one.id === id)!);

const read = (file: string): void => {
  const {streams, close} = openStreams(file);
  for (let vcpu = 0; vcpu < streams.vcpus; vcpu++) while (streams.next(vcpu));
  close();
};

/** Returns the guest's accesses. */
const replay = (file: string, hostCpus: number): number => {
  const {header, streams, close} = openStreams(file);
  const system = {sut, seed: 1, hostCpus, locks: 'event', neighbours: []} as const;
  const schedule = newSchedule({streams, machine: header.machine, system, calibration});
  while (schedule.step());
  close();
  const counts = new Float64Array(ACCESSES.length);
  let accesses = 0;
  for (const {core} of schedule.cpus) {
    core.read(ACCESSES, counts);
    accesses += counts.reduce((sum, one) => sum + one, 0);
  }
  return accesses;
};

for (const [id, hostCpus] of [
  ['hackbench-2-shared-10ms', 1],
  ['hackbench-2', 2],
] as const) {
  const file = path(id);
  const runs = Array.from({length: repetitions}, () => ({
    reading: timed(() => read(file)).seconds,
    replaying: timed(() => replay(file, hostCpus)),
  }));
  const accesses = runs[0]!.replaying.value;
  const seconds = median(runs.map(({replaying}) => replaying.seconds));
  const reading = median(runs.map((one) => one.reading));
  console.log(
    `${id} on ${sut}, ${hostCpus} host CPU(s): ${(accesses / seconds / 1e6).toFixed(1)} M accesses/s ` +
      `(${(accesses / 1e6).toFixed(1)} M in ${seconds.toFixed(2)} s, reading alone ${reading.toFixed(2)} s; ` +
      `${(accesses / (seconds - reading) / 1e6).toFixed(1)} without it)`,
  );
}
