/** Translations of saturating additions and subtractions of vectors, which WebAssembly has for 8 and 16 bits only. */
import type {Executes} from '../../neon/operands.ts';
import type {Rows} from '../translation.ts';
import {A, B, C, type Emit, lanes, lanewise, rows, SHAPES, setSaturatedIfAny} from './vectors.ts';

/** Of 8 and 16 bits: QC is set when the saturated result is not the one that wraps. */
const saturatingShort =
  (shape: 'i8x16' | 'i16x8', name: 'add' | 'sub', sign: 's' | 'u'): Emit =>
  (emitter) => {
    const {code} = emitter;
    code.get(A).get(B).vector(`${shape}.${name}_sat_${sign}`).set(C);
    code.get(A).get(B).vector(`${shape}.${name}`).get(C).vector('v128.xor');
    setSaturatedIfAny(emitter);
    code.get(C);
  };

/** Of 32 bits, and of 64 signed ones: a sum overflows when its sign is that of neither operand. */
const saturatingSigned =
  (shape: 'i32x4' | 'i64x2', name: 'add' | 'sub'): Emit =>
  (emitter) => {
    const {code} = emitter;
    const sign = shape === 'i32x4' ? 31 : 63;
    code.get(A).get(B).vector(`${shape}.${name}`).set(C);
    // A difference overflows when the operands' signs differ, and the result's is the second's.
    code
      .get(A)
      .get(name === 'add' ? C : B)
      .vector('v128.xor');
    code
      .get(name === 'add' ? B : A)
      .get(C)
      .vector('v128.xor')
      .vector('v128.and');
    code.constant(sign).vector(`${shape}.shr_s`).set(B);
    code.get(B);
    setSaturatedIfAny(emitter);
    code.get(A).constant(sign).vector(`${shape}.shr_s`);
    code.vectorConstant(lanes(sign === 31 ? 4 : 8, 2n ** BigInt(sign) - 1n)).vector('v128.xor');
    code.get(C).get(B).vector('v128.bitselect');
  };
const saturatingUnsigned =
  (name: 'add' | 'sub'): Emit =>
  (emitter) => {
    const {code} = emitter;
    code.get(A).get(B).vector(`i32x4.${name}`).set(C);
    code
      .get(name === 'add' ? C : A)
      .get(name === 'add' ? A : B)
      .vector('i32x4.lt_u')
      .set(B);
    code.get(B);
    setSaturatedIfAny(emitter);
    code
      .get(C)
      .get(B)
      .vector(name === 'add' ? 'v128.or' : 'v128.andnot');
  };

export const saturating = (executes: Executes, name: 'add' | 'sub'): Rows =>
  rows(executes, (size, signed) => {
    const sign = signed ? 's' : 'u';
    if (size < 2) return lanewise(saturatingShort(SHAPES[size] as 'i8x16' | 'i16x8', name, sign));
    if (signed) return lanewise(saturatingSigned(SHAPES[size] as 'i32x4' | 'i64x2', name));
    return size === 2 ? lanewise(saturatingUnsigned(name)) : undefined;
  });
