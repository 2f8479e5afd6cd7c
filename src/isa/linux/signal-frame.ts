/** The frame of a signal handler on the user's stack, as arch/arm/kernel/signal.c lays it out (6.1). */

import type {Cpu} from '../core/cpu.ts';
import {LR, SP} from '../core/operation.ts';
import {EXECUTABLE, READABLE} from '../memory/address-space.ts';
import {PAGE} from '../memory/layout.ts';
import {SystemError} from './errno.ts';
import type {Kernel} from './kernel.ts';
import {MAPPING_TOP} from './layout.ts';
import type {MemoryMap} from './memory-map.ts';
import {
  SA_ONSTACK,
  SA_RESTORER,
  SA_SIGINFO,
  SIGNAL_INFO_BYTES,
  type SignalAction,
  type SignalInfo,
  signalInfoWords,
  UNSTOPPABLE,
} from './signals.ts';
import {SS_AUTODISARM, SS_DISABLE, SS_ONSTACK, type Task} from './task.ts';

/** struct ucontext, in words. */
const CONTEXT = {flags: 0, link: 1, stack: 2, machine: 5, mask: 26, registers: 58, words: 186} as const;
/** struct sigcontext, in words from {@link CONTEXT.machine}. */
const MACHINE = {trap: 0, error: 1, oldMask: 2, r0: 3, pc: 18, cpsr: 19, faultAddress: 20} as const;
/** struct vfp_sigframe, in words from {@link CONTEXT.registers}. */
const VFP = {magic: 0, size: 1, registers: 2, fpscr: 66} as const;
const VFP_MAGIC = 0x5646_5001;
const VFP_BYTES = 288;
const VFP_REGISTER_WORDS = 64;
/** uc_flags of a frame without siginfo. */
const OLD_FRAME = 0x5ac3_c35a;
const RETURN_CODE_WORDS = 4;
const FRAME_WORDS = CONTEXT.words + RETURN_CODE_WORDS;
const STACK_ALIGNMENT = 8;

const USER_MODE = 0x10;
const THUMB = 1 << 5;

/** mov r7, #n; svc: for sigreturn and rt_sigreturn, in both instruction sets, nine words in all. */
const RETURN_CODE = [0xe3a0_7077, 0xef90_0077, 0xdf00_2777, 0xe3a0_70ad, 0xef90_00ad, 0xdf00_27ad] as const;
/** SVC of EABI has no number in it. */
const EABI_RETURN_CODE = RETURN_CODE.map((word) => (word >>> 24 === 0xef ? 0xef00_0000 : word));

export const mapSignalPage = (kernel: Kernel, map: MemoryMap): void => {
  map.map({
    address: MAPPING_TOP,
    length: PAGE,
    permissions: READABLE | EXECUTABLE,
    place: 'fixed',
    shared: false,
    name: '[sigpage]',
  });
  kernel.memory.load(MAPPING_TOP, new Uint8Array(Uint32Array.from(EABI_RETURN_CODE).buffer));
};

/** CPSR as a handler's frame shows it: flags, IT bits, Thumb, user mode. */
const statusOf = (cpu: Cpu): number =>
  cpu.apsr | ((cpu.itState & 0xfc) << 8) | ((cpu.itState & 3) << 25) | ((cpu.next & 1) !== 0 ? THUMB : 0) | USER_MODE;

const restoreStatus = (cpu: Cpu, status: number, pc: number): void => {
  cpu.setNzcvq(status);
  cpu.greaterEqual = (status >>> 16) & 15;
  const isThumb = (status & THUMB) !== 0;
  cpu.itState = isThumb ? ((status >>> 8) & 0xfc) | ((status >>> 25) & 3) : 0;
  cpu.next = (pc & (isThumb ? ~1 : ~3)) | (isThumb ? 1 : 0);
};

const isOn = ({alternateStack: {address, size, flags}}: Task, sp: number): boolean =>
  (flags & SS_DISABLE) === 0 && sp > address && sp <= address + size;

export const stackFlags = (task: Task, sp: number): number => {
  const {flags} = task.alternateStack;
  if ((flags & SS_DISABLE) !== 0) return SS_DISABLE;
  return (isOn(task, sp) ? SS_ONSTACK : 0) | (flags & SS_AUTODISARM);
};

const contextWords = (kernel: Kernel, task: Task, info: SignalInfo, oldMask: bigint, flags: number): number[] => {
  const {cpu} = kernel;
  const words = new Array<number>(FRAME_WORDS).fill(0);
  const set = (at: number, ...values: readonly number[]): void => {
    for (const [index, value] of values.entries()) words[at + index] = value;
  };
  const {address, size} = task.alternateStack;
  const mask = [Number(oldMask & 0xffff_ffffn), Number(oldMask >> 32n)];
  const isFault = info.reason !== undefined;
  set(CONTEXT.flags, flags);
  set(CONTEXT.stack, address, stackFlags(task, cpu.r[SP]! >>> 0), size);
  set(CONTEXT.machine + MACHINE.trap, isFault ? 14 : 0, 0, mask[0]!, ...cpu.r.subarray(0, 15));
  set(CONTEXT.machine + MACHINE.pc, cpu.next & ~1, statusOf(cpu), isFault ? (info.words[0] ?? 0) : 0);
  set(CONTEXT.mask, ...mask);
  set(CONTEXT.registers, VFP_MAGIC, VFP_BYTES, ...cpu.vfpWords.subarray(0, VFP_REGISTER_WORDS), cpu.fpscr);
  return words;
};

/** Puts the task at the start of its handler. False when its frame does not fit on the stack. */
export const enterHandler = (
  kernel: Kernel,
  task: Task,
  info: SignalInfo,
  action: SignalAction,
  oldMask: bigint,
): boolean => {
  const {cpu} = kernel;
  const sp = cpu.r[SP]! >>> 0;
  const {alternateStack} = task;
  const switches = (action.flags & SA_ONSTACK) !== 0 && (alternateStack.flags & SS_DISABLE) === 0 && !isOn(task, sp);
  const top = switches ? alternateStack.address + alternateStack.size : sp;
  const withInfo = (action.flags & SA_SIGINFO) !== 0;
  const words = [
    ...(withInfo ? signalInfoWords(info) : []),
    ...contextWords(kernel, task, info, oldMask, withInfo ? 0 : OLD_FRAME),
  ];
  const frame = Math.floor((top - 4 * words.length) / STACK_ALIGNMENT) * STACK_ALIGNMENT;
  if (isOn(task, sp) && frame < alternateStack.address) return false;
  try {
    kernel.user.putWords(frame, ...words);
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
  if ((alternateStack.flags & SS_AUTODISARM) !== 0) task.alternateStack = {address: 0, size: 0, flags: SS_DISABLE};
  cpu.r[0] = info.signal;
  if (withInfo) {
    cpu.r[1] = frame;
    cpu.r[2] = frame + SIGNAL_INFO_BYTES;
  }
  cpu.r[SP] = frame;
  cpu.r[LR] = returnAddress(action);
  cpu.itState = 0;
  cpu.next = action.handler & ((action.handler & 1) !== 0 ? ~0 : ~3);
  return true;
};

/** SA_RESTORER, else the code of the signal page, in the instruction set of the handler. */
const returnAddress = ({flags, restorer, handler}: SignalAction): number => {
  if ((flags & SA_RESTORER) !== 0) return restorer;
  const isThumb = (handler & 1) !== 0;
  const word = ((flags & SA_SIGINFO) !== 0 ? 3 : 0) + (isThumb ? 2 : 0);
  return MAPPING_TOP + 4 * word + (isThumb ? 1 : 0);
};

/** sigreturn and rt_sigreturn: everything back as the frame at the stack pointer has it. @throws SystemError EFAULT */
export const leaveHandler = (kernel: Kernel, task: Task, withInfo: boolean): void => {
  const {cpu} = kernel;
  const at = (cpu.r[SP]! >>> 0) + (withInfo ? SIGNAL_INFO_BYTES : 0);
  const words = kernel.user.words(at, CONTEXT.words);
  const machine = words.subarray(CONTEXT.machine, CONTEXT.mask);
  cpu.r.set(machine.subarray(MACHINE.r0, MACHINE.pc));
  restoreStatus(cpu, machine[MACHINE.cpsr]!, machine[MACHINE.pc]!);
  const vfp = words.subarray(CONTEXT.registers);
  if (vfp[VFP.magic] === VFP_MAGIC && vfp[VFP.size] === VFP_BYTES) {
    cpu.vfpWords.set(vfp.subarray(VFP.registers, VFP.fpscr));
    cpu.writeFpscr(vfp[VFP.fpscr]!);
  }
  const [low, high] = words.subarray(CONTEXT.mask);
  task.blocked = (BigInt(low! >>> 0) | (BigInt(high! >>> 0) << 32n)) & ~UNSTOPPABLE;
  if (!withInfo) return;
  const [address, flags, size] = words.subarray(CONTEXT.stack);
  if (!isOn(task, cpu.r[SP]! >>> 0)) {
    task.alternateStack = {address: address! >>> 0, flags: flags! & ~SS_ONSTACK, size: size! >>> 0};
  }
};
