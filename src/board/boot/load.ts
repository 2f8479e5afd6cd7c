/**
 * Puts kernel, initramfs and device tree into RAM as Linux' Documentation/arch/arm/booting.rst wants them: the kernel low, the
 * others as high as the kernel's first mappings reach. The CPU then starts in Supervisor mode with MMU and caches off and
 * r0 = 0, r1 = no machine number, r2 = the device tree.
 */
import {InputError} from '../../files/errors.ts';
import {MEBIBYTE} from '../../units.ts';
import {type Board, MOST_CPUS} from '../boards.ts';
import {checkTree} from '../tree/check.ts';
import {type DeviceTree, MOST_TREE_BYTES, readTree, writeTree} from '../tree/flattened.ts';
import {type BootChoice, boardTree, type Configuration, withBootChoice} from '../tree/generate.ts';
import {type Image, identifyImage} from './image.ts';
import {checkedInitrd} from './initrd.ts';

export interface NamedFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface BootFiles {
  /** A kernel, or a bare program. */
  readonly image: NamedFile;
  readonly initrd?: NamedFile;
  /** In place of the board's own. */
  readonly tree?: NamedFile;
  readonly commandLine: string;
  /** Of an Image, from the start of RAM; see {@link TEXT_OFFSET}. */
  readonly textOffset?: number;
}

export interface Start {
  /** Of Thumb code with bit 0. */
  readonly entry: number;
  /** r0 to r2. */
  readonly registers: readonly [number, number, number];
}

/**
 * TEXT_OFFSET of Debian's kernels. A kernel built for 0x8000, as most are, starts there too: from version 5.11 on it then takes
 * the RAM from 0x200000 on to be all there is.
 */
export const TEXT_OFFSET = 0x20_8000;
/** A zImage lies above what it decompresses, and is not in its own way. */
const ZIMAGE_OFFSET = 32 * MEBIBYTE;
/** Memory mapped linearly from the start of RAM, by all splits of the address space. */
const LOW_MEMORY = 512 * MEBIBYTE;
/** Beyond a kernel's file: data that starts as zero, and its first tables. */
const KERNEL_SLACK = 8 * MEBIBYTE;
const PAGE = 4096;
const NO_MACHINE_NUMBER = 0xffff_ffff;
/** COMMAND_LINE_SIZE of Linux on Arm, with the ending zero. */
const MOST_COMMAND_LINE = 1024;

const mebibytes = (size: number): string => `${Math.ceil(size / MEBIBYTE)} MiB`;

/** Copies files into RAM by physical address. */
class Ram {
  readonly #bytes: Uint8Array;
  readonly base: number;

  constructor(bytes: Uint8Array, base: number) {
    this.#bytes = bytes;
    this.base = base;
  }

  get end(): number {
    return this.base + this.#bytes.length;
  }

  put(address: number, data: Uint8Array): void {
    this.#bytes.set(data, address - this.base);
  }

  tooSmall(file: string, needed: number): never {
    throw new InputError(`the guest's memory of ${mebibytes(this.#bytes.length)} is too small for it`, {
      file,
      remedy: `give it at least ${mebibytes(needed)} (--memory)`,
    });
  }
}

const loadProgram = (
  ram: Ram,
  file: string,
  {segments, entry}: Extract<Image, {kind: 'program'}>['program'],
): number => {
  for (const {address, data, size} of segments) {
    if (address < ram.base || address + size > ram.end)
      throw new InputError(`the segment at 0x${address.toString(16)} of ${size} bytes is not in RAM`, {
        file,
        remedy: `link it at 0x${ram.base.toString(16)} or above, or give it more memory; of Linux, pass the zImage or Image`,
      });
    ram.put(address, data);
  }
  return entry;
};

const placeOf = ({kind}: Image, textOffset: number): number => (kind === 'zImage' ? ZIMAGE_OFFSET : textOffset);

const treeOf = (board: Board, files: BootFiles, configuration: Configuration): DeviceTree => {
  if (files.tree === undefined) return {root: boardTree(board, configuration), reservations: [], bootCpu: 0};
  const tree = readTree(files.tree.file, files.tree.bytes);
  checkTree(files.tree.file, tree, board, configuration);
  return tree;
};

/**
 * @param ram zeros, of the configuration's size.
 * @throws InputError or ElfError naming the file, what is wrong and what to do.
 */
export const load = (board: Board, files: BootFiles, configuration: Configuration, bytes: Uint8Array): Start => {
  const {
    image: {file},
    initrd,
    commandLine,
  } = files;
  const ram = new Ram(bytes, board.ramBase);
  const image = identifyImage(file, files.image.bytes);
  if (Buffer.byteLength(commandLine) >= MOST_COMMAND_LINE)
    throw new InputError(`the command line has ${Buffer.byteLength(commandLine)} bytes`, {
      remedy: `Linux takes ${MOST_COMMAND_LINE - 1} at most (--append)`,
    });
  const bare = image.kind === 'program';
  const entry = bare
    ? loadProgram(ram, file, image.program)
    : ram.base + placeOf(image, files.textOffset ?? TEXT_OFFSET);
  const kernelEnd = bare
    ? Math.max(...image.program.segments.map(({address, size}) => address + size))
    : entry + image.data.length + KERNEL_SLACK;
  const initrdBytes = initrd?.bytes.length ?? 0;
  const top = Math.min(ram.end, ram.base + LOW_MEMORY);
  const treeAt = Math.floor((top - MOST_TREE_BYTES) / MOST_TREE_BYTES) * MOST_TREE_BYTES;
  const initrdAt = Math.floor((treeAt - initrdBytes) / PAGE) * PAGE;
  if (initrdAt < kernelEnd)
    ram.tooSmall(initrd?.file ?? file, kernelEnd - ram.base + initrdBytes + 3 * MOST_TREE_BYTES);
  if (!bare) ram.put(entry, image.data);
  if (initrd) ram.put(initrdAt, checkedInitrd(initrd.file, initrd.bytes));
  const range = initrd && {start: initrdAt, end: initrdAt + initrdBytes};
  ram.put(treeAt, writtenTree(treeOf(board, files, configuration), {commandLine, initrd: range}));
  return {entry, registers: [0, NO_MACHINE_NUMBER, treeAt]};
};

const writtenTree = (tree: DeviceTree, choice: BootChoice): Uint8Array => {
  const written = writeTree({...tree, root: withBootChoice(tree.root, choice)});
  if (written.length > MOST_TREE_BYTES)
    throw new InputError(`the device tree has ${written.length} bytes`, {
      remedy: `at most ${MOST_TREE_BYTES} fit beside a kernel`,
    });
  return written;
};

/** @throws InputError when a board cannot have so many vCPUs or so much RAM. */
export const checkConfiguration = (board: Board, {cpus, memory}: Configuration): void => {
  if (cpus < 1 || cpus > MOST_CPUS)
    throw new InputError(`board ${board.id} has 1 to ${MOST_CPUS} vCPUs, not ${cpus}`, {remedy: 'change --cpus'});
  const step = 2 * MEBIBYTE;
  if (memory < step || memory > board.mostRam || memory % step !== 0)
    throw new InputError(
      `board ${board.id} has 2 to ${mebibytes(board.mostRam)} of RAM in steps of 2 MiB, not ${memory} bytes`,
      {
        remedy: 'change --memory',
      },
    );
};
