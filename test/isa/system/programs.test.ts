import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {BARE, bareElf} from '../../../guests/programs.ts';
import {GUESTS} from '../../guests/catalogue.ts';
import {Board} from './board.ts';

const QEMU = '/usr/bin/qemu-system-arm';
const hasQemu = existsSync(QEMU);
const note = hasQemu ? '' : ` (skipped: ${QEMU} is not installed)`;

const coresOf = (program: string): number => (program === 'exclusives' ? 2 : 1);
const pathOf = (program: string): string => join(GUESTS, 'bin', bareElf(program));
/** What QEMU 7.2 shows. */
const expected = (program: string): string =>
  readFileSync(join(import.meta.dirname, 'expected', `${program}.txt`), 'latin1');

const runHere = (program: string, quantum?: number): Board => {
  const board = new Board({cores: coresOf(program)});
  board.boot(readFileSync(pathOf(program)));
  board.run(50e6, quantum);
  return board;
};

const runInQemu = (program: string): string => {
  const machine = ['-M', 'virt', '-cpu', 'cortex-a7', '-smp', String(coresOf(program)), '-m', '64'];
  const {stdout, error} = spawnSync(
    QEMU,
    [...machine, '-nographic', '-nodefaults', '-serial', 'stdio', '-kernel', pathOf(program)],
    {encoding: 'latin1', timeout: 60_000},
  );
  if (error) throw error;
  return stdout;
};

describe.each(BARE.programs)('the bare-metal program %s', (program) => {
  test('shows what it shows in QEMU', () => {
    expect(runHere(program).output).toBe(expected(program));
  });

  // Blocks are then cut everywhere, and none is compiled.
  test('shows the same when it is stepped instruction by instruction, and executes as many', () => {
    if (coresOf(program) > 1) return;
    const [whole, single] = [runHere(program), runHere(program, 1)];
    expect(single.output).toBe(expected(program));
    expect(single.cores[0]!.instructions).toBe(whole.cores[0]!.instructions);
  });

  test.skipIf(!hasQemu)(`is what QEMU shows${note}`, () => {
    expect(runInQemu(program)).toBe(expected(program));
  });
});

test.each([1, 2, 3, 7, 13, 97, 10_000])('exclusives hold when cores take turns of %i instructions', (quantum) => {
  expect(runHere('exclusives', quantum).output).toBe(expected('exclusives'));
});
