/** Programs of the C library, statically and dynamically linked: the output says what each step saw. */
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {hasQemu, WHY_SKIPPED} from '../isa/run.ts';
import {ARMEL, ARMHF, canCompile, compileProgram, skipNote, type Target, useCompiler} from './compile.ts';
import {runGuest} from './guest.ts';

useCompiler();

const expected = (name: string): string => readFileSync(new URL(`programs/${name}.expected`, import.meta.url), 'utf8');

/** What qemu-arm 7.2 does as Linux does it; it has no robust mutexes, no execve without binfmt, no old directory entries. */
const LIKE_QEMU = ['threads', 'signals', 'sockets', 'mapping'];
const NAMES = ['files', 'mapping', 'processes', 'robust', 'signals', 'sockets', 'threads'];
/** signals ends with abort(). */
const EXIT_CODES: Readonly<Record<string, number>> = {signals: 134};
const ABORT = 'SIGABRT';

const run = (target: Target, path: string, more = {}) =>
  runGuest(readFileSync(path), {
    path: `/tmp/${path.split('/').at(-1)}`,
    argv: [path],
    profile: target.profile,
    ...more,
  });

for (const target of [ARMEL, ARMHF]) {
  const can = canCompile(target);
  describe.skipIf(!can)(`${target.triple}${skipNote(can, target)}`, {timeout: 120_000}, () => {
    it.each(NAMES)('%s, static', (name) => {
      const {stdout, stderr, exitCode} = run(target, compileProgram(target, name, '-static'));
      expect({stdout, stderr, exitCode}).toEqual({stdout: expected(name), stderr: '', exitCode: EXIT_CODES[name] ?? 0});
    });

    it('is the same in portions of any size', () => {
      const path = compileProgram(target, 'threads', '-static');
      const whole = run(target, path);
      const options = {path: `/tmp/${path.split('/').at(-1)}`, argv: [path], profile: target.profile};
      expect(runGuest(readFileSync(path), options, 997)).toEqual(whole);
      expect(runGuest(readFileSync(path), options, 1_000_003)).toEqual(whole);
    });

    const libraries = `/usr/${target.triple}/lib`;
    it.skipIf(!existsSync(libraries)).each(['processes', 'signals'])('%s, dynamically linked', (name) => {
      const binds = [{host: libraries, guest: '/lib', writable: false}];
      const {stdout, stderr, exitCode} = run(target, compileProgram(target, name), {binds});
      expect({stdout, stderr, exitCode}).toEqual({stdout: expected(name), stderr: '', exitCode: EXIT_CODES[name] ?? 0});
    });

    const linker = join(libraries, target.linker);
    it.skipIf(!existsSync(linker))('a program that may be loaded anywhere: the dynamic linker itself', () => {
      const {stdout, exitCode} = run(target, linker, {argv: [linker, '--version']});
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^ld\.so .*stable release/);
    });

    it.skipIf(!hasQemu).each(LIKE_QEMU)(`%s: as qemu-arm${WHY_SKIPPED}`, (name) => {
      const path = compileProgram(target, name, '-static');
      const {status, signal, stdout} = spawnSync('qemu-arm', [path], {encoding: 'utf8'});
      expect(stdout).toBe(expected(name));
      expect(status ?? signal).toBe(name === 'signals' ? ABORT : 0);
    });
  });
}
