/** What `explain` and `diff` look at: a recorded machine, which is scheduled, or a program, which is replayed. */
import {Errors} from '@oclif/core';
import {InputError} from '../files/errors.ts';
import type {Calibration} from '../predict/calibration.ts';
import type {UnitsOfWork} from '../predict/machine-figures.ts';
import {machineSystems} from '../predict/machine-systems.ts';
import {systemWith} from '../predict/policy-changes.ts';
import {knownSystem, type ReplayReport} from '../predict/replay-report.ts';
import type {ScheduleReport} from '../predict/schedule-report.ts';
import {checkScheduled, partedStreams, replaySchedule, type Streams} from '../predict/schedule-run.ts';
import type {ScheduledSystem} from '../predict/schedule-system.ts';
import {openStreams} from '../predict/stored-streams.ts';
import type {ScheduleObserver} from '../schedule/options.ts';
import {storedHeader} from '../trace/read.ts';
import type {MachineHeader, TraceHeader} from '../trace/source.ts';
import {MachineTrace} from '../tracegen/machine-trace.ts';
import type {SurroundingValues} from './flags.ts';
import type {GuestRequest} from './guest-program.ts';
import {interruptible} from './interrupt.ts';
import {policyChanges} from './policy-flags.ts';
import {openSnapshot} from './power-up.ts';
import {startProgress} from './progress.ts';
import {type ReplayOrigin, refuseBuild, replaySubject, requestOf} from './replay-source.ts';
import {givenForMachines, type ScheduleValues, type Scheduling, schedulingOf} from './schedule-flags.ts';
import {isTrace} from './stored-trace.ts';

type PolicyValues = Parameters<typeof policyChanges>[0];

export interface ExplainValues extends ScheduleValues, SurroundingValues, PolicyValues {
  readonly 'from-snapshot'?: string | undefined;
  readonly seed: number;
  readonly profile?: GuestRequest['profile'];
  readonly optimization?: string | undefined;
  readonly 'max-instructions'?: number | undefined;
  readonly units?: number | undefined;
  readonly unit?: string | undefined;
}

export interface ExplainRequest {
  readonly name: string | undefined;
  readonly guestArguments: readonly string[] | undefined;
  readonly suts: readonly string[];
  readonly flags: ExplainValues;
  readonly calibration: Calibration;
  readonly note: (line: string) => void;
  /** Of the machine's schedule, for who wants to watch it. */
  readonly observe?: ((machine: {readonly vcpus: number; readonly hostCpus: number}) => ScheduleObserver) | undefined;
}

export type Explained =
  | {
      readonly kind: 'schedule';
      readonly source: ReplayOrigin;
      readonly header: TraceHeader;
      readonly scheduling: Scheduling;
      readonly units: UnitsOfWork | null;
      readonly reports: readonly ScheduleReport[];
    }
  | {
      readonly kind: 'replay';
      readonly source: ReplayOrigin;
      readonly header: TraceHeader;
      readonly reports: readonly ReplayReport[];
    };

interface Machine {
  readonly source: ReplayOrigin;
  readonly header: TraceHeader & {readonly machine: MachineHeader};
  readonly open: () => Streams;
}

const ofMachine = (file: string, header: TraceHeader): header is Machine['header'] => {
  if (header.machine === undefined && header.vcpus > 1)
    throw new InputError(`the trace has ${header.vcpus} vCPUs, and nothing says what machine they are of`, {
      file,
      remedy: "record it with 'trapwalk trace record --linux', or replay one vCPU with 'trapwalk replay --vcpu 0'",
    });
  return header.machine !== undefined;
};

/** Undefined for a program's. @throws InputError when it cannot be read, or is given what it has no use for */
const storedMachine = (name: string, request: GuestRequest): Machine | undefined => {
  const header = storedHeader(name);
  if (!ofMachine(name, header)) return undefined;
  refuseBuild(request);
  return {source: {kind: 'trace', name}, header, open: () => openStreams(name)};
};

/** Each system executes it from the snapshot on. @throws InputError when it is none */
const keptMachine = async (file: string, request: GuestRequest | undefined): Promise<Machine> => {
  if (request !== undefined)
    throw new Errors.CLIError(`--from-snapshot goes on with a machine: there is no ${request.name}`);
  const expected = {board: undefined, cpus: undefined, memory: undefined};
  const snapshot = await openSnapshot({kind: 'snapshot', file, turn: undefined, quantum: undefined, expected});
  const newTrace = () => new MachineTrace({snapshot, turns: undefined, command: '', record: 'markers'});
  const {header} = newTrace();
  return {
    source: {kind: 'trace', name: file},
    header: header as Machine['header'],
    open: () => partedStreams(newTrace()),
  };
};

const unitsOf = ({units, unit}: ExplainValues): UnitsOfWork | undefined =>
  units === undefined ? undefined : {count: units, name: unit ?? 'unit'};

const scheduled = async (request: ExplainRequest, machine: Machine): Promise<Explained> => {
  const {suts, flags, calibration, observe} = request;
  const {source, header, open} = machine;
  const scheduling = schedulingOf(flags);
  const changes = policyChanges(flags);
  const asked = suts.map((sut) => systemWith(calibration, {sut, seed: flags.seed}, changes));
  const systems = machineSystems(calibration, asked, header.machine).map(({sut, seed, policy}): ScheduledSystem => {
    const {yieldsAtWfe, tickHz, ...rest} = scheduling;
    return {sut, seed, policy, yieldsAtWfe: yieldsAtWfe ?? undefined, tickHz: tickHz ?? undefined, ...rest};
  });
  for (const system of systems) checkScheduled(calibration, system, header.vcpus);
  const observer = observe?.({vcpus: header.vcpus, hostCpus: scheduling.hostCpus});
  const reports: ScheduleReport[] = [];
  for (const system of systems) {
    const progress = startProgress(`scheduling on ${system.sut}`);
    try {
      const run = {file: source.name, machine: header.machine, open, system, calibration, observer};
      reports.push(await interruptible((signal) => replaySchedule({...run, signal, onChunk: progress.words()})));
    } finally {
      progress.stop();
    }
  }
  return {kind: 'schedule', source, header, scheduling, units: unitsOf(flags) ?? null, reports};
};

const replayed = async (request: ExplainRequest, name: string): Promise<Explained> => {
  const {guestArguments, suts, flags, calibration, note, observe} = request;
  const [idle] = [...givenForMachines(flags), ...(observe ? ['timeline'] : [])];
  if (idle !== undefined)
    throw new InputError(`a program alone is not scheduled, and has no use for --${idle}`, {
      file: name,
      remedy: "leave it out, or record a machine with 'trapwalk trace record --linux'",
    });
  const changes = policyChanges(flags);
  const {source, header, reports} = await replaySubject({
    ...requestOf(name, guestArguments, {...flags, sample: false}),
    systems: suts.map((sut) => systemWith(calibration, {sut, seed: flags.seed}, changes)),
    calibration,
    units: unitsOf(flags),
    note,
  });
  return {kind: 'replay', source, header, reports};
};

/** Where time goes on every system. @throws Interrupted; InputError */
export const explainSubject = async (request: ExplainRequest): Promise<Explained> => {
  const {name, guestArguments, suts, flags, calibration} = request;
  for (const sut of suts) knownSystem(calibration, sut);
  const guest = name === undefined ? undefined : {...flags, name, guestArguments};
  const snapshot = flags['from-snapshot'];
  if (snapshot !== undefined) return scheduled(request, await keptMachine(snapshot, guest));
  if (name === undefined || guest === undefined) throw new Errors.CLIError('missing argument: TRACE|GUEST');
  const machine = isTrace(name) ? storedMachine(name, guest) : undefined;
  return machine ? scheduled(request, machine) : replayed(request, name);
};
