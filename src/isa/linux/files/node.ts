/** What a path leads to: directories, files, links and the rest, in the emulator's memory. */
import type {Time} from '../clock.ts';
import {fail} from '../errno.ts';
import {type Content, MemoryContent, type Quota} from './content.ts';

export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;

/** An open file (open-file.ts), to those who only hand it on. */
export interface Opened {
  readonly path: string;
}

/** What the nodes of one file system share. */
export interface Volume {
  readonly device: number;
  readonly quota: Quota;
  /** CLOCK_REALTIME. */
  readonly now: () => Time;
  /** The same when the guest started. */
  readonly start: Time;
  nextInode: number;
}

export const newVolume = (device: number, quota: Quota, now: () => Time): Volume => ({
  device,
  quota,
  now,
  start: now(),
  nextInode: 2,
});

/** What a time of a node shall be; undefined as it is. */
export type NewTime = Time | 'now' | undefined;

/** What has attributes of its own behind a node: a file of the host that may be written. */
export interface Keeper {
  /** Brings the node up to date. */
  show(node: Node): void;
  /** @throws SystemError of the host. */
  changePermissions(permissions: number): void;
  /** @throws SystemError of the host. */
  changeTimes(accessed: NewTime, modified: NewTime): void;
}

export abstract class Node {
  /** S_IF…, of the mode. */
  abstract readonly type: number;
  readonly volume: Volume;
  readonly inode: number;
  permissions: number;
  owner = 0;
  group = 0;
  links = 1;
  accessed: Time;
  modified: Time;
  changed: Time;
  /** Undefined: the attributes are the node's own. */
  protected readonly keeper: Keeper | undefined = undefined;

  constructor(volume: Volume, permissions: number) {
    this.volume = volume;
    this.inode = volume.nextInode++;
    this.permissions = permissions & 0o7777;
    this.accessed = this.modified = this.changed = volume.now();
  }

  get size(): number {
    return 0;
  }

  /** Major and minor number of a device. */
  readonly represents: number = 0;

  touch(): void {
    this.modified = this.changed = this.volume.now();
  }

  /** Before the attributes are read. */
  refresh(): void {
    this.keeper?.show(this);
  }

  changePermissions(permissions: number): void {
    if (this.keeper === undefined) {
      this.permissions = permissions & 0o7777;
      this.changed = this.volume.now();
    } else this.keeper.changePermissions(permissions & 0o7777);
  }

  changeTimes(accessed: NewTime, modified: NewTime): void {
    if (this.keeper === undefined) {
      const now = this.volume.now();
      if (accessed !== undefined) this.accessed = accessed === 'now' ? now : accessed;
      if (modified !== undefined) this.modified = modified === 'now' ? now : modified;
      this.changed = now;
    } else this.keeper.changeTimes(accessed, modified);
  }

  /** The guest's users are its own: the host never learns of owners. */
  changeOwner(owner: number | undefined, group: number | undefined): void {
    this.owner = owner ?? this.owner;
    this.group = group ?? this.group;
    this.changed = this.volume.now();
  }
}

export class RegularFile extends Node {
  override readonly type = S_IFREG;
  content: Content;
  protected openers = 0;
  /** Written through a shared mapping: pages by number (shared-pages.ts). */
  pages: unknown = undefined;

  constructor(volume: Volume, permissions: number, content: Content = new MemoryContent(volume.quota)) {
    super(volume, permissions);
    this.content = content;
  }

  override get size(): number {
    return this.content.size;
  }

  /** The content to write to. */
  get writable(): Content {
    return this.content;
  }

  /** Somebody opens the file. @throws SystemError of the host, when it refuses. */
  acquire(_writes = false): void {
    this.openers++;
  }

  /** Somebody closes it. */
  release(): void {
    this.openers--;
    this.freeIfLost();
  }

  /** What no name and no open file leads to any more takes no memory. */
  freeIfLost(): void {
    if (this.links <= 0 && this.openers === 0 && this.content instanceof MemoryContent) this.content.free();
  }
}

export class Link extends Node {
  override readonly type = S_IFLNK;
  readonly #target: () => string;
  /** Where a link of /proc leads, whatever its text says. */
  readonly follow: (() => Node | Opened) | undefined;

  constructor(volume: Volume, target: string | (() => string), follow?: () => Node | Opened) {
    super(volume, 0o777);
    this.#target = typeof target === 'string' ? () => target : target;
    this.follow = follow;
  }

  get target(): string {
    return this.#target();
  }

  override changePermissions(): void {
    fail('EOPNOTSUPP');
  }

  override get size(): number {
    return this.follow === undefined ? Buffer.byteLength(this.target) : 64;
  }
}

/** A device, named pipe or socket: what it does is up to those who open it. */
export class Special extends Node {
  override readonly type: number;
  override readonly represents: number;
  /** What the kernel knows of it: the pipe of a named pipe, the listener of a socket. */
  attached: unknown = undefined;
  readonly open: ((flags: number) => Opened) | undefined;

  constructor(volume: Volume, mode: number, represents = 0, open?: (flags: number) => Opened) {
    super(volume, mode);
    this.type = mode & 0o170000;
    this.represents = represents;
    this.open = open;
  }
}

export class Directory extends Node {
  override readonly type = S_IFDIR;
  override links = 2;
  name = '';
  /** Itself at the root. */
  parent: Directory;
  readonly #entries = new Map<string, Node>();

  constructor(volume: Volume, permissions = 0o755) {
    super(volume, permissions);
    this.parent = this;
  }

  override get size(): number {
    return 4096;
  }

  get path(): string {
    if (this.parent === this) return '/';
    return this.parent.parent === this.parent ? `/${this.name}` : `${this.parent.path}/${this.name}`;
  }

  lookup(name: string): Node | undefined {
    return this.#entries.get(name);
  }

  /** Sorted, without `.` and `..`. */
  names(): string[] {
    return [...this.#entries.keys()].sort();
  }

  /** Makes `node` an entry that was not there before; a directory moves here. */
  insert(name: string, node: Node): void {
    this.#entries.set(name, node);
    if (node instanceof Directory) {
      node.parent = this;
      node.name = name;
    }
    this.touch();
  }

  remove(name: string): void {
    this.#entries.delete(name);
    this.touch();
  }

  /** The file is acquired: its maker releases it. */
  makeFile(name: string, permissions: number): RegularFile {
    const file = new RegularFile(this.volume, permissions);
    file.acquire(true);
    this.insert(name, file);
    return file;
  }

  makeDirectory(name: string, permissions: number): Directory {
    const directory = new Directory(this.volume, permissions);
    this.insert(name, directory);
    return directory;
  }

  makeLink(name: string, target: string): void {
    this.insert(name, new Link(this.volume, target));
  }

  link(name: string, node: Node): void {
    this.insert(name, node);
    node.links++;
  }

  /** Moves an entry to another directory (or name) of the same volume, over what is there. */
  rename(name: string, target: Directory, newName: string): void {
    const node = this.lookup(name) ?? fail('ENOENT');
    if (target.lookup(newName) !== undefined) target.remove(newName);
    this.remove(name);
    target.insert(newName, node);
  }

  /** @throws SystemError EROFS where nothing may be created or removed. */
  checkWritable(): void {}
}
