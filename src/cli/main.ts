/**
 * The command line, from dist/ or (through tsx) from src/. Either is the root that oclif knows: a build leaves its
 * manifest, the commands' descriptions, in dist/, where it describes nothing but that build.
 */
import {existsSync, readFileSync} from 'node:fs';
import {extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {execute, flush, settings} from '@oclif/core';
import {packagePath} from '../files/paths.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const extension = extname(import.meta.url);

/** The path of a command is its name. */
const beginsWithCommand = (words: readonly string[]): boolean => {
  let path = join(root, 'cli', 'commands');
  for (const word of words) {
    path = join(path, word);
    if (existsSync(path + extension)) return true;
    if (!existsSync(path)) return false;
  }
  return false;
};

const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));
// The plugins explain, complete and correct command lines; to load them takes longer than a small guest runs.
const plugins = beginsWithCommand(process.argv.slice(2)) ? [] : manifest.oclif.plugins;

// What is TypeScript, tsx loads; oclif need not look for sources.
settings.enableAutoTranspile = false;
await execute({loadOptions: {root, pjson: {...manifest, oclif: {...manifest.oclif, plugins}}}});
await flush();
// By itself Node would first wait for compilers and collectors on other threads, of which nobody needs anything any more.
process.exit();
