/** Translations of VFP comparisons (DDI 0406C A7.5), and of what brings their flags to the core. */
import {STATE} from '../../core/state.ts';
import * as arithmetic from '../../vfp/operations.ts';
import {flagsToApsr} from '../../vfp/system-register.ts';
import {ALL_FLAGS, NEGATIVE, noFlags, ZERO} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import {leaveUnless} from './checks.ts';
import {F32, F64, type Precision, push} from './precision.ts';

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

export const COMPARE: Rows = [
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
];
