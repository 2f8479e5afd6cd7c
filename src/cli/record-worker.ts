/** Entry point of the thread that records. */
import {writeTrace} from '../trace/write.ts';
import {GuestTrace} from '../tracegen/guest-trace.ts';
import type {RecordAnswer, RecordRequest} from './record.ts';

const commandOf = ({guest, record, maxInstructions}: RecordRequest): string =>
  [
    'trapwalk trace record',
    guest.name,
    ...(guest.profile ? [`--profile ${guest.profile}`] : []),
    ...(guest.optimization ? [`--optimization ${guest.optimization}`] : []),
    ...(record === 'all' ? ['--all'] : []),
    ...(maxInstructions === undefined ? [] : [`--max-instructions ${maxInstructions}`]),
    '--output FILE',
    ...(guest.arguments.length > 0 ? ['--', ...guest.arguments] : []),
  ].join(' ');

export default (request: RecordRequest): RecordAnswer => {
  const {guest, record, maxInstructions, path} = request;
  try {
    const source = new GuestTrace({
      path: guest.path,
      arguments: guest.arguments,
      record,
      command: commandOf(request),
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
