/** What executes the guest's instructions; which one changes nothing but the speed. */
import type {Cpu} from '../core/cpu.ts';
import type {CodeCache} from './code-cache.ts';
import {Interpreter} from './interpreter.ts';

export const ENGINES = ['interpret'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface Engine {
  /** Instructions executed, those whose condition failed included. */
  readonly instructions: number;
  /**
   * Executes at least `budget` instructions, up to the end of the block that reaches them, or until an SVC, a host call,
   * or a trace buffer above its high mark.
   * @throws GuestFault, UndefinedInstruction, UnmodelledInstruction: the core's `next` is then the culprit's address, and
   * `instructions` counts those before it.
   */
  run(budget: number): void;
}

/** @param isHostCall tells addresses at which the host acts in the guest's place. */
export const createEngine = (
  _name: EngineName,
  cpu: Cpu,
  cache: CodeCache,
  isHostCall: (next: number) => boolean,
): Engine => new Interpreter(cpu, cache, isHostCall);
