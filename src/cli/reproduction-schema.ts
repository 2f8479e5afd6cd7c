/** A stored `trapwalk reproduce --json` as it must look to be drawn again. */
import {z} from 'zod';
import {readText} from '../files/read.ts';
import {parseYaml} from '../files/yaml.ts';
import {PARAMETER_KINDS} from '../parameters/parameter.ts';
import {FIGURE_UNITS} from '../predict/figure-units.ts';
import {coverageSchema, validationSchema} from '../predict/fit-file.ts';
import type {Reproduction} from '../predict/result.ts';

const number = z.number();
const text = z.string();
const whole = z.number().int().min(0);

const cell = z.strictObject({
  table: text,
  benchmark: text,
  hostCpus: whole,
  case: text,
  sut: text,
  unit: z.enum(FIGURE_UNITS),
  predicted: number,
  lower: number,
  upper: number,
  deviations: z.strictObject({parameters: number, placement: number, discrepancy: number}).nullable(),
  published: number.nullable(),
  fitted: z.boolean(),
});

const error = z.strictObject({
  benchmark: text,
  hostCpus: whole,
  sut: text,
  cells: whole,
  fittedCells: whole,
  meanAbsolutePercentageError: number,
  worstPercentageError: number,
  /** JSON has no NaN: null where there was no other benchmark to compare with. */
  noOverhead: number.nullable(),
  sameOverheadAsOthers: number.nullable(),
});

const attribution = z.strictObject({
  benchmark: text,
  case: text,
  hostCpus: whole,
  sut: text,
  per: text,
  totalCycles: number,
  items: z.array(z.strictObject({group: text, mechanism: text, cycles: number})),
  unattributed: number,
});

const recording = z.strictObject({
  id: text,
  title: text,
  vcpu: whole,
  vcpus: whole,
  unit: text,
  units: whole,
  instructions: number,
  processSwitches: number,
  possibleExits: number,
  kernelCodeLines: number,
  kernelDataLines: number,
  systems: z.array(
    z.strictObject({
      sut: text,
      cycles: number,
      overHost: number.nullable(),
      walks: number,
      stage1Reads: number,
      stage2Reads: number,
    }),
  ),
});

const parameter = z.strictObject({
  id: text,
  value: number,
  unit: text,
  kind: z.enum(PARAMETER_KINDS),
  source: text,
  lower: number.optional(),
  upper: number.optional(),
  standardError: number.optional(),
});

const reproduction = z.strictObject({
  schemaVersion: z.literal(1),
  cells: z.array(cell).min(1),
  errors: z.array(error),
  baselines: z.strictObject({noOverhead: text, sameOverheadAsOthers: text}),
  orders: z.array(z.strictObject({claim: text, holds: z.boolean(), evidence: text})),
  attributions: z.array(attribution),
  counts: z.array(z.strictObject({benchmark: text, case: text, sut: text, counts: z.record(text, number)})),
  recordings: z.array(recording).default([]),
  fit: z.strictObject({
    parameters: whole,
    cells: whole,
    atBound: z.array(text),
    inSample: validationSchema,
    validations: z.array(validationSchema),
    coverage: coverageSchema,
  }),
  parameters: z.array(parameter),
  provenance: z.strictObject({
    trapwalk: text,
    node: text,
    command: text,
    seeds: z.array(whole),
    hashes: z.record(text, text),
    timings: z.record(text, number).optional(),
  }),
});

const parsed = (content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
};

/** @throws InputError with the line of what is wrong. */
export const readReproduction = (path: string): Reproduction => {
  const content = readText(path);
  const result = reproduction.safeParse(parsed(content));
  // The slow parser knows where in the file a complaint belongs.
  const data = result.success ? result.data : parseYaml(content, path, reproduction);
  return data as Reproduction;
};
