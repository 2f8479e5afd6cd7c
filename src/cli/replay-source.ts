/** A trace to replay, stored or made on the fly. */
import {InputError} from '../files/errors.ts';
import type {Calibration} from '../predict/calibration.ts';
import type {System} from '../predict/measure.ts';
import {type ReplayReport, replayReports} from '../predict/replay-report.ts';
import type {TraceHeader, TraceSource} from '../trace/source.ts';
import {GuestTrace} from '../tracegen/guest-trace.ts';
import type {GuestProgram, GuestRequest} from './guest-program.ts';
import {startProgress} from './progress.ts';
import {isTrace, openChecked} from './stored-trace.ts';
import {describeArguments, findGuest} from './subject.ts';

export interface ReplayOrigin {
  readonly kind: 'trace' | 'guest';
  readonly name: string;
  readonly arguments?: readonly string[];
}

export interface ReplaySource {
  readonly source: TraceSource;
  readonly origin: ReplayOrigin;
  /** Instructions in the trace, where they are known beforehand. */
  readonly instructions: number | undefined;
  /** What the user should hear of the arguments. */
  readonly note: string | undefined;
  close(): void;
}

const openGuest = (guest: GuestProgram, maxInstructions: number | undefined): ReplaySource => ({
  source: new GuestTrace({
    path: guest.path,
    arguments: guest.arguments,
    surroundings: guest.surroundings,
    inRoot: guest.inRoot,
    profile: guest.profile,
    ...(maxInstructions === undefined ? {} : {maxInstructions}),
  }),
  origin: {kind: 'guest', name: guest.name, arguments: guest.arguments},
  instructions: undefined,
  note: describeArguments(guest),
  close: () => {},
});

const openStored = ({name, guestArguments, profile, optimization}: GuestRequest): ReplaySource => {
  if (guestArguments !== undefined || profile !== undefined || optimization !== undefined) {
    throw new InputError('a stored trace was made with its own arguments and build', {
      file: name,
      remedy: 'leave yours out, or replay the guest',
    });
  }
  const trace = openChecked(name);
  return {
    source: trace,
    origin: {kind: 'trace', name},
    instructions: trace.counts.instructions,
    note: undefined,
    close: () => trace.close(),
  };
};

/** @throws InputError when nothing of that name can be replayed. */
const openReplay = async (request: GuestRequest, maxInstructions: number | undefined): Promise<ReplaySource> =>
  isTrace(request.name) ? openStored(request) : openGuest(await findGuest(request), maxInstructions);

export interface ReplayRequest {
  readonly subject: GuestRequest;
  readonly maxInstructions: number | undefined;
  readonly systems: readonly System[];
  readonly calibration: Calibration;
  /** Hears what the user should know of the subject. */
  readonly note: (line: string) => void;
}

export interface ReplayedSubject {
  readonly source: ReplayOrigin;
  readonly header: TraceHeader;
  readonly reports: readonly ReplayReport[];
}

/** Replays a subject on every system in one pass, with progress on stderr. */
export const replaySubject = async ({
  subject,
  maxInstructions,
  systems,
  calibration,
  note,
}: ReplayRequest): Promise<ReplayedSubject> => {
  const replay = await openReplay(subject, maxInstructions);
  if (replay.note !== undefined) note(replay.note);
  const progress = startProgress('replaying');
  try {
    const reports = replayReports(replay.source, systems, calibration, progress.words());
    return {source: replay.origin, header: replay.source.header, reports};
  } finally {
    progress.stop();
    replay.close();
  }
};
