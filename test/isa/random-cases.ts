/** Random instructions of every row, and a program that runs each on its own register state and dumps what became of it. */
import {A32_CONDITIONAL, A32_UNCONDITIONAL} from '../../src/isa/a32/a32.ts';
import {encode} from '../../src/isa/core/bits.ts';
import type {CompiledRow} from '../../src/isa/core/decode.ts';
import {UndefinedInstruction, UnmodelledInstruction} from '../../src/isa/core/errors.ts';
import type {Operation} from '../../src/isa/core/operation.ts';
import {T32_LITERAL, T32_NARROW, T32_WIDE} from '../../src/isa/t32/t32.ts';
import {
  assemble,
  assembleT32,
  buildElf,
  bytesOf,
  CODE,
  decodeHalves,
  decodeWord,
  exitWith,
  halvesOf,
  loadConstant,
  packHalves,
  writeAll,
} from './assemble.ts';

export interface Case {
  readonly name: string;
  /** A32 code, or the half-words of T32 code. */
  readonly words: readonly number[];
  readonly thumb: boolean;
  /** r0–r12, lr, then NZCVQ and GE. */
  readonly core: readonly number[];
  /** d0–d31 as words; absent when no VFP register is involved. */
  readonly vfp?: readonly number[];
}

export type Random = () => number;

/** mulberry32: 32 random bits a call. */
export const randomBits = (seed: number): Random => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
};
const below = (random: Random, limit: number): number => random() % limit;
const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T;

/** Registers that a test instruction may name: sp is the harness's, pc is tested apart. */
const NAMED = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14];
const LIST_MASK = 0x5fff;
const INTERESTING = [
  0, 1, 2, 31, 32, 33, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_8000,
];
const SINGLES = [
  0, 0x8000_0000, 1, 0x8000_0001, 0x007f_ffff, 0x0080_0000, 0x3f80_0000, 0xbf80_0000, 0x3f00_0000, 0x3fc0_0000,
  0x4f00_0000, 0xcf00_0000, 0x4f80_0000, 0x7f7f_ffff, 0xff7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc1_2345,
  0x7f80_0001, 0xffa5_4321, 0x3f80_0001, 0x3f7f_ffff, 0x4b00_0001, 0x0000_1234, 0x1a00_0001, 0x7e00_0001,
];
const DOUBLES = [
  0n,
  1n << 63n,
  1n,
  0x8000_0000_0000_0001n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x3ff0_0000_0000_0000n,
  0xbff0_0000_0000_0000n,
  0x3fe0_0000_0000_0000n,
  0x3ff8_0000_0000_0000n,
  0x41e0_0000_0000_0000n,
  0xc1e0_0000_0000_0000n,
  0x41f0_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
  0xffef_ffff_ffff_ffffn,
  0x7ff0_0000_0000_0000n,
  0xfff0_0000_0000_0000n,
  0x7ff8_0000_0000_0000n,
  0xfff8_1234_5678_9abcn,
  0x7ff0_0000_0000_0001n,
  0xfff4_0000_dead_beefn,
  0x3ff0_0000_0000_0001n,
  0x3fef_ffff_ffff_ffffn,
  0x380f_ffff_f000_0000n,
  0x36a0_0000_0000_0001n,
  0x47ef_ffff_f000_0000n,
  0x1ff0_0000_0000_0001n,
  0x2000_0000_0000_0003n,
  0x5fe0_0000_0000_0001n,
  0x41df_ffff_ffe0_0000n,
];

const coreValue = (random: Random): number => (below(random, 3) === 0 ? pick(random, INTERESTING) : random());

const single = (random: Random): number => {
  const kind = below(random, 4);
  if (kind === 0) return random();
  // Exponents close together, so that sums cancel and products stay in range.
  if (kind === 1) return ((random() & 0x807f_ffff) | ((120 + below(random, 16)) << 23)) >>> 0;
  return pick(random, SINGLES);
};
const doubleWords = (random: Random): readonly number[] => {
  const kind = below(random, 4);
  if (kind === 0) return [random(), random()];
  if (kind === 1) return [random(), ((random() & 0x800f_ffff) | ((1015 + below(random, 24)) << 20)) >>> 0];
  const value = pick(random, DOUBLES);
  return [Number(value & 0xffff_ffffn), Number(value >> 32n)];
};
const vfpState = (random: Random, name: string): readonly number[] =>
  Array.from({length: 32}, () =>
    name.includes('F32') || below(random, 4) === 0 ? [single(random), single(random)] : doubleWords(random),
  ).flat();

export const SCRATCH = 0x0200_0000;
export const SCRATCH_BYTES = 0x4000;
const SCRATCH_MIDDLE = SCRATCH + SCRATCH_BYTES / 2;

/** Rows whose base register must hold an address. */
const ADDRESSED = /^(LDR|STR|LDM|STM|SWP|VLD|VST|PLD|PLI|unallocated hint)/;
const LOOSE = /^(LDR|STR)(B|H|SB|SH)?T? ?(\(|T)/;
/** What depends on the process, or leaves it; and IT, which stands before every T32 row. */
const LEFT_OUT = /^(VMRS|VMSR|MRC TPIDRURO$|SVC$|BKPT$|IT$)/;
/** 64-bit transfers, whose addresses must be aligned whatever register the offset is in. */
const DOUBLE = /RD /;

const fieldValue = (random: Random, name: string, width: number): number => {
  if (name === 'cond') return below(random, 4) === 0 ? below(random, 15) : 14;
  if (/^R/.test(name) && width === 4) return pick(random, NAMED);
  if (name === 'registers') return random() & LIST_MASK & (2 ** width - 1);
  return random() & (2 ** width - 1);
};

const slotOf = (register: number): number => (register === 14 ? 13 : register);

/** A random word of a row, and the registers that it needs as addresses put into `core`; undefined when it has none. */
const randomWord = (random: Random, {row, pattern}: CompiledRow, core: number[]): number | undefined => {
  const values: Record<string, number> = Object.fromEntries(
    pattern.fields.map(({name, width}) => [name, fieldValue(random, name, width)]),
  );
  const has = (name: string): boolean => values[name] !== undefined;
  if (has('Rm2')) values.Rm2 = values.Rm as number;
  // CPSR.E stays 0: big-endian data are not modelled.
  if (row.name.startsWith('MSR (register)')) core[slotOf(values.Rn as number)]! &= ~0x200;
  if (ADDRESSED.test(row.name)) {
    if (has('Rn')) {
      if (has('type')) Object.assign(values, {type: 0, imm5: below(random, 4)});
      if (values.Rm === values.Rn) return undefined;
      if (has('Rm')) core[slotOf(values.Rm as number)] = below(random, 64) * (DOUBLE.test(row.name) ? 8 : 1);
      if (/^[LS]..D \(immediate\)$/.test(row.name) && has('imm4L')) values.imm4L = (values.imm4L as number) & 12;
      const loose = LOOSE.test(row.name) && below(random, 4) === 0 ? below(random, 8) : 0;
      // Transfers of elements may ask for 32 bytes of alignment.
      const unit = row.name.startsWith('V') ? 32 : 8;
      core[slotOf(values.Rn as number)] = SCRATCH_MIDDLE + unit * below(random, 64) + loose;
    } else if (has('imm12')) values.imm12 = (values.imm12 as number) & 0xfc;
  }
  return encode(pattern, values);
};

/** Whether a word is of this row, rather than of one that specialises it, can be executed, and does not branch. */
const isRunnable = (row: string, decode: () => Operation): boolean => {
  try {
    const {name, end} = decode();
    return name === row && (end === undefined || end === 'fall-through');
  } catch (error) {
    if (error instanceof UnmodelledInstruction || error instanceof UndefinedInstruction) return false;
    throw error;
  }
};

const randomCore = (random: Random): number[] => {
  const core = Array.from({length: 15}, () => coreValue(random));
  core[14] = (random() & 0xf80f_0000) >>> 0;
  return core;
};

const vfpOf = (random: Random, name: string) => (name.startsWith('V') ? {vfp: vfpState(random, name)} : {});

/** One random case of a row, or undefined when the operands are UNPREDICTABLE or not modelled, or branch. */
const randomA32 = (random: Random, compiled: CompiledRow): Case | undefined => {
  const {name} = compiled.row;
  const core = randomCore(random);
  const word = randomWord(random, compiled, core);
  if (word === undefined || !isRunnable(name, () => decodeWord(word, CODE, 0))) return undefined;
  const words = [word];
  if (name.startsWith('STREX')) {
    if (word >>> 28 !== 14) return undefined;
    const Rn = (word >>> 16) & 15;
    // Half of the stores meet a reservation.
    const Rt = [0, 2, 4].find((register) => register !== Rn && register + 1 !== Rn) as number;
    if (below(random, 2) === 0) words.unshift(assemble(name.replace('STR', 'LDR'), {Rn, Rt}));
    else words.unshift(assemble('CLREX'));
  }
  return {name, words, thumb: false, core, ...vfpOf(random, name)};
};

/** The half-words of an instruction whose word is in a table of this width. */
const halvesFor = (width: number, word: number): readonly number[] => (width === 16 ? [word] : halvesOf(word));

/** The same for T32; most stand in an IT block, of several instructions where the row needs no address. */
const randomT32 = (random: Random, compiled: CompiledRow, width: number): Case | undefined => {
  const {name} = compiled.row;
  const core = randomCore(random);
  if (name.startsWith('STREX')) return randomStoreExclusive(random, compiled, core);
  return inItBlock(random, name, core, ADDRESSED.test(name) ? 1 : 1 + below(random, 4), () => {
    const word = randomWord(random, compiled, core);
    return word === undefined ? undefined : halvesFor(width, word);
  });
};

const inItBlock = (
  random: Random,
  name: string,
  core: readonly number[],
  most: number,
  next: () => readonly number[] | undefined,
): Case | undefined => {
  const isBlock = below(random, 3) > 0;
  const count = isBlock ? most : 1;
  const firstcond = count === 1 ? below(random, 15) : below(random, 14);
  // The bits after the first condition's choose then or else, and a 1 ends the block.
  const mask = ((random() << (5 - count)) & 15 & ~((1 << (5 - count)) - 1)) | (1 << (4 - count));
  const halves = isBlock ? [...assembleT32('IT', {firstcond, mask})] : [];
  let itState = isBlock ? (firstcond << 4) | mask : 0;
  for (let index = 0; index < count; index++) {
    const found = next();
    if (found === undefined || !isRunnable(name, () => decodeHalves(found, CODE, itState))) return undefined;
    itState = decodeHalves(found, CODE, itState).itStateAfter;
    halves.push(...found);
  }
  return {name: `T32 ${name}`, words: halves, thumb: true, core, ...vfpOf(random, name)};
};

const randomStoreExclusive = (random: Random, compiled: CompiledRow, core: number[]): Case | undefined => {
  const {name} = compiled.row;
  const word = randomWord(random, compiled, core);
  if (word === undefined || !isRunnable(name, () => decodeHalves(halvesOf(word)))) return undefined;
  const Rn = (word >>> 16) & 15;
  const [Rt, Rt2] = [0, 2, 4, 6].filter((register) => register !== Rn) as [number, number];
  const reserving = {
    Rn,
    Rt,
    ...(name === 'STREX T1' ? {imm8: word & 0xff} : {}),
    ...(name === 'STREXD T1' ? {Rt2} : {}),
  };
  const before = below(random, 2) === 0 ? assembleT32(name.replace('STR', 'LDR'), reserving) : assembleT32('CLREX T1');
  return {name: `T32 ${name}`, words: [...before, ...halvesOf(word)], thumb: true, core};
};

/** The T32 word with the meaning of an A32 VFP or Advanced SIMD word. */
const inThumb = (word: number): number => {
  const top = word >>> 24;
  if (top === 0xf2 || top === 0xf3) return (0xef00_0000 | ((top & 1) << 28) | (word & 0xff_ffff)) >>> 0;
  if (top === 0xf4) return (0xf900_0000 | (word & 0xff_ffff)) >>> 0;
  return (0xe000_0000 | (word & 0x0fff_ffff)) >>> 0;
};

const randomCoprocessorT32 = (random: Random, compiled: CompiledRow): Case | undefined => {
  const core = randomCore(random);
  return inItBlock(random, compiled.row.name, core, 1, () => {
    const word = randomWord(random, compiled, core);
    return word === undefined ? undefined : halvesOf(inThumb(word));
  });
};

/** What makes cases of a row. */
export interface Source {
  readonly name: string;
  readonly next: (random: Random) => Case | undefined;
}

const A32_ROWS = [...A32_CONDITIONAL.rows, ...A32_UNCONDITIONAL.rows].filter(({row}) => !LEFT_OUT.test(row.name));

const T32_SOURCES: readonly Source[] = [T32_NARROW, T32_WIDE, T32_LITERAL].flatMap(({rows, width}) =>
  rows
    .filter(({row}) => !LEFT_OUT.test(row.name))
    .map((compiled) => ({
      name: `T32 ${compiled.row.name}`,
      next: (random: Random) => randomT32(random, compiled, width),
    })),
);

/** VFP and Advanced SIMD have tests of their own as A32; here they are run as T32. */
const isVector = ({row}: CompiledRow): boolean => row.name.startsWith('V');

/** All rows but those that depend on the process; a row may have no case, if it always branches for instance. */
export const SOURCES: readonly Source[] = [
  ...A32_ROWS.filter((compiled) => !isVector(compiled)).map((compiled) => ({
    name: compiled.row.name,
    next: (random: Random) => randomA32(random, compiled),
  })),
  ...T32_SOURCES,
  ...A32_ROWS.filter(isVector).map((compiled) => ({
    name: `T32 ${compiled.row.name}`,
    next: (random: Random) => randomCoprocessorT32(random, compiled),
  })),
];

/** Up to `perRow` cases of each source. */
export const randomCases = (random: Random, perRow: number, sources = SOURCES): readonly Case[] =>
  sources.flatMap(({next}) => {
    const cases: Case[] = [];
    for (let attempt = 0; cases.length < perRow && attempt < 20 * perRow; attempt++) {
      const found = next(random);
      if (found) cases.push(found);
    }
    return cases;
  });

const INPUT = 0x0400_0000;
const OUTPUT = 0x0800_0000;
const CORE_BYTES = 64;
const VFP_BYTES = 256;
export const RECORD_BYTES = CORE_BYTES + VFP_BYTES;

const SP = 13;
const CORE_LIST = 0x5fff;
const vfpHalves = (name: 'VLDMIA' | 'VSTMIA'): readonly number[] =>
  [0, 1].map((D) => assemble(name, {D, W: 1, Rn: SP, Vd: 0, sz: 1, imm8: 32}));

/** r0–r12 and lr from the record at sp, then sp itself: in T32 this may load sp, but not move a constant there. */
const ENTER_T32 = [
  ...assembleT32('LDM T2', {Rn: SP, M: 1, registers: CORE_LIST & 0x1fff}),
  ...assembleT32('LDR (immediate) T3', {Rn: SP, Rt: SP, imm12: 60}),
];
/** BX pc leaves to the word behind its own. */
const BX_PC = assembleT32('BX T1', {Rm: 15});
const NOP = assembleT32('NOP T1');

const tested = ({words, thumb}: Case): readonly number[] => {
  if (!thumb)
    return [assemble('LDM', {U: 1, Rn: SP, registers: CORE_LIST}), ...loadConstant(SP, SCRATCH_MIDDLE), ...words];
  const padded = words.length % 2 === 0 ? words : [...words, ...NOP];
  const code = packHalves([...ENTER_T32, ...padded, ...BX_PC, ...NOP]);
  // To the instruction behind this one, in Thumb state: pc is a word ahead of it.
  return [assemble('BLX (immediate)', {imm24: 0xff_ffff}), ...code];
};

const NZCVQ = 0x4f8;
const GE = 0x80f;

const caseCode = (oneCase: Case, index: number): readonly number[] => {
  const {vfp} = oneCase;
  return [
    ...(vfp ? [...loadConstant(SP, INPUT + index * RECORD_BYTES + CORE_BYTES), ...vfpHalves('VLDMIA')] : []),
    ...loadConstant(SP, INPUT + index * RECORD_BYTES),
    assemble('LDR (immediate)', {P: 1, U: 1, Rn: SP, Rt: 0, imm12: 56}),
    assemble('MSR (register)', {mask: 3, Rn: 0}),
    ...tested(oneCase),
    ...loadConstant(SP, OUTPUT + index * RECORD_BYTES),
    assemble('STM', {U: 1, Rn: SP, registers: CORE_LIST}),
    // NZCVQ and GE, and FPSCR's NZCV behind them.
    assemble('MRS', {Rd: 0}),
    assemble('AND (immediate)', {Rn: 0, Rd: 1, imm12: NZCVQ}),
    assemble('AND (immediate)', {Rn: 0, Rd: 2, imm12: GE}),
    assemble('ORR (register)', {Rn: 1, Rd: 0, Rm: 2}),
    assemble('STR (immediate)', {P: 1, U: 1, Rn: SP, Rt: 0, imm12: 56}),
    assemble('VMRS APSR_nzcv'),
    assemble('MRS', {Rd: 0}),
    assemble('AND (immediate)', {Rn: 0, Rd: 0, imm12: 0x4f0}),
    assemble('STR (immediate)', {P: 1, U: 1, Rn: SP, Rt: 0, imm12: 60}),
    ...(vfp ? [...loadConstant(SP, OUTPUT + index * RECORD_BYTES + CORE_BYTES), ...vfpHalves('VSTMIA')] : []),
  ];
};

const ROUNDS_LEFT = 0x0c00_0000;
const NE = 1;
/** Executes code again and again. */
const repeat = (code: readonly number[], rounds: number): readonly number[] => {
  const [address, left] = [0, 1];
  const transfer = {P: 1, U: 1, Rn: address, Rt: left};
  const turn = [
    ...code,
    ...loadConstant(address, ROUNDS_LEFT),
    assemble('LDR (immediate)', transfer),
    assemble('SUB (immediate)', {S: 1, Rn: left, Rd: left, imm12: 1}),
    assemble('STR (immediate)', transfer),
  ];
  const start = [
    ...loadConstant(address, ROUNDS_LEFT),
    ...loadConstant(left, rounds),
    assemble('STR (immediate)', transfer),
  ];
  return [...start, ...turn, assemble('B', {cond: NE, imm24: (-turn.length - 2) & 0xff_ffff})];
};

/** Runs all cases in order, more than once if asked to, and writes a record each, then the scratch area. */
export const casesElf = (cases: readonly Case[], scratch: Uint8Array, rounds = 1): Uint8Array => {
  const outputBytes = cases.length * RECORD_BYTES;
  const input = new Uint8Array(outputBytes);
  for (const [index, {core, vfp = []}] of cases.entries()) {
    input.set(bytesOf([...core, SCRATCH_MIDDLE]), index * RECORD_BYTES);
    input.set(bytesOf(vfp), index * RECORD_BYTES + CORE_BYTES);
  }
  const code = [
    // What is before the first case may be loaded relative to pc.
    ...Array.from({length: 64}, () => assemble('NOP')),
    ...(rounds === 1 ? cases.flatMap(caseCode) : repeat(cases.flatMap(caseCode), rounds)),
    ...writeAll(OUTPUT, outputBytes),
    ...writeAll(SCRATCH, SCRATCH_BYTES),
    ...exitWith(0),
  ];
  return buildElf([
    {address: CODE, data: bytesOf(code), flags: 5},
    {address: SCRATCH, data: scratch, flags: 6},
    {address: INPUT, data: input, flags: 4},
    {address: OUTPUT, data: new Uint8Array(0), size: outputBytes, flags: 6},
    {address: ROUNDS_LEFT, data: new Uint8Array(4), flags: 6},
  ]);
};
