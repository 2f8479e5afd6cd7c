/** VMOV, VMVN, VORR and VBIC of a modified immediate: DDI 0406C A7.4.6. */
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, type Row, reject} from '../core/operation.ts';
import {dataProcessing, length} from './operands.ts';

// `immediate` and `a` are the lower and the upper word of each doubleword.
const byWords =
  (element: (d: number, immediate: number) => number): Execute =>
  (cpu, op) => {
    const words = cpu.vfpWords;
    for (let at = 2 * op.d; at < 2 * (op.d + op.amount); at += 2) {
      words[at] = element(words[at]!, op.immediate);
      words[at + 1] = element(words[at + 1]!, op.a);
    }
  };

/** VMVN has its immediate inverted already. */
export const MOVE_IMMEDIATE = byWords((_d, immediate) => immediate);
export const OR_IMMEDIATE = byWords((d, immediate) => d | immediate);
export const CLEAR_IMMEDIATE = byWords((d, immediate) => d & ~immediate);

/** Low and high word of AdvSIMDExpandImm(), from the eight bits and the drawn part of cmode. */
type Expand = (value: number, step: number) => readonly [low: number, high: number];

const twice = (word: number): readonly [number, number] => [word, word];
const wordAt: Expand = (value, step) => twice(value << (8 * step));
const halfWordAt: Expand = (value, step) => twice((value << (8 * step)) * 0x1_0001);
const wordWithOnes: Expand = (value, step) => twice(step === 0 ? (value << 8) | 0xff : (value << 16) | 0xffff);
const byte: Expand = (value) => twice(value * 0x0101_0101);
const bytesOfBits = (bits: number): number =>
  [0, 1, 2, 3].reduce((word, at) => word | (((bits >> at) & 1) * (0xff << (8 * at))), 0);
const doubleword: Expand = (value) => [bytesOfBits(value), bytesOfBits(value >> 4)];
/** aBbbbbbc defgh000 …, where B is NOT(b). */
const single: Expand = (value) =>
  twice(((value & 0x80) << 24) | ((value & 0x40) !== 0 ? 0x3e00_0000 : 0x4000_0000) | ((value & 0x3f) << 19));

const inverted =
  (expand: Expand): Expand =>
  (value, step) => {
    const [low, high] = expand(value, step);
    return [~low, ~high];
  };

interface Instruction {
  readonly name: string;
  readonly op: '0' | '1';
  readonly cmode: string;
  readonly expand: Expand;
  readonly execute: Execute;
}

const INSTRUCTIONS: readonly Instruction[] = [
  {name: 'VMOV (word immediate)', op: '0', cmode: '0 step:2 0', expand: wordAt, execute: MOVE_IMMEDIATE},
  {name: 'VORR (word immediate)', op: '0', cmode: '0 step:2 1', expand: wordAt, execute: OR_IMMEDIATE},
  {name: 'VMOV (half-word immediate)', op: '0', cmode: '10 step:1 0', expand: halfWordAt, execute: MOVE_IMMEDIATE},
  {name: 'VORR (half-word immediate)', op: '0', cmode: '10 step:1 1', expand: halfWordAt, execute: OR_IMMEDIATE},
  {name: 'VMOV (immediate with ones)', op: '0', cmode: '110 step:1', expand: wordWithOnes, execute: MOVE_IMMEDIATE},
  {name: 'VMOV (byte immediate)', op: '0', cmode: '1110', expand: byte, execute: MOVE_IMMEDIATE},
  {name: 'VMOV (single immediate)', op: '0', cmode: '1111', expand: single, execute: MOVE_IMMEDIATE},
  {name: 'VMVN (word immediate)', op: '1', cmode: '0 step:2 0', expand: inverted(wordAt), execute: MOVE_IMMEDIATE},
  {name: 'VBIC (word immediate)', op: '1', cmode: '0 step:2 1', expand: wordAt, execute: CLEAR_IMMEDIATE},
  {
    name: 'VMVN (half-word immediate)',
    op: '1',
    cmode: '10 step:1 0',
    expand: inverted(halfWordAt),
    execute: MOVE_IMMEDIATE,
  },
  {name: 'VBIC (half-word immediate)', op: '1', cmode: '10 step:1 1', expand: halfWordAt, execute: CLEAR_IMMEDIATE},
  {
    name: 'VMVN (immediate with ones)',
    op: '1',
    cmode: '110 step:1',
    expand: inverted(wordWithOnes),
    execute: MOVE_IMMEDIATE,
  },
  {name: 'VMOV (doubleword immediate)', op: '1', cmode: '1110', expand: doubleword, execute: MOVE_IMMEDIATE},
];

const operands =
  ({cmode, expand, execute}: Instruction) =>
  (fields: Fields): Operands => {
    const value = (fields('i') << 7) | (fields('imm3') << 4) | fields('imm4');
    const step = cmode.includes('step') ? fields('step') : 0;
    const moves = value !== 0 || (step === 0 && !cmode.startsWith('110'));
    reject(!moves, 'a zero that is shifted is UNPREDICTABLE');
    const [low, high] = expand(value, step);
    const accumulates = execute !== MOVE_IMMEDIATE;
    return {...dataProcessing(fields, execute, {d: length(fields), accumulates, immediate: low}), a: high | 0};
  };

export const NEON_MODIFIED_IMMEDIATE: readonly Row[] = INSTRUCTIONS.map((instruction) => ({
  name: instruction.name,
  bits: `1111 001 i:1 1 D:1 000 imm3:3 Vd:4 ${instruction.cmode} 0 Q:1 ${instruction.op} 1 imm4:4`,
  operands: operands(instruction),
  execute: instruction.execute,
}));
