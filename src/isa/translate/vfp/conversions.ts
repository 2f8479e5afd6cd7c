/** Translations of VFP conversions between integers, singles and doubles (DDI 0406C A7.5). */
import {STATE} from '../../core/state.ts';
import * as conversions from '../../vfp/conversions.ts';
import {noFlags} from '../flags.ts';
import {DOUBLE, SINGLE} from '../locals.ts';
import type {Rows, Translation} from '../translation.ts';
import type {Op} from '../wasm/opcodes.ts';
import {checkExact, checkNormal, leaveUnless} from './checks.ts';
import {F32, F64, type Precision, push, put, wordOffset} from './precision.ts';

const fromInteger = (convert: Op): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    code.state().memory('i32.load', wordOffset(operation.m)).op(convert);
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
    code.state().get(whole).memory('i32.store', wordOffset(operation.d));
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

export const CONVERSIONS: Rows = [
  [conversions.signedToDouble, fromInteger('f64.convert_i32_s')],
  [conversions.unsignedToDouble, fromInteger('f64.convert_i32_u')],
  [conversions.doubleToSigned, toInteger(F64, 'i32.trunc_f64_s', 'f64.convert_i32_s', ...SIGNED_RANGE)],
  [conversions.doubleToUnsigned, toInteger(F64, 'i32.trunc_f64_u', 'f64.convert_i32_u', ...UNSIGNED_RANGE)],
  [conversions.singleToSigned, toInteger(F32, 'i32.trunc_f64_s', 'f64.convert_i32_s', ...SIGNED_RANGE)],
  [conversions.singleToUnsigned, toInteger(F32, 'i32.trunc_f64_u', 'f64.convert_i32_u', ...UNSIGNED_RANGE)],
  [conversions.singleToDouble, widen],
  [conversions.doubleToSingle, narrow],
];
