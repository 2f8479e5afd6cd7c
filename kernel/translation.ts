/** Main TLB, walk cache, IPA cache and the walker of both stages: src/costmodel/translation.ts. */
import {
  CONTEXT,
  ENTRY_SIZES,
  GLOBAL_SIZES,
  GUEST_PAGE,
  IPA_CACHE,
  IS_MACHINE,
  L2_LINE_BITS,
  MAIN_TLB,
  MICRO_TLB_MISS,
  PAGE_DESCRIPTOR_COUNT,
  PAGE_DESCRIPTORS,
  PAGE_ENTRY_BITS,
  PAGE_INTERMEDIATE,
  PAGE_IS_GLOBAL,
  PAGE_IS_UNCACHED,
  PAGE_TABLE_OFFSET,
  PAGE_TABLE_SPAN,
  STAGE_LEVELS,
  STAGE_ROOT,
  STAGE1_TABLES,
  STAGE2_SIZES,
  STAGE2_TABLES,
  TOUCHED,
  TRANSLATION_CYCLES,
  UNCACHED_BIT,
  WALK_CACHE,
  WALK_CACHE_PHYSICAL,
  WALK_READ,
  WALK_START,
  WALK_TIME,
} from '../src/costmodel/kernel/layout';
import {
  IPA_CACHE_HITS,
  MAIN_HITS,
  MAIN_MISSES,
  PATH_TLB_MISSES,
  STAGE1_READS,
  STAGE2_READS,
  STALL_MICRO_TLB,
  STALL_STAGE1,
  STALL_STAGE2,
  WALK_CACHE_HITS,
} from '../src/costmodel/kernel/metrics';
import {add} from './counts';
import {access} from './hierarchy';
import {findPage, touch} from './host';
import {descriptorAddress, descriptorPlace, outputOf, pageBitsOf, spanBits} from './tables';
import {dropEntries, entryValue, findEntry, GLOBAL, insertEntry, regimeTag, SPACE_REGIME} from './tlb';

const STAGE1: i32 = 1;
const STAGE2: i32 = 2;
const PAGE_BITS: u64 = 12;

function sizeTag(bits: u64): u64 {
  return bits - PAGE_BITS;
}

/** Log₂ of what the entry found last maps. */
let foundBits: u64 = 0;

/** Index of the main-TLB entry of one of `sizes` that maps `virtual`, or -1. */
function findMain(virtual: u32, context: u64, sizes: usize): i32 {
  const last = sizes + ((<usize>load<i32>(sizes)) << 2);
  for (let at = sizes + 4; at <= last; at += 4) {
    const bits = <u64>load<u32>(at);
    const entry = findEntry(MAIN_TLB, <u64>virtual >> bits, context + sizeTag(bits));
    if (entry < 0) continue;
    foundBits = bits;
    return entry;
  }
  return -1;
}

/** Frame, or its complement, of a part of what an entry maps. */
function frameOf(value: u64, offset: u64): i32 {
  const frame = <i32>(value + offset);
  return value >> UNCACHED_BIT === 0 ? frame : ~frame;
}

/** Entries of this size are looked for from now on. */
function noteSize(sizes: usize, bits: u64): void {
  const count = load<i32>(sizes);
  const end = sizes + ((<usize>count) << 2);
  for (let at = sizes + 4; at <= end; at += 4) if (<u64>load<u32>(at) === bits) return;
  store<u32>(end + 4, <u32>bits);
  store<i32>(sizes, count + 1);
}

/**
 * Physical 4 KiB frame number of `virtual` after a micro-TLB miss at `time`, or its complement where nothing is cached; the cost
 * is left in TRANSLATION_CYCLES.
 */
export function translate(virtual: u32, time: f64): i32 {
  const context = load<u64>(CONTEXT);
  const common = regimeTag(GLOBAL);
  const micro = load<f64>(MICRO_TLB_MISS);
  store<f64>(TRANSLATION_CYCLES, micro);
  add(STALL_MICRO_TLB, micro);
  let entry = findMain(virtual, context, ENTRY_SIZES);
  if (entry < 0) entry = findMain(virtual, common, GLOBAL_SIZES);
  if (entry >= 0) {
    add(MAIN_HITS, 1);
    const offset = <u64>virtual & (((<u64>1) << foundBits) - 1);
    return frameOf(entryValue(MAIN_TLB, entry), offset >> PAGE_BITS);
  }
  add(MAIN_MISSES, 1);
  if (load<i32>(IS_MACHINE) === 0) {
    const physical = walk(virtual, time + micro);
    const bits = walkedBits;
    insertEntry(MAIN_TLB, <u64>virtual >> bits, context + sizeTag(bits), ((physical >> bits) << bits) >> PAGE_BITS);
    return <i32>(physical >> PAGE_BITS);
  }
  const physical = walkAnnounced(virtual, time + micro);
  const bits = walkedBits;
  const isGlobal = load<i32>(GUEST_PAGE + PAGE_IS_GLOBAL) !== 0;
  noteSize(isGlobal ? GLOBAL_SIZES : ENTRY_SIZES, bits);
  const flag = (<u64>load<u32>(GUEST_PAGE + PAGE_IS_UNCACHED)) << UNCACHED_BIT;
  const base = ((physical >> bits) << bits) >> PAGE_BITS;
  insertEntry(MAIN_TLB, <u64>virtual >> bits, (isGlobal ? common : context) + sizeTag(bits), base + flag);
  return frameOf(flag, physical >> PAGE_BITS);
}

/** An identity-mapped 4 KiB page of the hypervisor's or the guest kernel's own; returns the cycles a miss costs. */
export function touchOwnPage(regime: u64, page: i32, tableLine: i32, time: f64): f64 {
  const tag = regimeTag(regime);
  if (findEntry(MAIN_TLB, page, tag) >= 0) return 0;
  add(PATH_TLB_MISSES, 1);
  insertEntry(MAIN_TLB, page, tag, page);
  return load<f64>(WALK_START) + load<f64>(WALK_READ) + access(tableLine, time, STAGE1, false);
}

/** What the guest's maintenance reaches: no translations of stage 2 alone. */
export function dropStage1(operation: i32, space: u32, address: u32, pages: u32): void {
  dropEntries(MAIN_TLB, operation, space, address, pages);
  dropEntries(WALK_CACHE, operation, space, address, pages);
}

export function dropAllStages(operation: i32): void {
  dropStage1(operation, 0, 0, 0);
  dropEntries(IPA_CACHE, operation, 0, 0, 0);
}

function makeMapped(virtual: u32): void {
  const page = virtual >>> <u32>PAGE_BITS;
  const at = <usize>load<u32>(TOUCHED) + (page >>> 3);
  const bit = 1 << (page & 7);
  const seen = load<u8>(at);
  if ((seen & bit) !== 0) return;
  store<u8>(at, seen | bit);
  touch(virtual);
}

/** Log₂ of the smaller of the two pages that the last walk went through, and of that of stage 2. */
let walkedBits: u64 = 0;
let lastStage2Bits: u64 = 0;

/** Walks both stages from the start or from the walk cache. Returns the physical address of `virtual`. */
function walk(virtual: u32, time: f64): u64 {
  makeMapped(virtual);
  store<f64>(WALK_TIME, time + load<f64>(WALK_START));
  add(STALL_STAGE1, load<f64>(WALK_START));
  const input = <u64>virtual;
  const last = load<i32>(STAGE1_TABLES + STAGE_LEVELS) - 1;
  const span = spanBits(STAGE1_TABLES, last - 1);
  const key = input >> span;
  const tag = load<u64>(CONTEXT) + sizeTag(span);
  let level = 0;
  let table = load<u64>(STAGE1_TABLES + STAGE_ROOT);
  const cached = findEntry(WALK_CACHE, key, tag);
  let cachedTable: u64 = 0;
  if (cached >= 0) {
    add(WALK_CACHE_HITS, 1);
    cachedTable = entryValue(WALK_CACHE, cached);
    for (; level < last; level++)
      table = outputOf(
        STAGE1_TABLES,
        descriptorPlace(STAGE1_TABLES, descriptorAddress(STAGE1_TABLES, table, level, input)),
      );
  }
  while (true) {
    const slot = descriptorAddress(STAGE1_TABLES, table, level, input);
    const known = cached >= 0 && load<i32>(WALK_CACHE_PHYSICAL) !== 0;
    const slotPhysical = known ? cachedTable + (slot - table) : throughStage2(slot);
    if (level === last && cached < 0) insertEntry(WALK_CACHE, key, tag, slotPhysical - (slot - table));
    readDescriptor(slotPhysical, STAGE1);
    const place = descriptorPlace(STAGE1_TABLES, slot);
    const output = outputOf(STAGE1_TABLES, place);
    const bits = pageBitsOf(STAGE1_TABLES, place, level);
    if (bits > 0) {
      const mask = ((<u64>1) << bits) - 1;
      const physical = throughStage2((output & ~mask) + (input & mask));
      store<f64>(TRANSLATION_CYCLES, load<f64>(TRANSLATION_CYCLES) + (load<f64>(WALK_TIME) - time));
      walkedBits = hasStage2() ? min(bits, lastStage2Bits) : bits;
      return physical;
    }
    table = output;
    level++;
  }
}

/** The same of a machine, by what the host puts in GUEST_PAGE. */
function walkAnnounced(virtual: u32, time: f64): u64 {
  findPage(virtual);
  const last = load<i32>(GUEST_PAGE + PAGE_DESCRIPTOR_COUNT) - 1;
  const start = last < 0 ? 0 : load<f64>(WALK_START);
  store<f64>(WALK_TIME, time + start);
  add(STALL_STAGE1, start);
  const span = <u64>load<u32>(GUEST_PAGE + PAGE_TABLE_SPAN);
  const offset = <u64>load<u32>(GUEST_PAGE + PAGE_TABLE_OFFSET);
  const key = <u64>virtual >> span;
  const tag = load<u64>(CONTEXT) + sizeTag(span);
  const cached = span === 0 ? -1 : findEntry(WALK_CACHE, key, tag);
  const table = cached < 0 ? 0 : entryValue(WALK_CACHE, cached);
  if (cached >= 0) add(WALK_CACHE_HITS, 1);
  for (let level = cached < 0 ? 0 : last; level <= last; level++) {
    const isKnown = cached >= 0 && load<i32>(WALK_CACHE_PHYSICAL) !== 0;
    const descriptor = <u64>load<u32>(GUEST_PAGE + PAGE_DESCRIPTORS + ((<usize>level) << 2));
    const physical = isKnown ? table + offset : throughStage2(descriptor);
    if (level === last && span !== 0 && cached < 0) insertEntry(WALK_CACHE, key, tag, physical - offset);
    readDescriptor(physical, STAGE1);
  }
  const physical = throughStage2(load<u32>(GUEST_PAGE + PAGE_INTERMEDIATE));
  store<f64>(TRANSLATION_CYCLES, load<f64>(TRANSLATION_CYCLES) + (load<f64>(WALK_TIME) - time));
  const bits = <u64>load<u32>(GUEST_PAGE + PAGE_ENTRY_BITS);
  walkedBits = hasStage2() ? min(bits, lastStage2Bits) : bits;
  return physical;
}

function hasStage2(): bool {
  return load<i32>(STAGE2_TABLES + STAGE_LEVELS) !== 0;
}

/** PA of an IPA: from the IPA cache, or by a stage-2 walk. Without stage 2 the two are the same. */
function throughStage2(intermediate: u64): u64 {
  if (!hasStage2()) return intermediate;
  const context = regimeTag(SPACE_REGIME);
  const end = STAGE2_SIZES + ((<usize>load<i32>(STAGE2_SIZES)) << 2);
  for (let at = STAGE2_SIZES + 4; at <= end; at += 4) {
    const bits = <u64>load<u32>(at);
    const entry = findEntry(IPA_CACHE, intermediate >> bits, context + sizeTag(bits));
    if (entry < 0) continue;
    add(IPA_CACHE_HITS, 1);
    lastStage2Bits = bits;
    return (entryValue(IPA_CACHE, entry) << PAGE_BITS) + (intermediate & (((<u64>1) << bits) - 1));
  }
  let table = load<u64>(STAGE2_TABLES + STAGE_ROOT);
  let level = 0;
  while (true) {
    const slot = descriptorAddress(STAGE2_TABLES, table, level, intermediate);
    readDescriptor(slot, STAGE2);
    const place = descriptorPlace(STAGE2_TABLES, slot);
    table = outputOf(STAGE2_TABLES, place);
    const bits = pageBitsOf(STAGE2_TABLES, place, level++);
    if (bits === 0) continue;
    const mask = ((<u64>1) << bits) - 1;
    const base = table & ~mask;
    insertEntry(IPA_CACHE, intermediate >> bits, context + sizeTag(bits), base >> PAGE_BITS);
    lastStage2Bits = bits;
    return base + (intermediate & mask);
  }
}

function readDescriptor(address: u64, requester: i32): void {
  const line = <i32>(address >> <u64>load<u32>(L2_LINE_BITS));
  const now = load<f64>(WALK_TIME);
  const cost = load<f64>(WALK_READ) + access(line, now, requester, false);
  store<f64>(WALK_TIME, now + cost);
  add(requester === STAGE1 ? STAGE1_READS : STAGE2_READS, 1);
  add(requester === STAGE1 ? STALL_STAGE1 : STALL_STAGE2, cost);
}
