/** A32 unconditional space (cond = 1111): DDI 0406C A5.7. Barriers order nothing here: one core, in program order. */

import {PREFETCH_ACCESS, prefetch} from '../core/access.ts';
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, PC, type Row, registers, reject} from '../core/operation.ts';
import {immediateShift, plainImmediate, type ShifterOperand, shifterOperand} from '../core/shifter.ts';
import {clearExclusive} from './exclusive.ts';

const nothing: Execute = () => {};
const preload: Execute = (cpu, op) => {
  const base = cpu.r[op.n]!;
  const offset = shifterOperand(cpu, op);
  prefetch(cpu, op, op.add ? (base + offset) | 0 : (base - offset) | 0);
};

const hint = (fields: Fields, offset: ShifterOperand): Operands => {
  const n = fields('Rn');
  reject(offset.reads !== 0 && offset.m === PC, 'pc as an offset is UNPREDICTABLE');
  const {shifted: _, ...second} = offset;
  const reads = offset.reads | registers(n);
  return {...second, class: 'prefetch', n, add: fields('U') === 1, reads, readsEarly: reads};
};
const dataHint = (fields: Fields, offset: ShifterOperand): Operands => ({
  ...hint(fields, offset),
  access: PREFETCH_ACCESS,
});
const immediate = (fields: Fields): ShifterOperand => plainImmediate(fields('imm12'));
const system = (): Operands => ({class: 'system'});

export const UNCONDITIONAL: readonly Row[] = [
  {
    name: 'PLD (immediate)',
    bits: '1111 0101 U:1 1 01 Rn:4 1111 imm12:12',
    operands: (fields) => dataHint(fields, immediate(fields)),
    execute: preload,
  },
  {
    name: 'PLDW (immediate)',
    bits: '1111 0101 U:1 0 01 Rn:4 1111 imm12:12',
    operands: (fields) => dataHint(fields, immediate(fields)),
    execute: preload,
  },
  {
    name: 'PLD (register)',
    bits: '1111 0111 U:1 1 01 Rn:4 1111 imm5:5 type:2 0 Rm:4',
    operands: (fields) => dataHint(fields, immediateShift(fields)),
    execute: preload,
  },
  {
    name: 'PLDW (register)',
    bits: '1111 0111 U:1 0 01 Rn:4 1111 imm5:5 type:2 0 Rm:4',
    operands: (fields) => dataHint(fields, immediateShift(fields)),
    execute: preload,
  },
  // PLI asks for instructions: no data access.
  {
    name: 'PLI (immediate)',
    bits: '1111 0100 U:1 101 Rn:4 1111 imm12:12',
    operands: (fields) => hint(fields, immediate(fields)),
    execute: nothing,
  },
  {
    name: 'PLI (register)',
    bits: '1111 0110 U:1 101 Rn:4 1111 imm5:5 type:2 0 Rm:4',
    operands: (fields) => hint(fields, immediateShift(fields)),
    execute: nothing,
  },
  {name: 'CLREX', bits: '1111 0101 0111 1111 1111 0000 0001 1111', operands: system, execute: clearExclusive},
  {name: 'DSB', bits: '1111 0101 0111 1111 1111 0000 0100 option:4', operands: system, execute: nothing},
  {name: 'DMB', bits: '1111 0101 0111 1111 1111 0000 0101 option:4', operands: system, execute: nothing},
  {name: 'ISB', bits: '1111 0101 0111 1111 1111 0000 0110 option:4', operands: system, execute: nothing},
];
