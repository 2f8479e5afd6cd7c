/** Executes a guest without a trace. */
import {InputError} from '../files/errors.ts';
import {Emulator} from '../isa/emulator.ts';
import {readGuest} from '../tracegen/guest-trace.ts';
import type {GuestProgram} from './subject.ts';

export interface ExecuteOptions {
  readonly guest: GuestProgram;
  readonly limit: number | undefined;
  /** Keep what the guest prints for the outcome, or pass it through. */
  readonly output: 'keep' | 'pass';
  readonly warn: (line: string) => void;
}

export interface Outcome {
  readonly guest: string;
  readonly path: string;
  readonly arguments: readonly string[];
  readonly exitCode: number;
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
export const executeGuest = ({guest, limit, output, warn}: ExecuteOptions): Outcome => {
  const kept: Record<'stdout' | 'stderr', Uint8Array[]> = {stdout: [], stderr: []};
  const emulator = new Emulator(readGuest(guest.path), {
    path: guest.path,
    argv: [guest.name, ...guest.arguments],
    write: (fd, data) => {
      const name = fd === STDOUT ? 'stdout' : 'stderr';
      const copy = Buffer.from(data);
      if (output === 'keep') kept[name].push(copy);
      else process[name].write(copy);
    },
    warn,
    ...(guest.profile ? {profile: guest.profile} : {}),
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
  const {instructions, exitCode} = emulator;
  const text = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString('utf8');
  return {
    guest: guest.name,
    path: guest.path,
    arguments: guest.arguments,
    exitCode: exitCode as number,
    instructions,
    seconds,
    mips: instructions / seconds / 1e6,
    ...(output === 'keep' ? {stdout: text(kept.stdout), stderr: text(kept.stderr)} : {}),
  };
};
