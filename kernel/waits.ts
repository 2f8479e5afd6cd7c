/** Loads of the running block whose lines are on their way: src/costmodel/load-waits.ts. */
import {
  FIRST_WAIT,
  NO_WAIT,
  WAIT_BYTES,
  WAIT_CAUSE,
  WAIT_COUNT,
  WAIT_READY,
  WAIT_USE,
  WAITS,
} from '../src/costmodel/kernel/layout';
import {add} from './counts';

function waitAt(index: i32): usize {
  return WAITS + <usize>index * WAIT_BYTES;
}

/** A line that will be there at `ready`, for the instruction at index `use`; the wait counts as `cause`. */
export function addWait(use: i32, ready: f64, cause: i32): void {
  let index = load<i32>(WAIT_COUNT);
  store<i32>(WAIT_COUNT, index + 1);
  for (; index > 0 && load<i32>(waitAt(index - 1) + WAIT_USE) > use; index--)
    memory.copy(waitAt(index), waitAt(index - 1), WAIT_BYTES);
  const wait = waitAt(index);
  store<i32>(wait + WAIT_USE, use);
  store<i32>(wait + WAIT_CAUSE, cause);
  store<f64>(wait + WAIT_READY, ready);
  store<i32>(FIRST_WAIT, load<i32>(WAITS + WAIT_USE));
}

/** The core is about to issue the instruction at index `slot`. Returns when it can. */
export function settleWaits(slot: i32, time: f64): f64 {
  const count = load<i32>(WAIT_COUNT);
  let now = time;
  let settled = 0;
  for (; settled < count; settled++) {
    const wait = waitAt(settled);
    if (load<i32>(wait + WAIT_USE) > slot) break;
    const cycles = Math.ceil(load<f64>(wait + WAIT_READY) - now);
    if (cycles <= 0) continue;
    add(load<i32>(wait + WAIT_CAUSE), cycles);
    now += cycles;
  }
  const left = count - settled;
  store<i32>(WAIT_COUNT, left);
  if (left === 0) store<i32>(FIRST_WAIT, NO_WAIT);
  else {
    memory.copy(WAITS, waitAt(settled), <usize>left * WAIT_BYTES);
    store<i32>(FIRST_WAIT, load<i32>(WAITS + WAIT_USE));
  }
  return now;
}
