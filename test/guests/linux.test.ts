/** Debian's kernel, if `npm run guest:linux` has made it, up to a shell and down again. QEMU's log is compared where QEMU is. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import Run from '../../src/cli/commands/run.ts';
import {packagePath} from '../../src/files/paths.ts';
import {runJson} from '../cli/run-command.ts';
import {bootInQemu, hasQemu} from './qemu-boot.ts';

const FOLDER = packagePath('guests', 'linux');
const IMAGE = join(FOLDER, 'Image');
const INITRD = join(FOLDER, 'initramfs.cpio.gz');
const LINE =
  'cryptomgr.notests earlycon run="uname -a; cat /proc/interrupts; md5sum /bin/busybox; hackbench -g 1 -l 2"';
const hasGuest = existsSync(IMAGE) && existsSync(INITRD);
const MINUTES = 60_000;

const boot = (cpus: number, ...more: string[]) =>
  runJson(Run, '--linux', IMAGE, '--initrd', INITRD, '--append', LINE, '--cpus', `${cpus}`, '--json', ...more);

const lines = (log: string): string[] => log.replaceAll('\r', '').split('\n');
/** Without the times of the kernel, and of hackbench. */
const untimed = (log: string): string[] =>
  lines(log).map((line) => line.replace(/^\[ *\d+\.\d+\] /, '').replace(/^Time: .*/, 'Time'));

test.skipIf(!hasGuest || !hasQemu)(
  "on one vCPU the log, the interrupts and the program's output are QEMU's",
  async () => {
    const {console, end} = await boot(1);
    expect(end).toBe('power-off');
    const {log} = bootInQemu({cpus: 1, memory: 2 ** 28, image: IMAGE, initrd: INITRD, commandLine: LINE});
    expect(untimed(console)).toEqual(untimed(log));
    expect(console).toContain('Each sender will pass 2 messages of 100 bytes');
  },
  5 * MINUTES,
);

test.skipIf(!hasGuest)(
  'on two vCPUs it comes up with both, on either board',
  async () => {
    const {console, end} = await boot(2, '--board', 'virt-v7');
    expect(end).toBe('power-off');
    expect(console).toContain('smp: Brought up 1 node, 2 CPUs');
    expect(console).toContain('cp15 timer(s) running at 24.00MHz (virt)');
    expect(console).toMatch(/^[0-9a-f]{32} {2}\/bin\/busybox\r?$/m);
  },
  5 * MINUTES,
);
