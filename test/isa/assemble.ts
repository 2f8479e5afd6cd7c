/** Assembles instructions from the decode tables' rows, and packs words and data into ELF files. */
import {A32_CONDITIONAL, A32_UNCONDITIONAL, decodeA32} from '../../src/isa/a32/a32.ts';
import {encode} from '../../src/isa/core/bits.ts';
import type {CompiledRow, DecodeTable} from '../../src/isa/core/decode.ts';
import type {Operation} from '../../src/isa/core/operation.ts';
import {decodeT32, T32_LITERAL, T32_NARROW, T32_WIDE} from '../../src/isa/t32/t32.ts';

type Values = Readonly<Record<string, number>>;

export const rowsOf = (...tables: readonly DecodeTable[]): ReadonlyMap<string, CompiledRow> =>
  new Map(tables.flatMap(({rows}) => rows.map((compiled) => [compiled.row.name, compiled] as const)));

export const wordOf = (rows: ReadonlyMap<string, CompiledRow>, name: string, values: Values): number => {
  const compiled = rows.get(name);
  if (!compiled) throw new RangeError(`no row ${name}`);
  const {fields} = compiled.pattern;
  const stray = Object.keys(values).find((key) => !fields.some((field) => field.name === key));
  if (stray) throw new RangeError(`${name} has no field ${stray}`);
  const defaults = Object.fromEntries(fields.map((field) => [field.name, field.name === 'cond' ? 14 : 0]));
  return encode(compiled.pattern, {...defaults, ...values});
};

const A32_ROWS = rowsOf(A32_CONDITIONAL, A32_UNCONDITIONAL);
const NARROW_ROWS = rowsOf(T32_NARROW);
const WIDE_ROWS = rowsOf(T32_WIDE, T32_LITERAL);

/** The A32 word of a row; fields that are left out are 0, the condition AL. */
export const assemble = (name: string, values: Values = {}): number => wordOf(A32_ROWS, name, values);

/** The half-words of a T32 instruction. */
export const halvesOf = (word: number): readonly number[] => [word >>> 16, word & 0xffff];

/** The half-words of a T32 row, as {@link assemble}. */
export const assembleT32 = (name: string, values: Values = {}): readonly number[] =>
  NARROW_ROWS.has(name) ? [wordOf(NARROW_ROWS, name, values)] : halvesOf(wordOf(WIDE_ROWS, name, values));

/** T32 half-words as words of a program; an odd one is followed by a NOP. */
export const packHalves = (halves: readonly number[]): readonly number[] =>
  Array.from({length: Math.ceil(halves.length / 2)}, (_, index) => {
    const [low, high = NOP] = halves.slice(2 * index, 2 * index + 2) as [number, number?];
    return low + high * 0x1_0000;
  });
const NOP = 0xbf00;

/** One A32 word, decoded. */
export const decodeWord = (word: number, address = 0x8000, slot = 0): Operation =>
  decodeA32({address, word: word >>> 0, length: 4, thumb: 0, itState: 0, slot});

/** One T32 instruction of one or two half-words, decoded. */
export const decodeHalves = (halves: readonly number[], address = 0x8000, itState = 0, slot = 0): Operation => {
  const word = halves.reduce((upper, half) => upper * 0x1_0000 + half, 0);
  return decodeT32({address, word, length: halves.length === 1 ? 2 : 4, thumb: 1, itState, slot});
};

/** MOVW and MOVT. */
export const loadConstant = (Rd: number, value: number): readonly number[] => [
  assemble('MOVW', {Rd, imm4: (value >>> 12) & 15, imm12: value & 0xfff}),
  assemble('MOVT', {Rd, imm4: value >>> 28, imm12: (value >>> 16) & 0xfff}),
];

/** A system call with constant arguments. */
export const systemCall = (number: number, ...args: readonly number[]): readonly number[] => [
  ...args.flatMap((value, index) => loadConstant(index, value)),
  ...loadConstant(7, number),
  assemble('SVC'),
];

export const writeAll = (address: number, length: number): readonly number[] => systemCall(4, 1, address, length);
export const exitWith = (code: number): readonly number[] => systemCall(248, code);

export interface Part {
  readonly address: number;
  readonly data: Uint8Array;
  readonly size?: number;
  /** PF_X 1, PF_W 2, PF_R 4. */
  readonly flags: number;
}

export const bytesOf = (words: readonly number[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer);

export const CODE = 0x0001_0000;
const PAGE = 0x1000;

/** An ET_EXEC file of these segments; the entry is the first segment's start. */
export const buildElf = (parts: readonly Part[]): Uint8Array => {
  const headerBytes = 52 + 32 * parts.length;
  const offsets: number[] = [];
  let end = headerBytes;
  for (const {data, address} of parts) {
    const offset = Math.ceil(end / PAGE) * PAGE + (address % PAGE);
    offsets.push(offset);
    end = offset + data.length;
  }
  const elf = new Uint8Array(end);
  const view = new DataView(elf.buffer);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const half = [2, 40];
  for (const [index, value] of half.entries()) view.setUint16(16 + 2 * index, value, true);
  const words = [1, parts[0]?.address ?? 0, 52, 0, 0x0500_0000];
  for (const [index, value] of words.entries()) view.setUint32(20 + 4 * index, value, true);
  for (const [index, value] of [52, 32, parts.length, 40, 0, 0].entries()) view.setUint16(40 + 2 * index, value, true);
  for (const [index, {address, data, size = data.length, flags}] of parts.entries()) {
    const header = [1, offsets[index] as number, address, address, data.length, size, flags, PAGE];
    for (const [field, value] of header.entries()) view.setUint32(52 + 32 * index + 4 * field, value, true);
    elf.set(data, offsets[index]);
  }
  return elf;
};

/** A program of these words alone, in a segment that may also be written when `writable`. */
export const program = (words: readonly number[], writable = false): Uint8Array =>
  buildElf([{address: CODE, data: bytesOf(words), flags: writable ? 7 : 5}]);
