/** Translations of half-word, dual and most significant word multiplies (DDI 0406C A5.2.7, A5.4.4), and of QADD and the like. */
import * as dual from '../a32/dual-multiply.ts';
import * as multiply from '../a32/multiply.ts';
import type {Operation} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import type {Emitter} from './emitter.ts';
import {noFlags} from './flags.ts';
import {LONG} from './locals.ts';
import {type Push, plain} from './result.ts';
import type {Rows, Translation} from './translation.ts';

/** Q stays set; pops whether it is to be. */
export const setSaturatedIf = (emitter: Emitter, push: () => void): void =>
  emitter.storeState(STATE.saturated, () => {
    push();
    emitter.loadState(STATE.saturated).code.op('i32.or');
  });

/** The half of a register, sign-extended. */
const pushHalf = (emitter: Emitter, operation: Operation, number: number, isTop: boolean): void => {
  emitter.register(operation, number);
  if (isTop) emitter.code.constant(16).op('i32.shr_s');
  else emitter.code.op('i32.extend16_s');
};

// Bit 0 of `amount` selects the half of Rn, bit 1 that of Rm.
const productOfHalves: Push = (emitter, operation) => {
  pushHalf(emitter, operation, operation.n, (operation.amount & 1) !== 0);
  pushHalf(emitter, operation, operation.m, (operation.amount & 2) !== 0);
  emitter.code.op('i32.mul');
};

/** Bits 47–16 of a word times a half-word. */
const wordByHalf: Push = (emitter, operation) => {
  emitter.register(operation, operation.n).code.op('i64.extend_i32_s');
  pushHalf(emitter, operation, operation.m, (operation.amount & 2) !== 0);
  emitter.code.op('i64.extend_i32_s').op('i64.mul').constant64(16, 0).op('i64.shr_s').op('i32.wrap_i64');
};

/** Wraps what 64 bits hold exactly, and sets Q when that changes it. */
const wrapped = (push64: Push): Translation =>
  plain((emitter, operation) => {
    const {code} = emitter;
    const result = emitter.temporary();
    push64(emitter, operation);
    code.set(LONG).get(LONG).op('i32.wrap_i64').set(result);
    setSaturatedIf(emitter, () => {
      code.get(result).op('i64.extend_i32_s').get(LONG).op('i64.eq').op('i32.eqz');
    });
    code.get(result);
  });

const accumulated =
  (product: Push): Push =>
  (emitter, operation) => {
    product(emitter, operation);
    emitter.code.op('i64.extend_i32_s');
    emitter.register(operation, operation.a).code.op('i64.extend_i32_s').op('i64.add');
  };

/** Sum or difference of the products of the low and of the high halves; bit 0 of `amount` exchanges those of Rm. */
const productsOfHalves =
  (op: 'i64.add' | 'i64.sub', accumulates: boolean): Push =>
  (emitter, operation) => {
    const {code} = emitter;
    const exchanges = operation.amount === 1;
    for (const isTop of [false, true]) {
      pushHalf(emitter, operation, operation.n, isTop);
      pushHalf(emitter, operation, operation.m, isTop !== exchanges);
      code.op('i32.mul').op('i64.extend_i32_s');
    }
    code.op(op);
    if (accumulates) emitter.register(operation, operation.a).code.op('i64.extend_i32_s').op('i64.add');
  };

/** Pushes registers `high` and `low` as one number. */
const pushPair = (emitter: Emitter, operation: Operation, high: number, low: number): void => {
  emitter.register(operation, high).code.op('i64.extend_i32_u').constant64(32, 0).op('i64.shl');
  emitter.register(operation, low).code.op('i64.extend_i32_u').op('i64.or');
};

/** RdHi (a) and RdLo (d) from 64 bits. */
const long = (push64: Push): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    push64(emitter, operation);
    code.set(LONG).get(LONG).op('i32.wrap_i64');
    emitter.setRegister(operation.d);
    code.get(LONG).constant64(32, 0).op('i64.shr_u').op('i32.wrap_i64');
    emitter.setRegister(operation.a);
  },
  flags: noFlags,
});
const accumulatedLong = (push64: Push): Translation =>
  long((emitter, operation) => {
    pushPair(emitter, operation, operation.a, operation.d);
    push64(emitter, operation);
    emitter.code.op('i64.add');
  });

/** The upper word of (Ra << 32) ± Rn × Rm, rounded when `amount` is 1. */
const mostSignificant = (accumulates: boolean, op: 'i64.add' | 'i64.sub'): Translation =>
  plain((emitter, operation) => {
    const {code} = emitter;
    if (accumulates) {
      emitter.register(operation, operation.a).code.op('i64.extend_i32_u').constant64(32, 0).op('i64.shl');
    } else code.constant64(0, 0);
    emitter.register(operation, operation.n).code.op('i64.extend_i32_s');
    emitter.register(operation, operation.m).code.op('i64.extend_i32_s').op('i64.mul').op(op);
    if (operation.amount === 1) code.constant64(0x8000_0000, 0).op('i64.add');
    code.constant64(32, 0).op('i64.shr_u').op('i32.wrap_i64');
  });

/** Pops b, and a below it; pushes a ± b, clamped to a word. */
const saturatedSum = (emitter: Emitter, op: 'i64.add' | 'i64.sub', pushFirst: () => void, pushSecond: () => void) => {
  const {code} = emitter;
  const result = emitter.temporary();
  pushFirst();
  code.op('i64.extend_i32_s');
  pushSecond();
  code.op('i64.extend_i32_s').op(op).set(LONG).get(LONG).op('i32.wrap_i64').set(result);
  code.get(result).op('i64.extend_i32_s').get(LONG).op('i64.eq').op('i32.eqz').if();
  setSaturatedIf(emitter, () => code.constant(1));
  code.get(LONG).constant64(63, 0).op('i64.shr_s').op('i32.wrap_i64').constant(0x7fff_ffff).op('i32.xor').set(result);
  code.end().get(result);
};

/** Rm ± Rn, or twice Rn, each step saturated. */
const saturating = (op: 'i64.add' | 'i64.sub', doubles: boolean): Translation =>
  plain((emitter, operation) => {
    const pushM = (): void => void emitter.register(operation, operation.m);
    const pushN = (): void => void emitter.register(operation, operation.n);
    if (!doubles) {
      saturatedSum(emitter, op, pushM, pushN);
      return;
    }
    const twice = emitter.temporary();
    saturatedSum(emitter, 'i64.add', pushN, pushN);
    emitter.code.set(twice);
    saturatedSum(emitter, op, pushM, () => emitter.code.get(twice));
  });

export const MULTIPLY: Rows = [
  [multiply.smulxy, plain(productOfHalves)],
  [multiply.smlaxy, wrapped(accumulated(productOfHalves))],
  [multiply.smulwy, plain(wordByHalf)],
  [multiply.smlawy, wrapped(accumulated(wordByHalf))],
  [
    multiply.smlalxy,
    accumulatedLong((emitter, operation) => {
      productOfHalves(emitter, operation);
      emitter.code.op('i64.extend_i32_s');
    }),
  ],
  [
    multiply.umaal,
    long((emitter, operation) => {
      emitter.register(operation, operation.n).code.op('i64.extend_i32_u');
      emitter.register(operation, operation.m).code.op('i64.extend_i32_u').op('i64.mul');
      emitter.register(operation, operation.d).code.op('i64.extend_i32_u').op('i64.add');
      emitter.register(operation, operation.a).code.op('i64.extend_i32_u').op('i64.add');
    }),
  ],
  [multiply.smmul, mostSignificant(false, 'i64.add')],
  [multiply.smmla, mostSignificant(true, 'i64.add')],
  [multiply.smmls, mostSignificant(true, 'i64.sub')],
  [dual.smuad, wrapped(productsOfHalves('i64.add', false))],
  [dual.smlad, wrapped(productsOfHalves('i64.add', true))],
  [
    dual.smusd,
    plain((emitter, operation) => {
      productsOfHalves('i64.sub', false)(emitter, operation);
      emitter.code.op('i32.wrap_i64');
    }),
  ],
  [dual.smlsd, wrapped(productsOfHalves('i64.sub', true))],
  [dual.smlald, accumulatedLong(productsOfHalves('i64.add', false))],
  [dual.smlsld, accumulatedLong(productsOfHalves('i64.sub', false))],
  [multiply.qadd, saturating('i64.add', false)],
  [multiply.qsub, saturating('i64.sub', false)],
  [multiply.qdadd, saturating('i64.add', true)],
  [multiply.qdsub, saturating('i64.sub', true)],
];
