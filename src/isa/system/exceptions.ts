/** Exceptions that PL1 takes without Security and Virtualization Extensions (DDI 0406C B1.8.1, B1.9). */
import {MODE, PSR} from './modes.ts';

export type ExceptionKind = 'undefined' | 'supervisor-call' | 'prefetch-abort' | 'data-abort' | 'irq' | 'fiq';

interface Exception {
  readonly mode: number;
  readonly vector: number;
  /** CPSR.A, I and F that entry sets. */
  readonly masks: number;
  /** What the link register has beyond the address of the instruction, in A32 and in T32 state. */
  readonly link: readonly [number, number];
}

const {irqMask, fiqMask, abortMask} = PSR;

/** Of interrupts the instruction is the next one. */
export const EXCEPTION: Readonly<Record<ExceptionKind, Exception>> = {
  undefined: {mode: MODE.undefined, vector: 0x04, masks: irqMask, link: [4, 2]},
  'supervisor-call': {mode: MODE.supervisor, vector: 0x08, masks: irqMask, link: [4, 2]},
  'prefetch-abort': {mode: MODE.abort, vector: 0x0c, masks: irqMask | abortMask, link: [4, 4]},
  'data-abort': {mode: MODE.abort, vector: 0x10, masks: irqMask | abortMask, link: [8, 8]},
  irq: {mode: MODE.irq, vector: 0x18, masks: irqMask | abortMask, link: [4, 4]},
  fiq: {mode: MODE.fiq, vector: 0x1c, masks: irqMask | abortMask | fiqMask, link: [4, 4]},
};

export const HIGH_VECTORS = 0xffff_0000 | 0;
