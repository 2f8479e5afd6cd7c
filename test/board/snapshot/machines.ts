/** Machines that execute bare-metal programs, and what is left of them at the end. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {bareElf} from '../../../guests/programs.ts';
import {BOARDS} from '../../../src/board/boards.ts';
import {createMachine} from '../../../src/board/create-machine.ts';
import type {Machine} from '../../../src/board/machine.ts';
import type {Place} from '../../../src/board/place.ts';
import {decodeSnapshot, encodeSnapshot} from '../../../src/board/snapshot/file.ts';
import {packPages} from '../../../src/board/snapshot/pages.ts';
import {restoreMachine} from '../../../src/board/snapshot/snapshot.ts';
import {sha256} from '../../../src/files/hash.ts';
import {GUESTS} from '../../guests/catalogue.ts';

const SLICE = 1e6;
const MEMORY = 2 ** 24;
export const SESSION = {log: {lines: [], line: [], panicked: false}, printed: false, pressed: 0, presses: 0} as const;

const BOOT = {image: {name: 'a', hash: '0'.repeat(64)}, others: [], commandLine: ''} as const;

export interface Running {
  readonly machine: Machine;
  readonly cpus: number;
  /** What it has printed so far, before it was saved too. */
  readonly output: number[];
}

export const start = (program: string, cpus: number): Running => {
  const output: number[] = [];
  const file = join(GUESTS, 'bin', bareElf(program));
  const machine = createMachine({
    ...{board: BOARDS.find(({id}) => id === 'virt')!, cpus, memory: MEMORY},
    files: {image: {file, bytes: readFileSync(file)}, commandLine: ''},
    send: (character) => output.push(character),
  });
  return {machine, cpus, output};
};

/** @returns whether it came to the place, or ended before. */
export const runTo = ({machine}: Running, place: Place): boolean => {
  for (;;) {
    const progress = machine.advance(SLICE, place);
    if (progress.state === 'reached') return true;
    if (progress.state === 'ended') return false;
    if (progress.state === 'idle') machine.skipTo(progress.until);
    if (place.kind === 'time' && machine.hasReached(place)) return true;
  }
};

export const fileOf = ({machine, cpus}: Running): Buffer =>
  Buffer.concat(
    encodeSnapshot(
      {
        board: 'virt',
        cpus,
        memory: machine.ram.length,
        command: 'a test',
        boot: BOOT,
        machine: machine.save(),
        session: SESSION,
      },
      packPages(machine),
    ),
  );

/** Another machine, through the bytes of a file. */
export const copyOf = (running: Running): Running => {
  const output = [...running.output];
  const send = (character: number): void => {
    output.push(character);
  };
  const machine = restoreMachine(decodeSnapshot('copy', fileOf(running)), {send});
  return {machine, cpus: running.cpus, output};
};

/** Runs it to its end. */
export const end = (running: Running) => {
  const {machine, output} = running;
  if (runTo(running, {kind: 'instructions', count: Number.POSITIVE_INFINITY})) throw new Error('it goes on for ever');
  return {
    output: Buffer.from(output).toString('latin1'),
    instructions: machine.instructions,
    ram: sha256(machine.ram),
    touched: sha256(machine.touched),
    state: machine.save(),
  };
};
