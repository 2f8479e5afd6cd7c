/** Translations of VFP's fused multiplications and additions, which WebAssembly does not have (DDI 0406C A7.5). */
import * as arithmetic from '../../vfp/operations.ts';
import type {Emitter} from '../emitter.ts';
import {noFlags} from '../flags.ts';
import {DOUBLE, SINGLE} from '../locals.ts';
import type {Rows, Translation} from '../translation.ts';
import {checkExact, checkNormal, pushExponent, pushSumIsExact} from './checks.ts';
import {F32, F64, push, put} from './precision.ts';

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

export const FUSED: Rows = [
  [arithmetic.vfma64, fused64(false, false)],
  [arithmetic.vfma32, fused32(false, false)],
  [arithmetic.vfms64, fused64(false, true)],
  [arithmetic.vfms32, fused32(false, true)],
  [arithmetic.vfnma64, fused64(true, true)],
  [arithmetic.vfnma32, fused32(true, true)],
  [arithmetic.vfnms64, fused64(true, false)],
  [arithmetic.vfnms32, fused32(true, false)],
];
