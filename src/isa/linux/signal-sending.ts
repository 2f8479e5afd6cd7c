/** Sending signals (kernel/signal.c). */
import type {Kernel} from './kernel.ts';
import {
  contains,
  DEFAULT_SIGNAL_ACTION,
  defaultAction,
  SA_NOCLDSTOP,
  SI_USER,
  SIG_DFL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  type SignalAction,
  type SignalInfo,
  STOPPING,
  setOf,
  UNSTOPPABLE,
} from './signals.ts';
import type {Process, Task} from './task.ts';

export const actionOf = (process: Process, signal: number): SignalAction =>
  process.actions[signal] ?? DEFAULT_SIGNAL_ACTION;

const isIgnored = (process: Process, signal: number): boolean => {
  const {handler} = actionOf(process, signal);
  return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === 'ignore');
};

const isDeliverable = (task: Task, signal: number): boolean =>
  !contains(task.blocked & ~UNSTOPPABLE, signal) || contains(task.awaited, signal);

/** What happens at once, whatever the masks: stop signals and SIGCONT cancel each other, and SIGKILL wakes what is stopped. */
const prepare = (kernel: Kernel, process: Process, signal: number): void => {
  const drop = (set: bigint): void => {
    process.pending.removeAll(set);
    for (const task of process.tasks) task.pending.removeAll(set);
  };
  if (contains(STOPPING, signal)) drop(setOf(SIGCONT));
  if (signal === SIGCONT) drop(STOPPING);
  if ((signal === SIGCONT || signal === SIGKILL) && process.isStopped) resume(kernel, process);
};

const resume = (kernel: Kernel, process: Process): void => {
  process.isStopped = false;
  process.news = {kind: 'continued', signal: SIGCONT};
  for (const task of process.tasks) {
    if (task.state !== 'stopped') continue;
    task.state = 'ready';
    kernel.makeReady(task);
  }
  tellParent(kernel, process, 6, SIGCONT);
};

export const tellParent = (kernel: Kernel, process: Process, code: number, status: number): void => {
  const {parent} = process;
  if (parent === undefined) return;
  parent.childChanged.wake();
  if ((actionOf(parent, SIGCHLD).flags & SA_NOCLDSTOP) !== 0) return;
  sendToProcess(kernel, parent, {signal: SIGCHLD, code, words: [process.id, 0, status]});
};

export const userInfo = (kernel: Kernel, signal: number, code = SI_USER): SignalInfo => ({
  signal,
  code,
  words: [kernel.current.process.id, kernel.current.identity.user],
});

export const sendToProcess = (kernel: Kernel, process: Process, info: SignalInfo): void => {
  if (process.ending !== undefined) return;
  prepare(kernel, process, info.signal);
  const receiver = process.tasks.find((task) => isDeliverable(task, info.signal));
  if (receiver !== undefined && isIgnored(process, info.signal) && !contains(receiver.awaited, info.signal)) return;
  process.pending.add(info);
  receiver?.wakeFor('signal');
};

export const sendToTask = (kernel: Kernel, task: Task, info: SignalInfo): void => {
  if (task.state === 'dead') return;
  prepare(kernel, task.process, info.signal);
  const deliverable = isDeliverable(task, info.signal);
  if (deliverable && isIgnored(task.process, info.signal) && !contains(task.awaited, info.signal)) return;
  task.pending.add(info);
  if (deliverable) task.wakeFor('signal');
};

/** A signal that the task's own instruction raises: it cannot be blocked or ignored (force_sig_fault). */
export const forceSignal = (task: Task, info: SignalInfo): void => {
  const {process} = task;
  const {handler} = actionOf(process, info.signal);
  if (handler === SIG_IGN || contains(task.blocked, info.signal)) {
    process.actions[info.signal] = DEFAULT_SIGNAL_ACTION;
    task.blocked &= ~setOf(info.signal);
  }
  task.pending.add(info);
};

/** Takes the next signal that is not blocked, and removes it. */
export const takeSignal = (task: Task, blocked: bigint): SignalInfo | undefined => {
  const own = task.pending.next(blocked);
  const info = own ?? task.process.pending.next(blocked);
  if (info !== undefined) (own === undefined ? task.process.pending : task.pending).remove(info);
  return info;
};
