/** Runs an ELF file under the emulator and under qemu-arm. */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Emulator, type EmulatorOptions} from '../../src/isa/emulator.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';

export interface Outcome {
  readonly output: Uint8Array;
  readonly exitCode: number | undefined;
  readonly warnings: readonly string[];
  readonly emulator: Emulator;
}

/** A new emulator that keeps what the guest writes. */
export const prepare = (elf: Uint8Array, options: Partial<EmulatorOptions> = {}) => {
  const chunks: Uint8Array[] = [];
  const warnings: string[] = [];
  const emulator = new Emulator(elf, {
    path: 'test.elf',
    argv: ['test.elf'],
    memoryLimit: bytes(32 * MEBIBYTE),
    write: (_fd, data) => chunks.push(data),
    warn: (line) => warnings.push(line),
    ...options,
  });
  return {emulator, warnings, output: () => Uint8Array.from(Buffer.concat(chunks))};
};

export const run = (elf: Uint8Array, options: Partial<EmulatorOptions> = {}): Outcome => {
  const {emulator, warnings, output} = prepare(elf, options);
  emulator.run(1e9);
  return {output: output(), exitCode: emulator.exitCode, warnings, emulator};
};

const QEMU = '/usr/bin/qemu-arm';
export const hasQemu = existsSync(QEMU);
export const WHY_SKIPPED = hasQemu ? '' : ` [skipped: ${QEMU} is not installed]`;

/** Output, exit status and (with `-d`) log of qemu-arm as a Cortex-A7. @throws Error when it cannot be started. */
export const runQemu = (elf: Uint8Array, flags: readonly string[] = [], args: readonly string[] = []) => {
  const folder = mkdtempSync(join(tmpdir(), 'trapwalk-'));
  try {
    const path = join(folder, 'test.elf');
    writeFileSync(path, elf, {mode: 0o755});
    const result = spawnSync(QEMU, ['-cpu', 'cortex-a7', ...flags, path, ...args], {maxBuffer: 2 ** 30});
    if (result.error) throw result.error;
    return {output: new Uint8Array(result.stdout), exitCode: result.status, log: result.stderr.toString('utf8')};
  } finally {
    rmSync(folder, {recursive: true});
  }
};
