/** A vCPU as the board drives it. */
import type {VirtualCpuState} from '../isa/system/virtual-cpu.ts';

/** `wfi` and `wfe`: it waits, and `canResume` does not hold. `halted`: it is off. */
export type StopReason = 'budget' | 'wfi' | 'wfe' | 'halted';

export interface VirtualCpu {
  /** Executed since it was made; right at any time, within a step too. */
  readonly instructions: number;
  readonly isOn: boolean;
  /** r0 to r15 of the current mode. */
  readonly registers: Int32Array;
  /** As after a reset, with interrupts masked, MMU and caches off. @param entry with bit 0 when it is Thumb code. */
  powerOn(entry: number, r0?: number): void;
  /** Within a step: makes it stop at the end of the instruction. */
  powerOff(): void;
  /** Within a step: waits from the end of the instruction on, as WFI does. */
  standBy(): void;
  /** Sets the event register. */
  signalEvent(): void;
  /** Whether it is on, and what it waits for, if it waits, has come. */
  canResume(): boolean;
  /** Executes about so many instructions. */
  step(budget: number): StopReason;
  /** By page of RAM whether a vCPU of the machine has accessed it. */
  readonly touched: Uint8Array;
  save(): VirtualCpuState;
  /** Of one that has executed nothing yet. */
  restore(state: VirtualCpuState): void;
  /** Mode, status and registers, for people. */
  describe(): string;
}
