/**
 * Directories of the host in the guest's tree. The host is only ever asked for one component below a directory that is
 * held open, and never follows a link: a path cannot leave the tree, whatever changes while it is resolved. What is not a
 * directory, regular file or link does not exist for the guest.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import {fail, hostError} from '../errno.ts';
import {HostContent, MemoryContent} from './content.ts';
import {Directory, Link, type Node, RegularFile, type Volume} from './node.ts';

/** O_PATH of Linux on all architectures that Node runs on: not among Node's constants. */
const O_PATH = 0o1000_0000;
const DIRECTORY_FLAGS = constants.O_DIRECTORY | constants.O_NOFOLLOW;

export class HostTree {
  readonly volume: Volume;
  readonly writable: boolean;
  readonly #descriptor: number;

  /** @throws Error of the host when `path` is no directory that may be read. */
  constructor(volume: Volume, path: string, writable: boolean) {
    this.volume = volume;
    this.writable = writable;
    this.#descriptor = openSync(path, constants.O_DIRECTORY);
  }

  /** Calls `use` with a path of the directory that does not depend on names. */
  within<T>(components: readonly string[], use: (path: string) => T): T {
    let descriptor = this.#descriptor;
    try {
      for (const component of components) {
        const path = `/proc/self/fd/${descriptor}/${component}`;
        const next = openSync(path, O_PATH | DIRECTORY_FLAGS);
        this.#close(descriptor);
        descriptor = next;
      }
      return use(`/proc/self/fd/${descriptor}`);
    } catch (error) {
      throw hostError(error);
    } finally {
      this.#close(descriptor);
    }
  }

  root(): HostDirectory {
    return new HostDirectory(this, undefined);
  }

  #close(descriptor: number): void {
    if (descriptor !== this.#descriptor) closeSync(descriptor);
  }
}

/** Whose times the guest sees: those of a tree that it may write to are real, others do not depend on the host. */
const takeAttributes = (node: Node, stats: Stats, tree: HostTree): void => {
  if (!tree.writable) {
    node.permissions = stats.mode & 0o777;
    node.accessed = node.modified = node.changed = tree.volume.start;
    return;
  }
  node.permissions = stats.mode & 0o7777;
  node.accessed = Math.round(stats.atimeMs * 1e6);
  node.modified = Math.round(stats.mtimeMs * 1e6);
  node.changed = Math.round(stats.ctimeMs * 1e6);
};

export class HostFile extends RegularFile {
  readonly #tree: HostTree;
  readonly host: HostContent;

  constructor(tree: HostTree, directory: HostDirectory, name: string, stats: Stats) {
    const host = new HostContent(() => tree.within(directory.components, (path) => openHost(`${path}/${name}`, tree)));
    super(tree.volume, stats.mode, host);
    this.#tree = tree;
    this.host = host;
    takeAttributes(this, stats, tree);
  }

  override acquire(): void {
    super.acquire();
    if (this.content === this.host) this.host.acquire();
  }

  override release(): void {
    if (this.content === this.host) this.host.release();
    super.release();
  }

  /** Of a tree that is only read, a copy in memory from now on. */
  override get writable() {
    if (this.content !== this.host || this.#tree.writable) return this.content;
    const copy = new MemoryContent(this.volume.quota, this.host.read(0, this.host.size));
    for (let opener = 0; opener < this.openers; opener++) this.host.release();
    this.content = copy;
    return copy;
  }
}

const openHost = (path: string, tree: HostTree): number => {
  const access = tree.writable ? constants.O_RDWR : constants.O_RDONLY;
  const flags = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
  const descriptor = openAs(path, access | flags, constants.O_RDONLY | flags);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return fail('EACCES');
};

/** A file that the host does not let be written may still be read. */
const openAs = (path: string, flags: number, otherwise: number): number => {
  try {
    return openSync(path, flags);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'ETXTBSY' && code !== 'EROFS' && code !== 'EPERM') throw error;
    return openSync(path, otherwise);
  }
};

const HIDDEN = Symbol('removed, or not for the guest');

export class HostDirectory extends Directory {
  readonly #tree: HostTree;
  readonly #components: readonly string[];
  /** What was looked up, created or removed; in a tree that is only read, that is how it stays. */
  readonly #known = new Map<string, Node | typeof HIDDEN>();

  constructor(tree: HostTree, place: {readonly directory: HostDirectory; readonly name: string} | undefined) {
    super(tree.volume);
    this.#tree = tree;
    this.#components = place === undefined ? [] : [...place.directory.components, place.name];
    if (place === undefined) return;
    this.parent = place.directory;
    this.name = place.name;
  }

  /** Names from the tree's root: in a tree that may be written they follow a move, else the host's stay. */
  get components(): readonly string[] {
    if (!this.#tree.writable || this.#components.length === 0) return this.#components;
    const {parent} = this;
    return parent instanceof HostDirectory ? [...parent.components, this.name] : this.#components;
  }

  override lookup(name: string): Node | undefined {
    const known = this.#known.get(name);
    if (known === HIDDEN) return undefined;
    if (known !== undefined && (!this.#tree.writable || !this.#isHost(known))) return known;
    const stats = this.#within((path) => lstatSync(`${path}/${name}`, {throwIfNoEntry: false}));
    const node = stats === undefined ? undefined : this.#sameOrNew(name, known, stats);
    if (node !== undefined) this.#known.set(name, node);
    else if (this.#tree.writable) this.#known.delete(name);
    else this.#known.set(name, HIDDEN);
    return node;
  }

  override names(): string[] {
    const names = new Set(this.#within((path) => readdirSync(path)));
    for (const [name, node] of this.#known) if (node !== HIDDEN && !this.#isHost(node)) names.add(name);
    return [...names].filter((name) => this.lookup(name) !== undefined).sort();
  }

  override insert(name: string, node: Node): void {
    this.#known.set(name, node);
    if (node instanceof Directory) {
      node.parent = this;
      node.name = name;
    }
    this.touch();
  }

  override remove(name: string): void {
    const node = this.lookup(name);
    if (this.#tree.writable && node !== undefined && this.#isHost(node)) {
      this.#within((path) =>
        node instanceof Directory ? rmdirSync(`${path}/${name}`) : unlinkSync(`${path}/${name}`),
      );
      this.#known.delete(name);
    } else this.#known.set(name, HIDDEN);
    this.touch();
  }

  override makeFile(name: string, permissions: number): RegularFile {
    if (!this.#tree.writable) return super.makeFile(name, permissions);
    this.#within((path) => {
      const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
      const descriptor = openSync(`${path}/${name}`, flags, permissions);
      fchmodSync(descriptor, permissions & 0o777);
      closeSync(descriptor);
    });
    return this.#made(name) as RegularFile;
  }

  override makeDirectory(name: string, permissions: number): Directory {
    if (!this.#tree.writable) return super.makeDirectory(name, permissions);
    this.#within((path) => mkdirSync(`${path}/${name}`, permissions));
    return this.#made(name) as Directory;
  }

  override makeLink(name: string, target: string): void {
    if (!this.#tree.writable) super.makeLink(name, target);
    else this.#within((path) => symlinkSync(target, `${path}/${name}`));
  }

  /** `node` is an entry `source.name` of this volume. */
  override link(name: string, node: Node, source?: {readonly directory: Directory; readonly name: string}): void {
    if (!this.#tree.writable || !this.#isHost(node)) {
      super.link(name, node);
      return;
    }
    const from = source?.directory;
    if (!(from instanceof HostDirectory) || source === undefined) fail('EXDEV');
    from.#within((old) => this.#within((path) => linkSync(`${old}/${source.name}`, `${path}/${name}`)));
  }

  override rename(name: string, target: Directory, newName: string): void {
    const node = this.lookup(name) ?? fail('ENOENT');
    if (!this.#tree.writable || !this.#isHost(node)) {
      super.rename(name, target, newName);
      return;
    }
    if (!(target instanceof HostDirectory)) fail('EXDEV');
    this.#within((path) => target.#within((other) => renameSync(`${path}/${name}`, `${other}/${newName}`)));
    this.#known.delete(name);
    target.insert(newName, node);
  }

  #within<T>(use: (path: string) => T): T {
    return this.#tree.within(this.components, use);
  }

  #made(name: string): Node {
    return this.lookup(name) ?? fail('EIO');
  }

  #isHost(node: Node): boolean {
    return node instanceof HostDirectory || node instanceof HostFile || node instanceof HostLink;
  }

  #sameOrNew(name: string, known: Node | undefined, stats: Stats): Node | undefined {
    const type = stats.mode & 0o170000;
    if (known?.type === type) {
      if (known instanceof HostLink) return this.#link(name, stats);
      takeAttributes(known, stats, this.#tree);
      return known;
    }
    if (stats.isDirectory()) {
      const directory = new HostDirectory(this.#tree, {directory: this, name});
      takeAttributes(directory, stats, this.#tree);
      return directory;
    }
    if (stats.isFile()) return new HostFile(this.#tree, this, name, stats);
    return stats.isSymbolicLink() ? this.#link(name, stats) : undefined;
  }

  #link(name: string, stats: Stats): HostLink {
    const link = new HostLink(
      this.volume,
      this.#within((path) => readlinkSync(`${path}/${name}`)),
    );
    takeAttributes(link, stats, this.#tree);
    return link;
  }
}

class HostLink extends Link {}
