/**
 * An initramfs of programs of Debian's that check themselves: stress-ng, rt-tests and tests of GLib.
 *
 *   npm run guest:stress [folder]
 *
 * leaves `initramfs.cpio` in `guests/linux-stress` (or the folder), whose /init runs `checks/NAME` for `check=NAME` on the kernel's
 * command line, then powers off. The kernel is that of `npm run guest:linux`.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {CHECKS, GLIB_TESTS} from './checks.ts';
import {cpio, type Entry} from './cpio.ts';
import {Debian, describePackage, MIRROR, unpack} from './debian.ts';

const OUTPUT = join(import.meta.dirname, 'linux-stress');
/** Programs by package, and where they lie in it. */
const PROGRAMS: Readonly<Record<string, {readonly folder: string; readonly names: readonly string[]}>> = {
  'busybox-static': {folder: 'bin', names: ['busybox']},
  'stress-ng': {folder: 'usr/bin', names: ['stress-ng']},
  'rt-tests': {
    folder: 'usr/bin',
    names: [
      'cyclictest',
      'pi_stress',
      'pip_stress',
      'pmqtest',
      'ptsematest',
      'signaltest',
      'sigwaittest',
      'ssdd',
      'svsematest',
    ],
  },
  'libglib2.0-tests': {
    folder: 'usr/libexec/installed-tests/glib',
    names: GLIB_TESTS,
  },
};
/** What brings the libraries of those programs, and little else. */
const LIBRARIES = ['stress-ng', 'libnuma1', 'libglib2.0-0', 'libgcc-s1'];
/** Opened by name, when a thread is cancelled. */
const OPENED = 'libgcc_s.so.1';
const LOADER = 'ld-linux-armhf.so.3';
const PLACES = ['lib/arm-linux-gnueabihf', 'usr/lib/arm-linux-gnueabihf'];

const INIT = `#!/bin/busybox sh
export PATH=/bin
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
busybox mkdir /dev/shm
busybox mount -t tmpfs tmpfs /tmp
cd /tmp
sh "/checks/$check"
busybox poweroff -f
`;

const directory = (path: string): Entry => ({path, type: 'directory', mode: 0o755});
const executable = (path: string, data: Uint8Array): Entry => ({path, type: 'file', mode: 0o755, data});

/** Names of the libraries that an ELF file asks for. */
const needed = (file: string): readonly string[] =>
  [...execFileSync('readelf', ['--dynamic', file], {encoding: 'utf8'}).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(
    ([, name]) => name!,
  );

const locate = (root: string, library: string): string => {
  const path = PLACES.map((place) => join(root, place, library)).find(existsSync);
  if (path === undefined) throw new Error(`no package brings ${library}`);
  return path;
};

/** All libraries that these files need, by name. */
const closure = (root: string, files: readonly string[]): ReadonlyMap<string, string> => {
  const found = new Map([OPENED, LOADER].map((name) => [name, locate(root, name)]));
  const rest = [...files, ...found.values()];
  for (let file = rest.pop(); file !== undefined; file = rest.pop()) {
    for (const name of needed(file).filter((one) => !found.has(one))) {
      const path = locate(root, name);
      found.set(name, path);
      rest.push(path);
    }
  }
  return found;
};

const initramfs = (root: string): Uint8Array => {
  const programs = Object.values(PROGRAMS).flatMap(({folder, names}) =>
    names.map((name) => ({name, path: join(root, folder, name)})),
  );
  const libraries = closure(
    root,
    programs.map(({path}) => path),
  );
  return cpio([
    ...['bin', 'checks', 'dev', 'lib', 'proc', 'sys', 'tmp'].map(directory),
    {path: 'dev/console', type: 'characterDevice', mode: 0o600, device: [5, 1]},
    ...programs.map(({name, path}) => executable(`bin/${name}`, readFileSync(path))),
    ...[...libraries].map(([name, path]) => executable(`lib/${name}`, readFileSync(path))),
    {path: 'bin/sh', type: 'link', mode: 0o777, data: Buffer.from('busybox')},
    ...Object.entries(CHECKS).map(([name, lines]) =>
      executable(`checks/${name}`, Buffer.from(`${lines.join('\n')}\n`)),
    ),
    executable('init', Buffer.from(INIT)),
  ]);
};

const build = (output: string, scratch: string): void => {
  const debian = new Debian(join(scratch, 'apt'), 'armhf');
  const root = join(scratch, 'root');
  mkdirSync(root);
  // The packages of the programs alone: some depend on half of a desktop, for tests that are not run.
  const archives = new Set([
    ...Object.keys(PROGRAMS).map((name) => debian.fetch(name)),
    ...debian.fetchWithDependencies(LIBRARIES),
  ]);
  for (const archive of archives) unpack(archive, root, '--exclude=./usr/share');
  mkdirSync(output, {recursive: true});
  writeFileSync(join(output, 'initramfs.cpio'), initramfs(root));
  writeFileSync(join(output, 'packages'), `${[...archives].map(describePackage).join('\n')}\n`);
  console.log(`${output}: ${Object.keys(CHECKS).join(', ')}`);
};

const output = process.argv[2] ?? OUTPUT;
const scratch = mkdtempSync(join(tmpdir(), 'stress-guest-'));
try {
  build(output, scratch);
} catch (error) {
  console.error(
    `${(error as Error).message}\nThe stress guest could not be made in ${output}: this needs apt, dpkg-deb, readelf and ${MIRROR}.`,
  );
  process.exitCode = 1;
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
