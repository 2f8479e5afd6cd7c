/**
 * Debian's stress-ng, rt-tests and GLib tests, if `npm run guest:stress` has packed them, under Debian's kernel, compared with QEMU at
 * every exception. TRAPWALK_STRESS names other checks of `guests/checks.ts` than the short ones, or `all`: five minutes on a free core.
 */
import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {packagePath} from '../../src/files/paths.ts';
import {compareWithQemu} from './divergence.ts';
import {hasQemu} from './qemu-boot.ts';

const image = packagePath('guests', 'linux', 'Image');
const initrd = packagePath('guests', 'linux-stress', 'initramfs.cpio');
const check = process.env.TRAPWALK_STRESS ?? 'kernel';
const canRun = hasQemu && [image, initrd].every((path) => existsSync(path));
const MINUTES = 60_000;

test.skipIf(!canRun)(
  `checks/${check} does what it does in QEMU, and finds nothing wrong`,
  async () => {
    const commandLine = `cryptomgr.notests quiet check=${check}`;
    const {divergence, console, consoleInQemu, end} = await compareWithQemu({
      ...{cpus: 1, memory: 2 ** 28, image, initrd, commandLine},
    });
    expect(divergence).toBeUndefined();
    expect(end!.why).toBe('power-off');
    expect(console).toBe(consoleInQemu);
    expect(console).not.toMatch(/stress-ng: (fail|error)|^not ok|^[a-z0-9-]+: [1-9]\d*\r?$/m);
    expect(console).toMatch(/successful run completed|^ok |Cycles/m);
  },
  30 * MINUTES,
);
