/**
 * Translations of Advanced SIMD data processing on integers (DDI 0406C A7.4), by WebAssembly's vectors. Registers stay in
 * the state. A doubleword is the lower half of a vector whose upper half is 0, and of the result only the lower half is kept.
 */
import {SATURATED} from '../core/cpu.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import * as scalar from '../neon/by-scalar.ts';
import * as immediate from '../neon/modified-immediate.ts';
import type {Executes} from '../neon/operands.ts';
import * as permute from '../neon/permute.ts';
import * as shifts from '../neon/shift-immediate.ts';
import * as different from '../neon/three-different.ts';
import * as same from '../neon/three-same.ts';
import * as two from '../neon/two-registers.ts';
import {type Emitter, stateOffset, VECTOR} from './emitter.ts';
import type {Translation} from './translation.ts';
import type {MemoryOp, VectorOp} from './wasm/opcodes.ts';

export const A = VECTOR;
export const B = VECTOR + 1;
export const C = VECTOR + 2;

const REGISTER_BYTES = 8;
const VECTOR_BYTES = 16;
export const registerOffset = (register: number): number => stateOffset(STATE.vfp) + REGISTER_BYTES * register;

const noFlags = () => ({reads: 0, writes: 0});
export type Emit = (emitter: Emitter, operation: Operation) => void;
export type Rows = readonly (readonly [Execute, Translation])[];

/** Pushes one or two doublewords. */
export const push = ({code}: Emitter, register: number, doublewords: number): void => {
  code.constant(0).vectorMemory(doublewords === 2 ? 'v128.load' : 'v128.load64_zero', registerOffset(register));
};
/** Stores what `pushResult` pushes. */
export const put = ({code}: Emitter, register: number, doublewords: number, pushResult: () => void): void => {
  code.constant(0);
  pushResult();
  code.vectorMemory(doublewords === 2 ? 'v128.store' : 'v128.store64_lane', registerOffset(register));
};

// The lanes of vectors by the size field.
const SHAPES = ['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const;
type Shape = (typeof SHAPES)[number];
type NarrowShape = 'i8x16' | 'i16x8' | 'i32x4';
const NARROW_SHAPES = ['i8x16', 'i16x8', 'i32x4'] as const;
const bitsOf = (size: number): number => 8 << size;
/** The vector of copies of a lane of so many bytes. */
export const lanes = (bytes: number, value: bigint): readonly number[] =>
  Array.from({length: VECTOR_BYTES}, (_, index) => Number((value >> BigInt(8 * (index % bytes))) & 0xffn));
const ZERO = lanes(1, 0n);

/** The rows of a table of execute functions by size, or by U:size, that has a translation for the size. */
const rows = (executes: Executes, translationOf: (size: number, signed: boolean) => Translation | undefined): Rows =>
  executes.flatMap((execute, index) => {
    const translation = execute && translationOf(index & 3, index < 4);
    return execute && translation ? [[execute, translation] as const] : [];
  });

/** d = f(n, m) of as many doublewords; `emit` finds n in A and m in B, and pushes the result. */
export const lanewise = (emit: Emit): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {d, n, m, amount} = operation;
    push(emitter, n, amount);
    code.set(A);
    push(emitter, m, amount);
    code.set(B);
    put(emitter, d, amount, () => emit(emitter, operation));
  },
  flags: noFlags,
});
export const pushOld: Emit = (emitter, {d, amount}) => push(emitter, d, amount);

const binary =
  (op: VectorOp): Emit =>
  ({code}) =>
    void code.get(A).get(B).vector(op);
const accumulate =
  (addend: Emit, op: VectorOp): Emit =>
  (emitter, operation) => {
    pushOld(emitter, operation);
    addend(emitter, operation);
    emitter.code.vector(op);
  };

/** WebAssembly multiplies no bytes: as half-words, the even and the odd ones apart. */
const product =
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

/** Sets FPSCR.QC when the vector popped has a bit set. */
const setSaturatedIfAny = (emitter: Emitter): void => {
  const {code} = emitter;
  code.vector('v128.any_true').if();
  emitter.storeState(STATE.fpscrCumulative, () => {
    emitter.loadState(STATE.fpscrCumulative).code.constant(SATURATED).op('i32.or');
  });
  code.end();
};

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

const saturating = (executes: Executes, name: 'add' | 'sub'): Rows =>
  rows(executes, (size, signed) => {
    const sign = signed ? 's' : 'u';
    if (size < 2) return lanewise(saturatingShort(SHAPES[size] as 'i8x16' | 'i16x8', name, sign));
    if (signed) return lanewise(saturatingSigned(SHAPES[size] as 'i32x4' | 'i64x2', name));
    return size === 2 ? lanewise(saturatingUnsigned(name)) : undefined;
  });

/** By size: whatever their sign. */
const bySize = (executes: Executes, emitOf: (shape: NarrowShape, size: number) => Emit): Rows =>
  rows(executes, (size) => (size < 3 ? lanewise(emitOf(NARROW_SHAPES[size]!, size)) : undefined));
const bySign = (executes: Executes, emitOf: (shape: NarrowShape, sign: 's' | 'u') => Emit): Rows =>
  rows(executes, (size, signed) => (size < 3 ? lanewise(emitOf(NARROW_SHAPES[size]!, signed ? 's' : 'u')) : undefined));
const ofAllSizes = (executes: Executes, name: 'add' | 'sub'): Rows =>
  rows(executes, (size) => lanewise(binary(`${SHAPES[size]!}.${name}`)));

/** Byte numbers of the lanes, `step` lanes apart, of two doublewords in two vectors or of two vectors. */
export const everyOther = (size: number, first: 0 | 1, doublewords: 1 | 2): readonly number[] => {
  const bytes = 1 << size;
  const each = REGISTER_BYTES * doublewords;
  return Array.from({length: VECTOR_BYTES}, (_, index) => {
    const position = (2 * Math.floor(index / bytes) + first) * bytes + (index % bytes);
    return position < each ? position : (VECTOR_BYTES + position - each) % (2 * VECTOR_BYTES);
  });
};

/** The lower half of the result are neighbours of n, the upper those of m. */
export const pairwise =
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

/** Signed and unsigned, by size. */
const LANE_LOADS: readonly (readonly [MemoryOp, MemoryOp])[] = [
  ['i32.load8_s', 'i32.load8_u'],
  ['i32.load16_s', 'i32.load16_u'],
  ['i32.load', 'i32.load'],
  ['i64.load', 'i64.load'],
];
const LANE_STORES: readonly MemoryOp[] = ['i32.store8', 'i32.store16', 'i32.store', 'i64.store'];

/** By lane: operands of VSHL stand the other way round, and the amount is the signed low byte of n's lane. */
const shiftByRegister = (size: number, signed: boolean): Translation => {
  const type = size === 3 ? 'i64' : 'i32';
  const load = LANE_LOADS[size]![signed ? 0 : 1];
  const store = LANE_STORES[size]!;
  const bytes = 1 << size;
  // Of lanes shorter than a word, the sign or zeros are shifted in from beyond.
  const limit = type === 'i64' ? 64 : 32;
  return {
    emit: (emitter, operation) => {
      const {code} = emitter;
      const {d, n, m, amount} = operation;
      const by = emitter.temporary();
      for (let at = 0; at < REGISTER_BYTES * amount; at += bytes) {
        code
          .constant(0)
          .memory('i32.load8_s', registerOffset(n) + at)
          .set(by);
        const pushValue = (): void => void code.constant(0).memory(load, registerOffset(m) + at);
        const pushAmount = (): void => void (type === 'i64' && code.op('i64.extend_i32_u'));
        const nothing = (): void => void (type === 'i64' ? code.constant64(0, 0) : code.constant(0));
        code.constant(0);
        pushValue();
        code.get(by);
        pushAmount();
        code.op(`${type}.shl`);
        nothing();
        code.get(by).constant(limit).op('i32.lt_s').op('select');
        // To the right: by the distance, or all the way.
        pushValue();
        code
          .constant(0)
          .get(by)
          .op('i32.sub')
          .constant(limit - 1);
        code.get(by).constant(-limit).op('i32.gt_s').op('select');
        pushAmount();
        code.op(`${type}.${signed ? 'shr_s' : 'shr_u'}`);
        if (!signed) {
          nothing();
          code.get(by).constant(-limit).op('i32.gt_s').op('select');
        }
        code.get(by).constant(0).op('i32.ge_s').op('select');
        code.memory(store, registerOffset(d) + at);
      }
    },
    flags: noFlags,
  };
};

const THREE_SAME: Rows = [
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

// Lanes of twice the width, by the size of the narrow ones.
const WIDE = ['i16x8', 'i32x4', 'i64x2'] as const;
type WideShape = (typeof WIDE)[number];
const FROM = {i16x8: 'i8x16', i32x4: 'i16x8', i64x2: 'i32x4'} as const;
const extension = (shape: WideShape, sign: 's' | 'u'): VectorOp =>
  `${shape}.extend_low_${FROM[shape]}_${sign}` as VectorOp;
const longProduct = (shape: WideShape, sign: 's' | 'u'): VectorOp =>
  `${shape}.extmul_low_${FROM[shape]}_${sign}` as VectorOp;

/** Quadword d of doublewords n and m in A and B. */
const long = (executes: Executes, emitOf: (shape: WideShape, sign: 's' | 'u') => Emit, nIsWide = false): Rows =>
  rows(executes, (size, signed) => {
    if (size === 3) return undefined;
    const emit = emitOf(WIDE[size]!, signed ? 's' : 'u');
    return {
      emit: (emitter, operation) => {
        const {code} = emitter;
        push(emitter, operation.n, nIsWide ? 2 : 1);
        code.set(A);
        push(emitter, operation.m, 1);
        code.set(B);
        put(emitter, operation.d, 2, () => emit(emitter, operation));
      },
      flags: noFlags,
    };
  });

const extended = ({code}: Emitter, local: number, shape: WideShape, sign: 's' | 'u'): void => {
  code.get(local).vector(extension(shape, sign));
};
const longSum =
  (name: 'add' | 'sub') =>
  (shape: WideShape, sign: 's' | 'u'): Emit =>
  (emitter) => {
    extended(emitter, A, shape, sign);
    extended(emitter, B, shape, sign);
    emitter.code.vector(`${shape}.${name}`);
  };
const longDifference =
  (shape: WideShape, sign: 's' | 'u'): Emit =>
  (emitter, operation) => {
    longSum('sub')(shape, sign)(emitter, operation);
    emitter.code.vector(`${shape}.abs`);
  };
const wideSum =
  (name: 'add' | 'sub') =>
  (shape: WideShape, sign: 's' | 'u'): Emit =>
  (emitter) => {
    emitter.code.get(A);
    extended(emitter, B, shape, sign);
    emitter.code.vector(`${shape}.${name}`);
  };
const multiplied = (shape: WideShape, sign: 's' | 'u'): Emit => binary(longProduct(shape, sign));
const accumulateLong =
  (emitOf: (shape: WideShape, sign: 's' | 'u') => Emit, name: 'add' | 'sub') =>
  (shape: WideShape, sign: 's' | 'u'): Emit =>
    accumulate(emitOf(shape, sign), `${shape}.${name}`);

/** The upper halves of sums or differences of quadwords; rounded when half of what is left out is added before. */
const high = (executes: Executes, name: 'add' | 'sub', rounds = false): Rows =>
  rows(executes, (size) => ({
    emit: (emitter, {d, n, m}) =>
      put(emitter, d, 1, () => {
        push(emitter, n, 2);
        push(emitter, m, 2);
        const {code} = emitter;
        const shape = WIDE[size]!;
        code.vector(`${shape}.${name}`);
        if (rounds) code.vectorConstant(lanes(2 << size, 1n << BigInt(bitsOf(size) - 1))).vector(`${shape}.add`);
        code.vectorConstant(ZERO).shuffle(everyOther(size, 1, 2));
      }),
    flags: noFlags,
  }));

const THREE_DIFFERENT: Rows = [
  ...long(different.ADD_LONG, longSum('add')),
  ...long(different.SUBTRACT_LONG, longSum('sub')),
  ...long(different.DIFFERENCE_LONG, longDifference),
  ...long(different.ACCUMULATE_DIFFERENCE_LONG, accumulateLong(longDifference, 'add')),
  ...long(different.ADD_WIDE, wideSum('add'), true),
  ...long(different.SUBTRACT_WIDE, wideSum('sub'), true),
  ...long(different.MULTIPLY_LONG, multiplied),
  ...long(different.MULTIPLY_ADD_LONG, accumulateLong(multiplied, 'add')),
  ...long(different.MULTIPLY_SUBTRACT_LONG, accumulateLong(multiplied, 'sub')),
  ...high(different.ADD_HIGH, 'add'),
  ...high(different.SUBTRACT_HIGH, 'sub'),
  ...high(different.ROUNDING_ADD_HIGH, 'add', true),
  ...high(different.ROUNDING_SUBTRACT_HIGH, 'sub', true),
];

/** n in A, copies of the scalar in B. */
export const byScalar = (emit: Emit, size: number, nOf: (operation: Operation) => number): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {d, n, m, amount} = operation;
    push(emitter, n, nOf(operation));
    code.set(A);
    const offset = registerOffset(m) + (operation.immediate << size);
    code
      .constant(0)
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

const BY_SCALAR: Rows = [
  ...sameByScalar(scalar.MULTIPLY_BY_SCALAR, product),
  ...sameByScalar(scalar.MULTIPLY_ADD_BY_SCALAR, (size) => accumulate(product(size), `${SHAPES[size]!}.add`)),
  ...sameByScalar(scalar.MULTIPLY_SUBTRACT_BY_SCALAR, (size) => accumulate(product(size), `${SHAPES[size]!}.sub`)),
  ...longByScalar(scalar.MULTIPLY_LONG_BY_SCALAR, multiplied),
  ...longByScalar(scalar.MULTIPLY_ADD_LONG_BY_SCALAR, accumulateLong(multiplied, 'add')),
  ...longByScalar(scalar.MULTIPLY_SUBTRACT_LONG_BY_SCALAR, accumulateLong(multiplied, 'sub')),
];

/** d = f(m), with m in A; as many doublewords on both sides unless given. */
export const unary = (emit: Emit, dCount?: number, mCount?: number): Translation => ({
  emit: (emitter, operation) => {
    const {d, m, amount} = operation;
    push(emitter, m, mCount ?? amount);
    emitter.code.set(A);
    put(emitter, d, dCount ?? amount, () => emit(emitter, operation));
  },
  flags: noFlags,
});

/** Pushes A shifted right by a distance of 1 to the lanes' width. */
const shiftRight = ({code}: Emitter, shape: Shape, size: number, signed: boolean, distance: number): void => {
  const bits = bitsOf(size);
  if (distance === bits && !signed) code.vectorConstant(ZERO);
  else if (distance === 0) code.get(A);
  else
    code
      .get(A)
      .constant(Math.min(distance, bits - 1))
      .vector(`${shape}.shr_${signed ? 's' : 'u'}`);
};
/** The same, rounded: with the last bit that is shifted out. */
const roundingShiftRight = (emitter: Emitter, shape: Shape, size: number, signed: boolean, distance: number): void => {
  const {code} = emitter;
  shiftRight(emitter, shape, size, signed, distance);
  shiftRight(emitter, shape, size, signed, distance - 1);
  code
    .vectorConstant(lanes(1 << size, 1n))
    .vector('v128.and')
    .vector(`${shape}.add`);
};
type ShiftRight = typeof shiftRight;

// Amounts to the right are negative.
const shiftedRight = (executes: Executes, by: ShiftRight, accumulates: boolean): Rows =>
  rows(executes, (size, signed) => {
    const shape = SHAPES[size]!;
    const emit: Emit = (emitter, operation) => by(emitter, shape, size, signed, -operation.immediate);
    return unary(accumulates ? accumulate(emit, `${shape}.add`) : emit);
  });
const shiftedLeft = (executes: Executes): Rows =>
  rows(executes, (size) =>
    unary(({code}, {immediate: distance}) => void code.get(A).constant(distance).vector(`${SHAPES[size]!}.shl`)),
  );
/** Keeps the bits of d that are not shifted into. */
const inserted = (executes: Executes, isLeft: boolean): Rows =>
  rows(executes, (size) =>
    unary((emitter, operation) => {
      const {code} = emitter;
      const shape = SHAPES[size]!;
      const distance = Math.abs(operation.immediate);
      const bits = BigInt(bitsOf(size));
      const all = 2n ** bits - 1n;
      const moved = isLeft ? (all << BigInt(distance)) & all : all >> BigInt(distance);
      if (isLeft) code.get(A).constant(distance).vector(`${shape}.shl`);
      else shiftRight(emitter, shape, size, false, distance);
      pushOld(emitter, operation);
      code.vectorConstant(lanes(1 << size, moved)).vector('v128.bitselect');
    }),
  );

/** Pops a quadword; pushes the lower halves of its lanes. */
const takeLow = ({code}: Emitter, size: number): void => {
  code.vectorConstant(ZERO).shuffle(everyOther(size, 0, 2));
};
/** `executes` is by the size of the result. */
const narrowed = (executes: Executes, by: ShiftRight): Rows =>
  rows(executes, (size) =>
    unary(
      (emitter, operation) => {
        by(emitter, WIDE[size]!, size + 1, false, -operation.immediate);
        takeLow(emitter, size);
      },
      1,
      2,
    ),
  );
const roundingNarrowed: ShiftRight = (emitter, shape, size, signed, distance) =>
  (distance === 0 ? shiftRight : roundingShiftRight)(emitter, shape, size, signed, distance);

/** Clamps before it narrows; of 64 bits WebAssembly has no minimum. */
const saturatingNarrowed = (
  executes: Executes,
  by: ShiftRight,
  signOf: (signed: boolean) => {from: boolean; to: boolean},
): Rows =>
  rows(executes, (size, isSigned) => {
    if (size > 1) return undefined;
    const {from, to} = signOf(isSigned);
    const shape = WIDE[size] as 'i16x8' | 'i32x4';
    const bits = BigInt(bitsOf(size));
    const [low, highest] = to ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n];
    const bytes = 2 << size;
    const sign = from ? 's' : 'u';
    return unary(
      (emitter, operation) => {
        const {code} = emitter;
        by(emitter, shape, size + 1, from, -operation.immediate);
        code.set(B).get(B).vectorConstant(lanes(bytes, highest)).vector(`${shape}.min_${sign}`);
        code.vectorConstant(lanes(bytes, low)).vector(`${shape}.max_${sign}`).set(C);
        code.get(B).get(C).vector('v128.xor');
        setSaturatedIfAny(emitter);
        code.get(C);
        takeLow(emitter, size);
      },
      1,
      2,
    );
  });

const lengthened = (executes: Executes): Rows =>
  rows(executes, (size, signed) => {
    const shape = WIDE[size]!;
    return unary(
      (emitter, operation) => {
        extended(emitter, A, shape, signed ? 's' : 'u');
        if (operation.immediate !== 0) emitter.code.constant(operation.immediate).vector(`${shape}.shl`);
      },
      2,
      1,
    );
  });

const alike = (signed: boolean) => ({from: signed, to: signed});
const toUnsigned = () => ({from: true, to: false});

const SHIFTS: Rows = [
  ...shiftedRight(shifts.SHIFT_RIGHT, shiftRight, false),
  ...shiftedRight(shifts.SHIFT_RIGHT_ACCUMULATE, shiftRight, true),
  ...shiftedRight(shifts.ROUNDING_SHIFT_RIGHT, roundingShiftRight, false),
  ...shiftedRight(shifts.ROUNDING_SHIFT_RIGHT_ACCUMULATE, roundingShiftRight, true),
  ...shiftedLeft(shifts.SHIFT_LEFT),
  ...inserted(shifts.SHIFT_RIGHT_INSERT, false),
  ...inserted(shifts.SHIFT_LEFT_INSERT, true),
  ...narrowed(shifts.SHIFT_RIGHT_NARROW, shiftRight),
  ...narrowed(shifts.ROUNDING_NARROW, roundingNarrowed),
  ...saturatingNarrowed(shifts.SATURATING_NARROW, shiftRight, alike),
  ...saturatingNarrowed(shifts.SATURATING_NARROW_UNSIGNED, shiftRight, toUnsigned),
  ...saturatingNarrowed(shifts.SATURATING_ROUNDING_NARROW, roundingNarrowed, alike),
  ...saturatingNarrowed(shifts.SATURATING_ROUNDING_NARROW_UNSIGNED, roundingNarrowed, toUnsigned),
  ...lengthened(shifts.SHIFT_LEFT_LONG),
];

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
        .constant(0)
        .constant(0)
        .memory('i32.load', registerOffset(m) + at)
        .op('i32.clz');
      code.memory('i32.store', registerOffset(d) + at);
    }
  },
  flags: noFlags,
};

const TWO_REGISTERS: Rows = [
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

const bytes = (of: (index: number) => number): readonly number[] =>
  Array.from({length: VECTOR_BYTES}, (_, at) => of(at));

const reversed = (executes: readonly Execute[], changes: readonly number[]): Rows =>
  executes.map((execute, index) => [
    execute,
    unary(
      ({code}) =>
        void code
          .get(A)
          .get(A)
          .shuffle(bytes((byte) => byte ^ changes[index]!)),
    ),
  ]);

const extract = lanewise(({code}, {amount, immediate: first}) => {
  const count = REGISTER_BYTES * amount;
  // A doubleword's second operand begins at byte 16 all the same.
  code
    .get(A)
    .get(B)
    .shuffle(
      bytes((byte) => (byte >= count ? 0 : byte + first < count ? byte + first : VECTOR_BYTES + byte + first - count)),
    );
});

const duplicate = (size: number): Translation => ({
  emit: (emitter, {d, m, amount, immediate: lane}) => {
    const name = (['v128.load8_splat', 'v128.load16_splat', 'v128.load32_splat'] as const)[size]!;
    put(emitter, d, amount, () => emitter.code.constant(0).vectorMemory(name, registerOffset(m) + (lane << size)));
  },
  flags: noFlags,
});

/** Two instructions of a table each; an index beyond a vector gives 0. */
const lookUp = (keepsOthers: boolean): Translation => ({
  emit: (emitter, {d, n, m, immediate: registers}) => {
    const {code} = emitter;
    push(emitter, m, 1);
    code.set(A);
    push(emitter, n, Math.min(registers, 2));
    code.get(A).vector('i8x16.swizzle');
    if (registers > 2) {
      push(emitter, n + 2, registers - 2);
      code
        .get(A)
        .vectorConstant(lanes(1, BigInt(VECTOR_BYTES)))
        .vector('i8x16.sub');
      code.vector('i8x16.swizzle').vector('v128.or');
    }
    code.set(B);
    put(emitter, d, 1, () => {
      code.get(B);
      if (!keepsOthers) return;
      push(emitter, d, 1);
      code
        .get(A)
        .vectorConstant(lanes(1, BigInt(REGISTER_BYTES * registers)))
        .vector('i8x16.lt_u');
      code.vector('v128.bitselect');
    });
  },
  flags: noFlags,
});

/** New d and m from bytes of the old ones, which are numbered from 0 and from 16. */
const exchange = (
  fromOf: (byte: number, operation: Operation) => number,
  otherFromOf: (byte: number, operation: Operation) => number,
): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {d, m, amount} = operation;
    push(emitter, d, amount);
    code.set(A);
    push(emitter, m, amount);
    code.set(B);
    const limited = (of: typeof fromOf) =>
      bytes((byte) => (byte < REGISTER_BYTES * amount ? of(byte, operation) : byte));
    put(emitter, d, amount, () => code.get(A).get(B).shuffle(limited(fromOf)));
    put(emitter, m, amount, () => code.get(A).get(B).shuffle(limited(otherFromOf)));
  },
  flags: noFlags,
});
const swap = exchange(
  (byte) => VECTOR_BYTES + byte,
  (byte) => byte,
);
const transpose = (size: number): Translation => {
  const width = 1 << size;
  const isOdd = (byte: number): boolean => (byte & width) !== 0;
  return exchange(
    (byte) => (isOdd(byte) ? VECTOR_BYTES + byte - width : byte),
    (byte) => (isOdd(byte) ? VECTOR_BYTES + byte : byte + width),
  );
};
/** A byte of d's and m's lanes in one row. */
const inRow = (position: number, amount: number): number => {
  const count = REGISTER_BYTES * amount;
  return position < count ? position : VECTOR_BYTES + position - count;
};
const unzip = (size: number): Translation => {
  const width = 1 << size;
  const from =
    (odd: number) =>
    (byte: number, {amount}: Operation): number =>
      inRow((2 * Math.floor(byte / width) + odd) * width + (byte % width), amount);
  return exchange(from(0), from(1));
};
const zip = (size: number): Translation => {
  const width = 1 << size;
  const from =
    (isUpper: boolean) =>
    (byte: number, {amount}: Operation): number => {
      const lane = Math.floor(byte / width) + (isUpper ? (REGISTER_BYTES * amount) / width : 0);
      return VECTOR_BYTES * (lane & 1) + (lane >> 1) * width + (byte % width);
    };
  return exchange(from(false), from(true));
};

const PERMUTE: Rows = [
  [permute.EXTRACT, extract],
  ...reversed(permute.REVERSE.VREV16, [1]),
  ...reversed(permute.REVERSE.VREV32, [3, 2]),
  ...reversed(permute.REVERSE.VREV64, [7, 6, 4]),
  ...rows(permute.DUPLICATE, duplicate),
  [permute.TABLE_LOOK_UP, lookUp(false)],
  [permute.TABLE_EXTENSION, lookUp(true)],
  [permute.SWAP, swap],
  ...rows(permute.TRANSPOSE, transpose),
  ...rows(permute.UNZIP, unzip),
  ...rows(permute.ZIP, zip),
];

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

export const NEON: Rows = [
  ...THREE_SAME,
  ...THREE_DIFFERENT,
  ...BY_SCALAR,
  ...SHIFTS,
  ...TWO_REGISTERS,
  ...PERMUTE,
  [immediate.MOVE_IMMEDIATE, withImmediate()],
  [immediate.OR_IMMEDIATE, withImmediate('v128.or')],
  [immediate.CLEAR_IMMEDIATE, withImmediate('v128.andnot')],
];
