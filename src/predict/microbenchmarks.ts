/** Published times of single paths, measured on other cores, beside the cycles that the model gives the same paths on ours. */
import {type Prices, pathCycles} from '../costmodel/prices.ts';
import {readCsv} from '../files/csv.ts';
import {InputError} from '../files/errors.ts';
import {packagePath} from '../files/paths.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';

const COLUMNS = ['publication', 'table', 'core', 'clock_mhz', 'system', 'test', 'cycles', 'paths', 'note'] as const;

export interface PublishedPath {
  readonly publication: string;
  readonly table: string;
  readonly core: string;
  readonly clockMegahertz: number;
  readonly system: string;
  readonly test: string;
  /** Of that core. */
  readonly cycles: number;
  /** Ours, that do the same. */
  readonly paths: readonly string[];
  readonly note: string;
  /** Of our core, every line a hit. */
  readonly modelCycles: number;
  /** Published cycles in units of ours. */
  readonly ratio: number;
}

const microbenchmarksPath = (): string => packagePath('calibration', 'published', 'microbenchmarks.csv');

/** Of the systems in `hypervisors`. @throws InputError for a row whose paths the build in use lacks, or whose numbers are none. */
export const publishedPaths = (
  hypervisors: readonly HypervisorFile[],
  prices: Prices,
  file = microbenchmarksPath(),
): readonly PublishedPath[] =>
  readCsv(file, COLUMNS).flatMap((row, index) => {
    const h = hypervisors.find(({id}) => id === row.system);
    const build = h?.builds[h.build];
    if (!build) return [];
    const place = `${index + 2}`;
    const [cycles, clockMegahertz] = [Number(row.cycles), Number(row.clock_mhz)];
    if (!(cycles > 0 && clockMegahertz > 0))
      throw new InputError('cycles and clock_mhz must be numbers above 0', {file, place});
    const paths = row.paths.split(' ');
    const priced = paths.map((name) => {
      const path = build.paths[name];
      if (!path) throw new InputError(`'${row.system}' has no path '${name}'`, {file, place});
      return pathCycles(path, build.cyclesPerInstruction.value, prices);
    });
    const modelCycles = priced.reduce((sum, one) => sum + one, 0);
    const {publication, table, core, system, test, note} = row;
    return [
      {
        ...{publication, table, core, clockMegahertz, system, test, cycles},
        ...{paths, note, modelCycles},
        ratio: cycles / modelCycles,
      },
    ];
  });
