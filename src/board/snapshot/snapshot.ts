/** Saves a machine to a file, and makes one of a file that goes on as if it had never stopped. */
import {InputError} from '../../files/errors.ts';
import {readBytes} from '../../files/read.ts';
import {AtomicFile} from '../../files/write.ts';
import {createRam} from '../../isa/system/physical-memory.ts';
import {BOARDS} from '../boards.ts';
import type {BootDescription} from '../boot/description.ts';
import {checkConfiguration} from '../boot/load.ts';
import {assemble, type MachineOptions} from '../create-machine.ts';
import type {Machine} from '../machine.ts';
import {decodeSnapshot, encodeSnapshot, type Snapshot} from './file.ts';
import {packPages, unpackPages} from './pages.ts';
import type {Configuration, Session} from './schema.ts';

export type {Snapshot};

export interface SnapshotContent {
  readonly machine: Machine;
  /** Of the machine. */
  readonly configuration: Configuration;
  readonly boot: BootDescription;
  /** The command that made it. */
  readonly command: string;
  readonly session: Session;
}

/** Writes the file whole or not at all. @returns its size. @throws InputError when it cannot be written. */
export const writeSnapshot = (
  file: string,
  {machine, configuration, boot, command, session}: SnapshotContent,
): number => {
  const output = new AtomicFile(file);
  try {
    const content = {...configuration, boot, command, machine: machine.save(), session};
    for (const part of encodeSnapshot(content, packPages(machine))) output.write(part);
    output.commit();
    return output.size;
  } catch (error) {
    output.discard();
    throw error;
  }
};

/** @throws InputError naming the file, the place and what to do. */
export const readSnapshot = (file: string): Snapshot => decodeSnapshot(file, readBytes(file));

/**
 * @param options its turns, where given, take the place of the saved ones behind the turn or round in progress.
 * @throws InputError when its RAM is not what its header says.
 */
export const restoreMachine = (
  {file, header, sections}: Snapshot,
  {turns, ...options}: Pick<MachineOptions, 'send' | 'observer' | 'engine' | 'turns'>,
): Machine => {
  const {cpus, memory} = header;
  const board = BOARDS.find(({id}) => id === header.board)!;
  checkConfiguration(board, {cpus, memory});
  const ram = createRam(memory);
  const machine = assemble({...options, board, cpus}, ram);
  const wrong = unpackPages(sections, machine);
  if (wrong !== undefined)
    throw new InputError('the pages are not what the header says', {
      file,
      place: `section ${wrong}`,
      remedy: 'make it again with --snapshot-at',
    });
  const {loop} = header.machine;
  machine.restore({...header.machine, loop: {...loop, turns: turns ?? loop.turns}});
  return machine;
};
