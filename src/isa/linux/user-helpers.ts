/** The kernel's user helpers at 0xffff0f60–0xffff0fff (Documentation/arch/arm/kernel_user_helpers.rst), done by the host. */
import type {Cpu} from '../core/cpu.ts';
import {GuestFault} from '../core/errors.ts';
import {LR} from '../core/operation.ts';
import {HELPERS} from './layout.ts';

const wordOffset = (cpu: Cpu, pc: number, address: number): number => {
  if ((address & 3) !== 0) throw new GuestFault(pc, address, 'alignment');
  const offset = cpu.memory.writableOffset(address);
  if (offset === 0) throw new GuestFault(pc, address, 'write');
  return offset >>> 2;
};

/** r0 old, r1 new, r2 pointer: r0 becomes 0 and C is set if the word was old and is now new. */
const compareAndSwap = (cpu: Cpu, pc: number): void => {
  const {r, memory} = cpu;
  const offset = wordOffset(cpu, pc, r[2]!);
  const swapped = memory.words[offset] === r[0];
  if (swapped) memory.words[offset] = r[1]!;
  r[0] = swapped ? 0 : 1;
  cpu.carry = swapped ? 1 : 0;
};

/** The same with pointers to 64-bit values in r0 and r1. */
const compareAndSwap64 = (cpu: Cpu, pc: number): void => {
  const {r, memory} = cpu;
  const [oldAt, newAt, at] = [r[0]!, r[1]!, r[2]!].map((address) => wordOffset(cpu, pc, address)) as [
    number,
    number,
    number,
  ];
  const swapped = memory.words[at] === memory.words[oldAt] && memory.words[at + 1] === memory.words[oldAt + 1];
  if (swapped) memory.words.copyWithin(at, newAt, newAt + 2);
  r[0] = swapped ? 0 : 1;
  cpu.carry = swapped ? 1 : 0;
};

const HELPER_CALLS: Readonly<Record<number, (cpu: Cpu, pc: number) => void>> = {
  4294905824: (cpu) => {
    cpu.r[0] = cpu.threadPointer;
  },
  4294905792: compareAndSwap,
  4294905696: compareAndSwap64,
  // memory barrier: one core, in program order
  4294905760: () => {},
};

export const isUserHelper = (address: number): boolean => address >>> 0 >= HELPERS;

/**
 * Runs the helper at `cpu.next` and returns to the caller. No instructions are counted and no accesses recorded.
 * @throws GuestFault when there is no helper there.
 */
export const callUserHelper = (cpu: Cpu): void => {
  const pc = cpu.next >>> 0;
  const helper = HELPER_CALLS[pc];
  if (!helper) throw new GuestFault(pc, pc, 'execute');
  helper(cpu, pc);
  cpu.next = cpu.r[LR]!;
};
