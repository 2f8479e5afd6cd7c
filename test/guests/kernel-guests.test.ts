/** Guests that make the kernel work, as programs: the output of qemu-arm, the same in both engines; `mark` executes its hint. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {PROFILES} from '../../guests/programs.ts';
import {runInLockStep} from '../../src/isa/lock-step.ts';
import {summarizeTrace} from '../../src/trace/summary.ts';
import {GuestTrace} from '../../src/tracegen/guest-trace.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';
import {GUESTS, hasQemu, qemuNote, runGuest} from './catalogue.ts';

type ProfileName = 'v5-soft' | 'v7-hf';
const RUNS: readonly (readonly [string, readonly string[]])[] = [
  ['hackbench', ['1', '3', '100', '20', 'sockets', 'processes']],
  ['hackbench', ['1', '10', '5000', '5', 'sockets', 'threads']],
  ['hackbench', ['2', '3', '100', '4', 'pipes', 'processes']],
  ['hackbench', ['2', '20', '5000', '2', 'pipes', 'threads']],
  ['kernel-operations', ['2', '1', '3', '3', '3', '3', '3', '3']],
  ['idle', ['1']],
];
const elfOf = (profile: string, program: string): string => `bin/${profile}/${program}-O2.elf`;
const untimed = (stdout: string): string => stdout.replace(/^Time: .*$/m, 'Time');

describe.each(PROFILES.map(({name}) => name as ProfileName))('%s', (profile) => {
  test.skipIf(!hasQemu).each(RUNS)(`%s %j as under qemu-arm${qemuNote}`, (program, args) => {
    const elf = elfOf(profile, program);
    let stdout = '';
    const {report, exitCode} = runInLockStep(readFileSync(join(GUESTS, elf)), {
      path: elf,
      argv: [elf, ...args],
      profile,
      memoryLimit: bytes(64 * MEBIBYTE),
      write: (fd, data) => {
        if (fd === 1) stdout += new TextDecoder().decode(data);
      },
    });
    expect(report).toBeUndefined();
    const qemu = runGuest(elf, args);
    expect({status: exitCode, stdout: untimed(stdout)}).toEqual({status: qemu.status, stdout: untimed(qemu.stdout)});
  });

  test('a loop of hackbench is a write and a read for each sender and receiver of a group', () => {
    const recorded = (loops: number) => {
      const path = join(GUESTS, elfOf(profile, 'hackbench'));
      const trace = new GuestTrace({path, arguments: ['2', `${loops}`, '100', '3', 'sockets', 'processes'], profile});
      return summarizeTrace(trace, {lineSize: 64});
    };
    const [five, six] = [recorded(5), recorded(6)];
    expect(five.markers.map(({marker}) => marker)).toEqual(['warm', 'begin', 'end']);
    // 2 groups of 3 × 3 messages, each written and read.
    expect(six.events['supervisor-call']! - five.events['supervisor-call']!).toBe(2 * 3 * 3 * 2);
  });
});
