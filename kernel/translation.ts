/** Main TLB, walk cache, IPA cache and the walker of both stages: src/costmodel/translation.ts. */
import {
  CONTEXT,
  ENTRY_SIZES,
  IPA_CACHE,
  L2_LINE_BITS,
  MAIN_TLB,
  MICRO_TLB_MISS,
  PAGE_ENTRIES,
  PAGE_HASH,
  PAGE_HASH_SHIFT,
  STAGE_DESCRIPTOR_BITS,
  STAGE_INDEX_BITS,
  STAGE_LEVELS,
  STAGE_PAGES,
  STAGE_ROOT,
  STAGE_SPAN_BITS,
  STAGE1_TABLES,
  STAGE2_SIZES,
  STAGE2_TABLES,
  TOUCHED,
  TRANSLATION_CYCLES,
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
import {touch} from './host';
import {dropEntries, entryValue, findEntry, insertEntry, regimeTag, SPACE_REGIME} from './tlb';

const STAGE1: i32 = 1;
const STAGE2: i32 = 2;
const PAGE_BITS: u64 = 12;
/** Sixteen descriptors that map one page. */
const REPEATED_BITS: u64 = 4;

function sizeTag(bits: u64): u64 {
  return bits - PAGE_BITS;
}

/** Physical 4 KiB frame number of `virtual` after a micro-TLB miss at `time`; the cost is left in TRANSLATION_CYCLES. */
export function translate(virtual: u32, time: f64): i32 {
  const context = load<u64>(CONTEXT);
  const micro = load<f64>(MICRO_TLB_MISS);
  store<f64>(TRANSLATION_CYCLES, micro);
  add(STALL_MICRO_TLB, micro);
  const last = ENTRY_SIZES + ((<usize>load<i32>(ENTRY_SIZES)) << 2);
  for (let at = ENTRY_SIZES + 4; at <= last; at += 4) {
    const bits = <u64>load<u32>(at);
    const entry = findEntry(MAIN_TLB, <u64>virtual >> bits, context + sizeTag(bits));
    if (entry < 0) continue;
    add(MAIN_HITS, 1);
    const offset = <u64>virtual & (((<u64>1) << bits) - 1);
    return <i32>(entryValue(MAIN_TLB, entry) + (offset >> PAGE_BITS));
  }
  add(MAIN_MISSES, 1);
  const physical = walk(virtual, time + micro);
  const bits = walkedBits;
  insertEntry(MAIN_TLB, <u64>virtual >> bits, context + sizeTag(bits), ((physical >> bits) << bits) >> PAGE_BITS);
  return <i32>(physical >> PAGE_BITS);
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

function spanBits(stage: usize, level: i32): u64 {
  return load<u32>(stage + STAGE_SPAN_BITS + ((<usize>level) << 2));
}

/** Address of the descriptor that translates `input` in the table of `level` at `table`. */
function descriptorAddress(stage: usize, table: u64, level: i32, input: u64): u64 {
  const bits = <u64>load<u32>(stage + STAGE_INDEX_BITS + ((<usize>level) << 2));
  const index = (input >> spanBits(stage, level)) & (((<u64>1) << bits) - 1);
  return table + (index << (<u64>load<u32>(stage + STAGE_DESCRIPTOR_BITS)));
}

/** Place of a table's page in the kernel's memory; what is not there was never written, and holds zeros. */
function pagePlace(stage: usize, page: u32): usize {
  const table = <usize>load<u32>(stage + STAGE_PAGES);
  let entry = (page * <u32>PAGE_HASH) >>> PAGE_HASH_SHIFT;
  let at = table + ((<usize>entry) << 3);
  while (load<u32>(at) !== page) {
    if (load<i32>(at) === -1) return 0;
    entry = (entry + 1) & (PAGE_ENTRIES - 1);
    at = table + ((<usize>entry) << 3);
  }
  return load<u32>(at + 4);
}

/** Place of the descriptor at `address`, 0 where nothing is mapped. */
function descriptorPlace(stage: usize, address: u64): usize {
  const place = pagePlace(stage, <u32>(address >> PAGE_BITS));
  return place === 0 ? 0 : place + (<usize>address & 0xffc);
}

/** Output address that a descriptor holds. */
function outputOf(stage: usize, place: usize): u64 {
  if (place === 0) return 0;
  const low = load<u32>(place);
  if ((low & 3) === 0) return 0;
  const high: u64 = load<u32>(stage + STAGE_DESCRIPTOR_BITS) === 3 ? load<u32>(place + 4) & 0xff : 0;
  return (high << 32) + <u64>(low & ~0x3ff);
}

/** Log₂ of the page that a descriptor of `level` maps; 0 when it names a table. */
function pageBitsOf(stage: usize, place: usize, level: i32): u64 {
  const low = load<u32>(place);
  const isLast = level === load<i32>(stage + STAGE_LEVELS) - 1;
  const isLong = load<u32>(stage + STAGE_DESCRIPTOR_BITS) === 3;
  if (!isLast && (low & 3) === (isLong ? 3 : 1)) return 0;
  let isRepeated = false;
  if (isLong) isRepeated = (load<u32>(place + 4) & (1 << 20)) !== 0;
  else isRepeated = isLast ? (low & 3) === 1 : (low & (1 << 18)) !== 0;
  return spanBits(stage, level) + (isRepeated ? REPEATED_BITS : 0);
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
