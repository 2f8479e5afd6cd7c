/** What the primitives of a hypervisor path cost on a core: `calibration/primitives/*.yaml` and each build's cycles per instruction. */
import {existsSync, readdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import {z} from 'zod';
import {InputError} from '../files/errors.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import type {Path} from '../hypervisors/path-schema.ts';
import {parameter} from '../parameters/parameter.ts';
import {type Hertz, nanoseconds, toCycles} from '../units.ts';

const primitivesFile = z.strictObject({
  /** The core's. */
  id: z.string(),
  /** In time where the bus to the devices has a clock of its own. */
  device: z.union([parameter('cycles'), parameter('ns')]),
  barrier: parameter('cycles'),
  instructionBarrier: parameter('cycles'),
  systemRegister: parameter('cycles'),
  modeSwitch: parameter('cycles'),
  missExposure: parameter('ratio'),
  /** What builds' cycles per instruction are multiplied by on this core; left out where they are given for it. */
  instructionFactor: parameter('ratio').optional(),
});
export type PrimitivesFile = z.infer<typeof primitivesFile>;

const directory = (): string => packagePath('calibration', 'primitives');
export const primitivesPath = (core: string): string => join(directory(), `${core}.yaml`);

/** @param core by its model, as machine files name it. @throws InputError for one that has no prices, or a malformed file. */
export const readPrimitives = (core: string): PrimitivesFile => {
  const path = primitivesPath(core);
  if (existsSync(path)) return readYaml(path, primitivesFile);
  const known = readdirSync(directory()).map((name) => basename(name, '.yaml'));
  throw new InputError(`nothing is known of what paths cost on a '${core}'`, {
    file: path,
    remedy: `write the file, or choose a core from ${known.sort().join(', ')}`,
  });
};

/** Cycles by primitive. */
export interface Prices {
  readonly device: number;
  readonly barrier: number;
  readonly instructionBarrier: number;
  readonly systemRegister: number;
  readonly modeSwitch: number;
  /** Share of the waits for a path's lines that is exposed. */
  readonly missExposure: number;
  /** Of builds' cycles per instruction. */
  readonly instructionFactor: number;
}

/** In cycles of a core of that clock. */
export const pricesFrom = (file: PrimitivesFile, clock: Hertz): Prices => {
  const {device, barrier, instructionBarrier, systemRegister, modeSwitch, missExposure, instructionFactor} = file;
  return {
    device: device.unit === 'ns' ? toCycles(nanoseconds(device.value), clock) : device.value,
    barrier: barrier.value,
    instructionBarrier: instructionBarrier.value,
    systemRegister: systemRegister.value,
    modeSwitch: modeSwitch.value,
    missExposure: missExposure.value,
    instructionFactor: instructionFactor?.value ?? 1,
  };
};

/** One item of a path's price. */
export interface PathItem {
  readonly primitive: 'instructions' | 'device' | 'barriers' | 'systemRegisters' | 'modeSwitches';
  readonly count: number;
  readonly cycles: number;
}

/** A path's own time, item by item, with every line a hit. The one place where primitives get their price. */
export const pricePath = (path: Path, cyclesPerInstruction: number, prices: Prices): PathItem[] => [
  {
    primitive: 'instructions',
    count: path.instructions,
    cycles: path.instructions * cyclesPerInstruction * prices.instructionFactor,
  },
  {primitive: 'device', count: path.device, cycles: path.device * prices.device},
  {
    primitive: 'barriers',
    count: path.barriers + path.instructionBarriers,
    cycles: path.barriers * prices.barrier + path.instructionBarriers * prices.instructionBarrier,
  },
  {primitive: 'systemRegisters', count: path.systemRegisters, cycles: path.systemRegisters * prices.systemRegister},
  {primitive: 'modeSwitches', count: path.modeSwitches, cycles: path.modeSwitches * prices.modeSwitch},
];

export const pathCycles = (path: Path, cyclesPerInstruction: number, prices: Prices): number =>
  pricePath(path, cyclesPerInstruction, prices).reduce((sum, item) => sum + item.cycles, 0);
