/** The Linux system calls, EABI (arch/arm/tools/syscall.tbl): number in r7, arguments in r0–r6, result or −errno in r0. */
import type {Culprit} from '../core/cpu.ts';
import {UnmodelledInstruction} from '../core/errors.ts';
import {argumentsOf, type SystemCall} from './call.ts';
import {CLOCK_CALLS} from './calls/clocks.ts';
import {CONTROL_CALLS} from './calls/controls.ts';
import {DESCRIPTOR_CALLS} from './calls/descriptors.ts';
import {DIRECTORY_CALLS} from './calls/directories.ts';
import {FILE_CONTROL_CALLS} from './calls/file-control.ts';
import {FUTEX_CALLS} from './calls/futexes.ts';
import {IDENTITY_CALLS} from './calls/identity.ts';
import {MEMORY_CALLS} from './calls/memory.ts';
import {MESSAGE_CALLS} from './calls/messages.ts';
import {POLL_CALLS} from './calls/poll.ts';
import {PROCESS_CALLS} from './calls/processes.ts';
import {SIGNAL_CALLS} from './calls/signals.ts';
import {SOCKET_CALLS} from './calls/sockets.ts';
import {STATUS_CALLS} from './calls/status.ts';
import {SYSTEM_CALLS as INFORMATION_CALLS} from './calls/system.ts';
import {TIMER_CALLS} from './calls/timers.ts';
import {TRANSFER_CALLS} from './calls/transfers.ts';
import {WAIT_CALLS} from './calls/waits.ts';
import {ERRNO, SystemError} from './errno.ts';
import {TRAP_BRKPT} from './faults.ts';
import type {Kernel} from './kernel.ts';
import {forceSignal} from './signal-sending.ts';
import {SIGTRAP} from './signals.ts';
import {NAMES} from './system-call-names.ts';
import type {Task} from './task.ts';
import {isWaiting, type Result} from './wait.ts';

export const ALL_CALLS: readonly SystemCall[] = [
  ...CLOCK_CALLS,
  ...DESCRIPTOR_CALLS,
  ...DIRECTORY_CALLS,
  ...IDENTITY_CALLS,
  ...INFORMATION_CALLS,
  ...MEMORY_CALLS,
  ...POLL_CALLS,
  ...PROCESS_CALLS,
  ...SIGNAL_CALLS,
  ...SOCKET_CALLS,
  ...STATUS_CALLS,
  ...TRANSFER_CALLS,
  ...WAIT_CALLS,
  ...TIMER_CALLS,
  ...MESSAGE_CALLS,
  ...FUTEX_CALLS,
  ...FILE_CONTROL_CALLS,
  ...CONTROL_CALLS,
];

/** @throws RangeError when two calls have one number. */
export const tableOf = (calls: readonly SystemCall[]): ReadonlyMap<number, SystemCall> => {
  const table = new Map<number, SystemCall>();
  for (const one of calls) {
    const other = table.get(one.number);
    if (other !== undefined) throw new RangeError(`system calls ${other.name} and ${one.name} are both ${one.number}`);
    table.set(one.number, one);
  }
  return table;
};

const TABLE = tableOf(ALL_CALLS);

const attempt = (action: () => Result): Result => {
  try {
    return action();
  } catch (error) {
    if (error instanceof SystemError) return -error.errno;
    throw error;
  }
};

const refuse = (kernel: Kernel, number: number): number => {
  const {unknownCalls, port} = kernel;
  if (!unknownCalls.has(number)) {
    unknownCalls.add(number);
    const name = NAMES.get(number);
    const which = name === undefined ? `${number}` : `${number} (${name})`;
    port.warn(`the guest calls system call ${which}, which is not modelled: it gets ENOSYS`);
  }
  return -ERRNO.ENOSYS;
};

/**
 * Serves the SVC that the current task just executed.
 * @throws UnmodelledInstruction for the old ABI, whose number is in the instruction.
 */
export const callSystem = (kernel: Kernel, task: Task, instruction: Culprit): void => {
  const {cpu} = kernel;
  const {r} = cpu;
  const thumb = cpu.next & 1;
  // An exception return clears the local monitor (A3.4.4 recommends it, Linux does it).
  cpu.exclusiveSize = 0;
  if (instruction.name.startsWith('BKPT')) {
    const {address} = instruction;
    cpu.next = address | thumb;
    forceSignal(task, {signal: SIGTRAP, code: TRAP_BRKPT, words: [address], reason: 'breakpoint'});
    return;
  }
  if (thumb === 0 && instruction.immediate !== 0) {
    throw new UnmodelledInstruction(
      instruction.address,
      instruction.word,
      'a system call of the old ABI; rebuild the guest for EABI',
    );
  }
  const number = r[7]!;
  const found = TABLE.get(number);
  task.call = {
    number,
    name: found?.name ?? `${number}`,
    at: instruction.address | thumb,
    firstArgument: r[0]!,
  };
  const result = attempt(() =>
    found === undefined ? refuse(kernel, number) : found.execute(kernel, ...(argumentsOf(kernel, found) as never[])),
  );
  if (isWaiting(result)) continueCall(kernel, task, () => kernel.advance(task, result, true));
  else settle(kernel, result);
};

/** Goes on with a call that has waited. */
export const resumeCall = (kernel: Kernel, task: Task): void => {
  const {waiting} = task;
  if (waiting !== undefined) continueCall(kernel, task, () => kernel.advance(task, waiting, false));
};

const continueCall = (
  kernel: Kernel,
  task: Task,
  advance: () => {readonly result: number | undefined} | undefined,
): void => {
  try {
    const ended = advance();
    if (ended !== undefined) settle(kernel, ended.result);
  } catch (error) {
    task.waiting = undefined;
    if (!(error instanceof SystemError)) throw error;
    settle(kernel, -error.errno);
  }
};

const settle = (kernel: Kernel, result: number | undefined): void => {
  if (result !== undefined) kernel.cpu.r[0] = result;
};
