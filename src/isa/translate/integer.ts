/** Translations of data processing, multiplication, extension and bit fields (DDI 0406C A5.2, A5.4 and their T32 forms). */
import * as data from '../a32/data-processing.ts';
import * as media from '../a32/media.ts';
import * as multiply from '../a32/multiply.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {PC} from '../core/operation.ts';
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
import {orn} from '../t32/operations.ts';
import {type Emitter, LONG, TARGET} from './emitter.ts';
import {CARRY, type FlagUse, NEGATIVE, OVERFLOW, ZERO} from './flags.ts';
import type {Rows, Translation} from './translation.ts';
import type {Op} from './wasm/opcodes.ts';

const NZ = NEGATIVE | ZERO;

/** Pops the result into Rd; a write of pc goes to TARGET, for the block's end. */
const setResult = (emitter: Emitter, operation: Operation, number = operation.d): void => {
  if (number === PC) emitter.code.set(TARGET);
  else emitter.setRegister(number);
};

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
const pushCarryOut = (emitter: Emitter, operation: Operation): void => {
  const {code} = emitter;
  const {form, amount, m} = operation;
  switch (form) {
    case ROTATED_IMMEDIATE:
      code.constant(operation.immediate >>> 31);
      return;
    case LSL:
      emitter
        .register(operation, m)
        .code.constant(32 - amount)
        .op('i32.shr_u')
        .constant(1)
        .op('i32.and');
      return;
    case LSR:
    case ASR:
    case ROR:
      emitter
        .register(operation, m)
        .code.constant(amount - 1)
        .op('i32.shr_u')
        .constant(1)
        .op('i32.and');
      return;
    case RRX:
      emitter.register(operation, m).code.constant(1).op('i32.and');
      return;
    default:
      pushCarryOutByRegister(emitter, operation);
  }
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

const hasCarryOut = (form: number): boolean => form !== IMMEDIATE && form !== REGISTER;

const setNegativeZero = (emitter: Emitter, result: number): void => {
  const {code, liveFlags} = emitter;
  if ((liveFlags & NEGATIVE) !== 0) {
    code.get(result);
    emitter.setFlag(NEGATIVE);
  }
  if ((liveFlags & ZERO) !== 0) {
    code.get(result);
    emitter.setFlag(ZERO);
  }
};

/** N and Z from a copy of the result that later conditions may use. */
const keepResult = (emitter: Emitter): number => {
  const result = emitter.kept();
  emitter.flagSource = result === undefined ? undefined : {kind: 'result', result};
  return result ?? emitter.temporary();
};

type Combine = (emitter: Emitter, operation: Operation, pushOperand: () => void) => void;

const withFirst =
  (op: Op): Combine =>
  (emitter, operation, pushOperand) => {
    emitter.register(operation, operation.n);
    pushOperand();
    emitter.code.op(op);
  };

const LOGICAL: readonly (readonly [execute: Execute, combine: Combine, keeps: boolean])[] = [
  [data.and, withFirst('i32.and'), true],
  [data.eor, withFirst('i32.xor'), true],
  [data.orr, withFirst('i32.or'), true],
  [
    data.bic,
    (emitter, operation, pushOperand) => {
      emitter.register(operation, operation.n);
      pushOperand();
      emitter.code.constant(-1).op('i32.xor').op('i32.and');
    },
    true,
  ],
  [
    orn,
    (emitter, operation, pushOperand) => {
      emitter.register(operation, operation.n);
      pushOperand();
      emitter.code.constant(-1).op('i32.xor').op('i32.or');
    },
    true,
  ],
  [data.mov, (_emitter, _operation, pushOperand) => pushOperand(), true],
  [
    data.mvn,
    (emitter, _operation, pushOperand) => {
      pushOperand();
      emitter.code.constant(-1).op('i32.xor');
    },
    true,
  ],
  [data.tst, withFirst('i32.and'), false],
  [data.teq, withFirst('i32.xor'), false],
];

const emitLogical =
  (combine: Combine, keeps: boolean): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    if (keeps && !operation.setFlags) {
      combine(emitter, operation, () => pushShifted(emitter, operation));
      setResult(emitter, operation);
      return;
    }
    const wantsCarry = (emitter.liveFlags & CARRY) !== 0 && hasCarryOut(operation.form);
    const result = keepResult(emitter);
    combine(emitter, operation, () => pushShifted(emitter, operation));
    code.set(result);
    // Before Rd changes, which may be the register that was shifted.
    if (wantsCarry) {
      pushCarryOut(emitter, operation);
      emitter.setCarry();
    }
    setNegativeZero(emitter, result);
    if (!keeps) return;
    code.get(result);
    setResult(emitter, operation);
  };

const logicalFlags =
  (keeps: boolean): NonNullable<Translation['flags']> =>
  ({form, setFlags}) => {
    const sets = !keeps || setFlags;
    const carries = sets && hasCarryOut(form);
    const byRegister = form >= LSL_REGISTER;
    return {
      reads: form === RRX || (carries && byRegister) ? CARRY : 0,
      writes: sets ? NZ | (carries ? CARRY : 0) : 0,
    };
  };

const shifterReads = ({form}: Operation): number => (form === RRX ? CARRY : 0);
const ALL = NZ | CARRY | OVERFLOW;

/** Puts both operands into locals that stay as they are when Rd is written. */
const operandsOf = (emitter: Emitter, operation: Operation, reversed: boolean): readonly [number, number] => {
  const {code} = emitter;
  const a = emitter.kept() ?? emitter.temporary();
  const b = emitter.kept() ?? emitter.temporary();
  emitter.register(operation, operation.n).code.set(reversed ? b : a);
  pushShifted(emitter, operation);
  code.set(reversed ? a : b);
  return [a, b];
};

const setDifferenceFlags = (emitter: Emitter, a: number, b: number, result: number): void => {
  setNegativeZero(emitter, result);
  if ((emitter.liveFlags & (CARRY | OVERFLOW)) !== 0) emitter.setDifference(a, b);
  emitter.flagSource = emitter.isKept(a) && emitter.isKept(b) ? {kind: 'difference', a, b} : undefined;
};

/** Flags of a + b, or of a + b + C. */
const setSumFlags = (emitter: Emitter, a: number, b: number, result: number): void => {
  const {code, liveFlags} = emitter;
  setNegativeZero(emitter, result);
  if ((liveFlags & (CARRY | OVERFLOW)) !== 0) {
    code.get(a).get(b).op('i32.and').get(a).get(b).op('i32.or').get(result).constant(-1).op('i32.xor');
    code.op('i32.and').op('i32.or').constant(31).op('i32.shr_u');
    code.get(a).get(result).op('i32.xor').get(b).get(result).op('i32.xor').op('i32.and').constant(31).op('i32.shr_u');
    emitter.setCarryAndOverflow();
  }
  emitter.flagSource = emitter.isKept(result) ? {kind: 'result', result} : undefined;
};

const subtract =
  (reversed: boolean, keeps: boolean): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    if (keeps && !operation.setFlags) {
      if (reversed) pushShifted(emitter, operation);
      emitter.register(operation, operation.n);
      if (!reversed) pushShifted(emitter, operation);
      code.op('i32.sub');
      setResult(emitter, operation);
      return;
    }
    const [a, b] = operandsOf(emitter, operation, reversed);
    const result = emitter.temporary();
    code.get(a).get(b).op('i32.sub').set(result);
    setDifferenceFlags(emitter, a, b, result);
    if (!keeps) return;
    code.get(result);
    setResult(emitter, operation);
  };

const add =
  (keeps: boolean): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    if (keeps && !operation.setFlags) {
      emitter.register(operation, operation.n);
      pushShifted(emitter, operation);
      code.op('i32.add');
      setResult(emitter, operation);
      return;
    }
    const [a, b] = operandsOf(emitter, operation, false);
    const result = emitter.kept() ?? emitter.temporary();
    code.get(a).get(b).op('i32.add').set(result);
    setSumFlags(emitter, a, b, result);
    if (!keeps) return;
    code.get(result);
    setResult(emitter, operation);
  };

/** ADC, SBC (adds the complement of the second operand) and RSC (of the first). */
const addWithCarry =
  (complement: 'none' | 'first' | 'second'): Translation['emit'] =>
  (emitter, operation) => {
    const {code} = emitter;
    const a = emitter.temporary();
    const b = emitter.temporary();
    const result = emitter.kept() ?? emitter.temporary();
    emitter.register(operation, operation.n);
    if (complement === 'first') code.constant(-1).op('i32.xor');
    code.set(a);
    pushShifted(emitter, operation);
    if (complement === 'second') code.constant(-1).op('i32.xor');
    code.tee(b).get(a).op('i32.add');
    emitter.flag(CARRY).code.op('i32.add').set(result);
    if (operation.setFlags) setSumFlags(emitter, a, b, result);
    code.get(result);
    setResult(emitter, operation);
  };

const always =
  (use: FlagUse): NonNullable<Translation['flags']> =>
  () =>
    use;
const arithmeticFlags =
  (keeps: boolean, reads = 0): NonNullable<Translation['flags']> =>
  (operation) => ({
    reads: reads | shifterReads(operation),
    writes: !keeps || operation.setFlags ? ALL : 0,
  });

/** Rd from registers n, m and a, without flags. */
export type Push = (emitter: Emitter, operation: Operation) => void;
export const plain = (push: Push): Translation => ({
  emit: (emitter, operation) => {
    push(emitter, operation);
    setResult(emitter, operation);
  },
  flags: always({reads: 0, writes: 0}),
});

const product: Push = (emitter, operation) => {
  emitter.register(operation, operation.n).register(operation, operation.m).code.op('i32.mul');
};

/** A multiplication that may set N and Z. */
const multiplication = (push: Push): Translation => ({
  emit: (emitter, operation) => {
    push(emitter, operation);
    if (!operation.setFlags) {
      setResult(emitter, operation);
      return;
    }
    const result = keepResult(emitter);
    emitter.code.set(result);
    setNegativeZero(emitter, result);
    emitter.code.get(result);
    setResult(emitter, operation);
  },
  flags: ({setFlags}) => ({reads: 0, writes: setFlags ? NZ : 0}),
});

/** RdLo is d, RdHi is a. */
const longMultiplication = (extend: 'i64.extend_i32_s' | 'i64.extend_i32_u', accumulates: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    emitter.register(operation, operation.n).code.op(extend);
    emitter.register(operation, operation.m).code.op(extend).op('i64.mul');
    if (accumulates) {
      emitter.register(operation, operation.a).code.op('i64.extend_i32_u').constant64(32, 0).op('i64.shl');
      emitter.register(operation, operation.d).code.op('i64.extend_i32_u').op('i64.or').op('i64.add');
    }
    code.set(LONG);
    code.get(LONG).op('i32.wrap_i64');
    emitter.setRegister(operation.d);
    code.get(LONG).constant64(32, 0).op('i64.shr_u').op('i32.wrap_i64');
    emitter.setRegister(operation.a);
    if (!operation.setFlags) return;
    const result = keepResult(emitter);
    // Z is that of all 64 bits, N the sign of the upper word.
    emitter.flagSource = undefined;
    emitter.register(operation, operation.d).register(operation, operation.a).code.op('i32.or').set(result);
    code.get(result);
    emitter.setFlag(ZERO);
    emitter.register(operation, operation.a).setFlag(NEGATIVE);
  },
  flags: ({setFlags}) => ({reads: 0, writes: setFlags ? NZ : 0}),
});

export const pushRotated: Push = (emitter, operation) => {
  emitter.register(operation, operation.m);
  if (operation.amount !== 0) emitter.code.constant(operation.amount).op('i32.rotr');
};
const extension = (extend: (emitter: Emitter) => void, adds: boolean): Translation =>
  plain((emitter, operation) => {
    pushRotated(emitter, operation);
    extend(emitter);
    if (adds) emitter.register(operation, operation.n).code.op('i32.add');
  });
const signedByte = ({code}: Emitter): void => void code.op('i32.extend8_s');
const signedHalf = ({code}: Emitter): void => void code.op('i32.extend16_s');
const unsignedByte = ({code}: Emitter): void => void code.constant(0xff).op('i32.and');
const unsignedHalf = ({code}: Emitter): void => void code.constant(0xffff).op('i32.and');

/** The half of a register, sign-extended. */
export const pushHalf = (emitter: Emitter, operation: Operation, number: number, isTop: boolean): void => {
  emitter.register(operation, number);
  if (isTop) emitter.code.constant(16).op('i32.shr_s');
  else emitter.code.op('i32.extend16_s');
};

const pushReversed: Push = (emitter, operation) => {
  const {code} = emitter;
  emitter
    .register(operation, operation.m)
    .code.constant(8)
    .op('i32.rotr')
    .constant(0xff00_ff00 | 0)
    .op('i32.and');
  emitter.register(operation, operation.m).code.constant(8).op('i32.rotl').constant(0x00ff_00ff).op('i32.and');
  code.op('i32.or');
};

const pushQuotient =
  (signed: boolean): Push =>
  (emitter, operation) => {
    const {code} = emitter;
    const divisor = emitter.temporary();
    emitter.register(operation, operation.m).code.tee(divisor).op('i32.eqz');
    code.if(0x7f);
    code.constant(0).op('else');
    if (signed) {
      // −2³¹ ÷ −1 wraps on Arm and traps in WebAssembly.
      code.get(divisor).constant(-1).op('i32.eq').if(0x7f);
      code.constant(0);
      emitter.register(operation, operation.n).code.op('i32.sub').op('else');
      emitter.register(operation, operation.n).code.get(divisor).op('i32.div_s').end();
    } else emitter.register(operation, operation.n).code.get(divisor).op('i32.div_u');
    code.end();
  };

export const pushPackShifted: Push = (emitter, operation) => {
  emitter.register(operation, operation.m);
  if (operation.form === 0) emitter.code.constant(operation.amount).op('i32.shl');
  else emitter.code.constant(operation.amount === 0 ? 31 : operation.amount).op('i32.shr_s');
};
const packed = (keptMask: number): Translation =>
  plain((emitter, operation) => {
    emitter.register(operation, operation.n).code.constant(keptMask).op('i32.and');
    pushPackShifted(emitter, operation);
    emitter.code.constant(~keptMask).op('i32.and').op('i32.or');
  });

export const INTEGER: Rows = [
  ...LOGICAL.map(
    ([execute, combine, keeps]) =>
      [execute, {emit: emitLogical(combine, keeps), flags: logicalFlags(keeps)}] satisfies [Execute, Translation],
  ),
  [data.add, {emit: add(true), flags: arithmeticFlags(true)}],
  [data.cmn, {emit: add(false), flags: arithmeticFlags(false)}],
  [data.sub, {emit: subtract(false, true), flags: arithmeticFlags(true)}],
  [data.cmp, {emit: subtract(false, false), flags: arithmeticFlags(false)}],
  [data.rsb, {emit: subtract(true, true), flags: arithmeticFlags(true)}],
  [data.adc, {emit: addWithCarry('none'), flags: arithmeticFlags(true, CARRY)}],
  [data.sbc, {emit: addWithCarry('second'), flags: arithmeticFlags(true, CARRY)}],
  [data.rsc, {emit: addWithCarry('first'), flags: arithmeticFlags(true, CARRY)}],
  [
    data.moveTop,
    plain((emitter, operation) => {
      emitter.register(operation, operation.d).code.constant(0xffff).op('i32.and');
      emitter.code.constant(operation.immediate).op('i32.or');
    }),
  ],
  [multiply.mul, multiplication(product)],
  [
    multiply.mla,
    multiplication((emitter, operation) => {
      product(emitter, operation);
      emitter.register(operation, operation.a).code.op('i32.add');
    }),
  ],
  [
    multiply.mls,
    plain((emitter, operation) => {
      emitter.register(operation, operation.a);
      product(emitter, operation);
      emitter.code.op('i32.sub');
    }),
  ],
  [multiply.umull, longMultiplication('i64.extend_i32_u', false)],
  [multiply.smull, longMultiplication('i64.extend_i32_s', false)],
  [multiply.umlal, longMultiplication('i64.extend_i32_u', true)],
  [multiply.smlal, longMultiplication('i64.extend_i32_s', true)],
  [
    multiply.smulxy,
    plain((emitter, operation) => {
      pushHalf(emitter, operation, operation.n, (operation.amount & 1) !== 0);
      pushHalf(emitter, operation, operation.m, (operation.amount & 2) !== 0);
      emitter.code.op('i32.mul');
    }),
  ],
  [media.sxtb, extension(signedByte, false)],
  [media.sxth, extension(signedHalf, false)],
  [media.uxtb, extension(unsignedByte, false)],
  [media.uxth, extension(unsignedHalf, false)],
  [media.sxtab, extension(signedByte, true)],
  [media.sxtah, extension(signedHalf, true)],
  [media.uxtab, extension(unsignedByte, true)],
  [media.uxtah, extension(unsignedHalf, true)],
  [
    media.clz,
    plain((emitter, operation) => {
      emitter.register(operation, operation.m).code.op('i32.clz');
    }),
  ],
  [media.rev, plain(pushReversed)],
  [
    media.rev16,
    plain((emitter, operation) => {
      pushReversed(emitter, operation);
      emitter.code.constant(16).op('i32.rotl');
    }),
  ],
  [
    media.revsh,
    plain((emitter, operation) => {
      pushReversed(emitter, operation);
      emitter.code.constant(16).op('i32.shr_s');
    }),
  ],
  [
    media.ubfx,
    plain((emitter, operation) => {
      emitter.register(operation, operation.n).code.constant(operation.amount).op('i32.shr_u');
      emitter.code.constant(operation.immediate).op('i32.and');
    }),
  ],
  [
    media.sbfx,
    plain((emitter, operation) => {
      const unused = Math.clz32(operation.immediate);
      emitter.register(operation, operation.n).code.constant(operation.amount).op('i32.shr_u');
      emitter.code.constant(unused).op('i32.shl').constant(unused).op('i32.shr_s');
    }),
  ],
  [
    media.bfi,
    plain((emitter, operation) => {
      const mask = operation.immediate << operation.amount;
      emitter.register(operation, operation.d).code.constant(~mask).op('i32.and');
      emitter.register(operation, operation.n).code.constant(operation.amount).op('i32.shl');
      emitter.code.constant(mask).op('i32.and').op('i32.or');
    }),
  ],
  [
    media.bfc,
    plain((emitter, operation) => {
      emitter
        .register(operation, operation.d)
        .code.constant(~(operation.immediate << operation.amount))
        .op('i32.and');
    }),
  ],
  [media.sdiv, plain(pushQuotient(true))],
  [media.udiv, plain(pushQuotient(false))],
  [media.pkhbt, packed(0xffff)],
  [media.pkhtb, packed(0xffff_0000 | 0)],
];
