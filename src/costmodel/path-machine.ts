/**
 * Machines on which paths alone are priced (`use: paths` in `calibration/machines/*.yaml`): their core is none that replay has
 * rules for, such as one that executes out of order. They have a clock, a core with prices of primitives, and the caches
 * that tell whether a path's lines can all be hits.
 */
import {existsSync} from 'node:fs';
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import {parameter} from '../parameters/parameter.ts';

const cache = z.strictObject({size: parameter('B'), ways: parameter('ways'), line: parameter('B')});

const pathMachineFile = z.strictObject({
  id: z.string(),
  title: z.string(),
  use: z.literal('paths'),
  core: z.strictObject({
    /** Names the prices of primitives: `calibration/primitives/*.yaml`. */
    model: z.string(),
    clock: parameter('MHz'),
    /** Instructions that it decodes in a cycle. */
    width: parameter('instructions'),
    stages: parameter('stages'),
  }),
  translation: z.strictObject({
    instructionTlbEntries: parameter('entries'),
    loadTlbEntries: parameter('entries'),
    storeTlbEntries: parameter('entries'),
    mainTlbSets: parameter('sets'),
    mainTlbWays: parameter('ways'),
  }),
  caches: z.strictObject({l1i: cache, l1d: cache, l2: cache}),
  dram: z.strictObject({clock: parameter('MHz'), channels: parameter('channels'), channelWidth: parameter('bits')}),
  memory: z.strictObject({base: parameter('B'), size: parameter('B')}),
});
export type PathMachineFile = z.infer<typeof pathMachineFile>;

const anyUse = z.looseObject({use: z.unknown().optional()});

/** Does the file say that it is for paths alone? False for one that is not there. @throws InputError for what is no YAML. */
export const isForPathsAlone = (path: string): boolean => existsSync(path) && readYaml(path, anyUse).use === 'paths';

/** @throws InputError with line and column for anything unknown, missing or out of bounds. */
export const readPathMachine = (path: string): PathMachineFile => readYaml(path, pathMachineFile);

export const pathMachinePath = (id: string): string => packagePath('calibration', 'machines', `${id}.yaml`);
