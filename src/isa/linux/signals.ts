/** Signals of Arm Linux (signal(7)): names, default actions, sets, and what is pending. */

const NAMES = [
  '',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
] as const;

export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGBUS = 7;
export const SIGKILL = 9;
export const SIGSEGV = 11;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
const SIGURG = 23;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
const SIGWINCH = 28;
export const FIRST_REAL_TIME = 32;
export const LAST_SIGNAL = 64;

export const signalName = (signal: number): string => NAMES[signal] ?? `SIGRT${signal}`;

/** A set of signals: signal n is bit n − 1. */
export type SignalSet = bigint;
export const setOf = (...signals: readonly number[]): SignalSet =>
  signals.reduce((set, signal) => set | (1n << BigInt(signal - 1)), 0n);
export const contains = (set: SignalSet, signal: number): boolean => ((set >> BigInt(signal - 1)) & 1n) === 1n;

/** Those that nobody can block, catch or ignore. */
export const UNSTOPPABLE = setOf(SIGKILL, SIGSTOP);
/** Those that an instruction of the task itself raises: taken before others. */
export const SYNCHRONOUS = setOf(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, 8, 31);
export const STOPPING = setOf(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU);

export type DefaultAction = 'ignore' | 'stop' | 'continue' | 'end';
const IGNORED = setOf(SIGCHLD, SIGURG, SIGWINCH);
export const defaultAction = (signal: number): DefaultAction => {
  if (contains(IGNORED, signal)) return 'ignore';
  if (signal === SIGCONT) return 'continue';
  return contains(STOPPING, signal) ? 'stop' : 'end';
};

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SA_NOCLDSTOP = 1;
export const SA_NOCLDWAIT = 2;
export const SA_SIGINFO = 4;
export const SA_RESTORER = 0x0400_0000;
export const SA_ONSTACK = 0x0800_0000;
export const SA_RESTART = 0x1000_0000;
export const SA_NODEFER = 0x4000_0000;
export const SA_RESETHAND = 0x8000_0000;

export interface SignalAction {
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  readonly mask: SignalSet;
}
export const DEFAULT_SIGNAL_ACTION: SignalAction = {handler: SIG_DFL, flags: 0, restorer: 0, mask: 0n};

export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_TIMER = -2;
export const SI_TKILL = -6;

/** siginfo_t: its code, and the words behind the code. */
export interface SignalInfo {
  readonly signal: number;
  readonly code: number;
  readonly words: readonly number[];
  /** Why, when an instruction raised it: for the message when it ends the process. */
  readonly reason?: string;
}

export class PendingSignals {
  #queue: SignalInfo[] = [];

  get set(): SignalSet {
    return setOf(...this.#queue.map(({signal}) => signal));
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Standard signals do not queue: a second one is lost while the first is pending. */
  add(info: SignalInfo): void {
    if (info.signal < FIRST_REAL_TIME && this.#queue.some(({signal}) => signal === info.signal)) return;
    this.#queue.push(info);
  }

  /** The next one that is not in `blocked`: those of the task's own instructions first, then by number. */
  next(blocked: SignalSet): SignalInfo | undefined {
    let best: SignalInfo | undefined;
    for (const info of this.#queue) {
      if (contains(blocked, info.signal)) continue;
      if (best === undefined || rank(info.signal) < rank(best.signal)) best = info;
    }
    return best;
  }

  remove(info: SignalInfo): void {
    this.#queue.splice(this.#queue.indexOf(info), 1);
  }

  removeAll(set: SignalSet): void {
    this.#queue = this.#queue.filter(({signal}) => !contains(set, signal));
  }
}

const rank = (signal: number): number => (contains(SYNCHRONOUS, signal) ? signal : signal + LAST_SIGNAL);

export const SIGNAL_INFO_BYTES = 128;

export const signalInfoWords = ({signal, code, words}: SignalInfo): number[] => {
  const all = new Array<number>(SIGNAL_INFO_BYTES / 4).fill(0);
  for (const [index, word] of [signal, 0, code, ...words].entries()) all[index] = word;
  return all;
};
