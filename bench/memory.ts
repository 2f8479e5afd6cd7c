/**
 * Memory of a long replay: resident set of the built command line, all threads, over a run of so many accesses as they come
 * from a guest (10⁹ by default), on one nested system. It must stay under 400 MB and must not grow.
 *
 *   npm run build && node --import tsx bench/memory.ts [million accesses] [system]
 */
import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const [millions = '1000', sut = 'kvm'] = process.argv.slice(2);

/** Of the v5-soft build at -O2. */
const ACCESSES_PER_ITERATION = 126;
const MOST = 400e6;
const MOST_GROWTH = 20e6;
const INTERVAL_MILLISECONDS = 500;

/** Bytes of a line of /proc/PID/status; undefined when the process has ended. */
const statusOf = (pid: number, name: string): number | undefined => {
  try {
    const found = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
};

const iterations = Math.ceil((Number(millions) * 1e6) / ACCESSES_PER_ITERATION);
const start = performance.now();
const child = spawn(
  process.execPath,
  [program, 'replay', 'dhrystone', '--profile', 'v5-soft', '--sut', sut, '--json', '--', String(iterations), '100'],
  {stdio: ['ignore', 'pipe', 'inherit']},
);
let output = '';
child.stdout.on('data', (data) => {
  output += data;
});
const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
const sizes: number[] = [];
let peak = 0;
while (child.exitCode === null) {
  await sleep(INTERVAL_MILLISECONDS);
  const size = statusOf(child.pid!, 'VmRSS');
  if (size === undefined) continue;
  sizes.push(size);
  peak = Math.max(peak, statusOf(child.pid!, 'VmHWM') ?? 0);
}
if ((await ended) !== 0) throw new Error('the replay failed');
const {counts} = JSON.parse(output).reports[0];
const accesses = counts['accesses.read'] + counts['accesses.write'] + counts['accesses.prefetch'];
const seconds = (performance.now() - start) / 1000;
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
const tenths = Array.from({length: 10}, (_, index) => sizes[Math.floor((index * (sizes.length - 1)) / 9)]!);
// The first third compiles and maps.
const growth = sizes.at(-1)! - Math.max(...sizes.slice(0, Math.ceil(sizes.length / 3)));
console.log(
  `${(accesses / 1e6).toFixed(0)} M accesses in ${seconds.toFixed(1)} s; MB over time: ${tenths.map(megabytes).join(' ')}`,
);
console.log(`peak ${megabytes(peak)} MB (asked ${megabytes(MOST)}, ${peak <= MOST ? 'met' : 'MISSED'})`);
console.log(
  `grown by ${megabytes(Math.max(0, growth))} MB since the first third (asked none, ${growth <= MOST_GROWTH ? 'met' : 'MISSED'})`,
);
