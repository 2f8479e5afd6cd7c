/** The Linux system calls of a static program, EABI (arch/arm/tools/syscall.tbl): number in r7, arguments in r0–r5, result or −errno in r0. */
import {MARKERS} from '../../trace/records.ts';
import type {Culprit} from '../core/cpu.ts';
import {UnmodelledInstruction} from '../core/errors.ts';
import {PAGE} from '../memory/layout.ts';
import {type Process, pageUp, permissionsOf, STACK_SIZE, STACK_TOP} from './process.ts';

const EBADF = 9;
const ENOMEM = 12;
const EFAULT = 14;
const EINVAL = 22;
const ENOTTY = 25;
const ENOSYS = 38;

/** r0–r5. */
type Arguments = readonly number[];

interface SystemCall {
  readonly number: number;
  readonly name: string;
  /** @returns what r0 becomes. */
  readonly execute: (process: Process, args: Arguments) => number;
}

const text = new TextDecoder();
const encoder = new TextEncoder();

const words = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(Int32Array.from(values, (value) => value | 0).buffer);
const put = (process: Process, address: number, data: Uint8Array): number =>
  process.memory.write(address, data) ? 0 : -EFAULT;
const isOutput = (fd: number): boolean => fd === 1 || fd === 2;

const write = (process: Process, [fd, address, length]: Arguments): number => {
  if (!isOutput(fd!)) return -EBADF;
  const data = process.memory.read(address!, length! >>> 0);
  if (!data) return -EFAULT;
  process.port.write(fd!, data);
  return data.length;
};

const VECTOR_LIMIT = 1024;
const writeVector = (process: Process, [fd, address, count]: Arguments): number => {
  if (!isOutput(fd!)) return -EBADF;
  if (count! >>> 0 > VECTOR_LIMIT) return -EINVAL;
  const vector = process.memory.read(address!, 8 * count!);
  if (!vector) return -EFAULT;
  const view = new DataView(vector.buffer);
  const parts = Array.from({length: count!}, (_, index) =>
    process.memory.read(view.getUint32(8 * index, true), view.getUint32(8 * index + 4, true)),
  );
  let written = 0;
  for (const part of parts) {
    if (!part) return written > 0 ? written : -EFAULT;
    if (part.length > 0) process.port.write(fd!, part);
    written += part.length;
  }
  return written;
};

const exit = (process: Process, [code]: Arguments): number => {
  process.exitCode = code! & 0xff;
  return 0;
};

const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const map = (process: Process, [address, length, prot, flags]: Arguments): number => {
  const size = pageUp(length! >>> 0);
  if (size === 0) return -EINVAL;
  if ((flags! & MAP_ANONYMOUS) === 0) return -EBADF;
  const isFixed = (flags! & MAP_FIXED) !== 0;
  if (isFixed && (address! >>> 0) % PAGE !== 0) return -EINVAL;
  return process.mapAnonymous(size, permissionsOf(prot!), isFixed ? address! >>> 0 : undefined) ?? -ENOMEM;
};

/** The page range of munmap and mprotect, or undefined when they would answer EINVAL. */
const pageRange = (address: number, length: number): readonly [number, number] | undefined => {
  const start = address >>> 0;
  const end = start + pageUp(length >>> 0);
  return start % PAGE === 0 && end <= STACK_TOP ? [start, end] : undefined;
};
const unmap = (process: Process, [address, length]: Arguments): number => {
  const range = pageRange(address!, length!);
  if (!range || length === 0) return -EINVAL;
  process.memory.unmap(...range);
  return 0;
};
const protect = (process: Process, [address, length, prot]: Arguments): number => {
  const range = pageRange(address!, length!);
  if (!range) return -EINVAL;
  return process.memory.protect(...range, permissionsOf(prot!)) ? 0 : -ENOMEM;
};

const PR_SET_NAME = 15;
/** A thread name is cut after 15 characters. */
const NAME_BYTES = 16;
const MARKER_PREFIX = 'trapwalk:';
const control = (process: Process, [option, address]: Arguments): number => {
  if (option !== PR_SET_NAME) return -EINVAL;
  const name = readText(process, address!, NAME_BYTES);
  if (name === undefined) return -EFAULT;
  const marker = MARKERS.find((candidate) => name === `${MARKER_PREFIX}${candidate}`);
  if (marker) process.port.marker(marker);
  else if (name.startsWith(MARKER_PREFIX))
    process.port.warn(`unknown marker '${name}': expected ${MARKERS.join(', ')}`);
  return 0;
};

/** Bytes up to a zero or `limit`; undefined when one of them is unreadable. */
const readText = (process: Process, address: number, limit: number): string | undefined => {
  const bytes: number[] = [];
  while (bytes.length < limit) {
    const byte = process.memory.read(address + bytes.length, 1)?.[0];
    if (byte === undefined) return undefined;
    if (byte === 0) break;
    bytes.push(byte);
  }
  return text.decode(Uint8Array.from(bytes));
};

const NANOSECONDS = 1e9;
const seconds = (process: Process): number => Math.floor(process.port.instructions() / NANOSECONDS);
const rest = (process: Process): number => process.port.instructions() % NANOSECONDS;
const timeOfDay = (process: Process, [at]: Arguments): number =>
  at === 0 ? 0 : put(process, at!, words(seconds(process), Math.floor(rest(process) / 1000)));
const clock = (process: Process, [, at]: Arguments): number =>
  put(process, at!, words(seconds(process), rest(process)));
const clock64 = (process: Process, [, at]: Arguments): number =>
  put(process, at!, words(seconds(process), 0, rest(process), 0));
const TICK = NANOSECONDS / 100;
const times = (process: Process, [at]: Arguments): number => {
  const ticks = Math.floor(process.port.instructions() / TICK);
  return at !== 0 && put(process, at!, words(ticks, 0, 0, 0)) !== 0 ? -EFAULT : ticks;
};

const NAME_FIELD = 65;
const SYSTEM_NAME = ['Linux', 'trapwalk', '6.1.0', '#1 SMP', 'armv7l', '(none)'];
const systemName = (process: Process, [at]: Arguments): number => {
  const record = new Uint8Array(NAME_FIELD * SYSTEM_NAME.length);
  for (const [index, field] of SYSTEM_NAME.entries()) record.set(encoder.encode(field), NAME_FIELD * index);
  return put(process, at!, record);
};

const RANDOM_LIMIT = 256;
/** At most 256 bytes a call, as the kernel may. */
const random = (process: Process, [at, length]: Arguments): number => {
  const size = Math.min(length! >>> 0, RANDOM_LIMIT);
  const written = put(
    process,
    at!,
    Uint8Array.from({length: size}, () => process.random() & 0xff),
  );
  return written === 0 ? size : written;
};

const RLIMIT_STACK = 3;
const RLIM_INFINITY = -1;
const resourceLimit = (process: Process, [resource, at]: Arguments): number =>
  put(process, at!, words(resource === RLIMIT_STACK ? STACK_SIZE : RLIM_INFINITY, RLIM_INFINITY));

const PROCESS_ID = 1000;
const identity = (): number => 0;

const SYSTEM_CALLS: readonly SystemCall[] = [
  {number: 1, name: 'exit', execute: exit},
  {number: 4, name: 'write', execute: write},
  {number: 20, name: 'getpid', execute: () => PROCESS_ID},
  {number: 43, name: 'times', execute: times},
  {number: 45, name: 'brk', execute: (process, [wanted]) => process.setBreak(wanted! >>> 0)},
  // No descriptor is a terminal: the answer of a pipe.
  {number: 54, name: 'ioctl', execute: () => -ENOTTY},
  {number: 78, name: 'gettimeofday', execute: timeOfDay},
  {number: 91, name: 'munmap', execute: unmap},
  {number: 122, name: 'uname', execute: systemName},
  {number: 125, name: 'mprotect', execute: protect},
  {number: 146, name: 'writev', execute: writeVector},
  {number: 172, name: 'prctl', execute: control},
  {number: 191, name: 'ugetrlimit', execute: resourceLimit},
  {number: 192, name: 'mmap2', execute: map},
  {number: 199, name: 'getuid32', execute: identity},
  {number: 200, name: 'getgid32', execute: identity},
  {number: 201, name: 'geteuid32', execute: identity},
  {number: 202, name: 'getegid32', execute: identity},
  {number: 224, name: 'gettid', execute: () => PROCESS_ID},
  {number: 248, name: 'exit_group', execute: exit},
  {number: 256, name: 'set_tid_address', execute: () => PROCESS_ID},
  {number: 263, name: 'clock_gettime', execute: clock},
  // Kept for a crash or exit of another thread, of which there is none.
  {number: 338, name: 'set_robust_list', execute: () => 0},
  {number: 384, name: 'getrandom', execute: random},
  {number: 403, name: 'clock_gettime64', execute: clock64},
  // Stale code is found by its changed words (code-cache.ts), so there is nothing to flush.
  {number: 0xf0002, name: 'cacheflush', execute: () => 0},
  {
    number: 0xf0005,
    name: 'set_tls',
    execute: (process, [pointer]) => {
      process.cpu.threadPointer = pointer!;
      return 0;
    },
  },
];

const BY_NUMBER: ReadonlyMap<number, SystemCall> = new Map(SYSTEM_CALLS.map((call) => [call.number, call]));

/**
 * Serves the SVC that the processor just executed. An unknown call gets ENOSYS and one line of warning.
 * @throws UnmodelledInstruction for the old ABI, whose number is in the instruction.
 */
export const callSystem = (process: Process, instruction: Culprit): void => {
  if (instruction.immediate !== 0) {
    throw new UnmodelledInstruction(
      instruction.address,
      instruction.word,
      'a system call of the old ABI; rebuild the guest for EABI',
    );
  }
  const {r} = process.cpu;
  const number = r[7]!;
  const call = BY_NUMBER.get(number);
  if (!call && !process.unknownCalls.has(number)) {
    process.unknownCalls.add(number);
    process.port.warn(`the guest calls system call ${number}, which is not modelled: it gets ENOSYS`);
  }
  r[0] = call ? call.execute(process, Array.from(r.subarray(0, 6))) : -ENOSYS;
  // An exception return clears the local monitor (A3.4.4 recommends it, Linux does it).
  process.cpu.exclusiveSize = 0;
};
