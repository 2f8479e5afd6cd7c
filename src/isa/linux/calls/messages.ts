/** Sending and receiving on sockets. */
import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import type {OpenFile} from '../files/open-file.ts';
import {type Received, SOCK_STREAM, type Socket} from '../files/socket.ts';
import type {Kernel} from '../kernel.ts';
import type {Result, Waiting} from '../wait.ts';
import {fileOf, waitFor} from './common.ts';
import {credentials, nameAt, putName, SOL_SOCKET, socketNamed, socketOf} from './sockets.ts';
import {gather, orBrokenPipe, scatter, writeAll} from './transfers.ts';

const MSG_PEEK = 2;
const MSG_CTRUNC = 8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_WAITALL = 0x100;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;

interface Outgoing {
  readonly data: Uint8Array;
  readonly target: Socket | undefined;
  readonly files: readonly OpenFile[];
  readonly flags: number;
}

const send = (kernel: Kernel, socket: Socket, {data, target, files, flags}: Outgoing): Result => {
  const isBlocking = socket.isBlocking && (flags & MSG_DONTWAIT) === 0;
  const silent = (flags & MSG_NOSIGNAL) !== 0;
  const to = target ?? socket.peer;
  let left = files;
  const write = (part: Uint8Array): number | undefined => {
    const sent = socket.send(part, to, left, credentials(kernel));
    if (sent !== undefined) left = [];
    return sent;
  };
  if (socket.kind === SOCK_STREAM)
    return silent
      ? quietly(kernel, socket, data, write, isBlocking)
      : writeAll(kernel, socket, data, write, isBlocking);
  const attempt = (): number | undefined => orBrokenPipe(kernel, () => write(data), silent);
  const first = attempt();
  if (first !== undefined) return first;
  if (!isBlocking) return -ERRNO.EAGAIN;
  return waitFor(to === undefined ? [socket.changed] : [socket.changed, to.changed], attempt);
};

/** Without SIGPIPE: EPIPE comes as a result. */
const quietly = (
  kernel: Kernel,
  socket: Socket,
  data: Uint8Array,
  write: (part: Uint8Array) => number | undefined,
  isBlocking: boolean,
): Result => {
  const masked = (part: Uint8Array): number | undefined => {
    try {
      return write(part);
    } catch (error) {
      if ((error as {errno?: number}).errno === ERRNO.EPIPE) return -ERRNO.EPIPE;
      throw error;
    }
  };
  return writeAll(kernel, socket, data, masked, isBlocking);
};

const sendTo = (
  kernel: Kernel,
  fd: number,
  at: number,
  length: number,
  flags: number,
  nameAtAddress = 0,
  nameLength = 0,
): Result => {
  const socket = socketOf(kernel, fd);
  const target = nameAtAddress === 0 ? undefined : socketNamed(kernel, nameAt(kernel, nameAtAddress, nameLength));
  return send(kernel, socket, {data: kernel.user.read(at, length), target, files: [], flags});
};

interface MessageHeader {
  readonly name: number;
  readonly nameLength: number;
  readonly buffers: readonly {readonly address: number; readonly length: number}[];
  readonly control: number;
  readonly controlLength: number;
}
const HEADER_WORDS = 7;

const headerAt = (kernel: Kernel, at: number): MessageHeader => {
  const words = kernel.user.words(at, HEADER_WORDS);
  const [name, nameLength, vector, count, control, controlLength] = words;
  if (count! < 0 || count! > 1024) fail('EMSGSIZE');
  const pairs = kernel.user.words(vector!, 2 * count!);
  const buffers = Array.from({length: count!}, (_, index) => ({
    address: pairs[2 * index]! >>> 0,
    length: pairs[2 * index + 1]!,
  }));
  if (buffers.some(({length}) => length < 0)) fail('EINVAL');
  return {
    name: name! >>> 0,
    nameLength: nameLength!,
    buffers,
    control: control! >>> 0,
    controlLength: controlLength! >>> 0,
  };
};

const SCM_RIGHTS = 1;
const CONTROL_HEADER = 12;

/** The files whose descriptors a control message holds. */
const filesIn = (kernel: Kernel, {control, controlLength}: MessageHeader): readonly OpenFile[] => {
  const files: OpenFile[] = [];
  if (control === 0 || controlLength > 4096) return files;
  for (let at = 0; at + CONTROL_HEADER <= controlLength; ) {
    const [length, level, type] = kernel.user.words(control + at, 3);
    if (length! < CONTROL_HEADER || at + length! > controlLength) fail('EINVAL');
    if (level === SOL_SOCKET && type === SCM_RIGHTS) {
      const fds = kernel.user.words(control + at + CONTROL_HEADER, (length! - CONTROL_HEADER) >> 2);
      files.push(...[...fds].map((fd) => fileOf(kernel, fd)));
    }
    at += (length! + 3) & ~3;
  }
  return files;
};

const sendMessage = (kernel: Kernel, fd: number, at: number, flags: number): Result => {
  const socket = socketOf(kernel, fd);
  const header = headerAt(kernel, at);
  const target = header.name === 0 ? undefined : socketNamed(kernel, nameAt(kernel, header.name, header.nameLength));
  return send(kernel, socket, {data: gather(kernel, header.buffers), target, files: filesIn(kernel, header), flags});
};

/** Several messages with one call: those that do not wait. */
const sendMessages = (kernel: Kernel, fd: number, at: number, count: number, flags: number): number => {
  const ENTRY_BYTES = 4 * (HEADER_WORDS + 1);
  for (let index = 0; index < count; index++) {
    const result = sendMessage(kernel, fd, at + ENTRY_BYTES * index, flags | MSG_DONTWAIT);
    if (typeof result !== 'number' || result < 0) return index > 0 ? index : ((result as number | undefined) ?? 0);
    kernel.user.putWords(at + ENTRY_BYTES * index + 4 * HEADER_WORDS, result);
  }
  return count;
};

/** Takes what came, when it has come; `finish` says what the call answers. */
const receive = (socket: Socket, length: number, flags: number, finish: (received: Received) => number): Result => {
  const attempt = (): number | undefined => {
    const received = socket.receive(length, (flags & MSG_PEEK) !== 0);
    return received === undefined ? undefined : finish(received);
  };
  const first = attempt();
  if (first !== undefined) return first;
  return socket.isBlocking && (flags & MSG_DONTWAIT) === 0 ? waitFor([socket.changed], attempt) : -ERRNO.EAGAIN;
};

const releaseAll = (files: readonly OpenFile[]): void => {
  for (const file of files) file.release();
};

const receiveFrom = (
  kernel: Kernel,
  fd: number,
  at: number,
  length: number,
  flags: number,
  nameAddress = 0,
  lengthAt = 0,
): Result => {
  const socket = socketOf(kernel, fd);
  if ((flags & MSG_WAITALL) !== 0 && socket.kind === SOCK_STREAM) return receiveAll(kernel, socket, at, length, flags);
  return receive(socket, length, flags, ({data, from, files, lost}) => {
    releaseAll(files);
    kernel.user.write(at, data);
    putName(kernel, from, nameAddress, lengthAt);
    return (flags & MSG_TRUNC) !== 0 ? data.length + lost : data.length;
  });
};

function* receiveAll(kernel: Kernel, socket: Socket, at: number, length: number, flags: number): Waiting<number> {
  let done = 0;
  while (done < length) {
    const step = receive(socket, length - done, flags, ({data, files}) => {
      releaseAll(files);
      kernel.user.write(at + done, data);
      return data.length;
    });
    const count = (typeof step === 'object' ? yield* step : step) ?? 0;
    if (count < 0) return done > 0 ? done : count;
    if (count === 0) break;
    done += count;
  }
  return done;
}

const receiveMessage = (kernel: Kernel, fd: number, at: number, flags: number): Result => {
  const socket = socketOf(kernel, fd);
  const header = headerAt(kernel, at);
  const room = header.buffers.reduce((sum, {length}) => sum + length, 0);
  const LENGTH = 4;
  const CONTROL_LENGTH = 20;
  const FLAGS = 24;
  return receive(socket, room, flags, ({data, from, files, lost}) => {
    scatter(kernel, header.buffers, data);
    if (header.name !== 0) putName(kernel, from, header.name, at + LENGTH);
    const fitting = Math.max(0, Math.min(files.length, (header.controlLength - CONTROL_HEADER) >> 2));
    const fds = files.slice(0, fitting).map((file) => kernel.current.files.add(file, (flags & MSG_CMSG_CLOEXEC) !== 0));
    releaseAll(files);
    const controlBytes = fds.length === 0 ? 0 : CONTROL_HEADER + 4 * fds.length;
    if (fds.length > 0) kernel.user.putWords(header.control, controlBytes, SOL_SOCKET, SCM_RIGHTS, ...fds);
    kernel.user.putWords(at + CONTROL_LENGTH, controlBytes);
    kernel.user.putWords(at + FLAGS, (lost > 0 ? MSG_TRUNC : 0) | (fitting < files.length ? MSG_CTRUNC : 0));
    return (flags & MSG_TRUNC) !== 0 ? data.length + lost : data.length;
  });
};

export const MESSAGE_CALLS = [
  call(289, 'send', ['fd', 'pointer', 'unsigned', 'bits'], sendTo),
  call(290, 'sendto', ['fd', 'pointer', 'unsigned', 'bits', 'pointer', 'int'], sendTo),
  call(291, 'recv', ['fd', 'pointer', 'unsigned', 'bits'], receiveFrom),
  call(292, 'recvfrom', ['fd', 'pointer', 'unsigned', 'bits', 'pointer', 'pointer'], receiveFrom),
  call(296, 'sendmsg', ['fd', 'pointer', 'bits'], sendMessage),
  call(297, 'recvmsg', ['fd', 'pointer', 'bits'], receiveMessage),
  call(374, 'sendmmsg', ['fd', 'pointer', 'unsigned', 'bits'], sendMessages),
];
