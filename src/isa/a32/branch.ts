/** A32 branches, SVC, status registers and hints: DDI 0406C A5.5, A5.2.11, A5.2.12. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {Fields} from '../core/bits.ts';
import {type Execute, LR, type Operands, PC, type Row, registers, reject} from '../core/operation.ts';

const branch: Execute = (cpu, op) => {
  cpu.next = op.immediate;
};
const branchLink: Execute = (cpu, op) => {
  cpu.r[LR] = op.link;
  cpu.next = op.immediate;
};
const branchExchange: Execute = (cpu, op) => {
  cpu.branchExchange(op, cpu.r[op.m]!);
};
const branchLinkExchange: Execute = (cpu, op) => {
  const target = cpu.r[op.m]!;
  cpu.r[LR] = op.link;
  cpu.branchExchange(op, target);
};
const supervisorCall: Execute = (cpu, op) => {
  cpu.supervisorCall = op;
};
const nothing: Execute = () => {};
/** CPSR.M, which user mode may read as UNKNOWN; cores and QEMU show User mode. */
const USER_MODE = 0x10;
const mrs: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.apsr | USER_MODE;
};
/** Bit 1 of `form` selects NZCVQ, bit 0 GE. */
const writeApsr = (cpu: Parameters<Execute>[0], form: number, value: number): void => {
  if ((form & 2) !== 0) cpu.setNzcvq(value);
  if ((form & 1) !== 0) cpu.greaterEqual = (value >>> 16) & 15;
};
const msrRegister: Execute = (cpu, op) => {
  writeApsr(cpu, op.form, cpu.r[op.n]!);
};
const msrImmediate: Execute = (cpu, op) => {
  writeApsr(cpu, op.form, op.immediate);
};
const readThreadPointer: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.threadPointer;
};
const readThreadPointerWritable: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.threadPointerWritable;
};
const writeThreadPointerWritable: Execute = (cpu, op) => {
  cpu.threadPointerWritable = cpu.r[op.d]!;
};

/** The target of B and BL, relative to pc. */
const target = (fields: Fields, address: number): number => (address + 8 + ((fields('imm24') << 8) >> 6)) | 0;

const register = (name: string, fields: Fields): number => {
  const number = fields(name);
  reject(number === PC, 'pc as an operand is UNPREDICTABLE');
  return number;
};

const toRegister = (fields: Fields): Operands => {
  const d = register('Rt', fields);
  return {class: 'system', d, writes: registers(d)};
};
const fromRegister = (fields: Fields): Operands => {
  const d = register('Rt', fields);
  return {class: 'system', d, reads: registers(d)};
};
const system = (): Operands => ({class: 'system'});

const branchTo = (fields: Fields): Operands => {
  const m = fields('Rm');
  return {
    class: 'branch-indirect',
    m,
    reads: registers(m),
    readsEarly: registers(m),
    end: m === LR ? 'return' : 'indirect',
  };
};

export const BRANCH: readonly Row[] = [
  {
    name: 'B',
    bits: 'cond:4 1010 imm24:24',
    operands: (fields, address) => ({
      class: 'branch',
      immediate: target(fields, address),
      end: fields('cond') === 14 ? 'branch' : 'conditional',
    }),
    execute: branch,
  },
  {
    name: 'BL',
    bits: 'cond:4 1011 imm24:24',
    operands: (fields, address) => ({
      class: 'call',
      immediate: target(fields, address),
      writes: registers(LR),
      end: 'call',
    }),
    execute: branchLink,
  },
  {name: 'BX', bits: 'cond:4 0001 0010 1111 1111 1111 0001 Rm:4', operands: branchTo, execute: branchExchange},
  {
    name: 'BLX (register)',
    bits: 'cond:4 0001 0010 1111 1111 1111 0011 Rm:4',
    operands: (fields) => {
      const m = register('Rm', fields);
      return {...branchTo(fields), m, writes: registers(LR), end: 'call'};
    },
    execute: branchLinkExchange,
  },
  {
    name: 'SVC',
    bits: 'cond:4 1111 imm24:24',
    operands: (fields) => ({class: 'system', immediate: fields('imm24'), end: 'system'}),
    execute: supervisorCall,
  },
  {
    name: 'MRS',
    bits: 'cond:4 0001 0000 1111 Rd:4 0000 0000 0000',
    operands: (fields) => {
      const d = register('Rd', fields);
      return {class: 'system', d, reads: FLAGS_BIT, writes: registers(d)};
    },
    execute: mrs,
  },
  {
    name: 'MSR (register)',
    bits: 'cond:4 0001 0010 mask:2 00 1111 0000 0000 Rn:4',
    operands: (fields) => {
      const n = register('Rn', fields);
      reject(fields('mask') === 0, 'MSR that writes no APSR field is UNPREDICTABLE');
      return {class: 'system', n, form: fields('mask'), reads: registers(n), writes: FLAGS_BIT};
    },
    execute: msrRegister,
  },
  {
    name: 'MSR (immediate)',
    bits: 'cond:4 0011 0010 mask:2 00 1111 imm12:12',
    operands: (fields) => {
      const [imm12, mask] = [fields('imm12'), fields('mask')];
      reject(mask === 0, 'MSR that writes no APSR field is UNPREDICTABLE');
      const by = 2 * (imm12 >>> 8);
      const value = imm12 & 0xff;
      return {class: 'system', form: mask, immediate: (value >>> by) | (value << (32 - by)), writes: FLAGS_BIT};
    },
    execute: msrImmediate,
  },
  {
    name: 'NOP',
    bits: 'cond:4 0011 0010 0000 1111 0000 0000 0000',
    specialises: ['hint', 'MSR (immediate)'],
    operands: () => ({class: 'alu-immediate'}),
    execute: nothing,
  },
  // YIELD, WFE, WFI and SEV are allowed to do nothing in user mode, and DBG is a debug hint (A8.8.424, A8.8.425).
  {
    name: 'hint',
    bits: 'cond:4 0011 0010 0000 1111 0000 hint:8',
    specialises: ['MSR (immediate)'],
    operands: (fields) => {
      reject(fields('hint') > 4 && fields('hint') < 0xf0, 'unallocated hint');
      return system();
    },
    execute: nothing,
  },
  {
    name: 'MRC TPIDRURO',
    bits: 'cond:4 1110 000 1 1101 Rt:4 1111 011 1 0000',
    operands: toRegister,
    execute: readThreadPointer,
  },
  {
    name: 'MRC TPIDRURW',
    bits: 'cond:4 1110 000 1 1101 Rt:4 1111 010 1 0000',
    operands: toRegister,
    execute: readThreadPointerWritable,
  },
  {
    name: 'MCR TPIDRURW',
    bits: 'cond:4 1110 000 0 1101 Rt:4 1111 010 1 0000',
    operands: fromRegister,
    execute: writeThreadPointerWritable,
  },
  // ARMv6's barriers, which ARMv7 keeps for user mode (B3.18): data synchronisation, data memory, instruction.
  {name: 'MCR CP15DSB', bits: 'cond:4 1110 000 0 0111 Rt:4 1111 100 1 1010', operands: fromRegister, execute: nothing},
  {name: 'MCR CP15DMB', bits: 'cond:4 1110 000 0 0111 Rt:4 1111 101 1 1010', operands: fromRegister, execute: nothing},
  {name: 'MCR CP15ISB', bits: 'cond:4 1110 000 0 0111 Rt:4 1111 100 1 0101', operands: fromRegister, execute: nothing},
];
