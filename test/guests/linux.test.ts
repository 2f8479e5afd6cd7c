/** Debian's kernel, if `npm run guest:linux` has made it, up to a shell and down again; compared with QEMU where QEMU is. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import Run from '../../src/cli/commands/run.ts';
import {packagePath} from '../../src/files/paths.ts';
import {runJson} from '../cli/run-command.ts';
import {compareWithQemu} from './divergence.ts';
import {bootInQemu, hasQemu} from './qemu-boot.ts';
import {instructionsInQemu} from './qemu-count.ts';

const FOLDER = packagePath('guests', 'linux');
const image = join(FOLDER, 'Image');
const initrd = join(FOLDER, 'initramfs.cpio.gz');
const commandLine =
  'cryptomgr.notests earlycon run="uname -a; cat /proc/interrupts; md5sum /bin/busybox; hackbench -g 1 -l 2"';
const hasGuest = existsSync(image) && existsSync(initrd);
const MINUTES = 60_000;

const run = (...more: string[]) =>
  runJson(Run, '--linux', image, '--initrd', initrd, '--append', commandLine, '--json', ...more);

/** What a kernel says when its clock jumps, as it does in QEMU, whose vCPUs keep the host's time here, where the host is busy. */
const STALL = /^(hrtimer: interrupt took|clocksource: (timekeeping watchdog|Long readout)|sched: RT throttling)/;

/** In any order, without what depends on time or on who came first: of the kernel, the clock, hackbench, and interrupt counts. */
const untimed = (log: string): string[] =>
  log
    .replaceAll('\r', '')
    .split('\n')
    .map((line) =>
      line
        .replace(/^\[ *\d+\.\d+\] /, '')
        .replace(/audit\([\d.]+:1\)/, 'audit')
        .replace(/2015-01-01T00:00:\d\d UTC \(\d+\)/, '2015')
        .replace(/^Time: .*/, 'Time')
        .replace(/^( *(?:\d+|IPI\d)):( +\d+)+ /, '$1: '),
    )
    .filter((line) => !STALL.test(line))
    .toSorted();

test.skipIf(!hasGuest || !hasQemu)(
  'on one vCPU every exception, every register at it, the log with its times and the count of instructions are those of QEMU',
  async () => {
    const boot = {cpus: 1, memory: 2 ** 28, image, initrd, commandLine};
    const {divergence, end, events, console, consoleInQemu} = await compareWithQemu(boot);
    expect(divergence).toBeUndefined();
    expect(console).toBe(consoleInQemu);
    expect(console).toContain('Each sender will pass 2 messages of 100 bytes');
    expect(
      Math.min(...['SVC', 'IRQ', 'Data Abort', 'Prefetch Abort'].map((event) => events.get(event)!)),
    ).toBeGreaterThan(50);
    expect(end).toMatchObject({why: 'power-off', instructions: await instructionsInQemu(boot)});
  },
  5 * MINUTES,
);

test.skipIf(!hasGuest || !hasQemu)(
  'on two vCPUs the lines of the log are those of QEMU, but for times and counts of interrupts',
  async () => {
    const {console, end} = await run('--cpus', '2');
    expect(end).toBe('power-off');
    const {log} = bootInQemu({cpus: 2, memory: 2 ** 28, image, initrd, commandLine});
    expect(untimed(console)).toEqual(untimed(log));
  },
  5 * MINUTES,
);

test.skipIf(!hasGuest)(
  'it comes up on the other board',
  async () => {
    const {console, end} = await run('--cpus', '2', '--board', 'virt-v7');
    expect(end).toBe('power-off');
    expect(console).toContain('smp: Brought up 1 node, 2 CPUs');
    expect(console).toContain('cp15 timer(s) running at 24.00MHz (virt)');
    expect(console).toMatch(/^[0-9a-f]{32} {2}\/bin\/busybox\r?$/m);
  },
  5 * MINUTES,
);

test.skipIf(!hasGuest)(
  'both engines end at the same instruction with the same log',
  async () => {
    const [interpreted, translated] = [await run('--engine', 'interpret'), await run('--engine', 'translate')];
    expect(translated.instructions).toBe(interpreted.instructions);
    expect(translated.console).toBe(interpreted.console);
  },
  5 * MINUTES,
);
