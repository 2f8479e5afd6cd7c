/** What of a core's control registers walks depend on. */
import {CONTROL} from '../control.ts';
import type {WalkRegisters} from './mapping.ts';

export const walkRegisters = (control: Int32Array): WalkRegisters => ({
  sctlr: control[CONTROL.sctlr]!,
  ttbcr: control[CONTROL.ttbcr]!,
  ttbr0: control[CONTROL.ttbr0]!,
  ttbr0High: control[CONTROL.ttbr0High]!,
  ttbr1: control[CONTROL.ttbr1]!,
  ttbr1High: control[CONTROL.ttbr1High]!,
  dacr: control[CONTROL.dacr]!,
  mair0: control[CONTROL.mair0]!,
  mair1: control[CONTROL.mair1]!,
});
