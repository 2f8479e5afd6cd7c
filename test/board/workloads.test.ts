/** The bare-metal programs that are measured: what they print here and in QEMU, with their command line and without. */
import {spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {BARE, bareElf} from '../../guests/programs.ts';
import {BOARDS} from '../../src/board/boards.ts';
import {createMachine} from '../../src/board/create-machine.ts';
import type {Turns} from '../../src/board/turns.ts';
import {GUESTS} from '../guests/catalogue.ts';

const QEMU = 'qemu-system-arm';
const hasQemu = spawnSync(QEMU, ['--version']).error === undefined;
const pathOf = (program: string): string => join(GUESTS, 'bin', bareElf(program));

interface Run {
  readonly program: string;
  readonly cpus: number;
  readonly commandLine: string;
}

const runHere = ({program, cpus, commandLine}: Run, turns?: Turns): string => {
  const output: number[] = [];
  const file = pathOf(program);
  const machine = createMachine({
    ...{board: BOARDS.find(({id}) => id === 'virt')!, cpus, memory: 2 ** 26, turns},
    files: {image: {file, bytes: readFileSync(file)}, commandLine},
    send: (character) => output.push(character),
  });
  expect(machine.advance(100_000_000)).toEqual({state: 'ended', why: 'power-off'});
  return Buffer.from(output).toString('latin1');
};

const runInQemu = ({program, cpus, commandLine}: Run): Promise<string> =>
  new Promise((resolve, reject) => {
    const machine = ['-M', 'virt', '-cpu', 'cortex-a7', '-smp', String(cpus), '-m', '64', '-nographic', '-nodefaults'];
    const argv = [...machine, '-serial', 'stdio', '-kernel', pathOf(program), '-append', commandLine];
    const child = spawn(QEMU, argv, {stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000});
    let output = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject).on('close', () => resolve(output));
  });

describe.each(BARE.workloads)('$program', (workload) => {
  test('finds that it did what it should', () => {
    expect(runHere(workload)).toMatch(/(^|\n)done\n$/);
  });

  test.each(['', 'quiet', `${workload.commandLine} 1`, workload.commandLine.replace(/ ?\d+$/, '')])(
    'the command line "%s" is refused',
    (commandLine) => {
      expect(runHere({...workload, commandLine})).toMatch(/^the command line must be: [A-Z ]+\n$/);
    },
  );

  test.skipIf(!hasQemu)('prints what it prints in QEMU', async () => {
    expect(runHere(workload)).toBe(await runInQemu(workload));
  });
});

test.each([100, 1000, 1_000_000])('the lock holds on one CPU in turns of %i instructions', (quantum) => {
  const [lock] = BARE.workloads;
  expect(runHere(lock, {quantum, sharesCpu: true})).toBe('done\n');
});

test('the lock says that it needs a second core', () => {
  const [lock] = BARE.workloads;
  expect(runHere({...lock, cpus: 1})).toBe('there is no second core\n');
});
