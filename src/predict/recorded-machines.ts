/**
 * The recordings that come along on every system: what a unit of their work costs in memory and pipeline, and in the hypervisor's own
 * activities. What depends on how vCPUs are scheduled is not in it, nor what the exits of the trace cost: so these are no
 * predictions of published cells.
 */
import {storedHeader} from '../trace/read.ts';
import type {Calibration} from './calibration.ts';
import {type MachineFigures, machineFigures} from './machine-figures.ts';
import {machineSystems} from './machine-systems.ts';
import type {System} from './measure.ts';
import {type Recording, readRecordings, recordingPath} from './recordings.ts';
import {type ReplayReport, reportsOf} from './replay-report.ts';
import {replayOnThreads, type ThreadOptions} from './replay-threads.ts';
import type {RecordedMachine, RecordedSystem} from './result.ts';

const READS = ['l1d', 'l2', 'dram'] as const;

const systemOf = (
  report: ReplayReport,
  {systems}: MachineFigures,
  host: ReplayReport | undefined,
  units: number,
): RecordedSystem => {
  const own = systems.find(({sut}) => sut === report.sut)!;
  const reads = (stage: 'stage1Reads' | 'stage2Reads') => READS.reduce((sum, level) => sum + own[stage][level], 0);
  return {
    sut: report.sut,
    cycles: report.cycles / units,
    overHost: host === undefined ? null : report.cycles / host.cycles - 1,
    walks: own.walks / units,
    stage1Reads: reads('stage1Reads') / units,
    stage2Reads: reads('stage2Reads') / units,
  };
};

const replayOf = async (
  recording: Recording,
  vcpu: number,
  calibration: Calibration,
  systems: readonly System[],
  options: ThreadOptions,
): Promise<RecordedMachine> => {
  const {id, title, unit, units} = recording;
  const request = {kind: 'trace', path: recordingPath(recording), vcpu} as const;
  const {machine, vcpus} = storedHeader(request.path);
  const own = machineSystems(calibration, systems, machine!);
  const {replayed} = await replayOnThreads(request, {systems: own, calibration, sampled: undefined}, options);
  const reports = reportsOf(calibration, own, replayed);
  const figures = machineFigures({request, calibration, systems: own, reports, units: {count: units, name: unit}});
  const host = reports.find(({sut}) => sut === 'host');
  return {
    id,
    title,
    vcpu,
    vcpus,
    unit,
    units,
    instructions: reports[0]!.counts.instructions! / units,
    processSwitches: figures.processSwitches / units,
    possibleExits: figures.possibleExits / units,
    kernelCodeLines: figures.footprint!.codeLines,
    kernelDataLines: figures.footprint!.dataLines,
    systems: reports.map((report) => systemOf(report, figures, host, units)),
  };
};

/** One vCPU after the other, with the systems on threads. */
export const replayRecordings = async (
  calibration: Calibration,
  systems: readonly System[],
  options: ThreadOptions & {readonly onDone: (done: number, total: number) => void},
): Promise<RecordedMachine[]> => {
  const all = readRecordings()
    .filter(({isReproduced}) => isReproduced)
    .flatMap((recording) =>
      Array.from({length: storedHeader(recordingPath(recording)).vcpus}, (_, vcpu) => ({recording, vcpu})),
    );
  const done: RecordedMachine[] = [];
  for (const {recording, vcpu} of all) {
    options.signal?.throwIfAborted();
    done.push(await replayOf(recording, vcpu, calibration, systems, options));
    options.onDone(done.length, all.length);
  }
  return done;
};
