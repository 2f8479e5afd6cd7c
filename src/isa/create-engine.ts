/** The engine of a name. */
import type {Cpu} from './core/cpu.ts';
import type {CodeCache} from './engine/code-cache.ts';
import type {Engine, EngineName} from './engine/engine.ts';
import {Interpreter} from './engine/interpreter.ts';
import type {Memory} from './memory/memory.ts';
import type {RegionLimits} from './translate/region.ts';
import {Translator} from './translate/translator.ts';

/** @param isHostCall tells addresses at which the host acts in the guest's place. */
export const createEngine = (
  name: EngineName,
  cpu: Cpu<Memory>,
  cache: CodeCache,
  isHostCall: (next: number) => boolean,
  limits?: Partial<RegionLimits>,
): Engine =>
  name === 'translate' ? new Translator(cpu, cache, isHostCall, limits) : new Interpreter(cpu, cache, isHostCall);
