/** Timers: intervals of a process, POSIX timers, and timer files. */
import {call} from '../call.ts';
import {fail} from '../errno.ts';
import {TimerFile} from '../files/events.ts';
import type {Kernel} from '../kernel.ts';
import {sendToProcess, sendToTask} from '../signal-sending.ts';
import {SI_KERNEL, SI_TIMER, SIGALRM} from '../signals.ts';
import type {IntervalTimer, Process} from '../task.ts';
import {clockOf, isRealTime, MICROSECOND, NANOSECONDS, split, TIMER_ABSTIME} from './clocks.ts';
import {fileOf} from './common.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** What is left, in microseconds, and the interval. */
const timerWords = (timer: IntervalTimer, now: number): number[] => {
  const left = timer.next === NEVER ? 0 : Math.max(MICROSECOND, timer.next - now);
  return [timer.interval, left].flatMap((time) => [
    Math.floor(time / NANOSECONDS),
    Math.floor((time % NANOSECONDS) / MICROSECOND),
  ]);
};

const clockOfTimer = (kernel: Kernel, which: number): number =>
  which === 0 ? kernel.now : kernel.current.process.executed;

const ITIMERS = 3;
const getTimer = (kernel: Kernel, which: number, at: number): number => {
  const timer = kernel.current.process.timers[which] ?? fail('EINVAL');
  kernel.user.putWords(at, ...timerWords(timer, clockOfTimer(kernel, which)));
  return 0;
};

/** How to take back what a process's ITIMER_REAL has set. */
const cancels = new WeakMap<Process, () => void>();

const startAlarm = (kernel: Kernel, process: Process): void => {
  cancels.get(process)?.();
  const timer = process.timers[0];
  if (timer.next === NEVER) return;
  const cancel = kernel.timers.add(timer.next, () => {
    timer.next = timer.interval === 0 ? NEVER : timer.next + timer.interval;
    if (process.ending !== undefined) return;
    sendToProcess(kernel, process, {signal: SIGALRM, code: SI_KERNEL, words: []});
    startAlarm(kernel, process);
  });
  cancels.set(process, cancel);
};

const setTimer = (kernel: Kernel, which: number, at: number, oldAt: number): number => {
  if (which < 0 || which >= ITIMERS) fail('EINVAL');
  const {process} = kernel.current;
  const timer = process.timers[which]!;
  const now = clockOfTimer(kernel, which);
  const before = timerWords(timer, now);
  const [interval, value] = [0, 2].map((index) => {
    const words = at === 0 ? [0, 0, 0, 0] : kernel.user.words(at, 4);
    const [seconds, rest] = [words[index]!, words[index + 1]!];
    if (seconds < 0 || rest < 0 || rest >= 1e6) fail('EINVAL');
    return seconds * NANOSECONDS + rest * MICROSECOND;
  });
  timer.interval = interval!;
  timer.next = value === 0 ? NEVER : now + value!;
  if (which === 0) startAlarm(kernel, process);
  if (oldAt !== 0) kernel.user.putWords(oldAt, ...before);
  return 0;
};

/** A timer that is set by an absolute or relative time and may repeat. */
interface Armed {
  interval: number;
  next: number;
  cancel: (() => void) | undefined;
}

const arm = (kernel: Kernel, timer: Armed, next: number, interval: number, fire: (count: number) => void): void => {
  timer.cancel?.();
  Object.assign(timer, {interval, next, cancel: undefined});
  if (next === NEVER) return;
  timer.cancel = kernel.timers.add(next, () => {
    const {now} = kernel;
    const count = interval === 0 ? 1 : 1 + Math.floor((now - next) / interval);
    arm(kernel, timer, interval === 0 ? NEVER : next + count * interval, interval, fire);
    fire(count);
  });
};

const putArmed = (kernel: Kernel, at: number, timer: Armed | undefined, wide: boolean): void => {
  const left = timer === undefined || timer.next === NEVER ? 0 : Math.max(1, timer.next - kernel.now);
  kernel.user.putTime(at, ...split(timer?.interval ?? 0), wide);
  kernel.user.putTime(at + (wide ? 16 : 8), ...split(left), wide);
};

/** [when, interval] of a struct itimerspec. */
const specAt = (
  kernel: Kernel,
  at: number,
  wide: boolean,
  isAbsolute: boolean,
  isReal: boolean,
): readonly [number, number] => {
  const interval = kernel.user.time(at, wide);
  const value = kernel.user.time(at + (wide ? 16 : 8), wide);
  if (value === 0) return [NEVER, interval];
  const start = isReal ? kernel.settings.epoch * NANOSECONDS : 0;
  return [isAbsolute ? Math.max(kernel.now, value - start) : kernel.now + value, interval];
};

const fileTimers = new WeakMap<TimerFile, Armed>();
const timerFile = (kernel: Kernel, fd: number): TimerFile => {
  const file = fileOf(kernel, fd);
  return file instanceof TimerFile ? file : fail('EINVAL');
};
const setFileTimer =
  (wide: boolean) =>
  (kernel: Kernel, fd: number, flags: number, at: number, oldAt: number): number => {
    const file = timerFile(kernel, fd);
    if (oldAt !== 0) putArmed(kernel, oldAt, fileTimers.get(file), wide);
    const timer = fileTimers.get(file) ?? {interval: 0, next: NEVER, cancel: undefined};
    fileTimers.set(file, timer);
    file.reset();
    const [next, interval] = specAt(kernel, at, wide, (flags & 1) !== 0, file.isRealTime);
    arm(kernel, timer, next, interval, (count) => file.expire(count));
    return 0;
  };
const getFileTimer =
  (wide: boolean) =>
  (kernel: Kernel, fd: number, at: number): number => {
    putArmed(kernel, at, fileTimers.get(timerFile(kernel, fd)), wide);
    return 0;
  };

interface ProcessTimer extends Armed {
  readonly signal: number;
  readonly task: number | undefined;
  readonly value: number;
  readonly isReal: boolean;
}
const processTimers = new WeakMap<Process, Map<number, ProcessTimer>>();
const timersOf = (process: Process): Map<number, ProcessTimer> => {
  const timers = processTimers.get(process) ?? new Map<number, ProcessTimer>();
  processTimers.set(process, timers);
  return timers;
};
const SIGEV_NONE = 1;
const SIGEV_THREAD_ID = 4;

const createTimer = (kernel: Kernel, clock: number, eventAt: number, at: number): number => {
  clockOf(clock);
  const timers = timersOf(kernel.current.process);
  let id = 0;
  while (timers.has(id)) id++;
  const [value, signal, notify, tid] = eventAt === 0 ? [id, SIGALRM, 0, 0] : kernel.user.words(eventAt, 4);
  timers.set(id, {
    interval: 0,
    next: NEVER,
    cancel: undefined,
    signal: notify === SIGEV_NONE ? 0 : signal!,
    task: notify === SIGEV_THREAD_ID ? tid! : undefined,
    value: value!,
    isReal: isRealTime(clock),
  });
  kernel.user.putWords(at, id);
  return 0;
};

const timerOf = (kernel: Kernel, id: number): ProcessTimer =>
  timersOf(kernel.current.process).get(id) ?? fail('EINVAL');

const setProcessTimer =
  (wide: boolean) =>
  (kernel: Kernel, id: number, flags: number, at: number, oldAt: number): number => {
    const timer = timerOf(kernel, id);
    const {process} = kernel.current;
    if (oldAt !== 0) putArmed(kernel, oldAt, timer, wide);
    const [next, interval] = specAt(kernel, at, wide, (flags & TIMER_ABSTIME) !== 0, timer.isReal);
    arm(kernel, timer, next, interval, (count) => {
      if (timer.signal === 0 || process.ending !== undefined) return;
      const info = {signal: timer.signal, code: SI_TIMER, words: [id, count - 1, timer.value]};
      const task = timer.task === undefined ? undefined : kernel.tasks.get(timer.task);
      if (task === undefined) sendToProcess(kernel, process, info);
      else sendToTask(kernel, task, info);
    });
    return 0;
  };

const getProcessTimer =
  (wide: boolean) =>
  (kernel: Kernel, id: number, at: number): number => {
    putArmed(kernel, at, timerOf(kernel, id), wide);
    return 0;
  };

const deleteTimer = (kernel: Kernel, id: number): number => {
  timerOf(kernel, id).cancel?.();
  timersOf(kernel.current.process).delete(id);
  return 0;
};

export const TIMER_CALLS = [
  call(105, 'getitimer', ['int', 'pointer'], getTimer),
  call(104, 'setitimer', ['int', 'pointer', 'pointer'], setTimer),
  call(257, 'timer_create', ['int', 'pointer', 'pointer'], createTimer),
  call(258, 'timer_settime', ['int', 'bits', 'pointer', 'pointer'], setProcessTimer(false)),
  call(409, 'timer_settime64', ['int', 'bits', 'pointer', 'pointer'], setProcessTimer(true)),
  call(259, 'timer_gettime', ['int', 'pointer'], getProcessTimer(false)),
  call(408, 'timer_gettime64', ['int', 'pointer'], getProcessTimer(true)),
  call(260, 'timer_getoverrun', ['int'], () => 0),
  call(261, 'timer_delete', ['int'], deleteTimer),
  call(353, 'timerfd_settime', ['fd', 'bits', 'pointer', 'pointer'], setFileTimer(false)),
  call(411, 'timerfd_settime64', ['fd', 'bits', 'pointer', 'pointer'], setFileTimer(true)),
  call(354, 'timerfd_gettime', ['fd', 'pointer'], getFileTimer(false)),
  call(410, 'timerfd_gettime64', ['fd', 'pointer'], getFileTimer(true)),
];
