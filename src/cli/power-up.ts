/** Machines as flags describe them: booted from files, or gone on with from a snapshot. */
import {BOARDS} from '../board/boards.ts';
import type {NamedFile} from '../board/boot/load.ts';
import {createMachine, type MachineOptions} from '../board/create-machine.ts';
import type {Machine} from '../board/machine.ts';
import type {Configuration, Session} from '../board/snapshot/schema.ts';
import {InputError} from '../files/errors.ts';
import {readBytes} from '../files/read.ts';
import {formatSize} from '../units.ts';

export interface BootOrigin extends Configuration {
  readonly kind: 'boot';
  readonly linux: string;
  readonly initrd: string | undefined;
  readonly dtb: string | undefined;
  readonly append: string | undefined;
  readonly textOffset: number | undefined;
}

export interface SnapshotOrigin {
  readonly kind: 'snapshot';
  readonly file: string;
  /** What the user believes of it. */
  readonly expected: {readonly [Key in keyof Configuration]: Configuration[Key] | undefined};
}

export type Origin = BootOrigin | SnapshotOrigin;

export interface Powered {
  readonly machine: Machine;
  readonly configuration: Configuration;
  /** Of a snapshot. */
  readonly session: Session | undefined;
}

type Hooks = Pick<MachineOptions, 'send' | 'observer'>;

const named = (file: string): NamedFile => ({file, bytes: readBytes(file)});

const boot = ({linux, initrd, dtb, append, textOffset, board, cpus, memory}: BootOrigin, hooks: Hooks): Powered => ({
  machine: createMachine({
    ...hooks,
    board: BOARDS.find(({id}) => id === board)!,
    cpus,
    memory,
    files: {
      image: named(linux),
      ...(initrd === undefined ? {} : {initrd: named(initrd)}),
      ...(dtb === undefined ? {} : {tree: named(dtb)}),
      ...(textOffset === undefined ? {} : {textOffset}),
      commandLine: append ?? '',
    },
  }),
  configuration: {board, cpus, memory},
  session: undefined,
});

/** Its schema is loaded for a snapshot only: a boot starts sooner without. */
const goOn = async ({file, expected}: SnapshotOrigin, hooks: Hooks): Promise<Powered> => {
  const {readSnapshot, restoreMachine} = await import('../board/snapshot/snapshot.ts');
  const snapshot = readSnapshot(file);
  const {board, cpus, memory, session} = snapshot.header;
  const configuration = {board, cpus, memory};
  for (const key of ['board', 'cpus', 'memory'] as const)
    if (expected[key] !== undefined && expected[key] !== configuration[key])
      throw new InputError(`${key} of the machine is ${configuration[key]}, not ${expected[key]}`, {
        file,
        remedy: `leave out --${key}`,
      });
  return {machine: restoreMachine(file, snapshot, hooks), configuration, session};
};

/** @throws InputError or ElfError naming the file or flag, what is wrong and what to do. */
export const powerUp = async (origin: Origin, hooks: Hooks): Promise<Powered> =>
  origin.kind === 'boot' ? boot(origin, hooks) : goOn(origin, hooks);

const quoted = (word: string): string =>
  /^[\w./:=+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** The flags that say the same, as a shell takes them. */
export const originFlags = (origin: Origin): string => {
  if (origin.kind === 'snapshot') return `--from-snapshot ${quoted(origin.file)}`;
  const {linux, initrd, dtb, append, textOffset, board, cpus, memory} = origin;
  const flags = {linux, initrd, dtb, append, 'text-offset': textOffset, board, cpus, memory: formatSize(memory)};
  return Object.entries(flags)
    .flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${quoted(`${value}`)}`]))
    .join(' ');
};
