/**
 * Debian's kernel up to a shell and down again: by both engines of the built command line, and by qemu-system-arm's translator
 * without -icount. Wall time, and CPU time of all threads, in turns one after the other; medians, and their ratios to QEMU's.
 *
 *   npm run guest:linux && npm run bench:boot [turns]
 */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {hasQemu, withQemuCommand} from '../test/guests/qemu-boot.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const [image, initrd] = [path('guests/linux/Image'), path('guests/linux/initramfs.cpio.gz')];
const commandLine = 'cryptomgr.notests quiet run="poweroff -f"';

/** Asked for: at most so many times QEMU's time. */
const MOST = 3;

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** bash's `time`, which alone counts a child by itself. */
const measure = (command: readonly string[]): Cost => {
  const script = 'TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>/dev/null </dev/null; } 2>&1';
  const {status, stdout} = spawnSync('bash', ['-c', script, 'bash', ...command]);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`);
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = stdout.toString().trim().split(' ').map(Number);
  return {wall, cpu: user + system};
};

const boot = (engine: string): Cost =>
  measure([
    ...[process.execPath, path('bin/run.js'), 'run', '--linux', image, '--initrd', initrd],
    ...['--append', commandLine, '--engine', engine],
  ]);
const bootInQemu = (): Cost =>
  withQemuCommand({cpus: 1, memory: 2 ** 28, image, initrd, commandLine, isTimedByHost: true}, measure);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const turns = Number(process.argv[2] ?? 3);
if (!existsSync(image) || !hasQemu) {
  console.error('needs qemu-system-arm and guests/linux: npm run guest:linux');
  process.exitCode = 1;
} else {
  const runs = Array.from({length: turns}, () => ({
    qemu: bootInQemu(),
    translate: boot('translate'),
    interpret: boot('interpret'),
  }));
  for (const kind of ['wall', 'cpu'] as const) {
    const qemu = median(runs.map((run) => run.qemu[kind]));
    console.log(`${kind.padEnd(4)} qemu-system-arm ${qemu.toFixed(2)} s`);
    for (const engine of ['translate', 'interpret'] as const) {
      const own = median(runs.map((run) => run[engine][kind]));
      const ratio = median(runs.map((run) => run[engine][kind] / run.qemu[kind]));
      const verdict = engine === 'interpret' ? '' : ` (asked ${MOST}, ${ratio <= MOST ? 'met' : 'MISSED'})`;
      console.log(
        `${kind.padEnd(4)} ${engine.padEnd(15)} ${own.toFixed(2)} s: ${ratio.toFixed(2)} times as long${verdict}`,
      );
    }
  }
}
