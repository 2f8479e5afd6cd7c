/** L1I, L1D, linefill buffers, prefetches, write streaming, L2 and DRAM: src/costmodel/hierarchy.ts. */
import {
  FILL_LINES,
  FILL_READY,
  FROM_DRAM,
  FULL_LINES,
  GATHER_BYTES,
  GATHER_LINE,
  GATHER_READY,
  INSTRUCTION_GENERATION,
  L1D,
  L1I,
  L1I_LINE_BITS,
  L2,
  L2_HIT,
  L2_LINE_BITS,
  LATEST_READY,
  LINEFILLS,
  POSTED,
  POSTED_NEXT,
  POSTED_WRITES,
  PREFETCH_DEPTH,
  PREFETCH_STRIDE,
  READ_ALLOCATE_ENTRY,
  READ_ALLOCATE_ENTRY_L2,
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
  STALL_WRITE,
  STREAM_BREAKS,
  STREAMED_LINES,
  STREAMED_STORES,
} from '../src/costmodel/kernel/metrics';
import {DIRTY, findLine, flagsOf, insertLine, PREFETCHED, setFlags} from './cache';
import {add} from './counts';
import {readMemory, writeMemory} from './dram';
import {forgetSlot} from './filter';
import {advanceTo, samePage, trainOnMiss} from './prefetcher';

const GUEST: i32 = 0;
const FULL: i64 = -1;

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

/** A load or PLD of a line that L1D lacks, at `time`. Returns when it will be there. */
export function loadMiss(line: i32, time: f64): f64 {
  if (load<i32>(STREAMING) !== 0 && line === load<i32>(GATHER_LINE)) {
    leaveStream();
    return fill(line, time, GUEST, DIRTY);
  }
  const ready = fill(line, time, GUEST, 0);
  if (trainOnMiss(line)) prefetch(line, time);
  return ready;
}

/** A load or PLD found a line that the prefetcher brought in; its slot loses the mark and the stream goes on. */
export function prefetchedHit(line: i32, slot: i32, time: f64): void {
  setFlags(L1D, slot, flagsOf(L1D, slot) & ~PREFETCHED);
  add(PREFETCH_USED, 1);
  if (time < load<f64>(LATEST_READY) && readyTime(line, time) > time) add(PREFETCH_LATE, 1);
  if (advanceTo(line)) prefetch(line, time);
}

/** A store of `size` bytes at byte `offset` of a line in L1D. */
export function storeHit(line: i32, slot: i32, offset: i32, size: i32, time: f64): void {
  const flags = flagsOf(L1D, slot);
  if ((flags & PREFETCHED) !== 0) add(PREFETCH_USED, 1);
  setFlags(L1D, slot, (flags | DIRTY) & ~PREFETCHED);
  if (line === load<i32>(GATHER_LINE) && load<i64>(GATHER_BYTES) !== FULL) gatherAllocated(offset, size, time);
}

/** A store to a line that L1D lacks. Returns the time at which the core goes on. */
export function storeMiss(line: i32, offset: i32, size: i32, time: f64): f64 {
  if (load<i32>(STREAMING) !== 0) {
    const gathered = load<i32>(GATHER_LINE);
    if (gathered === line || gathered < 0) {
      add(STREAMED_STORES, 1);
      return streamStore(line, offset, size, time);
    }
    breakStream(time);
  }
  add(ALLOCATED_LINES, 1);
  if (line !== load<i32>(GATHER_LINE) + 1 || load<i64>(GATHER_BYTES) !== FULL) store<i32>(FULL_LINES, 0);
  const free = waitForLinefill(time);
  let start = time;
  if (free > time) {
    const wait = Math.ceil(free - time);
    add(STALL_LINEFILL, wait);
    start = time + wait;
  }
  store<f64>(GATHER_READY, fill(line, start, GUEST, DIRTY));
  startGather(line);
  gatherAllocated(offset, size, start);
  return start;
}

function startGather(line: i32): void {
  store<i32>(GATHER_LINE, line);
  store<i64>(GATHER_BYTES, 0);
}

function gatherBytes(offset: i32, size: i32): bool {
  const bytes: i64 = size >= 64 ? FULL : (((<i64>1) << (<i64>size)) - 1) << (<i64>offset);
  const all = load<i64>(GATHER_BYTES) | bytes;
  store<i64>(GATHER_BYTES, all);
  return all === FULL;
}

/** More of a line that was allocated: full before its linefill completes, it counts towards streaming. */
function gatherAllocated(offset: i32, size: i32, time: f64): void {
  if (!gatherBytes(offset, size)) return;
  const full = time < load<f64>(GATHER_READY) ? load<i32>(FULL_LINES) + 1 : 0;
  store<i32>(FULL_LINES, full);
  if (full >= load<i32>(READ_ALLOCATE_ENTRY)) {
    store<i32>(STREAMING, 1);
    store<i32>(STREAMED_IN_A_ROW, 0);
    startGather(-1);
  }
}

function streamStore(line: i32, offset: i32, size: i32, time: f64): f64 {
  if (line !== load<i32>(GATHER_LINE)) startGather(line);
  if (!gatherBytes(offset, size)) return time;
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
  const next = load<i32>(POSTED_NEXT);
  const place = POSTED + ((<usize>next) << 3);
  const oldest = load<f64>(place);
  let start = time;
  if (oldest > time) {
    const wait = Math.ceil(oldest - time);
    add(STALL_WRITE, wait);
    start = time + wait;
  }
  store<f64>(place, writeMemory(line, start));
  store<i32>(POSTED_NEXT, (next + 1) % load<i32>(POSTED_WRITES));
  return start;
}

/** A store goes elsewhere before the gathered line is full: that line is allocated after all. */
function breakStream(time: f64): void {
  const line = load<i32>(GATHER_LINE);
  leaveStream();
  if (findLine(L1D, line) >= 0) return;
  add(BROKEN_LINES, 1);
  fill(line, time, GUEST, DIRTY);
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
  const ready = fromL2(line >>> (load<i32>(L2_LINE_BITS) - load<i32>(L1I_LINE_BITS)), time, requester, true);
  return Math.ceil(ready - time);
}

function fill(line: i32, time: f64, requester: i32, flags: i32): f64 {
  const start = waitForLinefill(time);
  const ready = fromL2(line, start, requester, false);
  install(line, ready, flags, start);
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
    let ready = time + load<f64>(L2_HIT);
    if (findLine(L2, target) < 0) {
      add(L2_PREFETCH_MISSES, 1);
      ready = readMemory(target, time);
    }
    install(target, ready, PREFETCHED, time);
  }
}

/** Looks `line` up in L2 and DRAM; returns when its data reach the core. */
function fromL2(line: i32, time: f64, requester: i32, keep: bool): f64 {
  add(L2_ACCESSES + requester, 1);
  store<i32>(FROM_DRAM, 0);
  if (findLine(L2, line) >= 0) return time + load<f64>(L2_HIT);
  add(L2_MISSES + requester, 1);
  store<i32>(FROM_DRAM, 1);
  const ready = readMemory(line, time);
  if (keep) insertL2(line, 0, time);
  return ready;
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
