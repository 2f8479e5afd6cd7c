/** ELF32 little-endian ARM programs: System V gABI chapter 4–5, and ELF for the Arm Architecture (IHI 0044). */
import {GIBIBYTE} from '../../units.ts';
import {ElfError, hexadecimal} from '../core/errors.ts';
import {LOWEST_ADDRESS, STACK_TOP} from './layout.ts';

export interface Segment {
  readonly address: number;
  readonly data: Uint8Array;
  /** Bytes in memory; what lies beyond `data` is zero. */
  readonly size: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
}

export interface Executable {
  /** Addresses are relative to where it is loaded. */
  readonly isRelocatable: boolean;
  /** Bit 0 is set when it begins in Thumb state. */
  readonly entry: number;
  readonly segments: readonly Segment[];
  /** Address of the program headers in memory, 0 when no segment holds them; and their number. */
  readonly programHeaders: number;
  readonly programHeaderCount: number;
  readonly programHeaderSize: number;
  /** Path of the dynamic linker. */
  readonly interpreter: string | undefined;
  readonly executableStack: boolean;
}

const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const MOST_PROGRAM_HEADERS = 64;
const FIXED_TYPE = 2;
const RELOCATABLE_TYPE = 3;
const MACHINE_ARM = 40;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_GNU_STACK = 0x6474_e551;
const PF_X = 1;
const LONGEST_INTERPRETER = 4096;
const REBUILD = 'build it for Arm Linux (for example arm-linux-gnueabi-gcc)';
const INCOMPLETE = 'the file is incomplete or damaged: build or copy it again';

type Fail = (problem: string, remedy: string) => never;

/** @throws ElfError naming the file, the problem and the remedy; nothing else, whatever the bytes. */
export const parseElf = (file: string, elf: Uint8Array): Executable => {
  const fail: Fail = (problem, remedy) => {
    throw new ElfError(file, problem, remedy);
  };
  if (elf.length < 4 || elf[0] !== 0x7f || elf[1] !== 0x45 || elf[2] !== 0x4c || elf[3] !== 0x46) {
    fail('not an ELF file', 'pass an Arm Linux executable');
  }
  if (elf.length < HEADER_BYTES)
    fail(`the ELF header is truncated (${elf.length} of ${HEADER_BYTES} bytes)`, INCOMPLETE);
  const view = new DataView(elf.buffer, elf.byteOffset, elf.length);
  const isRelocatable = checkIdentity(view, fail);
  const headers = programHeaders(view, fail);
  const lowest = isRelocatable ? 0 : LOWEST_ADDRESS;
  const segments = headers.filter(({type}) => type === PT_LOAD).map((header) => segmentOf(header, elf, lowest, fail));
  const loaded = segments.filter(({size}) => size > 0);
  checkLayout(loaded, fail);
  const entry = view.getUint32(24, true);
  const holds = ({address, size}: Segment): boolean => entry >= address && entry < address + size;
  if (!loaded.some((segment) => segment.executable && holds(segment))) {
    fail(`the entry point ${hexadecimal(entry)} is in no executable segment`, REBUILD);
  }
  if (entry % 4 === 2) fail(`the entry point ${hexadecimal(entry)} is half of an instruction`, INCOMPLETE);
  const stack = headers.find(({type}) => type === PT_GNU_STACK);
  return {
    isRelocatable,
    entry,
    segments: loaded,
    programHeaders: addressOfHeaders(headers, view.getUint32(28, true)),
    programHeaderCount: headers.length,
    programHeaderSize: PROGRAM_HEADER_BYTES,
    interpreter: interpreterOf(headers, elf, fail),
    executableStack: stack !== undefined && (stack.flags & PF_X) !== 0,
  };
};

/** @returns whether it may be loaded anywhere. */
const checkIdentity = (view: DataView, fail: Fail): boolean => {
  if (view.getUint8(4) !== 1)
    fail('not a 32-bit ELF file', 'trapwalk runs 32-bit Arm guests: build for arm, not aarch64');
  if (view.getUint8(5) !== 1) fail('not a little-endian ELF file', 'build it with -mlittle-endian');
  const machine = view.getUint16(18, true);
  if (machine !== MACHINE_ARM) fail(`its machine is ${machine}, not Arm (${MACHINE_ARM})`, REBUILD);
  const type = view.getUint16(16, true);
  if (type !== FIXED_TYPE && type !== RELOCATABLE_TYPE) {
    fail(`its type is ${type}, not an executable (${FIXED_TYPE} or ${RELOCATABLE_TYPE})`, 'link it');
  }
  return type === RELOCATABLE_TYPE;
};

interface ProgramHeader {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly flags: number;
}

const programHeaders = (view: DataView, fail: Fail): readonly ProgramHeader[] => {
  const start = view.getUint32(28, true);
  const size = view.getUint16(42, true);
  const count = view.getUint16(44, true);
  if (size !== PROGRAM_HEADER_BYTES)
    fail(`its program headers are of ${size} bytes, not ${PROGRAM_HEADER_BYTES}`, INCOMPLETE);
  if (count === 0 || count > MOST_PROGRAM_HEADERS)
    fail(`it has ${count} program headers (1 to ${MOST_PROGRAM_HEADERS} are supported)`, REBUILD);
  if (start + size * count > view.byteLength) fail('its program headers are truncated', INCOMPLETE);
  return Array.from({length: count}, (_, index) => {
    const word = (field: number): number => view.getUint32(start + size * index + 4 * field, true);
    return {type: word(0), offset: word(1), address: word(2), fileSize: word(4), memorySize: word(5), flags: word(6)};
  });
};

const segmentOf = (header: ProgramHeader, elf: Uint8Array, lowest: number, fail: Fail): Segment => {
  const {offset, address, fileSize, memorySize, flags} = header;
  const where = `the segment at ${hexadecimal(address)}`;
  if (fileSize > memorySize)
    fail(`${where} has more bytes in the file (${fileSize}) than in memory (${memorySize})`, INCOMPLETE);
  if (offset + fileSize > elf.length) fail(`${where} is truncated`, INCOMPLETE);
  if (memorySize > GIBIBYTE) fail(`${where} needs ${memorySize} bytes, more than 1 GiB`, 'make its arrays smaller');
  if (memorySize > 0 && (address < lowest || address + memorySize > STACK_TOP)) {
    fail(`${where} lies outside ${hexadecimal(lowest)}–${hexadecimal(STACK_TOP)}`, 'link it at the default address');
  }
  return {
    address,
    data: elf.subarray(offset, offset + fileSize),
    size: memorySize,
    readable: (flags & 4) !== 0,
    writable: (flags & 2) !== 0,
    executable: (flags & PF_X) !== 0,
  };
};

const checkLayout = (segments: readonly Segment[], fail: Fail): void => {
  if (segments.length === 0) fail('it has nothing to load', REBUILD);
  const ordered = segments.toSorted((a, b) => a.address - b.address);
  const total = ordered.at(-1)!.address + ordered.at(-1)!.size - ordered[0]!.address;
  const sum = segments.reduce((bytes, {size}) => bytes + size, 0);
  if (sum > GIBIBYTE) fail(`its segments need ${sum} bytes, more than 1 GiB`, 'make its arrays smaller');
  for (const [index, segment] of ordered.entries()) {
    const next = ordered[index + 1];
    if (next && segment.address + segment.size > next.address) {
      fail(`the segments at ${hexadecimal(segment.address)} and ${hexadecimal(next.address)} overlap`, REBUILD);
    }
  }
  if (total > STACK_TOP - LOWEST_ADDRESS) fail(`its segments span ${total} bytes`, REBUILD);
};

const addressOfHeaders = (headers: readonly ProgramHeader[], start: number): number => {
  const end = start + PROGRAM_HEADER_BYTES * headers.length;
  const holder = headers.find(
    ({type, offset, fileSize}) => type === PT_LOAD && offset <= start && end <= offset + fileSize,
  );
  return holder ? holder.address + start - holder.offset : 0;
};

const interpreterOf = (headers: readonly ProgramHeader[], elf: Uint8Array, fail: Fail): string | undefined => {
  const header = headers.find(({type}) => type === PT_INTERP);
  if (header === undefined) return undefined;
  const {offset, fileSize} = header;
  if (offset + fileSize > elf.length || fileSize < 2 || fileSize > LONGEST_INTERPRETER)
    fail('the name of its dynamic linker is truncated', INCOMPLETE);
  const name = elf.subarray(offset, offset + fileSize - 1);
  if (elf[offset + fileSize - 1] !== 0 || name.includes(0))
    fail('the name of its dynamic linker has no end', INCOMPLETE);
  return Buffer.from(name).toString('latin1');
};
