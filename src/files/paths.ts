/** Finds trapwalk's own files (calibration, guests), whether it runs from src/ or from dist/. */
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const isOurs = (directory: string): boolean => {
  const manifest = join(directory, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'trapwalk';
};

const findRoot = (start: string): string => {
  for (let directory = start; ; directory = dirname(directory)) {
    if (isOurs(directory)) return directory;
    if (directory === dirname(directory)) throw new Error(`trapwalk's package.json is not above ${start}`);
  }
};

let root: string | undefined;

/** The directory that holds trapwalk's package.json. */
export const packageRoot = (): string => {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return root;
};

/** Absolute path of a file of the package: `packagePath('calibration', 'published')`. */
export const packagePath = (...parts: string[]): string => join(packageRoot(), ...parts);
