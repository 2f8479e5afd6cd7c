/**
 * Debian 12's own armhf and armel programs, and a static qemu-arm to compare with, in one folder outside the repository:
 *
 *   node --import tsx test/programs/sysroot.ts [folder]
 *
 * No maintainer script runs: what the programs need of their work is in `configure`.
 */
import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Debian, describePackage, MIRROR, SUITE, unpack} from '../../guests/debian.ts';

export type Architecture = 'armhf' | 'armel';
export const ARCHITECTURES: readonly Architecture[] = ['armel', 'armhf'];

/** What the cases run; apt adds what these depend on. */
const PROGRAMS: readonly string[] = [
  ...['base-files', 'base-passwd', 'libc6', 'libc-bin', 'libgcc-s1', 'coreutils', 'diffutils', 'findutils', 'tar'],
  ...['bash', 'dash', 'busybox-static', 'grep', 'sed', 'mawk', 'gawk', 'bc', 'dc', 'm4', 'make', 'jq', 'file'],
  ...['gzip', 'bzip2', 'xz-utils', 'zstd', 'perl', 'python3', 'sqlite3', 'openssl', 'mbw', 'rt-tests'],
];
/** Static, so that it also runs where the sysroot is the root folder. */
const QEMU_PACKAGE = 'qemu-user-static';
/** To be raised when `configure` changes: sysroots of another layout are made again. */
const LAYOUT = 2;
const QEMU_PATH = 'usr/bin/qemu-arm-static';
/** What the Python cases import. Uncompiled, as the package has them, they would take most of a case's time. */
const PYTHON_MODULES: readonly string[] = (
  'array asyncio base64 bisect bz2 calendar cmath collections concurrent.futures.thread copy csv ctypes dataclasses ' +
  'datetime decimal enum fractions functools hashlib heapq hmac json lzma pathlib pickle queue random re shutil socket ' +
  'sqlite3 statistics string struct subprocess tempfile textwrap threading traceback unicodedata'
).split(' ');
/** Compiled files that are believed whatever the time of their source, which an emulated file system may not keep. */
const COMPILE_PYTHON = `
import sys, ${PYTHON_MODULES.join(', ')}
from py_compile import PycInvalidationMode, compile
for module in list(sys.modules.values()):
    path = getattr(module, '__file__', None) or ''
    if path.endswith('.py'): compile(path, doraise=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
`;
/** Half of the size, and no program reads them. */
const UNREAD = ['usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/locale'];

export const sysrootsFolder = (): string =>
  process.env.TRAPWALK_SYSROOTS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'trapwalk', 'sysroots');
export const sysroot = (architecture: Architecture): string => join(sysrootsFolder(), architecture);
export const qemuStatic = (): string => join(sysrootsFolder(), 'qemu', QEMU_PATH);

/** What base-passwd, libc-bin, mawk and python3.11 would do when they are configured. */
const configure = (root: string, qemu: string): void => {
  const share = join(root, 'usr/share');
  cpSync(join(share, 'base-passwd/passwd.master'), join(root, 'etc/passwd'));
  cpSync(join(share, 'base-passwd/group.master'), join(root, 'etc/group'));
  cpSync(join(share, 'libc-bin/nsswitch.conf'), join(root, 'etc/nsswitch.conf'));
  symlinkSync('mawk', join(root, 'usr/bin/awk'));
  const python = join(root, 'usr/bin/python3.11');
  execFileSync(qemu, ['-L', root, python, '-I', '-c', COMPILE_PYTHON], {stdio: 'inherit'});
};

const fillSysroot = (root: string, archives: readonly string[], folder: string): void => {
  for (const name of ['bin', 'sbin', 'lib']) {
    mkdirSync(join(root, 'usr', name), {recursive: true});
    // As in any installed Debian since 11; the packages still name both places.
    symlinkSync(`usr/${name}`, join(root, name));
  }
  for (const archive of archives) unpack(archive, root, ...UNREAD.map((path) => `--exclude=./${path}/*`));
  configure(root, join(folder, 'qemu', QEMU_PATH));
};

const fillQemu = (root: string, archives: readonly string[]): void => {
  for (const archive of archives) unpack(archive, root, `./${QEMU_PATH}`);
};

interface Wanted {
  readonly name: string;
  readonly architecture: string;
  readonly packages: readonly string[];
  readonly fill: (root: string, archives: readonly string[], folder: string) => void;
}

/** Leaves `<folder>/<name>` and `<folder>/<name>.packages`, the second once the first is whole. */
const provide = (folder: string, {name, architecture, packages, fill}: Wanted): void => {
  const target = join(folder, name);
  const stamp = `${target}.packages`;
  const request = `${SUITE} ${architecture}: ${packages.join(' ')}; layout ${LAYOUT}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').startsWith(`${request}\n`)) {
    console.log(`${target}: already there`);
    return;
  }
  const scratch = `${target}.partial-${process.pid}`;
  try {
    const archives = new Debian(join(scratch, 'apt'), architecture).fetchWithDependencies(packages);
    const root = join(scratch, 'root');
    mkdirSync(root);
    fill(root, archives, folder);
    for (const path of [stamp, target]) rmSync(path, {recursive: true, force: true});
    renameSync(root, target);
    const versions = archives.map(describePackage);
    writeFileSync(stamp, `${request}\n${versions.toSorted().join('\n')}\n`);
    console.log(`${target}: ${archives.length} packages`);
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
};

const fetchAll = (folder: string): void => {
  mkdirSync(folder, {recursive: true});
  const host = execFileSync('dpkg', ['--print-architecture'], {encoding: 'utf8'}).trim();
  provide(folder, {name: 'qemu', architecture: host, packages: [QEMU_PACKAGE], fill: fillQemu});
  for (const architecture of ARCHITECTURES)
    provide(folder, {name: architecture, architecture, packages: PROGRAMS, fill: fillSysroot});
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? sysrootsFolder();
  try {
    fetchAll(folder);
  } catch (error) {
    console.error(
      `${(error as Error).message}\nThe programs could not be fetched into ${folder}: this needs apt, dpkg-deb and ${MIRROR}.`,
    );
    process.exitCode = 1;
  }
}
