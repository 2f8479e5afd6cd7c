/** What of published microbenchmarks another machine is to predict, and by what: `calibration/transfer/<machine>.yaml`. */
import {existsSync, readdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import {z} from 'zod';
import {InputError} from '../files/errors.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import {parameter} from '../parameters/parameter.ts';

const without = z.strictObject({
  /** Steps of the path whose description has this text are not executed. */
  steps: z.string().min(1),
  /** The path that has the steps, where the one that is priced has none. */
  stepsOf: z.string().optional(),
  /** Are device accesses not made either? */
  device: z.boolean(),
});
export type Without = z.infer<typeof without>;

const PRICES = ['device', 'barrier', 'instructionBarrier', 'systemRegister', 'modeSwitch'] as const;

const row = z.discriminatedUnion('use', [
  z.strictObject({
    test: z.string(),
    use: z.literal('paths'),
    /** Those of the published row by default. */
    paths: z.array(z.string()).min(1).optional(),
    without: without.optional(),
    reason: z.string(),
  }),
  z.strictObject({
    test: z.string(),
    use: z.literal('accesses'),
    /** To a device, outside of any path. */
    accesses: z.number().int().positive(),
    reason: z.string(),
  }),
  /** A price was taken from it, so that it is no prediction. */
  z.strictObject({test: z.string(), use: z.literal('input'), price: z.enum(PRICES), reason: z.string()}),
]);
export type TransferRow = z.infer<typeof row>;

const transferFile = z.strictObject({
  machine: z.string(),
  system: z.string(),
  publication: z.string(),
  /** By what the counts of instructions may be off. */
  instructions: parameter('ratio'),
  rows: z.array(row).min(1),
  leftOut: z.array(z.strictObject({publication: z.string(), reason: z.string()})),
});
export type TransferFile = z.infer<typeof transferFile>;

const directory = (): string => packagePath('calibration', 'transfer');

export const transferMachines = (): readonly string[] =>
  readdirSync(directory())
    .map((name) => basename(name, '.yaml'))
    .sort();

export const transferPath = (machine: string): string => join(directory(), `${machine}.yaml`);

/** @throws InputError for a machine without a file, or a malformed one. */
export const readTransfer = (machine: string, path = transferPath(machine)): TransferFile => {
  if (existsSync(path)) return readYaml(path, transferFile);
  throw new InputError(`no published microbenchmarks are to be predicted for machine '${machine}'`, {
    remedy: `choose from ${transferMachines().join(', ')}`,
  });
};
