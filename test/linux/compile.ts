/** Programs in C for Arm Linux, compiled when the cross compilers and their C libraries are there. */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll} from 'vitest';

const PROGRAMS = join(import.meta.dirname, 'programs');
const folder = mkdtempSync(join(tmpdir(), 'trapwalk-linux-'));

export const useCompiler = (): void => {
  afterAll(() => rmSync(folder, {recursive: true, force: true}));
};

export interface Target {
  readonly triple: string;
  readonly profile: 'v5-soft' | 'v7-hf';
  /** File name of the dynamic linker. */
  readonly linker: string;
}
export const ARMEL: Target = {triple: 'arm-linux-gnueabi', profile: 'v5-soft', linker: 'ld-linux.so.3'};
export const ARMHF: Target = {triple: 'arm-linux-gnueabihf', profile: 'v7-hf', linker: 'ld-linux-armhf.so.3'};

/** More flags for the compiler, for a C library that lies elsewhere; `%` stands for the triple. */
const MORE_FLAGS = (process.env.TRAPWALK_ARM_CFLAGS ?? '').split(' ').filter((flag) => flag !== '');

const compile = ({triple}: Target, source: string, output: string, flags: readonly string[]): boolean => {
  const more = MORE_FLAGS.map((flag) => flag.replaceAll('%', triple));
  const always = ['-O1', '-w', '-pthread', ...more];
  const {status} = spawnSync(`${triple}-gcc`, [...always, ...flags, source, '-o', output], {encoding: 'utf8'});
  return status === 0;
};

/** Path of a program of programs/. @throws Error when it does not compile. */
export const compileProgram = (target: Target, name: string, ...flags: readonly string[]): string => {
  const output = join(folder, `${name}-${target.triple}${flags.join('')}`);
  if (!compile(target, join(PROGRAMS, `${name}.c`), output, flags)) throw new Error(`${name}.c does not compile`);
  return output;
};

export const canCompile = (target: Target): boolean => {
  const source = join(folder, 'probe.c');
  writeFileSync(source, '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n');
  return compile(target, source, join(folder, 'probe'), ['-static']);
};

export const skipNote = (can: boolean, {triple}: Target): string =>
  can ? '' : ` [skipped: ${triple}-gcc and its C library for development are not installed]`;
