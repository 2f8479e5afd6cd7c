/**
 * Translations of Advanced SIMD on singles (DDI 0406C A7.4), in the modes of the standard FPSCR value: to nearest, with
 * denormals flushed. WebAssembly's arithmetic shows the whole effect when all numbers are normal or 0 and the inexact bit
 * is set already; otherwise the region is left for the interpreter.
 */
import {STATE} from '../../core/state.ts';
import {INEXACT} from '../../float/context.ts';
import * as scalar from '../../neon/by-scalar.ts';
import * as same from '../../neon/three-same-float.ts';
import * as two from '../../neon/two-registers.ts';
import type {Emitter} from '../emitter.ts';
import type {Rows} from '../translation.ts';
import type {VectorOp} from '../wasm/opcodes.ts';
import {byScalar} from './by-scalar.ts';
import {A, B, C, type Emit, everyOther, lanes, lanewise, pushOld, unary} from './vectors.ts';

const WORD = 4;
const SIGN = 0x8000_0000n;
const MAGNITUDE = 0x7fff_ffffn;
const SMALLEST_NORMAL = 0x0080_0000n;
const INFINITY = 0x7f80_0000n;
/** Twice the smallest normal number: below, a result may have been denormal before it was rounded. */
const WELL_NORMAL = 0x0100_0000n;
const SIZE = 2;

const words = (value: bigint): readonly number[] => lanes(WORD, value);

const pushMagnitude = ({code}: Emitter, local: number): void => {
  code.get(local).vectorConstant(words(MAGNITUDE)).vector('v128.and');
};
/** Pushes which lanes are at least `low` and below `high` in magnitude, as bits. */
const pushIsWithin = (emitter: Emitter, local: number, low: bigint, high: bigint): void => {
  pushMagnitude(emitter, local);
  emitter.code
    .vectorConstant(words(low))
    .vector('i32x4.sub')
    .vectorConstant(words(high - low))
    .vector('i32x4.lt_u');
};
const pushIsDenormal = (emitter: Emitter, local: number): void => pushIsWithin(emitter, local, 1n, SMALLEST_NORMAL);
const pushIsZero = (emitter: Emitter, local: number): void => {
  pushMagnitude(emitter, local);
  emitter.code.vectorConstant(words(0n)).vector('i32x4.eq');
};

/** Pops a vector. */
const leaveIfAny = (emitter: Emitter): void => {
  emitter.code.vector('v128.any_true');
  emitter.slowIf();
};
const leaveUnlessInexact = (emitter: Emitter): void => {
  emitter.loadState(STATE.fpscrCumulative).code.constant(INEXACT).op('i32.and').op('i32.eqz');
  emitter.slowIf();
};
const leaveIfDenormal = (emitter: Emitter, ...locals: readonly number[]): void => {
  for (const [index, local] of locals.entries()) {
    pushIsDenormal(emitter, local);
    if (index > 0) emitter.code.vector('v128.or');
  }
  leaveIfAny(emitter);
};

/** Leaves unless the result in C is well normal, or `pushIsExact` finds it a 0 that is exact. An operand that is no number makes no number. */
const checkResult = (emitter: Emitter, pushIsExact: () => void): void => {
  pushIsWithin(emitter, C, WELL_NORMAL, INFINITY);
  pushIsExact();
  emitter.code.vector('v128.or').vector('v128.not');
  leaveIfAny(emitter);
};

/** C = A ± B. */
const sum = (emitter: Emitter, op: 'f32x4.add' | 'f32x4.sub'): void => {
  emitter.code.get(A).get(B).vector(op).set(C);
  leaveIfDenormal(emitter, A, B);
  checkResult(emitter, () => pushIsZero(emitter, C));
};
/** C = A × B. */
const product = (emitter: Emitter): void => {
  const {code} = emitter;
  code.get(A).get(B).vector('f32x4.mul').set(C);
  leaveIfDenormal(emitter, A, B);
  checkResult(emitter, () => {
    pushIsZero(emitter, C);
    pushIsZero(emitter, A);
    pushIsZero(emitter, B);
    code.vector('v128.or').vector('v128.and');
  });
};

/** The result is to be in C. */
const arithmetic =
  (compute: Emit): Emit =>
  (emitter, operation) => {
    emitter.markPlace();
    leaveUnlessInexact(emitter);
    compute(emitter, operation);
    emitter.code.get(C);
  };
const addition = arithmetic((emitter) => sum(emitter, 'f32x4.add'));
const subtraction = arithmetic((emitter) => sum(emitter, 'f32x4.sub'));
const multiplication = arithmetic(product);
/** Two steps, each rounded. */
const accumulation = (op: 'f32x4.add' | 'f32x4.sub'): Emit =>
  arithmetic((emitter, operation) => {
    product(emitter);
    pushOld(emitter, operation);
    emitter.code.set(A).get(C).set(B);
    sum(emitter, op);
  });
const pairwiseAddition = arithmetic((emitter) => {
  const {code} = emitter;
  code
    .get(A)
    .get(B)
    .shuffle(everyOther(SIZE, 1, 1))
    .get(A)
    .get(B)
    .shuffle(everyOther(SIZE, 0, 1))
    .set(A)
    .set(B);
  sum(emitter, 'f32x4.add');
});

/** Denormals count as 0, and what is no number does not compare. */
const comparison =
  (op: VectorOp): Emit =>
  (emitter) => {
    const {code} = emitter;
    emitter.markPlace();
    leaveIfDenormal(emitter, A, B);
    code.get(A).get(A).vector('f32x4.eq').get(B).get(B).vector('f32x4.eq').vector('v128.and').vector('v128.not');
    leaveIfAny(emitter);
    code.get(A).get(B).vector(op);
  };

/** Of whole numbers; those of a fixed point are left to the interpreter. */
const fromInteger =
  (sign: 's' | 'u'): Emit =>
  ({code}) => {
    code.get(A).vector(`f32x4.convert_i32x4_${sign}`);
  };
const toInteger =
  (sign: 's' | 'u'): Emit =>
  (emitter) => {
    const {code} = emitter;
    leaveIfDenormal(emitter, A);
    // −2³¹ and the numbers from −1 to −0 are left out, which the least limit would include.
    const highest = sign === 's' ? 0x4f00_0000n : 0x4f80_0000n;
    pushIsWithin(emitter, A, 0n, highest);
    if (sign === 'u') code.get(A).constant(31).vector('i32x4.shr_s').vector('v128.not').vector('v128.and');
    code.vector('v128.not');
    leaveIfAny(emitter);
    code.get(A).vector(`i32x4.trunc_sat_f32x4_${sign}`);
  };
const converted = (emit: Emit): Rows[number][1] => {
  const whole = unary((emitter, operation) => {
    emitter.markPlace();
    leaveUnlessInexact(emitter);
    emit(emitter, operation);
  });
  return {
    ...whole,
    emit: (emitter, operation) => {
      if (operation.immediate === 0) whole.emit(emitter, operation);
      else emitter.callout(operation);
    },
  };
};

const bySingleScalar = (executes: typeof scalar.MULTIPLY_SINGLE_BY_SCALAR, emit: Emit): Rows[number] => [
  executes[SIZE]!,
  byScalar(emit, SIZE, ({amount}) => amount),
];

/** A comparison with 0 reads `m` alone. */
const withZero = (executes: typeof two.EQUAL_ZERO_SINGLE, op: VectorOp): Rows[number] => [
  executes[SIZE]!,
  unary((emitter, operation) => {
    emitter.code.vectorConstant(words(0n)).set(B);
    comparison(op)(emitter, operation);
  }),
];

export const NEON_FLOAT: Rows = [
  [same.ADD_SINGLE, lanewise(addition)],
  [same.SUBTRACT_SINGLE, lanewise(subtraction)],
  [same.MULTIPLY_SINGLE, lanewise(multiplication)],
  [same.MULTIPLY_ADD_SINGLE, lanewise(accumulation('f32x4.add'))],
  [same.MULTIPLY_SUBTRACT_SINGLE, lanewise(accumulation('f32x4.sub'))],
  [same.PAIRWISE_ADD_SINGLE, lanewise(pairwiseAddition)],
  [same.EQUAL_SINGLE, lanewise(comparison('f32x4.eq'))],
  [same.GREATER_SINGLE, lanewise(comparison('f32x4.gt'))],
  [same.GREATER_OR_EQUAL_SINGLE, lanewise(comparison('f32x4.ge'))],
  [same.MAXIMUM_SINGLE, lanewise(comparison('f32x4.max'))],
  [same.MINIMUM_SINGLE, lanewise(comparison('f32x4.min'))],
  bySingleScalar(scalar.MULTIPLY_SINGLE_BY_SCALAR, multiplication),
  bySingleScalar(scalar.MULTIPLY_ADD_SINGLE_BY_SCALAR, accumulation('f32x4.add')),
  bySingleScalar(scalar.MULTIPLY_SUBTRACT_SINGLE_BY_SCALAR, accumulation('f32x4.sub')),
  [two.ABSOLUTE_SINGLE[SIZE]!, unary(({code}) => void code.get(A).vectorConstant(words(MAGNITUDE)).vector('v128.and'))],
  [two.NEGATE_SINGLE[SIZE]!, unary(({code}) => void code.get(A).vectorConstant(words(SIGN)).vector('v128.xor'))],
  withZero(two.EQUAL_ZERO_SINGLE, 'f32x4.eq'),
  withZero(two.GREATER_ZERO_SINGLE, 'f32x4.gt'),
  withZero(two.GREATER_OR_EQUAL_ZERO_SINGLE, 'f32x4.ge'),
  withZero(two.LESS_OR_EQUAL_ZERO_SINGLE, 'f32x4.le'),
  withZero(two.LESS_ZERO_SINGLE, 'f32x4.lt'),
  [two.FROM_FIXED[0], converted(fromInteger('s'))],
  [two.FROM_FIXED[1], converted(fromInteger('u'))],
  [two.TO_FIXED[0], converted(toInteger('s'))],
  [two.TO_FIXED[1], converted(toInteger('u'))],
];
