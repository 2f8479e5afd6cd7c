/** A bare-metal program that shows what the devices of the board virt do; `expected` is what QEMU 7.2 shows. */
import {spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {BARE, bareElf} from '../../guests/programs.ts';
import {BOARDS} from '../../src/board/boards.ts';
import {createMachine} from '../../src/board/create-machine.ts';
import {GUESTS} from '../guests/catalogue.ts';

const QEMU = 'qemu-system-arm';
const hasQemu = spawnSync(QEMU, ['--version']).error === undefined;
const pathOf = (program: string): string => join(GUESTS, 'bin', bareElf(program));
const expected = (program: string): string =>
  readFileSync(join(import.meta.dirname, 'expected', `${program}.txt`), 'latin1');

const runHere = (program: string): string => {
  const output: number[] = [];
  const file = pathOf(program);
  const machine = createMachine({
    board: BOARDS.find(({id}) => id === 'virt')!,
    cpus: 1,
    memory: 2 ** 26,
    files: {image: {file, bytes: readFileSync(file)}, commandLine: ''},
    send: (character) => output.push(character),
  });
  let progress = machine.advance(10_000_000);
  for (; progress.state === 'idle'; progress = machine.advance(10_000_000)) machine.skipTo(progress.until);
  expect(progress).toEqual({state: 'ended', why: 'power-off'});
  return Buffer.from(output).toString('latin1');
};

const runInQemu = (program: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const machine = ['-M', 'virt', '-cpu', 'cortex-a7', '-m', '64', '-nographic', '-nodefaults', '-serial', 'stdio'];
    const child = spawn(QEMU, [...machine, '-kernel', pathOf(program)], {stdio: ['ignore', 'pipe', 'inherit']});
    let output = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject).on('close', () => resolve(output));
  });

describe.each(BARE.boardPrograms)('the bare-metal program %s', (program) => {
  test('shows what it shows in QEMU', () => {
    expect(runHere(program)).toBe(expected(program));
  });

  test.skipIf(!hasQemu)('is what QEMU shows', async () => {
    expect(await runInQemu(program)).toBe(expected(program));
  });
});
