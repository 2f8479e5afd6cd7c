/** What the hypervisor and the guest's kernel do in between: src/costmodel/replay.ts. */
import {
  ACTIVITIES,
  ACTIVITY_BYTES,
  ACTIVITY_CYCLES,
  ACTIVITY_DATA_MISSES,
  ACTIVITY_DRAM_READS,
  ACTIVITY_EXECUTIONS,
  ACTIVITY_INSTRUCTION_MISSES,
  ACTIVITY_NEXT,
  ACTIVITY_PERIOD,
  ACTIVITY_STALL,
  ACTIVITY_TABLE,
  ACTIVITY_TOUCH_COUNT,
  ACTIVITY_TOUCHES,
  COUNTS,
  NEXT_ACTIVITY,
  NEXT_STOP,
  NOW,
  PREVIOUS,
  TOUCH_BYTES,
  TOUCH_CODE,
  TOUCH_INVALIDATE,
  TOUCH_KERNEL_PAGE,
  TOUCH_PAGE,
  UNTIL,
} from '../src/costmodel/kernel/layout';
import {DRAM_READS, L1D_MISSES, L1I_MISSES} from '../src/costmodel/kernel/metrics';
import {access, fetch} from './hierarchy';
import {flushMicroTlbs} from './spaces';
import {GUEST_KERNEL, HYPERVISOR} from './tlb';
import {dropAllStages, touchOwnPage} from './translation';

const PATH: i32 = 3;

function count(metric: i32): f64 {
  return load<f64>(COUNTS + ((<usize>metric) << 3));
}

function addTo(place: usize, amount: f64): void {
  store<f64>(place, load<f64>(place) + amount);
}

export function activityPlace(index: i32): usize {
  return <usize>load<u32>(ACTIVITY_TABLE) + <usize>index * ACTIVITY_BYTES;
}

export function scheduleNext(): void {
  let next = Infinity;
  const activities = load<i32>(ACTIVITIES);
  for (let i = 0; i < activities; i++) next = min(next, load<f64>(activityPlace(i) + ACTIVITY_NEXT));
  store<f64>(NEXT_ACTIVITY, next);
  stopAt(load<f64>(UNTIL));
}

/** No block begins at `until` or later; the loop looks at one time for that and for activities. */
export function stopAt(until: f64): void {
  store<f64>(UNTIL, until);
  store<f64>(NEXT_STOP, min(until, load<f64>(NEXT_ACTIVITY)));
}

export function runDueActivities(): void {
  const activities = load<i32>(ACTIVITIES);
  for (let i = 0; i < activities; i++) {
    const activity = activityPlace(i);
    if (load<f64>(activity + ACTIVITY_NEXT) > load<f64>(NOW)) continue;
    addTo(activity + ACTIVITY_NEXT, load<f64>(activity + ACTIVITY_PERIOD));
    runActivity(i);
  }
  scheduleNext();
}

/** Touches every line of an activity's paths and lets its own time pass. */
export function runActivity(index: i32): void {
  const activity = activityPlace(index);
  const instructionMisses = count(L1I_MISSES + PATH);
  const dataMisses = count(L1D_MISSES + PATH);
  const dramReads = count(DRAM_READS);
  const start = load<f64>(NOW);
  flushMicroTlbs();
  let now = start;
  let at = <usize>load<u32>(activity + ACTIVITY_TOUCHES);
  for (let left = load<i32>(activity + ACTIVITY_TOUCH_COUNT); left > 0; left--, at += TOUCH_BYTES) {
    const kind = load<i32>(at);
    const line = load<i32>(at + 4);
    if (kind === TOUCH_PAGE) now += touchOwnPage(HYPERVISOR, line, load<i32>(at + 8), now);
    else if (kind === TOUCH_KERNEL_PAGE) now += touchOwnPage(GUEST_KERNEL, line, load<i32>(at + 8), now);
    else if (kind === TOUCH_INVALIDATE) dropAllStages(line);
    else if (kind === TOUCH_CODE) now += fetch(line, now, PATH);
    else now += access(line, now, PATH, true);
  }
  addTo(activity + ACTIVITY_EXECUTIONS, 1);
  addTo(activity + ACTIVITY_STALL, now - start);
  addTo(activity + ACTIVITY_INSTRUCTION_MISSES, count(L1I_MISSES + PATH) - instructionMisses);
  addTo(activity + ACTIVITY_DATA_MISSES, count(L1D_MISSES + PATH) - dataMisses);
  addTo(activity + ACTIVITY_DRAM_READS, count(DRAM_READS) - dramReads);
  store<f64>(NOW, now + load<f64>(activity + ACTIVITY_CYCLES));
  store<i32>(PREVIOUS, -1);
}
