/**
 * Counts the instructions that a guest executes per unit of work, exactly: qemu-arm runs blocks of one instruction and logs each
 * beside the system calls; lines between the begin and the end mark are counted at two sizes and subtracted, so that
 * what does not grow with the work drops out. Run as a program it prints the count of every build.
 */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {BUILDS} from './programs.ts';

interface Counting {
  /** Units of work that the larger run does beyond the smaller one. */
  readonly units: number;
  readonly smaller: readonly string[];
  readonly larger: readonly string[];
}

const stream = (kernel: string): Counting => ({
  units: 200,
  smaller: ['2', '120', 'csat', kernel],
  larger: ['2', '320', 'csat', kernel],
});

export const COUNTINGS: Readonly<Record<string, Counting>> = {
  dhrystone: {units: 50, smaller: ['10', '3'], larger: ['60', '3']},
  // 64-byte units; sizes are whole turns of either profile's copy loop.
  'cachebench-memcpy': {units: 200, smaller: ['6400', '1', '0'], larger: ['19200', '1', '0']},
  'cachebench-rmw': {units: 100, smaller: ['400', '1', '0'], larger: ['800', '1', '0']},
  stream: stream('s'),
  'tinymembench-latency': {
    units: 100,
    smaller: ['single', '10', '100', '10', '0'],
    larger: ['single', '10', '200', '10', '0'],
  },
  'tinymembench-bandwidth': {units: 100, smaller: ['copy', '6400', '128'], larger: ['copy', '12800', '128']},
};

const BEGIN = 2;

const instructionsInRegion = (elf: string, args: readonly string[]): number => {
  const folder = mkdtempSync(join(tmpdir(), 'guest-count-'));
  try {
    const log = join(folder, 'log');
    execFileSync('qemu-arm', ['-singlestep', '-d', 'exec,nochain,strace', '-D', log, elf, ...args]);
    let marks = 0;
    let instructions = 0;
    for (const line of readFileSync(log, 'latin1').split('\n')) {
      if (line.startsWith('Trace ')) instructions += marks === BEGIN ? 1 : 0;
      else if (line.includes(' prctl(')) marks++;
    }
    return instructions;
  } finally {
    rmSync(folder, {recursive: true});
  }
};

export const instructionsPerUnit = (elf: string, {units, smaller, larger}: Counting): number =>
  (instructionsInRegion(elf, larger) - instructionsInRegion(elf, smaller)) / units;

const main = (): void => {
  for (const build of BUILDS) {
    const elf = join(import.meta.dirname, 'bin', build.elf);
    const counting = COUNTINGS[build.program.name];
    if (counting === undefined) continue;
    const others = build.program.name === 'stream' ? ['c', 'a', 't'] : [];
    const counts = [counting, ...others.map(stream)].map((each) => instructionsPerUnit(elf, each));
    console.log([build.elf, ...counts].join('\t'));
  }
};

if (process.argv[1] === import.meta.filename) main();
