/** Translations of Advanced SIMD on three registers of the same length (DDI 0406C A7.4.1), but for singles. */
import type {Executes} from '../../neon/operands.ts';
import * as same from '../../neon/three-same.ts';
import type {Rows} from '../translation.ts';
import type {VectorOp} from '../wasm/opcodes.ts';
import {saturating} from './saturating.ts';
import {shiftByRegister} from './shift-by-register.ts';
import {
  A,
  accumulate,
  B,
  binary,
  type Emit,
  everyOther,
  lanes,
  lanewise,
  NARROW_SHAPES,
  type NarrowShape,
  pushOld,
  rows,
  SHAPES,
  ZERO,
} from './vectors.ts';

/** WebAssembly multiplies no bytes: as half-words, the even and the odd ones apart. */
export const product =
  (size: number): Emit =>
  ({code}) => {
    if (size > 0) {
      code
        .get(A)
        .get(B)
        .vector(`${SHAPES[size] as 'i16x8' | 'i32x4'}.mul`);
      return;
    }
    code.get(A).get(B).vector('i16x8.mul').vectorConstant(lanes(2, 0xffn)).vector('v128.and');
    for (const local of [A, B]) code.get(local).constant(8).vector('i16x8.shr_u');
    code.vector('i16x8.mul').constant(8).vector('i16x8.shl').vector('v128.or');
  };

const difference =
  (shape: NarrowShape, sign: 's' | 'u'): Emit =>
  ({code}) => {
    code.get(A).get(B).vector(`${shape}.max_${sign}`).get(A).get(B).vector(`${shape}.min_${sign}`);
    code.vector(`${shape}.sub`);
  };

// Half of a sum is what both have, and half of what one of them has.
const halvingAdd =
  (shape: NarrowShape, sign: 's' | 'u'): Emit =>
  ({code}) => {
    code.get(A).get(B).vector('v128.and');
    code.get(A).get(B).vector('v128.xor').constant(1).vector(`${shape}.shr_${sign}`).vector(`${shape}.add`);
  };
const roundingHalvingAdd =
  (shape: NarrowShape, sign: 's' | 'u'): Emit =>
  ({code}) => {
    code.get(A).get(B).vector('v128.or');
    code.get(A).get(B).vector('v128.xor').constant(1).vector(`${shape}.shr_${sign}`).vector(`${shape}.sub`);
  };
const halvingSubtract =
  (shape: NarrowShape, sign: 's' | 'u'): Emit =>
  ({code}) => {
    code.get(A).get(B).vector('v128.xor').constant(1).vector(`${shape}.shr_${sign}`);
    code.get(B).get(A).vector('v128.andnot').vector(`${shape}.sub`);
  };

/** By size: whatever their sign. */
const bySize = (executes: Executes, emitOf: (shape: NarrowShape, size: number) => Emit): Rows =>
  rows(executes, (size) => (size < 3 ? lanewise(emitOf(NARROW_SHAPES[size]!, size)) : undefined));
const bySign = (executes: Executes, emitOf: (shape: NarrowShape, sign: 's' | 'u') => Emit): Rows =>
  rows(executes, (size, signed) => (size < 3 ? lanewise(emitOf(NARROW_SHAPES[size]!, signed ? 's' : 'u')) : undefined));
const ofAllSizes = (executes: Executes, name: 'add' | 'sub'): Rows =>
  rows(executes, (size) => lanewise(binary(`${SHAPES[size]!}.${name}`)));

/** The lower half of the result are neighbours of n, the upper those of m. */
const pairwise =
  (size: number, op: VectorOp): Emit =>
  ({code}) => {
    code
      .get(A)
      .get(B)
      .shuffle(everyOther(size, 0, 1))
      .get(A)
      .get(B)
      .shuffle(everyOther(size, 1, 1))
      .vector(op);
  };

const LOGICAL: readonly Emit[] = [
  binary('v128.and'),
  binary('v128.andnot'),
  binary('v128.or'),
  ({code}) => void code.get(A).get(B).vector('v128.not').vector('v128.or'),
  binary('v128.xor'),
  (emitter, operation) => {
    emitter.code.get(A).get(B);
    pushOld(emitter, operation);
    emitter.code.vector('v128.bitselect');
  },
  (emitter, operation) => {
    emitter.code.get(A);
    pushOld(emitter, operation);
    emitter.code.get(B).vector('v128.bitselect');
  },
  (emitter, operation) => {
    pushOld(emitter, operation);
    emitter.code.get(A).get(B).vector('v128.bitselect');
  },
];

export const THREE_SAME: Rows = [
  ...ofAllSizes(same.ADD, 'add'),
  ...ofAllSizes(same.SUBTRACT, 'sub'),
  ...bySize(same.TEST_BITS, (shape) => ({code}) => {
    code.get(A).get(B).vector('v128.and').vectorConstant(ZERO).vector(`${shape}.eq`).vector('v128.not');
  }),
  ...bySize(same.EQUAL, (shape) => binary(`${shape}.eq`)),
  ...bySize(same.MULTIPLY, (_shape, size) => product(size)),
  ...bySize(same.MULTIPLY_ADD, (shape, size) => accumulate(product(size), `${shape}.add`)),
  ...bySize(same.MULTIPLY_SUBTRACT, (shape, size) => accumulate(product(size), `${shape}.sub`)),
  ...bySize(same.PAIRWISE_ADD, (shape, size) => pairwise(size, `${shape}.add`)),
  ...bySign(same.GREATER, (shape, sign) => binary(`${shape}.gt_${sign}`)),
  ...bySign(same.GREATER_OR_EQUAL, (shape, sign) => binary(`${shape}.ge_${sign}`)),
  ...bySign(same.MAXIMUM, (shape, sign) => binary(`${shape}.max_${sign}`)),
  ...bySign(same.MINIMUM, (shape, sign) => binary(`${shape}.min_${sign}`)),
  ...bySign(same.PAIRWISE_MAXIMUM, (shape, sign) => pairwise(SHAPES.indexOf(shape), `${shape}.max_${sign}`)),
  ...bySign(same.PAIRWISE_MINIMUM, (shape, sign) => pairwise(SHAPES.indexOf(shape), `${shape}.min_${sign}`)),
  ...bySign(same.HALVING_ADD, halvingAdd),
  ...bySign(same.ROUNDING_HALVING_ADD, roundingHalvingAdd),
  ...bySign(same.HALVING_SUBTRACT, halvingSubtract),
  ...saturating(same.SATURATING_ADD, 'add'),
  ...saturating(same.SATURATING_SUBTRACT, 'sub'),
  ...bySign(same.DIFFERENCE, difference),
  ...bySign(same.ACCUMULATE_DIFFERENCE, (shape, sign) => accumulate(difference(shape, sign), `${shape}.add`)),
  ...rows(same.SHIFT, shiftByRegister),
  ...same.LOGICAL.map((execute, index) => [execute, lanewise(LOGICAL[index]!)] as const),
];
