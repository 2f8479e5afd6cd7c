/** Handlers, masks, sending and waiting for signals. */
import {SP} from '../../core/operation.ts';
import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import type {Kernel} from '../kernel.ts';
import {leaveHandler, stackFlags} from '../signal-frame.ts';
import {forceSignal, sendToProcess, sendToTask, takeSignal, userInfo} from '../signal-sending.ts';
import {
  contains,
  DEFAULT_SIGNAL_ACTION,
  defaultAction,
  LAST_SIGNAL,
  SI_TKILL,
  SI_USER,
  SIG_DFL,
  SIG_IGN,
  SIGSEGV,
  type SignalAction,
  type SignalInfo,
  type SignalSet,
  setOf,
  signalInfoWords,
  UNSTOPPABLE,
} from '../signals.ts';
import {type Process, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK, type Task} from '../task.ts';
import type {Result, Waiting} from '../wait.ts';

const SET_BYTES = 8;
const readSet = (kernel: Kernel, at: number): SignalSet => {
  const [low, high] = kernel.user.words(at, 2);
  return BigInt(low! >>> 0) | (BigInt(high! >>> 0) << 32n);
};
const setWords = (set: SignalSet): [number, number] => [
  Number(set & 0xffff_ffffn),
  Number((set >> 32n) & 0xffff_ffffn),
];

/** What becomes ignored is not pending any more. */
const setAction = (process: Process, signal: number, action: SignalAction): void => {
  process.actions[signal] = {...action, mask: action.mask & ~UNSTOPPABLE};
  const isIgnored = action.handler === SIG_IGN || (action.handler === SIG_DFL && defaultAction(signal) === 'ignore');
  if (!isIgnored) return;
  process.pending.removeAll(setOf(signal));
  for (const task of process.tasks) task.pending.removeAll(setOf(signal));
};

const changeable = (signal: number): boolean => signal >= 1 && signal <= LAST_SIGNAL && !contains(UNSTOPPABLE, signal);

const realTimeAction = (kernel: Kernel, signal: number, at: number, oldAt: number, size: number): number => {
  if (size !== SET_BYTES) fail('EINVAL');
  if (signal < 1 || signal > LAST_SIGNAL || (at !== 0 && !changeable(signal))) fail('EINVAL');
  const {user, current} = kernel;
  const {process} = current;
  const before = process.actions[signal] ?? DEFAULT_SIGNAL_ACTION;
  const words = at === 0 ? undefined : user.words(at, 5);
  if (words !== undefined) {
    const mask = BigInt(words[3]! >>> 0) | (BigInt(words[4]! >>> 0) << 32n);
    setAction(process, signal, {handler: words[0]!, flags: words[1]!, restorer: words[2]!, mask});
  }
  if (oldAt !== 0) user.putWords(oldAt, before.handler, before.flags, before.restorer, ...setWords(before.mask));
  return 0;
};

const oldAction = (kernel: Kernel, signal: number, at: number, oldAt: number): number => {
  if (signal < 1 || signal > 31 || (at !== 0 && !changeable(signal))) fail('EINVAL');
  const {user, current} = kernel;
  const before = current.process.actions[signal] ?? DEFAULT_SIGNAL_ACTION;
  if (at !== 0) {
    const words = user.words(at, 4);
    const mask = BigInt(words[1]! >>> 0);
    setAction(current.process, signal, {handler: words[0]!, mask, flags: words[2]!, restorer: words[3]!});
  }
  if (oldAt !== 0) user.putWords(oldAt, before.handler, setWords(before.mask)[0], before.flags, before.restorer);
  return 0;
};

/** SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK. */
const MASK_CHANGES: readonly ((blocked: SignalSet, given: SignalSet) => SignalSet)[] = [
  (blocked, given) => blocked | given,
  (blocked, given) => blocked & ~given,
  (_blocked, given) => given,
];
const changeMask = (task: Task, how: number, given: SignalSet): void => {
  const change = MASK_CHANGES[how] ?? fail('EINVAL');
  task.blocked = change(task.blocked, given) & ~UNSTOPPABLE;
};

const realTimeMask = (kernel: Kernel, how: number, at: number, oldAt: number, size: number): number => {
  if (size !== SET_BYTES) fail('EINVAL');
  const task = kernel.current;
  const before = task.blocked;
  if (at !== 0) changeMask(task, how, readSet(kernel, at));
  if (oldAt !== 0) kernel.user.putWords(oldAt, ...setWords(before));
  return 0;
};

const LOW = 0xffff_ffffn;
const oldMask = (kernel: Kernel, how: number, at: number, oldAt: number): number => {
  const task = kernel.current;
  const before = task.blocked;
  if (at !== 0) {
    const given = BigInt(kernel.user.word(at) >>> 0);
    changeMask(task, how, how === 2 ? (before & ~LOW) | given : given);
  }
  if (oldAt !== 0) kernel.user.putWords(oldAt, Number(before & LOW));
  return 0;
};

const pendingSet = ({pending, process, blocked}: Task): SignalSet => (pending.set | process.pending.set) & blocked;

/** Sleeps with another mask until a handler has run. */
function* suspend(): Waiting<number> {
  for (;;) {
    const wake = yield {queues: []};
    if (wake === 'signal') return -ERRNO.ERESTARTNOHAND;
  }
}
const suspendWith = (kernel: Kernel, mask: SignalSet): Result => {
  const task = kernel.current;
  task.savedMask = task.blocked;
  task.blocked = mask & ~UNSTOPPABLE;
  return hasDeliverable(task) ? -ERRNO.ERESTARTNOHAND : suspend();
};
const hasDeliverable = ({pending, process, blocked}: Task): boolean =>
  pending.next(blocked) !== undefined || process.pending.next(blocked) !== undefined;

const timedWait =
  (wide: boolean) =>
  (kernel: Kernel, at: number, infoAt: number, timeAt: number, size: number): Result => {
    if (size !== SET_BYTES) fail('EINVAL');
    const wanted = readSet(kernel, at) & ~UNSTOPPABLE;
    const task = kernel.current;
    const accept = (info: SignalInfo): number => {
      if (infoAt !== 0) kernel.user.putWords(infoAt, ...signalInfoWords(info));
      return info.signal;
    };
    const info = takeSignal(task, ~wanted);
    if (info !== undefined) return accept(info);
    const deadline = timeAt === 0 ? undefined : kernel.now + kernel.user.time(timeAt, wide);
    return awaitSignal(task, wanted, deadline, accept);
  };

function* awaitSignal(
  task: Task,
  wanted: SignalSet,
  deadline: number | undefined,
  accept: (info: SignalInfo) => number,
): Waiting<number> {
  task.awaited = wanted;
  try {
    for (;;) {
      const wake = yield {queues: [], deadline};
      const info = takeSignal(task, ~wanted);
      if (info !== undefined) return accept(info);
      if (wake === 'timeout') return -ERRNO.EAGAIN;
      if (wake === 'signal') return -ERRNO.EINTR;
    }
  } finally {
    task.awaited = 0n;
  }
}

const alternateStack = (kernel: Kernel, at: number, oldAt: number): number => {
  const task = kernel.current;
  const {user, cpu} = kernel;
  const {address, size} = task.alternateStack;
  const flags = stackFlags(task, cpu.r[SP]! >>> 0);
  if (at !== 0) {
    const [newAddress, newFlags, newSize] = user.words(at, 3);
    if ((flags & SS_ONSTACK) !== 0) fail('EPERM');
    if ((newFlags! & ~(SS_DISABLE | SS_ONSTACK | (SS_AUTODISARM | 0))) !== 0) fail('EINVAL');
    const isOff = (newFlags! & SS_DISABLE) !== 0;
    const MINSIGSTKSZ = 2048;
    if (!isOff && newSize! >>> 0 < MINSIGSTKSZ) fail('ENOMEM');
    task.alternateStack = isOff
      ? {address: 0, size: 0, flags: SS_DISABLE}
      : {address: newAddress! >>> 0, size: newSize! >>> 0, flags: newFlags! & ~SS_ONSTACK};
  }
  if (oldAt !== 0) user.putWords(oldAt, address, flags, size);
  return 0;
};

const check = (signal: number): void => {
  if (signal < 0 || signal > LAST_SIGNAL) fail('EINVAL');
};

const kill = (kernel: Kernel, id: number, signal: number): number => {
  check(signal);
  const own = kernel.current.process;
  const targets = [...kernel.processes.values()].filter((process) => {
    if (id > 0) return process.id === id;
    if (id === -1) return process !== own && process.parent !== undefined;
    return process.group === (id === 0 ? own.group : -id);
  });
  if (targets.length === 0) fail('ESRCH');
  if (signal !== 0) for (const process of targets) sendToProcess(kernel, process, userInfo(kernel, signal));
  return 0;
};

const killTask = (kernel: Kernel, group: number | undefined, id: number, signal: number): number => {
  check(signal);
  if (id <= 0 || (group !== undefined && group <= 0)) fail('EINVAL');
  const task = kernel.tasks.get(id) ?? fail('ESRCH');
  if (group !== undefined && task.process.id !== group) fail('ESRCH');
  if (signal !== 0) sendToTask(kernel, task, userInfo(kernel, signal, SI_TKILL));
  return 0;
};

/** The code and words of a siginfo that a task gives. */
const givenInfo = (kernel: Kernel, signal: number, at: number): SignalInfo => {
  const words = kernel.user.words(at, 8);
  if (words[2]! >= SI_USER) fail('EPERM');
  return {signal, code: words[2]!, words: [...words.subarray(3)]};
};

const queueInfo = (kernel: Kernel, id: number, signal: number, at: number): number => {
  check(signal);
  const process = kernel.processes.get(id) ?? fail('ESRCH');
  if (signal !== 0) sendToProcess(kernel, process, givenInfo(kernel, signal, at));
  return 0;
};

const queueInfoToTask = (kernel: Kernel, group: number, id: number, signal: number, at: number): number => {
  check(signal);
  const task = kernel.tasks.get(id) ?? fail('ESRCH');
  if (task.process.id !== group) fail('ESRCH');
  if (signal !== 0) sendToTask(kernel, task, givenInfo(kernel, signal, at));
  return 0;
};

const leave =
  (withInfo: boolean) =>
  (kernel: Kernel): undefined => {
    const task = kernel.current;
    task.call = undefined;
    try {
      leaveHandler(kernel, task, withInfo);
    } catch {
      forceSignal(task, {
        signal: SIGSEGV,
        code: 0x80,
        words: [],
        reason: 'the frame of a signal handler is not to be read',
      });
    }
    return undefined;
  };

export const SIGNAL_CALLS = [
  call(174, 'rt_sigaction', ['int', 'pointer', 'pointer', 'unsigned'], realTimeAction),
  call(67, 'sigaction', ['int', 'pointer', 'pointer'], oldAction),
  call(175, 'rt_sigprocmask', ['int', 'pointer', 'pointer', 'unsigned'], realTimeMask),
  call(126, 'sigprocmask', ['int', 'pointer', 'pointer'], oldMask),
  call(176, 'rt_sigpending', ['pointer', 'unsigned'], (kernel, at) => {
    kernel.user.putWords(at, ...setWords(pendingSet(kernel.current)));
    return 0;
  }),
  call(73, 'sigpending', ['pointer'], (kernel, at) => {
    kernel.user.putWords(at, setWords(pendingSet(kernel.current))[0]);
    return 0;
  }),
  call(179, 'rt_sigsuspend', ['pointer', 'unsigned'], (kernel, at) => suspendWith(kernel, readSet(kernel, at))),
  call(72, 'sigsuspend', ['int', 'int', 'unsigned'], (kernel, _a, _b, mask) => suspendWith(kernel, BigInt(mask))),
  call(29, 'pause', [], () => suspend()),
  call(177, 'rt_sigtimedwait', ['pointer', 'pointer', 'pointer', 'unsigned'], timedWait(false)),
  call(421, 'rt_sigtimedwait_time64', ['pointer', 'pointer', 'pointer', 'unsigned'], timedWait(true)),
  call(186, 'sigaltstack', ['pointer', 'pointer'], alternateStack),
  call(119, 'sigreturn', [], leave(false)),
  call(173, 'rt_sigreturn', [], leave(true)),
  call(37, 'kill', ['int', 'int'], kill),
  call(238, 'tkill', ['int', 'int'], (kernel, id, signal) => killTask(kernel, undefined, id, signal)),
  call(268, 'tgkill', ['int', 'int', 'int'], killTask),
  call(178, 'rt_sigqueueinfo', ['int', 'int', 'pointer'], queueInfo),
  call(363, 'rt_tgsigqueueinfo', ['int', 'int', 'int', 'pointer'], queueInfoToTask),
];
