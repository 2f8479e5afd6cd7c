/** A32 unconditional space (cond = 1111): DDI 0406C A5.7. Barriers order nothing here: one core, in program order. */

import {PREFETCH_ACCESS, prefetch} from '../core/access.ts';
import type {Fields} from '../core/bits.ts';
import {type Execute, LR, type Operands, PC, type Row, registers, reject, rejected} from '../core/operation.ts';
import {immediateShift, plainImmediate, type ShifterOperand, shifterOperand} from '../core/shifter.ts';
import {branchLink} from './branch.ts';
import {clearExclusive} from './exclusive.ts';
import {changeStateOperands} from './status.ts';

export const nothing: Execute = () => {};
export const preload: Execute = (cpu, op) => {
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
const writeHint = (fields: Fields, offset: ShifterOperand): Operands => {
  reject(fields('Rn') === PC, 'PLDW relative to pc is UNPREDICTABLE');
  return dataHint(fields, offset);
};
const immediate = (fields: Fields): ShifterOperand => plainImmediate(fields('imm12'));
const system = (): Operands => ({class: 'system'});

/** imm24:H:'0' from pc, into Thumb state. */
const thumbTarget = (fields: Fields, address: number): number =>
  (address + 8 + (((fields('imm24') << 8) >> 6) | (2 * fields('H')))) | 1;

const UNPREDICTABLE_SPACE = 'this part of the encoding space is UNPREDICTABLE';
const IN_USER_MODE = 'in user mode it is UNPREDICTABLE';

export const UNCONDITIONAL: readonly Row[] = [
  {
    name: 'PLD (immediate)',
    bits: '1111 0101 U:1 1 01 Rn:4 (1111) imm12:12',
    operands: (fields) => dataHint(fields, immediate(fields)),
    execute: preload,
  },
  {
    name: 'PLDW (immediate)',
    bits: '1111 0101 U:1 0 01 Rn:4 (1111) imm12:12',
    operands: (fields) => writeHint(fields, immediate(fields)),
    execute: preload,
  },
  {
    name: 'PLD (register)',
    bits: '1111 0111 U:1 1 01 Rn:4 (1111) imm5:5 type:2 0 Rm:4',
    operands: (fields) => dataHint(fields, immediateShift(fields)),
    execute: preload,
  },
  {
    name: 'PLDW (register)',
    bits: '1111 0111 U:1 0 01 Rn:4 (1111) imm5:5 type:2 0 Rm:4',
    operands: (fields) => writeHint(fields, immediateShift(fields)),
    execute: preload,
  },
  // PLI asks for instructions: no data access.
  {
    name: 'PLI (immediate)',
    bits: '1111 0100 U:1 101 Rn:4 (1111) imm12:12',
    operands: (fields) => hint(fields, immediate(fields)),
    execute: nothing,
  },
  {
    name: 'PLI (register)',
    bits: '1111 0110 U:1 101 Rn:4 (1111) imm5:5 type:2 0 Rm:4',
    operands: (fields) => hint(fields, immediateShift(fields)),
    execute: nothing,
  },
  {
    name: 'CLREX',
    bits: '1111 0101 0111 (111111110000) 0001 (1111)',
    specialises: ['unpredictable 2'],
    operands: system,
    execute: clearExclusive,
  },
  {
    name: 'DSB',
    bits: '1111 0101 0111 (111111110000) 0100 option:4',
    specialises: ['unpredictable 2'],
    operands: system,
    execute: nothing,
  },
  {
    name: 'DMB',
    bits: '1111 0101 0111 (111111110000) 0101 option:4',
    specialises: ['unpredictable 2'],
    operands: system,
    execute: nothing,
  },
  {
    name: 'ISB',
    bits: '1111 0101 0111 (111111110000) 0110 option:4',
    specialises: ['unpredictable 2'],
    operands: system,
    execute: nothing,
  },
  {
    name: 'BLX (immediate)',
    bits: '1111 101 H:1 imm24:24',
    operands: (fields, address) => ({
      class: 'call',
      immediate: thumbTarget(fields, address),
      writes: registers(LR),
      end: 'call',
    }),
    execute: branchLink,
  },
  {
    name: 'SETEND',
    bits: '1111 0001 0000 (000) 1 (000000) E:1 (0) 0000 (0000)',
    operands: (fields) => {
      reject(fields('E') === 1, 'big-endian data are not modelled');
      return system();
    },
    execute: nothing,
  },
  {
    name: 'CPS',
    bits: '1111 0001 0000 imod:2 M:1 0 (0000000) A:1 I:1 F:1 0 mode:5',
    operands: changeStateOperands,
    execute: nothing,
  },
  {name: 'unallocated hint (immediate)', bits: '1111 0100 U:1 001 any:20', operands: system, execute: nothing},
  {name: 'unallocated hint (register)', bits: '1111 0110 U:1 001 any:15 0 low:4', operands: system, execute: nothing},
  rejected('unpredictable 0', '1111 0100 high:2 11 low:20', UNPREDICTABLE_SPACE),
  rejected('unpredictable 1', '1111 0101 0011 low:20', UNPREDICTABLE_SPACE),
  rejected('unpredictable 2', '1111 0101 0111 low:20', UNPREDICTABLE_SPACE),
  rejected('unpredictable 3', '1111 0101 1 high:1 11 low:20', UNPREDICTABLE_SPACE),
  rejected('unpredictable 4', '1111 011 high:3 11 middle:15 0 low:4', UNPREDICTABLE_SPACE),
  rejected('SRS', '1111 100 P:1 U:1 1 W:1 0 (110100000101000) mode:5', IN_USER_MODE),
  rejected('RFE', '1111 100 P:1 U:1 0 W:1 1 Rn:4 (0000101000000000)', IN_USER_MODE),
];
