/**
 * The Linux guest: Debian's newest armmp-lpae kernel, unmodified but decompressed, and an initramfs with Debian's busybox
 * and hackbench, and guests of our own.
 *
 *   npm run guest:linux [folder]
 *
 * leaves in `guests/linux` (or the folder):
 * - `zImage`, as the package has it, and `Image`, the kernel within it, which starts 2 G instructions sooner;
 * - `initramfs.cpio.gz`, whose /init runs what `run="…"` on the kernel's command line says, or a shell, and powers off;
 * - `config`, the kernel's own; `packages`, what all of it was made from;
 * - `hackbench-1.snapshot` and `hackbench-2.snapshot`, machines of one and two vCPUs where hackbench of traces/traces.yaml begins.
 */
import {execFile, execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {gzipSync} from 'node:zlib';
import {packagePath} from '../src/files/paths.ts';
import {type Recording, readRecordings} from '../src/predict/recordings.ts';
import {cpio, type Entry} from './cpio.ts';
import {Debian, describePackage, MIRROR, unpack} from './debian.ts';
import {BUILDS} from './programs.ts';

/** Depends on the newest version of the kernel. */
const KERNEL = 'linux-image-armmp-lpae';
/** The other packages, and what of each goes into the initramfs: where it lies in the package, and where it shall. */
const PROGRAMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'busybox-static': {'bin/busybox': 'bin/busybox'},
  'rt-tests': {'usr/bin/hackbench': 'bin/hackbench'},
  libc6: {
    'lib/arm-linux-gnueabihf/ld-linux-armhf.so.3': 'lib/ld-linux-armhf.so.3',
    'lib/arm-linux-gnueabihf/libc.so.6': 'lib/libc.so.6',
    'lib/arm-linux-gnueabihf/libpthread.so.0': 'lib/libpthread.so.0',
  },
};
/** Guests of ours that run as programs of this kernel; they go into a folder of their own, for one is called as Debian's is. */
const OWN_PROGRAMS = ['hackbench', 'kernel-operations', 'idle', 'mark'];
const OWN_FOLDER = 'trapwalk';
const OWN_PROFILE = 'v7-hf';
/** Recordings whose machines are kept where they begin. */
const KEPT = ['hackbench-1', 'hackbench-2'];
const OUTPUT = join(import.meta.dirname, 'linux');
/** A stream's header as kernels are packed: magic, check CRC32, and the header's own CRC. The decompressor holds the magic alone, too. */
const XZ_HEADER = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 1, 0x69, 0x22, 0xde, 0x36]);
const MOST_IMAGE = 2 ** 28;

const INIT = `#!/bin/busybox sh
export PATH=/bin:/${OWN_FOLDER}
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
if [ -n "$run" ]; then sh -c "$run"; else busybox setsid busybox cttyhack sh; fi
busybox poweroff -f
`;

const directory = (path: string): Entry => ({path, type: 'directory', mode: 0o755});

const ownProgram = (name: string): Entry => {
  const build = BUILDS.find(({program, profile}) => program.name === name && profile.name === OWN_PROFILE);
  if (build === undefined) throw new Error(`programs.ts has no ${OWN_PROFILE} build of ${name}`);
  const data = readFileSync(join(import.meta.dirname, 'bin', build.elf));
  return {path: `${OWN_FOLDER}/${name}`, type: 'file', mode: 0o755, data};
};

/** Busybox's shell finds its other commands by itself. @param root where the packages are unpacked. */
const initramfs = (root: string): Uint8Array =>
  cpio([
    ...['bin', 'dev', 'lib', 'proc', 'sys', 'tmp', OWN_FOLDER].map(directory),
    {path: 'dev/console', type: 'characterDevice', mode: 0o600, device: [5, 1]},
    ...Object.values(PROGRAMS)
      .flatMap((files) => Object.entries(files))
      .map(([from, path]): Entry => ({path, type: 'file', mode: 0o755, data: readFileSync(join(root, from))})),
    ...OWN_PROGRAMS.map(ownProgram),
    {path: 'bin/sh', type: 'link', mode: 0o777, data: Buffer.from('busybox')},
    {path: 'init', type: 'file', mode: 0o755, data: Buffer.from(INIT)},
  ]);

/** Debian packs its armhf kernels with xz, whose filter for Arm code Node does not have. */
const decompress = (image: Buffer): Buffer => {
  const start = image.indexOf(XZ_HEADER);
  if (start < 0) throw new Error('the kernel holds no xz stream');
  return execFileSync('xz', ['--decompress', '--stdout', '--single-stream'], {
    input: image.subarray(start),
    maxBuffer: MOST_IMAGE,
  });
};

const build = (output: string, scratch: string): void => {
  const debian = new Debian(join(scratch, 'apt'), 'armhf');
  const kernel = debian.dependenciesOf(KERNEL).find((name) => name.endsWith('-armmp-lpae'));
  if (kernel === undefined) throw new Error(`${KERNEL} depends on no kernel`);
  const version = kernel.replace('linux-image-', '');
  const members = {
    [kernel]: [`boot/vmlinuz-${version}`, `boot/config-${version}`],
    ...Object.fromEntries(Object.entries(PROGRAMS).map(([name, files]) => [name, Object.keys(files)])),
  };
  const root = join(scratch, 'root');
  mkdirSync(root);
  const versions = Object.entries(members).map(([name, paths]) => {
    const archive = debian.fetch(name);
    unpack(archive, root, ...paths.map((path) => `./${path}`));
    return describePackage(archive);
  });
  mkdirSync(output, {recursive: true});
  const zImage = readFileSync(join(root, 'boot', `vmlinuz-${version}`));
  const files = {
    zImage,
    Image: decompress(zImage),
    'initramfs.cpio.gz': gzipSync(initramfs(root), {level: 9}),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(output, name), bytes);
  copyFileSync(join(root, 'boot', `config-${version}`), join(output, 'config'));
  const hashes = Object.entries(files).map(
    ([name, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}`,
  );
  writeFileSync(join(output, 'packages'), `${[...versions, ...hashes].join('\n')}\n`);
  console.log(`${output}: ${versions.join(', ')}`);
};

/** A recording's flags but those of its file, with the files of `output`. */
const flagsOf = ({arguments: given}: Recording, output: string): readonly string[] => {
  const packing = given.indexOf('--packing');
  return given
    .filter((_, index) => index >= 2 && index !== packing && index !== packing + 1)
    .map((word) => word.replace(/^guests\/linux\//, `${output}/`));
};

/** Stopped at the first of the marks that a recording begins at. */
const keep = async (recording: Recording, output: string): Promise<void> => {
  const file = join(output, `${recording.id}.snapshot`);
  const program = ['--import', 'tsx', packagePath('bin', 'dev.js'), 'run'];
  const {stderr} = await promisify(execFile)(process.execPath, [
    ...program,
    ...flagsOf(recording, output),
    ...['--snapshot-at', 'warm', '--snapshot', file],
  ]);
  console.log(stderr.trim());
};

const output = process.argv[2] ?? OUTPUT;
const scratch = mkdtempSync(join(tmpdir(), 'linux-guest-'));
try {
  build(output, scratch);
  const recordings = readRecordings().filter(({id}) => KEPT.includes(id));
  await Promise.all(recordings.map((recording) => keep(recording, output)));
} catch (error) {
  console.error(
    `${(error as Error).message}\nThe Linux guest could not be made in ${output}: this needs apt, dpkg-deb, xz and ${MIRROR}.`,
  );
  process.exitCode = 1;
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
