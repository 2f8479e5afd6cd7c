/** Random instructions of every row, and a program that runs each on its own register state and dumps what became of it. */
import {A32_CONDITIONAL, A32_UNCONDITIONAL} from '../../src/isa/a32/a32.ts';
import {encode} from '../../src/isa/core/bits.ts';
import type {CompiledRow} from '../../src/isa/core/decode.ts';
import {UnmodelledInstruction} from '../../src/isa/core/errors.ts';
import {assemble, buildElf, bytesOf, CODE, decodeWord, exitWith, loadConstant, writeAll} from './assemble.ts';

export interface Case {
  readonly name: string;
  readonly words: readonly number[];
  /** r0–r12, lr, then NZCVQ. */
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

const isMemory = (fields: ReadonlySet<string>): boolean =>
  fields.has('Rn') && (fields.has('P') || fields.has('imm8') || fields.has('registers'));

const fieldValue = (random: Random, name: string, width: number): number => {
  if (name === 'cond') return below(random, 4) === 0 ? below(random, 15) : 14;
  if (/^R[dnmtas]|^Rt2$/.test(name) && width === 4) return pick(random, NAMED);
  if (name === 'registers') return random() & LIST_MASK;
  return random() & (2 ** width - 1);
};

/** Words whose base register must hold an address, and which register that is. */
const ADDRESSED = /^(LDR|STR|LDM|STM|VLD|VST|PLD|PLI)/;
const LEFT_OUT = /^(B|BL|BX|BLX \(register\)|SVC|VMRS|VMSR|hint|MRC TPIDRURO)$/;

/** One random case of a row, or undefined when the operands are UNPREDICTABLE or not modelled. */
const randomCase = (random: Random, {row, pattern}: CompiledRow): Case | undefined => {
  const values = Object.fromEntries(pattern.fields.map(({name, width}) => [name, fieldValue(random, name, width)]));
  const names = new Set(pattern.fields.map(({name}) => name));
  const core = Array.from({length: 15}, () => coreValue(random));
  core[14] = (random() & 0xf800_0000) >>> 0;
  const slot = (register: number): number => (register === 14 ? 13 : register);
  if (ADDRESSED.test(row.name) || isMemory(names)) {
    if (names.has('type')) Object.assign(values, {type: 0, imm5: below(random, 4)});
    if (names.has('Rm')) core[slot(values.Rm as number)] = below(random, 64) * (row.name.includes('RD ') ? 8 : 1);
    if (values.Rm === values.Rn) return undefined;
    const aligned = 8 * below(random, 64);
    const loose = /^(LDR|STR)(B|H|SB|SH)? \(/.test(row.name) && below(random, 4) === 0 ? below(random, 8) : 0;
    if (row.name.includes('RD (immediate)')) values.imm4L = (values.imm4L as number) & 12;
    core[slot(values.Rn as number)] = SCRATCH_MIDDLE + aligned + loose;
  }
  const words = [encode(pattern, values as Record<string, number>)];
  if (row.name.startsWith('STREX')) {
    if (values.cond !== 14) return undefined;
    // Half of the stores meet a reservation.
    const Rt = [0, 2, 4].find((register) => register !== values.Rn && register + 1 !== values.Rn) as number;
    if (below(random, 2) === 0) words.unshift(assemble(row.name.replace('STR', 'LDR'), {Rn: values.Rn as number, Rt}));
    else words.unshift(assemble('CLREX'));
  }
  try {
    decodeWord(words.at(-1) as number, CODE, 0);
  } catch (error) {
    if (error instanceof UnmodelledInstruction) return undefined;
    throw error;
  }
  const usesVfp = row.name.startsWith('V');
  return {name: row.name, words, core, ...(usesVfp ? {vfp: vfpState(random, row.name)} : {})};
};

/** `perRow` cases of every row that neither branches nor depends on the process. */
export const randomCases = (random: Random, perRow: number): readonly Case[] =>
  [...A32_CONDITIONAL.rows, ...A32_UNCONDITIONAL.rows]
    .filter(({row}) => !LEFT_OUT.test(row.name))
    .flatMap((compiled) => {
      const cases: Case[] = [];
      for (let attempt = 0; cases.length < perRow && attempt < 20 * perRow; attempt++) {
        const found = randomCase(random, compiled);
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

const caseCode = ({words, vfp}: Case, index: number): readonly number[] => [
  ...(vfp ? [...loadConstant(SP, INPUT + index * RECORD_BYTES + CORE_BYTES), ...vfpHalves('VLDMIA')] : []),
  ...loadConstant(SP, INPUT + index * RECORD_BYTES),
  assemble('LDR (immediate)', {P: 1, U: 1, Rn: SP, Rt: 0, imm12: 56}),
  assemble('MSR (register)', {mask: 2, Rn: 0}),
  assemble('LDM', {U: 1, Rn: SP, registers: CORE_LIST}),
  ...loadConstant(SP, SCRATCH_MIDDLE),
  ...words,
  ...loadConstant(SP, OUTPUT + index * RECORD_BYTES),
  assemble('STM', {U: 1, Rn: SP, registers: CORE_LIST}),
  assemble('MRS', {Rd: 0}),
  // NZCVQ, and FPSCR's NZCV behind it.
  assemble('AND (immediate)', {Rn: 0, Rd: 0, imm12: 0x4f8}),
  assemble('STR (immediate)', {P: 1, U: 1, Rn: SP, Rt: 0, imm12: 56}),
  assemble('VMRS APSR_nzcv'),
  assemble('MRS', {Rd: 0}),
  assemble('AND (immediate)', {Rn: 0, Rd: 0, imm12: 0x4f0}),
  assemble('STR (immediate)', {P: 1, U: 1, Rn: SP, Rt: 0, imm12: 60}),
  ...(vfp ? [...loadConstant(SP, OUTPUT + index * RECORD_BYTES + CORE_BYTES), ...vfpHalves('VSTMIA')] : []),
];

/** Runs all cases in order and writes a record each, then the scratch area. */
export const casesElf = (cases: readonly Case[], scratch: Uint8Array): Uint8Array => {
  const outputBytes = cases.length * RECORD_BYTES;
  const input = new Uint8Array(outputBytes);
  for (const [index, {core, vfp = []}] of cases.entries()) {
    input.set(bytesOf(core), index * RECORD_BYTES);
    input.set(bytesOf(vfp), index * RECORD_BYTES + CORE_BYTES);
  }
  const code = [
    ...cases.flatMap(caseCode),
    ...writeAll(OUTPUT, outputBytes),
    ...writeAll(SCRATCH, SCRATCH_BYTES),
    ...exitWith(0),
  ];
  return buildElf([
    {address: CODE, data: bytesOf(code), flags: 5},
    {address: SCRATCH, data: scratch, flags: 6},
    {address: INPUT, data: input, flags: 4},
    {address: OUTPUT, data: new Uint8Array(0), size: outputBytes, flags: 6},
  ]);
};
