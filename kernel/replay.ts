/**
 * The replay kernel: the loop of src/costmodel/replay.ts, count for count, in AssemblyScript. The oracle in TypeScript says
 * why things are as they are; here it is only said where the kernel differs. Build: npm run build:kernel.
 */
import {
  BLOCK_BYTES,
  BLOCK_EXECUTIONS,
  BLOCK_FIRST_LINE,
  BLOCK_LAST_CYCLES,
  BLOCK_LAST_LINE,
  BLOCK_LAST_PREVIOUS,
  BLOCK_SEEN,
  BLOCK_TABLE,
  DATA_TLB,
  FILTER,
  FILTER_BYTES,
  FILTER_ENTRIES,
  FILTER_EPOCH,
  FILTER_READ,
  FILTER_WRITE,
  FROM_DRAM,
  GATHER_LINE,
  INSTRUCTION_GENERATION,
  INSTRUCTION_TLB,
  L1D,
  L1I_LINE_BITS,
  LATEST_READY,
  NEXT_ACTIVITY,
  NOW,
  PAIR_BYTES,
  PAIR_ENTRIES,
  PAIR_TABLE,
  PIPELINE_SCALE,
  PREVIOUS,
  RECORDS,
  TRANSLATION_CYCLES,
  WAS_HIT,
} from '../src/costmodel/kernel/layout';
import {
  L1D_ACCESSES,
  L1D_MISSES,
  MICRO_DATA_MISSES,
  MICRO_INSTRUCTION_MISSES,
  PIPELINE_CYCLES,
  PREFETCHES,
  READS,
  STALL_DRAM,
  STALL_FETCH,
  STALL_L2,
  STALL_LATE_PREFETCH,
  WRITES,
} from '../src/costmodel/kernel/metrics';
import {runDueActivities} from './activities';
import {follow} from './branches';
import {DIRTY, findLine, flagsOf, PREFETCHED} from './cache';
import {add} from './counts';
import {fetch, loadMiss, prefetchedHit, readyTime, storeHit, storeMiss} from './hierarchy';
import {marker, pairCycles} from './host';
import {findMicro, insertMicro, microFrame} from './tlb';
import {translate} from './translation';

export {runActivity, scheduleNext} from './activities';

const READ: u32 = 0;
const WRITE: u32 = 1;
const PREFETCH: u32 = 2;
const EVENT_FLAG: u32 = 0x8000_0000;
const MARKER: u32 = 0;

/**
 * Replays the first `length` words of RECORDS: whole records. What every block changes is in locals, and in memory only
 * while something else may look at it.
 */
export function consume(length: i32): void {
  let at = <usize>load<u32>(RECORDS);
  const end = at + (<usize>length << 2);
  const blocks = <usize>load<u32>(BLOCK_TABLE);
  const scale = load<f64>(PIPELINE_SCALE);
  let now = load<f64>(NOW);
  let previous = load<i32>(PREVIOUS);
  let reads = 0;
  let writes = 0;
  let prefetches = 0;
  let lines = 0;
  let pipelineCycles: f64 = 0;
  while (at < end) {
    const word = load<u32>(at);
    at += 4;
    if (word >= EVENT_FLAG) {
      if (((word >>> 16) & 0x7fff) == MARKER) {
        store<f64>(NOW, now);
        store<i32>(PREVIOUS, previous);
        addAccesses(reads, writes, prefetches, lines, pipelineCycles);
        reads = writes = prefetches = lines = 0;
        pipelineCycles = 0;
        marker(load<u32>(at));
        now = load<f64>(NOW);
        previous = load<i32>(PREVIOUS);
      }
      at += <usize>(word & 0xffff) << 2;
      continue;
    }
    const id = <i32>(word >>> 8);
    const block = blocks + <usize>id * BLOCK_BYTES;
    if (now >= load<f64>(NEXT_ACTIVITY)) {
      store<f64>(NOW, now);
      runDueActivities();
      now = load<f64>(NOW);
      previous = load<i32>(PREVIOUS);
    }
    store<f64>(block + BLOCK_EXECUTIONS, load<f64>(block + BLOCK_EXECUTIONS) + 1);
    if (previous >= 0) now += follow(blocks + <usize>previous * BLOCK_BYTES, previous, block, id);
    if (load<i64>(block + BLOCK_SEEN) != load<i64>(INSTRUCTION_GENERATION)) {
      store<f64>(NOW, now);
      fetchBlock(block);
      now = load<f64>(NOW);
    }

    let loadsReady: f64 = 0;
    let fromDram = 0;
    let late = false;
    for (const last = at + (<usize>(word & 0xff) << 3); at < last; at += 8) {
      const address = load<u32>(at);
      const meta = load<u32>(at + 4);
      const kind = (meta >>> 8) & 7;
      const size = meta & 0xff;
      reads += i32(kind == READ);
      writes += i32(kind == WRITE);
      prefetches += i32(kind > WRITE);
      const lastLine = (address + size - 1) >>> 6;
      for (let line = address >>> 6; line <= lastLine; line++) {
        lines++;
        const filter = FILTER + <usize>(line & (FILTER_ENTRIES - 1)) * FILTER_BYTES;
        const isKnown = load<u32>(filter) == line && load<i32>(filter + 4) == load<i32>(FILTER_EPOCH);
        const allowed = isKnown ? load<i32>(filter + 12) : 0;
        if (kind == WRITE) {
          if ((allowed & FILTER_WRITE) != 0 && load<i32>(filter + 8) != load<i32>(GATHER_LINE)) continue;
          const first = <i32>(address - (line << 6));
          const from = max(first, 0);
          now = storeTo(line, from, min(first + <i32>size, 64) - from, now);
          continue;
        }
        if ((allowed & FILTER_READ) != 0 && now >= load<f64>(LATEST_READY)) continue;
        const ready = loadFrom(line, now);
        now = load<f64>(NOW);
        if (ready > loadsReady && kind != PREFETCH) {
          loadsReady = ready;
          late = load<i32>(WAS_HIT) != 0;
          if (!late) fromDram = load<i32>(FROM_DRAM);
        }
      }
    }
    const cycles =
      load<i32>(block + BLOCK_LAST_PREVIOUS) == previous
        ? load<f64>(block + BLOCK_LAST_CYCLES)
        : lookUpCycles(block, previous, id);
    pipelineCycles += cycles;
    if (loadsReady > now) {
      const stall = Math.ceil(loadsReady - now);
      add(late ? STALL_LATE_PREFETCH : fromDram != 0 ? STALL_DRAM : STALL_L2, stall);
      now += stall;
    }
    now += cycles * scale;
    previous = id;
  }
  store<f64>(NOW, now);
  store<i32>(PREVIOUS, previous);
  addAccesses(reads, writes, prefetches, lines, pipelineCycles);
}

function addAccesses(reads: i32, writes: i32, prefetches: i32, lines: i32, pipelineCycles: f64): void {
  add(READS, reads);
  add(WRITES, writes);
  add(PREFETCHES, prefetches);
  add(L1D_ACCESSES, lines);
  add(PIPELINE_CYCLES, pipelineCycles);
}

/** Physical line of a line of the guest's; the micro-TLB has its page from now on. NOW passes when it had not. */
function translateLine(line: u32, now: f64): i32 {
  const page = <i32>(line >>> 6);
  let slot = findMicro(DATA_TLB, page);
  store<f64>(NOW, now);
  if (slot < 0) slot = microMiss(DATA_TLB, page, MICRO_DATA_MISSES);
  return (microFrame(DATA_TLB, slot) << 6) + <i32>(line & 63);
}

/** What the next accesses to the line need not look up again. */
function remember(line: u32, physical: i32, slot: i32): void {
  const flags = flagsOf(L1D, slot);
  const filter = FILTER + <usize>(line & (FILTER_ENTRIES - 1)) * FILTER_BYTES;
  store<u32>(filter, line);
  store<i32>(filter + 4, load<i32>(FILTER_EPOCH));
  store<i32>(filter + 8, physical);
  store<i32>(
    filter + 12,
    (flags & PREFETCHED) != 0 ? 0 : (flags & DIRTY) != 0 ? FILTER_READ | FILTER_WRITE : FILTER_READ,
  );
}

/** Returns the time at which the core goes on. */
function storeTo(line: u32, from: i32, bytes: i32, time: f64): f64 {
  const physical = translateLine(line, time);
  const now = load<f64>(NOW);
  const found = findLine(L1D, physical);
  if (found >= 0) {
    storeHit(physical, found, from, bytes, now);
    remember(line, physical, found);
    return now;
  }
  add(L1D_MISSES, 1);
  return storeMiss(physical, from, bytes, now);
}

/** Returns when the line is there; NOW is when it was asked for, WAS_HIT whether L1D had it. */
function loadFrom(line: u32, time: f64): f64 {
  const physical = translateLine(line, time);
  const now = load<f64>(NOW);
  const found = findLine(L1D, physical);
  store<i32>(WAS_HIT, i32(found >= 0));
  if (found < 0) {
    add(L1D_MISSES, 1);
    return loadMiss(physical, now);
  }
  const ready = now < load<f64>(LATEST_READY) ? readyTime(physical, now) : now;
  if ((flagsOf(L1D, found) & PREFETCHED) != 0) prefetchedHit(physical, found, now);
  else remember(line, physical, found);
  return ready;
}

function microMiss(tlb: usize, page: i32, metric: i32): i32 {
  add(metric, 1);
  const now = load<f64>(NOW);
  const frame = translate(<u32>page << 12, now);
  store<f64>(NOW, now + load<f64>(TRANSLATION_CYCLES));
  return insertMicro(tlb, page, frame);
}

/** Instruction lines of a block that may not all be in L1I. */
function fetchBlock(block: usize): void {
  const perPage = 12 - load<i32>(L1I_LINE_BITS);
  const last = load<i32>(block + BLOCK_LAST_LINE);
  for (let line = load<i32>(block + BLOCK_FIRST_LINE); line <= last; line++) {
    const page = line >>> perPage;
    let slot = findMicro(INSTRUCTION_TLB, page);
    if (slot < 0) {
      slot = microMiss(INSTRUCTION_TLB, page, MICRO_INSTRUCTION_MISSES);
      store<i64>(INSTRUCTION_GENERATION, load<i64>(INSTRUCTION_GENERATION) + 1);
    }
    const physical = (microFrame(INSTRUCTION_TLB, slot) << perPage) + (line & ((1 << perPage) - 1));
    const wait = fetch(physical, load<f64>(NOW), 0);
    if (wait != 0) {
      add(STALL_FETCH, wait);
      store<f64>(NOW, load<f64>(NOW) + wait);
    }
  }
  store<i64>(block + BLOCK_SEEN, load<i64>(INSTRUCTION_GENERATION));
}

/** The host knows the cycles of every pair of blocks; those asked for lately are here. */
function lookUpCycles(block: usize, previous: i32, id: i32): f64 {
  const key = (<i64>(previous + 1) << 23) | <i64>id;
  const entry = <usize>(((<u32>(previous + 1) * 0x9e3779b1) ^ (<u32>id * 0x85ebca6b)) >>> 16) & (PAIR_ENTRIES - 1);
  const at = <usize>load<u32>(PAIR_TABLE) + entry * PAIR_BYTES;
  if (load<i64>(at) != key) {
    store<f64>(at + 8, pairCycles(previous, id));
    store<i64>(at, key);
  }
  const cycles = load<f64>(at + 8);
  store<i32>(block + BLOCK_LAST_PREVIOUS, previous);
  store<f64>(block + BLOCK_LAST_CYCLES, cycles);
  return cycles;
}
