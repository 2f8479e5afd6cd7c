/** Pipes (pipe(7)), named or not. */
import {fail} from '../errno.ts';
import {WaitQueue} from '../wait.ts';
import type {Node} from './node.ts';
import {O_ACCMODE, O_RDWR, OpenFile, POLLERR, POLLHUP, POLLIN, POLLOUT} from './open-file.ts';

const CAPACITY = 65536;
/** What is written at once is not mixed with what others write. */
const PIPE_BUF = 4096;

/** Bytes in order of arrival. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  length = 0;

  push(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#chunks.push(data.slice());
    this.length += data.length;
  }

  /** At most `length` bytes; `keep` leaves them for the next. */
  take(length: number, keep = false): Uint8Array {
    const taken = new Uint8Array(Math.min(length, this.length));
    let done = 0;
    let used = 0;
    for (const chunk of this.#chunks) {
      if (done === taken.length) break;
      const part = chunk.subarray(0, taken.length - done);
      taken.set(part, done);
      done += part.length;
      if (keep) continue;
      if (part.length === chunk.length) used++;
      else this.#chunks[used] = chunk.subarray(part.length);
    }
    if (!keep) {
      this.#chunks = this.#chunks.slice(used);
      this.length -= taken.length;
    }
    return taken;
  }
}

export class Pipe {
  readonly bytes = new ByteQueue();
  readonly changed = new WaitQueue();
  readers = 0;
  writers = 0;
  /** Counts openings, for those of a named pipe that wait for the other side. */
  everRead = 0;
  everWritten = 0;
}

export class PipeEnd extends OpenFile {
  override readonly mode = 0o010600;
  override readonly changed: WaitQueue;
  readonly #pipe: Pipe;

  constructor(pipe: Pipe, flags: number, path: string, node?: Node) {
    super(flags, path, node);
    this.#pipe = pipe;
    this.changed = pipe.changed;
    if (this.isReadable) {
      pipe.readers++;
      pipe.everRead++;
    }
    if (this.isWritable) {
      pipe.writers++;
      pipe.everWritten++;
    }
    pipe.changed.wake();
  }

  override read(length: number): Uint8Array | undefined {
    const {bytes, writers} = this.#pipe;
    if (length === 0) return new Uint8Array(0);
    if (bytes.length === 0) return writers === 0 ? new Uint8Array(0) : undefined;
    const data = bytes.take(length);
    this.changed.wake();
    return data;
  }

  override write(data: Uint8Array): number | undefined {
    const {bytes, readers} = this.#pipe;
    if (readers === 0) fail('EPIPE');
    const space = CAPACITY - bytes.length;
    if (space === 0 || (data.length <= PIPE_BUF && space < data.length)) return undefined;
    const part = data.subarray(0, space);
    bytes.push(part);
    this.changed.wake();
    return part.length;
  }

  override poll(): number {
    const {bytes, readers, writers} = this.#pipe;
    const access = this.flags & O_ACCMODE;
    const input =
      access === 0 || access === O_RDWR ? (bytes.length > 0 ? POLLIN : 0) | (writers === 0 ? POLLHUP : 0) : 0;
    const output =
      access !== 0 ? (CAPACITY - bytes.length >= PIPE_BUF ? POLLOUT : 0) | (readers === 0 ? POLLERR : 0) : 0;
    return input | output;
  }

  override get available(): number {
    return this.#pipe.bytes.length;
  }

  protected override close(): void {
    if (this.isReadable) this.#pipe.readers--;
    if (this.isWritable) this.#pipe.writers--;
    this.changed.wake();
  }
}

export const PIPE_CAPACITY = CAPACITY;
