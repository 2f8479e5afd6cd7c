/**
 * The replay kernel: the loop of src/costmodel/replay.ts, count for count, in AssemblyScript. The oracle in TypeScript says
 * why things are as they are; here it is only said where the kernel differs. Build: npm run build:kernel.
 */
import {
  BLOCK_ADDRESS,
  BLOCK_BYTES,
  BLOCK_END,
  BLOCK_EXECUTIONS,
  BLOCK_FALL_THROUGH,
  BLOCK_FIRST_LINE,
  BLOCK_LAST_CYCLES,
  BLOCK_LAST_LINE,
  BLOCK_LAST_PREVIOUS,
  BLOCK_SEEN,
  BLOCK_TABLE,
  BLOCK_USES,
  DATA_TLB,
  FILTER,
  FILTER_BACK,
  FILTER_ENTRIES,
  FILTER_EPOCH,
  FILTER_SHIFT,
  FIRST_WAIT,
  FROM_DRAM,
  GATHER_LINE,
  INSTRUCTION_GENERATION,
  INSTRUCTION_TLB,
  IS_MACHINE,
  KIND_SHIFT,
  KIND_UNITS,
  L1D,
  L1I_LINE_BITS,
  LATEST_READY,
  MISPREDICT,
  NEXT_STOP,
  NO_WAIT,
  NOW,
  PAIR_BYTES,
  PAIR_ENTRIES,
  PAIR_TABLE,
  PIPELINE_SCALE,
  PREVIOUS,
  RECORD_PLACE,
  RECORDS,
  STOP_KINDS,
  STOPPED_BEHIND,
  TAKEN_BRANCH,
  TRANSLATED,
  TRANSLATED_ENTRIES,
  TRANSLATION_CYCLES,
  UNTIL,
  USES,
} from '../src/costmodel/kernel/layout';
import {
  BRANCH_CYCLES,
  CONDITIONAL_BRANCHES,
  L1D_ACCESSES,
  L1D_MISSES,
  MICRO_DATA_MISSES,
  MICRO_INSTRUCTION_MISSES,
  MISPREDICTED,
  PIPELINE_CYCLES,
  PREFETCHES,
  READS,
  STALL_DRAM,
  STALL_FETCH,
  STALL_L2,
  STALL_LATE_PREFETCH,
  TAKEN,
  WRITES,
} from '../src/costmodel/kernel/metrics';
import {runDueActivities} from './activities';
import {CONDITIONAL, mispredictsConditional, mispredictsIndirect} from './branches';
import {DIRTY, findLine, flagsOf, PREFETCHED} from './cache';
import {add} from './counts';
import {forgetSlot} from './filter';
import {isWritten} from './gather';
import {fetch, loadMiss, missTurn, prefetchedHit, readyTime, storeHit, storeMiss} from './hierarchy';
import {isAnnounced, marker, pairCycles} from './host';
import {followEvent} from './spaces';
import {findMicro, insertMicro, microFrame} from './tlb';
import {translate} from './translation';
import {addWait, settleWaits} from './waits';

export {runActivity, scheduleNext, stopAt} from './activities';
// The first is exported so that the compiler leaves it out of the loop below.
export {flushMicroTlbs, followEvent} from './spaces';

const READ: u32 = 0;
const WRITE: u32 = 1;
const PREFETCH: u32 = 2;
/** Of a load whose result its block does not need. */
const UNUSED: i32 = 255;
const EVENT_FLAG: u32 = 0x8000_0000;
const MARKER: u32 = 0;
const KIND_BITS: u64 = KIND_SHIFT;
const ONE_CONDITIONAL: u64 = 0x1_0000_0000;

/**
 * Replays whole records from word `from` of RECORDS on, up to word `length`, behind an event of STOP_KINDS or up to the first block that would
 * begin at UNTIL or later. Returns the word at which it stopped. What every block changes is in locals, and in memory only while something else may
 * look at it.
 */
export function consume(from: i32, length: i32): i32 {
  const records = <usize>load<u32>(RECORDS);
  let at = records + ((<usize>from) << 2);
  const end = records + ((<usize>length) << 2);
  const blocks = <usize>load<u32>(BLOCK_TABLE);
  const scale = load<f64>(PIPELINE_SCALE);
  let now = load<f64>(NOW);
  let previous = load<i32>(PREVIOUS);
  let kinds: u64 = 0;
  let branches: u64 = 0;
  let pipelineCycles: f64 = 0;
  const stops = load<u32>(STOP_KINDS);
  store<u32>(STOPPED_BEHIND, 0);
  while (at < end) {
    const word = load<u32>(at);
    at += 4;
    if (word >= EVENT_FLAG) {
      const event = (word >>> 16) & 0x7fff;
      if (event === MARKER) {
        store<f64>(NOW, now);
        store<i32>(PREVIOUS, previous);
        addAccesses(kinds);
        kinds = 0;
        addBranches(branches);
        branches = 0;
        add(PIPELINE_CYCLES, pipelineCycles);
        pipelineCycles = 0;
        marker(load<u32>(at));
        now = load<f64>(NOW);
        previous = load<i32>(PREVIOUS);
      } else if (followEvent(event, at)) previous = -1;
      at += (<usize>(word & 0xffff)) << 2;
      if (((stops >>> event) & 1) !== 0) {
        store<u32>(STOPPED_BEHIND, <u32>at - (((word & 0xffff) + 1) << 2));
        break;
      }
      continue;
    }
    const id = <i32>(word >>> 8);
    const block = blocks + <usize>id * BLOCK_BYTES;
    if (now >= load<f64>(NEXT_STOP)) {
      if (now >= load<f64>(UNTIL)) {
        at -= 4;
        break;
      }
      store<f64>(NOW, now);
      runDueActivities();
      now = load<f64>(NOW);
      previous = load<i32>(PREVIOUS);
    }
    store<u64>(block + BLOCK_EXECUTIONS, load<u64>(block + BLOCK_EXECUTIONS) + 1);
    if (previous >= 0) {
      const before = blocks + <usize>previous * BLOCK_BYTES;
      const taken = load<u32>(block + BLOCK_ADDRESS) !== load<u32>(before + BLOCK_FALL_THROUGH);
      const end = load<i32>(before + BLOCK_END);
      let lost: f64 = taken ? load<f64>(TAKEN_BRANCH) : 0;
      branches += <u64>taken;
      if (end !== 0) {
        let isWrong = false;
        if (end === CONDITIONAL) {
          branches += ONE_CONDITIONAL;
          isWrong = mispredictsConditional(before, taken);
        } else isWrong = mispredictsIndirect(previous, id);
        if (isWrong) {
          add(MISPREDICTED, 1);
          lost = load<f64>(MISPREDICT);
        }
      }
      if (lost !== 0) {
        add(BRANCH_CYCLES, lost);
        now += lost;
      }
    }
    if (load<i64>(block + BLOCK_SEEN) !== load<i64>(INSTRUCTION_GENERATION)) {
      store<f64>(NOW, now);
      store<u32>(RECORD_PLACE, <u32>at - 4);
      fetchBlock(block);
      now = load<f64>(NOW);
    }

    let waiting: i32 = NO_WAIT;
    for (const last = at + ((<usize>(word & 0xff)) << 3); at < last; at += 8) {
      const address = load<u32>(at);
      const meta = load<u32>(at + 4);
      const kind = (meta >>> 8) & 7;
      kinds += load<u64>(KIND_UNITS + ((<usize>kind) << 3));
      const line = address >>> 6;
      const lastLine = (address + (meta & 0xff) - 1) >>> 6;
      if (line === lastLine) {
        if (load<u64>(filterPlace(line, kind)) === (load<u64>(FILTER_EPOCH) | <u64>line)) continue;
      }
      store<u32>(RECORD_PLACE, <u32>at);
      const slot = <i32>(meta >>> 16);
      // Accesses that the filter answers do nothing whenever they come, so what they would wait for is waited for later.
      if (slot >= waiting) {
        now = settleWaits(slot, now);
        waiting = load<i32>(FIRST_WAIT);
      }
      if (kind === WRITE) {
        now = storeTo(address, meta & 0xff, now);
        continue;
      }
      for (let next = line; next <= lastLine; next++) {
        if (next !== line) add(L1D_ACCESSES, 1);
        now = loadFrom(next, now, block, meta);
      }
      waiting = load<i32>(FIRST_WAIT);
      // An access of no bytes at a line's start is of no line.
      if (lastLine < line) add(L1D_ACCESSES, -1);
    }
    const cycles =
      load<i32>(block + BLOCK_LAST_PREVIOUS) === previous
        ? load<f64>(block + BLOCK_LAST_CYCLES)
        : lookUpCycles(block, previous, id);
    pipelineCycles += cycles;
    if (waiting !== NO_WAIT) now = settleWaits(UNUSED, now);
    now += cycles * scale;
    previous = id;
  }
  store<f64>(NOW, now);
  store<i32>(PREVIOUS, previous);
  addAccesses(kinds);
  addBranches(branches);
  add(PIPELINE_CYCLES, pipelineCycles);
  return <i32>((at - records) >> 2);
}

/** Counts of taken and of conditional branches, in one number. */
function addBranches(branches: u64): void {
  add(TAKEN, <f64>(branches & 0xffff_ffff));
  add(CONDITIONAL_BRANCHES, <f64>(branches >> 32));
}

/** Counts of accesses by kind, in one number: a chunk has fewer than 2²¹. */
function addAccesses(kinds: u64): void {
  const mask = ((<u64>1) << KIND_BITS) - 1;
  const reads = <f64>(kinds & mask);
  const writes = <f64>((kinds >> KIND_BITS) & mask);
  const prefetches = <f64>(kinds >> (2 * KIND_BITS));
  add(READS, reads);
  add(WRITES, writes);
  add(PREFETCHES, prefetches);
  // Lines beyond the first of an access are added where they are met.
  add(L1D_ACCESSES, reads + writes + prefetches);
}

/** Stores have a filter of their own. */
function filterPlace(line: u32, kind: u32): usize {
  return FILTER + ((<usize>(kind & 1)) << FILTER_SHIFT) + ((<usize>(line & (FILTER_ENTRIES - 1))) << 3);
}

/** Where a page of the data micro-TLB is known, if it is. */
function knownAt(page: u32): usize {
  return TRANSLATED + ((<usize>(page & (TRANSLATED_ENTRIES - 1))) << 4);
}

function isKnown(page: u32, known: usize): bool {
  return load<u64>(known) === (load<u64>(FILTER_EPOCH) | <u64>page);
}

/** Frame of a page; the micro-TLB has it from now on, and it is known at `known` until that changes. NOW passes when it had not. */
function translatePage(page: u32, known: usize): i32 {
  let slot = findMicro(DATA_TLB, page);
  if (slot < 0) slot = microMiss(DATA_TLB, page, MICRO_DATA_MISSES);
  const frame = microFrame(DATA_TLB, slot);
  store<u64>(known, load<u64>(FILTER_EPOCH) | <u64>page);
  store<i32>(known + 8, frame);
  return frame;
}

/**
 * What the next accesses to the line need not look up again: while the micro-TLB has its page and L1D the line, one that has
 * arrived, and was not prefetched, is read without effect, and written without effect when it is dirty and not being
 * gathered. (A line that is there begins to be gathered only when it comes.)
 */
function remember(line: u32, physical: i32, slot: i32): void {
  const flags = flagsOf(L1D, slot);
  if ((flags & PREFETCHED) !== 0) return;
  const index = <i32>(line & (FILTER_ENTRIES - 1)) + 1;
  const back = <usize>load<u32>(FILTER_BACK) + ((<usize>slot) << 1);
  const other = <i32>load<u16>(back);
  // A line that has two virtual addresses is remembered by one.
  if (other !== 0 && other !== index) forgetSlot(slot);
  store<u16>(back, index);
  const key = load<u64>(FILTER_EPOCH) | <u64>line;
  store<u64>(filterPlace(line, READ), key);
  const isWritable = (flags & DIRTY) !== 0 && (physical !== load<i32>(GATHER_LINE) || isWritten());
  store<u64>(filterPlace(line, WRITE), isWritable ? key : 0);
}

/** A store of `size` bytes. Returns the time at which the core goes on. */
export function storeTo(address: u32, size: u32, time: f64): f64 {
  let now = time;
  const first = address >>> 6;
  const last = (address + size - 1) >>> 6;
  for (let line = first; line <= last; line++) {
    if (line !== first) add(L1D_ACCESSES, 1);
    const start = <i32>(address - (line << 6));
    const from = max(start, 0);
    const bytes = min(start + <i32>size, 64) - from;
    const page = line >>> 6;
    const known = knownAt(page);
    let frame = load<i32>(known + 8);
    if (!isKnown(page, known)) {
      store<f64>(NOW, now);
      frame = translatePage(page, known);
      now = load<f64>(NOW);
    }
    if (frame < 0) {
      add(L1D_ACCESSES, -1);
      continue;
    }
    const physical = (frame << 6) + <i32>(line & 63);
    const found = findLine(L1D, physical);
    if (found >= 0) {
      now = storeHit(physical, found, from, bytes, now);
      if (now >= load<f64>(LATEST_READY) || readyTime(physical, now) <= now) remember(line, physical, found);
    } else {
      add(L1D_MISSES, 1);
      now = storeMiss(physical, from, bytes, now);
    }
  }
  if (last < first) add(L1D_ACCESSES, -1);
  return now;
}

/** A load or PLD of a line, by the access `meta` of `block`. Returns the time at which the core goes on. */
export function loadFrom(line: u32, time: f64, block: usize, meta: u32): f64 {
  const page = line >>> 6;
  const known = knownAt(page);
  let frame = load<i32>(known + 8);
  let now = time;
  if (!isKnown(page, known)) {
    if (isDropped(page, meta)) {
      add(L1D_ACCESSES, -1);
      return now;
    }
    store<f64>(NOW, now);
    frame = translatePage(page, known);
    now = load<f64>(NOW);
  }
  if (frame < 0) {
    add(L1D_ACCESSES, -1);
    return now;
  }
  const physical = (frame << 6) + <i32>(line & 63);
  const found = findLine(L1D, physical);
  let cause = STALL_LATE_PREFETCH;
  let ready = now;
  if (found >= 0) {
    if (now < load<f64>(LATEST_READY)) ready = readyTime(physical, now);
    if ((flagsOf(L1D, found) & PREFETCHED) !== 0) prefetchedHit(physical, found, now);
    else if (ready <= now) remember(line, physical, found);
  } else {
    add(L1D_MISSES, 1);
    now = missTurn(now);
    ready = loadMiss(physical, now);
    cause = load<i32>(FROM_DRAM) !== 0 ? STALL_DRAM : STALL_L2;
  }
  if (ready > now && ((meta >>> 8) & 7) !== PREFETCH) addWait(useOf(block, meta), ready, cause);
  return now;
}

/** Is it a PLD of what a machine has not mapped? */
function isDropped(page: u32, meta: u32): bool {
  if (load<i32>(IS_MACHINE) === 0 || ((meta >>> 8) & 7) !== PREFETCH) return false;
  return findMicro(DATA_TLB, page) < 0 && !isAnnounced(page << 12);
}

/** Index of the instruction that first needs what the access of `meta` loads. */
function useOf(block: usize, meta: u32): i32 {
  return load<u8>(<usize>load<u32>(USES) + <usize>load<u32>(block + BLOCK_USES) + <usize>(meta >>> 16));
}

function microMiss(tlb: usize, page: i32, metric: i32): i32 {
  add(metric, 1);
  const now = load<f64>(NOW);
  const frame = translate((<u32>page) << 12, now);
  store<f64>(NOW, now + load<f64>(TRANSLATION_CYCLES));
  return insertMicro(tlb, page, frame);
}

/** Instruction lines of a block that may not all be in L1I. */
export function fetchBlock(block: usize): void {
  const perPage = 12 - load<i32>(L1I_LINE_BITS);
  const last = load<i32>(block + BLOCK_LAST_LINE);
  for (let line = load<i32>(block + BLOCK_FIRST_LINE); line <= last; line++) {
    const page = line >>> perPage;
    let slot = findMicro(INSTRUCTION_TLB, page);
    if (slot < 0) {
      slot = microMiss(INSTRUCTION_TLB, page, MICRO_INSTRUCTION_MISSES);
      store<i64>(INSTRUCTION_GENERATION, load<i64>(INSTRUCTION_GENERATION) + 1);
    }
    const frame = microFrame(INSTRUCTION_TLB, slot);
    const physical = ((frame < 0 ? ~frame : frame) << perPage) + (line & ((1 << perPage) - 1));
    const wait = fetch(physical, load<f64>(NOW), 0);
    if (wait !== 0) {
      add(STALL_FETCH, wait);
      store<f64>(NOW, load<f64>(NOW) + wait);
    }
  }
  store<i64>(block + BLOCK_SEEN, load<i64>(INSTRUCTION_GENERATION));
}

/** The host knows the cycles of every pair of blocks; those asked for lately are here. */
export function lookUpCycles(block: usize, previous: i32, id: i32): f64 {
  const key = ((<i64>(previous + 1)) << 23) | <i64>id;
  const entry = <usize>(((<u32>(previous + 1) * 0x9e3779b1) ^ (<u32>id * 0x85ebca6b)) >>> 16) & (PAIR_ENTRIES - 1);
  const at = <usize>load<u32>(PAIR_TABLE) + entry * PAIR_BYTES;
  if (load<i64>(at) !== key) {
    store<f64>(at + 8, pairCycles(previous, id));
    store<i64>(at, key);
  }
  const cycles = load<f64>(at + 8);
  store<i32>(block + BLOCK_LAST_PREVIOUS, previous);
  store<f64>(block + BLOCK_LAST_CYCLES, cycles);
  return cycles;
}
