/** The bytes of regular files: in the emulator's memory, or in a file of the host. */
import {closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync} from 'node:fs';
import {fail} from '../errno.ts';
import {askHost, pathOf} from './host-calls.ts';

export interface Content {
  readonly size: number;
  /** At most `length` bytes; fewer at the end. */
  read(position: number, length: number): Uint8Array;
  write(position: number, data: Uint8Array): void;
  resize(size: number): void;
}

/** What all files in memory may take together. */
export class Quota {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws SystemError ENOSPC */
  take(bytes: number): void {
    if (bytes > this.#left) fail('ENOSPC');
    this.#left -= bytes;
  }
}

const SMALLEST_CAPACITY = 256;

export class MemoryContent implements Content {
  #bytes: Uint8Array;
  #size: number;
  readonly #quota: Quota;

  constructor(quota: Quota, data: Uint8Array = new Uint8Array(0)) {
    this.#quota = quota;
    quota.take(data.length);
    this.#bytes = data;
    this.#size = data.length;
  }

  get size(): number {
    return this.#size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#bytes.subarray(Math.min(position, this.#size), Math.min(position + length, this.#size));
  }

  write(position: number, data: Uint8Array): void {
    if (position + data.length > this.#size) this.resize(position + data.length);
    this.#bytes.set(data, position);
  }

  resize(size: number): void {
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    else this.#reserve(size);
    this.#size = size;
  }

  #reserve(size: number): void {
    const before = this.#bytes.length;
    if (size <= before) return;
    const wanted = Math.max(size, Math.min(2 * before, before + this.#quota.left), SMALLEST_CAPACITY);
    this.#quota.take(wanted - before);
    const grown = new Uint8Array(wanted);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  /** Gives the memory back; the content is then empty. */
  free(): void {
    this.#quota.take(-this.#bytes.length);
    this.#bytes = new Uint8Array(0);
    this.#size = 0;
  }
}

/** A file of the host, open while somebody uses it: for writing too as soon as somebody writes. */
export class HostContent implements Content {
  readonly #open: (writes: boolean) => number;
  #descriptor = -1;
  #users = 0;
  #writes = false;

  constructor(open: (writes: boolean) => number) {
    this.#open = open;
  }

  /** Undefined while nobody uses the file. */
  get descriptor(): number | undefined {
    return this.#users === 0 ? undefined : this.#descriptor;
  }

  /** Its first user has opened the file, for reading and writing. */
  adopt(descriptor: number): void {
    this.#descriptor = descriptor;
    this.#users = 1;
    this.#writes = true;
  }

  /** @throws SystemError when the host refuses. */
  acquire(writes: boolean): void {
    if (this.#users === 0) {
      this.#descriptor = this.#open(writes);
      this.#writes = writes;
    } else if (writes && !this.#writes) this.#openAgain();
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) closeSync(this.#descriptor);
  }

  /** The same file, whatever its name leads to by now. */
  #openAgain(): void {
    const descriptor = askHost(() => openSync(pathOf(this.#descriptor), constants.O_RDWR));
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#writes = true;
  }

  get size(): number {
    return this.#with(false, (descriptor) => fstatSync(descriptor).size);
  }

  read(position: number, length: number): Uint8Array {
    return this.#with(false, (descriptor) => {
      const size = Math.max(0, Math.min(length, fstatSync(descriptor).size - position));
      const data = new Uint8Array(size);
      let done = 0;
      while (done < size) {
        const count = readSync(descriptor, data, done, size - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return data.subarray(0, done);
    });
  }

  write(position: number, data: Uint8Array): void {
    this.#with(true, (descriptor) => {
      for (let done = 0; done < data.length; ) {
        done += writeSync(descriptor, data, done, data.length - done, position + done);
      }
    });
  }

  resize(size: number): void {
    this.#with(true, (descriptor) => ftruncateSync(descriptor, size));
  }

  #with<T>(writes: boolean, use: (descriptor: number) => T): T {
    this.acquire(writes);
    try {
      return askHost(() => use(this.#descriptor));
    } finally {
      this.release();
    }
  }
}
