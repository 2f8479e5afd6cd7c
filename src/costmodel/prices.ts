/** What the primitives of a hypervisor path cost: `calibration/primitives.yaml` and each build's cycles per instruction. */
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import type {Path} from '../hypervisors/path-schema.ts';
import {parameter} from '../parameters/parameter.ts';

const primitivesFile = z.strictObject({
  id: z.literal('primitives'),
  device: parameter('cycles'),
  barrier: parameter('cycles'),
  instructionBarrier: parameter('cycles'),
  systemRegister: parameter('cycles'),
  modeSwitch: parameter('cycles'),
  missExposure: parameter('ratio'),
});
export type PrimitivesFile = z.infer<typeof primitivesFile>;

export const primitivesPath = (): string => packagePath('calibration', 'primitives.yaml');
export const readPrimitives = (): PrimitivesFile => readYaml(primitivesPath(), primitivesFile);

/** Cycles by primitive. */
export interface Prices {
  readonly device: number;
  readonly barrier: number;
  readonly instructionBarrier: number;
  readonly systemRegister: number;
  readonly modeSwitch: number;
  /** Share of the waits for a path's lines that is exposed. */
  readonly missExposure: number;
}

/** One item of a path's price. */
export interface PathItem {
  readonly primitive: 'instructions' | 'device' | 'barriers' | 'systemRegisters' | 'modeSwitches';
  readonly count: number;
  readonly cycles: number;
}

/** A path's own time, item by item, with every line a hit. The one place where primitives get their price. */
export const pricePath = (path: Path, cyclesPerInstruction: number, prices: Prices): PathItem[] => [
  {primitive: 'instructions', count: path.instructions, cycles: path.instructions * cyclesPerInstruction},
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
