import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import {requeueFutex, waitFutex, wakeFutex} from '../futex.ts';
import type {Kernel} from '../kernel.ts';
import type {Result} from '../wait.ts';
import {has} from './common.ts';

const FUTEX = {wait: 0, wake: 1, requeue: 3, compareRequeue: 4, wakeOperation: 5, waitBits: 9, wakeBits: 10} as const;
const FUTEX_COMMAND = 0x7f;
const FUTEX_REALTIME = 0x100;

/** FUTEX_WAKE_OP: change a word by an operation, compare what it was. */
const OPERATIONS: readonly ((old: number, argument: number) => number)[] = [
  (_old, argument) => argument,
  (old, argument) => (old + argument) | 0,
  (old, argument) => old | argument,
  (old, argument) => old & ~argument,
  (old, argument) => old ^ argument,
];
const COMPARISONS: readonly ((old: number, argument: number) => boolean)[] = [
  (old, argument) => old === argument,
  (old, argument) => old !== argument,
  (old, argument) => old < argument,
  (old, argument) => old <= argument,
  (old, argument) => old > argument,
  (old, argument) => old >= argument,
];

const wakeOperation = (
  kernel: Kernel,
  at: number,
  most: number,
  most2: number,
  second: number,
  code: number,
): number => {
  const shift = code >>> 31 === 1;
  const given = (code << 8) >> 20;
  const argument = shift ? 1 << (given & 31) : given;
  const operate = OPERATIONS[(code >>> 28) & 7] ?? fail('ENOSYS');
  const compare = COMPARISONS[(code >>> 24) & 15] ?? fail('ENOSYS');
  const old = kernel.user.word(second);
  kernel.user.putWords(second, operate(old, argument));
  const woken = wakeFutex(kernel, at, most);
  return compare(old, (code << 20) >> 20) ? woken + wakeFutex(kernel, second, most2) : woken;
};

const futex =
  (wide: boolean) =>
  (
    kernel: Kernel,
    at: number,
    operation: number,
    value: number,
    timeAt: number,
    second: number,
    third: number,
  ): Result => {
    const command = operation & FUTEX_COMMAND;
    const requeue = (expected: number | undefined): number => {
      if (expected !== undefined && kernel.user.word(at) !== expected) fail('EAGAIN');
      const [woken, moved] = requeueFutex(kernel, at, second, value, timeAt | 0);
      return expected === undefined ? woken : woken + moved;
    };
    switch (command) {
      case FUTEX.wait:
      case FUTEX.waitBits: {
        const bits = command === FUTEX.wait ? -1 : third;
        if (bits === 0) fail('EINVAL');
        const time = timeAt === 0 ? undefined : kernel.user.time(timeAt, wide);
        if (kernel.user.word(at) !== value) fail('EAGAIN');
        return waitFutex(kernel, at, deadlineOf(kernel, time, command, operation), bits);
      }
      case FUTEX.wake:
        return wakeFutex(kernel, at, value);
      case FUTEX.wakeBits:
        return third === 0 ? fail('EINVAL') : wakeFutex(kernel, at, value, third);
      case FUTEX.requeue:
        return requeue(undefined);
      case FUTEX.compareRequeue:
        return requeue(third);
      case FUTEX.wakeOperation:
        return wakeOperation(kernel, at, value, timeAt | 0, second, third);
      default:
        return -ERRNO.ENOSYS;
    }
  };

/** FUTEX_WAIT waits for a time, FUTEX_WAIT_BITSET until one. */
const deadlineOf = (
  kernel: Kernel,
  time: number | undefined,
  command: number,
  operation: number,
): number | undefined => {
  if (time === undefined) return undefined;
  if (command === FUTEX.wait) return kernel.now + time;
  return has(operation, FUTEX_REALTIME) ? time - kernel.settings.epoch * 1e9 : time;
};

export const FUTEX_CALLS = [
  call(240, 'futex', ['pointer', 'bits', 'int', 'pointer', 'pointer', 'int'], futex(false)),
  call(422, 'futex_time64', ['pointer', 'bits', 'int', 'pointer', 'pointer', 'int'], futex(true)),
];
