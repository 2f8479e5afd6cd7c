/** Translations of Advanced SIMD on two registers and a scalar (DDI 0406C A7.4.3), but for singles. */
import type {Operation} from '../../core/operation.ts';
import * as scalar from '../../neon/by-scalar.ts';
import type {Executes} from '../../neon/operands.ts';
import {noFlags} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import {accumulateLong, multiplied} from './three-different.ts';
import {product} from './three-same.ts';
import {A, accumulate, B, type Emit, load, put, registerOffset, rows, SHAPES, WIDE, type WideShape} from './vectors.ts';

/** n in A, copies of the scalar in B. */
export const byScalar = (emit: Emit, size: number, nOf: (operation: Operation) => number): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {d, n, m, amount} = operation;
    load(emitter, A, n, nOf(operation));
    const offset = registerOffset(m) + (operation.immediate << size);
    code
      .state()
      .vectorMemory(size === 1 ? 'v128.load16_splat' : 'v128.load32_splat', offset)
      .set(B);
    put(emitter, d, amount, () => emit(emitter, operation));
  },
  flags: noFlags,
});
const sameByScalar = (executes: Executes, emitOf: (size: number) => Emit): Rows =>
  rows(executes, (size) => byScalar(emitOf(size), size, ({amount}) => amount));
const longByScalar = (executes: Executes, emitOf: (shape: WideShape, sign: 's' | 'u') => Emit): Rows =>
  rows(executes, (size, signed) => byScalar(emitOf(WIDE[size]!, signed ? 's' : 'u'), size, () => 1));

export const BY_SCALAR: Rows = [
  ...sameByScalar(scalar.MULTIPLY_BY_SCALAR, product),
  ...sameByScalar(scalar.MULTIPLY_ADD_BY_SCALAR, (size) => accumulate(product(size), `${SHAPES[size]!}.add`)),
  ...sameByScalar(scalar.MULTIPLY_SUBTRACT_BY_SCALAR, (size) => accumulate(product(size), `${SHAPES[size]!}.sub`)),
  ...longByScalar(scalar.MULTIPLY_LONG_BY_SCALAR, multiplied),
  ...longByScalar(scalar.MULTIPLY_ADD_LONG_BY_SCALAR, accumulateLong(multiplied, 'add')),
  ...longByScalar(scalar.MULTIPLY_SUBTRACT_LONG_BY_SCALAR, accumulateLong(multiplied, 'sub')),
];
