/**
 * Where a core's state lies in the engine's memory, in words. Translated code and the interpreter work on the same words,
 * so nothing is copied when one hands over to the other. A task that does not run keeps a copy of the first
 * {@link CONTEXT_WORDS}.
 */
export const STATE = {
  /** r0–r15; r15 is scratch, the place of execution is `next`. */
  registers: 0,
  negative: 16,
  zero: 17,
  carry: 18,
  overflow: 19,
  saturated: 20,
  greaterEqual: 21,
  threadPointer: 22,
  threadPointerWritable: 23,
  /** FPSCR.NZCV, its mode bits, and its cumulative bits with QC, each in its place. */
  fpscrFlags: 24,
  fpscrModes: 25,
  fpscrCumulative: 26,
  /** 1 while plain host arithmetic shows the whole effect of a VFP instruction that gives a normal result. */
  hostArithmetic: 27,
  next: 28,
  itState: 29,
  exclusiveAddress: 30,
  exclusiveSize: 31,
  /** d0–d31 as words, 16-byte aligned. */
  vfp: 32,
  /** Of system mode, behind the scratch words: 1 while VFP and Advanced SIMD instructions may execute. */
  vfpEnabled: 104,
} as const;

export const REGISTERS = 16;
export const VFP_WORDS = 64;
/** Four doubles behind d31 for intermediate results; not part of a task's context. */
export const VFP_SCRATCH_WORDS = 8;
export const CONTEXT_WORDS = STATE.vfp + VFP_WORDS;
/** The size of the whole area. */
export const STATE_WORDS = 128;
