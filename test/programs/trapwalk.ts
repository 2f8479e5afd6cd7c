/** Runs a case under the emulator, with the sysroot as the guest's root. */
import {Emulator} from '../../src/isa/emulator.ts';
import type {Case} from './cases.ts';
import {type Outcome, outcome, withFiles} from './outcome.ts';
import {type Architecture, sysroot} from './sysroot.ts';

const PROFILES = {armel: 'v5-soft', armhf: 'v7-hf'} as const;
/** Several times what the longest case takes. */
const LIMIT = 1e9;

export interface Run {
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
  readonly instructions: number;
}

export const runInTrapwalk = (guest: Case, architecture: Architecture): Run =>
  withFiles(guest, (files) => {
    const written: [Uint8Array[], Uint8Array[]] = [[], []];
    const warnings: string[] = [];
    const emulator = new Emulator(undefined, {
      path: guest.argv[0] ?? '',
      argv: guest.argv,
      env: guest.env,
      profile: PROFILES[architecture],
      sysroot: sysroot(architecture),
      binds: [{host: files, guest: '/home', writable: true}],
      cwd: guest.folder,
      stdin: guest.stdin ?? new Uint8Array(0),
      write: (fd, data) => written[fd === 2 ? 1 : 0].push(Uint8Array.from(data)),
      warn: (line) => warnings.push(line),
    });
    const end = emulator.run(LIMIT);
    if (end !== 'exited')
      throw new Error(`${guest.name} has not ended after ${LIMIT} instructions\n${warnings.join('\n')}`);
    const [stdout, stderr] = written.map((chunks) => Buffer.concat(chunks)) as [Buffer, Buffer];
    return {
      outcome: outcome(guest, emulator.exitCode ?? -1, stdout, stderr),
      warnings,
      instructions: emulator.instructions,
    };
  });
