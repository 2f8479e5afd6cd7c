/**
 * Builds the guest programs into `guests/bin`. `--check` builds them elsewhere and compares byte for byte.
 * Nothing of the machine that builds gets into the files, so one compiler version always gives the same bytes.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {BARE, BUILDS, type Build, bareElf, OPTIMIZATION_FLAGS, PROFILES, type Profile} from './programs.ts';

const SOURCES = join(import.meta.dirname, 'src');
const BIN = join(import.meta.dirname, 'bin');
/** The compiler version that `guests/bin` was built with: other versions may choose other instructions. */
const COMPILER_VERSION = '12.2.0';

/**
 * -fPIE although the link is static: Debian's compilers do so unless told otherwise, and the original programs that these are
 * compared with came from them. It adds 5 % to Dhrystone's instructions.
 */
const COMMON = ['-std=gnu11', '-Wall', '-Wextra', '-g0', '-fno-ident', '-fno-asynchronous-unwind-tables', '-fPIE'];
const COMMON_C = ['-fno-stack-protector', '-ffunction-sections', '-fdata-sections'];
/** The runtime stands for a C library: built once, at one level, and its loops must not become calls to themselves. */
const RUNTIME = ['-O2', '-ffreestanding', '-fno-tree-loop-distribute-patterns'];
const LINK = [
  '-nostdlib',
  '-static',
  '-no-pie',
  '-Wl,--build-id=none,-Ttext-segment=0x10000,-z,max-page-size=0x1000,-z,noexecstack,--gc-sections',
];

const run = (command: string, args: readonly string[]): void => {
  execFileSync(command, args, {
    cwd: SOURCES,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {...process.env, LC_ALL: 'C'},
  });
};

const compilerVersion = (profile: Profile): string | undefined => {
  try {
    return execFileSync(profile.compiler, ['-dumpfullversion'], {encoding: 'utf8'}).trim();
  } catch {
    return undefined;
  }
};

/** Why `guests/bin` cannot be rebuilt here, or undefined. */
export const obstacle = (): string | undefined => {
  for (const profile of PROFILES) {
    const version = compilerVersion(profile);
    if (version === undefined) return `${profile.compiler} is missing; install the Debian package ${profile.package}`;
    if (version !== COMPILER_VERSION)
      return `${profile.compiler} is version ${version}; guests/bin was built with ${COMPILER_VERSION} (Debian 12)`;
  }
  return undefined;
};

const buildOne = (build: Build, objects: string, output: string): void => {
  const {profile, program} = build;
  const object = (source: string) => join(objects, `${basename(source)}.o`);
  const compile = (source: string, flags: readonly string[]) => {
    const language = source.endsWith('.c') ? COMMON_C : [];
    run(profile.compiler, [...profile.flags, ...COMMON, ...language, ...flags, '-c', source, '-o', object(source)]);
  };
  for (const source of profile.runtime) compile(source, RUNTIME);
  for (const source of program.sources) compile(source, OPTIMIZATION_FLAGS[build.optimization]);
  mkdirSync(dirname(output), {recursive: true});
  run(profile.compiler, [
    ...profile.flags,
    ...LINK,
    ...[...profile.runtime, ...program.sources].map(object),
    '-o',
    output,
  ]);
  run(profile.strip, ['--strip-debug', output]);
};

const BARE_LINK = [
  '-nostdlib',
  '-static',
  '-no-pie',
  '-fno-pic',
  '-Wl,--build-id=none,-z,noexecstack,--no-warn-rwx-segments',
];

const buildBare = (program: string, output: string): void => {
  const {compiler, flags, strip} = PROFILES.find(({name}) => name === BARE.profile) as Profile;
  mkdirSync(dirname(output), {recursive: true});
  run(compiler, [
    ...flags,
    ...COMMON.filter((flag) => flag !== '-fPIE'),
    ...COMMON_C,
    ...BARE.flags,
    ...BARE_LINK,
    ...['-T', BARE.script, ...BARE.runtime, `bare/${program}.c`, '-o', output],
  ]);
  run(strip, ['--strip-all', output]);
};

const BARE_PROGRAMS: readonly string[] = [
  ...BARE.programs,
  ...BARE.boardPrograms,
  ...BARE.workloads.map(({program}) => program),
];

const buildAll = (bin: string): void => {
  const objects = mkdtempSync(join(tmpdir(), 'guests-'));
  try {
    for (const build of BUILDS) buildOne(build, objects, join(bin, build.elf));
    for (const program of BARE_PROGRAMS) buildBare(program, join(bin, bareElf(program)));
  } finally {
    rmSync(objects, {recursive: true});
  }
};

const ALL: readonly string[] = [...BUILDS.map((build) => build.elf), ...BARE_PROGRAMS.map(bareElf)];

/** ELF files that differ from what the sources give, or are missing. */
export const differences = (): string[] => {
  const fresh = mkdtempSync(join(tmpdir(), 'guests-'));
  try {
    buildAll(fresh);
    return ALL.filter(
      (elf) => !existsSync(join(BIN, elf)) || !readFileSync(join(BIN, elf)).equals(readFileSync(join(fresh, elf))),
    );
  } finally {
    rmSync(fresh, {recursive: true});
  }
};

const main = (args: readonly string[]): number => {
  const unknown = args.find((arg) => arg !== '--check');
  if (unknown !== undefined) {
    console.error(`build.ts: unknown option ${unknown}; the only one is --check`);
    return 2;
  }
  const why = obstacle();
  if (why !== undefined) {
    console.error(`build.ts: ${why}`);
    return 1;
  }
  if (args.length === 0) {
    buildAll(BIN);
    console.error(`${ALL.length} guest programs built`);
    return 0;
  }
  const changed = differences();
  for (const elf of changed) console.error(`guests/bin/${elf} is not what its sources give`);
  if (changed.length === 0) console.error(`${ALL.length} guest programs are what their sources give`);
  return changed.length === 0 ? 0 : 1;
};

if (process.argv[1] === import.meta.filename) process.exitCode = main(process.argv.slice(2));
