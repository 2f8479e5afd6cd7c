/** Machines as flags describe them: booted from files, or gone on with from a snapshot. */
import {basename} from 'node:path';
import {BOARDS} from '../board/boards.ts';
import {type BootDescription, describeBoot} from '../board/boot/description.ts';
import type {NamedFile} from '../board/boot/load.ts';
import {createMachine, type MachineOptions} from '../board/create-machine.ts';
import type {Machine} from '../board/machine.ts';
import type {Configuration, Session} from '../board/snapshot/schema.ts';
import type {Snapshot} from '../board/snapshot/snapshot.ts';
import type {Turns} from '../board/turns.ts';
import {InputError} from '../files/errors.ts';
import {readBytes} from '../files/read.ts';

/** Not both; the turns are the machine's own where neither is given. */
interface TurnLength {
  /** Instructions of a turn of vCPUs that share a CPU. */
  readonly turn: number | undefined;
  /** Instructions of a turn of vCPUs that run at once. */
  readonly quantum: number | undefined;
}

export const turnsOf = ({turn, quantum}: TurnLength): Turns | undefined => {
  if (turn !== undefined) return {quantum: turn, sharesCpu: true};
  return quantum === undefined ? undefined : {quantum, sharesCpu: false};
};

export interface BootOrigin extends Configuration, TurnLength {
  readonly kind: 'boot';
  readonly linux: string;
  readonly initrd: string | undefined;
  readonly dtb: string | undefined;
  readonly append: string | undefined;
  readonly textOffset: number | undefined;
}

export interface SnapshotOrigin extends TurnLength {
  readonly kind: 'snapshot';
  readonly file: string;
  /** What the user believes of it. */
  readonly expected: {readonly [Key in keyof Configuration]: Configuration[Key] | undefined};
}

export type Origin = BootOrigin | SnapshotOrigin;

export interface Powered {
  readonly machine: Machine;
  readonly configuration: Configuration;
  readonly boot: () => BootDescription;
  /** Of a snapshot. */
  readonly session: Session | undefined;
}

const named = (file: string): NamedFile => ({file, bytes: readBytes(file)});

/** @throws InputError when a file cannot be read. */
export const machineOptions = (origin: BootOrigin): Omit<MachineOptions, 'send' | 'observer'> => {
  const {linux, initrd, dtb, append, textOffset, board, cpus, memory} = origin;
  return {
    board: BOARDS.find(({id}) => id === board)!,
    cpus,
    memory,
    turns: turnsOf(origin),
    files: {
      image: named(linux),
      ...(initrd === undefined ? {} : {initrd: named(initrd)}),
      ...(dtb === undefined ? {} : {tree: named(dtb)}),
      ...(textOffset === undefined ? {} : {textOffset}),
      commandLine: append ?? '',
    },
  };
};

/**
 * Its schema is loaded for a snapshot only: a boot starts sooner without.
 * @throws InputError when it is none, or of another machine than was expected.
 */
export const openSnapshot = async ({file, expected}: SnapshotOrigin): Promise<Snapshot> => {
  const {readSnapshot} = await import('../board/snapshot/snapshot.ts');
  const snapshot = readSnapshot(file);
  for (const key of ['board', 'cpus', 'memory'] as const)
    if (expected[key] !== undefined && expected[key] !== snapshot.header[key])
      throw new InputError(`${key} of the machine is ${snapshot.header[key]}, not ${expected[key]}`, {
        file,
        remedy: `leave out --${key}`,
      });
  return snapshot;
};

/** @throws InputError or ElfError naming the file or flag, what is wrong and what to do. */
export const powerUp = async (origin: Origin, hooks: Pick<MachineOptions, 'send' | 'engine'>): Promise<Powered> => {
  if (origin.kind === 'boot') {
    const {board, cpus, memory} = origin;
    const options = machineOptions(origin);
    return {
      machine: createMachine({...options, ...hooks}),
      configuration: {board, cpus, memory},
      boot: () => describeBoot(options.files),
      session: undefined,
    };
  }
  const {restoreMachine} = await import('../board/snapshot/snapshot.ts');
  const snapshot = await openSnapshot(origin);
  const {board, cpus, memory, session, boot} = snapshot.header;
  return {
    machine: restoreMachine(snapshot, {...hooks, turns: turnsOf(origin)}),
    configuration: {board, cpus, memory},
    boot: () => boot,
    session,
  };
};

const quoted = (text: string): string => (/^[\w./=,:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const file = (flag: string, path: string | undefined): readonly string[] =>
  path === undefined ? [] : [`--${flag} ${quoted(basename(path))}`];

/** The flags that say the same, for a shell. Files by their names only: where they lie is no part of what becomes of them. */
export const originFlags = (origin: Origin, input: string | undefined): readonly string[] => {
  const {turn, quantum} = origin;
  const turns = [
    ...(turn === undefined ? [] : [`--turn ${turn}`]),
    ...(quantum === undefined ? [] : [`--quantum ${quantum}`]),
  ];
  if (origin.kind === 'snapshot') return [...file('from-snapshot', origin.file), ...file('input', input), ...turns];
  const {linux, initrd, dtb, append, board, cpus, memory, textOffset} = origin;
  return [
    ...file('linux', linux),
    ...file('initrd', initrd),
    ...file('dtb', dtb),
    ...(append === undefined ? [] : [`--append ${quoted(append)}`]),
    ...file('input', input),
    `--board ${board} --cpus ${cpus} --memory ${memory / 2 ** 20}M`,
    ...(textOffset === undefined ? [] : [`--text-offset ${textOffset}`]),
    ...turns,
  ];
};
