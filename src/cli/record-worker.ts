/** Entry point of the thread that records. */
import {writeTrace} from '../trace/write.ts';
import {GuestTrace} from '../tracegen/guest-trace.ts';
import type {RecordAnswer, RecordRequest} from './record.ts';

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
