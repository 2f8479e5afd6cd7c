/** Set-associative tag stores with pseudo-random replacement: src/costmodel/cache.ts. */
import {
  CACHE_FLAGS,
  CACHE_RANDOM,
  CACHE_SET_MASK,
  CACHE_STRIDE,
  CACHE_TAGS,
  CACHE_WAYS,
  VICTIM_FLAGS,
  VICTIM_LINE,
} from '../src/costmodel/kernel/layout';

export const DIRTY: i32 = 1;
export const PREFETCHED: i32 = 2;
const EMPTY: i32 = -1;

/** Slot of the first of a set's tags that is `tag`, or -1. Four ways at a time: which one it is, no branch predicts. */
function findTag(cache: usize, first: i32, tag: i32): i32 {
  const stride = load<i32>(cache + CACHE_STRIDE);
  const tags = <usize>load<u32>(cache + CACHE_TAGS);
  const wanted = i32x4.splat(tag);
  for (let slot = first; slot < first + stride; slot += 4) {
    const equal = i32x4.bitmask(i32x4.eq(v128.load(tags + ((<usize>slot) << 2)), wanted));
    if (equal !== 0) return slot + ctz(equal);
  }
  return EMPTY;
}

function firstSlot(cache: usize, line: i32): i32 {
  return (line & load<i32>(cache + CACHE_SET_MASK)) * load<i32>(cache + CACHE_STRIDE);
}

/** Slot of `line`, or -1. */
export function findLine(cache: usize, line: i32): i32 {
  return findTag(cache, firstSlot(cache, line), line);
}

export function flagsOf(cache: usize, slot: i32): i32 {
  return load<u8>(<usize>load<u32>(cache + CACHE_FLAGS) + slot);
}

export function setFlags(cache: usize, slot: i32, flags: i32): void {
  store<u8>(<usize>load<u32>(cache + CACHE_FLAGS) + slot, flags);
}

/** Puts `line` in, in an empty way or over a random one; what that threw out is the victim. Returns the slot. */
export function insertLine(cache: usize, line: i32, flags: i32): i32 {
  const first = firstSlot(cache, line);
  let slot = findTag(cache, first, EMPTY);
  if (slot === EMPTY) {
    let x = load<i32>(cache + CACHE_RANDOM);
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    store<i32>(cache + CACHE_RANDOM, x);
    const ways = load<u32>(cache + CACHE_WAYS);
    const random = <u32>x >>> 8;
    slot = first + <i32>(popcnt(ways) === 1 ? random & (ways - 1) : random % ways);
  }
  const tag = <usize>load<u32>(cache + CACHE_TAGS) + ((<usize>slot) << 2);
  store<i32>(VICTIM_LINE, load<i32>(tag));
  store<i32>(VICTIM_FLAGS, flagsOf(cache, slot));
  store<i32>(tag, line);
  setFlags(cache, slot, flags);
  return slot;
}

export function removeLine(cache: usize, slot: i32): void {
  store<i32>(<usize>load<u32>(cache + CACHE_TAGS) + ((<usize>slot) << 2), EMPTY);
  setFlags(cache, slot, 0);
}
