/** T32 loads and stores in 16 bits: DDI 0406C A6.2 (literal, STM and LDM), A6.2.4, and PUSH and POP of A6.2.5. */
import {
  ldr,
  ldrb,
  ldrbOffset,
  ldrh,
  ldrOffset,
  ldrsb,
  ldrsh,
  load,
  plainRegister,
  single,
  singleImmediate,
  store,
  str,
  strb,
  strbOffset,
  strh,
  strOffset,
  type Transfer,
} from '../a32/load-store.ts';
import {ldm, multiple, stm} from '../a32/load-store-multiple.ts';
import {withFields} from '../core/bits.ts';
import {type Execute, LR, PC, type Row, SP} from '../core/operation.ts';
import {alignment, rejectInsideItBlock} from './encoding.ts';

const OFFSET_UP = {P: 1, U: 1, W: 0} as const;

const registerOffset = (name: string, opB: string, transfer: Transfer, execute: Execute): Row => ({
  name: `${name} (register) T1`,
  bits: `0101 ${opB} Rm:3 Rn:3 Rt:3`,
  operands: (fields) => single(transfer, withFields(fields, OFFSET_UP), plainRegister(fields)),
  execute,
});

/** An offset in units of the transfer. */
const immediateOffset = (
  name: string,
  opcode: string,
  transfer: Transfer,
  execute: Execute,
  offsetOnly?: Execute,
): Row => ({
  name: `${name} (immediate) T1`,
  bits: `${opcode} imm5:5 Rn:3 Rt:3`,
  operands: (fields) =>
    singleImmediate(transfer, withFields(fields, OFFSET_UP), transfer.size * fields('imm5'), offsetOnly),
  execute,
});

const stackOffset = (name: string, opcode: string, transfer: Transfer, execute: Execute, offsetOnly: Execute): Row => ({
  name: `${name} (immediate) T2`,
  bits: `${opcode} Rt:3 imm8:8`,
  operands: (fields) =>
    singleImmediate(transfer, withFields(fields, {...OFFSET_UP, Rn: SP}), 4 * fields('imm8'), offsetOnly),
  execute,
});

export const NARROW_LOAD_STORE: readonly Row[] = [
  {
    name: 'LDR (literal) T1',
    bits: '01001 Rt:3 imm8:8',
    operands: (fields, address) =>
      singleImmediate(
        load(4),
        withFields(fields, {...OFFSET_UP, Rn: PC}),
        4 * fields('imm8') + alignment(address),
        ldrOffset,
      ),
    execute: ldr,
  },
  registerOffset('STR', '000', store(4), str),
  registerOffset('STRH', '001', store(2), strh),
  registerOffset('STRB', '010', store(1), strb),
  registerOffset('LDRSB', '011', load(1), ldrsb),
  registerOffset('LDR', '100', load(4), ldr),
  registerOffset('LDRH', '101', load(2), ldrh),
  registerOffset('LDRB', '110', load(1), ldrb),
  registerOffset('LDRSH', '111', load(2), ldrsh),
  immediateOffset('STR', '0110 0', store(4), str, strOffset),
  immediateOffset('LDR', '0110 1', load(4), ldr, ldrOffset),
  immediateOffset('STRB', '0111 0', store(1), strb, strbOffset),
  immediateOffset('LDRB', '0111 1', load(1), ldrb, ldrbOffset),
  immediateOffset('STRH', '1000 0', store(2), strh),
  immediateOffset('LDRH', '1000 1', load(2), ldrh),
  stackOffset('STR', '1001 0', store(4), str, strOffset),
  stackOffset('LDR', '1001 1', load(4), ldr, ldrOffset),
  {
    name: 'PUSH T1',
    bits: '1011 010 M:1 registers:8',
    operands: (fields) => {
      const registers = fields('registers') | (fields('M') << LR);
      return multiple(false)(withFields(fields, {P: 1, U: 0, W: 1, Rn: SP, registers}));
    },
    execute: stm,
  },
  {
    name: 'POP T1',
    bits: '1011 110 P:1 registers:8',
    operands: (fields, _address, itState = 0) => {
      if (fields('P') === 1) rejectInsideItBlock(itState);
      const registers = fields('registers') | (fields('P') << PC);
      return multiple(true)(withFields(fields, {P: 0, U: 1, W: 1, Rn: SP, registers}));
    },
    execute: ldm,
  },
  {
    name: 'STM T1',
    bits: '11000 Rn:3 registers:8',
    operands: (fields) => multiple(false)(withFields(fields, {P: 0, U: 1, W: 1})),
    execute: stm,
  },
  {
    name: 'LDM T1',
    bits: '11001 Rn:3 registers:8',
    operands: (fields) => {
      const loadsBase = (fields('registers') >>> fields('Rn')) & 1;
      return multiple(true)(withFields(fields, {P: 0, U: 1, W: 1 - loadsBase}));
    },
    execute: ldm,
  },
];
