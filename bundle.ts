/**
 * Bundles src/ into dist/, with the libraries in it that have hundreds of files: a start then opens a dozen, with of mathjs only what is used. What
 * oclif would ask every command for at every start, it finds in the manifest that is written here.
 */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Plugin} from '@oclif/core';
import {build, type Metafile} from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const BUNDLED = ['@oclif/core', 'mathjs'];

/** What is opened by its path: the library, the program, oclif's commands and hooks, and threads. */
const ENTRY = /^(index|cli\/(main|(commands|hooks)\/.+)|.*\bworker)\.ts$/;

/** CommonJS has these; a module has not. */
const COMMON_JS = `
import {createRequire as __createRequire} from 'node:module';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;
const __filename = import.meta.filename;`;

const bundle = async (): Promise<Metafile> => {
  const {metafile} = await build({
    absWorkingDir: root,
    entryPoints: readdirSync(join(root, 'src'), {recursive: true, encoding: 'utf8'})
      .filter((file) => ENTRY.test(file))
      .map((file) => join('src', file)),
    outbase: 'src',
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.20',
    // oclif loads the compiler if there is one.
    external: [...Object.keys(manifest.dependencies).filter((name) => !BUNDLED.includes(name)), 'typescript'],
    banner: {js: COMMON_JS},
    metafile: true,
  });
  return metafile;
};

/** Directories of the packages that a bundle holds. */
const packagesOf = ({outputs}: Metafile): readonly string[] => {
  const files = Object.values(outputs).flatMap(({inputs}) => Object.keys(inputs));
  const directories = files.flatMap((file) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  return [...new Set(directories)].toSorted();
};

/** @throws Error if a package brings no licence. */
const licenseOf = (directory: string): string => {
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  const {name, version, license} = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  if (file === undefined && license === undefined) throw new Error(`${name} has no licence`);
  const text = file === undefined ? '' : `\n\n${readFileSync(join(directory, file), 'utf8').trim()}`;
  return `${name} ${version}: ${license}${text}\n`;
};

const describeCommands = async (): Promise<unknown> => {
  const plugin = new Plugin({
    root: dist,
    isRoot: true,
    pjson: manifest,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  return plugin.manifest;
};

const packages = packagesOf(await bundle());
writeFileSync(
  join(dist, 'licenses.txt'),
  packages.map((one) => licenseOf(join(root, one))).join(`\n${'-'.repeat(80)}\n\n`),
);
writeFileSync(join(dist, 'oclif.manifest.json'), JSON.stringify(await describeCommands()));
