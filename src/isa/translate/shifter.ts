/** The shifter of data processing (DDI 0406C A8.4): the second operand, and the carry out. */
import type {Operation} from '../core/operation.ts';
import {
  ASR,
  ASR_REGISTER,
  IMMEDIATE,
  LSL,
  LSL_REGISTER,
  LSR,
  LSR_REGISTER,
  REGISTER,
  ROR,
  ROTATED_IMMEDIATE,
  RRX,
} from '../core/shifter.ts';
import type {Emitter} from './emitter.ts';
import {CARRY} from './flags.ts';

/** Pushes the second operand; needs C for RRX only. */
export const pushShifted = (emitter: Emitter, operation: Operation): void => {
  const {code} = emitter;
  const {form, amount, m} = operation;
  switch (form) {
    case IMMEDIATE:
    case ROTATED_IMMEDIATE:
      code.constant(operation.immediate);
      return;
    case REGISTER:
      emitter.register(operation, m);
      return;
    case LSL:
      emitter.register(operation, m).code.constant(amount).op('i32.shl');
      return;
    case LSR:
      if (amount === 32) code.constant(0);
      else emitter.register(operation, m).code.constant(amount).op('i32.shr_u');
      return;
    case ASR:
      emitter.register(operation, m).code.constant(Math.min(amount, 31)).op('i32.shr_s');
      return;
    case ROR:
      emitter.register(operation, m).code.constant(amount).op('i32.rotr');
      return;
    case RRX:
      emitter.flag(CARRY).code.constant(31).op('i32.shl');
      emitter.register(operation, m).code.constant(1).op('i32.shr_u').op('i32.or');
      return;
    default:
      pushShiftedByRegister(emitter, operation);
  }
};

/** Distances of 32 and more: WebAssembly takes them modulo 32, Arm does not, except for ROR. */
const pushShiftedByRegister = (emitter: Emitter, operation: Operation): void => {
  const {code} = emitter;
  const by = emitter.temporary();
  emitter.register(operation, operation.a).code.constant(0xff).op('i32.and').set(by);
  if (operation.form === ASR_REGISTER) {
    emitter.register(operation, operation.m);
    code.get(by).constant(31).get(by).constant(31).op('i32.lt_u').op('select');
    code.op('i32.shr_s');
    return;
  }
  if (operation.form === LSL_REGISTER || operation.form === LSR_REGISTER) {
    emitter.register(operation, operation.m);
    code.get(by).op(operation.form === LSL_REGISTER ? 'i32.shl' : 'i32.shr_u');
    code.constant(0).get(by).constant(32).op('i32.lt_u').op('select');
    return;
  }
  emitter.register(operation, operation.m);
  code.get(by).op('i32.rotr');
};

/** Pushes the carry out of the shifter; only for forms that have one. */
export const pushCarryOut = (emitter: Emitter, operation: Operation): void => {
  const {code} = emitter;
  const {form, amount, m} = operation;
  switch (form) {
    case ROTATED_IMMEDIATE:
      code.constant(operation.immediate >>> 31);
      return;
    case LSL:
      pushBit(emitter, operation, 32 - amount);
      return;
    case LSR:
    case ASR:
    case ROR:
      pushBit(emitter, operation, amount - 1);
      return;
    case RRX:
      emitter.register(operation, m).code.constant(1).op('i32.and');
      return;
    default:
      pushCarryOutByRegister(emitter, operation);
  }
};

const pushBit = (emitter: Emitter, operation: Operation, bit: number): void => {
  emitter.register(operation, operation.m).code.constant(bit).op('i32.shr_u').constant(1).op('i32.and');
};

/** By a 64-bit shift, so that distances up to 63 need no case of their own; beyond that the carry is 0, or the sign. */
const pushCarryOutByRegister = (emitter: Emitter, operation: Operation): void => {
  const {code} = emitter;
  const by = emitter.temporary();
  emitter.register(operation, operation.a).code.constant(0xff).op('i32.and').set(by);
  const limited = (): void => {
    code.get(by).constant(63).get(by).constant(63).op('i32.lt_u').op('select');
  };
  const one = (): void => {
    code.constant(1).op('i32.and');
  };
  if (operation.form === LSL_REGISTER) {
    // Bit 32 of the value shifted left.
    emitter.register(operation, operation.m).code.op('i64.extend_i32_u');
    limited();
    code.op('i64.extend_i32_u').op('i64.shl').constant64(32, 0).op('i64.shr_u').op('i32.wrap_i64');
    one();
  } else if (operation.form === LSR_REGISTER || operation.form === ASR_REGISTER) {
    // Bit 0 of twice the value shifted right: the bit below the result.
    const signed = operation.form === ASR_REGISTER;
    emitter.register(operation, operation.m).code.op(signed ? 'i64.extend_i32_s' : 'i64.extend_i32_u');
    code.constant64(1, 0).op('i64.shl');
    limited();
    code
      .op('i64.extend_i32_u')
      .op(signed ? 'i64.shr_s' : 'i64.shr_u')
      .op('i32.wrap_i64');
    one();
  } else {
    emitter.register(operation, operation.m);
    code.get(by).constant(1).op('i32.sub').op('i32.shr_u');
    one();
  }
  // A distance of 0 leaves C as it is.
  emitter.flag(CARRY).code.get(by).op('select');
};

export const hasCarryOut = (form: number): boolean => form !== IMMEDIATE && form !== REGISTER;
