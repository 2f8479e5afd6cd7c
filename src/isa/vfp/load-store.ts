/** VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP, FLDMX and FSTMX: DDI 0406C A7.6. Words must be aligned. Words move as bits. */
import {READ, WRITE} from '../../trace/records.ts';
import {beginAligned, readAlignedWord, writeAlignedWord} from '../core/access.ts';
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, PC, type Row, registers, reject} from '../core/operation.ts';
import {isDouble, vfpMask, vfpRegister} from './registers.ts';

const WORD = 4;

// `d` is the first VFP word, `amount` the number of words, `immediate` the distance from the base to the lowest word,
// `a` what write-back adds.
export const load: Execute = (cpu, op) => {
  const base = cpu.r[op.n]!;
  const address = (base + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  for (let index = 0; index < op.amount; index++) {
    cpu.vfpWords[op.d + index] = readAlignedWord(cpu, op, (address + WORD * index) | 0);
  }
  if (op.writeBack) cpu.r[op.n] = base + op.a;
};
export const store: Execute = (cpu, op) => {
  const base = cpu.r[op.n]!;
  const address = (base + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  for (let index = 0; index < op.amount; index++) {
    writeAlignedWord(cpu, op, (address + WORD * index) | 0, cpu.vfpWords[op.d + index]!);
  }
  if (op.writeBack) cpu.r[op.n] = base + op.a;
};

// The same for VLDR and VSTR of a double.
export const loadDouble: Execute = (cpu, op) => {
  const address = (cpu.r[op.n]! + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  cpu.vfpWords[op.d] = readAlignedWord(cpu, op, address);
  cpu.vfpWords[op.d + 1] = readAlignedWord(cpu, op, (address + WORD) | 0);
};
export const storeDouble: Execute = (cpu, op) => {
  const address = (cpu.r[op.n]! + op.immediate) | 0;
  beginAligned(cpu, op, address, WORD);
  writeAlignedWord(cpu, op, address, cpu.vfpWords[op.d]!);
  writeAlignedWord(cpu, op, (address + WORD) | 0, cpu.vfpWords[op.d + 1]!);
};

const firstWord = (fields: Fields): number => {
  const double = isDouble(fields);
  return vfpRegister(fields, 'd', double) * (double ? 2 : 1);
};

const moved = (isLoad: boolean, d: number, words: number): Operands => {
  const mask = vfpMask(false, ...Array.from({length: words}, (_, index) => d + index));
  return {
    class: isLoad ? 'vfp-load' : 'vfp-store',
    access: {kind: isLoad ? READ : WRITE, size: WORD * words},
    amount: words,
    d,
    ...(isLoad ? {vfpWrites: mask} : {vfpReads: mask}),
  };
};

const single =
  (isLoad: boolean) =>
  (fields: Fields): Operands => {
    const n = fields('Rn');
    const offset = WORD * fields('imm8');
    return {
      ...moved(isLoad, firstWord(fields), isDouble(fields) ? 2 : 1),
      ...(isDouble(fields) ? {execute: isLoad ? loadDouble : storeDouble} : {}),
      n,
      immediate: fields('U') === 1 ? offset : -offset,
      reads: registers(n),
      readsEarly: registers(n),
    };
  };

const multiple =
  (isLoad: boolean, decrements: boolean) =>
  (fields: Fields): Operands => {
    const [n, length, d] = [fields('Rn'), fields('imm8'), firstWord(fields)];
    const writeBack = decrements || fields('W') === 1;
    const limit = isDouble(fields) ? 64 : 32;
    // FLDMX and FSTMX are an odd length: they transfer whole registers, but write back as if by one word more.
    const words = isDouble(fields) ? length & ~1 : length;
    reject(
      words === 0 || d + words > limit || words > 32,
      'an empty list, or one beyond the last register, is UNPREDICTABLE',
    );
    reject(n === PC && writeBack, 'write-back to pc is UNPREDICTABLE');
    return {
      ...moved(isLoad, d, words),
      class: isLoad ? 'vfp-load-multiple' : 'vfp-store-multiple',
      transfers: Math.ceil(words / 2),
      n,
      a: decrements ? -WORD * length : WORD * length,
      immediate: decrements ? -WORD * length : 0,
      index: writeBack ? 'pre-indexed' : 'offset',
      reads: registers(n),
      readsEarly: registers(n),
      writes: writeBack ? registers(n) : 0,
      writesBack: writeBack ? registers(n) : 0,
    };
  };

export const VFP_LOAD_STORE: readonly Row[] = [
  {name: 'VSTR', bits: 'cond:4 1101 U:1 D:1 00 Rn:4 Vd:4 101 sz:1 imm8:8', operands: single(false), execute: store},
  {name: 'VLDR', bits: 'cond:4 1101 U:1 D:1 01 Rn:4 Vd:4 101 sz:1 imm8:8', operands: single(true), execute: load},
  {
    name: 'VSTMIA',
    bits: 'cond:4 1100 1 D:1 W:1 0 Rn:4 Vd:4 101 sz:1 imm8:8',
    operands: multiple(false, false),
    execute: store,
  },
  {
    name: 'VLDMIA',
    bits: 'cond:4 1100 1 D:1 W:1 1 Rn:4 Vd:4 101 sz:1 imm8:8',
    operands: multiple(true, false),
    execute: load,
  },
  {
    name: 'VSTMDB',
    bits: 'cond:4 1101 0 D:1 1 0 Rn:4 Vd:4 101 sz:1 imm8:8',
    operands: multiple(false, true),
    execute: store,
  },
  {
    name: 'VLDMDB',
    bits: 'cond:4 1101 0 D:1 1 1 Rn:4 Vd:4 101 sz:1 imm8:8',
    operands: multiple(true, true),
    execute: load,
  },
];
