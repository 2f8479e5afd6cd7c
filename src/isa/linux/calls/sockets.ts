/** Sockets of the family AF_UNIX; of any other there is none. */
import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import {S_IFSOCK, Special} from '../files/node.ts';
import {O_CLOEXEC, O_NONBLOCK, type OpenFile} from '../files/open-file.ts';
import {AF_UNIX, type Credentials, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, Socket} from '../files/socket.ts';
import type {Kernel} from '../kernel.ts';
import {bytesOfName} from '../user-memory.ts';
import type {Result} from '../wait.ts';
import {AT_FDCWD, existing, fileOf, vacancy, waitFor} from './common.ts';

const SOCK_TYPE = 0xf;
const KINDS = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET];

export const socketOf = (kernel: Kernel, fd: number): Socket => {
  const file = fileOf(kernel, fd);
  return file instanceof Socket ? file : fail('ENOTSOCK');
};

export const credentials = (kernel: Kernel): Credentials => {
  const {process, identity} = kernel.current;
  return {pid: process.id, uid: identity.user, gid: identity.group};
};

const newSocket = (kernel: Kernel, family: number, type: number): Socket => {
  if (family !== AF_UNIX) fail('EAFNOSUPPORT');
  const kind = type & SOCK_TYPE;
  if (!KINDS.includes(kind)) fail('EPROTOTYPE');
  return new Socket(kind, type & O_NONBLOCK, credentials(kernel));
};

const add = (kernel: Kernel, file: OpenFile, flags: number): number =>
  kernel.current.files.add(file, (flags & O_CLOEXEC) !== 0);

const pair = (kernel: Kernel, family: number, type: number, protocol: number, at: number): number => {
  if (protocol !== 0 && protocol !== AF_UNIX) fail('EPROTONOSUPPORT');
  const first = newSocket(kernel, family, type);
  const second = newSocket(kernel, family, type);
  first.pairWith(second);
  kernel.user.putWords(at, add(kernel, first, type), add(kernel, second, type));
  return 0;
};

/** A path ends at its zero; what begins with one is a name of its own space. */
export const nameAt = (kernel: Kernel, at: number, length: number): string => {
  if (length < 2 || length > 110) fail('EINVAL');
  const bytes = kernel.user.read(at, length);
  if ((bytes[0]! | (bytes[1]! << 8)) !== AF_UNIX) fail('EINVAL');
  const name = Buffer.from(bytes.subarray(2)).toString('latin1');
  return name.startsWith('\0') ? name : name.split('\0')[0]!;
};

export const putName = (kernel: Kernel, name: string, at: number, lengthAt: number): void => {
  if (at === 0) return;
  const bytes = name === '' ? [] : [...bytesOfName(name), ...(name.startsWith('\0') ? [] : [0])];
  const record = Uint8Array.from([AF_UNIX, 0, ...bytes]);
  const room = kernel.user.word(lengthAt);
  if (room < 0) fail('EINVAL');
  kernel.user.write(at, record.subarray(0, room));
  kernel.user.putWords(lengthAt, record.length);
};

const bind = (kernel: Kernel, fd: number, at: number, length: number): number => {
  const socket = socketOf(kernel, fd);
  if (socket.name !== '') fail('EINVAL');
  const given = nameAt(kernel, at, length);
  const name = given === '' ? `\0${kernel.newInode().toString(16).padStart(5, '0')}` : given;
  if (name.startsWith('\0')) {
    const other = kernel.abstractNames.get(name);
    if (other !== undefined && other.references > 0) fail('EADDRINUSE');
    kernel.abstractNames.set(name, socket);
  } else {
    const place = vacancyOf(kernel, name);
    const mode = S_IFSOCK | (0o777 & ~kernel.current.context.mask);
    const node = new Special(place.directory.volume, mode);
    node.attached = socket;
    socket.place = node;
    place.directory.insert(place.name, node);
  }
  socket.name = name;
  return 0;
};

const vacancyOf = (kernel: Kernel, path: string) => {
  try {
    return vacancy(kernel, AT_FDCWD, path);
  } catch (error) {
    if ((error as {errno?: number}).errno === ERRNO.EEXIST) fail('EADDRINUSE');
    throw error;
  }
};

export const socketNamed = (kernel: Kernel, name: string): Socket => {
  if (name.startsWith('\0')) {
    const socket = kernel.abstractNames.get(name);
    return socket !== undefined && socket.references > 0 ? socket : fail('ECONNREFUSED');
  }
  const node = existing(kernel, AT_FDCWD, name);
  if (!(node instanceof Special) || !(node.attached instanceof Socket)) fail('ECONNREFUSED');
  return node.attached;
};

const connect = (kernel: Kernel, fd: number, at: number, length: number): Result => {
  const socket = socketOf(kernel, fd);
  const target = socketNamed(kernel, nameAt(kernel, at, length));
  if (socket.connect(target)) return 0;
  if (!socket.isBlocking) return -ERRNO.EAGAIN;
  return waitFor([target.changed], () => (socket.connect(target) ? 0 : undefined));
};

const accept = (kernel: Kernel, fd: number, at: number, lengthAt: number, flags = 0): Result => {
  const listener = socketOf(kernel, fd);
  const attempt = (): number | undefined => {
    const accepted = listener.accept();
    if (accepted === undefined) return undefined;
    accepted.flags |= flags & O_NONBLOCK;
    putName(kernel, accepted.peer?.name ?? '', at, lengthAt);
    return add(kernel, accepted, flags);
  };
  const first = attempt();
  if (first !== undefined) return first;
  return listener.isBlocking ? waitFor([listener.changed], attempt) : -ERRNO.EAGAIN;
};

export const SOL_SOCKET = 1;
const SO = {
  type: 3,
  error: 4,
  sendBuffer: 7,
  receiveBuffer: 8,
  peerCredentials: 17,
  accepting: 30,
  protocol: 38,
  domain: 39,
} as const;
const BUFFER_BYTES = 212_992;

const option = (kernel: Kernel, fd: number, level: number, name: number, at: number, lengthAt: number): number => {
  const socket = socketOf(kernel, fd);
  if (level !== SOL_SOCKET) fail('EOPNOTSUPP');
  const {pid, uid, gid} = socket.peerCredentials ?? {pid: 0, uid: -1, gid: -1};
  const values: Readonly<Record<number, readonly number[]>> = {
    [SO.type]: [socket.kind],
    [SO.error]: [0],
    [SO.sendBuffer]: [BUFFER_BYTES],
    [SO.receiveBuffer]: [BUFFER_BYTES],
    [SO.peerCredentials]: [pid, uid, gid],
    [SO.accepting]: [socket.isListening ? 1 : 0],
    [SO.protocol]: [0],
    [SO.domain]: [AF_UNIX],
  };
  const words = values[name] ?? [0];
  const room = kernel.user.word(lengthAt);
  const bytes = new Uint8Array(Int32Array.from(words).buffer).subarray(0, Math.max(0, room));
  kernel.user.write(at, bytes);
  kernel.user.putWords(lengthAt, bytes.length);
  return 0;
};

export const SOCKET_CALLS = [
  call(281, 'socket', ['int', 'bits', 'int'], (kernel, family, type) =>
    add(kernel, newSocket(kernel, family, type), type),
  ),
  call(288, 'socketpair', ['int', 'bits', 'int', 'pointer'], pair),
  call(282, 'bind', ['fd', 'pointer', 'int'], bind),
  call(283, 'connect', ['fd', 'pointer', 'int'], connect),
  call(284, 'listen', ['fd', 'int'], (kernel, fd, backlog) => {
    socketOf(kernel, fd).listen(backlog);
    return 0;
  }),
  call(285, 'accept', ['fd', 'pointer', 'pointer'], accept),
  call(366, 'accept4', ['fd', 'pointer', 'pointer', 'bits'], accept),
  call(286, 'getsockname', ['fd', 'pointer', 'pointer'], (kernel, fd, at, lengthAt) => {
    putName(kernel, socketOf(kernel, fd).name, at, lengthAt);
    return 0;
  }),
  call(287, 'getpeername', ['fd', 'pointer', 'pointer'], (kernel, fd, at, lengthAt) => {
    putName(kernel, (socketOf(kernel, fd).peer ?? fail('ENOTCONN')).name, at, lengthAt);
    return 0;
  }),
  call(293, 'shutdown', ['fd', 'unsigned'], (kernel, fd, how) => {
    socketOf(kernel, fd).shutdown(how);
    return 0;
  }),
  call(294, 'setsockopt', ['fd', 'int'], (kernel, fd, level) => {
    socketOf(kernel, fd);
    return level === SOL_SOCKET ? 0 : -ERRNO.ENOPROTOOPT;
  }),
  call(295, 'getsockopt', ['fd', 'int', 'int', 'pointer', 'pointer'], option),
];
