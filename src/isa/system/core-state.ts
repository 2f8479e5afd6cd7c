/**
 * The state of a core between two steps, as plain data. What follows from it is not in it: decoded code, which instructions may
 * execute, and the soft TLB with its maps, which walks fill again. A TLB may drop anything at any time (DDI 0406C B3.9), so
 * a guest notices only where it has changed a descriptor in use and not invalidated it.
 */
import {CONTEXT_WORDS} from '../core/state.ts';
import {BANK_WORDS} from './banks.ts';
import {CONTROL_WORDS} from './control.ts';
import {MODE} from './modes.ts';
import type {SystemCpu} from './system-cpu.ts';

/** Words are signed. */
export interface CoreState {
  readonly isOn: boolean;
  /** Executed since it was made. */
  readonly instructions: number;
  readonly waiting: 'wfi' | 'wfe' | null;
  /** The event register. */
  readonly event: boolean;
  readonly mode: number;
  readonly masks: number;
  /** Registers in place and flags, VFP, the place of execution, the local monitor: see state.ts. */
  readonly context: readonly number[];
  /** Registers of the other modes. */
  readonly banks: readonly number[];
  readonly control: readonly number[];
  /** Physical address that its exclusive load reserved, while stores of other cores do not touch it. */
  readonly reserved: number | null;
}

/** Words of each, and the modes that there are. */
export const CORE_SHAPE = {
  context: CONTEXT_WORDS,
  banks: BANK_WORDS,
  control: CONTROL_WORDS,
  modes: Object.values(MODE),
} as const;

export const saveCore = (cpu: SystemCpu): CoreState => ({
  isOn: cpu.isOn,
  instructions: cpu.instructions,
  waiting: cpu.waiting ?? null,
  event: cpu.event,
  mode: cpu.mode,
  masks: cpu.masks,
  context: [...cpu.saveContext()],
  banks: [...cpu.banks.words],
  control: [...cpu.control],
  reserved: cpu.machine.physical.reservationOf(cpu.index) ?? null,
});

/** @param cpu fresh, with RAM as it was. */
export const restoreCore = (cpu: SystemCpu, state: CoreState): void => {
  cpu.isOn = state.isOn;
  cpu.instructions = state.instructions;
  cpu.waiting = state.waiting ?? undefined;
  cpu.event = state.event;
  cpu.mode = state.mode;
  cpu.masks = state.masks;
  cpu.restoreContext(Int32Array.from(state.context));
  cpu.banks.words.set(state.banks);
  cpu.control.set(state.control);
  cpu.memory.invalidate();
  cpu.memory.showTo(state.mode === MODE.user);
  cpu.translationChanged();
  if (state.reserved !== null) cpu.machine.physical.reserveAddress(cpu.index, state.reserved);
  cpu.attention = true;
};
