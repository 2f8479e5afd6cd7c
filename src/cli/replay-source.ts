/** A trace to replay, stored or made on the fly. */
import {InputError} from '../files/errors.ts';
import {replayBeside} from '../predict/beside.ts';
import type {Calibration} from '../predict/calibration.ts';
import {type MachineFigures, machineFigures, type UnitsOfWork} from '../predict/machine-figures.ts';
import {machineSystems} from '../predict/machine-systems.ts';
import type {System} from '../predict/measure.ts';
import {knownSystem, type ReplayReport, reportsOf} from '../predict/replay-report.ts';
import {replayOnThreads} from '../predict/replay-threads.ts';
import type {Sampling} from '../predict/sample-plan.ts';
import {GUEST_PART, type MeasuredPart, measuredPart} from '../predict/sampled-source.ts';
import type {TraceRequest} from '../predict/trace-request.ts';
import {openTrace, storedHeader} from '../trace/read.ts';
import type {MachineHeader, TraceHeader} from '../trace/source.ts';
import {type SamplingValues, type SurroundingValues, samplingOf} from './flags.ts';
import type {GuestProgram, GuestRequest} from './guest-program.ts';
import {interruptible} from './interrupt.ts';
import {startProgress} from './progress.ts';
import {type SampleSummary, summaryOf} from './sample-text.ts';
import {isTrace} from './stored-trace.ts';
import {describeArguments, findGuest} from './subject.ts';

export interface ReplayOrigin {
  readonly kind: 'trace' | 'guest';
  readonly name: string;
  readonly arguments?: readonly string[];
}

interface Subject {
  readonly request: TraceRequest;
  readonly origin: ReplayOrigin;
  /** What of it is measured, where it can be sampled. */
  readonly part: () => MeasuredPart;
  /** What the user should hear of the arguments. */
  readonly note: string | undefined;
  /** Of the trace of a machine. */
  readonly machine: MachineHeader | undefined;
}

const guestSubject = (guest: GuestProgram, maxInstructions: number | undefined): Subject => ({
  request: {
    kind: 'guest',
    options: {
      path: guest.path,
      arguments: guest.arguments,
      surroundings: guest.surroundings,
      inRoot: guest.inRoot,
      profile: guest.profile,
      ...(maxInstructions === undefined ? {} : {maxInstructions}),
    },
  },
  origin: {kind: 'guest', name: guest.name, arguments: guest.arguments},
  part: () => GUEST_PART,
  note: describeArguments(guest),
  machine: undefined,
});

const partOf = (path: string): MeasuredPart => {
  const trace = openTrace(path);
  try {
    return measuredPart(trace);
  } finally {
    trace.close();
  }
};

/** @throws InputError for a vCPU that the trace does not have, or when it has several and none is named. */
const vcpuOf = (file: string, {vcpus}: TraceHeader, wanted: number | undefined): number => {
  if (wanted === undefined && vcpus > 1)
    throw new InputError(`the trace has ${vcpus} vCPUs, and one of them is replayed`, {
      file,
      remedy: `choose it with --vcpu 0 to ${vcpus - 1}`,
    });
  const vcpu = wanted ?? 0;
  if (vcpu >= vcpus)
    throw new InputError(`the trace has no vCPU ${vcpu}`, {file, remedy: `its vCPUs are 0 to ${vcpus - 1}`});
  return vcpu;
};

/** @throws InputError for what only a guest that is executed has. */
export const refuseBuild = ({name, guestArguments, profile, optimization}: GuestRequest): void => {
  if (guestArguments !== undefined || profile !== undefined || optimization !== undefined) {
    throw new InputError('a stored trace was made with its own arguments and build', {
      file: name,
      remedy: 'leave yours out, or replay the guest',
    });
  }
};

const storedSubject = (request: GuestRequest, wanted: number | undefined): Subject => {
  const {name} = request;
  refuseBuild(request);
  const header = storedHeader(name);
  return {
    request: {kind: 'trace', path: name, vcpu: vcpuOf(name, header, wanted)},
    origin: {kind: 'trace', name},
    part: () => partOf(name),
    note: undefined,
    machine: header.machine,
  };
};

interface SubjectRequest {
  readonly maxInstructions: number | undefined;
  /** Of a machine's trace. */
  readonly vcpu: number | undefined;
}

/** @throws InputError when nothing of that name can be replayed. */
const findSubject = async (request: GuestRequest, asked: SubjectRequest): Promise<Subject> => {
  if (isTrace(request.name)) return storedSubject(request, asked.vcpu);
  if (asked.vcpu !== undefined)
    throw new InputError('a program that is executed as it is replayed has no vCPUs to choose from', {
      file: request.name,
      remedy: 'leave --vcpu out',
    });
  return guestSubject(await findGuest(request), asked.maxInstructions);
};

export interface ReplayRequest extends SubjectRequest {
  readonly subject: GuestRequest;
  readonly systems: readonly System[];
  readonly calibration: Calibration;
  /** Undefined for a replay of all that is measured. */
  readonly sampling: Sampling | undefined;
  /** One per CPU unless given. */
  readonly threads: number | undefined;
  /** What runs on a second core: its name and arguments. */
  readonly beside?: readonly [name: string, ...guestArguments: string[]] | undefined;
  /** What the guest of a machine's trace did between its markers. */
  readonly units?: UnitsOfWork | undefined;
  /** Hears what the user should know of the subject. */
  readonly note: (line: string) => void;
}

interface ReplayValues extends SurroundingValues, SamplingValues {
  readonly profile?: GuestRequest['profile'];
  readonly optimization?: string | undefined;
  readonly 'max-instructions'?: number | undefined;
  readonly vcpu?: number | undefined;
  readonly threads?: number | undefined;
}

/** What the flags of a command ask for. @throws InputError as {@link samplingOf} */
export const requestOf = (
  name: string,
  guestArguments: readonly string[] | undefined,
  flags: ReplayValues,
): Pick<ReplayRequest, 'subject' | 'maxInstructions' | 'vcpu' | 'sampling' | 'threads'> => ({
  subject: {
    name,
    guestArguments,
    profile: flags.profile,
    optimization: flags.optimization,
    surroundings: flags,
  },
  maxInstructions: flags['max-instructions'],
  vcpu: flags.vcpu,
  sampling: samplingOf(flags),
  threads: flags.threads,
});

export interface ReplayedSubject {
  readonly source: ReplayOrigin;
  readonly header: TraceHeader;
  /** What ran on a second core; null for nothing. */
  readonly beside: ReplayOrigin | null;
  /** Null for a replay of everything. */
  readonly sampled: SampleSummary | null;
  readonly reports: readonly ReplayReport[];
  /** Null for a program. */
  readonly machine: MachineFigures | null;
}

/** On this thread, which an interrupt ends at once: there is nothing to save. */
const replayedBeside = async (
  {systems, calibration, maxInstructions, note}: ReplayRequest,
  subject: Subject,
  [name, ...guestArguments]: readonly [string, ...string[]],
): Promise<ReplayedSubject> => {
  const given = guestArguments.length > 0 ? guestArguments : undefined;
  const other = await findSubject({name, guestArguments: given}, {maxInstructions, vcpu: undefined});
  if (subject.machine !== undefined || other.machine !== undefined)
    throw new InputError("vCPUs of machines' traces cannot be replayed beside anything yet", {
      remedy: 'leave --beside out',
    });
  if (other.note !== undefined) note(other.note);
  const progress = startProgress('replaying');
  try {
    const {header, counts} = replayBeside({
      request: subject.request,
      beside: other.request,
      systems,
      calibration,
      onChunk: progress.words(),
    });
    const reports = reportsOf(calibration, systems, {counts});
    return {source: subject.origin, header, beside: other.origin, sampled: null, reports, machine: null};
  } finally {
    progress.stop();
  }
};

/** @throws InputError for what only one kind of trace has. */
const checkMachine = ({sampling, units}: ReplayRequest, {machine, origin}: Subject): void => {
  if (machine !== undefined && sampling !== undefined)
    throw new InputError("a part of a machine's trace cannot be replayed without what its kernel mapped before", {
      file: origin.name,
      remedy: 'leave --sample out',
    });
  if (machine === undefined && units !== undefined)
    throw new InputError("units of work are those of a machine's trace", {
      file: origin.name,
      remedy: 'leave --units out',
    });
};

/** Replays a subject on every system in one pass, with progress on stderr. @throws Interrupted; InputError */
export const replaySubject = async (request: ReplayRequest): Promise<ReplayedSubject> => {
  const {calibration, sampling, units} = request;
  for (const {sut} of request.systems) knownSystem(calibration, sut);
  const subject = await findSubject(request.subject, request);
  if (subject.note !== undefined) request.note(subject.note);
  if (request.beside) return replayedBeside(request, subject, request.beside);
  checkMachine(request, subject);
  const systems = subject.machine ? machineSystems(calibration, request.systems, subject.machine) : request.systems;
  const sampled = sampling && {sampling, part: subject.part()};
  const progress = startProgress('replaying');
  try {
    const {header, replayed} = await interruptible((signal) =>
      replayOnThreads(
        subject.request,
        {systems, calibration, sampled},
        {threads: request.threads, signal, onChunk: progress.words()},
      ),
    );
    const reports = reportsOf(calibration, systems, replayed);
    const isStored = subject.request.kind === 'trace';
    return {
      source: subject.origin,
      header,
      beside: null,
      sampled: sampling && 'sampled' in replayed ? summaryOf(sampling, replayed.sampled, subject.request.kind) : null,
      reports,
      machine:
        subject.machine && isStored
          ? machineFigures({request: subject.request, calibration, systems, reports, units})
          : null,
    };
  } finally {
    progress.stop();
  }
};
