/** Translations of Advanced SIMD on two registers and a shift amount (DDI 0406C A7.4.4). */
import type {Executes} from '../../neon/operands.ts';
import * as shifts from '../../neon/shift-immediate.ts';
import type {Emitter} from '../emitter.ts';
import type {Rows} from '../translation.ts';
import {extended} from './three-different.ts';
import {
  A,
  accumulate,
  B,
  bitsOf,
  C,
  type Emit,
  everyOther,
  lanes,
  pushOld,
  rows,
  SHAPES,
  type Shape,
  setSaturatedIfAny,
  unary,
  WIDE,
  ZERO,
} from './vectors.ts';

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

export const SHIFTS: Rows = [
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
