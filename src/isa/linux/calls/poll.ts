/** Waiting for several files: poll, select and epoll. */
import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import {Epoll} from '../files/events.ts';
import {O_CLOEXEC, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI} from '../files/open-file.ts';
import type {Kernel} from '../kernel.ts';
import {UNSTOPPABLE} from '../signals.ts';
import type {Result, Waiting, WaitQueue} from '../wait.ts';
import {fileOf} from './common.ts';

const MILLISECOND = 1e6;

/** `count` looks how many are ready; a time of 0 does not wait, undefined waits for ever. */
const until = (
  kernel: Kernel,
  queues: readonly WaitQueue[],
  count: () => number,
  time: number | undefined,
  finish: (count: number) => number = (result) => result,
): Result => {
  const first = count();
  if (first > 0 || time === 0) return finish(first);
  return waiting(queues, count, time === undefined ? undefined : kernel.now + time, finish);
};

function* waiting(
  queues: readonly WaitQueue[],
  count: () => number,
  deadline: number | undefined,
  finish: (count: number) => number,
): Waiting<number> {
  for (;;) {
    const wake = yield {queues, deadline};
    const found = count();
    if (found > 0 || wake === 'timeout') return finish(found);
    if (wake === 'signal') return -ERRNO.ERESTARTNOHAND;
  }
}

/** A mask that holds while the call waits; a handler's return brings the old one back. */
export const withMask = (kernel: Kernel, maskAt: number, action: () => Result): Result => {
  if (maskAt === 0) return action();
  const task = kernel.current;
  const [low, high] = kernel.user.words(maskAt, 2);
  task.savedMask = task.blocked;
  task.blocked = (BigInt(low! >>> 0) | (BigInt(high! >>> 0) << 32n)) & ~UNSTOPPABLE;
  return action();
};

const poll = (kernel: Kernel, at: number, length: number, time: number | undefined): Result => {
  const {files} = kernel.current;
  if (length > files.limit) fail('EINVAL');
  const words = kernel.user.words(at, 2 * length);
  const watched = Array.from({length}, (_, index) => {
    const fd = words[2 * index]!;
    const events = words[2 * index + 1]! & 0xffff;
    return {fd, events, file: fd < 0 ? undefined : files.find(fd), index};
  });
  const readyOf = ({fd, events, file}: (typeof watched)[number]): number => {
    if (fd < 0) return 0;
    return file === undefined ? POLLNVAL : file.poll() & (events | POLLERR | POLLHUP);
  };
  const count = (): number => watched.filter((one) => readyOf(one) !== 0).length;
  const finish = (result: number): number => {
    for (const one of watched) words[2 * one.index + 1] = one.events | (readyOf(one) << 16);
    kernel.user.putWords(at, ...words);
    return result;
  };
  const queues = watched.flatMap(({file}) => (file === undefined ? [] : [file.changed]));
  return until(kernel, queues, count, time, finish);
};

/** What each of the three sets asks for. */
const SELECT_EVENTS = [POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI] as const;

const select = (kernel: Kernel, length: number, places: readonly number[], time: number | undefined): Result => {
  if (length < 0) fail('EINVAL');
  const {files} = kernel.current;
  const numbers = Math.min(length, 65536);
  const words = Math.ceil(numbers / 32);
  const sets = places.map((at) => (at === 0 ? undefined : kernel.user.words(at, words)));
  const watched = sets.flatMap((set, kind) =>
    set === undefined
      ? []
      : Array.from({length: numbers}, (_, fd) => fd)
          .filter((fd) => ((set[fd >>> 5]! >>> (fd & 31)) & 1) === 1)
          .map((fd) => ({fd, kind, file: files.get(fd)})),
  );
  const isReady = ({file, kind}: (typeof watched)[number]): boolean => (file.poll() & SELECT_EVENTS[kind]!) !== 0;
  const count = (): number => watched.filter(isReady).length;
  const finish = (result: number): number => {
    for (const [kind, at] of places.entries()) {
      const set = new Int32Array(words);
      for (const one of watched) if (one.kind === kind && isReady(one)) set[one.fd >>> 5]! |= 1 << (one.fd & 31);
      if (at !== 0) kernel.user.putWords(at, ...set);
    }
    return result;
  };
  return until(
    kernel,
    watched.map(({file}) => file.changed),
    count,
    time,
    finish,
  );
};

const milliseconds = (time: number): number | undefined => (time < 0 ? undefined : time * MILLISECOND);
const timeAt = (kernel: Kernel, at: number, wide: boolean): number | undefined =>
  at === 0 ? undefined : kernel.user.time(at, wide);
const microsecondsAt = (kernel: Kernel, at: number): number | undefined => {
  if (at === 0) return undefined;
  const [seconds, rest] = kernel.user.words(at, 2);
  if (seconds! < 0 || rest! < 0) fail('EINVAL');
  return seconds! * 1e9 + rest! * 1000;
};

const pollWith =
  (wide: boolean) =>
  (kernel: Kernel, at: number, length: number, timePlace: number, mask: number): Result => {
    const time = timeAt(kernel, timePlace, wide);
    return withMask(kernel, mask, () => poll(kernel, at, length, time));
  };

const selectWith =
  (wide: boolean) =>
  (
    kernel: Kernel,
    length: number,
    read: number,
    write: number,
    except: number,
    timePlace: number,
    pack: number,
  ): Result => {
    const time = timeAt(kernel, timePlace, wide);
    const mask = pack === 0 ? 0 : kernel.user.word(pack) >>> 0;
    return withMask(kernel, mask, () => select(kernel, length, [read, write, except], time));
  };

const EPOLL_ADD = 1;
const EPOLL_DELETE = 2;
const EPOLL_MODIFY = 3;
const EVENT_BYTES = 16;

const epollOf = (kernel: Kernel, fd: number): Epoll => {
  const file = fileOf(kernel, fd);
  return file instanceof Epoll ? file : fail('EINVAL');
};

const controlEpoll = (kernel: Kernel, epfd: number, operation: number, fd: number, at: number): number => {
  const epoll = epollOf(kernel, epfd);
  const file = fileOf(kernel, fd);
  if (operation === EPOLL_DELETE) {
    epoll.remove(fd, file);
    return 0;
  }
  const view = kernel.user.view(at, EVENT_BYTES);
  const [events, data] = [view.getUint32(0, true), view.getBigUint64(8, true)];
  if (operation === EPOLL_ADD) epoll.add(fd, file, events, data);
  else if (operation === EPOLL_MODIFY) epoll.modify(fd, file, events, data);
  else fail('EINVAL');
  return 0;
};

const waitEpoll = (kernel: Kernel, epfd: number, at: number, most: number, time: number | undefined): Result => {
  const epoll = epollOf(kernel, epfd);
  if (most <= 0) fail('EINVAL');
  const count = (): number => {
    const events = epoll.take(Math.min(most, 4096));
    for (const [index, {events: ready, data}] of events.entries()) {
      const record = new DataView(new ArrayBuffer(EVENT_BYTES));
      record.setUint32(0, ready, true);
      record.setBigUint64(8, data, true);
      kernel.user.write(at + EVENT_BYTES * index, new Uint8Array(record.buffer));
    }
    return events.length;
  };
  return until(kernel, [epoll.changed], count, time);
};

export const POLL_CALLS = [
  call(168, 'poll', ['pointer', 'unsigned', 'int'], (kernel, at, length, time) =>
    poll(kernel, at, length, milliseconds(time)),
  ),
  call(336, 'ppoll', ['pointer', 'unsigned', 'pointer', 'pointer'], pollWith(false)),
  call(414, 'ppoll_time64', ['pointer', 'unsigned', 'pointer', 'pointer'], pollWith(true)),
  call(
    142,
    '_newselect',
    ['int', 'pointer', 'pointer', 'pointer', 'pointer'],
    (kernel, length, read, write, except, at) =>
      select(kernel, length, [read, write, except], microsecondsAt(kernel, at)),
  ),
  call(335, 'pselect6', ['int', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'], selectWith(false)),
  call(413, 'pselect6_time64', ['int', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'], selectWith(true)),
  call(250, 'epoll_create', ['int'], (kernel, size) =>
    size <= 0 ? fail('EINVAL') : kernel.current.files.add(new Epoll()),
  ),
  call(357, 'epoll_create1', ['bits'], (kernel, flags) =>
    kernel.current.files.add(new Epoll(), (flags & O_CLOEXEC) !== 0),
  ),
  call(251, 'epoll_ctl', ['fd', 'int', 'fd', 'pointer'], controlEpoll),
  call(252, 'epoll_wait', ['fd', 'pointer', 'int', 'int'], (kernel, fd, at, most, time) =>
    waitEpoll(kernel, fd, at, most, milliseconds(time)),
  ),
  call(346, 'epoll_pwait', ['fd', 'pointer', 'int', 'int', 'pointer'], (kernel, fd, at, most, time, mask) =>
    withMask(kernel, mask, () => waitEpoll(kernel, fd, at, most, milliseconds(time))),
  ),
  call(441, 'epoll_pwait2', ['fd', 'pointer', 'int', 'pointer', 'pointer'], (kernel, fd, at, most, timePlace, mask) =>
    withMask(kernel, mask, () => waitEpoll(kernel, fd, at, most, timeAt(kernel, timePlace, true))),
  ),
];
