/** Executes a guest without a trace. */
import {InputError} from '../files/errors.ts';
import {Emulator, type EmulatorOptions} from '../isa/emulator.ts';
import {readGuest} from '../tracegen/guest-file.ts';
import type {GuestProgram} from './guest-program.ts';
import {readInput, terminalSize, writeOutput} from './streams.ts';

export interface ExecuteOptions {
  readonly guest: GuestProgram;
  readonly limit: number | undefined;
  /** Keep what the guest prints for the outcome, or pass it through. */
  readonly output: 'keep' | 'pass';
  readonly warn: (line: string) => void;
  /** The guest's name for itself; the name that the user gave by default. */
  readonly argv0?: string | undefined;
  readonly emulator?: Pick<EmulatorOptions, 'memoryLimit' | 'taskLimit' | 'seed' | 'engine'>;
}

export interface Outcome {
  readonly guest: string;
  readonly path: string;
  readonly arguments: readonly string[];
  /** 128 and its number when a signal ended the guest. */
  readonly exitCode: number;
  /** Its name. */
  readonly signal?: string;
  readonly instructions: number;
  readonly seconds: number;
  /** Millions of instructions per second. */
  readonly mips: number;
  /** With output 'keep'. */
  readonly stdout?: string;
  readonly stderr?: string;
}

const STDOUT = 1;

/** @throws InputError when the limit is reached; the emulator's own errors when the guest cannot go on. */
export const executeGuest = ({guest, limit, output, warn, argv0, emulator: given}: ExecuteOptions): Outcome => {
  const kept: Record<'stdout' | 'stderr', Uint8Array[]> = {stdout: [], stderr: []};
  const keep = (fd: number, data: Uint8Array): void => {
    kept[fd === STDOUT ? 'stdout' : 'stderr'].push(Buffer.from(data));
  };
  const emulator = new Emulator(guest.inRoot ? undefined : readGuest(guest.path), {
    path: guest.path,
    argv: [argv0 ?? guest.name, ...guest.arguments],
    stdin: readInput,
    write: output === 'keep' ? keep : writeOutput,
    ...(output === 'keep' ? {} : {terminal: terminalSize}),
    warn,
    ...guest.surroundings,
    ...given,
    profile: guest.profile,
  });
  const start = performance.now();
  const status = emulator.run(limit ?? Number.MAX_SAFE_INTEGER);
  const seconds = (performance.now() - start) / 1000;
  if (status !== 'exited') {
    throw new InputError(`the guest did not end within ${limit} instructions`, {
      file: guest.path,
      remedy: 'raise --max-instructions',
    });
  }
  const {instructions, exitCode, signal} = emulator;
  const text = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString('utf8');
  return {
    guest: guest.name,
    path: guest.path,
    arguments: guest.arguments,
    exitCode: exitCode as number,
    ...(signal === undefined ? {} : {signal}),
    instructions,
    seconds,
    mips: instructions / seconds / 1e6,
    ...(output === 'keep' ? {stdout: text(kept.stdout), stderr: text(kept.stderr)} : {}),
  };
};
