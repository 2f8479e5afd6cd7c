/**
 * Emulation and replay on one nested system, against `valgrind --tool=cachegrind --cache-sim=yes`, which models caches only,
 * on the same sources built for the machine at hand: millions of the program's own instructions per second of CPU time (all
 * threads, user and system), in pairs run one after the other; medians.
 *
 *   node --import tsx bench/cachegrind.ts [pairs] [system] [name…]
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {PROGRAMS} from '../guests/programs.ts';
import {loadCalibration} from '../src/predict/calibration.ts';
import {newReplay, PIPELINE_SCALE} from '../src/predict/measure.ts';
import {chooseGuest} from '../src/tracegen/catalogue.ts';
import {GuestTrace} from '../src/tracegen/guest-trace.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Workload {
  readonly name: string;
  readonly guest: string;
  readonly profile: 'v5-soft' | 'v7-hf';
  readonly args: readonly string[];
}

/** About a second of ours. STREAM's doubles want the profile that has a floating-point unit, as the host does. */
const WORKLOADS: readonly Workload[] = [
  {name: 'dhrystone', guest: 'dhrystone', profile: 'v5-soft', args: ['1000000', '100']},
  {name: 'stream', guest: 'stream', profile: 'v7-hf', args: ['4', '2000000', 'csat', 's']},
  {name: 'memcpy', guest: 'cachebench-memcpy', profile: 'v5-soft', args: ['1572864', '600', '524288']},
  {name: 'rmw', guest: 'cachebench-rmw', profile: 'v5-soft', args: ['1572864', '150', '524288']},
];

interface Cost {
  /** CPU seconds. */
  readonly seconds: number;
  readonly instructions: number;
}

const SELF = '--here';

/** Runs in a process of its own, start included. */
const replayHere = (sut: string, {guest, profile, args}: Workload): number => {
  const calibration = loadCalibration();
  const {path} = chooseGuest(guest, profile, 'O2');
  const trace = new GuestTrace({path, arguments: args, profile, record: 'all'});
  const replay = newReplay({sut, seed: 1}, trace.blocks, calibration, PIPELINE_SCALE);
  for (let chunk = trace.next(); chunk; chunk = trace.next()) replay.consume(chunk);
  if (replay.result.elapsed === 0) throw new Error(`${guest} took no time`);
  return trace.emulator.instructions;
};

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

const ours = (sut: string, {name}: Workload): Cost => {
  const {seconds, output} = timed([process.execPath, '--import', 'tsx', here('cachegrind.ts'), SELF, sut, name]);
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
if (first === SELF) console.log(replayHere(sut, WORKLOADS.find(({name}) => name === names[0])!));
else if (!existsSync('/usr/bin/valgrind') || !existsSync('/usr/bin/gcc')) {
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
