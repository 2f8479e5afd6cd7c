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
  FROM_DRAM,
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
import {findLine, flagsOf, PREFETCHED} from './cache';
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

/** Replays the first `length` words of RECORDS: whole records. */
export function consume(length: i32): void {
  let at = <usize>load<u32>(RECORDS);
  const end = at + (<usize>length << 2);
  while (at < end) {
    const word = load<u32>(at);
    if (word >= EVENT_FLAG) {
      if (((word >>> 16) & 0x7fff) == MARKER) marker(load<u32>(at + 4));
      at += 4 + (<usize>(word & 0xffff) << 2);
    } else at = replayBlock(at, <i32>((word >>> 8) & 0x7f_ffff), <i32>(word & 0xff));
  }
}

function blockPlace(id: i32): usize {
  return <usize>load<u32>(BLOCK_TABLE) + <usize>id * BLOCK_BYTES;
}

function replayBlock(start: usize, id: i32, accesses: i32): usize {
  if (load<f64>(NOW) >= load<f64>(NEXT_ACTIVITY)) runDueActivities();
  const block = blockPlace(id);
  store<f64>(block + BLOCK_EXECUTIONS, load<f64>(block + BLOCK_EXECUTIONS) + 1);
  const previous = load<i32>(PREVIOUS);
  if (previous >= 0) store<f64>(NOW, load<f64>(NOW) + follow(blockPlace(previous), previous, block, id));
  if (load<i64>(block + BLOCK_SEEN) != load<i64>(INSTRUCTION_GENERATION)) fetchBlock(block);

  let now = load<f64>(NOW);
  let loadsReady: f64 = 0;
  let fromDram = 0;
  let late = false;
  let reads = 0;
  let writes = 0;
  let lines = 0;
  let at = start + 4;
  for (let n = 0; n < accesses; n++, at += 8) {
    const address = load<u32>(at);
    const meta = load<u32>(at + 4);
    const kind = (meta >>> 8) & 7;
    const size = meta & 0xff;
    if (kind == READ) reads++;
    else if (kind == WRITE) writes++;
    const last = (address + size - 1) >>> 6;
    for (let line = address >>> 6; line <= last; line++) {
      const page = <i32>(line >>> 6);
      let slot = findMicro(DATA_TLB, page);
      if (slot < 0) {
        store<f64>(NOW, now);
        slot = microMiss(DATA_TLB, page, MICRO_DATA_MISSES);
        now = load<f64>(NOW);
      }
      const physical = (microFrame(DATA_TLB, slot) << 6) + <i32>(line & 63);
      lines++;
      const found = findLine(L1D, physical);
      if (kind == WRITE) {
        const first = <i32>(address - (line << 6));
        const from = max(first, 0);
        const bytes = min(first + <i32>size, 64) - from;
        if (found >= 0) storeHit(physical, found, from, bytes, now);
        else {
          add(L1D_MISSES, 1);
          now = storeMiss(physical, from, bytes, now);
        }
        continue;
      }
      if (found >= 0) {
        const wasPrefetched = (flagsOf(L1D, found) & PREFETCHED) != 0;
        const ready = now < load<f64>(LATEST_READY) ? readyTime(physical, now) : now;
        if (wasPrefetched) prefetchedHit(physical, found, now);
        if (ready > loadsReady && kind != PREFETCH) {
          loadsReady = ready;
          late = true;
        }
      } else {
        add(L1D_MISSES, 1);
        const ready = loadMiss(physical, now);
        if (ready > loadsReady && kind != PREFETCH) {
          loadsReady = ready;
          late = false;
          fromDram = load<i32>(FROM_DRAM);
        }
      }
    }
  }
  if (accesses > 0) {
    add(READS, reads);
    add(WRITES, writes);
    add(PREFETCHES, accesses - reads - writes);
    add(L1D_ACCESSES, lines);
  }
  const cycles =
    load<i32>(block + BLOCK_LAST_PREVIOUS) == load<i32>(PREVIOUS)
      ? load<f64>(block + BLOCK_LAST_CYCLES)
      : lookUpCycles(block, load<i32>(PREVIOUS), id);
  add(PIPELINE_CYCLES, cycles);
  if (loadsReady > now) {
    const stall = Math.ceil(loadsReady - now);
    add(late ? STALL_LATE_PREFETCH : fromDram != 0 ? STALL_DRAM : STALL_L2, stall);
    now += stall;
  }
  store<f64>(NOW, now + cycles * load<f64>(PIPELINE_SCALE));
  store<i32>(PREVIOUS, id);
  return at;
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
