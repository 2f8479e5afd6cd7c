/** MRS, MSR, CPS and returns from exceptions: DDI 0406C B9.3. What these write takes effect behind their block. */

import {FLAGS_BIT} from '../../../trace/blocks.ts';
import type {Fields} from '../../core/bits.ts';
import {type Execute, LR, type Operands, PC, registers, reject, rejectUndefined} from '../../core/operation.ts';
import {modifiedImmediate} from '../../core/shifter.ts';
import {PSR} from '../modes.ts';
import {privileged, system} from './execute.ts';

/** The bytes of a PSR that a 4-bit mask selects, bit 0 the lowest. */
const byteMask = (mask: number): number => {
  let bits = 0;
  for (let byte = 0; byte < 4; byte++) if (((mask >>> byte) & 1) === 1) bits |= 0xff << (8 * byte);
  return bits;
};

const readCpsr = system((cpu, op) => {
  cpu.r[op.d] = cpu.cpsr & PSR.readable;
});
const readSpsr = privileged((cpu, op) => {
  cpu.r[op.d] = cpu.spsr(op);
});
// `amount` is the mask of bits, `immediate` the value when there is no register.
const writeCpsrRegister = system((cpu, op) => cpu.writeCpsr(op, cpu.r[op.n]!, op.amount));
const writeCpsrImmediate = system((cpu, op) => cpu.writeCpsr(op, op.immediate, op.amount));
const writeSpsrRegister = privileged((cpu, op) => cpu.setSpsr(op, cpu.r[op.n]!, op.amount));
const writeSpsrImmediate = privileged((cpu, op) => cpu.setSpsr(op, op.immediate, op.amount));

const reads = (fields: Fields): Operands => {
  const d = fields('Rd');
  reject(d === PC, 'pc as an operand is UNPREDICTABLE');
  return {class: 'system', d, reads: FLAGS_BIT, writes: registers(d)};
};

const written = (mask: number): Operands => {
  reject(mask === 0, 'MSR that writes nothing is UNPREDICTABLE');
  return {class: 'system', amount: byteMask(mask), end: 'fall-through', writes: mask >= 8 ? FLAGS_BIT : 0};
};
const fromRegister = (fields: Fields, mask: number): Operands => {
  const n = fields('Rn');
  reject(n === PC, 'pc as an operand is UNPREDICTABLE');
  return {...written(mask), n, reads: registers(n)};
};
const fromImmediate = (fields: Fields, mask: number): Operands => ({
  ...written(mask),
  immediate: modifiedImmediate(fields('imm12')).immediate,
});

/** `mask`, x and c as one. */
const cpsrMask = (fields: Fields): number => 4 * fields('mask') + 2 * fields('x') + fields('c');

/** Virtualization Extensions are not implemented without EL2. */
const absent = (): Operands => {
  rejectUndefined(true);
  return {class: 'system'};
};

export const READ_CPSR = {operands: reads, execute: readCpsr};
export const READ_SPSR = {operands: reads, execute: readSpsr};
export const WRITE_CPSR_REGISTER = {
  operands: (fields: Fields) => fromRegister(fields, cpsrMask(fields)),
  execute: writeCpsrRegister,
};
export const WRITE_CPSR_IMMEDIATE = {
  operands: (fields: Fields) => fromImmediate(fields, cpsrMask(fields)),
  execute: writeCpsrImmediate,
};
export const WRITE_SPSR_REGISTER = {
  operands: (fields: Fields) => fromRegister(fields, fields('mask')),
  execute: writeSpsrRegister,
};
export const WRITE_SPSR_IMMEDIATE = {
  operands: (fields: Fields) => fromImmediate(fields, fields('mask')),
  execute: writeSpsrImmediate,
};
export const BANKED = {operands: absent};

/** CPS: bits of CPSR to change in `amount`, their values in `immediate`. */
const changeState = system((cpu, op) => {
  if (cpu.isPrivileged) cpu.writeCpsr(op, op.immediate, op.amount);
});
const DISABLE = 3;
export const changeStateOperands = (fields: Fields): Operands => {
  const [imod, hasMode] = [fields('imod'), fields('M')];
  const masks = fields('A') * PSR.abortMask + fields('I') * PSR.irqMask + fields('F') * PSR.fiqMask;
  reject(
    imod === 1 || (imod === 0 && hasMode === 0) || imod >= 2 !== masks > 0 || (fields('mode') !== 0 && hasMode === 0),
    'this form of CPS is UNPREDICTABLE',
  );
  return {
    class: 'system',
    amount: masks | (hasMode === 1 ? PSR.mode : 0),
    immediate: (imod === DISABLE ? masks : 0) | fields('mode'),
    end: 'fall-through',
  };
};
export const CHANGE_STATE = {operands: changeStateOperands, execute: changeState};

/** A result that goes to pc, with SPSR to CPSR. */
const returning = new Map<Execute, Execute>();
export const thenReturn = (execute: Execute): Execute => {
  const known = returning.get(execute);
  if (known !== undefined) return known;
  const made = system((cpu, op) => {
    execute(cpu, op);
    cpu.returnFromException(op, cpu.r[PC]!, cpu.spsr(op));
  });
  returning.set(execute, made);
  return made;
};

/** Operands of an instruction whose result is a return from an exception. */
export const exceptionReturn = (operands: Operands, execute: Execute): Operands => ({
  ...operands,
  class: 'branch-indirect',
  end: 'indirect',
  writes: FLAGS_BIT,
  execute: thenReturn(operands.execute ?? execute),
});

const toLink = system((cpu, op) => {
  cpu.returnFromException(op, cpu.r[LR]! - op.immediate, cpu.spsr(op));
});
/** ERET, and SUBS PC, LR of T32. */
export const returnToLink = (immediate: number): Operands => ({
  class: 'branch-indirect',
  immediate,
  reads: registers(LR),
  writes: FLAGS_BIT,
  end: 'indirect',
});
export const RETURN_TO_LINK: Execute = toLink;
