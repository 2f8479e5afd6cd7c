/**
 * How long a small program takes more than Node itself: busybox's `true` from a sysroot by the built command line, against
 * `node -e 0`. Wall time, and CPU time of all threads (user and system), in pairs run one after the other; medians.
 *
 *   npm run build && node --import tsx bench/start.ts [pairs]
 */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {sysroot} from '../test/programs/sysroot.ts';

const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const root = sysroot('armel');

/** Asked for: at most so many seconds more, of either kind. */
const MOST = 0.3;

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** bash's `time`, which alone counts a child by itself. */
const measure = (args: readonly string[]): Cost => {
  const script = 'TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1';
  const {status, stdout} = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...args]);
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = stdout.toString().trim().split(' ').map(Number);
  return {wall, cpu: user + system};
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const pairs = Number(process.argv[2] ?? 7);
if (!existsSync(join(root, 'bin', 'busybox'))) {
  console.error(`${root} has no busybox: node --import tsx test/programs/sysroot.ts`);
  process.exitCode = 1;
} else {
  const runs = Array.from({length: pairs}, () => ({
    node: measure(['-e', '0']),
    guest: measure([program, 'run', '--sysroot', root, '/bin/busybox', '--', 'true']),
  }));
  for (const kind of ['wall', 'cpu'] as const) {
    const node = median(runs.map((run) => run.node[kind]));
    const guest = median(runs.map((run) => run.guest[kind]));
    const more = median(runs.map((run) => run.guest[kind] - run.node[kind]));
    const verdict = more <= MOST ? 'met' : 'MISSED';
    console.log(
      `${kind.padEnd(4)} node ${node.toFixed(3)} s, busybox true ${guest.toFixed(3)} s: ${more.toFixed(3)} s more (asked ${MOST} s, ${verdict})`,
    );
  }
}
