/** The signals of instructions that cannot be executed (arch/arm/mm/fault.c, fsr-2level.c, kernel/ptrace.c). */
import {GuestFault, type UndefinedInstruction} from '../core/errors.ts';
import {PAGE_SHIFT} from '../memory/layout.ts';
import type {Kernel} from './kernel.ts';
import {SIGBUS, SIGILL, SIGSEGV, SIGTRAP, type SignalInfo} from './signals.ts';

const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const BUS_ADRALN = 1;
const ILL_ILLOPC = 1;
export const TRAP_BRKPT = 1;

/** UNDEFINED instructions that Linux takes for a debugger's breakpoints (the `undef_hook`s of arch/arm/kernel/ptrace.c). */
const BREAKPOINTS = [
  {thumb: 0, mask: 0x0fff_ffff, value: 0x07f0_01f0},
  {thumb: 1, mask: 0xffff_ffff, value: 0x0000_de01},
  {thumb: 1, mask: 0xffff_ffff, value: 0xf7f0_a000},
];

const undefinedSignal = ({cpu}: Kernel, {pc, word, message}: UndefinedInstruction): SignalInfo => {
  const thumb = cpu.next & 1;
  const isBreakpoint = BREAKPOINTS.some((one) => one.thumb === thumb && (word & one.mask) >>> 0 === one.value);
  const [signal, code] = isBreakpoint ? [SIGTRAP, TRAP_BRKPT] : [SIGILL, ILL_ILLOPC];
  return {signal, code, words: [pc], reason: message};
};

/** @param error raised by the instruction that `next` of the kernel's core names. */
export const faultSignal = (kernel: Kernel, error: GuestFault | UndefinedInstruction): SignalInfo => {
  const reason = error.message;
  if (!(error instanceof GuestFault)) return undefinedSignal(kernel, error);
  const {address, kind} = error;
  if (kind === 'alignment') return {signal: SIGBUS, code: BUS_ADRALN, words: [address], reason};
  const isMapped = kernel.memory.space.entry(address >>> PAGE_SHIFT) !== 0;
  return {signal: SIGSEGV, code: isMapped ? SEGV_ACCERR : SEGV_MAPERR, words: [address], reason};
};
