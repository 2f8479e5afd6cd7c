import {call} from '../call.ts';
import {endingCode, endingStatus, forget} from '../endings.ts';
import {ERRNO, fail} from '../errno.ts';
import type {Kernel} from '../kernel.ts';
import {SIGCHLD} from '../signals.ts';
import type {Process} from '../task.ts';
import type {Result, Waiting} from '../wait.ts';
import {has} from './common.ts';

const WNOHANG = 1;
const WUNTRACED = 2;
const WCONTINUED = 8;
const WNOWAIT = 0x100_0000;
const WEXITED = 4;

interface WaitRequest {
  readonly matches: (child: Process) => boolean;
  readonly options: number;
  /** What becomes of a child with news: the call's result. */
  readonly report: (child: Process) => number;
  readonly nothing: number;
}

const hasNews = (child: Process, options: number): boolean => {
  if (child.ending !== undefined) return has(options, WEXITED);
  if (child.news === undefined) return false;
  return has(options, child.news.kind === 'stopped' ? WUNTRACED : WCONTINUED);
};

const settleNews = (kernel: Kernel, child: Process, options: number): void => {
  if (has(options, WNOWAIT)) return;
  if (child.ending !== undefined) forget(kernel, child);
  else child.news = undefined;
};

const waitForChild = (kernel: Kernel, request: WaitRequest): Result => {
  const {process} = kernel.current;
  const {matches, options, report, nothing} = request;
  const attempt = (): number | undefined => {
    const candidates = [...process.children].filter(matches);
    if (candidates.length === 0) return -ERRNO.ECHILD;
    const found = candidates.find((child) => hasNews(child, options));
    if (found === undefined) return has(options, WNOHANG) ? nothing : undefined;
    const result = report(found);
    settleNews(kernel, found, options);
    return result;
  };
  const first = attempt();
  return first ?? waiting(process, attempt);
};

function* waiting(process: Process, attempt: () => number | undefined): Waiting<number> {
  for (;;) {
    const wake = yield {queues: [process.childChanged]};
    const result = attempt();
    if (result !== undefined) return result;
    if (wake === 'signal') return -ERRNO.ERESTARTSYS;
  }
}

const CONTINUED_STATUS = 0xffff;
const statusWord = ({ending, news}: Process): number => {
  if (ending !== undefined) return 'signal' in ending ? ending.signal : ending.code << 8;
  return news?.kind === 'stopped' ? (news.signal << 8) | 0x7f : CONTINUED_STATUS;
};

const matching =
  (kernel: Kernel, id: number) =>
  (child: Process): boolean => {
    if (id > 0) return child.id === id;
    if (id === -1) return true;
    return child.group === (id === 0 ? kernel.current.process.group : -id);
  };

const usageWords = (executed: number): number[] => [
  Math.floor(executed / 1e9),
  Math.floor((executed % 1e9) / 1000),
  ...new Array<number>(16).fill(0),
];

const wait4 = (kernel: Kernel, id: number, at: number, options: number, usageAt: number): Result =>
  waitForChild(kernel, {
    matches: matching(kernel, id),
    options: options | WEXITED,
    nothing: 0,
    report: (child) => {
      if (at !== 0) kernel.user.putWords(at, statusWord(child));
      if (usageAt !== 0) kernel.user.putWords(usageAt, ...usageWords(child.executed));
      return child.id;
    },
  });

const CLD_STOPPED = 5;
const CLD_CONTINUED = 6;
const newsOf = (child: Process): readonly [code: number, status: number] => {
  if (child.ending !== undefined) return [endingCode(child.ending), endingStatus(child.ending)];
  return [child.news?.kind === 'stopped' ? CLD_STOPPED : CLD_CONTINUED, child.news?.signal ?? 0];
};

/** P_ALL, P_PID, P_PGID as wait4 has them. */
const waitid = (kernel: Kernel, kind: number, id: number, at: number, options: number, usageAt: number): Result => {
  if (!has(options, WEXITED | WUNTRACED | WCONTINUED)) fail('EINVAL');
  const which = [-1, id, id === 0 ? 0 : -id][kind] ?? fail('EINVAL');
  if (at !== 0 && has(options, WNOHANG)) kernel.user.putWords(at, 0, 0, 0, 0);
  return waitForChild(kernel, {
    matches: matching(kernel, which),
    options,
    nothing: 0,
    report: (child) => {
      const [code, status] = newsOf(child);
      if (at !== 0) kernel.user.putWords(at, SIGCHLD, 0, code, child.id, 0, status);
      if (usageAt !== 0) kernel.user.putWords(usageAt, ...usageWords(child.executed));
      return 0;
    },
  });
};

export const WAIT_CALLS = [
  call(114, 'wait4', ['int', 'pointer', 'bits', 'pointer'], wait4),
  call(280, 'waitid', ['int', 'int', 'pointer', 'bits', 'pointer'], waitid),
];
