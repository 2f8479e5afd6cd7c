/**
 * Packages of Debian of any architecture, by apt with lists and a status file of its own: neither root nor a foreign
 * architecture of the machine's dpkg is needed, and apt verifies what it fetches. No maintainer script runs.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** Of Debian; no package of npm's has them. */
const TOOLS = {apt: 'apt-get', archive: 'dpkg-deb', cache: 'apt-cache'} as const;

export const MIRROR = 'http://deb.debian.org/debian';
/** Debian 12, as the compilers of `.ci/run`. */
export const SUITE = 'bookworm';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const MOST_OUTPUT = 2 ** 30;

const capture = (command: string, args: readonly string[], env = process.env): string =>
  execFileSync(command, args, {encoding: 'utf8', env});

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(folder, name));

/** A configuration of apt that knows one architecture and believes that nothing is installed. */
const configure = (folder: string, architecture: string): NodeJS.ProcessEnv => {
  for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(folder, name), {recursive: true});
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${MIRROR} ${SUITE} main\n`);
  const settings = {
    'APT::Architecture': architecture,
    'Dir::State': folder,
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    // Root's apt downloads as user _apt, who may not enter a home folder.
    'APT::Sandbox::User': '',
    'Debug::NoLocking': 'true',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  writeFileSync(
    join(folder, 'apt.conf'),
    `${lines.join('\n')}\n#clear APT::Architectures;\nAPT::Architectures {"${architecture}";};\n`,
  );
  return {...process.env, APT_CONFIG: join(folder, 'apt.conf'), LC_ALL: 'C'};
};

export class Debian {
  readonly #archives: string;
  readonly #env: NodeJS.ProcessEnv;

  /** Fetches the lists. @param folder scratch, to be removed by the caller. */
  constructor(folder: string, architecture: string) {
    this.#archives = join(folder, 'archives');
    this.#env = configure(folder, architecture);
    this.#apt(folder, 'update', '--error-on=any');
  }

  #apt(folder: string, ...args: string[]): void {
    execFileSync(TOOLS.apt, ['-q', ...args], {cwd: folder, env: this.#env, stdio: ['ignore', 'ignore', 'inherit']});
  }

  /** Paths of the packages and of all that they depend on. */
  fetchWithDependencies(packages: readonly string[]): string[] {
    this.#apt(this.#archives, 'install', '-y', '--download-only', '--no-install-recommends', ...packages);
    return filesIn(this.#archives);
  }

  /** The path of this package alone. */
  fetch(name: string): string {
    this.#apt(this.#archives, 'download', name);
    const path = filesIn(this.#archives).find((file) => file.startsWith(`${join(this.#archives, name)}_`));
    if (path === undefined) throw new Error(`apt fetched no ${name}`);
    return path;
  }

  /** Names of the packages that a package depends on. */
  dependenciesOf(name: string): string[] {
    const lines = capture(TOOLS.cache, ['depends', '--important', name], this.#env).split('\n');
    return lines.flatMap((line) => /^ {2}(?:Pre)?Depends: (\S+)/.exec(line)?.[1] ?? []);
  }
}

/** 'name version' of a package's file. */
export const describePackage = (archive: string): string =>
  capture(TOOLS.archive, ['--show', archive]).trim().replace('\t', ' ');

/**
 * Not `dpkg-deb --extract`: it would put a folder in place of the link `/bin`.
 * @param filter arguments of tar: the members wanted (all of them when none is named), or what to leave out.
 */
export const unpack = (archive: string, root: string, ...filter: string[]): void => {
  const files = execFileSync(TOOLS.archive, ['--fsys-tarfile', archive], {maxBuffer: MOST_OUTPUT});
  execFileSync('tar', ['-x', '--no-same-owner', '--keep-directory-symlink', '-C', root, ...filter], {input: files});
};
