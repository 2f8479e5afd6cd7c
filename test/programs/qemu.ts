/**
 * Runs a case under qemu-arm as if the sysroot were the machine: in name spaces of its own, where the sysroot is the root
 * folder and where an Arm program that a program starts runs under qemu-arm too.
 *
 * `-L` would not do: qemu-arm looks up there what exists there, everything else on the host, and hands what its guest
 * executes to the host's kernel. Linux 6.7 gives each user name space a binfmt_misc of its own, so the registration below
 * needs no root and is gone with the process. Flag F opens qemu-arm before the root changes, P passes argv[0] on.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Case} from './cases.ts';
import {type Outcome, outcome, withFiles} from './outcome.ts';
import {ARCHITECTURES, type Architecture, qemuStatic, sysroot, sysrootsFolder} from './sysroot.ts';

const CLASS_TO_VERSION = '\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00';
const EXECUTABLE_OR_SHARED_FOR_ARM = '\\x02\\x00\\x28\\x00';
/** ELFOSABI may be any (Linux or none), e_type 2 or 3. */
const MASK = `${'\\xff'.repeat(7)}\\x00${'\\xff'.repeat(8)}\\xfe\\xff\\xff\\xff`;

/** The shell stays, as the name space's first process: signals without a handler do not end that one. */
const ENTER = `
set -e
ulimit -c 0
qemu=$1 root=$2 files=$3
shift 3
binfmt=/proc/sys/fs/binfmt_misc
mount -t binfmt_misc none $binfmt
printf '%s' ":qemu-arm:M::${CLASS_TO_VERSION}${EXECUTABLE_OR_SHARED_FOR_ARM}:${MASK}:$qemu:PF" > $binfmt/register
mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 none "$root/tmp"
mount --bind "$files" "$root/home"
exec 3>&2 2>/dev/null
(exec chroot "$root" "$@" 2>&3 3>&-) || exit $?
`;
const UNSHARE = 'unshare';
const NAME_SPACES = ['--map-root-user', '--mount', '--pid', '--fork', '--kill-child'];

const enter = (architecture: Architecture, files: string, command: readonly string[], stdin?: Uint8Array) =>
  spawnSync(
    UNSHARE,
    [...NAME_SPACES, 'sh', '-c', ENTER, 'sh', qemuStatic(), sysroot(architecture), files, ...command],
    {
      input: stdin ?? '',
      maxBuffer: 2 ** 28,
      timeout: 60_000,
    },
  );

/** env(1) of the sysroot sets the environment and the working folder, then becomes the program. */
const start = ({folder, env, argv}: Pick<Case, 'folder' | 'env' | 'argv'>): string[] => [
  '/usr/bin/env',
  '--ignore-environment',
  `--chdir=${folder}`,
  ...env,
  ...argv,
];

/** Why no case can run here, or undefined. */
export const obstacle = (): string | undefined => {
  const absent = [...ARCHITECTURES.map(sysroot), qemuStatic()].find((path) => !existsSync(path));
  if (absent) return `${absent} does not exist; node --import tsx test/programs/sysroot.ts fetches it`;
  const {status, stderr, error} = enter(
    'armhf',
    '/tmp',
    start({folder: '/tmp', env: ['QEMU_CPU=cortex-a7'], argv: ['/usr/bin/true']}),
  );
  return status === 0
    ? undefined
    : `qemu-arm cannot run in the sysroot: ${error?.message ?? stderr.toString('utf8').trim()}`;
};

export const runInQemu = (guest: Case, architecture: Architecture): Outcome =>
  withFiles(guest, (files) => {
    const {status, stdout, stderr, error} = enter(architecture, files, start(guest), guest.stdin);
    if (error) throw error;
    return outcome(guest, status!, stdout, stderr);
  });

/** What two runs of a case must have in common to end alike: all that qemu-arm and its guest are given. */
const identity = (guest: Case, architecture: Architecture): string => {
  const hash = createHash('sha256')
    .update(readFileSync(`${sysroot(architecture)}.packages`))
    .update(ENTER);
  hash.update(readFileSync(qemuStatic())).update(JSON.stringify([guest.argv, guest.env, guest.folder, guest.measures]));
  hash.update(guest.stdin ?? '');
  for (const [name, content] of Object.entries(guest.files)) hash.update(`${name} ${content.length}\n`).update(content);
  return hash.digest('hex');
};

/** As `runInQemu`, kept beside the sysroots: qemu-arm has to say the same thing once only. */
export const expected = (guest: Case, architecture: Architecture): Outcome => {
  const folder = join(sysrootsFolder(), 'expected');
  const path = join(folder, `${identity(guest, architecture)}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Outcome;
  const result = runInQemu(guest, architecture);
  mkdirSync(folder, {recursive: true});
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(result));
  renameSync(`${path}.${process.pid}`, path);
  return result;
};
