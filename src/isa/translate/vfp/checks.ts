/**
 * When WebAssembly's result is not the whole effect of VFP arithmetic, the region is left for the interpreter: with a NaN, an
 * infinity, a result that may be denormal, the first inexact result and modes of FPSCR other than the usual.
 */
import {STATE} from '../../core/state.ts';
import type {Emitter} from '../emitter.ts';
import {I32} from '../wasm/opcodes.ts';
import {F32, F64, type Precision} from './precision.ts';

export const leaveUnless = (emitter: Emitter): void => {
  emitter.code.op('i32.eqz');
  emitter.slowIf();
};

/** Pushes a result's biased exponent. */
export const pushExponent = ({code}: Emitter, precision: Precision, result: number): void => {
  code.get(result);
  if (precision === F64) code.op('i64.reinterpret_f64').constant64(52, 0).op('i64.shr_u').op('i32.wrap_i64');
  else code.op('i32.reinterpret_f32').constant(23).op('i32.shr_u');
  code.constant(precision.exponents).op('i32.and');
};

/** Leaves unless a sum is finite: sums are exact or rounded, never tiny and inexact. */
export const checkFinite = (emitter: Emitter, precision: Precision, result: number): void => {
  pushExponent(emitter, precision, result);
  emitter.code.constant(precision.exponents).op('i32.eq');
  emitter.slowIf();
};

/**
 * Leaves unless the result is finite and well above the smallest normal number, up to which a tiny one may have been
 * rounded, or `orElse` pushes 1.
 */
export const checkNormal = (emitter: Emitter, precision: Precision, result: number, orElse?: () => void): void => {
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
export const checkExact = (emitter: Emitter, pushExact: () => void): void => {
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
export const pushSumIsExact = (emitter: Emitter, precision: Precision, a: number, b: number, result: number): void => {
  const {code} = emitter;
  const {op} = precision;
  code.get(result).get(a).op(op('sub')).get(b).op(op('eq'));
  code.get(result).get(b).op(op('sub')).get(a).op(op('eq')).op('i32.and');
};

/** A product has no more bits than its factors together, so trailing zeros tell; of singles, the product of doubles does. */
export const pushProductIsExact = (
  emitter: Emitter,
  precision: Precision,
  a: number,
  b: number,
  result: number,
): void => {
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

export const pushEitherIsZero = (emitter: Emitter, precision: Precision, a: number, b: number): void => {
  for (const local of [a, b]) {
    emitter.code.get(local);
    precision.constant(emitter, 0);
    emitter.code.op(precision.op('eq'));
  }
  emitter.code.op('i32.or');
};
