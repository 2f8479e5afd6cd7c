/** How tasks and processes end, and what their parents learn (kernel/exit.c). */
import {SystemError} from './errno.ts';
import {wakeFutex} from './futex.ts';
import type {Kernel} from './kernel.ts';
import {sendToProcess} from './signal-sending.ts';
import {SA_NOCLDWAIT, SIG_IGN, SIGCHLD, type SignalInfo} from './signals.ts';
import type {Ending, Process, Task} from './task.ts';

const ROBUST_LIST_LIMIT = 2048;
const FUTEX_OWNER_DIED = 0x4000_0000;
const FUTEX_WAITERS = 0x8000_0000;
const FUTEX_ID = 0x3fff_ffff;

/** What lies at addresses that the guest left behind is its own affair. */
const ignoringErrors = (action: () => void): void => {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
};

/** Futexes that the task still holds: whoever waits for them learns that their owner has died. */
const walkRobustList = (kernel: Kernel, task: Task): void => {
  const head = task.robustList;
  if (head === 0) return;
  const {user} = kernel;
  const [first, offset, pending] = user.words(head, 3);
  const markDead = (entry: number): void => {
    const at = ((entry & ~1) + offset!) >>> 0;
    const value = user.word(at);
    if ((value & FUTEX_ID) !== task.id) return;
    user.putWords(at, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
    if ((value & FUTEX_WAITERS) !== 0) wakeFutex(kernel, at, 1);
  };
  let entry = first!;
  for (let count = 0; (entry & ~1) >>> 0 !== head && count < ROBUST_LIST_LIMIT; count++) {
    const next = user.word((entry & ~1) >>> 0);
    if (entry !== pending) markDead(entry);
    entry = next;
  }
  if (pending !== 0) markDead(pending!);
};

/** The task lets go of its memory: at exec, and when it ends. Its space must be the current one. */
export const releaseMemory = (kernel: Kernel, task: Task): void => {
  ignoringErrors(() => walkRobustList(kernel, task));
  task.robustList = 0;
  if (task.clearChildTid !== 0) {
    ignoringErrors(() => {
      kernel.user.putWords(task.clearChildTid, 0);
      wakeFutex(kernel, task.clearChildTid, 1);
    });
    task.clearChildTid = 0;
  }
  task.map.release();
  task.release();
};

/** Takes a task away that shares the current space. */
export const endTask = (kernel: Kernel, task: Task): void => {
  if (task.state === 'dead') return;
  task.wakeFor('ready');
  task.waiting?.return(undefined);
  task.waiting = undefined;
  releaseMemory(kernel, task);
  task.files.users--;
  if (task.files.users === 0) task.files.closeAll();
  task.state = 'dead';
  const at = kernel.ready.indexOf(task);
  if (at >= 0) kernel.ready.splice(at, 1);
  kernel.tasks.delete(task.id);
  if (kernel.running === task) kernel.running = undefined;
  const {process} = task;
  process.tasks.splice(process.tasks.indexOf(task), 1);
};

/** The last task of a process has gone, or all of them must. */
export const endProcess = (kernel: Kernel, process: Process, ending: Ending): void => {
  if (process.ending !== undefined) return;
  process.isEnding = true;
  process.ending = ending;
  for (const task of [...process.tasks]) endTask(kernel, task);
  if (process.parent === undefined) {
    kernel.ending = ending;
    return;
  }
  adoptChildren(process);
  const {parent} = process;
  const action = parent.actions[SIGCHLD];
  const nobodyWaits =
    process.exitSignal === SIGCHLD && (action?.handler === SIG_IGN || ((action?.flags ?? 0) & SA_NOCLDWAIT) !== 0);
  if (nobodyWaits) forget(kernel, process);
  if (process.exitSignal !== 0) sendToProcess(kernel, parent, childInfo(process, ending));
  parent.childChanged.wake();
};

/** The first process takes over whoever loses its parent. */
const adoptChildren = (process: Process): void => {
  let heir: Process = process;
  while (heir.parent !== undefined) heir = heir.parent;
  for (const child of [...process.children]) {
    process.children.delete(child);
    child.parent = heir;
    heir.children.add(child);
    child.exitSignal = SIGCHLD;
  }
  if (heir.children.size > 0) heir.childChanged.wake();
};

const CLD_EXITED = 1;
const CLD_KILLED = 2;
export const endingCode = (ending: Ending): number => ('signal' in ending ? CLD_KILLED : CLD_EXITED);
export const endingStatus = (ending: Ending): number => ('signal' in ending ? ending.signal : ending.code);

const childInfo = (process: Process, ending: Ending): SignalInfo => ({
  signal: process.exitSignal,
  code: endingCode(ending),
  words: [process.id, 0, endingStatus(ending), Math.floor(process.executed / 1e7), 0],
});

/** Somebody has waited for it. */
export const forget = (kernel: Kernel, process: Process): void => {
  const {parent} = process;
  parent?.children.delete(process);
  if (parent !== undefined) parent.childrenExecuted += process.executed + process.childrenExecuted;
  kernel.processes.delete(process.id);
};
