/** Main TLB, walk cache, IPA cache and the walker of both stages: src/costmodel/translation.ts. */
import {
  ENTRY_BITS,
  IPA_CACHE,
  L2_LINE_BITS,
  MAIN_TLB,
  MICRO_TLB_MISS,
  PAGE_ENTRIES,
  PAGE_HASH,
  PAGE_HASH_SHIFT,
  STAGE_DESCRIPTOR_BITS,
  STAGE_INDEX_BITS,
  STAGE_LEAF,
  STAGE_LEVELS,
  STAGE_PAGE_BITS,
  STAGE_PAGES,
  STAGE_ROOT,
  STAGE_SPAN_BITS,
  STAGE1_TABLES,
  STAGE2_TABLES,
  TOUCHED,
  TRANSLATION_CYCLES,
  WALK_CACHE,
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
import {entryValue, findEntry, insertEntry} from './tlb';

const STAGE1: i32 = 1;
const STAGE2: i32 = 2;
const TAG_GUEST: u64 = 0;
const TAG_HYPERVISOR: u64 = 1;
const PAGE_BITS: u64 = 12;

/** Physical 4 KiB frame number of `virtual` after a micro-TLB miss at `time`; the cost is left in TRANSLATION_CYCLES. */
export function translate(virtual: u32, time: f64): i32 {
  const entryBits = <u64>load<u32>(ENTRY_BITS);
  const page = <u64>virtual >> entryBits;
  const micro = load<f64>(MICRO_TLB_MISS);
  store<f64>(TRANSLATION_CYCLES, micro);
  add(STALL_MICRO_TLB, micro);
  const entry = findEntry(MAIN_TLB, page, TAG_GUEST);
  if (entry >= 0) {
    add(MAIN_HITS, 1);
    const offset = <u64>virtual & (((<u64>1) << entryBits) - 1);
    return <i32>(entryValue(MAIN_TLB, entry) + (offset >> PAGE_BITS));
  }
  add(MAIN_MISSES, 1);
  const physical = walk(virtual, time + micro);
  insertEntry(MAIN_TLB, page, TAG_GUEST, ((physical >> entryBits) << entryBits) >> PAGE_BITS);
  return <i32>(physical >> PAGE_BITS);
}

/** A 4 KiB page of the hypervisor's own, identity-mapped; returns the cycles a miss costs. */
export function touchHypervisorPage(page: i32, tableLine: i32, time: f64): f64 {
  if (findEntry(MAIN_TLB, page, TAG_HYPERVISOR) >= 0) return 0;
  add(PATH_TLB_MISSES, 1);
  insertEntry(MAIN_TLB, page, TAG_HYPERVISOR, page);
  return load<f64>(WALK_START) + load<f64>(WALK_READ) + access(tableLine, time, STAGE1, false);
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

/** Output address held by the descriptor at `address`; 0 where nothing is mapped. */
function readAddress(stage: usize, address: u64): u64 {
  const place = pagePlace(stage, <u32>(address >> PAGE_BITS));
  if (place === 0) return 0;
  const word = place + (<usize>address & 0xffc);
  const low = load<u32>(word);
  if ((low & 3) === 0) return 0;
  const high: u64 = load<u32>(stage + STAGE_DESCRIPTOR_BITS) === 3 ? load<u32>(word + 4) & 0xff : 0;
  return (high << 32) + <u64>(low & ~0x3ff);
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

/** Walks both stages from the start or from the walk cache. Returns the physical address of `virtual`. */
function walk(virtual: u32, time: f64): u64 {
  makeMapped(virtual);
  store<f64>(WALK_TIME, time + load<f64>(WALK_START));
  add(STALL_STAGE1, load<f64>(WALK_START));
  const input = <u64>virtual;
  const leaf = load<i32>(STAGE1_TABLES + STAGE_LEAF);
  const key: u64 = leaf > 0 ? input >> spanBits(STAGE1_TABLES, leaf - 1) : 0;
  const cacheable = leaf > 0 && leaf === load<i32>(STAGE1_TABLES + STAGE_LEVELS) - 1;
  let level = 0;
  let table = load<u64>(STAGE1_TABLES + STAGE_ROOT);
  let isCached = false;
  if (cacheable) {
    const entry = findEntry(WALK_CACHE, key, TAG_GUEST);
    if (entry >= 0) {
      add(WALK_CACHE_HITS, 1);
      level = leaf;
      table = entryValue(WALK_CACHE, entry);
      isCached = true;
    }
  }
  let output: u64 = 0;
  for (; level <= leaf; level++) {
    const slot = descriptorAddress(STAGE1_TABLES, table, level, input);
    const slotPhysical = isCached ? slot : throughStage2(slot);
    if (level === leaf && cacheable && !isCached)
      insertEntry(WALK_CACHE, key, TAG_GUEST, slotPhysical - (slot - table));
    readDescriptor(slotPhysical, STAGE1);
    output = readAddress(STAGE1_TABLES, isCached ? stage1Slot(input, level) : slot);
    table = output;
    isCached = false;
  }
  const mask = ((<u64>1) << (<u64>load<u32>(STAGE1_TABLES + STAGE_PAGE_BITS))) - 1;
  const physical = throughStage2(output + (input & mask) - (output & mask));
  store<f64>(TRANSLATION_CYCLES, load<f64>(TRANSLATION_CYCLES) + (load<f64>(WALK_TIME) - time));
  return physical;
}

/** IPA of the descriptor that a walk-cache hit went to directly; the tables are addressed by IPA. */
function stage1Slot(input: u64, level: i32): u64 {
  let table = load<u64>(STAGE1_TABLES + STAGE_ROOT);
  for (let i = 0; i < level; i++) table = readAddress(STAGE1_TABLES, descriptorAddress(STAGE1_TABLES, table, i, input));
  return descriptorAddress(STAGE1_TABLES, table, level, input);
}

/** PA of an IPA: from the IPA cache, or by a stage-2 walk. Without stage 2 the two are the same. */
function throughStage2(intermediate: u64): u64 {
  if (load<i32>(STAGE2_TABLES + STAGE_LEVELS) === 0) return intermediate;
  const bits = <u64>load<u32>(STAGE2_TABLES + STAGE_PAGE_BITS);
  const page = intermediate >> bits;
  const offset = intermediate & (((<u64>1) << bits) - 1);
  const entry = findEntry(IPA_CACHE, page, TAG_GUEST);
  if (entry >= 0) {
    add(IPA_CACHE_HITS, 1);
    return (entryValue(IPA_CACHE, entry) << PAGE_BITS) + offset;
  }
  const leaf = load<i32>(STAGE2_TABLES + STAGE_LEAF);
  let table = load<u64>(STAGE2_TABLES + STAGE_ROOT);
  for (let level = 0; level <= leaf; level++) {
    const slot = descriptorAddress(STAGE2_TABLES, table, level, intermediate);
    readDescriptor(slot, STAGE2);
    table = readAddress(STAGE2_TABLES, slot);
  }
  const base = (table >> bits) << bits;
  insertEntry(IPA_CACHE, page, TAG_GUEST, base >> PAGE_BITS);
  return base + offset;
}

function readDescriptor(address: u64, requester: i32): void {
  const line = <i32>(address >> <u64>load<u32>(L2_LINE_BITS));
  const now = load<f64>(WALK_TIME);
  const cost = load<f64>(WALK_READ) + access(line, now, requester, false);
  store<f64>(WALK_TIME, now + cost);
  add(requester === STAGE1 ? STAGE1_READS : STAGE2_READS, 1);
  add(requester === STAGE1 ? STALL_STAGE1 : STALL_STAGE2, cost);
}
