import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parse} from 'yaml';

interface CatalogueBuild {
  readonly profile: string;
  readonly optimization: string;
  readonly elf: string;
  readonly instructionsPerUnit: number | null;
}

interface CatalogueGuest {
  readonly id: string;
  readonly description: string;
  readonly arguments: readonly {readonly name: string; readonly description: string; readonly default?: string}[];
  readonly unit: string;
  readonly marks: string;
  readonly builds: readonly CatalogueBuild[];
}

export const GUESTS = join(import.meta.dirname, '../../guests');
export const CATALOGUE = parse(readFileSync(join(GUESTS, 'catalogue.yaml'), 'utf8')) as readonly CatalogueGuest[];
/** Those that execute their work themselves, so that its instructions can be counted. */
export const COUNTED = CATALOGUE.filter(({builds}) => builds.every((build) => build.instructionsPerUnit !== null));

export const hasQemu = spawnSync('qemu-arm', ['--version']).status === 0;

/** Goes into a test's name, so that a skipped one says why. */
export const qemuNote = hasQemu ? '' : ' (skipped: qemu-arm is not installed, Debian package qemu-user)';

export const runGuest = (elf: string, args: readonly string[]) => {
  const {status, stdout, stderr} = spawnSync('qemu-arm', [join(GUESTS, elf), ...args], {encoding: 'utf8'});
  return {status, stdout, stderr};
};
