/** L1I, L1D, linefill buffers, prefetches, write streaming, L2 and DRAM: src/costmodel/hierarchy.ts. */
import {
  FILL_LINES,
  FILL_READY,
  FROM_DRAM,
  FULL_LINES,
  GATHER_LINE,
  INSTRUCTION_GENERATION,
  L1D,
  L1I,
  L1I_LINE_BITS,
  L2,
  L2_FILLS_ON_MISS,
  L2_FREE,
  L2_HIT,
  L2_KEEPS_ON_HIT,
  L2_LINE,
  L2_LINE_BITS,
  LATEST_READY,
  LINEFILLS,
  MERGE_BITS,
  MISSES_IN_FLIGHT,
  POSTED_IN_FLIGHT,
  PREFETCH_DEPTH,
  PREFETCH_STRIDE,
  READ_ALLOCATE_ENTRY,
  READ_ALLOCATE_ENTRY_L2,
  STORE_BUFFER,
  STORE_LINE,
  STORE_PIECE,
  STORE_PIECES,
  STORE_READY,
  STORES_IN_FLIGHT,
  STREAMED_IN_A_ROW,
  STREAMING,
  VICTIM_FLAGS,
  VICTIM_LINE,
} from '../src/costmodel/kernel/layout';
import {
  ALLOCATED_LINES,
  BROKEN_LINES,
  L1D_ACCESSES,
  L1D_MISSES,
  L1I_MISSES,
  L2_ACCESSES,
  L2_MISSES,
  L2_PREFETCH_ACCESSES,
  L2_PREFETCH_MISSES,
  PREFETCH_ISSUED,
  PREFETCH_LATE,
  PREFETCH_USED,
  PREFETCH_USELESS,
  STALL_LINEFILL,
  STALL_STORE,
  STALL_WRITE,
  STREAM_BREAKS,
  STREAMED_LINES,
  STREAMED_STORES,
} from '../src/costmodel/kernel/metrics';
import {DIRTY, findLine, flagsOf, insertLine, PREFETCHED, removeLine, setFlags} from './cache';
import {add} from './counts';
import {readMemory, writeMemory} from './dram';
import {forgetSlot} from './filter';
import {continuesGather, gatherBytes, isGathered, isWritten, startGather} from './gather';
import {begin, freeAt} from './in-flight';
import {advanceTo, samePage, trainOnMiss} from './prefetcher';

const GUEST: i32 = 0;

/** When `line`, present in L1D, can be used: `time`, or later while its linefill is under way. */
export function readyTime(line: i32, time: f64): f64 {
  if (time >= load<f64>(LATEST_READY)) return time;
  const buffers = load<i32>(LINEFILLS);
  for (let i = 0; i < buffers; i++) {
    if (load<i32>(FILL_LINES + ((<usize>i) << 2)) !== line) continue;
    const ready = load<f64>(FILL_READY + ((<usize>i) << 3));
    if (ready > time) return ready;
  }
  return time;
}

/** A load or PLD misses at `time`. Returns when it may ask for its line. */
export function missTurn(time: f64): f64 {
  return waitUntil(freeAt(MISSES_IN_FLIGHT, waitForLinefill(time)), time, STALL_LINEFILL);
}

/** A load or PLD of a line that L1D lacks, at `time`, its turn. Returns when it will be there. */
export function loadMiss(line: i32, time: f64): f64 {
  const gathered = load<i32>(STREAMING) !== 0 && line === load<i32>(GATHER_LINE);
  if (gathered) leaveStream();
  const ready = fill(line, time, GUEST, gathered ? DIRTY : 0);
  begin(MISSES_IN_FLIGHT, ready);
  if (!gathered && trainOnMiss(line)) prefetch(line, time);
  return ready;
}

/** A load or PLD found a line that the prefetcher brought in; its slot loses the mark and the stream goes on. */
export function prefetchedHit(line: i32, slot: i32, time: f64): void {
  setFlags(L1D, slot, flagsOf(L1D, slot) & ~PREFETCHED);
  add(PREFETCH_USED, 1);
  if (time < load<f64>(LATEST_READY) && readyTime(line, time) > time) add(PREFETCH_LATE, 1);
  if (advanceTo(line)) prefetch(line, time);
}

/** A store of `size` bytes at byte `offset` of a line in L1D. Returns the time at which the core goes on. */
export function storeHit(line: i32, slot: i32, offset: i32, size: i32, time: f64): f64 {
  const flags = flagsOf(L1D, slot);
  if ((flags & PREFETCHED) !== 0) add(PREFETCH_USED, 1);
  setFlags(L1D, slot, (flags | DIRTY) & ~PREFETCHED);
  if (line === load<i32>(GATHER_LINE) && !isWritten()) gatherAllocated(offset, size, time);
  return line === load<i32>(STORE_LINE) && time < load<f64>(STORE_READY) ? buffer(offset, size, time) : time;
}

/** A store to a line that L1D lacks. Returns the time at which the core goes on. */
export function storeMiss(line: i32, offset: i32, size: i32, time: f64): f64 {
  let now = time;
  if (load<i32>(STREAMING) !== 0) {
    const gathered = load<i32>(GATHER_LINE);
    if (gathered < 0 || (gathered === line && continuesGather(offset))) {
      add(STREAMED_STORES, 1);
      return streamStore(line, offset, size, time);
    }
    now = breakStream(time);
    if (gathered === line) return storeHit(line, findLine(L1D, line), offset, size, now);
  }
  add(ALLOCATED_LINES, 1);
  if (abs(line - load<i32>(GATHER_LINE)) !== 1 || !isGathered()) store<i32>(FULL_LINES, 0);
  now = allocate(line, now);
  startGather(line);
  gatherAllocated(offset, size, now);
  return buffer(offset, size, now);
}

/** Asks for a line to store to when it is its turn. Returns the time at which the core goes on. */
function allocate(line: i32, time: f64): f64 {
  const start = waitUntil(freeAt(STORES_IN_FLIGHT, waitForLinefill(time)), time, STALL_STORE);
  const ready = fill(line, start, GUEST, DIRTY);
  begin(STORES_IN_FLIGHT, ready);
  store<f64>(STORE_READY, ready);
  store<i32>(STORE_LINE, line);
  store<i32>(STORE_PIECE, -1);
  store<i32>(STORE_PIECES, 0);
  return start;
}

/** A store to the line that is on its way for stores. */
function buffer(offset: i32, size: i32, time: f64): f64 {
  const bits = load<i32>(MERGE_BITS);
  const first = offset >> bits;
  const last = (offset + size - 1) >> bits;
  const pieces = load<i32>(STORE_PIECES) + last - first + i32(first !== load<i32>(STORE_PIECE));
  store<i32>(STORE_PIECE, last);
  store<i32>(STORE_PIECES, pieces);
  if (pieces <= load<i32>(STORE_BUFFER)) return time;
  store<i32>(STORE_PIECES, 0);
  return waitUntil(load<f64>(STORE_READY), time, STALL_STORE);
}

/** More of a line that was allocated: full before its linefill completes, it counts towards streaming. */
function gatherAllocated(offset: i32, size: i32, time: f64): void {
  gatherBytes(offset, size);
  if (!isGathered()) return;
  const full = time < load<f64>(STORE_READY) ? load<i32>(FULL_LINES) + 1 : 0;
  store<i32>(FULL_LINES, full);
  if (full >= load<i32>(READ_ALLOCATE_ENTRY)) {
    store<i32>(STREAMING, 1);
    store<i32>(STREAMED_IN_A_ROW, 0);
    startGather(-1);
  }
}

/** A store of a line that is gathered, or is from now on. */
function streamStore(line: i32, offset: i32, size: i32, time: f64): f64 {
  if (line !== load<i32>(GATHER_LINE)) startGather(line);
  gatherBytes(offset, size);
  if (!isGathered()) return time;
  startGather(-1);
  add(STREAMED_LINES, 1);
  const inARow = load<i32>(STREAMED_IN_A_ROW) + 1;
  store<i32>(STREAMED_IN_A_ROW, inARow);
  const slot = findLine(L2, line);
  if (slot >= 0) setFlags(L2, slot, flagsOf(L2, slot) | DIRTY);
  else if (inARow <= load<i32>(READ_ALLOCATE_ENTRY_L2)) insertL2(line, DIRTY, time);
  else return post(line, time);
  return time;
}

/** Hands a full line to memory; waits when all posted-write entries are taken. */
function post(line: i32, time: f64): f64 {
  const start = waitUntil(freeAt(POSTED_IN_FLIGHT, time), time, STALL_WRITE);
  begin(POSTED_IN_FLIGHT, writeMemory(line, start));
  return start;
}

/** The gathered line is not filled in order: it is allocated after all. Returns the time at which the core goes on. */
function breakStream(time: f64): f64 {
  const line = load<i32>(GATHER_LINE);
  leaveStream();
  if (findLine(L1D, line) >= 0) return time;
  add(BROKEN_LINES, 1);
  return allocate(line, time);
}

function leaveStream(): void {
  add(STREAM_BREAKS, 1);
  store<i32>(STREAMING, 0);
  store<i32>(FULL_LINES, 0);
  startGather(-1);
}

/** Reads a line for the page walker or a hypervisor path, which wait for it. Returns the cycles waited. */
export function access(line: i32, time: f64, requester: i32, write: bool): f64 {
  add(L1D_ACCESSES + requester, 1);
  const slot = findLine(L1D, line);
  store<i32>(FROM_DRAM, 0);
  if (slot >= 0) {
    if (write) setFlags(L1D, slot, flagsOf(L1D, slot) | DIRTY);
    const ready = readyTime(line, time);
    return ready > time ? Math.ceil(ready - time) : 0;
  }
  add(L1D_MISSES + requester, 1);
  return Math.ceil(fill(line, time, requester, write ? DIRTY : 0) - time);
}

/** An instruction line for `requester`. Returns the cycles waited. */
export function fetch(line: i32, time: f64, requester: i32): f64 {
  if (findLine(L1I, line) >= 0) return 0;
  add(L1I_MISSES + requester, 1);
  store<i64>(INSTRUCTION_GENERATION, load<i64>(INSTRUCTION_GENERATION) + 1);
  insertLine(L1I, line, 0);
  const wanted = line >>> (load<i32>(L2_LINE_BITS) - load<i32>(L1I_LINE_BITS));
  const slot = findLine(L2, wanted);
  countL2(slot, requester);
  const ready = slot >= 0 ? l2Line(time) : readMemory(wanted, time);
  if (slot < 0) insertL2(wanted, 0, time);
  return Math.ceil(ready - time);
}

function fill(line: i32, time: f64, requester: i32, flags: i32): f64 {
  const start = waitForLinefill(time);
  const slot = findLine(L2, line);
  countL2(slot, requester);
  const taken = leaveL2(slot);
  const ready = forL1d(line, slot, start);
  install(line, ready, flags | taken, start);
  return ready;
}

function prefetch(line: i32, time: f64): void {
  const stride = load<i32>(PREFETCH_STRIDE);
  const depth = load<i32>(PREFETCH_DEPTH);
  for (let ahead = 1; ahead <= depth; ahead++) {
    const target = line + ahead * stride;
    if (!samePage(target, line)) return;
    if (findLine(L1D, target) >= 0) continue;
    if (freeLinefills(time) <= 1) return;
    add(PREFETCH_ISSUED, 1);
    add(L2_PREFETCH_ACCESSES, 1);
    const slot = findLine(L2, target);
    if (slot < 0) add(L2_PREFETCH_MISSES, 1);
    const taken = leaveL2(slot);
    install(target, forL1d(target, slot, time), PREFETCHED | taken, time);
  }
}

function countL2(slot: i32, requester: i32): void {
  add(L2_ACCESSES + requester, 1);
  if (slot < 0) add(L2_MISSES + requester, 1);
  store<i32>(FROM_DRAM, i32(slot < 0));
}

/** L1D takes a line that L2 may hold, at `slot`. Returns the flags that come along. */
function leaveL2(slot: i32): i32 {
  if (slot < 0 || load<i32>(L2_KEEPS_ON_HIT) !== 0) return 0;
  const flags = flagsOf(L2, slot);
  removeLine(L2, slot);
  return flags;
}

/** A line for L1D, from L2 if that held it, at `slot`, or else from DRAM. Returns when its data reach the core. */
function forL1d(line: i32, slot: i32, time: f64): f64 {
  if (slot >= 0) return l2Line(time);
  const ready = readMemory(line, time);
  if (load<i32>(L2_FILLS_ON_MISS) !== 0) insertL2(line, 0, time);
  return ready;
}

/** L2 has the line; it hands one over at a time. Returns when its data reach the core. */
function l2Line(time: f64): f64 {
  const free = load<f64>(L2_FREE);
  const start = time > free ? time : free;
  store<f64>(L2_FREE, start + load<f64>(L2_LINE));
  return start + load<f64>(L2_HIT);
}

function install(line: i32, ready: f64, flags: i32, time: f64): void {
  forgetSlot(insertLine(L1D, line, flags));
  const victim = load<i32>(VICTIM_LINE);
  if (victim >= 0) {
    const victimFlags = load<i32>(VICTIM_FLAGS);
    if ((victimFlags & PREFETCHED) !== 0) add(PREFETCH_USELESS, 1);
    toL2(victim, victimFlags & DIRTY, time);
  }
  if (ready > time) occupyLinefill(line, ready, time);
}

function toL2(line: i32, flags: i32, time: f64): void {
  const slot = findLine(L2, line);
  if (slot >= 0) setFlags(L2, slot, flagsOf(L2, slot) | flags);
  else insertL2(line, flags, time);
}

function insertL2(line: i32, flags: i32, time: f64): void {
  insertLine(L2, line, flags);
  const victim = load<i32>(VICTIM_LINE);
  if (victim >= 0 && (load<i32>(VICTIM_FLAGS) & DIRTY) !== 0) writeMemory(victim, time);
}

function occupyLinefill(line: i32, ready: f64, time: f64): void {
  const buffers = load<i32>(LINEFILLS);
  for (let i = 0; i < buffers; i++) {
    if (load<f64>(FILL_READY + ((<usize>i) << 3)) <= time) {
      store<i32>(FILL_LINES + ((<usize>i) << 2), line);
      store<f64>(FILL_READY + ((<usize>i) << 3), ready);
      break;
    }
  }
  if (ready > load<f64>(LATEST_READY)) store<f64>(LATEST_READY, ready);
}

function freeLinefills(time: f64): i32 {
  const buffers = load<i32>(LINEFILLS);
  let free = 0;
  for (let i = 0; i < buffers; i++) free += i32(load<f64>(FILL_READY + ((<usize>i) << 3)) <= time);
  return free;
}

/** The core waits, in whole cycles. */
function waitUntil(free: f64, time: f64, metric: i32): f64 {
  if (free <= time) return time;
  const wait = Math.ceil(free - time);
  add(metric, wait);
  return time + wait;
}

/** The earliest time from `time` on at which a linefill buffer is free. */
function waitForLinefill(time: f64): f64 {
  if (time >= load<f64>(LATEST_READY)) return time;
  let earliest = Infinity;
  const buffers = load<i32>(LINEFILLS);
  for (let i = 0; i < buffers; i++) {
    const ready = load<f64>(FILL_READY + ((<usize>i) << 3));
    if (ready <= time) return time;
    if (ready < earliest) earliest = ready;
  }
  return earliest;
}
