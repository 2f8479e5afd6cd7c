/** Published times of single paths, measured on other cores, beside the cycles that the model gives the same paths on ours. */
import {type Prices, pathCycles} from '../costmodel/prices.ts';
import {readCsv} from '../files/csv.ts';
import {InputError} from '../files/errors.ts';
import {packagePath} from '../files/paths.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';

const COLUMNS = ['publication', 'table', 'core', 'clock_mhz', 'system', 'test', 'cycles', 'paths', 'note'] as const;

/** A published row. */
export interface PublishedTest {
  readonly publication: string;
  readonly table: string;
  readonly core: string;
  readonly clockMegahertz: number;
  readonly system: string;
  readonly test: string;
  /** Of that core. */
  readonly cycles: number;
  /** Ours, that do the same as they stand; none where only a part of one does. */
  readonly paths: readonly string[];
  readonly note: string;
}

export interface PublishedPath extends PublishedTest {
  /** Of our core, every line a hit. */
  readonly modelCycles: number;
  /** Published cycles in units of ours. */
  readonly ratio: number;
}

const microbenchmarksPath = (): string => packagePath('calibration', 'published', 'microbenchmarks.csv');

/** In the order of the file. @throws InputError for a malformed file, or numbers that are none. */
export const publishedTests = (file = microbenchmarksPath()): readonly PublishedTest[] =>
  readCsv(file, COLUMNS).map((row, index) => {
    const [cycles, clockMegahertz] = [Number(row.cycles), Number(row.clock_mhz)];
    if (!(cycles > 0 && clockMegahertz > 0))
      throw new InputError('cycles and clock_mhz must be numbers above 0', {file, place: `${index + 2}`});
    const {publication, table, core, system, test, note} = row;
    const paths = row.paths.split(' ').filter((name) => name !== '');
    return {publication, table, core, clockMegahertz, system, test, cycles, paths, note};
  });

/** Of the systems in `hypervisors`. @throws InputError for a row whose paths the build in use lacks, or whose numbers are none. */
export const publishedPaths = (
  hypervisors: readonly HypervisorFile[],
  prices: Prices,
  file = microbenchmarksPath(),
): readonly PublishedPath[] =>
  publishedTests(file).flatMap((row, index) => {
    const h = hypervisors.find(({id}) => id === row.system);
    const build = h?.builds[h.build];
    if (!build || row.paths.length === 0) return [];
    const priced = row.paths.map((name) => {
      const path = build.paths[name];
      if (!path) throw new InputError(`'${row.system}' has no path '${name}'`, {file, place: `${index + 2}`});
      return pathCycles(path, build.cyclesPerInstruction.value, prices);
    });
    const modelCycles = priced.reduce((sum, one) => sum + one, 0);
    return [{...row, modelCycles, ratio: row.cycles / modelCycles}];
  });
