/** Set-associative tag stores with pseudo-random replacement: src/costmodel/cache.ts. */
import {
  CACHE_FLAGS,
  CACHE_RANDOM,
  CACHE_SET_MASK,
  CACHE_TAGS,
  CACHE_WAYS,
  VICTIM_FLAGS,
  VICTIM_LINE,
} from '../src/costmodel/kernel/layout';

export const DIRTY: i32 = 1;
export const PREFETCHED: i32 = 2;
const EMPTY: i32 = -1;

/** Slot of `line`, or -1. */
export function findLine(cache: usize, line: i32): i32 {
  const ways = load<i32>(cache + CACHE_WAYS);
  const first = (line & load<i32>(cache + CACHE_SET_MASK)) * ways;
  let tag = <usize>load<u32>(cache + CACHE_TAGS) + (<usize>first << 2);
  for (let way = 0; way < ways; way++, tag += 4) if (load<i32>(tag) == line) return first + way;
  return EMPTY;
}

export function flagsOf(cache: usize, slot: i32): i32 {
  return load<u8>(<usize>load<u32>(cache + CACHE_FLAGS) + slot);
}

export function setFlags(cache: usize, slot: i32, flags: i32): void {
  store<u8>(<usize>load<u32>(cache + CACHE_FLAGS) + slot, flags);
}

/** Puts `line` in, in an empty way or over a random one; what that threw out is the victim. */
export function insertLine(cache: usize, line: i32, flags: i32): void {
  const ways = load<i32>(cache + CACHE_WAYS);
  const first = (line & load<i32>(cache + CACHE_SET_MASK)) * ways;
  const tags = <usize>load<u32>(cache + CACHE_TAGS);
  let slot = EMPTY;
  for (let way = first; way < first + ways; way++) {
    if (load<i32>(tags + (<usize>way << 2)) == EMPTY) {
      slot = way;
      break;
    }
  }
  if (slot == EMPTY) {
    let x = load<i32>(cache + CACHE_RANDOM);
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    store<i32>(cache + CACHE_RANDOM, x);
    slot = first + <i32>((<u32>x >>> 8) % <u32>ways);
  }
  store<i32>(VICTIM_LINE, load<i32>(tags + (<usize>slot << 2)));
  store<i32>(VICTIM_FLAGS, flagsOf(cache, slot));
  store<i32>(tags + (<usize>slot << 2), line);
  setFlags(cache, slot, flags);
}
