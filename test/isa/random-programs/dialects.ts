/** The instructions that hold random programs together, in both instruction sets, as half-words. */
import {assemble, assembleT32} from '../assemble.ts';
import {LR, PC, SP} from './layout.ts';
import type {InstructionSet} from './tree.ts';

export const words = (...list: readonly number[]): readonly number[] =>
  list.flatMap((word) => [word & 0xffff, word >>> 16]);

const NEVER_TAKEN = 14;

/** What the program's own instructions are in each set. Offsets of branches come from labels. */
export interface Dialect {
  readonly constant: (register: number, value: number) => readonly number[];
  readonly move: (to: number, from: number) => readonly number[];
  readonly load: (register: number, base: number, offset: number) => readonly number[];
  readonly store: (register: number, base: number, offset: number) => readonly number[];
  readonly subtractOne: (register: number) => readonly number[];
  /** Flags of the lower bits of a register. */
  readonly test: (register: number, mask: number) => readonly number[];
  /** to = from & mask; to = a + b. */
  readonly and: (to: number, from: number, mask: number) => readonly number[];
  readonly add: (to: number, a: number, b: number) => readonly number[];
  readonly push: (list: number) => readonly number[];
  readonly pop: (list: number) => readonly number[];
  readonly call: readonly number[];
  readonly exchange: (register: number) => readonly number[];
  readonly callRegister: (register: number) => readonly number[];
  readonly nothing: readonly number[];
}

export const A32: Dialect = {
  constant: (Rd, value) =>
    words(
      assemble('MOVW', {Rd, imm4: (value >>> 12) & 15, imm12: value & 0xfff}),
      assemble('MOVT', {Rd, imm4: value >>> 28, imm12: (value >>> 16) & 0xfff}),
    ),
  move: (Rd, Rm) => words(assemble('MOV (register)', {Rd, Rm})),
  load: (Rt, Rn, imm12) => words(assemble('LDR (immediate)', {P: 1, U: 1, Rn, Rt, imm12})),
  store: (Rt, Rn, imm12) => words(assemble('STR (immediate)', {P: 1, U: 1, Rn, Rt, imm12})),
  subtractOne: (Rd) => words(assemble('SUB (immediate)', {S: 1, Rn: Rd, Rd, imm12: 1})),
  test: (Rn, imm12) => words(assemble('TST (immediate)', {Rn, imm12})),
  and: (Rd, Rn, imm12) => words(assemble('AND (immediate)', {Rn, Rd, imm12})),
  add: (Rd, Rn, Rm) => words(assemble('ADD (register)', {Rn, Rd, Rm})),
  push: (registers) => words(assemble('STM', {P: 1, W: 1, Rn: SP, registers})),
  pop: (registers) => words(assemble('LDM', {U: 1, W: 1, Rn: SP, registers})),
  call: words(assemble('SVC')),
  exchange: (Rm) => words(assemble('BX', {Rm})),
  callRegister: (Rm) => words(assemble('BLX (register)', {Rm})),
  nothing: words(assemble('NOP')),
};
const wideImmediate = (value: number) => ({
  imm4: value >>> 12,
  i: (value >>> 11) & 1,
  imm3: (value >>> 8) & 7,
  imm8: value & 0xff,
});
export const T32: Dialect = {
  constant: (Rd, value) => [
    ...assembleT32('MOVW T3', {Rd, ...wideImmediate(value & 0xffff)}),
    ...assembleT32('MOVT T1', {Rd, ...wideImmediate(value >>> 16)}),
  ],
  move: (Rd, Rm) => assembleT32('MOV (register) T1', {D: Rd >>> 3, Rd: Rd & 7, Rm}),
  load: (Rt, Rn, imm12) => assembleT32('LDR (immediate) T3', {Rn, Rt, imm12}),
  store: (Rt, Rn, imm12) => assembleT32('STR (immediate) T3', {Rn, Rt, imm12}),
  subtractOne: (Rd) => assembleT32('SUB (immediate) T3', {S: 1, Rn: Rd, Rd, imm8: 1}),
  test: (Rn, imm8) => assembleT32('TST (immediate) T1', {Rn, imm8}),
  and: (Rd, Rn, imm8) => assembleT32('AND (immediate) T1', {Rn, Rd, imm8}),
  add: (Rd, Rn, Rm) => assembleT32('ADD (register) T3', {Rn, Rd, Rm}),
  push: (list) => assembleT32('STMDB T1', {W: 1, Rn: SP, M: (list >>> LR) & 1, registers: list & 0x1fff}),
  pop: (list) => assembleT32('LDM T2', {W: 1, Rn: SP, P: list >>> PC, M: (list >>> LR) & 1, registers: list & 0x1fff}),
  call: assembleT32('SVC'),
  exchange: (Rm) => assembleT32('BX T1', {Rm}),
  callRegister: (Rm) => assembleT32('BLX (register) T1', {Rm}),
  nothing: assembleT32('NOP T2'),
};
export const DIALECTS: Readonly<Record<InstructionSet, Dialect>> = {A32, T32};

/** How a branch at an address reaches a target, in half-words. */
export type Link = (at: number, target: number) => readonly number[];
export const branchA32 =
  (condition: number): Link =>
  (at, target) =>
    words(assemble('B', {cond: condition, imm24: ((target - at - 8) >> 2) & 0xff_ffff}));
const wideOffset = (offset: number) => {
  const S = offset < 0 ? 1 : 0;
  const bit = (n: number): number => (offset >> n) & 1;
  return {S, J1: bit(23) ^ S ^ 1, J2: bit(22) ^ S ^ 1, imm10: (offset >> 12) & 0x3ff};
};
export const branchT32 =
  (condition: number): Link =>
  (at, target) => {
    const offset = target - at - 4;
    const imm11 = (offset >> 1) & 0x7ff;
    if (condition === NEVER_TAKEN) return assembleT32('B T4', {...wideOffset(offset), imm11});
    const bit = (n: number): number => (offset >> n) & 1;
    return assembleT32('B T3', {
      S: bit(20),
      cond: condition,
      imm6: (offset >> 12) & 63,
      J1: bit(18),
      J2: bit(19),
      imm11,
    });
  };
/** From one instruction set to one or the other. */
export const CALLS: Readonly<Record<`${InstructionSet} ${InstructionSet}`, Link>> = {
  'A32 A32': (at, target) => words(assemble('BL', {imm24: ((target - at - 8) >> 2) & 0xff_ffff})),
  'A32 T32': (at, target) => {
    const offset = target - at - 8;
    return words(assemble('BLX (immediate)', {H: (offset >> 1) & 1, imm24: (offset >> 2) & 0xff_ffff}));
  },
  'T32 T32': (at, target) => {
    const offset = target - at - 4;
    return assembleT32('BL T1', {...wideOffset(offset), imm11: (offset >> 1) & 0x7ff});
  },
  'T32 A32': (at, target) => {
    const offset = target - ((at + 4) & ~3);
    return assembleT32('BLX (immediate) T2', {...wideOffset(offset), imm10L: (offset >> 2) & 0x3ff});
  },
};
