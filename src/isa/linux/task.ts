/** Processes and their tasks (threads), as far as they are state; what happens to them is the kernel's business. */
import type {Cpu} from '../core/cpu.ts';
import type {FileTable} from './files/open-file.ts';
import type {Places} from './files/path.ts';
import type {MemoryMap} from './memory-map.ts';
import {DEFAULT_SIGNAL_ACTION, LAST_SIGNAL, PendingSignals, type SignalAction, type SignalSet} from './signals.ts';
import {type Waiter, type Waiting, WaitQueue, type Wake} from './wait.ts';

/** What umask, chdir and chroot change. */
export interface FileContext extends Places {
  mask: number;
}

export interface Identity {
  user: number;
  group: number;
}

/** How a process ended: by exit, or by a signal. */
export type Ending = {readonly code: number} | {readonly signal: number};

export interface IntervalTimer {
  /** On its clock, in ns; Infinity when it is not set. */
  next: number;
  interval: number;
}

export const RLIM_INFINITY = 0xffff_ffff;
export type Limit = readonly [soft: number, hard: number];

export class Process {
  readonly id: number;
  parent: Process | undefined;
  readonly children = new Set<Process>();
  readonly tasks: Task[] = [];
  group: number;
  session: number;
  actions: SignalAction[] = new Array(LAST_SIGNAL + 1).fill(DEFAULT_SIGNAL_ACTION);
  readonly pending = new PendingSignals();
  /** Wakes when a child has ended, stopped or continued. */
  readonly childChanged = new WaitQueue();
  readonly limits = new Map<number, Limit>();
  /** −20 to 19. It is remembered; turns are equal all the same. */
  niceness = 0;
  path = '';
  argv: readonly string[] = [];
  /** Set when it is a zombie. */
  ending: Ending | undefined = undefined;
  /** Set while exit_group or a signal ends it. */
  isEnding = false;
  isStopped = false;
  /** What wait4 has not told yet. */
  news: {readonly kind: 'stopped' | 'continued'; readonly signal: number} | undefined = undefined;
  /** What the parent gets when it ends. */
  exitSignal = 0;
  hasExecuted = false;
  auxiliary: Uint8Array = new Uint8Array(0);
  /** Instructions, those of ended tasks included; and those of ended and waited-for children. */
  executed = 0;
  childrenExecuted = 0;
  /** SIGVTALRM and SIGPROF count the process's own time; SIGALRM is a timer of the kernel. */
  readonly timers: readonly [IntervalTimer, IntervalTimer, IntervalTimer] = [
    {next: Number.POSITIVE_INFINITY, interval: 0},
    {next: Number.POSITIVE_INFINITY, interval: 0},
    {next: Number.POSITIVE_INFINITY, interval: 0},
  ];

  constructor(id: number, parent: Process | undefined) {
    this.id = id;
    this.parent = parent;
    this.group = parent?.group ?? id;
    this.session = parent?.session ?? id;
    parent?.children.add(this);
  }
}

export interface AlternateStack {
  address: number;
  size: number;
  flags: number;
}
export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 0x8000_0000;

/** A system call in progress: how to begin it again, and how to go on. */
export interface CallInProgress {
  readonly number: number;
  readonly name: string;
  /** `cpu.next` of the SVC, and r0 before it. */
  readonly at: number;
  readonly firstArgument: number;
}

export type TaskState = 'ready' | 'waiting' | 'stopped' | 'dead';

export class Task implements Waiter {
  readonly id: number;
  readonly process: Process;
  map: MemoryMap;
  files: FileTable;
  context: FileContext;
  identity: Identity;
  name = '';
  /** The registers while it does not run. */
  registers: Int32Array;
  state: TaskState = 'ready';
  /** It stands in the queue of those that could run. */
  isQueued = false;
  call: CallInProgress | undefined = undefined;
  waiting: Waiting<number | undefined> | undefined = undefined;
  queues: readonly WaitQueue[] = [];
  wakeReason: Wake = 'ready';
  /** Ends the wait in progress. */
  cancelDeadline: (() => void) | undefined = undefined;
  readonly pending = new PendingSignals();
  blocked: SignalSet = 0n;
  /** The mask that comes back when a handler that ended rt_sigsuspend returns. */
  savedMask: SignalSet | undefined = undefined;
  /** While it waits in rt_sigtimedwait: what it waits for. */
  awaited: SignalSet = 0n;
  alternateStack: AlternateStack = {address: 0, size: 0, flags: SS_DISABLE};
  clearChildTid = 0;
  robustList = 0;
  /** Wakes the parent of a vfork when it lets go of the memory. */
  readonly released = new WaitQueue();
  hasReleased = false;
  executed = 0;
  readonly #onReady: (task: Task) => void;

  constructor(
    id: number,
    process: Process,
    parts: {
      readonly map: MemoryMap;
      readonly files: FileTable;
      readonly context: FileContext;
      readonly identity: Identity;
    },
    cpu: Cpu,
    onReady: (task: Task) => void,
  ) {
    this.id = id;
    this.process = process;
    this.map = parts.map;
    this.files = parts.files;
    this.context = parts.context;
    this.identity = parts.identity;
    this.registers = cpu.saveContext();
    this.#onReady = onReady;
    process.tasks.push(this);
  }

  wake(): void {
    this.wakeFor('ready');
  }

  wakeFor(reason: Wake): void {
    if (this.state !== 'waiting') return;
    for (const queue of this.queues) queue.remove(this);
    this.queues = [];
    this.cancelDeadline?.();
    this.cancelDeadline = undefined;
    this.wakeReason = reason;
    this.state = 'ready';
    this.#onReady(this);
  }

  /** It lets go of the memory that it shares with the parent of a vfork. */
  release(): void {
    this.hasReleased = true;
    this.released.wake();
  }
}
