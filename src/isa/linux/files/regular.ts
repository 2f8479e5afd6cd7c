/** Open regular files and directories. */
import {fail} from '../errno.ts';
import type {Directory, RegularFile} from './node.ts';
import {O_APPEND, OpenFile} from './open-file.ts';
import {readThrough, writeThrough} from './shared-pages.ts';

/** A read or write moves at most this (the kernel: 2 GiB less a page), so that a length of the guest's allocates little. */
export const MOST_BYTES = 1 << 24;
const LARGEST_FILE = 2 ** 52;

export class OpenRegular extends OpenFile {
  override readonly node: RegularFile;
  #position = 0;

  constructor(flags: number, path: string, node: RegularFile) {
    super(flags, path, node);
    this.node = node;
    node.acquire(this.isWritable);
  }

  override read(length: number): Uint8Array {
    const data = this.readAt(this.#position, length);
    this.#position += data.length;
    return data;
  }

  override write(data: Uint8Array): number {
    if ((this.flags & O_APPEND) !== 0) this.#position = this.node.size;
    const written = this.writeAt(this.#position, data);
    this.#position += written;
    return written;
  }

  override readAt(position: number, length: number): Uint8Array {
    return readThrough(this.node, position, Math.min(length, MOST_BYTES));
  }

  override writeAt(position: number, data: Uint8Array): number {
    if (position + data.length > LARGEST_FILE) fail('EFBIG');
    if (data.length > 0) writeThrough(this.node, position, data);
    return data.length;
  }

  override seek(offset: number, whence: number): number {
    const SEEK_DATA = 3;
    const SEEK_HOLE = 4;
    const {size} = this.node.content;
    if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      if (offset < 0 || offset >= size) fail('ENXIO');
      this.#position = whence === SEEK_DATA ? offset : size;
      return this.#position;
    }
    const base = [0, this.#position, size][whence] ?? fail('EINVAL');
    if (base + offset < 0 || base + offset > LARGEST_FILE) fail('EINVAL');
    this.#position = base + offset;
    return this.#position;
  }

  override resize(size: number): void {
    if (size < 0) fail('EINVAL');
    if (size > LARGEST_FILE) fail('EFBIG');
    this.node.writable.resize(size);
    this.node.touch();
  }

  override get available(): number {
    return Math.max(0, this.node.content.size - this.#position);
  }

  protected override close(): void {
    this.node.release();
  }
}

export interface DirectoryEntry {
  readonly name: string;
  readonly inode: number;
  /** DT_…: the type of the mode, shifted. */
  readonly type: number;
}

export class OpenDirectory extends OpenFile {
  override readonly node: Directory;
  #entries: readonly DirectoryEntry[] | undefined;
  position = 0;

  constructor(flags: number, path: string, node: Directory) {
    super(flags, path, node);
    this.node = node;
  }

  /** As the directory was when the first was read. */
  get entries(): readonly DirectoryEntry[] {
    this.#entries ??= this.#read();
    return this.#entries;
  }

  override read(): Uint8Array {
    return fail('EISDIR');
  }

  override seek(offset: number, whence: number): number {
    if (whence > 1) fail('EINVAL');
    this.position = whence === 0 ? offset : this.position + offset;
    if (this.position === 0) this.#entries = undefined;
    return this.position;
  }

  #read(): readonly DirectoryEntry[] {
    const directory = this.node;
    const entry = (name: string, {inode, type}: {readonly inode: number; readonly type: number}) => ({
      name,
      inode,
      type: type >>> 12,
    });
    const found = directory.names().flatMap((name) => {
      const node = directory.lookup(name);
      return node === undefined ? [] : [entry(name, node)];
    });
    return [entry('.', directory), entry('..', directory.parent), ...found];
  }
}
