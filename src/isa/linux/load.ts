/** Puts a program into memory as execve(2) leaves it: segments, and a stack with argc, argv, envp and the auxiliary vector. */
import {ElfError} from '../core/errors.ts';
import {EXECUTABLE, READABLE, WRITABLE} from '../memory/address-space.ts';
import {PAGE} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import type {Executable, Segment} from './elf.ts';
import {HELPERS, PROGRAM_BASE, pageDown, pageUp, STACK_SIZE, STACK_TOP} from './layout.ts';
import type {MemoryMap} from './memory-map.ts';
import {bytesOfName} from './user-memory.ts';

export type Profile = 'v5-soft' | 'v7-hf';

interface Personality {
  readonly hwcap: number;
  /** Old kernels have none. */
  readonly hwcap2: number | undefined;
  readonly platform: string;
}

const HWCAP_V5 = 0x8096;
/**
 * AT_HWCAP, AT_HWCAP2 (arch/arm/include/uapi/asm/hwcap.h) and AT_PLATFORM: v5-soft is half, thumb, fastmult, edsp, tls;
 * v7-hf what a Cortex-A7 announces: those and vfp, neon, vfpv3, vfpv4, idiva, idivt, vfpd32, lpae. Without VFP in it,
 * a soft-float C library touches no VFP register.
 */
export const PERSONALITY: Readonly<Record<Profile, Personality>> = {
  'v5-soft': {hwcap: HWCAP_V5, platform: 'v5l', hwcap2: undefined},
  'v7-hf': {
    hwcap: HWCAP_V5 | [6, 12, 13, 16, 17, 18, 19, 20].reduce((set, bit) => set | (1 << bit), 0),
    platform: 'v7l',
    hwcap2: 0,
  },
};

const ALIGNMENT = 8;
/** Linux's own limit is a quarter of the stack; beyond it execve fails. */
export const MOST_ARGUMENT_BYTES = STACK_SIZE / 4;
const HELPER_VERSION = 5;
const HELPER_VERSION_ADDRESS = 0xffff_0ffc;

export interface ProgramArguments {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly profile: Profile;
}

/** Where a program and its dynamic linker were put. */
export interface LoadedProgram {
  readonly executable: Executable;
  /** Added to its addresses. */
  readonly bias: number;
  readonly end: number;
  readonly interpreter: {readonly executable: Executable; readonly bias: number} | undefined;
}

const littleEndian = (words: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word >>> 0, true);
  return bytes;
};

const rightsOf = ({readable, writable, executable}: Segment): number =>
  (readable || writable || executable ? READABLE : 0) | (writable ? WRITABLE : 0) | (executable ? EXECUTABLE : 0);

const endOf = ({segments}: Executable): number => Math.max(...segments.map(({address, size}) => address + size));
const startOf = ({segments}: Executable): number => pageDown(Math.min(...segments.map(({address}) => address)));

/** False when it does not fit. */
const loadSegments = (memory: Memory, map: MemoryMap, executable: Executable, bias: number, name: string): boolean => {
  const permissions = new Map<number, number>();
  for (const segment of executable.segments) {
    const [start, end] = [segment.address + bias, segment.address + bias + segment.size];
    if (end > STACK_TOP) return false;
    for (let page = pageDown(start); page < end; page += PAGE)
      permissions.set(page, (permissions.get(page) ?? 0) | rightsOf(segment));
    map.name(pageDown(start), pageUp(end), name);
  }
  for (const [page, rights] of permissions) {
    if (!memory.isFree(page, page + PAGE) || !memory.map(page, page + PAGE, rights)) return false;
  }
  for (const {address, data} of executable.segments) memory.load(address + bias, data);
  return true;
};

/**
 * Loads into the current, empty space.
 * @throws ElfError when it does not fit into memory.
 */
export const loadProgram = (
  memory: Memory,
  map: MemoryMap,
  {
    executable,
    path,
    interpreter,
  }: {
    readonly executable: Executable;
    readonly path: string;
    readonly interpreter: {readonly executable: Executable; readonly path: string} | undefined;
  },
): LoadedProgram => {
  const fail = (): never => {
    throw new ElfError(path, 'it does not fit into the memory limit or overlaps the stack', 'raise the memory limit');
  };
  const stackRights = READABLE | WRITABLE | (executable.executableStack ? EXECUTABLE : 0);
  const bias = executable.isRelocatable ? PROGRAM_BASE - startOf(executable) : 0;
  const hasStack =
    memory.map(STACK_TOP - STACK_SIZE, STACK_TOP, stackRights) && memory.map(HELPERS, HELPERS + PAGE, READABLE);
  if (!hasStack || !loadSegments(memory, map, executable, bias, path)) fail();
  map.name(STACK_TOP - STACK_SIZE, STACK_TOP, '[stack]');
  map.name(HELPERS, HELPERS + PAGE, '[vectors]');
  memory.load(HELPER_VERSION_ADDRESS, littleEndian([HELPER_VERSION]));
  const end = pageUp(endOf(executable) + bias);
  map.startBreak(end);
  if (interpreter === undefined) return {executable, bias, end, interpreter: undefined};
  const linker = interpreter.executable;
  const linkerBias = linker.isRelocatable ? placeOfLinker(map, linker) - startOf(linker) : 0;
  if (!loadSegments(memory, map, linker, linkerBias, interpreter.path)) fail();
  return {executable, bias, end, interpreter: {executable: linker, bias: linkerBias}};
};

/** Where a mapping of its size would go. */
const placeOfLinker = (map: MemoryMap, linker: Executable): number => {
  const length = pageUp(endOf(linker)) - startOf(linker);
  const start = map.map({address: 0, length, permissions: 0, place: 'anywhere', shared: false});
  map.unmap(start, start + length);
  return start;
};

const AT = {
  null: 0,
  programHeaders: 3,
  programHeaderSize: 4,
  programHeaderCount: 5,
  pageSize: 6,
  base: 7,
  flags: 8,
  entry: 9,
  user: 11,
  effectiveUser: 12,
  group: 13,
  effectiveGroup: 14,
  platform: 15,
  hwcap: 16,
  clockTicks: 17,
  secure: 23,
  random: 25,
  hwcap2: 26,
  path: 31,
} as const;
const CLOCK_TICKS = 100;
const RANDOM_BYTES = 16;

export interface InitialStack {
  readonly stackPointer: number;
  /** As /proc/self/auxv shows it. */
  readonly auxiliary: Uint8Array;
}

/** Fills the top of the stack. @throws ElfError when the arguments are too long. */
export const buildStack = (
  memory: Memory,
  loaded: LoadedProgram,
  given: ProgramArguments,
  random: () => number,
): InitialStack => {
  let top = STACK_TOP - ALIGNMENT;
  const push = (bytes: Uint8Array): number => {
    top -= bytes.length;
    if (STACK_TOP - top > MOST_ARGUMENT_BYTES)
      throw new ElfError(given.path, 'the arguments are too long', 'pass fewer');
    memory.load(top, bytes);
    return top;
  };
  const pushText = (value: string): number => push(Uint8Array.from([...bytesOfName(value), 0]));
  const {executable, bias, interpreter} = loaded;
  const {hwcap, hwcap2, platform} = PERSONALITY[given.profile];
  const execfn = pushText(given.path);
  const environment = given.env.map(pushText);
  const argumentsAt = given.argv.map(pushText);
  const platformAt = pushText(platform);
  const randomAt = push(Uint8Array.from({length: RANDOM_BYTES}, () => random() & 0xff));
  const headers = executable.programHeaders;
  const auxiliary: readonly (readonly [type: number, value: number])[] = [
    [AT.hwcap, hwcap],
    [AT.pageSize, PAGE],
    [AT.clockTicks, CLOCK_TICKS],
    [AT.programHeaders, headers === 0 ? 0 : headers + bias],
    [AT.programHeaderSize, executable.programHeaderSize],
    [AT.programHeaderCount, executable.programHeaderCount],
    [AT.base, interpreter?.bias ?? 0],
    [AT.flags, 0],
    [AT.entry, executable.entry + bias],
    [AT.user, 0],
    [AT.effectiveUser, 0],
    [AT.group, 0],
    [AT.effectiveGroup, 0],
    [AT.secure, 0],
    [AT.random, randomAt],
    ...(hwcap2 === undefined ? [] : [[AT.hwcap2, hwcap2] as const]),
    [AT.path, execfn],
    [AT.platform, platformAt],
    [AT.null, 0],
  ];
  const vector = auxiliary.flat();
  const words = [argumentsAt.length, ...argumentsAt, 0, ...environment, 0, ...vector];
  top = Math.floor((top - 4 * words.length) / ALIGNMENT) * ALIGNMENT + 4 * words.length;
  return {stackPointer: push(littleEndian(words)), auxiliary: littleEndian(vector)};
};

/** `cpu.next` of the first instruction. */
export const firstInstruction = ({executable, bias, interpreter}: LoadedProgram): number =>
  ((interpreter?.executable.entry ?? executable.entry) + (interpreter?.bias ?? bias)) | 0;
