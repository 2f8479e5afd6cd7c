/** T32 data processing in 16 bits: DDI 0406C A6.2.1–A6.2.3, and what A6.2.5 has of it. */
import {dataProcessing} from '../a32/data-processing.ts';
import {extend, rev, rev16, revsh, sxtb, sxth, unary, uxtb, uxth} from '../a32/media.ts';
import {mul, narrow, product} from '../a32/multiply.ts';
import {type Fields, withFields} from '../core/bits.ts';
import {type Execute, LR, type Operands, PC, type Row, registers, reject, SP} from '../core/operation.ts';
import {immediateShift, plainImmediate, registerShift} from '../core/shifter.ts';
import {alignment, rejectInsideItBlock, rejectPc, setsFlags} from './encoding.ts';
import {OPERATION, type OperationName} from './operations.ts';

const register = (m: number) => immediateShift((name) => (name === 'Rm' ? m : 0));

/** Rd = Rn op immediate, or Rd = op immediate; flags are set outside IT blocks. */
const withImmediate =
  (operation: OperationName, given: (fields: Fields) => {Rd?: number; Rn?: number; immediate: number}) =>
  (fields: Fields, _address: number, itState = 0): Operands => {
    const {immediate, ...numbers} = given(fields);
    return dataProcessing(
      OPERATION[operation],
      withFields(fields, {S: setsFlags(itState), ...numbers}),
      plainImmediate(immediate),
    );
  };

const shiftRow = (name: string, type: number): Row => ({
  name: `${name} (immediate) T1`,
  bits: `000 ${type.toString(2).padStart(2, '0')} imm5:5 Rm:3 Rd:3`,
  operands: (fields, _address, itState = 0) => {
    reject(type === 0 && fields('imm5') === 0 && setsFlags(itState) === 0, 'MOVS in an IT block is UNPREDICTABLE');
    return dataProcessing(
      OPERATION.MOV,
      withFields(fields, {S: setsFlags(itState)}),
      immediateShift(withFields(fields, {type})),
    );
  },
  execute: OPERATION.MOV.execute,
});

const threeRegisters = (operation: 'ADD' | 'SUB', bits: string): Row => ({
  name: `${operation} (register) T1`,
  bits,
  operands: (fields, _address, itState = 0) =>
    dataProcessing(OPERATION[operation], withFields(fields, {S: setsFlags(itState)}), register(fields('Rm'))),
  execute: OPERATION[operation].execute,
});

const immediateRow = (
  name: string,
  bits: string,
  operation: OperationName,
  given: (fields: Fields) => {Rd?: number; Rn?: number; immediate: number},
): Row => ({name, bits, operands: withImmediate(operation, given), execute: OPERATION[operation].execute});

/** A6.2.2, those with two registers: Rdn = Rdn op Rm, or one of the two compared with the other. */
const twoRegisters = (operation: OperationName, opcode: string): Row => ({
  name: `${operation} (register) T1`,
  bits: `010000 ${opcode} Rm:3 Rdn:3`,
  operands: (fields, _address, itState = 0) => {
    const Rdn = fields('Rdn');
    return dataProcessing(
      OPERATION[operation],
      withFields(fields, {S: setsFlags(itState), Rd: Rdn, Rn: Rdn}),
      register(fields('Rm')),
    );
  },
  execute: OPERATION[operation].execute,
});

const shiftByRegister = (name: string, opcode: string, type: number): Row => ({
  name: `${name} (register) T1`,
  bits: `010000 ${opcode} Rm:3 Rdn:3`,
  operands: (fields, _address, itState = 0) => {
    const Rdn = fields('Rdn');
    const shift = registerShift(withFields(fields, {type, Rs: fields('Rm'), Rm: Rdn}));
    return dataProcessing(OPERATION.MOV, withFields(fields, {S: setsFlags(itState), Rd: Rdn}), shift);
  },
  execute: OPERATION.MOV.execute,
});

// BranchWritePC: Thumb state stays, whatever bit 0 is.
export const moveToPc: Execute = (cpu, op) => {
  cpu.next = cpu.r[op.m]! | 1;
};
export const addToPc: Execute = (cpu, op) => {
  cpu.next = (cpu.r[op.n]! + cpu.r[op.m]!) | 1;
};

const branchOperands = (itState: number, execute: Execute, m: number, n = m): Operands => {
  rejectInsideItBlock(itState);
  const reads = registers(n, m);
  return {
    class: 'branch-indirect',
    end: execute === moveToPc && m === LR ? 'return' : 'indirect',
    execute,
    n,
    m,
    reads,
  };
};

/** A6.2.3: any registers, no flags but those of CMP. */
const HIGH_REGISTERS: readonly Row[] = [
  {
    name: 'ADD (register) T2',
    bits: '010001 00 DN:1 Rm:4 Rdn:3',
    operands: (fields, _address, itState = 0) => {
      const [d, m] = [fields('DN') * 8 + fields('Rdn'), fields('Rm')];
      reject(d === PC && m === PC, 'ADD of pc to pc is UNPREDICTABLE');
      if (d === PC) return branchOperands(itState, addToPc, m, d);
      return dataProcessing(OPERATION.ADD, withFields(fields, {S: 0, Rd: d, Rn: d}), register(m));
    },
    execute: OPERATION.ADD.execute,
  },
  {
    name: 'CMP (register) T2',
    bits: '010001 01 N:1 Rm:4 Rn:3',
    operands: (fields) => {
      const [n, m] = [fields('N') * 8 + fields('Rn'), fields('Rm')];
      reject(n < 8 && m < 8, 'CMP of two low registers in this encoding is UNPREDICTABLE');
      rejectPc(n, m);
      return dataProcessing(OPERATION.CMP, withFields(fields, {Rn: n}), register(m));
    },
    execute: OPERATION.CMP.execute,
  },
  {
    name: 'MOV (register) T1',
    bits: '010001 10 D:1 Rm:4 Rd:3',
    operands: (fields, _address, itState = 0) => {
      const [d, m] = [fields('D') * 8 + fields('Rd'), fields('Rm')];
      if (d === PC) return branchOperands(itState, moveToPc, m);
      return dataProcessing(OPERATION.MOV, withFields(fields, {S: 0, Rd: d}), register(m));
    },
    execute: OPERATION.MOV.execute,
  },
];

/** ADD and SUB that make an address of sp or pc: no flags. */
const address = (
  name: string,
  bits: string,
  operation: 'ADD' | 'SUB',
  given: (fields: Fields, address: number) => {Rn: number; immediate: number; Rd?: number},
): Row => ({
  name,
  bits,
  operands: (fields, at) => {
    const {immediate, ...numbers} = given(fields, at);
    return dataProcessing(OPERATION[operation], withFields(fields, {S: 0, ...numbers}), plainImmediate(immediate));
  },
  execute: OPERATION[operation].execute,
});

const extension = (name: string, opcode: string, execute: Execute): Row => ({
  name: `${name} T1`,
  bits: `1011 0010 ${opcode} Rm:3 Rd:3`,
  operands: (fields) => extend(withFields(fields, {rotate: 0})),
  execute,
});
const reversal = (name: string, opcode: string, execute: Execute): Row => ({
  name: `${name} T1`,
  bits: `1011 1010 ${opcode} Rm:3 Rd:3`,
  operands: unary('shift'),
  execute,
});

const stackOffset = (fields: Fields) => ({Rn: SP, Rd: SP, immediate: 4 * fields('imm7')});

export const NARROW_DATA_PROCESSING: readonly Row[] = [
  shiftRow('LSL', 0),
  shiftRow('LSR', 1),
  shiftRow('ASR', 2),
  threeRegisters('ADD', '000 11 00 Rm:3 Rn:3 Rd:3'),
  threeRegisters('SUB', '000 11 01 Rm:3 Rn:3 Rd:3'),
  immediateRow('ADD (immediate) T1', '000 11 10 imm3:3 Rn:3 Rd:3', 'ADD', (f) => ({immediate: f('imm3')})),
  immediateRow('SUB (immediate) T1', '000 11 11 imm3:3 Rn:3 Rd:3', 'SUB', (f) => ({immediate: f('imm3')})),
  immediateRow('MOV (immediate) T1', '001 00 Rd:3 imm8:8', 'MOV', (f) => ({immediate: f('imm8')})),
  immediateRow('CMP (immediate) T1', '001 01 Rn:3 imm8:8', 'CMP', (f) => ({immediate: f('imm8')})),
  immediateRow('ADD (immediate) T2', '001 10 Rdn:3 imm8:8', 'ADD', (f) => ({
    Rd: f('Rdn'),
    Rn: f('Rdn'),
    immediate: f('imm8'),
  })),
  immediateRow('SUB (immediate) T2', '001 11 Rdn:3 imm8:8', 'SUB', (f) => ({
    Rd: f('Rdn'),
    Rn: f('Rdn'),
    immediate: f('imm8'),
  })),
  twoRegisters('AND', '0000'),
  twoRegisters('EOR', '0001'),
  shiftByRegister('LSL', '0010', 0),
  shiftByRegister('LSR', '0011', 1),
  shiftByRegister('ASR', '0100', 2),
  twoRegisters('ADC', '0101'),
  twoRegisters('SBC', '0110'),
  shiftByRegister('ROR', '0111', 3),
  twoRegisters('TST', '1000'),
  immediateRow('RSB (immediate) T1', '010000 1001 Rn:3 Rd:3', 'RSB', () => ({immediate: 0})),
  twoRegisters('CMP', '1010'),
  twoRegisters('CMN', '1011'),
  twoRegisters('ORR', '1100'),
  {
    name: 'MUL T1',
    bits: '010000 1101 Rn:3 Rdm:3',
    operands: (fields, _address, itState = 0) =>
      narrow({...product, flags: true})(
        withFields(fields, {S: setsFlags(itState), Rd: fields('Rdm'), Rm: fields('Rdm')}),
      ),
    execute: mul,
  },
  twoRegisters('BIC', '1110'),
  twoRegisters('MVN', '1111'),
  ...HIGH_REGISTERS,
  address('ADR T1', '10100 Rd:3 imm8:8', 'ADD', (f, at) => ({Rn: PC, immediate: 4 * f('imm8') + alignment(at)})),
  address('ADD (SP plus immediate) T1', '10101 Rd:3 imm8:8', 'ADD', (f) => ({Rn: SP, immediate: 4 * f('imm8')})),
  address('ADD (SP plus immediate) T2', '10110000 0 imm7:7', 'ADD', stackOffset),
  address('SUB (SP minus immediate) T1', '10110000 1 imm7:7', 'SUB', stackOffset),
  extension('SXTH', '00', sxth),
  extension('SXTB', '01', sxtb),
  extension('UXTH', '10', uxth),
  extension('UXTB', '11', uxtb),
  reversal('REV', '00', rev),
  reversal('REV16', '01', rev16),
  reversal('REVSH', '11', revsh),
];
