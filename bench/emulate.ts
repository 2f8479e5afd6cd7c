/**
 * Speed of the interpreter on guests/bin: millions of instructions per second of this thread's CPU time (not wall time: other
 * work may share the cores), median of the repetitions, untraced and traced (records written, then discarded).
 *
 *   npx tsx bench/emulate.ts [repetitions] [elf [argument…]]
 */
import {readFileSync} from 'node:fs';
import {Emulator} from '../src/isa/emulator.ts';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const bin = new URL('../guests/bin/', import.meta.url).pathname;

interface Guest {
  readonly path: string;
  readonly args: readonly string[];
}
const GUESTS: readonly Guest[] = [
  {path: `${bin}v5-soft/dhrystone-O2.elf`, args: ['300000', '100']},
  {path: `${bin}v5-soft/dhrystone-O0.elf`, args: ['100000', '100']},
  {path: `${bin}v5-soft/cachebench-rmw-O2.elf`, args: ['1572864', '20', '524288']},
  {path: `${bin}v5-soft/cachebench-rmw-O0.elf`, args: ['1572864', '10', '524288']},
  {path: `${bin}v5-soft/cachebench-memcpy-O2.elf`, args: ['1572864', '80', '524288']},
  {path: `${bin}v5-soft/stream-O2.elf`, args: ['1', '1000000', 's', 's']},
  {path: `${bin}v7-hf/stream-O2.elf`, args: ['2', '2000000', 'csat', 's']},
];

/** On-CPU nanoseconds of this thread; JIT compiler and collector threads are not in it. */
const cpuTime = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);

const measure = ({path, args}: Guest, traced: boolean): {mips: number; instructions: number} => {
  const emulator = new Emulator(readFileSync(path), {
    path,
    argv: [path, ...args],
    engine: 'interpret',
    write: () => {},
    warn: (line) => console.error(line),
    ...(traced ? {record: 'all'} : {}),
  });
  const start = cpuTime();
  while (emulator.run(NO_LIMIT) === 'buffer-full') emulator.trace.clear();
  const mips = (emulator.instructions * 1000) / (cpuTime() - start);
  if (emulator.exitCode !== 0) throw new Error(`${path} exited with ${emulator.exitCode}`);
  return {mips, instructions: emulator.instructions};
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

const [repetitionsText = '5', path, ...args] = process.argv.slice(2);
const guests = path === undefined ? GUESTS : [{path, args}];
for (const guest of guests) {
  const row = [false, true].map((traced) => {
    const runs = Array.from({length: Number(repetitionsText)}, () => measure(guest, traced));
    return {mips: median(runs.map(({mips}) => mips)), instructions: runs[0]?.instructions ?? 0};
  });
  const [untraced, traced] = row as [{mips: number; instructions: number}, {mips: number}];
  const name = guest.path.split('/').slice(-2).join('/');
  console.log(
    `${name.padEnd(40)} ${(untraced.instructions / 1e6).toFixed(1).padStart(8)} M instructions` +
      `  untraced ${untraced.mips.toFixed(0).padStart(4)} MIPS  traced ${traced.mips.toFixed(0).padStart(4)} MIPS`,
  );
}
