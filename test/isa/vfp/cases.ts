/**
 * A program that runs VFP instructions, each on many operands under many values of FPSCR, and dumps registers and FPSCR
 * behind each. All work on the same registers: d0 or s0 the destination, d1 or s2 and d2 or s4 the operands, r4 and r5.
 */
import {A32_CONDITIONAL} from '../../../src/isa/a32/a32.ts';
import {encode} from '../../../src/isa/core/bits.ts';
import type {CompiledRow} from '../../../src/isa/core/decode.ts';
import {assemble, buildElf, bytesOf, CODE, decodeWord, exitWith, loadConstant, writeAll} from '../assemble.ts';
import type {Random} from '../random-cases.ts';

/** FPSCR, r4, r5, r6 (unused); d0–d2. */
export type Registers = readonly number[];
export const RECORD_WORDS = 10;

export interface Tested {
  readonly name: string;
  readonly word: number;
  readonly cases: readonly Registers[];
}

const below = (random: Random, limit: number): number => random() % limit;
const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T;

export const SINGLES: readonly number[] = [
  0x0000_0000, 0x0000_0001, 0x0000_0002, 0x0000_0003, 0x003f_ffff, 0x0040_0000, 0x007f_ffff, 0x0080_0000, 0x0080_0001,
  0x00ff_ffff, 0x0100_0000, 0x0100_0001, 0x1a00_0001, 0x1fff_ffff, 0x2000_0000, 0x2000_0001, 0x3380_0000, 0x3400_0000,
  0x3eff_ffff, 0x3f00_0000, 0x3f00_0001, 0x3f7f_ffff, 0x3f80_0000, 0x3f80_0001, 0x3fc0_0000, 0x3fff_ffff, 0x4000_0000,
  0x4020_0000, 0x477f_e000, 0x477f_efff, 0x477f_f000, 0x4780_0000, 0x3880_0000, 0x387f_c000, 0x387f_e000, 0x3300_0000,
  0x4b00_0001, 0x4b7f_ffff, 0x4eff_ffff, 0x4f00_0000, 0x4f7f_ffff, 0x4f80_0000, 0x5f80_0000, 0x7e80_0000, 0x7f00_0001,
  0x7f7f_fffe, 0x7f7f_ffff, 0x7f80_0000, 0x7fc0_0000, 0x7fc1_2345, 0x7fff_ffff, 0x7f80_0001, 0x7fa5_4321, 0x7fbf_ffff,
];

export const DOUBLES: readonly bigint[] = [
  0x0000_0000_0000_0000n,
  0x0000_0000_0000_0001n,
  0x0000_0000_0000_0003n,
  0x0008_0000_0000_0000n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x0010_0000_0000_0001n,
  0x001f_ffff_ffff_ffffn,
  0x0020_0000_0000_0001n,
  0x0350_0000_0000_0001n,
  0x1ff0_0000_0000_0001n,
  0x2000_0000_0000_0003n,
  0x36a0_0000_0000_0000n,
  0x36a0_0000_0000_0001n,
  0x380f_ffff_f000_0000n,
  0x380f_ffff_e000_0000n,
  0x3810_0000_0000_0000n,
  0x3c90_0000_0000_0000n,
  0x3ca0_0000_0000_0000n,
  0x3fdf_ffff_ffff_ffffn,
  0x3fe0_0000_0000_0000n,
  0x3fef_ffff_ffff_ffffn,
  0x3ff0_0000_0000_0000n,
  0x3ff0_0000_0000_0001n,
  0x3ff0_0000_1000_0000n,
  0x3ff0_0000_3000_0000n,
  0x3ff8_0000_0000_0000n,
  0x4004_0000_0000_0000n,
  0x40ef_ffff_ffff_ffffn,
  0x41df_ffff_ffc0_0000n,
  0x41df_ffff_ffe0_0000n,
  0x41e0_0000_0000_0000n,
  0x41e0_0000_0010_0000n,
  0x41ef_ffff_ffe0_0000n,
  0x41ef_ffff_fff0_0000n,
  0x41f0_0000_0000_0000n,
  0x4330_0000_0000_0001n,
  0x47ef_ffff_e000_0000n,
  0x47ef_ffff_efff_ffffn,
  0x47ef_ffff_f000_0000n,
  0x47f0_0000_0000_0000n,
  0x5fe0_0000_0000_0001n,
  0x7ca0_0000_0000_0000n,
  0x7fd0_0000_0000_0001n,
  0x7fef_ffff_ffff_fffen,
  0x7fef_ffff_ffff_ffffn,
  0x7ff0_0000_0000_0000n,
  0x7ff8_0000_0000_0000n,
  0x7ff8_1234_5678_9abcn,
  0x7fff_ffff_ffff_ffffn,
  0x7ff0_0000_0000_0001n,
  0x7ff0_0000_2000_0000n,
  0x7ff4_0000_dead_beefn,
];

const signed = (random: Random, bits: number): number => (bits | (random() & 0x8000_0000)) >>> 0;

/** A significand of few bits, so that results are exact, or lie halfway. */
const sparse = (random: Random, width: number): number => {
  const bits = (1 << below(random, width)) | (1 << below(random, width)) | (1 << below(random, width));
  return below(random, 4) === 0 ? 2 ** width - 1 - (1 << below(random, width)) : bits & (2 ** width - 1);
};

const single = (random: Random): number => {
  const kind = below(random, 8);
  if (kind < 3) return signed(random, pick(random, SINGLES));
  if (kind === 3) return random();
  const exponent = kind < 6 ? 112 + below(random, 32) : kind === 6 ? below(random, 40) : 220 + below(random, 35);
  const fraction = below(random, 2) === 0 ? sparse(random, 23) : random() & 0x7f_ffff;
  return signed(random, (exponent << 23) | fraction);
};

/** Low word, high word. */
const double = (random: Random): readonly [number, number] => {
  const kind = below(random, 8);
  if (kind < 3) {
    const value = pick(random, DOUBLES);
    return [Number(value & 0xffff_ffffn), signed(random, Number(value >> 32n))];
  }
  if (kind === 3) return [random(), random()];
  const exponent = kind < 6 ? 990 + below(random, 66) : kind === 6 ? below(random, 110) : 1920 + below(random, 127);
  const low = below(random, 2) === 0 ? (below(random, 2) === 0 ? 0 : sparse(random, 30)) : random();
  const fraction = below(random, 2) === 0 ? sparse(random, 20) : random() & 0xf_ffff;
  return [low, signed(random, (exponent << 20) | fraction)];
};

/** What two operands nearly cancel, or nearly double: a neighbour of one of them, with either sign. */
const neighbour = (random: Random, [low, high]: readonly number[]): readonly [number, number] => [
  ((low as number) + below(random, 3) - 1) >>> 0,
  signed(random, (high as number) + (below(random, 3) - 1) * pick(random, [0, 1, 0x8_0000, 0x10_0000])),
];

const operands = (random: Random, doubles: boolean): readonly number[] => {
  const register = (): readonly number[] => (doubles ? double(random) : [single(random), single(random)]);
  const registers = [register(), register(), register()];
  if (below(random, 4) === 0) registers[below(random, 3)] = neighbour(random, pick(random, registers));
  return registers.flat();
};

const QC = 1 << 27;
const IXC = 1 << 4;
const CUMULATIVE = [0, 0, IXC, IXC, 0x9f, QC, 0x80, 0x0f];

/** Round to nearest, without flush to zero and default NaN, half of the time. */
const fpscr = (random: Random): number => {
  const modes = below(random, 2) === 0 ? 0 : random() & 0x07c0_0000;
  return ((random() & 0xf000_0000) | modes | pick(random, CUMULATIVE)) >>> 0;
};

const MOVES = /VMOV|VDUP/;
const wholeNumber = (random: Random): number =>
  pick(random, [random(), random() >>> below(random, 32), 0x8000_0000, 0xffff_ffff, 0x7fff_ffff, 0]);

const registersFor = (random: Random, {name}: {readonly name: string}, word: number): Registers => {
  const doubles = ((word >>> 8) & 1) === 1;
  const values = [...operands(random, name === 'VCVT.F64.F32' ? false : name === 'VCVT.F32.F64' ? true : doubles)];
  // Conversions from integers and fixed point take whole numbers, in m or in d.
  if (/^VCVT\.F\./.test(name)) Object.assign(values, {0: wholeNumber(random), 4: wholeNumber(random)});
  // Halves are most often seen whole.
  if (name === 'VCVT.F32.F16' && below(random, 2) === 0) values[4] = random();
  return [fpscr(random), random(), random(), 0, ...values];
};

const FIXED: Readonly<Record<string, number>> = {cond: 14, Vd: 0, D: 0, Vn: 1, N: 0, Vm: 2, M: 0, Rt: 4, Rt2: 5};

/** The row's words with these registers: all values of the other fields, or `limit` random ones. */
const wordsOf = (random: Random, {row, pattern}: CompiledRow, limit: number): readonly number[] => {
  const free = pattern.fields.filter(({name}) => FIXED[name] === undefined);
  const width = free.reduce((bits, field) => bits + field.width, 0);
  const all = 2 ** width;
  const choices =
    all <= limit ? Array.from({length: all}, (_, index) => index) : [0, all - 1, ...drawn(random, all, limit - 2)];
  return choices.flatMap((choice) => {
    let rest = choice;
    const values: Record<string, number> = {};
    for (const {name, width: bits} of pattern.fields) {
      if (FIXED[name] !== undefined) values[name] = FIXED[name];
      else {
        values[name] = rest % 2 ** bits;
        rest = Math.floor(rest / 2 ** bits);
      }
    }
    // A vector starts at an even register.
    if (row.name.startsWith('VDUP') && values.Q === 1) values.Vn = 0;
    const word = encode(pattern, values);
    return isDecodable(word) ? [word] : [];
  });
};
const drawn = (random: Random, all: number, count: number): readonly number[] =>
  Array.from({length: count}, () => below(random, all));

const isDecodable = (word: number): boolean => {
  try {
    decodeWord(word, CODE);
    return true;
  } catch {
    return false;
  }
};

/** Loads and stores are among the cases of random-cases.ts; VMRS and VMSR are in every case. */
const TESTED = /^V(?!LD|ST|MRS|MSR)/;
export const vfpRows = A32_CONDITIONAL.rows.filter(({row}) => TESTED.test(row.name));

export const randomTests = (random: Random, perRow: number): readonly Tested[] =>
  vfpRows.flatMap((compiled) => {
    const words = wordsOf(random, compiled, 64);
    const each = Math.ceil((MOVES.test(compiled.row.name) ? Math.min(perRow, 200) : perRow) / words.length);
    return words.map((word) => ({
      name: compiled.row.name,
      word,
      cases: Array.from({length: each}, () => registersFor(random, compiled.row, word)),
    }));
  });

/** RMode, FZ and DN. */
const MODES = Array.from({length: 16}, (_, index) => index << 22);

const specials = (word: number): readonly (readonly [number, number])[] =>
  ((word >>> 8) & 1) === 0
    ? SINGLES.map((bits) => [bits, bits])
    : DOUBLES.map((bits) => [Number(bits & 0xffff_ffffn), Number(bits >> 32n)]);
const withSign = (random: Random, [low, high]: readonly [number, number]): readonly number[] =>
  [low, high].map((word, index) => (index === 1 || low === high ? signed(random, word) : word));

const BINARY = /^V(ADD|SUB|N?MUL|DIV|N?ML[AS]|FN?M[AS]|CMP)\./;

/** Rows of two operands, on all pairs of special values, each in `each` of the modes. */
export const specialTests = (random: Random, each: number): readonly Tested[] =>
  vfpRows
    .filter(({row}) => BINARY.test(row.name))
    .flatMap((compiled) =>
      wordsOf(random, compiled, 2).map((word) => {
        const values = specials(word);
        const pairs = values.flatMap((n) => values.map((m) => [n, m] as const));
        const cases = pairs.flatMap(([n, m]) =>
          Array.from({length: each}, (_, index) => {
            const mode = MODES[each === MODES.length ? index : below(random, MODES.length)] as number;
            // A comparison's operands are d and m.
            const d = compiled.row.name.startsWith('VCMP') ? n : pick(random, values);
            const registers = [d, n, m].flatMap((value) => withSign(random, value));
            return [mode | pick(random, CUMULATIVE), 0, 0, 0, ...registers].map((item) => item >>> 0);
          }),
        );
        return {name: compiled.row.name, word, cases};
      }),
    );

const INPUT = 0x0400_0000;
const OUTPUT = 0x1000_0000;
const CORE_LIST = 0b111_0100;
const NE = 1;

const testCode = ({word, cases}: Tested): readonly number[] => [
  ...loadConstant(3, cases.length),
  assemble('LDM', {U: 1, W: 1, Rn: 0, registers: CORE_LIST}),
  assemble('VLDMIA', {W: 1, Rn: 0, sz: 1, imm8: 6}),
  assemble('VMSR', {Rt: 2}),
  word,
  assemble('VMRS', {Rt: 2}),
  assemble('STM', {U: 1, W: 1, Rn: 1, registers: CORE_LIST}),
  assemble('VSTMIA', {W: 1, Rn: 1, sz: 1, imm8: 6}),
  assemble('SUB (immediate)', {S: 1, Rn: 3, Rd: 3, imm12: 1}),
  assemble('B', {cond: NE, imm24: -10 & 0xff_ffff}),
];

/** Writes a record for each case, in order. */
export const testsElf = (tests: readonly Tested[]): Uint8Array => {
  const input = bytesOf(tests.flatMap(({cases}) => cases.flat()));
  const code = [
    ...loadConstant(0, INPUT),
    ...loadConstant(1, OUTPUT),
    ...tests.flatMap(testCode),
    ...writeAll(OUTPUT, input.length),
    ...exitWith(0),
  ];
  return buildElf([
    {address: CODE, data: bytesOf(code), flags: 5},
    {address: INPUT, data: input, flags: 4},
    {address: OUTPUT, data: new Uint8Array(0), size: input.length, flags: 6},
  ]);
};
