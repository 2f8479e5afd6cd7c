/** VMOV between core and VFP registers or scalars, and VDUP of a core register: DDI 0406C A7.8, A7.9 and A8.8. */
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, PC, type Row, registers, reject, Undefined} from '../core/operation.ts';
import {vfpMask, vfpRegister} from './registers.ts';

// Between core registers d (and a, the upper word) and VFP words starting at word `m`.
export const coreToWord: Execute = (cpu, op) => {
  cpu.vfpWords[op.m] = cpu.r[op.d]!;
};
export const wordToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpWords[op.m]!;
};
export const coreToWords: Execute = (cpu, op) => {
  cpu.vfpWords[op.m] = cpu.r[op.d]!;
  cpu.vfpWords[op.m + 1] = cpu.r[op.a]!;
};
export const wordsToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpWords[op.m]!;
  cpu.r[op.a] = cpu.vfpWords[op.m + 1]!;
};

// Scalars of 8 and 16 bits: `m` is the number of the byte or half-word.
export const coreToByte: Execute = (cpu, op) => {
  cpu.vfpBytes[op.m] = cpu.r[op.d]!;
};
export const byteToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpBytes[op.m]!;
};
export const signedByteToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpSignedBytes[op.m]!;
};
export const coreToHalfWord: Execute = (cpu, op) => {
  cpu.vfpHalfWords[op.m] = cpu.r[op.d]!;
};
export const halfWordToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpHalfWords[op.m]!;
};
export const signedHalfWordToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpSignedHalfWords[op.m]!;
};

/** VDUP: `amount` words from word m, made of copies of an element of r[d]: those bits of it that `a` has, × `immediate`. */
export const duplicate: Execute = (cpu, op) => {
  const word = Math.imul(cpu.r[op.d]! & op.a, op.immediate);
  for (let index = 0; index < op.amount; index++) cpu.vfpWords[op.m + index] = word;
};

const core = (fields: Fields, name: 'Rt' | 'Rt2'): number => {
  const number = fields(name);
  reject(number === PC, 'pc as an operand is UNPREDICTABLE');
  return number;
};

/** One or two core registers and the VFP words `first` and up. */
const transfer = (toCore: boolean, coreRegisters: readonly number[], first: number): Operands => {
  const words = coreRegisters.map((_, index) => first + index);
  reject(
    words.some((word) => word > 63),
    'a register beyond s31 is UNPREDICTABLE',
  );
  reject(toCore && new Set(coreRegisters).size !== coreRegisters.length, 'two words to one register are UNPREDICTABLE');
  const [d, a = 0] = coreRegisters as [number, number?];
  const moved = {d, a, m: first};
  return toCore
    ? {...moved, class: 'vfp-to-core', writes: registers(...coreRegisters), vfpReads: vfpMask(false, ...words)}
    : {...moved, class: 'core-to-vfp', reads: registers(...coreRegisters), vfpWrites: vfpMask(false, ...words)};
};

const twoSingles =
  (toCore: boolean) =>
  (fields: Fields): Operands => {
    const first = vfpRegister(fields, 'm', false);
    reject(first === 31, 'a register beyond s31 is UNPREDICTABLE');
    return transfer(toCore, [core(fields, 'Rt'), core(fields, 'Rt2')], first);
  };
const oneDouble =
  (toCore: boolean) =>
  (fields: Fields): Operands =>
    transfer(toCore, [core(fields, 'Rt'), core(fields, 'Rt2')], 2 * vfpRegister(fields, 'm', true));
const scalar =
  (toCore: boolean) =>
  (fields: Fields): Operands =>
    transfer(toCore, [core(fields, 'Rt')], 2 * vfpRegister(fields, 'n', true) + fields('x'));
const oneSingle =
  (toCore: boolean) =>
  (fields: Fields): Operands =>
    transfer(toCore, [core(fields, 'Rt')], vfpRegister(fields, 'n', false));

/** A byte or half-word of a D register, which has `count` of them; `index` reads its number. The others stay. */
const element =
  (toCore: boolean, count: 4 | 8) =>
  (fields: Fields): Operands => {
    const register = vfpRegister(fields, 'n', true);
    const index = (fields('x') * count) / 2 + fields('y');
    return {
      ...transfer(toCore, [core(fields, 'Rt')], 2 * register),
      m: count * register + index,
      vfpReads: vfpMask(true, register),
    };
  };

/** By the B and E bits: the element's bits, and where a word has its copies. */
const DUPLICATES: readonly (readonly [mask: number, copies: number])[] = [
  [-1, 1],
  [0xffff, 0x0001_0001],
  [0xff, 0x0101_0101],
];

const duplicateOperands = (fields: Fields): Operands => {
  const first = vfpRegister(fields, 'n', true);
  const doubles = 1 + fields('Q');
  const form = DUPLICATES[2 * fields('B') + fields('E')];
  if (form === undefined || (doubles === 2 && first % 2 === 1)) throw new Undefined();
  const d = core(fields, 'Rt');
  return {
    class: 'core-to-vfp',
    d,
    m: 2 * first,
    a: form[0],
    immediate: form[1],
    amount: 2 * doubles,
    reads: registers(d),
    vfpWrites: vfpMask(true, first, first + doubles - 1),
  };
};

export const VFP_TRANSFER: readonly Row[] = [
  {
    name: 'VMOV to single',
    bits: 'cond:4 1110 0000 Vn:4 Rt:4 1010 N:1 (00) 1 (0000)',
    operands: oneSingle(false),
    execute: coreToWord,
  },
  {
    name: 'VMOV from single',
    bits: 'cond:4 1110 0001 Vn:4 Rt:4 1010 N:1 (00) 1 (0000)',
    operands: oneSingle(true),
    execute: wordToCore,
  },
  {
    name: 'VMOV to scalar',
    bits: 'cond:4 1110 00 x:1 0 Vn:4 Rt:4 1011 N:1 00 1 (0000)',
    operands: scalar(false),
    execute: coreToWord,
  },
  {
    name: 'VMOV from scalar',
    bits: 'cond:4 1110 00 x:1 1 Vn:4 Rt:4 1011 N:1 00 1 (0000)',
    operands: scalar(true),
    execute: wordToCore,
  },
  {
    name: 'VMOV to two singles',
    bits: 'cond:4 1100 0100 Rt2:4 Rt:4 1010 00 M:1 1 Vm:4',
    operands: twoSingles(false),
    execute: coreToWords,
  },
  {
    name: 'VMOV from two singles',
    bits: 'cond:4 1100 0101 Rt2:4 Rt:4 1010 00 M:1 1 Vm:4',
    operands: twoSingles(true),
    execute: wordsToCore,
  },
  {
    name: 'VMOV to double',
    bits: 'cond:4 1100 0100 Rt2:4 Rt:4 1011 00 M:1 1 Vm:4',
    operands: oneDouble(false),
    execute: coreToWords,
  },
  {
    name: 'VMOV from double',
    bits: 'cond:4 1100 0101 Rt2:4 Rt:4 1011 00 M:1 1 Vm:4',
    operands: oneDouble(true),
    execute: wordsToCore,
  },
  {
    name: 'VMOV to scalar.8',
    bits: 'cond:4 1110 01 x:1 0 Vn:4 Rt:4 1011 N:1 y:2 1 (0000)',
    operands: element(false, 8),
    execute: coreToByte,
  },
  {
    name: 'VMOV to scalar.16',
    bits: 'cond:4 1110 00 x:1 0 Vn:4 Rt:4 1011 N:1 y:1 1 1 (0000)',
    operands: element(false, 4),
    execute: coreToHalfWord,
  },
  {
    name: 'VMOV from scalar.S8',
    bits: 'cond:4 1110 01 x:1 1 Vn:4 Rt:4 1011 N:1 y:2 1 (0000)',
    operands: element(true, 8),
    execute: signedByteToCore,
  },
  {
    name: 'VMOV from scalar.U8',
    bits: 'cond:4 1110 11 x:1 1 Vn:4 Rt:4 1011 N:1 y:2 1 (0000)',
    operands: element(true, 8),
    execute: byteToCore,
  },
  {
    name: 'VMOV from scalar.S16',
    bits: 'cond:4 1110 00 x:1 1 Vn:4 Rt:4 1011 N:1 y:1 1 1 (0000)',
    operands: element(true, 4),
    execute: signedHalfWordToCore,
  },
  {
    name: 'VMOV from scalar.U16',
    bits: 'cond:4 1110 10 x:1 1 Vn:4 Rt:4 1011 N:1 y:1 1 1 (0000)',
    operands: element(true, 4),
    execute: halfWordToCore,
  },
  {
    name: 'VDUP (core register)',
    bits: 'cond:4 1110 1 B:1 Q:1 0 Vn:4 Rt:4 1011 N:1 0 E:1 1 (0000)',
    operands: duplicateOperands,
    execute: duplicate,
  },
];
