/**
 * Speed of execution against Debian's qemu-arm on the same ELF files: untraced, and with every access and block recorded
 * and counted by a consumer. CPU time of all threads of either process (user and system), in pairs run one after the
 * other, so that what else the host does falls on both; medians of the ratios.
 *
 *   node --import tsx bench/execute.ts [pairs] [name…]
 */
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {Emulator} from '../src/isa/emulator.ts';
import type {EngineName} from '../src/isa/engine/engine.ts';
import {ACCESS_WORDS, recordAccesses} from '../src/trace/records.ts';
import type {TraceChunk} from '../src/trace/source.ts';
import {recordWords} from '../src/trace/walk.ts';

const QEMU = '/usr/bin/qemu-arm';
const bin = fileURLToPath(new URL('../guests/bin/', import.meta.url));

/** Asked for: the least share of qemu-arm's speed, untraced and recording. */
interface Guest {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly targets: readonly [untraced: number, recording: number];
}
const GUESTS: readonly Guest[] = [
  {name: 'dhrystone', file: 'v5-soft/dhrystone-O2.elf', args: ['4000000', '100'], targets: [0.7, 0.5]},
  {name: 'dhrystone-hf', file: 'v7-hf/dhrystone-O2.elf', args: ['4000000', '100'], targets: [0.7, 0.5]},
  {name: 'stream', file: 'v7-hf/stream-O2.elf', args: ['30', '2000000', 'csat', 's'], targets: [0.7, 0.5]},
  {name: 'stream-soft', file: 'v5-soft/stream-O2.elf', args: ['4', '2000000', 'csat', 's'], targets: [0.7, 0.5]},
  {name: 'rmw', file: 'v5-soft/cachebench-rmw-O2.elf', args: ['1572864', '4500', '524288'], targets: [0.7, 0.5]},
  {name: 'memcpy', file: 'v5-soft/cachebench-memcpy-O2.elf', args: ['1572864', '4000', '524288'], targets: [0.7, 0.25]},
];

interface Cost {
  /** CPU seconds. */
  readonly seconds: number;
  readonly instructions: number;
}

interface Counts {
  blocks: number;
  accesses: number;
}

/**
 * The consumer: it walks all records. Where the next one begins depends on the accesses of the one in hand. That is a
 * branch on their number, and a run of equal records a loop of its own, because a core predicts branches, but would have
 * to wait for a sum.
 */
const count = (counts: Counts, {words, length}: TraceChunk): void => {
  let blocks = 0;
  let accesses = 0;
  for (let at = 0; at < length; ) {
    const head = words[at]! | 0;
    if (head < 0) {
      at += recordWords(head >>> 0);
      continue;
    }
    const made = recordAccesses(head);
    blocks++;
    accesses += made;
    switch (made) {
      case 0:
        at += 1;
        break;
      case 1:
        at += 1 + ACCESS_WORDS;
        break;
      case 2:
        at += 1 + 2 * ACCESS_WORDS;
        break;
      case 3:
        at += 1 + 3 * ACCESS_WORDS;
        break;
      default:
        at += 1 + made * ACCESS_WORDS;
    }
    if (at >= length || (words[at]! | 0) !== head) continue;
    const first = at;
    const step = 1 + made * ACCESS_WORDS;
    do at += step;
    while (at < length && (words[at]! | 0) === head);
    const repeats = ((at - first) / step) | 0;
    blocks += repeats;
    accesses += repeats * made;
  }
  counts.blocks += blocks;
  counts.accesses += accesses;
};

/** Runs in a process of its own, so that nothing compiled before helps. */
const executeHere = (engine: EngineName, recording: boolean, file: string, args: readonly string[]): Cost => {
  const elf = readFileSync(bin + file);
  const counts: Counts = {blocks: 0, accesses: 0};
  const before = process.cpuUsage();
  const emulator = new Emulator(elf, {
    path: file,
    argv: [file, ...args],
    engine,
    write: () => {},
    warn: (line) => console.error(line),
    ...(recording ? {record: 'all' as const} : {}),
  });
  while (emulator.run(Number.MAX_SAFE_INTEGER) === 'buffer-full') {
    count(counts, emulator.trace);
    emulator.trace.clear();
  }
  if (recording) count(counts, emulator.trace);
  const {user, system} = process.cpuUsage(before);
  if (emulator.exitCode !== 0) throw new Error(`${file} exited with ${emulator.exitCode}`);
  if (recording && counts.blocks === 0) throw new Error(`${file} left no records`);
  return {seconds: (user + system) / 1e6, instructions: emulator.instructions};
};

const execute = (engine: EngineName, recording: boolean, {file, args}: Guest): Cost => {
  const self = fileURLToPath(import.meta.url);
  const child = spawnSync(process.execPath, [
    '--import',
    'tsx',
    self,
    '--here',
    engine,
    String(recording),
    file,
    ...args,
  ]);
  if (child.status !== 0) throw new Error(child.stderr.toString());
  return JSON.parse(child.stdout.toString());
};

const executeQemu = ({file, args}: Guest): Cost => {
  const script = 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1';
  const child = spawnSync('bash', ['-c', script, 'bash', QEMU, '-cpu', 'cortex-a7', bin + file, ...args]);
  const [user = Number.NaN, system = Number.NaN] = child.stdout.toString().trim().split(' ').map(Number);
  return {seconds: user + system, instructions: 0};
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const fixed = (value: number, digits: number, width: number): string => value.toFixed(digits).padStart(width);

const compare = (guest: Guest, pairs: number): void => {
  const rows = [false, true].map((recording, index) => {
    const runs = Array.from({length: pairs}, () => ({
      theirs: executeQemu(guest),
      ours: execute('translate', recording, guest),
    }));
    const ratio = median(runs.map(({theirs, ours}) => theirs.seconds / ours.seconds));
    const mips = median(runs.map(({ours}) => ours.instructions / ours.seconds / 1e6));
    const target = guest.targets[index]!;
    return `${fixed(ratio, 2, 6)}× (asked ${target}×, ${ratio >= target ? 'met' : 'MISSED'}), ${fixed(mips, 0, 5)} MIPS`;
  });
  console.log(`${guest.name.padEnd(14)} untraced ${rows[0]}   recording ${rows[1]}`);
};

const [first, ...rest] = process.argv.slice(2);
if (first === '--here') {
  const [engine, recording, file, ...args] = rest as [EngineName, string, string, ...string[]];
  console.log(JSON.stringify(executeHere(engine, recording === 'true', file, args)));
} else if (!existsSync(QEMU)) {
  console.error(`${QEMU} is not installed: apt-get install qemu-user`);
  process.exitCode = 1;
} else {
  const names = rest.length > 0 ? rest : GUESTS.map(({name}) => name);
  for (const guest of GUESTS) if (names.includes(guest.name)) compare(guest, Number(first ?? 5));
}
