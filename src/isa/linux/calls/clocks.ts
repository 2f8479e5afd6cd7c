/** Clocks and sleeping. Guest time is the number of instructions executed, a nanosecond each, and time slept. */
import {call} from '../call.ts';
import type {Time} from '../clock.ts';
import {ERRNO, fail} from '../errno.ts';
import type {Kernel} from '../kernel.ts';
import type {Result, Waiting} from '../wait.ts';

export const NANOSECONDS = 1e9;
export const MICROSECOND = 1000;
const TICK = NANOSECONDS / 100;

export const split = (time: number): Time => [Math.floor(time / NANOSECONDS), time % NANOSECONDS];

const realTime = (kernel: Kernel): Time => kernel.realTime;
const monotonic = (kernel: Kernel): Time => split(kernel.now);
const processTime = (kernel: Kernel): Time => split(kernel.current.process.executed);
const taskTime = (kernel: Kernel): Time => split(kernel.current.executed);

/** By number: REALTIME, MONOTONIC, PROCESS_CPUTIME, THREAD_CPUTIME, MONOTONIC_RAW, the coarse ones, BOOTTIME, alarms, TAI. */
const CLOCKS: readonly ((kernel: Kernel) => Time)[] = [
  realTime,
  monotonic,
  processTime,
  taskTime,
  monotonic,
  realTime,
  monotonic,
  monotonic,
  realTime,
  monotonic,
  () => fail('EINVAL'),
  realTime,
];
/** Clocks of other processes and tasks have negative numbers. */
export const clockOf = (number: number): ((kernel: Kernel) => Time) => {
  if (number < 0) return (number & 4) === 0 ? processTime : taskTime;
  return CLOCKS[number] ?? fail('EINVAL');
};
export const isRealTime = (number: number): boolean => CLOCKS[number] === realTime;

const getTime =
  (wide: boolean) =>
  (kernel: Kernel, number: number, at: number): number => {
    kernel.user.putTime(at, ...clockOf(number)(kernel), wide);
    return 0;
  };
const resolution =
  (wide: boolean) =>
  (kernel: Kernel, number: number, at: number): number => {
    clockOf(number);
    if (at !== 0) kernel.user.putTime(at, 0, 1, wide);
    return 0;
  };

const timeOfDay = (kernel: Kernel, at: number, zone: number): number => {
  const [seconds, rest] = kernel.realTime;
  if (at !== 0) kernel.user.putWords(at, seconds, Math.floor(rest / MICROSECOND));
  if (zone !== 0) kernel.user.putWords(zone, 0, 0);
  return 0;
};

const times = (kernel: Kernel, at: number): number => {
  const {executed, childrenExecuted} = kernel.current.process;
  if (at !== 0) kernel.user.putWords(at, Math.floor(executed / TICK), 0, Math.floor(childrenExecuted / TICK), 0);
  return Math.floor(kernel.now / TICK);
};

/** Sleeps; what is left goes to `restAt` when a handler runs. */
function* sleep(kernel: Kernel, deadline: number, restAt: number, wide: boolean): Waiting<number> {
  for (;;) {
    const wake = yield {queues: [], deadline};
    if (wake === 'timeout' || kernel.now >= deadline) return 0;
    if (wake !== 'signal') continue;
    if (restAt !== 0) kernel.user.putTime(restAt, ...split(deadline - kernel.now), wide);
    return -ERRNO.ERESTARTNOHAND;
  }
}

export const TIMER_ABSTIME = 1;
const sleepUntil =
  (wide: boolean) =>
  (kernel: Kernel, clock: number, flags: number, at: number, restAt: number): Result => {
    clockOf(clock);
    const time = kernel.user.time(at, wide);
    const isAbsolute = (flags & TIMER_ABSTIME) !== 0;
    const start = isRealTime(clock) ? kernel.settings.epoch * NANOSECONDS : 0;
    const deadline = isAbsolute ? time - start : kernel.now + time;
    return deadline <= kernel.now ? 0 : sleep(kernel, deadline, isAbsolute ? 0 : restAt, wide);
  };

/** The clock is the guest's own: nobody sets it. */
const refuse = (): number => -ERRNO.EPERM;

export const CLOCK_CALLS = [
  call(43, 'times', ['pointer'], times),
  call(78, 'gettimeofday', ['pointer', 'pointer'], timeOfDay),
  call(79, 'settimeofday', [], refuse),
  call(262, 'clock_settime', [], refuse),
  call(404, 'clock_settime64', [], refuse),
  call(124, 'adjtimex', [], refuse),
  call(263, 'clock_gettime', ['int', 'pointer'], getTime(false)),
  call(403, 'clock_gettime64', ['int', 'pointer'], getTime(true)),
  call(264, 'clock_getres', ['int', 'pointer'], resolution(false)),
  call(406, 'clock_getres_time64', ['int', 'pointer'], resolution(true)),
  call(162, 'nanosleep', ['pointer', 'pointer'], (kernel, at, restAt) => sleepUntil(false)(kernel, 1, 0, at, restAt)),
  call(265, 'clock_nanosleep', ['int', 'bits', 'pointer', 'pointer'], sleepUntil(false)),
  call(407, 'clock_nanosleep_time64', ['int', 'bits', 'pointer', 'pointer'], sleepUntil(true)),
];
