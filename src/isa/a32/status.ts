/** MRS, MSR and CPS as user mode has them, and the system instructions that it has not: DDI 0406C A5.2.11, A5.2.12, A5.6. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {UnmodelledInstruction} from '../core/errors.ts';
import {type Execute, type Operands, type Row, registers, reject, rejected} from '../core/operation.ts';
import {modifiedImmediate} from '../core/shifter.ts';
import {register} from './branch.ts';

/** CPSR.M, which user mode may read as UNKNOWN; cores and QEMU show User mode. */
const USER_MODE = 0x10;
export const mrs: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.apsr | USER_MODE;
};
/** Bit 1 of `form` selects NZCVQ, bit 0 GE. */
const writeApsr = (cpu: Cpu, form: number, value: number): void => {
  if ((form & 2) !== 0) cpu.setNzcvq(value);
  if ((form & 1) !== 0) cpu.greaterEqual = (value >>> 16) & 15;
};
export const msrRegister: Execute = (cpu, op) => {
  const value = cpu.r[op.n]!;
  if ((op.amount & 2) !== 0 && (value & BIG_ENDIAN) !== 0) {
    throw new UnmodelledInstruction(op.address, op.word, `${op.name}: ${NO_BIG_ENDIAN}`);
  }
  writeApsr(cpu, op.form, value);
};
/** CPSR.E, which user mode may write. */
const BIG_ENDIAN = 0x200;
const NO_BIG_ENDIAN = 'big-endian data are not modelled';
export const msrImmediate: Execute = (cpu, op) => {
  writeApsr(cpu, op.form, op.immediate);
};
/** Of CPSR, user mode writes the flags and GE (`mask`) and E (in `x`); what else is selected stays (B1.3.3). */
const msrFields = (fields: Fields): Operands => {
  const [form, amount] = [fields('mask'), 2 * fields('x') + fields('c')];
  reject(form === 0 && amount === 0, 'MSR that writes nothing is UNPREDICTABLE');
  return {class: 'system', form, amount, writes: form === 0 ? 0 : FLAGS_BIT};
};
export const msrOperands = (fields: Fields): Operands => ({
  ...msrFields(fields),
  n: fields('Rn'),
  reads: registers(fields('Rn')),
});

/** CPS does nothing in user mode, but not every form is one (B9.3.2). */
export const changeStateOperands = (fields: Fields): Operands => {
  const [imod, m] = [fields('imod'), fields('M')];
  const masks = fields('A') + fields('I') + fields('F');
  reject(
    imod === 1 || (imod === 0 && m === 0) || imod >= 2 !== masks > 0 || (fields('mode') !== 0 && m === 0),
    'this form of CPS is UNPREDICTABLE',
  );
  return {class: 'system'};
};

const IN_USER_MODE = 'in user mode it is UNPREDICTABLE';
/** What the manual makes UNPREDICTABLE in user mode, where it does not make it UNDEFINED. */
const PRIVILEGED: readonly Row[] = [
  rejected('MRS (SPSR)', 'cond:4 0001 0100 (1111) Rd:4 (00) 0 (0) 0000 (0000)', IN_USER_MODE),
  rejected('MSR (SPSR, register)', 'cond:4 0001 0110 mask:4 (1111) (00) 0 (0) 0000 Rn:4', IN_USER_MODE),
  rejected('MSR (SPSR, immediate)', 'cond:4 0011 0110 mask:4 (1111) imm12:12', IN_USER_MODE),
  rejected('MRS (banked register)', 'cond:4 0001 0 R:1 00 M1:4 Rd:4 (00) 1 M:1 0000 (0000)', IN_USER_MODE),
  rejected('MSR (banked register)', 'cond:4 0001 0 R:1 10 M1:4 (1111) (00) 1 M:1 0000 Rn:4', IN_USER_MODE),
  rejected('ERET', 'cond:4 0001 0110 (000000000000) 0110 (1110)', IN_USER_MODE),
];

const OTHER_SYSTEMS = 'debug, trace, ThumbEE and Jazelle registers are not modelled';
const TIMER = 'the generic timer is not modelled';
/** Registers that user mode may have access to (B3.17, C6.3, B8); those of CP15 that are not here are UNDEFINED. */
const NOT_MODELLED: readonly Row[] = [
  rejected('MCR, MRC CP14', 'cond:4 1110 opc1:3 L:1 CRn:4 Rt:4 1110 opc2:3 1 CRm:4', OTHER_SYSTEMS),
  rejected('MRRC CP14', 'cond:4 1100 0101 Rt2:4 Rt:4 1110 opc1:4 CRm:4', OTHER_SYSTEMS),
  rejected('LDC, STC CP14', 'cond:4 1101 U:1 0 W:1 L:1 Rn:4 0101 1110 imm8:8', OTHER_SYSTEMS),
  rejected('LDC, STC CP14 (post-indexed)', 'cond:4 1100 U:1 01 L:1 Rn:4 0101 1110 imm8:8', OTHER_SYSTEMS),
  rejected('LDC, STC CP14 (unindexed)', 'cond:4 1100 1 00 L:1 Rn:4 0101 1110 imm8:8', OTHER_SYSTEMS),
  rejected('MRC CNTFRQ', 'cond:4 1110 000 1 1110 Rt:4 1111 000 1 0000', TIMER),
  rejected('MRRC CNTVCT', 'cond:4 1100 0101 Rt2:4 Rt:4 1111 0001 1110', TIMER),
  rejected('MRC PMUSERENR', 'cond:4 1110 000 1 1001 Rt:4 1111 000 1 1110', 'the performance monitor is not modelled'),
];

export const STATUS: readonly Row[] = [
  {
    name: 'MRS',
    bits: 'cond:4 0001 0000 (1111) Rd:4 (00) 0 (0) 0000 (0000)',
    operands: (fields) => {
      const d = register('Rd', fields);
      return {class: 'system', d, reads: FLAGS_BIT, writes: registers(d)};
    },
    execute: mrs,
  },
  {
    name: 'MSR (register)',
    bits: 'cond:4 0001 0010 mask:2 x:1 c:1 (1111) (00) 0 (0) 0000 Rn:4',
    operands: (fields) => {
      register('Rn', fields);
      return msrOperands(fields);
    },
    execute: msrRegister,
  },
  {
    name: 'MSR (immediate)',
    bits: 'cond:4 0011 0010 mask:2 x:1 c:1 (1111) imm12:12',
    operands: (fields) => {
      const {immediate} = modifiedImmediate(fields('imm12'));
      reject(fields('x') === 1 && (immediate & BIG_ENDIAN) !== 0, NO_BIG_ENDIAN);
      return {...msrFields(fields), immediate};
    },
    execute: msrImmediate,
  },
  ...PRIVILEGED,
  ...NOT_MODELLED,
];
