/** Entry point of the thread that records. */
import type {TraceCounts} from '../trace/container.ts';
import {writeTrace} from '../trace/write.ts';
import {GuestTrace} from '../tracegen/guest-trace.ts';
import type {GuestProgram} from './subject.ts';

export interface RecordRequest {
  readonly guest: GuestProgram;
  readonly record: 'markers' | 'all';
  readonly maxInstructions: number | undefined;
  readonly path: string;
}

/** Errors lose their class between threads, so they travel as text. */
export type RecordAnswer =
  | {readonly counts: TraceCounts}
  | {readonly error: {readonly name: string; readonly message: string; readonly stack: string | undefined}};

export default ({guest, record, maxInstructions, path}: RecordRequest): RecordAnswer => {
  try {
    const source = new GuestTrace({
      path: guest.path,
      arguments: guest.arguments,
      record,
      ...(guest.profile ? {profile: guest.profile} : {}),
      ...(maxInstructions === undefined ? {} : {maxInstructions}),
    });
    return {counts: writeTrace(path, source)};
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const {name, message, stack} = error;
    return {error: {name, message, stack}};
  }
};
