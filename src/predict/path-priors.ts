/** What paths should cost by what is known of hardware alone, beside what they do cost: `calibration/path-priors.yaml`. */
import {z} from 'zod';
import {pathCycles} from '../costmodel/prices.ts';
import {InputError} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';
import {type Parameter, parameter} from '../parameters/parameter.ts';
import type {Calibration} from './calibration.ts';

const cycles = z.number().positive();
const prior = z
  .strictObject({system: z.string(), build: z.string(), path: z.string(), low: cycles, middle: cycles, high: cycles})
  .refine(({low, middle, high}) => low <= middle && middle <= high, {message: 'low, middle and high must ascend'});

const priorsFile = z.strictObject({source: z.string(), linesFromL2: parameter('ratio'), priors: z.array(prior).min(1)});
export type PathPriors = z.infer<typeof priorsFile>;

export const pathPriorsPath = (): string => packagePath('calibration', 'path-priors.yaml');

export const readPathPriors = (path = pathPriorsPath()): PathPriors => readYaml(path, priorsFile);

/** One path's price beside its prior. */
export interface PathPriorRow {
  readonly system: string;
  readonly build: string;
  readonly path: string;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  /** Cycles, every line a hit. */
  readonly allHits: number;
  /** Cycles, a share of its lines coming from L2: what the prior is of. */
  readonly linesFromL2: number;
  readonly verdict: 'below' | 'within' | 'above';
}

const find = <T>(all: Readonly<Record<string, T>>, name: string, what: string, place: string): T => {
  const found = all[name];
  if (found !== undefined) return found;
  const guess = nearest(name, Object.keys(all));
  throw new InputError(`there is no ${what} '${name}'`, {
    file: pathPriorsPath(),
    place,
    remedy: guess === undefined ? `choose from ${Object.keys(all).join(', ')}` : `did you mean '${guess}'?`,
  });
};

const verdictOf = (price: number, low: number, high: number): PathPriorRow['verdict'] => {
  if (price < low) return 'below';
  return price > high ? 'above' : 'within';
};

/** Prices under a calibration, in the order of the priors. @throws InputError for a prior of a path that no build has. */
export const pathPriorRows = (
  {priors, linesFromL2}: {readonly priors: PathPriors['priors']; readonly linesFromL2: Parameter},
  {hypervisors, machineFile, prices}: Pick<Calibration, 'hypervisors' | 'machineFile' | 'prices'>,
): PathPriorRow[] =>
  priors.map((one, index) => {
    const place = `priors.${index}`;
    const {builds}: HypervisorFile = find(hypervisors, one.system, 'system', place);
    const build = find(builds, one.build, 'build', place);
    const path = find(build.paths, one.path, 'path', place);
    const {l1i, l1d, l2Hit} = machineFile.caches;
    const allHits = pathCycles(path, build.cyclesPerInstruction.value, prices);
    const lines = Math.ceil(path.code / l1i.line.value) + Math.ceil(path.data / l1d.line.value);
    const price = allHits + lines * linesFromL2.value * l2Hit.value;
    return {...one, allHits, linesFromL2: price, verdict: verdictOf(price, one.low, one.high)};
  });
