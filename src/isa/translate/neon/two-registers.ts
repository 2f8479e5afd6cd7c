/** Translations of Advanced SIMD on two registers (DDI 0406C A7.4.5), but for singles and for what moves bytes only. */
import type {Executes} from '../../neon/operands.ts';
import * as two from '../../neon/two-registers.ts';
import {noFlags} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import type {VectorOp} from '../wasm/opcodes.ts';
import {
  A,
  accumulate,
  type Emit,
  FROM,
  NARROW_SHAPES,
  type NarrowShape,
  REGISTER_BYTES,
  registerOffset,
  rows,
  unary,
  WIDE,
  ZERO,
} from './vectors.ts';

/** Sums of neighbours, of twice the width. */
const pushPairs =
  (size: number, signed: boolean): Emit =>
  ({code}) => {
    const sign = signed ? 's' : 'u';
    if (size < 2) {
      const shape = WIDE[size] as 'i16x8' | 'i32x4';
      code.get(A).vector(`${shape}.extadd_pairwise_${FROM[shape]}_${sign}` as VectorOp);
      return;
    }
    code.get(A).constant(32).vector('i64x2.shl').constant(32).vector(`i64x2.shr_${sign}`);
    code.get(A).constant(32).vector(`i64x2.shr_${sign}`).vector('i64x2.add');
  };

const ofEach = (executes: Executes, emitOf: (shape: NarrowShape) => Emit): Rows =>
  rows(executes, (size) => unary(emitOf(NARROW_SHAPES[size]!)));
const withZero = (executes: Executes, name: 'eq' | 'gt_s' | 'ge_s' | 'le_s' | 'lt_s'): Rows =>
  ofEach(
    executes,
    (shape) =>
      ({code}) =>
        void code.get(A).vectorConstant(ZERO).vector(`${shape}.${name}`),
  );
const operator = (executes: Executes, name: 'abs' | 'neg'): Rows =>
  ofEach(
    executes,
    (shape) =>
      ({code}) =>
        void code.get(A).vector(`${shape}.${name}`),
  );

/** Of words; WebAssembly counts no leading zeros of vectors. */
const countLeadingZeros: Translation = {
  emit: ({code}, {d, m, amount}) => {
    for (let at = 0; at < REGISTER_BYTES * amount; at += 4) {
      code
        .state()
        .state()
        .memory('i32.load', registerOffset(m) + at)
        .op('i32.clz');
      code.memory('i32.store', registerOffset(d) + at);
    }
  },
  flags: noFlags,
};

export const TWO_REGISTERS: Rows = [
  ...rows(two.COUNT_LEADING_ZEROS, (size) => (size === 2 ? countLeadingZeros : undefined)),
  ...rows(two.PAIRWISE_ADD_LONG, (size, signed) => unary(pushPairs(size, signed))),
  ...rows(two.PAIRWISE_ADD_ACCUMULATE_LONG, (size, signed) =>
    unary(accumulate(pushPairs(size, signed), `${WIDE[size]!}.add`)),
  ),
  ...rows(two.NOT, () => unary(({code}) => void code.get(A).vector('v128.not'))),
  ...operator(two.ABSOLUTE, 'abs'),
  ...operator(two.NEGATE, 'neg'),
  ...rows(two.COUNT_BITS, () => unary(({code}) => void code.get(A).vector('i8x16.popcnt'))),
  ...withZero(two.EQUAL_ZERO, 'eq'),
  ...withZero(two.GREATER_ZERO, 'gt_s'),
  ...withZero(two.GREATER_OR_EQUAL_ZERO, 'ge_s'),
  ...withZero(two.LESS_OR_EQUAL_ZERO, 'le_s'),
  ...withZero(two.LESS_ZERO, 'lt_s'),
];
