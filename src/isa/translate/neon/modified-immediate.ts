/** Translations of Advanced SIMD on one register and a modified immediate value (DDI 0406C A7.4.6). */
import * as immediate from '../../neon/modified-immediate.ts';
import {noFlags} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import type {VectorOp} from '../wasm/opcodes.ts';
import {lanes, push, put, REGISTER_BYTES} from './vectors.ts';

/** `immediate` and `a` are the words of each doubleword. */
const withImmediate = (op?: VectorOp): Translation => ({
  emit: (emitter, {d, amount, immediate: low, a}) => {
    const value = (BigInt(a >>> 0) << 32n) | BigInt(low >>> 0);
    put(emitter, d, amount, () => {
      if (op !== undefined) push(emitter, d, amount);
      emitter.code.vectorConstant(lanes(REGISTER_BYTES, value));
      if (op !== undefined) emitter.code.vector(op);
    });
  },
  flags: noFlags,
});

export const MODIFIED_IMMEDIATE: Rows = [
  [immediate.MOVE_IMMEDIATE, withImmediate()],
  [immediate.OR_IMMEDIATE, withImmediate('v128.or')],
  [immediate.CLEAR_IMMEDIATE, withImmediate('v128.andnot')],
];
