/** One DRAM channel, in order: src/costmodel/dram.ts. */
import {
  BANK_FREE,
  CHANNEL_FREE,
  DRAM_ACTIVATE,
  DRAM_BANK_SHIFT,
  DRAM_BANKS,
  DRAM_CAS,
  DRAM_HALF_UNCORE,
  DRAM_OTHER_INTERVAL,
  DRAM_PRECHARGE,
  DRAM_REFRESH_INTERVAL,
  DRAM_REFRESH_TIME,
  DRAM_ROW_LINES,
  DRAM_ROW_SHIFT,
  DRAM_TRANSFER,
  DRAM_TURNAROUND,
  NEXT_OTHER,
  NEXT_REFRESH,
  OPEN_ROWS,
  WRITING,
} from '../src/costmodel/kernel/layout';
import {
  DRAM_READS,
  DRAM_WRITES,
  ROW_CONFLICTS,
  ROW_EMPTY,
  ROW_HITS,
  TURNAROUNDS,
} from '../src/costmodel/kernel/metrics';
import {add} from './counts';

/** Open rows are numbered through all banks: a bank holds no other's. */
const CLOSED: i32 = -1;

/** Reads a line for a request that leaves the core at `time`; returns when its data are back. */
export function readMemory(line: i32, time: f64): f64 {
  add(DRAM_READS, 1);
  const start = transfer(line, time + load<f64>(DRAM_HALF_UNCORE), 0);
  return start + load<f64>(DRAM_CAS) + load<f64>(DRAM_TRANSFER) + load<f64>(DRAM_HALF_UNCORE);
}

/** Writes a line that is at the controller at `time`; returns when the channel has taken it. */
export function writeMemory(line: i32, time: f64): f64 {
  add(DRAM_WRITES, 1);
  return transfer(line, time, 1) + load<f64>(DRAM_TRANSFER);
}

function transfer(line: i32, arrival: f64, writing: i32): f64 {
  const other = load<f64>(NEXT_OTHER);
  if (arrival >= other || load<f64>(CHANNEL_FREE) >= other) serveOthers(arrival);
  let start = arrival >= load<f64>(NEXT_REFRESH) ? refresh(arrival) : arrival;
  const globalRow = rowOf(line);
  const bank = bankOf(globalRow);
  const place = <usize>load<u32>(OPEN_ROWS) + ((<usize>bank) << 2);
  const bankFree = <usize>load<u32>(BANK_FREE) + ((<usize>bank) << 3);
  if (load<f64>(bankFree) > start) start = load<f64>(bankFree);
  const open = load<i32>(place);
  if (open === globalRow) add(ROW_HITS, 1);
  else if (open === CLOSED) {
    add(ROW_EMPTY, 1);
    start += load<f64>(DRAM_ACTIVATE);
  } else {
    add(ROW_CONFLICTS, 1);
    start += load<f64>(DRAM_PRECHARGE) + load<f64>(DRAM_ACTIVATE);
  }
  store<i32>(place, globalRow);
  const free = load<f64>(CHANNEL_FREE);
  if (free > start) start = free;
  if (writing !== load<i32>(WRITING)) {
    add(TURNAROUNDS, 1);
    start += load<f64>(DRAM_TURNAROUND);
    store<i32>(WRITING, writing);
  }
  const over = start + load<f64>(DRAM_TRANSFER);
  store<f64>(CHANNEL_FREE, over);
  store<f64>(bankFree, over);
  return start;
}

/** Lines that other masters read, before a request that arrives at `arrival`. */
function serveOthers(arrival: f64): void {
  const interval = load<f64>(DRAM_OTHER_INTERVAL);
  const transfer = load<f64>(DRAM_TRANSFER);
  let other = load<f64>(NEXT_OTHER);
  let free = load<f64>(CHANNEL_FREE);
  const past = Math.floor((arrival - other) / interval) - 1;
  if (past > 0 && free <= other) {
    other += past * interval;
    store<i32>(WRITING, 0);
  }
  while (other <= (arrival > free ? arrival : free)) {
    const start = free > other ? free : other;
    free = start + transfer + (load<i32>(WRITING) !== 0 ? load<f64>(DRAM_TURNAROUND) : 0);
    store<i32>(WRITING, 0);
    other += interval;
  }
  store<f64>(NEXT_OTHER, other);
  store<f64>(CHANNEL_FREE, free);
}

function rowOf(line: i32): i32 {
  const shift = load<i32>(DRAM_ROW_SHIFT);
  return shift >= 0 ? line >> shift : <i32>Math.floor(<f64>line / load<f64>(DRAM_ROW_LINES));
}

function bankOf(row: i32): i32 {
  const banks = load<i32>(DRAM_BANKS);
  return load<i32>(DRAM_BANK_SHIFT) >= 0 ? row & (banks - 1) : row % banks;
}

/** All refreshes due by `time`; only the last can still delay the request. */
function refresh(time: f64): f64 {
  const interval = load<f64>(DRAM_REFRESH_INTERVAL);
  const next = load<f64>(NEXT_REFRESH);
  const last = next + Math.floor((time - next) / interval) * interval;
  store<f64>(NEXT_REFRESH, last + interval);
  memory.fill(<usize>load<u32>(OPEN_ROWS), 0xff, (<usize>load<i32>(DRAM_BANKS)) << 2);
  const done = last + load<f64>(DRAM_REFRESH_TIME);
  return time > done ? time : done;
}
