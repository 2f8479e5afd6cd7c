/** A trace to replay, stored or made on the fly. */
import {InputError} from '../files/errors.ts';
import type {Calibration} from '../predict/calibration.ts';
import type {System} from '../predict/measure.ts';
import {knownSystem, type ReplayReport, reportsOf} from '../predict/replay-report.ts';
import {replayOnThreads} from '../predict/replay-threads.ts';
import type {Sampling} from '../predict/sample-plan.ts';
import {GUEST_PART, type MeasuredPart, measuredPart} from '../predict/sampled-source.ts';
import type {TraceRequest} from '../predict/trace-request.ts';
import {openTrace} from '../trace/read.ts';
import type {TraceHeader} from '../trace/source.ts';
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
});

const partOf = (path: string): MeasuredPart => {
  const trace = openTrace(path);
  try {
    return measuredPart(trace);
  } finally {
    trace.close();
  }
};

const storedSubject = ({name, guestArguments, profile, optimization}: GuestRequest): Subject => {
  if (guestArguments !== undefined || profile !== undefined || optimization !== undefined) {
    throw new InputError('a stored trace was made with its own arguments and build', {
      file: name,
      remedy: 'leave yours out, or replay the guest',
    });
  }
  return {
    request: {kind: 'trace', path: name},
    origin: {kind: 'trace', name},
    part: () => partOf(name),
    note: undefined,
  };
};

/** @throws InputError when nothing of that name can be replayed. */
const findSubject = async (request: GuestRequest, maxInstructions: number | undefined): Promise<Subject> =>
  isTrace(request.name) ? storedSubject(request) : guestSubject(await findGuest(request), maxInstructions);

export interface ReplayRequest {
  readonly subject: GuestRequest;
  readonly maxInstructions: number | undefined;
  readonly systems: readonly System[];
  readonly calibration: Calibration;
  /** Undefined for a replay of all that is measured. */
  readonly sampling: Sampling | undefined;
  /** One per CPU unless given. */
  readonly threads: number | undefined;
  /** Hears what the user should know of the subject. */
  readonly note: (line: string) => void;
}

interface ReplayValues extends SurroundingValues, SamplingValues {
  readonly profile?: GuestRequest['profile'];
  readonly optimization?: string | undefined;
  readonly 'max-instructions'?: number | undefined;
  readonly threads?: number | undefined;
}

/** What the flags of a command ask for. @throws InputError as {@link samplingOf} */
export const requestOf = (
  name: string,
  guestArguments: readonly string[] | undefined,
  flags: ReplayValues,
): Pick<ReplayRequest, 'subject' | 'maxInstructions' | 'sampling' | 'threads'> => ({
  subject: {
    name,
    guestArguments,
    profile: flags.profile,
    optimization: flags.optimization,
    surroundings: flags,
  },
  maxInstructions: flags['max-instructions'],
  sampling: samplingOf(flags),
  threads: flags.threads,
});

export interface ReplayedSubject {
  readonly source: ReplayOrigin;
  readonly header: TraceHeader;
  /** Null for a replay of everything. */
  readonly sampled: SampleSummary | null;
  readonly reports: readonly ReplayReport[];
}

/** Replays a subject on every system in one pass, with progress on stderr. @throws Interrupted; InputError */
export const replaySubject = async (request: ReplayRequest): Promise<ReplayedSubject> => {
  const {systems, calibration, sampling} = request;
  for (const {sut} of systems) knownSystem(calibration, sut);
  const subject = await findSubject(request.subject, request.maxInstructions);
  if (subject.note !== undefined) request.note(subject.note);
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
    return {
      source: subject.origin,
      header,
      sampled: sampling && 'sampled' in replayed ? summaryOf(sampling, replayed.sampled, subject.request.kind) : null,
      reports: reportsOf(calibration, systems, replayed),
    };
  } finally {
    progress.stop();
  }
};
