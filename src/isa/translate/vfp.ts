/**
 * Translations of VFP (DDI 0406C A7.5–A7.9). Registers stay in the state. Arithmetic is WebAssembly's own where that shows
 * the whole effect; a NaN, an infinity, a result that may be denormal, the first inexact result and modes of FPSCR other
 * than the usual leave for the interpreter.
 */
import type {Execute, Operation} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import {GUEST_BASE} from '../memory/layout.ts';
import * as conversions from '../vfp/conversions.ts';
import * as transfers from '../vfp/load-store.ts';
import * as moves from '../vfp/move.ts';
import * as arithmetic from '../vfp/operations.ts';
import {flagsToApsr} from '../vfp/system-register.ts';
import * as core from '../vfp/transfer.ts';
import {DOUBLE, type Emitter, SINGLE, stateOffset} from './emitter.ts';
import {ALL_FLAGS, type FlagUse, NEGATIVE, ZERO} from './flags.ts';
import type {Translation} from './translation.ts';
import {I32, type MemoryOp, type Op} from './wasm/opcodes.ts';

const WORD = 4;
const SIGN = 0x8000_0000 | 0;
const noFlags = (): FlagUse => ({reads: 0, writes: 0});

/** Offset of a VFP word in the engine's memory. */
const wordOffset = (word: number): number => stateOffset(STATE.vfp + word);

/** What distinguishes the precisions. */
interface Precision {
  readonly words: 1 | 2;
  /** The first of three locals. */
  readonly local: number;
  readonly load: MemoryOp;
  readonly store: MemoryOp;
  readonly op: (name: 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'eq' | 'lt' | 'neg') => Op;
  readonly constant: (emitter: Emitter, value: number) => void;
  /** Mask of the exponent, whose largest value is that of infinities and NaNs. */
  readonly exponents: number;
}
const F64: Precision = {
  words: 2,
  local: DOUBLE,
  load: 'f64.load',
  store: 'f64.store',
  op: (name) => `f64.${name}`,
  constant: ({code}, value) => void code.double(value),
  exponents: 0x7ff,
};
const F32: Precision = {
  words: 1,
  local: SINGLE,
  load: 'f32.load',
  store: 'f32.store',
  op: (name) => `f32.${name}`,
  constant: ({code}, value) => void code.single(value),
  exponents: 0xff,
};

const push = (emitter: Emitter, {words, load}: Precision, register: number): void => {
  if (words === 2) emitter.double(register);
  else emitter.code.constant(0).memory(load, wordOffset(register));
};
const put = (emitter: Emitter, {words, store}: Precision, register: number, local: number): void => {
  const {code} = emitter;
  if (words === 2) {
    code.get(local);
    emitter.setDouble(register);
  } else code.constant(0).get(local).memory(store, wordOffset(register));
};

const leaveUnless = (emitter: Emitter): void => {
  emitter.code.op('i32.eqz');
  emitter.slowIf();
};

/** Pushes a result's biased exponent. */
const pushExponent = ({code}: Emitter, precision: Precision, result: number): void => {
  code.get(result);
  if (precision === F64) code.op('i64.reinterpret_f64').constant64(52, 0).op('i64.shr_u').op('i32.wrap_i64');
  else code.op('i32.reinterpret_f32').constant(23).op('i32.shr_u');
  code.constant(precision.exponents).op('i32.and');
};

/** Leaves unless a sum is finite: sums are exact or rounded, never tiny and inexact. */
const checkFinite = (emitter: Emitter, precision: Precision, result: number): void => {
  pushExponent(emitter, precision, result);
  emitter.code.constant(precision.exponents).op('i32.eq');
  emitter.slowIf();
};

/**
 * Leaves unless the result is finite and well above the smallest normal number, up to which a tiny one may have been
 * rounded, or `orElse` pushes 1.
 */
const checkNormal = (emitter: Emitter, precision: Precision, result: number, orElse?: () => void): void => {
  const {code} = emitter;
  const isUsual = code.block();
  pushExponent(emitter, precision, result);
  code
    .constant(2)
    .op('i32.sub')
    .constant(precision.exponents - 2)
    .op('i32.lt_u')
    .branchIf(isUsual);
  if (orElse) orElse();
  else code.constant(0);
  leaveUnless(emitter);
  code.end();
};

/** While the inexact bit is not set yet, or a mode is unusual: leaves unless `pushExact` pushes 1. */
const checkExact = (emitter: Emitter, pushExact: () => void): void => {
  const {code} = emitter;
  emitter.loadState(STATE.hostArithmetic).code.op('i32.eqz').if();
  emitter.loadState(STATE.fpscrModes);
  emitter.slowIf();
  pushExact();
  leaveUnless(emitter);
  code.end();
};

/**
 * A sum r = a + b is exact when r − a = b and r − b = a: of the two differences, that with the larger operand is exact
 * (Fast2Sum: Dekker, Numerische Mathematik 18, 1971), and so tells.
 */
const pushSumIsExact = (emitter: Emitter, precision: Precision, a: number, b: number, result: number): void => {
  const {code} = emitter;
  const {op} = precision;
  code.get(result).get(a).op(op('sub')).get(b).op(op('eq'));
  code.get(result).get(b).op(op('sub')).get(a).op(op('eq')).op('i32.and');
};

/** A product has no more bits than its factors together, so trailing zeros tell; of singles, the product of doubles does. */
const pushProductIsExact = (emitter: Emitter, precision: Precision, a: number, b: number, result: number): void => {
  const {code} = emitter;
  if (precision === F32) {
    code.get(a).op('f64.promote_f32').get(b).op('f64.promote_f32').op('f64.mul');
    code.get(result).op('f64.promote_f32').op('f64.eq');
    return;
  }
  const trailingZeros = (local: number): void => {
    code
      .get(local)
      .op('i64.reinterpret_f64')
      .constant64(0, 1 << 20)
      .op('i64.or')
      .op('i64.ctz')
      .op('i32.wrap_i64');
  };
  // Factors of 21 bits, as most exact ones are, show in their lower words.
  code.get(a).op('i64.reinterpret_f64').get(b).op('i64.reinterpret_f64').op('i64.or').op('i32.wrap_i64').op('i32.eqz');
  code.if(I32);
  code.constant(1).op('else');
  trailingZeros(a);
  trailingZeros(b);
  code.op('i32.add').constant(53).op('i32.ge_s');
  pushEitherIsZero(emitter, precision, a, b);
  code.op('i32.or').end();
};

const pushEitherIsZero = (emitter: Emitter, precision: Precision, a: number, b: number): void => {
  for (const local of [a, b]) {
    emitter.code.get(local);
    precision.constant(emitter, 0);
    emitter.code.op(precision.op('eq'));
  }
  emitter.code.op('i32.or');
};

const operands = (emitter: Emitter, precision: Precision, operation: Operation): readonly [number, number, number] => {
  const [a, b, result] = [precision.local, precision.local + 1, precision.local + 2] as const;
  push(emitter, precision, operation.n);
  emitter.code.set(a);
  push(emitter, precision, operation.m);
  emitter.code.set(b);
  emitter.markPlace();
  return [a, b, result];
};

const sum = (precision: Precision, name: 'add' | 'sub'): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const [a, b, result] = operands(emitter, precision, operation);
    if (name === 'sub') code.get(b).op(precision.op('neg')).set(b);
    code.get(a).get(b).op(precision.op('add')).set(result);
    checkFinite(emitter, precision, result);
    checkExact(emitter, () => pushSumIsExact(emitter, precision, a, b, result));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

const multiplied = (emitter: Emitter, precision: Precision, a: number, b: number, result: number): void => {
  emitter.code.get(a).get(b).op(precision.op('mul')).set(result);
  checkNormal(emitter, precision, result, () => {
    // 0 × ∞ is a NaN, which is not 0.
    emitter.code.get(result);
    precision.constant(emitter, 0);
    emitter.code.op(precision.op('eq'));
    pushEitherIsZero(emitter, precision, a, b);
    emitter.code.op('i32.and');
  });
  checkExact(emitter, () => pushProductIsExact(emitter, precision, a, b, result));
};

const product = (precision: Precision, negates: boolean): Translation => ({
  emit: (emitter, operation) => {
    const [a, b, result] = operands(emitter, precision, operation);
    multiplied(emitter, precision, a, b, result);
    if (negates) emitter.code.get(result).op(precision.op('neg')).set(result);
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

/** ±d ± (n × m), each step rounded. */
const accumulation = (precision: Precision, negatesAddend: boolean, negatesProduct: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const [a, b, result] = operands(emitter, precision, operation);
    multiplied(emitter, precision, a, b, result);
    code.get(result);
    if (negatesProduct) code.op(precision.op('neg'));
    code.set(a);
    push(emitter, precision, operation.d);
    if (negatesAddend) code.op(precision.op('neg'));
    code.set(b);
    code.get(b).get(a).op(precision.op('add')).set(result);
    checkFinite(emitter, precision, result);
    checkExact(emitter, () => pushSumIsExact(emitter, precision, b, a, result));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

/** Pops nothing: result := a + b, error := what its rounding lost (2Sum: Knuth, TAOCP volume 2, 4.2.2). */
const twoSum = ({code}: Emitter, a: number, b: number, result: number, error: number): void => {
  const virtual = (): void => {
    code.get(result).get(a).op('f64.sub');
  };
  code.get(a).get(b).op('f64.add').set(result);
  code.get(a).get(result);
  virtual();
  code.op('f64.sub').op('f64.sub').get(b);
  virtual();
  code.op('f64.sub').op('f64.add').set(error);
};

/** product := a × b, error := what its rounding lost (Veltkamp and Dekker); four more locals are used. */
const twoProduct = (
  {code}: Emitter,
  a: number,
  b: number,
  product: number,
  error: number,
  [aHigh, aLow, bHigh, bLow]: readonly [number, number, number, number],
): void => {
  for (const [whole, high, low] of [
    [a, aHigh, aLow],
    [b, bHigh, bLow],
  ] as const) {
    code
      .get(whole)
      .double(2 ** 27 + 1)
      .op('f64.mul')
      .tee(low)
      .get(low)
      .get(whole)
      .op('f64.sub')
      .op('f64.sub')
      .set(high);
    code.get(whole).get(high).op('f64.sub').set(low);
  }
  code.get(a).get(b).op('f64.mul').set(product);
  code.get(aHigh).get(bHigh).op('f64.mul').get(product).op('f64.sub');
  code.get(aHigh).get(bLow).op('f64.mul').op('f64.add').get(aLow).get(bHigh).op('f64.mul').op('f64.add');
  code.get(aLow).get(bLow).op('f64.mul').op('f64.add').set(error);
};

/** Rounds value + error to odd: of the two doubles around a sum that is none, that whose last bit is 1. */
const roundToOdd = ({code}: Emitter, value: number, error: number): void => {
  const isExact = code.block();
  code.get(error).double(0).op('f64.eq').branchIf(isExact);
  code.get(value).op('i64.reinterpret_f64').constant64(1, 0).op('i64.and').op('i32.wrap_i64').branchIf(isExact);
  // The neighbour on the error's side: one more in magnitude when the signs agree.
  code.get(value).op('i64.reinterpret_f64').constant64(1, 0).constant64(-1, -1);
  code.get(error).double(0).op('f64.gt').get(value).double(0).op('f64.gt').op('i32.eq').op('select');
  code.op('i64.add').op('f64.reinterpret_i64').set(value);
  code.end();
};

/** Leaves unless a number's exponent is so moderate that no term of a fused operation leaves the normal numbers. */
const checkModerate = (emitter: Emitter, value: number): void => {
  pushExponent(emitter, F64, value);
  emitter.code
    .constant(1023 - 300)
    .op('i32.sub')
    .constant(600)
    .op('i32.gt_u');
  emitter.slowIf();
};

/**
 * ±d ± (n × m), rounded once: Boldo and Melquiond, Emulation of a FMA and correctly rounded sums (IEEE Transactions on
 * Computers 57, 2008), algorithm 5.
 */
const fused64 = (negatesAddend: boolean, negatesProduct: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const [a, b, c, high, low, sum, rest, total, lost, last] = Array.from(
      {length: 10},
      (_, index) => DOUBLE + index,
    ) as [number, number, number, number, number, number, number, number, number, number];
    push(emitter, F64, operation.n);
    if (negatesProduct) code.op('f64.neg');
    code.set(a);
    push(emitter, F64, operation.m);
    code.set(b);
    push(emitter, F64, operation.d);
    if (negatesAddend) code.op('f64.neg');
    code.set(c);
    emitter.markPlace();
    for (const value of [a, b, c]) checkModerate(emitter, value);
    twoProduct(emitter, a, b, high, low, [sum, rest, total, lost]);
    twoSum(emitter, c, low, sum, rest);
    twoSum(emitter, high, sum, total, lost);
    // z = rest + lost, to odd; the error of that sum is in `low`.
    twoSum(emitter, rest, lost, last, low);
    roundToOdd(emitter, last, low);
    code.get(total).get(last).op('f64.add').set(a);
    checkNormal(emitter, F64, a);
    checkExact(emitter, () => {
      pushSumIsExact(emitter, F64, total, last, a);
      code.get(low).double(0).op('f64.eq').op('i32.and');
    });
    put(emitter, F64, operation.d, a);
  },
  flags: noFlags,
  keepsDoubles: true,
});

/** The product of two singles is exact as a double, and its sum, rounded to odd, becomes the right single. */
const fused32 = (negatesAddend: boolean, negatesProduct: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const [product, addend, sum, error] = [DOUBLE, DOUBLE + 1, DOUBLE + 2, DOUBLE + 3] as const;
    push(emitter, F32, operation.n);
    code.op('f64.promote_f32');
    push(emitter, F32, operation.m);
    code.op('f64.promote_f32').op('f64.mul');
    if (negatesProduct) code.op('f64.neg');
    code.set(product);
    push(emitter, F32, operation.d);
    code.op('f64.promote_f32');
    if (negatesAddend) code.op('f64.neg');
    code.set(addend);
    emitter.markPlace();
    twoSum(emitter, product, addend, sum, error);
    roundToOdd(emitter, sum, error);
    code.get(sum).op('f32.demote_f64').set(SINGLE);
    checkNormal(emitter, F32, SINGLE);
    checkExact(emitter, () => {
      code.get(SINGLE).op('f64.promote_f32').get(sum).op('f64.eq').get(error).double(0).op('f64.eq').op('i32.and');
    });
    put(emitter, F32, operation.d, SINGLE);
  },
  flags: noFlags,
});

const quotient = (precision: Precision): Translation => ({
  emit: (emitter, operation) => {
    const [a, b, result] = operands(emitter, precision, operation);
    emitter.code.get(a).get(b).op(precision.op('div')).set(result);
    checkNormal(emitter, precision, result);
    checkExact(emitter, () => void emitter.code.constant(0));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

const root = (precision: Precision): Translation => ({
  emit: (emitter, operation) => {
    const result = precision.local;
    push(emitter, precision, operation.m);
    emitter.markPlace();
    emitter.code.op(precision.op('sqrt')).set(result);
    checkNormal(emitter, precision, result);
    checkExact(emitter, () => void emitter.code.constant(0));
    put(emitter, precision, operation.d, result);
  },
  flags: noFlags,
  keepsDoubles: precision === F64,
});

// NZCV of FPCompare() (A2.7.8).
const LESS = 0x8000_0000 | 0;
const EQUAL = 0x6000_0000;
const GREATER = 0x2000_0000;

/** A NaN leaves, and so do modes that flush denormals. */
const comparison = (precision: Precision, withZero: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const [a, b] = [precision.local, precision.local + 1];
    push(emitter, precision, operation.d);
    code.set(a);
    if (withZero) precision.constant(emitter, 0);
    else push(emitter, precision, operation.m);
    code.set(b);
    emitter.markPlace();
    code.get(a).get(a).op(precision.op('eq')).get(b).get(b).op(precision.op('eq')).op('i32.and');
    leaveUnless(emitter);
    emitter.loadState(STATE.fpscrModes);
    emitter.slowIf();
    emitter.storeState(STATE.fpscrFlags, () => {
      code.constant(LESS).constant(EQUAL).constant(GREATER);
      code.get(a).get(b).op(precision.op('eq')).op('select');
      code.get(a).get(b).op(precision.op('lt')).op('select');
    });
  },
  flags: noFlags,
  keepsDoubles: true,
});

const flagsFromFpscr: Translation = {
  emit: (emitter) => {
    const {code} = emitter;
    const flags = emitter.temporary();
    emitter.loadState(STATE.fpscrFlags).code.set(flags);
    code.get(flags);
    emitter.setFlag(NEGATIVE);
    code.get(flags).constant(-1).op('i32.xor').constant(0x4000_0000).op('i32.and');
    emitter.setFlag(ZERO);
    code.get(flags).constant(29).op('i32.shr_u').constant(1).op('i32.and');
    code.get(flags).constant(28).op('i32.shr_u').constant(1).op('i32.and');
    emitter.setCarryAndOverflow();
    emitter.flagSource = undefined;
  },
  flags: () => ({reads: 0, writes: ALL_FLAGS}),
};

/** Bits moved between words of the state. */
const bitMove = (words: 1 | 2, change?: (emitter: Emitter) => void): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    if (words === 2) {
      code
        .constant(0)
        .constant(0)
        .memory('i32.load', wordOffset(2 * operation.m));
      code.memory('i32.store', wordOffset(2 * operation.d));
    }
    const top = words - 1;
    code
      .constant(0)
      .constant(0)
      .memory('i32.load', wordOffset(words * operation.m + top));
    change?.(emitter);
    code.memory('i32.store', wordOffset(words * operation.d + top));
  },
  flags: noFlags,
});
const clearSign = ({code}: Emitter): void => void code.constant(~SIGN).op('i32.and');
const flipSign = ({code}: Emitter): void => void code.constant(SIGN).op('i32.xor');

const immediate = (words: 1 | 2): Translation => ({
  emit: ({code}, operation) => {
    if (words === 2)
      code
        .constant(0)
        .constant(0)
        .memory('i32.store', wordOffset(2 * operation.d));
    code
      .constant(0)
      .constant(operation.immediate)
      .memory('i32.store', wordOffset(words * operation.d + words - 1));
  },
  flags: noFlags,
});

/** Core registers d and a from or to the words m and m + 1. */
const toCore = (count: 1 | 2): Translation => ({
  emit: (emitter, operation) => {
    for (const [index, number] of [operation.d, operation.a].slice(0, count).entries()) {
      emitter.code.constant(0).memory('i32.load', wordOffset(operation.m + index));
      emitter.setRegister(number);
    }
  },
  flags: noFlags,
});
const fromCore = (count: 1 | 2): Translation => ({
  emit: (emitter, operation) => {
    for (const [index, number] of [operation.d, operation.a].slice(0, count).entries()) {
      emitter.code.constant(0);
      emitter.register(operation, number).code.memory('i32.store', wordOffset(operation.m + index));
    }
  },
  flags: noFlags,
});

/** VLDR and VSTR of a double; NaNs pass unchanged, as WebAssembly's loads and stores promise. */
const doubleTransfer = (isWrite: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const address = emitter.temporary();
    emitter.register(operation, operation.n).code.constant(operation.immediate).op('i32.add').set(address);
    emitter.access(operation, address, {size: 2 * WORD, isWrite, alignment: WORD});
    moveDouble(emitter, address, operation.d / 2, isWrite);
    if (!operation.writeBack) return;
    code
      .get(address)
      .constant(operation.a - operation.immediate)
      .op('i32.add');
    emitter.setRegister(operation.n);
  },
  flags: noFlags,
  keepsDoubles: true,
});
const moveDouble = (emitter: Emitter, address: number, number: number, isWrite: boolean): void => {
  const {code} = emitter;
  code.get(address);
  if (isWrite) emitter.double(number).code.memory('f64.store', GUEST_BASE);
  else {
    code.memory('f64.load', GUEST_BASE);
    emitter.setDouble(number);
  }
};

/** Words between memory and the state, two at a time; `amount` of them from word d, base plus `a` written back. */
const multiple = (isWrite: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {amount} = operation;
    if (amount === 2 && operation.d % 2 === 0) {
      doubleTransfer(isWrite).emit(emitter, operation);
      return;
    }
    emitter.forgetDoubles(operation.pipeline.vfpWrites);
    const address = emitter.temporary();
    emitter.register(operation, operation.n).code.constant(operation.immediate).op('i32.add').set(address);
    emitter.access(operation, address, {size: WORD * amount, isWrite, alignment: WORD});
    for (let index = 0; index < amount; ) {
      const width = index + 2 <= amount ? 'i64' : 'i32';
      const [inMemory, inState] = [GUEST_BASE + WORD * index, wordOffset(operation.d + index)];
      code[isWrite ? 'get' : 'constant'](isWrite ? address : 0);
      code[isWrite ? 'constant' : 'get'](isWrite ? 0 : address);
      code.memory(`${width}.load`, isWrite ? inState : inMemory);
      code.memory(`${width}.store`, isWrite ? inMemory : inState);
      index += width === 'i64' ? 2 : 1;
    }
    if (!operation.writeBack) return;
    emitter.register(operation, operation.n).code.constant(operation.a).op('i32.add');
    emitter.setRegister(operation.n);
  },
  flags: noFlags,
  keepsDoubles: true,
});

const fromInteger = (convert: Op): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    code.constant(0).memory('i32.load', wordOffset(operation.m)).op(convert);
    emitter.setDouble(operation.d);
  },
  flags: noFlags,
  keepsDoubles: true,
});

/** Towards zero; beyond the range of the integers, or with a NaN, it leaves. */
const toInteger = (precision: Precision, convert: Op, back: Op, low: number, high: number): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const value = DOUBLE;
    const whole = emitter.temporary();
    push(emitter, precision, operation.m);
    if (precision === F32) code.op('f64.promote_f32');
    code.set(value);
    emitter.markPlace();
    code.get(value).double(low).op('f64.gt').get(value).double(high).op('f64.lt').op('i32.and');
    leaveUnless(emitter);
    code.get(value).op(convert).set(whole);
    checkExact(emitter, () => void code.get(whole).op(back).get(value).op('f64.eq'));
    code.constant(0).get(whole).memory('i32.store', wordOffset(operation.d));
  },
  flags: noFlags,
});
const SIGNED_RANGE = [-(2 ** 31) - 1, 2 ** 31] as const;
const UNSIGNED_RANGE = [-1, 2 ** 32] as const;

const widen: Translation = {
  emit: (emitter, operation) => {
    const {code} = emitter;
    push(emitter, F32, operation.m);
    code.set(SINGLE);
    emitter.markPlace();
    code.get(SINGLE).get(SINGLE).op('f32.eq');
    leaveUnless(emitter);
    emitter.loadState(STATE.fpscrModes);
    emitter.slowIf();
    code.get(SINGLE).op('f64.promote_f32').set(DOUBLE);
    put(emitter, F64, operation.d, DOUBLE);
  },
  flags: noFlags,
  keepsDoubles: true,
};

const narrow: Translation = {
  emit: (emitter, operation) => {
    const {code} = emitter;
    push(emitter, F64, operation.m);
    code.set(DOUBLE);
    emitter.markPlace();
    code.get(DOUBLE).op('f32.demote_f64').set(SINGLE);
    checkNormal(emitter, F32, SINGLE, () => void code.get(DOUBLE).double(0).op('f64.eq'));
    checkExact(emitter, () => void code.get(SINGLE).op('f64.promote_f32').get(DOUBLE).op('f64.eq'));
    put(emitter, F32, operation.d, SINGLE);
  },
  flags: noFlags,
};

export const VFP: readonly (readonly [Execute, Translation])[] = [
  [arithmetic.add64, sum(F64, 'add')],
  [arithmetic.add32, sum(F32, 'add')],
  [arithmetic.subtract64, sum(F64, 'sub')],
  [arithmetic.subtract32, sum(F32, 'sub')],
  [arithmetic.multiply64, product(F64, false)],
  [arithmetic.multiply32, product(F32, false)],
  [arithmetic.multiplyNegate64, product(F64, true)],
  [arithmetic.multiplyNegate32, product(F32, true)],
  [arithmetic.divide64, quotient(F64)],
  [arithmetic.divide32, quotient(F32)],
  [arithmetic.squareRoot64, root(F64)],
  [arithmetic.squareRoot32, root(F32)],
  [arithmetic.mla64, accumulation(F64, false, false)],
  [arithmetic.mla32, accumulation(F32, false, false)],
  [arithmetic.mls64, accumulation(F64, false, true)],
  [arithmetic.mls32, accumulation(F32, false, true)],
  [arithmetic.nmla64, accumulation(F64, true, true)],
  [arithmetic.nmla32, accumulation(F32, true, true)],
  [arithmetic.nmls64, accumulation(F64, true, false)],
  [arithmetic.nmls32, accumulation(F32, true, false)],
  [arithmetic.vfma64, fused64(false, false)],
  [arithmetic.vfma32, fused32(false, false)],
  [arithmetic.vfms64, fused64(false, true)],
  [arithmetic.vfms32, fused32(false, true)],
  [arithmetic.vfnma64, fused64(true, true)],
  [arithmetic.vfnma32, fused32(true, true)],
  [arithmetic.vfnms64, fused64(true, false)],
  [arithmetic.vfnms32, fused32(true, false)],
  [arithmetic.compare64, comparison(F64, false)],
  [arithmetic.compare32, comparison(F32, false)],
  [arithmetic.compareZero64, comparison(F64, true)],
  [arithmetic.compareZero32, comparison(F32, true)],
  // They differ from those above in what a quiet NaN raises.
  [arithmetic.compareSignalling64, comparison(F64, false)],
  [arithmetic.compareSignalling32, comparison(F32, false)],
  [arithmetic.compareZeroSignalling64, comparison(F64, true)],
  [arithmetic.compareZeroSignalling32, comparison(F32, true)],
  [flagsToApsr, flagsFromFpscr],
  [moves.move64, bitMove(2)],
  [moves.move32, bitMove(1)],
  [moves.absolute64, bitMove(2, clearSign)],
  [moves.absolute32, bitMove(1, clearSign)],
  [moves.negate64, bitMove(2, flipSign)],
  [moves.negate32, bitMove(1, flipSign)],
  [moves.immediate64, immediate(2)],
  [moves.immediate32, immediate(1)],
  [core.wordToCore, toCore(1)],
  [core.wordsToCore, toCore(2)],
  [core.coreToWord, fromCore(1)],
  [core.coreToWords, fromCore(2)],
  [transfers.load, multiple(false)],
  [transfers.store, multiple(true)],
  [transfers.loadDouble, doubleTransfer(false)],
  [transfers.storeDouble, doubleTransfer(true)],
  [conversions.signedToDouble, fromInteger('f64.convert_i32_s')],
  [conversions.unsignedToDouble, fromInteger('f64.convert_i32_u')],
  [conversions.doubleToSigned, toInteger(F64, 'i32.trunc_f64_s', 'f64.convert_i32_s', ...SIGNED_RANGE)],
  [conversions.doubleToUnsigned, toInteger(F64, 'i32.trunc_f64_u', 'f64.convert_i32_u', ...UNSIGNED_RANGE)],
  [conversions.singleToSigned, toInteger(F32, 'i32.trunc_f64_s', 'f64.convert_i32_s', ...SIGNED_RANGE)],
  [conversions.singleToUnsigned, toInteger(F32, 'i32.trunc_f64_u', 'f64.convert_i32_u', ...UNSIGNED_RANGE)],
  [conversions.singleToDouble, widen],
  [conversions.doubleToSingle, narrow],
];
