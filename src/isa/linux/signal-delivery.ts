/** What becomes of a task's signals before it runs on (kernel/signal.c). */
import {endProcess} from './endings.ts';
import {ERRNO} from './errno.ts';
import type {Kernel} from './kernel.ts';
import {enterHandler} from './signal-frame.ts';
import {actionOf, forceSignal, takeSignal, tellParent} from './signal-sending.ts';
import {
  DEFAULT_SIGNAL_ACTION,
  defaultAction,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SI_KERNEL,
  SIG_DFL,
  SIG_IGN,
  SIGSEGV,
  type SignalAction,
  type SignalInfo,
  setOf,
  signalName,
  UNSTOPPABLE,
} from './signals.ts';
import type {Process, Task} from './task.ts';

const restartable = (error: number, action: SignalAction | undefined): boolean => {
  if (error === -ERRNO.ERESTARTSYS) return action === undefined || (action.flags & SA_RESTART) !== 0;
  return error === -ERRNO.ERESTARTNOHAND && action === undefined;
};

/** The call that a signal interrupted begins again, or fails with EINTR. */
const settleCall = (kernel: Kernel, task: Task, action: SignalAction | undefined): void => {
  const {call} = task;
  task.call = undefined;
  const {cpu} = kernel;
  const error = cpu.r[0]!;
  if (call === undefined || (error !== -ERRNO.ERESTARTSYS && error !== -ERRNO.ERESTARTNOHAND)) return;
  if (restartable(error, action)) {
    cpu.next = call.at;
    cpu.r[0] = call.firstArgument;
  } else cpu.r[0] = -ERRNO.EINTR;
};

/**
 * Everything that must happen before the task that is in place may execute its next instruction.
 * @returns false when it may not: it ended or stopped.
 */
export const deliverSignals = (kernel: Kernel, task: Task): boolean => {
  for (;;) {
    if (task.state === 'dead') return false;
    const info = takeSignal(task, task.blocked & ~UNSTOPPABLE);
    if (info === undefined) break;
    const {process} = task;
    const {signal} = info;
    const action = actionOf(process, signal);
    if (action.handler === SIG_IGN) continue;
    if (action.handler !== SIG_DFL) {
      handle(kernel, task, info, action);
      continue;
    }
    const byDefault = defaultAction(signal);
    if (byDefault === 'ignore' || byDefault === 'continue') continue;
    if (byDefault === 'stop') {
      settleCall(kernel, task, undefined);
      stop(kernel, process, signal);
      return false;
    }
    if (info.reason !== undefined) {
      kernel.port.warn(`task ${task.id} (${task.name}) ends by ${signalName(signal)}: ${info.reason}`);
    }
    endProcess(kernel, process, {signal});
    return false;
  }
  settleCall(kernel, task, undefined);
  if (task.savedMask !== undefined) {
    task.blocked = task.savedMask;
    task.savedMask = undefined;
  }
  return true;
};

const handle = (kernel: Kernel, task: Task, info: SignalInfo, action: SignalAction): void => {
  settleCall(kernel, task, action);
  const oldMask = task.savedMask ?? task.blocked;
  task.savedMask = undefined;
  kernel.port.signal(info.signal);
  if (!enterHandler(kernel, task, info, action, oldMask)) {
    task.process.actions[SIGSEGV] = DEFAULT_SIGNAL_ACTION;
    forceSignal(task, {
      signal: SIGSEGV,
      code: SI_KERNEL,
      words: [],
      reason: 'no room for the frame of a signal handler',
    });
    return;
  }
  const own = (action.flags & SA_NODEFER) === 0 ? setOf(info.signal) : 0n;
  task.blocked = (task.blocked | action.mask | own) & ~UNSTOPPABLE;
  if ((action.flags & SA_RESETHAND) !== 0) task.process.actions[info.signal] = DEFAULT_SIGNAL_ACTION;
};

const stop = (kernel: Kernel, process: Process, signal: number): void => {
  process.isStopped = true;
  process.news = {kind: 'stopped', signal};
  tellParent(kernel, process, 5, signal);
};
