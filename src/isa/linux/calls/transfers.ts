/** Reading and writing. */
import {call} from '../call.ts';
import {ERRNO, fail, SystemError} from '../errno.ts';
import type {OpenFile} from '../files/open-file.ts';
import {Socket} from '../files/socket.ts';
import type {Kernel} from '../kernel.ts';
import {sendToTask, userInfo} from '../signal-sending.ts';
import {SIGPIPE} from '../signals.ts';
import type {Result, Waiting} from '../wait.ts';
import {fileOf, readableFile, transfer, waitFor, writableFile} from './common.ts';

const MOST_BYTES = 1 << 24;
const MOST_VECTORS = 1024;

interface Buffer {
  readonly address: number;
  readonly length: number;
}

const buffersOf = (kernel: Kernel, address: number, count: number): readonly Buffer[] => {
  if (count < 0 || count > MOST_VECTORS) fail('EINVAL');
  const words = kernel.user.words(address, 2 * count);
  return Array.from({length: count}, (_, index) => {
    const length = words[2 * index + 1]!;
    if (length < 0) fail('EINVAL');
    return {address: words[2 * index]! >>> 0, length};
  });
};

const total = (buffers: readonly Buffer[]): number =>
  Math.min(
    buffers.reduce((sum, {length}) => sum + length, 0),
    MOST_BYTES,
  );

/** Spreads data over buffers. */
export const scatter = (kernel: Kernel, buffers: readonly Buffer[], data: Uint8Array): number => {
  let done = 0;
  for (const {address, length} of buffers) {
    if (done === data.length) break;
    const part = data.subarray(done, done + length);
    kernel.user.write(address, part);
    done += part.length;
  }
  return done;
};

/** Up to the first buffer that is not there, when another came before it. */
export const gather = (kernel: Kernel, buffers: readonly Buffer[]): Uint8Array => {
  const parts: Uint8Array[] = [];
  let left = MOST_BYTES;
  for (const {address, length} of buffers) {
    if (left === 0) break;
    try {
      parts.push(kernel.user.read(address, Math.min(length, left)));
    } catch (error) {
      if (parts.length === 0) throw error;
      break;
    }
    left -= Math.min(length, left);
  }
  return parts.length === 1 ? parts[0]! : Uint8Array.from(globalThis.Buffer.concat(parts));
};

/** The first buffer's pages must be there before data is taken from a file that cannot give it again. */
const checkBuffers = (kernel: Kernel, buffers: readonly Buffer[]): void => {
  for (const {address, length} of buffers) {
    if (length > 0 && kernel.memory.writableOffset(address) === 0) fail('EFAULT');
  }
};

const readInto = (kernel: Kernel, file: OpenFile, buffers: readonly Buffer[]): Result => {
  checkBuffers(kernel, buffers);
  return transfer(file, () => {
    const data = file.read(total(buffers));
    return data === undefined ? undefined : scatter(kernel, buffers, data);
  });
};

/** EPIPE raises SIGPIPE too. */
export const orBrokenPipe = <T>(kernel: Kernel, action: () => T, silent = false): T => {
  try {
    return action();
  } catch (error) {
    if (!silent && error instanceof SystemError && error.errno === ERRNO.EPIPE) {
      sendToTask(kernel, kernel.current, userInfo(kernel, SIGPIPE));
    }
    throw error;
  }
};

/** All of it, as a blocking write does; what was written before a signal or an error counts. */
export const writeAll = (
  kernel: Kernel,
  file: OpenFile,
  data: Uint8Array,
  write: (part: Uint8Array) => number | undefined = (part) => file.write(part),
  isBlocking = file.isBlocking,
): Result => {
  const first = orBrokenPipe(kernel, () => write(data));
  if (first === data.length) return first;
  if (!isBlocking) return first ?? -ERRNO.EAGAIN;
  return writeRest(kernel, file, data, first ?? 0, write);
};

function* writeRest(
  kernel: Kernel,
  file: OpenFile,
  data: Uint8Array,
  start: number,
  write: (part: Uint8Array) => number | undefined,
): Waiting<number> {
  let done = start;
  // A socket is writable again when the other side has read.
  const queues = file instanceof Socket && file.peer !== undefined ? [file.changed, file.peer.changed] : [file.changed];
  try {
    while (done < data.length) {
      const count = yield* waitFor(queues, () => orBrokenPipe(kernel, () => write(data.subarray(done))));
      if (count < 0) return done > 0 ? done : count;
      done += count;
    }
  } catch (error) {
    if (done === 0) throw error;
  }
  return done;
}

const positional = (kernel: Kernel, fd: number, buffers: readonly Buffer[], position: number): number => {
  if (position < 0) fail('EINVAL');
  const file = readableFile(kernel, fd);
  checkBuffers(kernel, buffers);
  return scatter(kernel, buffers, file.readAt(position, total(buffers)));
};

const positionalWrite = (kernel: Kernel, fd: number, buffers: readonly Buffer[], position: number): number => {
  if (position < 0) fail('EINVAL');
  return writableFile(kernel, fd).writeAt(position, gather(kernel, buffers));
};

/** preadv2 and pwritev2 take −1 for the file's own position. */
const vectorAt =
  (read: boolean) =>
  (kernel: Kernel, fd: number, address: number, count: number, position: number, flags = 0): Result => {
    if (flags !== 0) fail('EOPNOTSUPP');
    const buffers = buffersOf(kernel, address, count);
    const isHere = position < 0 && (position === -1 || position >= 2 ** 53 - 2 ** 32);
    if (isHere) {
      const file = read ? readableFile(kernel, fd) : writableFile(kernel, fd);
      return read ? readInto(kernel, file, buffers) : writeAll(kernel, file, gather(kernel, buffers));
    }
    return read ? positional(kernel, fd, buffers, position) : positionalWrite(kernel, fd, buffers, position);
  };

const CHUNK = 1 << 16;

/** Copies until the input ends or the output would wait. */
const sendFile = (kernel: Kernel, output: number, input: number, at: number, count: number, wide: boolean): Result => {
  const from = readableFile(kernel, input);
  const to = writableFile(kernel, output);
  const {user} = kernel;
  const words = at === 0 ? undefined : user.words(at, wide ? 2 : 1);
  const start = words === undefined ? from.seek(0, 1) : (words[0]! >>> 0) + (words[1] ?? 0) * 2 ** 32;
  const data = from.readAt(start, Math.min(count, CHUNK));
  const finish = (written: number | undefined): number => {
    const done = written ?? 0;
    if (done <= 0) return done;
    if (at === 0) from.seek(start + done, 0);
    else if (wide) user.put64(at, start + done);
    else user.putWords(at, start + done);
    return done;
  };
  const result = writeAll(kernel, to, data);
  return typeof result === 'object' ? finishing(result, finish) : finish(result);
};

function* finishing(
  waiting: Waiting<number | undefined>,
  finish: (result: number | undefined) => number,
): Waiting<number> {
  return finish(yield* waiting);
}

const copyRange = (
  kernel: Kernel,
  input: number,
  inputAt: number,
  output: number,
  outputAt: number,
  count: number,
  flags: number,
): number => {
  if (flags !== 0) fail('EINVAL');
  const {user} = kernel;
  const from = readableFile(kernel, input);
  const to = writableFile(kernel, output);
  const position = (at: number, file: OpenFile): number =>
    at === 0 ? file.seek(0, 1) : (user.words(at, 2)[0]! >>> 0) + user.words(at, 2)[1]! * 2 ** 32;
  const [source, target] = [position(inputAt, from), position(outputAt, to)];
  const data = from.readAt(source, Math.min(count, MOST_BYTES));
  const written = to.writeAt(target, data.slice());
  if (inputAt === 0) from.seek(source + written, 0);
  else user.put64(inputAt, source + written);
  if (outputAt === 0) to.seek(target + written, 0);
  else user.put64(outputAt, target + written);
  return written;
};

const seek = (kernel: Kernel, fd: number, offset: number, whence: number): number => {
  const position = fileOf(kernel, fd).seek(offset, whence);
  return position >= 2 ** 31 ? fail('EOVERFLOW') : position;
};

const seekLong = (kernel: Kernel, fd: number, high: number, low: number, at: number, whence: number): number => {
  kernel.user.put64(at, fileOf(kernel, fd).seek(low + (high | 0) * 2 ** 32, whence));
  return 0;
};

const resize = (kernel: Kernel, fd: number, size: number): number => {
  const file = fileOf(kernel, fd);
  if (!file.isWritable) fail('EINVAL');
  file.resize(size);
  return 0;
};

const FALLOC_KEEP_SIZE = 1;
const FALLOC_PUNCH_HOLE = 2;
const allocate = (kernel: Kernel, fd: number, mode: number, offset: number, length: number): number => {
  const file = writableFile(kernel, fd);
  if (offset < 0 || length <= 0) fail('EINVAL');
  const size = file.node?.size ?? fail('ENODEV');
  if ((mode & FALLOC_PUNCH_HOLE) !== 0) {
    for (let at = offset; at < Math.min(size, offset + length); at += CHUNK) {
      file.writeAt(at, new Uint8Array(Math.min(CHUNK, Math.min(size, offset + length) - at)));
    }
    return 0;
  }
  if ((mode & ~FALLOC_KEEP_SIZE) !== 0) fail('EOPNOTSUPP');
  if ((mode & FALLOC_KEEP_SIZE) === 0 && offset + length > size) file.resize(offset + length);
  return 0;
};

const done = (kernel: Kernel, fd: number): number => {
  fileOf(kernel, fd);
  return 0;
};

export const TRANSFER_CALLS = [
  call(3, 'read', ['fd', 'pointer', 'unsigned'], (kernel, fd, address, length) =>
    readInto(kernel, readableFile(kernel, fd), [{address, length}]),
  ),
  call(4, 'write', ['fd', 'pointer', 'unsigned'], (kernel, fd, address, length) => {
    const file = writableFile(kernel, fd);
    // Whether all of it is there shows before any of it is copied.
    if (length > MOST_BYTES && kernel.memory.readableOffset(address + length - 1) === 0) fail('EFAULT');
    return writeAll(kernel, file, kernel.user.read(address, Math.min(length, MOST_BYTES)));
  }),
  call(145, 'readv', ['fd', 'pointer', 'int'], (kernel, fd, address, count) =>
    readInto(kernel, readableFile(kernel, fd), buffersOf(kernel, address, count)),
  ),
  call(146, 'writev', ['fd', 'pointer', 'int'], (kernel, fd, address, count) =>
    writeAll(kernel, writableFile(kernel, fd), gather(kernel, buffersOf(kernel, address, count))),
  ),
  call(180, 'pread64', ['fd', 'pointer', 'unsigned', 'long'], (kernel, fd, address, length, position) =>
    positional(kernel, fd, [{address, length}], position),
  ),
  call(181, 'pwrite64', ['fd', 'pointer', 'unsigned', 'long'], (kernel, fd, address, length, position) =>
    positionalWrite(kernel, fd, [{address, length}], position),
  ),
  call(361, 'preadv', ['fd', 'pointer', 'int', 'pair'], (kernel, fd, address, count, position) =>
    positional(kernel, fd, buffersOf(kernel, address, count), position),
  ),
  call(362, 'pwritev', ['fd', 'pointer', 'int', 'pair'], (kernel, fd, address, count, position) =>
    positionalWrite(kernel, fd, buffersOf(kernel, address, count), position),
  ),
  call(392, 'preadv2', ['fd', 'pointer', 'int', 'pair', 'bits'], vectorAt(true)),
  call(393, 'pwritev2', ['fd', 'pointer', 'int', 'pair', 'bits'], vectorAt(false)),
  call(19, 'lseek', ['fd', 'int', 'int'], seek),
  call(140, '_llseek', ['fd', 'unsigned', 'unsigned', 'pointer', 'int'], seekLong),
  call(93, 'ftruncate', ['fd', 'int'], resize),
  call(194, 'ftruncate64', ['fd', 'long'], resize),
  call(352, 'fallocate', ['fd', 'bits', 'long', 'long'], allocate),
  call(187, 'sendfile', ['fd', 'fd', 'pointer', 'unsigned'], (kernel, output, input, at, count) =>
    sendFile(kernel, output, input, at, count, false),
  ),
  call(239, 'sendfile64', ['fd', 'fd', 'pointer', 'unsigned'], (kernel, output, input, at, count) =>
    sendFile(kernel, output, input, at, count, true),
  ),
  call(391, 'copy_file_range', ['fd', 'pointer', 'fd', 'pointer', 'unsigned', 'bits'], copyRange),
  call(118, 'fsync', ['fd'], done),
  call(148, 'fdatasync', ['fd'], done),
  call(373, 'syncfs', ['fd'], done),
  call(36, 'sync', [], () => 0),
  call(225, 'readahead', ['fd'], done),
  call(270, 'arm_fadvise64_64', ['fd'], done),
  call(341, 'sync_file_range2', ['fd'], done),
];
