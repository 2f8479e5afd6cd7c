/**
 * A number with its provenance, as every calibration file holds them. The loader rejects a missing source, an unknown
 * unit and a value outside its own bounds, so that no prediction rests on a number that nobody vouches for.
 */
import {z} from 'zod';

export const PARAMETER_KINDS = ['measured', 'cited', 'fitted', 'assumed'] as const;

export interface Parameter {
  readonly value: number;
  readonly unit: string;
  /** measured: counted or timed by us; cited: read in a source; fitted: estimated from published cells; assumed: neither. */
  readonly kind: (typeof PARAMETER_KINDS)[number];
  readonly source: string;
  /** Where a fit may move it, and the range a reader should believe. */
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
}

/** Bounds are read as two standard deviations either way; without them the value is taken as it stands. */
export const priorDeviation = ({lower, upper}: Pick<Parameter, 'lower' | 'upper'>): number =>
  lower === undefined || upper === undefined ? 0 : (upper - lower) / 4;

/** Schema of a parameter that must be given in `unit`. */
export const parameter = (unit: string) =>
  z
    .strictObject({
      value: z.number(),
      unit: z.literal(unit),
      kind: z.enum(PARAMETER_KINDS),
      source: z.string().min(3),
      lower: z.number().optional(),
      upper: z.number().optional(),
    })
    .refine((p) => (p.lower ?? -Infinity) <= p.value && p.value <= (p.upper ?? Infinity), {
      message: 'value lies outside its own bounds',
    });

/** Schema of a parameter that is off (0) or on (1): a fact that sources leave open. */
export const toggle = () =>
  parameter('switch').refine(({value}) => value === 0 || value === 1, {message: 'a switch is 0 (off) or 1 (on)'});

/** A parameter and the dotted path that names it, e.g. `cubieboard2.dram.clock`. */
export interface NamedParameter extends Parameter {
  readonly id: string;
}

const isParameter = (node: object): node is Parameter => 'value' in node && 'unit' in node && 'source' in node;

/** Every parameter of a loaded file, depth first in file order. */
export const listParameters = (prefix: string, node: unknown): NamedParameter[] => {
  if (typeof node !== 'object' || node === null) return [];
  if (isParameter(node)) return [{id: prefix, ...node}];
  return Object.entries(node).flatMap(([key, child]) => listParameters(`${prefix}.${key}`, child));
};
