/** The signals of instructions that cannot be executed (arch/arm/mm/fault.c, fsr-2level.c). */
import {GuestFault, type UndefinedInstruction} from '../core/errors.ts';
import {PAGE_SHIFT} from '../memory/layout.ts';
import type {Kernel} from './kernel.ts';
import {SIGBUS, SIGILL, SIGSEGV, type SignalInfo} from './signals.ts';

const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const BUS_ADRALN = 1;
const ILL_ILLOPC = 1;

export const faultSignal = (kernel: Kernel, error: GuestFault | UndefinedInstruction): SignalInfo => {
  const reason = error.message;
  if (!(error instanceof GuestFault)) return {signal: SIGILL, code: ILL_ILLOPC, words: [error.pc], reason};
  const {address, kind} = error;
  if (kind === 'alignment') return {signal: SIGBUS, code: BUS_ADRALN, words: [address], reason};
  const isMapped = kernel.memory.space.entry(address >>> PAGE_SHIFT) !== 0;
  return {signal: SIGSEGV, code: isMapped ? SEGV_ACCERR : SEGV_MAPERR, words: [address], reason};
};
