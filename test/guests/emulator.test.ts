import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {COUNTINGS} from '../../guests/measure.ts';
import {Emulator} from '../../src/isa/emulator.ts';
import {summarizeTrace} from '../../src/trace/summary.ts';
import {GuestTrace} from '../../src/tracegen/guest-trace.ts';
import {COUNTED, GUESTS, hasQemu, qemuNote, runGuest} from './catalogue.ts';

const BUILDS = COUNTED.flatMap((guest) =>
  guest.builds.map((build) => ({
    name: `${guest.id} ${build.profile} ${build.optimization}`,
    guest: guest.id,
    ...build,
  })),
);

const emulate = (elf: string, args: readonly string[]) => {
  let stdout = '';
  const emulator = new Emulator(readFileSync(join(GUESTS, elf)), {
    path: elf,
    argv: [elf, ...args],
    write: (fd, data) => {
      if (fd === 1) stdout += new TextDecoder().decode(data);
    },
    warn: (line) => expect.fail(line),
  });
  emulator.run(Number.MAX_SAFE_INTEGER);
  return {stdout, exitCode: emulator.exitCode, instructions: emulator.instructions};
};

/** Instructions that QEMU executes from the entry to the exit: a block each. */
const instructionsUnderQemu = (elf: string, args: readonly string[]): number => {
  const folder = mkdtempSync(join(tmpdir(), 'guest-total-'));
  try {
    const log = join(folder, 'log');
    execFileSync('qemu-arm', ['-singlestep', '-d', 'exec,nochain', '-D', log, join(GUESTS, elf), ...args]);
    return readFileSync(log, 'latin1')
      .split('\n')
      .filter((line) => line.startsWith('Trace ')).length;
  } finally {
    rmSync(folder, {recursive: true});
  }
};

describe('guests in our emulator', () => {
  test.each(BUILDS)(
    '$name: the instructions per unit that the catalogue gives',
    ({guest, elf, profile, instructionsPerUnit}) => {
      const counting = COUNTINGS[guest]!;
      const measured = (args: readonly string[]): number => {
        const trace = new GuestTrace({
          path: join(GUESTS, elf),
          arguments: args,
          profile: profile as 'v5-soft' | 'v7-hf',
        });
        const {markers} = summarizeTrace(trace, {lineSize: 64});
        const at = (name: string): number => markers.find(({marker}) => marker === name)!.instruction;
        return at('end') - at('begin');
      };
      expect((measured(counting.larger) - measured(counting.smaller)) / counting.units).toBeCloseTo(
        instructionsPerUnit!,
        2,
      );
    },
  );

  test.skipIf(!hasQemu).each(BUILDS)(
    `$name: output, exit code and instruction count of qemu-arm${qemuNote}`,
    ({guest, elf}) => {
      const args = COUNTINGS[guest]!.smaller;
      const ours = emulate(elf, args);
      const {status, stdout} = runGuest(elf, args);
      expect({stdout: ours.stdout, exitCode: ours.exitCode}).toEqual({stdout, exitCode: status});
      expect(ours.instructions).toBe(instructionsUnderQemu(elf, args));
    },
  );
});
