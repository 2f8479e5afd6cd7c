/** The cores of a machine around a board's bus. */
import type {EngineName} from '../engine/engine.ts';
import type {RegionLimits} from '../translate/region.ts';
import {BlockDictionary} from './block-dictionary.ts';
import type {Bus, CpuSurroundings} from './bus.ts';
import {SystemCodeCache} from './code-cache.ts';
import {MOST_CORES} from './layout.ts';
import type {Observer} from './observer.ts';
import {PhysicalMemory} from './physical-memory.ts';
import {type Machine, SystemCpu} from './system-cpu.ts';
import {SystemTranslator} from './translator.ts';
import {VirtualCpu} from './virtual-cpu.ts';

export interface MachineParts {
  /** Its RAM must be of `createRam`. */
  readonly bus: Bus;
  readonly surroundings: CpuSurroundings;
  readonly cores: number;
  readonly observer?: Observer;
  /** `translate` by default. */
  readonly engine?: EngineName;
  /** Of translated code; tests want other ones than the usual. */
  readonly limits?: Partial<RegionLimits>;
}

/** Cores that are all off. @throws RangeError for too many of them, or RAM that is not of `createRam`. */
export const createCores = ({
  bus,
  surroundings,
  cores,
  observer = {},
  engine = 'translate',
  limits,
}: MachineParts): readonly VirtualCpu[] => {
  if (cores < 1 || cores > MOST_CORES) throw new RangeError(`a machine has 1 to ${MOST_CORES} cores, not ${cores}`);
  const physical = new PhysicalMemory(bus);
  const cache = new SystemCodeCache(physical);
  const made: SystemCpu[] = [];
  const machine: Machine = {
    bus,
    surroundings,
    physical,
    observer,
    dictionary: new BlockDictionary(),
    cores: made,
  };
  for (let index = 0; index < cores; index++) made.push(new SystemCpu(machine, index));
  const translator = engine === 'translate' ? new SystemTranslator(physical, cache, cores, limits) : undefined;
  const all = made.map((cpu) => new VirtualCpu(cpu, cache, translator));
  cache.onInvalidate = (block) => {
    for (const core of all) core.forget(block);
    translator?.invalidate(block);
  };
  observer.attach?.(machine);
  return all;
};
