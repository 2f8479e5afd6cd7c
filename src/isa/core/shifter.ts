/** The second operand of data processing and addressing: immediate, register, or register through the barrel shifter (DDI 0406C A8.4). */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from './bits.ts';
import type {Cpu} from './cpu.ts';
import {type Operation, registers, reject} from './operation.ts';

export const IMMEDIATE = 0;
/** A modified immediate whose rotation is not 0: its bit 31 is the carry out. */
export const ROTATED_IMMEDIATE = 1;
export const REGISTER = 2;
export const LSL = 3;
export const LSR = 4;
export const ASR = 5;
export const ROR = 6;
export const RRX = 7;
export const LSL_REGISTER = 8;
export const LSR_REGISTER = 9;
export const ASR_REGISTER = 10;
// 11, ROR by a register, is what is left.

const rotateRight = (value: number, by: number): number => (value >>> by) | (value << (32 - by));

/** What a second operand adds to an instruction's operands. */
export interface ShifterOperand {
  readonly class: InstructionClass;
  readonly m: number;
  readonly a: number;
  readonly immediate: number;
  readonly form: number;
  readonly amount: number;
  readonly reads: number;
  /** The subset of `reads` that passes the shifter. */
  readonly shifted: number;
}

// Members are listed in one order everywhere, rather than spread: V8 then has one shape, and decodes several times faster.
const anImmediate = (form: number, immediate: number): ShifterOperand => ({
  class: 'alu-immediate',
  m: 0,
  a: 0,
  immediate,
  form,
  amount: 0,
  reads: 0,
  shifted: 0,
});

/** ARMExpandImm (A5.2.4). */
export const modifiedImmediate = (imm12: number): ShifterOperand => {
  const rotation = 2 * (imm12 >>> 8);
  const form = rotation === 0 ? IMMEDIATE : ROTATED_IMMEDIATE;
  return anImmediate(form, rotateRight(imm12 & 0xff, rotation));
};

/** ThumbExpandImm (A6.3.2). @throws Unpredictable when it would repeat a byte of 0. */
export const thumbModifiedImmediate = (imm12: number): ShifterOperand => {
  const byte = imm12 & 0xff;
  const repeats = imm12 >>> 8;
  if (repeats > 3) {
    return anImmediate(ROTATED_IMMEDIATE, rotateRight(0x80 | (imm12 & 0x7f), imm12 >>> 7));
  }
  reject(repeats > 0 && byte === 0, 'a repeated byte of 0 is UNPREDICTABLE');
  return plainImmediate(Math.imul(byte, [1, 0x0001_0001, 0x0100_0100, 0x0101_0101][repeats]!));
};

export const plainImmediate = (immediate: number): ShifterOperand => anImmediate(IMMEDIATE, immediate);

/** Fields imm5, type and Rm; DecodeImmShift (A8.4.3): a distance of 0 means 32, or RRX. */
export const immediateShift = (fields: Fields): ShifterOperand => {
  const imm5 = fields('imm5');
  const type = fields('type');
  const m = fields('Rm');
  const reads = registers(m);
  if (type === 0 && imm5 === 0)
    return {class: 'alu-register', m, a: 0, immediate: 0, form: REGISTER, amount: 0, reads, shifted: 0};
  const isRrx = type === 3 && imm5 === 0;
  return {
    class: 'alu-shift',
    m,
    a: 0,
    immediate: 0,
    form: isRrx ? RRX : LSL + type,
    amount: isRrx ? 0 : imm5 === 0 ? 32 : imm5,
    reads: isRrx ? reads | FLAGS_BIT : reads,
    shifted: reads,
  };
};

/** Fields Rs, type and Rm. */
export const registerShift = (fields: Fields): ShifterOperand => {
  const m = fields('Rm');
  const a = fields('Rs');
  const reads = registers(m, a);
  const form = LSL_REGISTER + fields('type');
  return {class: 'alu-shift', m, a, immediate: 0, form, amount: 0, reads, shifted: reads};
};

/**
 * The operand's value; the carry out is not wanted. The two commonest forms are apart from the rest because V8 inlines
 * by size (see hot-block.ts), and this is in nearly every instruction.
 */
export const shifterOperand = (cpu: Cpu, operation: Operation): number =>
  operation.form === REGISTER
    ? cpu.r[operation.m]!
    : operation.form <= ROTATED_IMMEDIATE
      ? operation.immediate
      : shifted(cpu, operation);

const shifted = (cpu: Cpu, operation: Operation): number => {
  const r = cpu.r;
  switch (operation.form) {
    case LSL:
      return r[operation.m]! << operation.amount;
    case LSR:
      return operation.amount === 32 ? 0 : (r[operation.m]! >>> operation.amount) | 0;
    case ASR:
      return r[operation.m]! >> (operation.amount === 32 ? 31 : operation.amount);
    case ROR:
      return rotateRight(r[operation.m]!, operation.amount);
    case RRX:
      return (cpu.carry << 31) | (r[operation.m]! >>> 1);
    default:
      return shiftByRegister(operation.form, r[operation.m]!, r[operation.a]! & 0xff);
  }
};

const shiftByRegister = (form: number, value: number, by: number): number => {
  if (form === LSL_REGISTER) return by < 32 ? value << by : 0;
  if (form === LSR_REGISTER) return by < 32 ? (value >>> by) | 0 : 0;
  if (form === ASR_REGISTER) return value >> (by < 32 ? by : 31);
  return rotateRight(value, by & 31);
};

/** The operand's value, with the shifter's carry out (Shift_C) in `cpu.carry`. */
export const shifterOperandCarry = (cpu: Cpu, operation: Operation): number => {
  const r = cpu.r;
  const value = r[operation.m]!;
  const amount = operation.amount;
  switch (operation.form) {
    case IMMEDIATE:
      return operation.immediate;
    case ROTATED_IMMEDIATE:
      cpu.carry = operation.immediate >>> 31;
      return operation.immediate;
    case REGISTER:
      return value;
    case LSL:
      cpu.carry = (value >>> (32 - amount)) & 1;
      return value << amount;
    case LSR:
    case ASR:
    case ROR: {
      cpu.carry = (value >>> (amount - 1)) & 1;
      return shifterOperand(cpu, operation);
    }
    case RRX: {
      const result = (cpu.carry << 31) | (value >>> 1);
      cpu.carry = value & 1;
      return result;
    }
    default:
      return shiftByRegisterCarry(cpu, operation.form, value, r[operation.a]! & 0xff);
  }
};

const shiftByRegisterCarry = (cpu: Cpu, form: number, value: number, by: number): number => {
  if (by !== 0) {
    if (form === LSL_REGISTER) cpu.carry = by > 32 ? 0 : (value >>> (32 - by)) & 1;
    else if (form === LSR_REGISTER) cpu.carry = by > 32 ? 0 : (value >>> (by - 1)) & 1;
    else if (form === ASR_REGISTER) cpu.carry = (value >>> (by > 32 ? 31 : by - 1)) & 1;
    else cpu.carry = (value >>> ((by - 1) & 31)) & 1;
  }
  return shiftByRegister(form, value, by);
};
