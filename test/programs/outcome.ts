/** What a program left behind, in a form that two runs can be compared in. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Case} from './cases.ts';

export interface Outcome {
  /** Exit code, or 128 and the number of the signal that ended it, as a shell would tell. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What qemu-arm itself says of a guest that a signal ends. */
const QEMU_LINE = /^qemu: uncaught target signal .*\n/gm;
/** Bytes that are no text stay visible as such. */
const text = (output: Uint8Array): string => Buffer.from(output).toString('latin1').replace(QEMU_LINE, '');
const mask = (output: string): string => output.replace(/\d+(\.\d+)?/g, '#').replace(/ +/g, ' ');

export const outcome = (guest: Case, status: number, stdout: Uint8Array, stderr: Uint8Array): Outcome => {
  const show = (output: Uint8Array) => (guest.measures ? mask(text(output)) : text(output));
  return {status, stdout: show(stdout), stderr: show(stderr)};
};

/** Runs `use` with a new folder that holds the case's files. */
export const withFiles = <T>(guest: Case, use: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'trapwalk-program-'));
  try {
    for (const [name, content] of Object.entries(guest.files))
      writeFileSync(join(folder, name), content, {mode: 0o644});
    return use(folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
};
