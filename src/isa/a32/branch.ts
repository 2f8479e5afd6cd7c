/** A32 branches, SVC, BKPT, hints, and the registers of CP15 that user mode has: DDI 0406C A5.5, A5.2.11, A5.2.12, A5.6. */
import type {Fields} from '../core/bits.ts';
import {ALWAYS, type Execute, LR, type Operands, PC, type Row, registers, reject} from '../core/operation.ts';

export const branch: Execute = (cpu, op) => {
  cpu.next = op.immediate;
};
export const branchLink: Execute = (cpu, op) => {
  cpu.r[LR] = op.link;
  cpu.next = op.immediate;
};
export const branchExchange: Execute = (cpu, op) => {
  cpu.branchExchange(op, cpu.r[op.m]!);
};
export const branchLinkExchange: Execute = (cpu, op) => {
  const target = cpu.r[op.m]!;
  cpu.r[LR] = op.link;
  cpu.branchExchange(op, target);
};
export const supervisorCall: Execute = (cpu, op) => {
  cpu.supervisorCall = op;
};
/** Linux sends SIGTRAP, as for a debugger's breakpoint. */
export const breakpoint: Execute = (cpu, op) => {
  cpu.supervisorCall = op;
};
export const nothing: Execute = () => {};
export const readThreadPointer: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.threadPointer;
};
export const readThreadPointerWritable: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.threadPointerWritable;
};
export const writeThreadPointerWritable: Execute = (cpu, op) => {
  cpu.threadPointerWritable = cpu.r[op.d]!;
};

/** The target of B and BL, relative to pc. */
const target = (fields: Fields, address: number): number => (address + 8 + ((fields('imm24') << 8) >> 6)) | 0;

export const register = (name: string, fields: Fields): number => {
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

export const branchTo = (fields: Fields): Operands => {
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
  {name: 'BX', bits: 'cond:4 0001 0010 (111111111111) 0001 Rm:4', operands: branchTo, execute: branchExchange},
  {
    name: 'BLX (register)',
    bits: 'cond:4 0001 0010 (111111111111) 0011 Rm:4',
    operands: (fields) => {
      const m = register('Rm', fields);
      return {...branchTo(fields), m, writes: registers(LR), end: 'call'};
    },
    execute: branchLinkExchange,
  },
  {
    name: 'BXJ',
    bits: 'cond:4 0001 0010 (111111111111) 0010 Rm:4',
    operands: (fields) => {
      register('Rm', fields);
      return branchTo(fields);
    },
    execute: branchExchange,
  },
  {
    name: 'BKPT',
    bits: 'cond:4 0001 0010 imm12:12 0111 imm4:4',
    operands: (fields) => {
      reject(fields('cond') !== ALWAYS, 'a conditional breakpoint is UNPREDICTABLE');
      return {class: 'system', immediate: fields('imm12') * 16 + fields('imm4'), end: 'system'};
    },
    execute: breakpoint,
  },
  {
    name: 'SVC',
    bits: 'cond:4 1111 imm24:24',
    operands: (fields) => ({class: 'system', immediate: fields('imm24'), end: 'system'}),
    execute: supervisorCall,
  },
  {
    name: 'NOP',
    bits: 'cond:4 0011 0010 0000 (1111) (0000) 0000 0000',
    specialises: ['hint', 'MSR (immediate)'],
    operands: () => ({class: 'alu-immediate'}),
    execute: nothing,
  },
  // YIELD, WFE, WFI and SEV may do nothing in user mode, DBG is a debug hint, and the others execute as NOP (A5.2.11).
  {
    name: 'hint',
    bits: 'cond:4 0011 0010 0000 (1111) (0000) hint:8',
    specialises: ['MSR (immediate)'],
    operands: system,
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
