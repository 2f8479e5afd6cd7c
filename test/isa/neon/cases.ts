/** Random Advanced SIMD instructions, and a program that runs each on its own registers and writes what became of them. */

import {A32_UNCONDITIONAL} from '../../../src/isa/a32/a32.ts';
import {encode} from '../../../src/isa/core/bits.ts';
import type {CompiledRow} from '../../../src/isa/core/decode.ts';
import {UndefinedInstruction, UnmodelledInstruction} from '../../../src/isa/core/errors.ts';
import {NEON} from '../../../src/isa/neon/neon.ts';
import {assemble, buildElf, bytesOf, CODE, decodeWord, exitWith, loadConstant, writeAll} from '../assemble.ts';
import type {Random} from '../random-cases.ts';

export interface Case {
  readonly name: string;
  readonly word: number;
  /** r0–r12, then lr; sp apart. */
  readonly core: readonly number[];
  readonly sp: number;
  /** d0–d31 as words. */
  readonly vfp: readonly number[];
  readonly fpscr: number;
}

const below = (random: Random, limit: number): number => random() % limit;
const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T;

const NEON_ROWS: ReadonlySet<unknown> = new Set(NEON);
export const ROWS: readonly CompiledRow[] = A32_UNCONDITIONAL.rows.filter(({row}) => NEON_ROWS.has(row));

export const SCRATCH = 0x0200_0000;
export const SCRATCH_BYTES = 0x4000;
/** In the middle of a page and just before the next one. */
const BASES = [SCRATCH + 0x1800, SCRATCH + 0x2000 - 32];

const FLOATS = [
  0, 0x8000_0000, 1, 0x8000_0001, 0x007f_ffff, 0x807f_ffff, 0x0080_0000, 0x8080_0000, 0x3f80_0000, 0xbf80_0000,
  0x3f00_0000, 0x3fc0_0000, 0x4000_0000, 0x4040_0000, 0x4f00_0000, 0xcf00_0000, 0x4f80_0000, 0x7f7f_ffff, 0xff7f_ffff,
  0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc1_2345, 0x7f80_0001, 0xffa5_4321, 0x3f80_0001, 0x3f7f_ffff, 0x4b00_0001,
  0x1a00_0001, 0x7e00_0001, 0x7e80_0000, 0x7f00_0000, 0x0100_0000, 0x2000_0001, 0x5f80_0000, 0x477f_e000, 0x4780_0000,
  0x3880_0000, 0x3380_0000, 0x4effffff, 0x4f7f_ffff,
];

/** A lane of so many bits: anything, or a border of its range. */
const lane = (random: Random, bits: number): number => {
  const limit = 2 ** bits;
  const border = pick(random, [0, 0, limit / 2]);
  return below(random, 2) === 0 ? random() % limit : (border + pick(random, [-2, -1, 0, 1, 2]) + limit) % limit;
};
/** What a lane may be shifted by: small, up to the width and a little beyond, and anything. */
const amount = (random: Random, bits: number): number => {
  const by = below(random, 4) === 0 ? random() : below(random, 2 * bits + 5) - bits - 2;
  return ((by % 2 ** bits) + 2 ** bits) % 2 ** bits;
};
const float = (random: Random): number => {
  const kind = below(random, 4);
  if (kind === 0) return random();
  // Exponents close together, so that sums cancel and products stay in range.
  if (kind === 1) return ((random() & 0x807f_ffff) | ((118 + below(random, 18)) << 23)) >>> 0;
  return pick(random, FLOATS);
};
const HALVES = [0, 0x8000, 1, 0x3ff, 0x400, 0x3c00, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0xfd23, 0x7c01, 0x7fff, 0xffff];

const lanes = (bits: number, value: (bits: number) => number): number => {
  let word = 0;
  for (let at = 0; at < 32; at += bits) word += value(bits) * 2 ** at;
  return word;
};
const KINDS: readonly ((random: Random) => number)[] = [
  (random) => random(),
  (random) => lanes(8, (bits) => lane(random, bits)),
  (random) => lanes(16, (bits) => lane(random, bits)),
  (random) => lane(random, 32),
  (random) => lanes(8, (bits) => amount(random, bits)),
  (random) => lanes(16, (bits) => amount(random, bits)),
  (random) => amount(random, 32),
  (random) => lanes(16, () => pick(random, HALVES)),
];
const FLOAT_ROW = /F32|\.F|VCVT/;

const doubleword = (random: Random, name: string): readonly number[] => {
  if (FLOAT_ROW.test(name) && below(random, 4) !== 0) return [float(random), float(random)];
  // The borders of 64-bit lanes, and what shifts them.
  if (below(random, 5) === 0) {
    return pick(random, [
      [0, 0x8000_0000],
      [0xffff_ffff, 0x7fff_ffff],
      [0xffff_ffff, 0xffff_ffff],
      [1, 0],
      [0, 0],
    ]);
  }
  if (below(random, 8) === 0) return [amount(random, 32), random()];
  const kind = pick(random, KINDS);
  return [kind(random), kind(random)];
};

const isMemory = (name: string): boolean => /^V(LD|ST)\d/.test(name);

/** Half of the time the registers are few, so that they coincide and overlap. */
const registerField = (random: Random, name: string): number =>
  name.length === 1 ? below(random, 2) : pick(random, [random() & 15, random() & 14, random() & 3, random() & 2]);

const fieldValue = (random: Random, name: string, width: number): number => {
  if (/^[DNM]$|^V[dnm]$/.test(name)) return registerField(random, name);
  if (name === 'Rn') return pick(random, [0, 1, 2, 3, 5, 8, 12, 13, 14]);
  if (name === 'Rm') return pick(random, [15, 13, 0, 1, 2, 7, 12, 14]);
  return random() & (2 ** width - 1);
};

const SAME_BANK = 0.5;
/** All of FPSCR but Len and Stride: Advanced SIMD heeds AHP alone, and keeps what is set. */
const FPSCR_MASK = 0xffc0_009f;

/** One random case of a row, or undefined when the operands are UNDEFINED, UNPREDICTABLE or not modelled. */
export const randomCase = (random: Random, {row, pattern}: CompiledRow): Case | undefined => {
  const values = Object.fromEntries(pattern.fields.map(({name, width}) => [name, fieldValue(random, name, width)]));
  if (random() / 2 ** 32 < SAME_BANK) for (const name of ['D', 'N', 'M']) if (name in values) values[name] = 0;
  const word = encode(pattern, values as Record<string, number>);
  const core = Array.from({length: 14}, () => (below(random, 2) === 0 ? random() : below(random, 64)));
  let sp = random();
  if (isMemory(row.name)) {
    const address = pick(random, BASES) + pick(random, [0, 8 * below(random, 8), below(random, 64)]);
    if (values.Rn === 13) sp = address;
    else core[values.Rn === 14 ? 13 : (values.Rn as number)] = address;
  }
  try {
    const {form} = decodeWord(word, CODE, 0);
    // A misaligned access would end the program.
    if (isMemory(row.name)) {
      const base = values.Rn === 13 ? sp : (core[values.Rn === 14 ? 13 : (values.Rn as number)] as number);
      if (base % form !== 0) return undefined;
    }
  } catch (error) {
    if (error instanceof UnmodelledInstruction || error instanceof UndefinedInstruction) return undefined;
    throw error;
  }
  const vfp = Array.from({length: 32}, () => doubleword(random, row.name)).flat();
  return {name: row.name, word, core, sp, vfp, fpscr: below(random, 2) === 0 ? 0 : random() & FPSCR_MASK};
};

export const casesOf = (random: Random, row: CompiledRow, count: number): readonly Case[] => {
  const cases: Case[] = [];
  for (let attempt = 0; cases.length < count && attempt < 60 * count; attempt++) {
    const found = randomCase(random, row);
    if (found) cases.push(found);
  }
  return cases;
};

const INPUT = 0x0400_0000;
const OUTPUT = 0x0800_0000;
const CORE_WORDS = 16;
const CORE_BYTES = 4 * CORE_WORDS;
const RECORD_BYTES = CORE_BYTES + 256;
export const RECORD_WORDS = RECORD_BYTES / 4;

const R0 = 0;
const R1 = 1;
const R12 = 12;
const SP = 13;
const LR = 14;
const PC = 15;
const ALL_BUT_SP = 0x5fff;
const ALL_BUT_SP_AND_LR = 0x1fff;
/** RECORD_BYTES and CORE_BYTES as immediates of ADD. */
const ADD_RECORD = 0xd05;
const ADD_CORE = 0x040;

/** What the program keeps in memory while all registers are under test. */
const POINTERS = 0x0300_0000;
const POINTER = {input: 0, output: 4, return: 8, sp: 12, lr: 16} as const;
const RECORD = {lr: 52, fpscr: 56, sp: 60} as const;

const load = (Rt: number, Rn: number, imm12: number): number =>
  assemble('LDR (immediate)', {P: 1, U: 1, Rn, Rt, imm12});
const store = (Rt: number, Rn: number, imm12: number): number =>
  assemble('STR (immediate)', {P: 1, U: 1, Rn, Rt, imm12});
const addImmediate = (Rd: number, Rn: number, imm12: number): number => assemble('ADD (immediate)', {Rd, Rn, imm12});
const vfpHalves = (name: 'VLDMIA' | 'VSTMIA'): readonly number[] =>
  [0, 1].map((D) => assemble(name, {D, W: 1, Rn: R1, Vd: 0, sz: 1, imm8: 32}));

/** Takes all registers but sp from the input record. */
const restore: readonly number[] = [
  ...loadConstant(SP, POINTERS),
  store(LR, SP, POINTER.return),
  load(R0, SP, POINTER.input),
  addImmediate(R1, R0, ADD_CORE),
  ...vfpHalves('VLDMIA'),
  load(R1, R0, RECORD.fpscr),
  assemble('VMSR', {Rt: R1}),
  assemble('LDM', {U: 1, Rn: R0, registers: ALL_BUT_SP}),
  load(PC, SP, POINTER.return),
];

/** Makes sp and lr free for {@link save}. */
const release: readonly number[] = [
  assemble('MCR TPIDRURW', {Rt: R12}),
  ...loadConstant(R12, POINTERS),
  store(SP, R12, POINTER.sp),
  store(LR, R12, POINTER.lr),
  assemble('MOV (register)', {Rd: SP, Rm: R12}),
  assemble('MRC TPIDRURW', {Rt: R12}),
];

/** Puts all registers into the output record, and goes on to the next one. */
const save: readonly number[] = [
  store(LR, SP, POINTER.return),
  load(LR, SP, POINTER.output),
  assemble('STM', {U: 1, Rn: LR, registers: ALL_BUT_SP_AND_LR}),
  load(R1, SP, POINTER.lr),
  store(R1, LR, RECORD.lr),
  assemble('VMRS', {Rt: R1}),
  store(R1, LR, RECORD.fpscr),
  load(R1, SP, POINTER.sp),
  store(R1, LR, RECORD.sp),
  addImmediate(R1, LR, ADD_CORE),
  ...vfpHalves('VSTMIA'),
  store(R1, SP, POINTER.output),
  load(R0, SP, POINTER.input),
  addImmediate(R0, R0, ADD_RECORD),
  store(R0, SP, POINTER.input),
  load(PC, SP, POINTER.return),
];

/** BL from the `from`th word to the `to`th. */
const call = (from: number, to: number): number => assemble('BL', {imm24: (to - from - 2) & 0xff_ffff});

/** A branch over the subroutines, then the cases. */
const programCode = (cases: readonly Case[]): readonly number[] => {
  const subroutines = [...restore, ...save];
  const code = [assemble('B', {imm24: subroutines.length - 1}), ...subroutines];
  const [restoreAt, saveAt] = [1, 1 + restore.length];
  for (const {word, sp} of cases) {
    code.push(call(code.length, restoreAt), ...loadConstant(SP, sp), word, ...release);
    code.push(call(code.length, saveAt));
  }
  return code;
};

/** Input and output records: r0–r12, lr, FPSCR, sp, d0–d31. Runs all cases in order and writes a record each, then the scratch area. */
export const casesElf = (cases: readonly Case[], scratch: Uint8Array): Uint8Array => {
  const outputBytes = cases.length * RECORD_BYTES;
  const input = new Uint8Array(outputBytes);
  for (const [index, {core, vfp, fpscr}] of cases.entries()) {
    input.set(bytesOf([...core, fpscr]), index * RECORD_BYTES);
    input.set(bytesOf(vfp), index * RECORD_BYTES + CORE_BYTES);
  }
  const code = [
    ...programCode(cases),
    ...writeAll(OUTPUT, outputBytes),
    ...writeAll(SCRATCH, SCRATCH_BYTES),
    ...exitWith(0),
  ];
  return buildElf([
    {address: CODE, data: bytesOf(code), flags: 5},
    {address: SCRATCH, data: scratch, flags: 6},
    {address: POINTERS, data: bytesOf([INPUT, OUTPUT]), size: 64, flags: 6},
    {address: INPUT, data: input, flags: 4},
    {address: OUTPUT, data: new Uint8Array(0), size: outputBytes, flags: 6},
  ]);
};
