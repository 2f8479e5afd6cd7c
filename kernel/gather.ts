/** Which bytes of one line stores have written, and whether in order: src/costmodel/line-gather.ts. */
import {
  GATHER_BYTES,
  GATHER_IN_ORDER,
  GATHER_LINE,
  GATHER_PIECE,
  MERGE_BITS,
  RUN_MASK,
} from '../src/costmodel/kernel/layout';

const WHOLE_LINE: i64 = -1;

/** A bit for each of `size` bytes from `offset` on. */
function bytesOf(offset: i32, size: i32): i64 {
  return size >= 64 ? WHOLE_LINE : (((<i64>1) << (<i64>size)) - 1) << (<i64>offset);
}

export function startGather(line: i32): void {
  store<i32>(GATHER_LINE, line);
  store<i64>(GATHER_BYTES, 0);
  store<i32>(GATHER_PIECE, -1);
  store<i32>(GATHER_IN_ORDER, 1);
}

/** Does a store at byte `offset` of the line go on where the last one ended? */
export function continuesGather(offset: i32): bool {
  const bits = load<i32>(MERGE_BITS);
  const piece = load<i32>(GATHER_PIECE);
  const next = offset >> bits;
  if (next === piece) return true;
  if (piece >= 0) {
    const whole = bytesOf(piece << bits, 1 << bits);
    if ((load<i64>(GATHER_BYTES) & whole) !== whole) return false;
  }
  const mask = load<i32>(RUN_MASK);
  return (next & mask) === 0 ? ((piece + 1) & mask) === 0 : next === piece + 1;
}

/** A store of `size` bytes at byte `offset` of the line. */
export function gatherBytes(offset: i32, size: i32): void {
  if (!continuesGather(offset)) store<i32>(GATHER_IN_ORDER, 0);
  store<i64>(GATHER_BYTES, load<i64>(GATHER_BYTES) | bytesOf(offset, size));
  store<i32>(GATHER_PIECE, (offset + size - 1) >> load<i32>(MERGE_BITS));
}

/** Is every byte written, in whatever order? Then stores to the line change nothing more. */
export function isWritten(): bool {
  return load<i64>(GATHER_BYTES) === WHOLE_LINE;
}

export function isGathered(): bool {
  return isWritten() && load<i32>(GATHER_IN_ORDER) !== 0;
}
