/**
 * Emulation and replay on one nested system, against `valgrind --tool=cachegrind --cache-sim=yes`, which models caches only,
 * on the same sources built for the machine at hand: millions of the program's own instructions per second of CPU time (all
 * threads, user and system), in pairs run one after the other; medians.
 *
 *   npm run build && node --import tsx bench/cachegrind.ts [pairs] [system] [name…]
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {PROGRAMS} from '../guests/programs.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Workload {
  readonly name: string;
  readonly guest: string;
  readonly profile: 'v5-soft' | 'v7-hf';
  readonly args: readonly string[];
}

/** Some seconds of ours: cachegrind starts in half a second, we in less than two. STREAM's doubles want the profile that has a floating-point unit, as the host does. */
const WORKLOADS: readonly Workload[] = [
  {name: 'dhrystone', guest: 'dhrystone', profile: 'v5-soft', args: ['8000000', '100']},
  {name: 'stream', guest: 'stream', profile: 'v7-hf', args: ['16', '2000000', 'csat', 's']},
  {name: 'memcpy', guest: 'cachebench-memcpy', profile: 'v5-soft', args: ['1572864', '3000', '524288']},
  {name: 'rmw', guest: 'cachebench-rmw', profile: 'v5-soft', args: ['1572864', '1000', '524288']},
];

interface Cost {
  /** CPU seconds. */
  readonly seconds: number;
  readonly instructions: number;
}

/** All of a guest on one system, by the built library, as users have it. Prints the instructions. */
const REPLAY = `
const [library, sut, guest, profile, ...args] = process.argv.slice(1);
const {chooseGuest, GuestTrace, loadCalibration, replayReports} = await import(library);
const trace = new GuestTrace({path: chooseGuest(guest, profile, 'O2').path, arguments: args, profile, record: 'all'});
const [{cycles}] = replayReports(trace, [{sut, seed: 1}], loadCalibration());
if (!(cycles > 0)) throw new Error(guest + ' took no time');
console.log(trace.emulator.instructions);
`;

/** Of a command, by bash's `time`, which alone counts a child by itself. @returns with what it printed. */
const timed = (command: readonly string[]): {readonly seconds: number; readonly output: string} => {
  const script = 'TIMEFORMAT="@%U %S"; time "$@" 2>&1';
  const {status, stdout, stderr} = spawnSync('bash', ['-c', script, 'bash', ...command], {encoding: 'utf8'});
  const [user = Number.NaN, system = Number.NaN] = stderr
    .slice(stderr.lastIndexOf('@') + 1)
    .trim()
    .split(' ')
    .map(Number);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return {seconds: user + system, output: stdout};
};

const LIBRARY = here('../dist/index.js');

/** A process of its own, start included. */
const ours = (sut: string, {guest, profile, args}: Workload): Cost => {
  const script = [process.execPath, '--input-type=module', '-e', REPLAY];
  const {seconds, output} = timed([...script, LIBRARY, sut, guest, profile, ...args]);
  return {seconds, instructions: Number(output.trim().split('\n').at(-1))};
};

const theirs = (program: string, {args}: Workload): Cost => {
  const valgrind = ['valgrind', '--tool=cachegrind', '--cache-sim=yes', '--cachegrind-out-file=/dev/null'];
  const {seconds, output} = timed([...valgrind, program, ...args]);
  const found = /I +refs: +([\d,]+)/.exec(output);
  if (found === null) throw new Error(`cachegrind does not say how many instructions it saw: ${output}`);
  return {seconds, instructions: Number(found[1]!.replaceAll(',', ''))};
};

const build = (directory: string, {name, guest}: Workload): string => {
  const program = join(directory, name);
  const {sources} = PROGRAMS.find((one) => one.name === guest)!;
  const files = [...sources.map((source) => here(`../guests/src/${source}`)), here('native/runtime.c')];
  execFileSync('gcc', ['-std=gnu11', '-O2', '-w', '-include', here('native/runtime.h'), ...files, '-o', program]);
  return program;
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const compare = (workload: Workload, pairs: number, sut: string, directory: string): void => {
  const program = build(directory, workload);
  const runs = Array.from({length: pairs}, () => ({theirs: theirs(program, workload), ours: ours(sut, workload)}));
  const mips = ({instructions, seconds}: Cost): number => instructions / seconds / 1e6;
  const ratio = median(runs.map((run) => mips(run.ours) / mips(run.theirs)));
  console.log(
    `${workload.name.padEnd(10)} emulated and replayed on ${sut} ${median(runs.map((run) => mips(run.ours)))
      .toFixed(0)
      .padStart(4)} MIPS, ` +
      `cachegrind ${median(runs.map((run) => mips(run.theirs)))
        .toFixed(0)
        .padStart(4)} MIPS: ` +
      `${ratio.toFixed(2)}× (asked 1×, ${ratio >= 1 ? 'met' : 'MISSED'})`,
  );
};

const [first = '3', sut = 'kvm', ...names] = process.argv.slice(2);
if (!existsSync(LIBRARY)) {
  console.error('dist/ is missing: npm run build');
  process.exitCode = 1;
} else if (!existsSync('/usr/bin/valgrind') || !existsSync('/usr/bin/gcc')) {
  console.error('valgrind or gcc is not installed: apt-get install valgrind gcc');
  process.exitCode = 1;
} else {
  const directory = mkdtempSync(join(tmpdir(), 'trapwalk-bench-'));
  try {
    for (const workload of WORKLOADS)
      if (names.length === 0 || names.includes(workload.name)) compare(workload, Number(first), sut, directory);
  } finally {
    rmSync(directory, {recursive: true});
  }
}
