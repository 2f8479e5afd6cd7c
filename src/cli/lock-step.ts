/** Executes a guest by both engines in lock step, for `trapwalk run --lock-step`. */
import {InputError} from '../files/errors.ts';
import {runInLockStep} from '../isa/lock-step.ts';
import {readGuest} from '../tracegen/guest-file.ts';
import type {ExecuteOptions, Outcome} from './execute.ts';
import {EnginesDiffer} from './failure.ts';
import type {GuestProgram} from './guest-program.ts';
import {readInput, writeOutput} from './streams.ts';

const LONGEST_READ = 65536;
const STDOUT = 1;

const wholeInput = (): Uint8Array => {
  const chunks: Uint8Array[] = [];
  for (let chunk = readInput(LONGEST_READ); chunk.length > 0; chunk = readInput(LONGEST_READ)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** A difference is looked for by running the guest again. */
const checkRepeatable = ({surroundings: {binds = []}}: GuestProgram): void => {
  const writable = binds.find((bind) => bind.writable);
  if (writable === undefined) return;
  throw new InputError('a guest in lock step runs more than once and may write to no directory of the host', {
    file: writable.host,
    remedy: "leave ':rw' out",
  });
};

/**
 * @param limit instructions, for each engine.
 * @throws EnginesDiffer with the report; InputError when the limit is reached or the guest may change the host's files.
 */
export const executeInLockStep = ({guest, limit, output, warn, argv0, emulator}: ExecuteOptions): Outcome => {
  checkRepeatable(guest);
  const kept: [out: Uint8Array[], error: Uint8Array[]] = [[], []];
  const {engine: _, ...given} = emulator ?? {};
  const start = performance.now();
  const {instructions, exitCode, signal, error, report} = runInLockStep(
    guest.inRoot ? undefined : readGuest(guest.path),
    {
      path: guest.path,
      argv: [argv0 ?? guest.name, ...guest.arguments],
      stdin: wholeInput(),
      write: output === 'keep' ? (fd, data) => kept[fd === STDOUT ? 0 : 1].push(data) : writeOutput,
      warn,
      ...guest.surroundings,
      ...given,
      profile: guest.profile,
    },
    limit === undefined ? {} : {limit},
  );
  const seconds = (performance.now() - start) / 1000;
  if (report !== undefined) throw new EnginesDiffer(report);
  if (error !== undefined) throw new Error(error);
  if (exitCode === undefined) {
    throw new InputError(`the guest did not end within ${limit} instructions`, {
      file: guest.path,
      remedy: 'raise --max-instructions',
    });
  }
  const [stdout, stderr] = kept.map((parts) => Buffer.concat(parts).toString('utf8')) as [string, string];
  return {
    guest: guest.name,
    path: guest.path,
    arguments: guest.arguments,
    exitCode,
    ...(signal === undefined ? {} : {signal}),
    instructions,
    seconds,
    mips: instructions / seconds / 1e6,
    ...(output === 'keep' ? {stdout, stderr} : {}),
  };
};
