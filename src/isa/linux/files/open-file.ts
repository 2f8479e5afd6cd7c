/** Open file descriptions, and the table of descriptors of a process. */
import {fail} from '../errno.ts';
import {WaitQueue} from '../wait.ts';
import type {Node} from './node.ts';

export const O_ACCMODE = 3;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECTORY = 0o40000;
export const O_NOFOLLOW = 0o100000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const O_TMPFILE = 0o20000000;

export const POLLIN = 1;
export const POLLPRI = 2;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLNVAL = 32;
export const POLLRDHUP = 0x2000;

/** Set by ioctl and fcntl; the rest of the flags is fixed when the file is opened. */
export const CHANGEABLE_FLAGS = O_APPEND | O_NONBLOCK;

/** A transfer answers undefined when it would have to wait for {@link changed}. */
export abstract class OpenFile {
  references = 0;
  flags: number;
  /** What /proc/self/fd shows. */
  readonly path: string;
  /** Wakes when what {@link poll} answers may have changed. */
  readonly changed = new WaitQueue();
  /** Undefined for what no path leads to; see {@link mode}. */
  readonly node: Node | undefined;
  /** What fstat says when there is no node. */
  readonly mode: number = 0o600;

  constructor(flags: number, path: string, node?: Node) {
    this.flags = flags;
    this.path = path;
    this.node = node;
  }

  get isReadable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY && (this.flags & O_PATH) === 0;
  }

  get isWritable(): boolean {
    return (this.flags & O_ACCMODE) !== 0 && (this.flags & O_PATH) === 0;
  }

  get isBlocking(): boolean {
    return (this.flags & O_NONBLOCK) === 0;
  }

  read(_length: number): Uint8Array | undefined {
    return fail('EINVAL');
  }

  write(_data: Uint8Array): number | undefined {
    return fail('EINVAL');
  }

  readAt(_position: number, _length: number): Uint8Array {
    return fail('ESPIPE');
  }

  writeAt(_position: number, _data: Uint8Array): number {
    return fail('ESPIPE');
  }

  /** `whence` 0 from the start, 1 from here, 2 from the end. */
  seek(_offset: number, _whence: number): number {
    return fail('ESPIPE');
  }

  resize(_size: number): void {
    fail('EINVAL');
  }

  poll(): number {
    return POLLIN | POLLOUT;
  }

  /** Bytes that a read would find, for FIONREAD. */
  get available(): number {
    return 0;
  }

  /** Rows and columns, when it is a terminal. */
  get terminal(): TerminalSize | undefined {
    return undefined;
  }

  /** The last descriptor is closed. */
  protected close(): void {}

  acquire(): this {
    this.references++;
    return this;
  }

  release(): void {
    this.references--;
    if (this.references === 0) this.close();
  }
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

interface Descriptor {
  readonly file: OpenFile;
  closeOnExec: boolean;
}

export class FileTable {
  /** Tasks that use it. */
  users = 1;
  readonly #descriptors = new Map<number, Descriptor>();
  /** One more than the largest descriptor: RLIMIT_NOFILE. */
  limit = 1024;

  get numbers(): number[] {
    return [...this.#descriptors.keys()].sort((a, b) => a - b);
  }

  /** @throws SystemError EBADF */
  get(fd: number): OpenFile {
    return this.#descriptors.get(fd)?.file ?? fail('EBADF');
  }

  find(fd: number): OpenFile | undefined {
    return this.#descriptors.get(fd)?.file;
  }

  descriptor(fd: number): Descriptor {
    return this.#descriptors.get(fd) ?? fail('EBADF');
  }

  /** The lowest free descriptor from `lowest` on. @throws SystemError EMFILE; the file is then released. */
  add(file: OpenFile, closeOnExec = false, lowest = 0): number {
    let fd = lowest;
    while (this.#descriptors.has(fd)) fd++;
    file.acquire();
    if (fd >= this.limit) {
      file.release();
      fail('EMFILE');
    }
    this.#descriptors.set(fd, {file, closeOnExec});
    return fd;
  }

  set(fd: number, file: OpenFile, closeOnExec: boolean): void {
    if (fd < 0 || fd >= this.limit) fail('EBADF');
    file.acquire();
    this.#descriptors.get(fd)?.file.release();
    this.#descriptors.set(fd, {file, closeOnExec});
  }

  close(fd: number): void {
    const {file} = this.descriptor(fd);
    this.#descriptors.delete(fd);
    file.release();
  }

  copy(): FileTable {
    const copy = new FileTable();
    copy.limit = this.limit;
    for (const [fd, {file, closeOnExec}] of this.#descriptors) {
      copy.#descriptors.set(fd, {file: file.acquire(), closeOnExec});
    }
    return copy;
  }

  closeForExec(): void {
    for (const [fd, {closeOnExec}] of [...this.#descriptors]) if (closeOnExec) this.close(fd);
  }

  closeAll(): void {
    for (const fd of [...this.#descriptors.keys()]) this.close(fd);
  }
}
