/**
 * Directories, files and links of the host in the guest's tree. What is none of these does not exist for the guest. In a tree
 * that may be written, the host's files have the attributes; in others the nodes have them, as everything in memory.
 */
import {
  type BigIntStats,
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
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import {fail} from '../errno.ts';
import {HostContent, MemoryContent} from './content.ts';
import {HostEntry, identityOf, type Place} from './host-entry.ts';
import type {HostTree} from './host-tree.ts';
import {Directory, type Keeper, Link, type Node, RegularFile} from './node.ts';

const FILE_FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const S_ISGID = 0o2000;

/** @throws SystemError EACCES for what is no regular file. */
const openFile = (path: string, access: number, permissions = 0): number => {
  const descriptor = openSync(path, access | FILE_FLAGS, permissions);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return fail('EACCES');
};

class HostFile extends RegularFile {
  readonly entry: HostEntry;
  protected override readonly keeper: Keeper | undefined;
  readonly #host: HostContent;

  constructor(tree: HostTree, place: Place, stats: BigIntStats) {
    const entry: HostEntry = new HostEntry(tree, place, stats, () => host.descriptor);
    const host = new HostContent((writes) =>
      entry.reach((path) => openFile(path, writes ? constants.O_RDWR : constants.O_RDONLY)),
    );
    super(tree.volume, 0, host);
    this.entry = entry;
    this.keeper = entry.attach(this, stats);
    this.#host = host;
  }

  /** The guest made the file, and has it open. */
  adopt(descriptor: number): void {
    this.#host.adopt(descriptor);
    super.acquire(true);
  }

  override acquire(writes = false): void {
    if (this.content === this.#host) this.#host.acquire(writes && this.entry.tree.writable);
    super.acquire(writes);
  }

  override release(): void {
    if (this.content === this.#host) this.#host.release();
    super.release();
  }

  /** Of a tree that is only read, a copy in memory from now on. */
  override get writable() {
    if (this.content !== this.#host || this.entry.tree.writable) return this.content;
    const copy = new MemoryContent(this.volume.quota, this.#host.read(0, this.#host.size));
    for (let opener = 0; opener < this.openers; opener++) this.#host.release();
    this.content = copy;
    return copy;
  }
}

class HostLink extends Link {
  readonly entry: HostEntry;
  protected override readonly keeper: Keeper | undefined;

  constructor(tree: HostTree, place: Place, stats: BigIntStats) {
    const entry = new HostEntry(tree, place, stats);
    super(
      tree.volume,
      entry.reach((path) => readlinkSync(path)),
    );
    this.entry = entry;
    this.keeper = entry.attach(this, stats);
  }
}

type HostNode = HostDirectory | HostFile | HostLink;

const HIDDEN = Symbol('removed, or not for the guest');

export class HostDirectory extends Directory {
  readonly entry: HostEntry;
  protected override readonly keeper: Keeper | undefined;
  readonly #tree: HostTree;
  /** What was looked up, created or removed; in a tree that is only read, that is how it stays. */
  readonly #known = new Map<string, Node | typeof HIDDEN>();
  /** Of the whole tree, files that have several names, by what they are on the host: each is one node. */
  readonly #linked: Map<string, HostFile>;

  private constructor(
    tree: HostTree,
    place: (Place & {readonly directory: HostDirectory}) | undefined,
    stats: BigIntStats,
  ) {
    super(tree.volume);
    this.#tree = tree;
    this.entry = new HostEntry(tree, place, stats);
    this.keeper = this.entry.attach(this, stats);
    this.#linked = place === undefined ? new Map() : place.directory.#linked;
    if (place === undefined) return;
    this.parent = place.directory;
    this.name = place.name;
  }

  /** The tree's own directory. */
  static top(tree: HostTree): HostDirectory {
    return new HostDirectory(
      tree,
      undefined,
      tree.within([], (path) => statSync(path, {bigint: true})),
    );
  }

  override lookup(name: string): Node | undefined {
    const known = this.#known.get(name);
    if (known === HIDDEN) return undefined;
    if (known !== undefined && (!this.#tree.writable || !this.#isHost(known))) return known;
    const stats = this.#within((path) => lstatSync(`${path}/${name}`, {bigint: true, throwIfNoEntry: false}));
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
    return this.#within((path) => {
      const descriptor = openFile(
        `${path}/${name}`,
        constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
        permissions,
      );
      fchmodSync(descriptor, permissions);
      const file = new HostFile(this.#tree, {directory: this, name}, fstatSync(descriptor, {bigint: true}));
      file.adopt(descriptor);
      this.#known.set(name, file);
      return file;
    });
  }

  /** The host's own umask does not count; a directory whose group is inherited hands that on, as in mkdir(2). */
  override makeDirectory(name: string, permissions: number): Directory {
    if (!this.#tree.writable) return super.makeDirectory(name, permissions);
    this.#within((path) => mkdirSync(`${path}/${name}`, permissions));
    const made = this.lookup(name);
    if (!(made instanceof HostDirectory)) return fail('EIO');
    made.changePermissions(permissions | (made.permissions & S_ISGID));
    return made;
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
    if (node instanceof HostFile) this.#linked.set(node.entry.identity, node);
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
    node.entry.place = {directory: target, name: newName};
    target.insert(newName, node);
  }

  #within<T>(use: (path: string) => T): T {
    return this.#tree.within(this.entry.components, use);
  }

  #isHost(node: Node): node is HostNode {
    return 'entry' in node && (node as HostNode).entry.tree === this.#tree;
  }

  #sameOrNew(name: string, known: HostNode | undefined, stats: BigIntStats): HostNode | undefined {
    const place = {directory: this, name};
    const isLinked = stats.isFile() && stats.nlink > 1n && this.#tree.writable;
    const same = known?.entry.isSame(stats) ? known : isLinked ? this.#linked.get(identityOf(stats)) : undefined;
    if (same !== undefined) {
      same.entry.place = place;
      same.entry.attach(same, stats);
    }
    const node = same ?? this.#new(place, stats);
    if (isLinked && node instanceof HostFile) this.#linked.set(node.entry.identity, node);
    return node;
  }

  #new(place: Place & {readonly directory: HostDirectory}, stats: BigIntStats): HostNode | undefined {
    if (stats.isDirectory()) return new HostDirectory(this.#tree, place, stats);
    if (stats.isFile()) return new HostFile(this.#tree, place, stats);
    return stats.isSymbolicLink() ? new HostLink(this.#tree, place, stats) : undefined;
  }
}
