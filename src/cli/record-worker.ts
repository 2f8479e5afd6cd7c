/** Entry point of the thread that records. */
import {type Answer, answer} from '../files/threads.ts';
import type {TraceCounts} from '../trace/container.ts';
import {writeTrace} from '../trace/write.ts';
import {GuestTrace} from '../tracegen/guest-trace.ts';
import {DEFAULT_ENVIRONMENT} from './flags.ts';
import type {RecordRequest} from './record.ts';

const surroundingText = ({sysroot, binds = [], env = [], cwd}: RecordRequest['guest']['surroundings']): string[] => [
  ...(sysroot === undefined ? [] : [`--sysroot ${sysroot}`]),
  ...binds.map(({host, guest, writable}) => `--bind ${host}:${guest}${writable ? ':rw' : ''}`),
  ...env.filter((variable) => !DEFAULT_ENVIRONMENT.includes(variable)).map((variable) => `--env ${variable}`),
  ...(cwd === undefined ? [] : [`--cwd ${cwd}`]),
];

const commandOf = ({guest, record, maxInstructions}: RecordRequest): string =>
  [
    'trapwalk trace record',
    guest.name,
    `--profile ${guest.profile}`,
    ...(guest.optimization ? [`--optimization ${guest.optimization}`] : []),
    ...surroundingText(guest.surroundings),
    ...(record === 'all' ? ['--all'] : []),
    ...(maxInstructions === undefined ? [] : [`--max-instructions ${maxInstructions}`]),
    '--output FILE',
    ...(guest.arguments.length > 0 ? ['--', ...guest.arguments] : []),
  ].join(' ');

export default (request: RecordRequest): Answer<TraceCounts> => {
  const {guest, record, maxInstructions, path} = request;
  return answer(() => {
    const source = new GuestTrace({
      path: guest.path,
      arguments: guest.arguments,
      surroundings: guest.surroundings,
      inRoot: guest.inRoot,
      record,
      command: commandOf(request),
      profile: guest.profile,
      ...(maxInstructions === undefined ? {} : {maxInstructions}),
    });
    return writeTrace(path, source);
  });
};
