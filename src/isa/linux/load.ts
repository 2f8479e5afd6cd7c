/** Puts a program into memory as execve(2) leaves it: segments, and a stack with argc, argv, envp and the auxiliary vector. */

import {ElfError} from '../core/errors.ts';
import {EXECUTABLE, READABLE, WRITABLE} from '../memory/address-space.ts';
import {PAGE} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import type {Executable} from './elf.ts';
import {HELPERS, pageDown, STACK_SIZE, STACK_TOP} from './process.ts';

export type Profile = 'v5-soft' | 'v7-hf';

/**
 * AT_HWCAP (arch/arm/include/uapi/asm/hwcap.h), of what is modelled: half, thumb, fastmult, edsp, tls; v7-hf adds
 * vfp, vfpv3, vfpv4, vfpd32, idiva. Without VFP in it, a soft-float C library touches no VFP register.
 */
const PERSONALITY: Readonly<Record<Profile, {readonly hwcap: number; readonly platform: string}>> = {
  'v5-soft': {hwcap: 0x8096, platform: 'v5l'},
  'v7-hf': {hwcap: 0x8096 | (1 << 6) | (1 << 13) | (1 << 16) | (1 << 17) | (1 << 19), platform: 'v7l'},
};

const text = new TextEncoder();
const ALIGNMENT = 8;
/** Linux's own limit is a quarter of the stack; beyond it execve fails. */
const MOST_ARGUMENT_BYTES = STACK_SIZE / 4;
const HELPER_VERSION = 5;
const HELPER_VERSION_ADDRESS = 0xffff_0ffc;

export interface Arguments {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly profile: Profile;
}

const littleEndian = (words: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word >>> 0, true);
  return bytes;
};

/** @throws ElfError when the memory limit is too small. */
export const loadSegments = (memory: Memory, executable: Executable, path: string): void => {
  const permissions = new Map<number, number>();
  for (const {address, size, readable, writable, executable: executes} of executable.segments) {
    const rights =
      (readable || writable || executes ? READABLE : 0) | (writable ? WRITABLE : 0) | (executes ? EXECUTABLE : 0);
    for (let page = pageDown(address); page < address + size; page += PAGE)
      permissions.set(page, (permissions.get(page) ?? 0) | rights);
  }
  const mapped =
    [...permissions].every(([page, rights]) => memory.map(page, page + PAGE, rights)) &&
    memory.isFree(STACK_TOP - STACK_SIZE, STACK_TOP) &&
    memory.map(STACK_TOP - STACK_SIZE, STACK_TOP, READABLE | WRITABLE) &&
    memory.map(HELPERS, HELPERS + PAGE, READABLE);
  if (!mapped)
    throw new ElfError(path, 'it does not fit into the memory limit or overlaps the stack', 'raise the memory limit');
  for (const {address, data} of executable.segments) memory.load(address, data);
  memory.load(HELPER_VERSION_ADDRESS, littleEndian([HELPER_VERSION]));
};

/** Fills the stack. @returns the initial stack pointer. @throws ElfError when the arguments are too long. */
export const buildStack = (memory: Memory, executable: Executable, given: Arguments, random: () => number): number => {
  let top = STACK_TOP - ALIGNMENT;
  const push = (data: Uint8Array): number => {
    top -= data.length;
    if (STACK_TOP - top > MOST_ARGUMENT_BYTES)
      throw new ElfError(given.path, 'the arguments are too long', 'pass fewer');
    memory.load(top, data);
    return top;
  };
  const pushText = (value: string): number => push(text.encode(`${value}\0`));
  const {hwcap, platform} = PERSONALITY[given.profile];
  const execfn = pushText(given.path);
  const environment = given.env.map(pushText);
  const argumentsAt = given.argv.map(pushText);
  const platformAt = pushText(platform);
  const randomAt = push(Uint8Array.from({length: 16}, () => random() & 0xff));
  const auxiliary: readonly (readonly [type: number, value: number])[] = [
    [16, hwcap],
    [6, PAGE],
    [17, 100], // AT_CLKTCK
    [3, executable.programHeaders],
    [4, executable.programHeaderSize],
    [5, executable.programHeaderCount],
    [7, 0], // AT_BASE: no interpreter
    [8, 0], // AT_FLAGS
    [9, executable.entry],
    [11, 0],
    [12, 0],
    [13, 0],
    [14, 0], // user and group ids, real and effective
    [23, 0], // AT_SECURE
    [25, randomAt],
    [31, execfn],
    [15, platformAt],
    [0, 0],
  ];
  const words = [argumentsAt.length, ...argumentsAt, 0, ...environment, 0, ...auxiliary.flat()];
  top = Math.floor((top - 4 * words.length) / ALIGNMENT) * ALIGNMENT + 4 * words.length;
  return push(littleEndian(words));
};
