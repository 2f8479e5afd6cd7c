/** Translations of multiplications and divisions of words (DDI 0406C A5.2.5, A5.4 and their T32 forms). */
import * as media from '../a32/media.ts';
import * as multiply from '../a32/multiply.ts';
import {NEGATIVE, ZERO} from './flags.ts';
import {LONG} from './locals.ts';
import {keepResult, NZ, type Push, plain, setNegativeZero, setResult} from './result.ts';
import type {Rows, Translation} from './translation.ts';

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

export const MULTIPLY_WORDS: Rows = [
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
  [media.sdiv, plain(pushQuotient(true))],
  [media.udiv, plain(pushQuotient(false))],
];
