/** Micro-TLBs and the set-associative arrays behind them: src/costmodel/micro-tlb.ts and tlb.ts. */
import {
  DATA_TLB,
  DROP_EVERYTHING,
  MICRO_ENTRIES,
  MICRO_FRAMES,
  MICRO_HINT_BYTES,
  MICRO_HINTS,
  MICRO_NEXT,
  MICRO_PAGES,
  TAG_PAGE_BITS,
  TAG_REGIME_BITS,
  TAG_SIZE_BITS,
  TLB_KEYS,
  TLB_NEXT,
  TLB_SETS,
  TLB_VALUES,
  TLB_WAYS,
} from '../src/costmodel/kernel/layout';
import {startEpoch} from './filter';

const MICRO_HINT_MASK: i32 = MICRO_HINT_BYTES - 1;

/** Slot that holds `page`, or -1. The hints serve both micro-TLBs: a hint is looked at, never believed. */
export function findMicro(tlb: usize, page: i32): i32 {
  const hint = MICRO_HINTS + <usize>(page & MICRO_HINT_MASK);
  const pages = <usize>load<u32>(tlb + MICRO_PAGES);
  const guess = <i32>load<u8>(hint);
  const entries = load<i32>(tlb + MICRO_ENTRIES);
  if (guess < entries && load<i32>(pages + ((<usize>guess) << 2)) === page) return guess;
  for (let slot = 0; slot < entries; slot++) {
    if (load<i32>(pages + ((<usize>slot) << 2)) === page) {
      store<u8>(hint, slot);
      return slot;
    }
  }
  return -1;
}

export function insertMicro(tlb: usize, page: i32, frame: i32): i32 {
  if (tlb === DATA_TLB) startEpoch();
  const slot = load<i32>(tlb + MICRO_NEXT);
  store<i32>(tlb + MICRO_NEXT, (slot + 1) % load<i32>(tlb + MICRO_ENTRIES));
  store<i32>(<usize>load<u32>(tlb + MICRO_PAGES) + ((<usize>slot) << 2), page);
  store<i32>(<usize>load<u32>(tlb + MICRO_FRAMES) + ((<usize>slot) << 2), frame);
  store<u8>(MICRO_HINTS + <usize>(page & MICRO_HINT_MASK), slot);
  return slot;
}

export function microFrame(tlb: usize, slot: i32): i32 {
  return load<i32>(<usize>load<u32>(tlb + MICRO_FRAMES) + ((<usize>slot) << 2));
}

export function flushMicro(tlb: usize): void {
  if (tlb === DATA_TLB) startEpoch();
  memory.fill(<usize>load<u32>(tlb + MICRO_PAGES), 0xff, (<usize>load<i32>(tlb + MICRO_ENTRIES)) << 2);
}

function setOf(page: u64, sets: u64): i32 {
  return <i32>((sets & (sets - 1)) === 0 ? page & (sets - 1) : page % sets);
}

/** Index of the entry that holds `page`, or -1. `tag` tells apart what shares an index. */
export function findEntry(tlb: usize, page: u64, tag: u64): i32 {
  const sets = <u64>load<u32>(tlb + TLB_SETS);
  if (sets === 0) return -1;
  const ways = load<i32>(tlb + TLB_WAYS);
  const first = setOf(page, sets) * ways;
  const key = (tag << TAG_PAGE_BITS) + page;
  const keys = <usize>load<u32>(tlb + TLB_KEYS);
  for (let entry = first; entry < first + ways; entry++)
    if (load<u64>(keys + ((<usize>entry) << 3)) === key) return entry;
  return -1;
}

export function entryValue(tlb: usize, entry: i32): u64 {
  return load<u64>(<usize>load<u32>(tlb + TLB_VALUES) + ((<usize>entry) << 3));
}

/** Round robin. */
export function insertEntry(tlb: usize, page: u64, tag: u64, value: u64): void {
  const sets = <u64>load<u32>(tlb + TLB_SETS);
  if (sets === 0) return;
  const ways = load<i32>(tlb + TLB_WAYS);
  const set = setOf(page, sets);
  const next = <usize>load<u32>(tlb + TLB_NEXT) + ((<usize>set) << 2);
  const way = load<i32>(next);
  store<i32>(next, (way + 1) % ways);
  const entry = set * ways + way;
  store<u64>(<usize>load<u32>(tlb + TLB_KEYS) + ((<usize>entry) << 3), (tag << TAG_PAGE_BITS) + page);
  store<u64>(<usize>load<u32>(tlb + TLB_VALUES) + ((<usize>entry) << 3), value);
}

const EMPTY: u64 = u64.MAX_VALUE;
const SMALLEST_PAGE_BITS: u64 = 12;
export const SPACE_REGIME: u64 = 0;
export const GUEST_KERNEL: u64 = 1;
export const HYPERVISOR: u64 = 2;
export const GLOBAL: u64 = 3;
export const DROP_GUEST: i32 = 0;
const DROP_SPACE: i32 = 1;
const DROP_PAGES: i32 = 2;

/** Tag of what a regime has for all spaces, in pages of the smallest size. */
export function regimeTag(regime: u64): u64 {
  return regime << TAG_SIZE_BITS;
}

/** Does what is tagged so go by an operation? */
function isDropped(tag: u64, page: u64, operation: i32, space: u64, address: u64, pages: u64): bool {
  if (operation === DROP_EVERYTHING) return true;
  const context = tag >> TAG_SIZE_BITS;
  const regime = context & ((1 << TAG_REGIME_BITS) - 1);
  if (operation === DROP_GUEST) return regime !== HYPERVISOR;
  if (regime !== SPACE_REGIME && regime !== GLOBAL) return false;
  const isOfSpace = regime === SPACE_REGIME && context >> TAG_REGIME_BITS === space;
  if (operation === DROP_SPACE) return isOfSpace;
  if (operation === DROP_PAGES && regime === SPACE_REGIME && !isOfSpace) return false;
  const bits = (tag & ((1 << TAG_SIZE_BITS) - 1)) + SMALLEST_PAGE_BITS;
  return page << bits < address + (pages << SMALLEST_PAGE_BITS) && address < (page + 1) << bits;
}

export function dropEntries(tlb: usize, operation: i32, space: u64, address: u64, pages: u64): void {
  const keys = <usize>load<u32>(tlb + TLB_KEYS);
  const end = keys + ((<usize>(load<u32>(tlb + TLB_SETS) * load<u32>(tlb + TLB_WAYS))) << 3);
  for (let at = keys; at < end; at += 8) {
    const key = load<u64>(at);
    if (key === EMPTY) continue;
    const page = key & (((<u64>1) << TAG_PAGE_BITS) - 1);
    if (isDropped(key >> TAG_PAGE_BITS, page, operation, space, address, pages)) store<u64>(at, EMPTY);
  }
}
