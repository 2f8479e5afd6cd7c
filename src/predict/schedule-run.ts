/** Replays the vCPUs of a recorded machine on one system, as a long task that can be watched and stopped. */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {InputError} from '../files/errors.ts';
import {Deadlock} from '../schedule/deadlock.ts';
import type {ScheduleObserver} from '../schedule/options.ts';
import {parted, type VcpuStreams} from '../schedule/streams.ts';
import type {MachineHeader, TraceSource} from '../trace/source.ts';
import type {Calibration} from './calibration.ts';
import {type ScheduleReport, scheduleReport} from './schedule-report.ts';
import {newSchedule, type ScheduledSystem} from './schedule-system.ts';
import type {OpenedStreams} from './stored-streams.ts';

export type Streams = Pick<OpenedStreams, 'streams' | 'close'>;

/** A machine that is executed as it is scheduled. */
export const partedStreams = (source: TraceSource): Streams => ({streams: parted(source), close: () => {}});

/**
 * What the system can be, for a machine of so many vCPUs.
 * @throws InputError for what it cannot
 */
export const checkScheduled = (c: Calibration, system: ScheduledSystem, vcpus: number): void => {
  const {sut, hostCpus, neighbours, locks} = system;
  const beyond = neighbours.find((cpu) => cpu >= hostCpus);
  if (beyond !== undefined)
    throw new InputError(`there is no host CPU ${beyond} for a neighbour`, {
      remedy: `host CPUs are 0 to ${hostCpus - 1}; --host-cpus changes that`,
    });
  const {scheduler, transitions} = c.hypervisors[sut]!;
  if (scheduler.policy !== 'none') {
    if (locks === 'para-virtualized' && transitions.park === undefined)
      throw new InputError(`'${sut}' has no path for a vCPU that parks`, {remedy: 'leave --locks out'});
    return;
  }
  if (neighbours.length > 0)
    throw new InputError(`'${sut}' has no other guests: it runs without a hypervisor`, {
      remedy: 'leave it or --neighbours out',
    });
  if (vcpus > 1 && vcpus !== hostCpus)
    throw new InputError(`'${sut}' has no scheduler of vCPUs: the ${vcpus} CPUs of the recording are its CPUs`, {
      remedy: `choose --host-cpus ${vcpus}, or leave '${sut}' out`,
    });
};

export interface ScheduleRun {
  /** For messages. */
  readonly file: string;
  readonly machine: MachineHeader;
  readonly open: () => Streams;
  readonly system: ScheduledSystem;
  readonly calibration: Calibration;
  readonly observer?: ScheduleObserver | undefined;
  readonly signal: AbortSignal;
  /** Hears of every chunk how long it is. */
  readonly onChunk: (words: number) => void;
}

/** Between two turns of the event loop, and the steps between two looks at the clock. */
const TURN_MILLISECONDS = 50;
const STEPS = 64;

const watched = (streams: VcpuStreams, onChunk: (words: number) => void): VcpuStreams => ({
  ...streams,
  next: (vcpu) => {
    const chunk = streams.next(vcpu);
    if (chunk) onChunk(chunk.length);
    return chunk;
  },
});

const refused = ({file, system: {sut}}: ScheduleRun, {message}: Deadlock): InputError =>
  new InputError(`on '${sut}', ${message}`, {
    file,
    remedy: 'choose --wfe trap or another number with --host-cpus, or record the machine with --turn',
  });

/** @throws InputError when vCPUs wait for each other for ever, or the trace is broken; what `signal` aborts with */
export const replaySchedule = async (run: ScheduleRun): Promise<ScheduleReport> => {
  const {machine, open, system, calibration, observer, signal, onChunk} = run;
  const {streams, close} = open();
  try {
    const schedule = newSchedule({streams: watched(streams, onChunk), machine, system, calibration, observer});
    let turn = performance.now();
    for (let steps = 1; schedule.step(); steps++) {
      if (steps % STEPS !== 0 || performance.now() - turn < TURN_MILLISECONDS) continue;
      await nextTurn();
      signal.throwIfAborted();
      turn = performance.now();
    }
    schedule.finish();
    return scheduleReport(schedule, system, calibration.machine.clockHz);
  } catch (error) {
    throw error instanceof Deadlock ? refused(run, error) : error;
  } finally {
    close();
  }
};
