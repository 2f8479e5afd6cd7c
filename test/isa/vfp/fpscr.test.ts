import {describe, expect, it} from 'vitest';
import {hexadecimal, UndefinedInstruction, UnmodelledInstruction} from '../../../src/isa/core/errors.ts';
import {assemble, buildElf, bytesOf, CODE, decodeWord, exitWith, loadConstant, program, writeAll} from '../assemble.ts';
import {hasQemu, run, runQemu, WHY_SKIPPED} from '../run.ts';

const DATA = 0x0010_0000;
const withData = (words: readonly number[]): Uint8Array =>
  buildElf([
    {address: CODE, data: bytesOf(words), flags: 5},
    {address: DATA, data: new Uint8Array(0), size: 0x1000, flags: 6},
  ]);

/** d0 = 1, d1 = 2, d2 = 3: a quotient of 1 and 3 is inexact. */
const CONSTANTS = [0x70, 0x00, 0x08].map((imm8, Vd) =>
  assemble('VMOV (immediate).F64', {Vd, imm4H: imm8 >>> 4, imm4L: imm8 & 15}),
);
const write = (value: number): readonly number[] => [...loadConstant(4, value), assemble('VMSR', {Rt: 4})];
const finish = (words: readonly number[]) => {
  const {emulator} = run(program([...CONSTANTS, ...words, assemble('VMRS', {Rt: 5}), ...exitWith(0)]));
  return {fpscr: emulator.cpu.r[5]! >>> 0, host: emulator.cpu.hostArithmetic, cpu: emulator.cpu};
};

const RMODE_DOWN = 2 << 22;
const FZ = 1 << 24;
const DN = 1 << 25;
const AHP = 1 << 26;
const IXC = 1 << 4;
const EXACT = assemble('VADD.F64', {Vd: 3, Vn: 0, Vm: 1});
const INEXACT = assemble('VDIV.F64', {Vd: 3, Vn: 0, Vm: 2});

describe('FPSCR', () => {
  it('keeps flags, modes and cumulative bits, and no trap enables', () => {
    expect(hexadecimal(finish(write(0xffc8_ffff)).fpscr)).toBe('0xffc0009f');
  });

  it.each([
    ['of a new process', [], 0],
    ['after exact arithmetic', [EXACT], 0],
    ['after inexact arithmetic', [INEXACT], 1],
    ['with IXC written', write(IXC), 1],
    ['with AHP', write(IXC | AHP), 1],
    ['in another rounding mode', [...write(RMODE_DOWN), INEXACT], 0],
    ['flushing to zero', write(IXC | FZ), 0],
    ['with default NaNs', write(IXC | DN), 0],
    ['with IXC cleared', [INEXACT, ...write(0)], 0],
  ])('%s lets host arithmetic be all: %i', (_, words, host) => {
    expect(finish(words).host).toBe(host);
  });

  it('rounds as RMode says', () => {
    expect(finish([INEXACT]).cpu.doubles[3]).toBe(1 / 3);
    expect(finish([...write(1 << 22), INEXACT]).cpu.doubles[3]).toBe(1 / 3 + 2 ** -54);
    expect(finish([...write(RMODE_DOWN), INEXACT]).fpscr).toBe(RMODE_DOWN | IXC);
  });

  it.each([1 << 16, 3 << 20])('takes no short vectors (0x%i)', (value) => {
    expect(() => finish(write(value))).toThrow(UnmodelledInstruction);
  });
});

const UNDEFINED: readonly (readonly [string, number])[] = [
  ...[0, 6, 7, 8].flatMap((reg) => [
    [`VMRS of system register ${reg}`, 0xeef0_0a10 | (reg << 16)] as const,
    [`VMSR of system register ${reg}`, 0xeee0_0a10 | (reg << 16)] as const,
  ]),
  ['VDUP of neither size', 0xeec0_0b30],
  ['VDUP to an odd quadword', 0xeea1_0b10],
  ['VMOV to a scalar of no size', 0xee00_0b50],
  ['VMOV from an unsigned word scalar', 0xee90_0b10],
  ['VCVTB.F64.F16', 0xeeb2_0b40],
  ['VLDM decrement without write-back', 0xed30_0a00 & ~(1 << 24) & ~(1 << 23)],
  ['VLDM with P and U', 0xedb0_0a02],
  ['VDIV with bit 6', 0xee80_0a40],
].map(([name, word]) => [name as string, (word as number) >>> 0] as const);

describe('UNDEFINED', () => {
  it.each(UNDEFINED)('%s', (_, word) => {
    expect(() => decodeWord(word)).toThrow(UndefinedInstruction);
  });

  it.skipIf(!hasQemu).each(UNDEFINED)(`%s to qemu-arm too${WHY_SKIPPED}`, (_, word) => {
    expect(runQemu(program([word, ...exitWith(0)])).exitCode).not.toBe(0);
  });
});

describe('FLDMX and FSTMX', () => {
  const code = [
    ...CONSTANTS,
    ...loadConstant(6, DATA),
    // FSTMIAX r6!, {d0-d2}; FLDMDBX r6!, {d5-d6}; FLDMIAX r6, {d8-d9}
    assemble('VSTMIA', {W: 1, Rn: 6, Vd: 0, sz: 1, imm8: 7}),
    assemble('VLDMDB', {Rn: 6, Vd: 5, sz: 1, imm8: 5}),
    assemble('VLDMIA', {Rn: 6, Vd: 8, sz: 1, imm8: 5}),
    ...loadConstant(7, DATA + 0x100),
    assemble('STR (immediate)', {P: 1, U: 1, Rn: 7, Rt: 6}),
    assemble('ADD (immediate)', {Rn: 7, Rd: 7, imm12: 8}),
    assemble('VSTMIA', {Rn: 7, Vd: 0, sz: 1, imm8: 20}),
    ...writeAll(DATA, 0x200),
    ...exitWith(0),
  ];

  it('transfer whole registers, and step a word further', () => {
    const {emulator} = run(withData(code));
    const {r, doubles} = emulator.cpu;
    expect(r[6]! >>> 0).toBe(DATA + 28 - 20);
    expect([...doubles.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect([doubles[5], doubles[6], doubles[8], doubles[9]]).toEqual([2, 3, 2, 3]);
  });

  it.skipIf(!hasQemu)(`do the same in qemu-arm${WHY_SKIPPED}`, () => {
    expect(run(withData(code)).output).toEqual(runQemu(withData(code)).output);
  });
});
