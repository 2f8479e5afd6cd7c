/** A decoded block as translations are made of it: user mode's (engine/code-cache.ts), or system mode's (system/code-cache.ts). */
import type {Operation} from '../core/operation.ts';

export interface RegionBlock {
  /** In the dictionary of the trace. */
  readonly id: number;
  /** `Cpu.next` at its first instruction, and behind its last. */
  readonly next: number;
  readonly end: number;
  readonly operations: readonly Operation[];
  /** By the interpreter. */
  executions: number;
  /** Where translated code has it. */
  translation: object | undefined;
}
