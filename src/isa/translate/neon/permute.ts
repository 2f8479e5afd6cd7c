/** Translations of Advanced SIMD that only moves bytes: extract, reverse, duplicate, look up, transpose, zip and unzip. */
import type {Execute, Operation} from '../../core/operation.ts';
import * as permute from '../../neon/permute.ts';
import {noFlags} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import {
  A,
  B,
  lanes,
  lanewise,
  load,
  push,
  put,
  REGISTER_BYTES,
  registerOffset,
  rows,
  unary,
  VECTOR_BYTES,
} from './vectors.ts';

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
    put(emitter, d, amount, () => emitter.code.state().vectorMemory(name, registerOffset(m) + (lane << size)));
  },
  flags: noFlags,
});

/** Two instructions of a table each; an index beyond a vector gives 0. */
const lookUp = (keepsOthers: boolean): Translation => ({
  emit: (emitter, {d, n, m, immediate: registers}) => {
    const {code} = emitter;
    load(emitter, A, m, 1);
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
    load(emitter, A, d, amount);
    load(emitter, B, m, amount);
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

export const PERMUTE: Rows = [
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
