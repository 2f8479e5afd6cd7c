/** Each case of one architecture: the emulator's guest leaves behind what qemu-arm's does. */
import {describe, expect, it} from 'vitest';
import {CASES} from './cases.ts';
import {expected, obstacle} from './qemu.ts';
import type {Architecture} from './sysroot.ts';
import {runInTrapwalk} from './trapwalk.ts';

/** Of both emulators together, in ms; other tests share the cores. */
const TIMEOUT = 300_000;
const all = process.env.TRAPWALK_PROGRAMS === 'all';

export const comparePrograms = (architecture: Architecture): void => {
  const reason = obstacle();
  describe.skipIf(reason !== undefined)(
    `Debian's ${architecture} programs${reason ? ` [skipped: ${reason}]` : ''}`,
    () => {
      for (const guest of CASES) {
        if (guest.slow && !all) continue;
        it(guest.name, {timeout: TIMEOUT}, () => {
          const wanted = expected(guest, architecture);
          const {outcome, warnings} = runInTrapwalk(guest, architecture);
          expect(outcome, warnings.join('\n')).toEqual(wanted);
        });
      }
    },
  );
};
