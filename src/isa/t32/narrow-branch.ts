/** T32 branches, SVC, IT and hints in 16 bits: DDI 0406C A6.2 and A6.2.3, A6.2.5, A6.2.6. */
import {
  branch,
  branchExchange,
  branchLinkExchange,
  branchTo,
  breakpoint,
  nothing,
  supervisorCall,
} from '../a32/branch.ts';
import type {Fields} from '../core/bits.ts';
import {
  ALWAYS,
  type Execute,
  LR,
  type Operands,
  type Row,
  registers,
  reject,
  rejectUndefined,
} from '../core/operation.ts';
import {inItBlock, rejectInItBlock, rejectInsideItBlock, rejectPc} from './encoding.ts';

const signExtend = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

/** The target of a branch by so many bytes: Thumb state, relative to pc. */
const target = (address: number, offset: number): number => (address + 4 + offset) | 1;

export const compareBranchZero: Execute = (cpu, op) => {
  if (cpu.r[op.n] === 0) cpu.next = op.immediate;
};
export const compareBranchNonZero: Execute = (cpu, op) => {
  if (cpu.r[op.n] !== 0) cpu.next = op.immediate;
};

const compareBranch = (name: string, op: string, execute: Execute): Row => ({
  name,
  bits: `1011 ${op} 0 i:1 1 imm5:5 Rn:3`,
  operands: (fields, address, itState = 0) => {
    rejectInItBlock(itState);
    const n = fields('Rn');
    const offset = (fields('i') << 6) | (fields('imm5') << 1);
    return {
      class: 'branch',
      n,
      immediate: target(address, offset),
      reads: registers(n),
      end: 'conditional',
    };
  },
  execute,
});

/** The block ends behind a call to the system, and what follows in an IT block would lose its condition. */
const rejectSystemInsideItBlock = (itState: number): void =>
  reject(inItBlock(itState) && (itState & 7) !== 0, 'inside an IT block, except as its last, it is not modelled');

const itOperands = (fields: Fields, _address: number, itState = 0): Operands => {
  rejectInItBlock(itState);
  const [condition, mask] = [fields('firstcond'), fields('mask')];
  const many = (mask & (mask - 1)) !== 0;
  reject(condition === 15 || (condition === ALWAYS && many), 'IT of these conditions is UNPREDICTABLE');
  return {class: 'alu-immediate', itState: (condition << 4) | mask};
};

export const NARROW_BRANCH: readonly Row[] = [
  {
    name: 'BX T1',
    bits: '010001 110 Rm:4 (000)',
    operands: (fields, _address, itState = 0) => {
      rejectInsideItBlock(itState);
      return branchTo(fields);
    },
    execute: branchExchange,
  },
  {
    name: 'BLX (register) T1',
    bits: '010001 111 Rm:4 (000)',
    operands: (fields, _address, itState = 0) => {
      rejectInsideItBlock(itState);
      rejectPc(fields('Rm'));
      return {...branchTo(fields), writes: registers(LR), end: 'call'};
    },
    execute: branchLinkExchange,
  },
  compareBranch('CBZ', '0', compareBranchZero),
  compareBranch('CBNZ', '1', compareBranchNonZero),
  {
    name: 'B T1',
    bits: '1101 cond:4 imm8:8',
    operands: (fields, address, itState = 0) => {
      rejectUndefined(fields('cond') === ALWAYS);
      rejectInItBlock(itState);
      return {
        class: 'branch',
        condition: fields('cond'),
        immediate: target(address, signExtend(fields('imm8'), 8) << 1),
        end: 'conditional',
      };
    },
    execute: branch,
  },
  {
    name: 'SVC',
    bits: '1101 1111 imm8:8',
    specialises: ['B T1'],
    operands: (fields, _address, itState = 0) => {
      rejectSystemInsideItBlock(itState);
      return {class: 'system', immediate: fields('imm8'), end: 'system'};
    },
    execute: supervisorCall,
  },
  {
    name: 'B T2',
    bits: '11100 imm11:11',
    operands: (fields, address, itState = 0) => {
      rejectInsideItBlock(itState);
      return {
        class: 'branch',
        immediate: target(address, signExtend(fields('imm11'), 11) << 1),
        end: itState === 0 || itState >>> 4 === ALWAYS ? 'branch' : 'conditional',
      };
    },
    execute: branch,
  },
  // A breakpoint ignores the condition that IT gives it.
  {
    name: 'BKPT',
    bits: '1011 1110 imm8:8',
    operands: (fields, _address, itState = 0) => {
      rejectSystemInsideItBlock(itState);
      return {class: 'system', immediate: fields('imm8'), condition: ALWAYS, end: 'system'};
    },
    execute: breakpoint,
  },
  {
    name: 'SETEND T1',
    bits: '1011 0110 010 (1) E:1 (000)',
    operands: (fields, _address, itState = 0) => {
      rejectInItBlock(itState);
      reject(fields('E') === 1, 'big-endian data are not modelled');
      return {class: 'system'};
    },
    execute: nothing,
  },
  {
    name: 'CPS T1',
    bits: '1011 0110 011 im:1 (0) A:1 I:1 F:1',
    operands: (fields, _address, itState = 0) => {
      rejectInItBlock(itState);
      reject(fields('A') + fields('I') + fields('F') === 0, 'CPS that changes no mask bit is UNPREDICTABLE');
      return {class: 'system'};
    },
    execute: nothing,
  },
  {name: 'IT', bits: '1011 1111 firstcond:4 mask:4', operands: itOperands, execute: nothing},
  {
    name: 'NOP T1',
    bits: '1011 1111 0000 0000',
    specialises: ['hint T1', 'IT'],
    operands: () => ({class: 'alu-immediate'}),
    execute: nothing,
  },
  {
    name: 'hint T1',
    bits: '1011 1111 hint:4 0000',
    specialises: ['IT'],
    operands: () => ({class: 'system'}),
    execute: nothing,
  },
];
