/** Runs a program in the emulator and keeps all that can be seen from outside. */
import {Emulator, type EmulatorOptions} from '../../src/isa/emulator.ts';

export interface GuestRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly warnings: readonly string[];
  readonly instructions: number;
}

const MOST_INSTRUCTIONS = 2e9;

/** @param portion instructions of one call of `run`. */
export const runGuest = (
  elf: Uint8Array | undefined,
  options: Partial<EmulatorOptions> = {},
  portion = MOST_INSTRUCTIONS,
): GuestRun => {
  const output: Record<number, Uint8Array[]> = {1: [], 2: []};
  const warnings: string[] = [];
  const emulator = new Emulator(elf, {
    path: '/program',
    argv: ['program'],
    write: (fd, data) => output[fd]?.push(data.slice()),
    warn: (line) => warnings.push(line),
    ...options,
  });
  while (emulator.run(portion) !== 'exited') {
    emulator.trace.clear();
    if (emulator.instructions >= MOST_INSTRUCTIONS) throw new Error('the guest does not end');
  }
  const text = (fd: number): string => Buffer.concat(output[fd] ?? []).toString('utf8');
  const {exitCode, signal, instructions} = emulator;
  return {stdout: text(1), stderr: text(2), exitCode, signal, warnings, instructions};
};
