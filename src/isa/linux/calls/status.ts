/** What files are: the stat family, permissions, owners, times, file systems. */
import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import {Directory, type Node} from '../files/node.ts';
import {OpenFile} from '../files/open-file.ts';
import type {Kernel} from '../kernel.ts';
import {AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, fileOf, nodeOrFile} from './common.ts';

interface Status {
  readonly device: number;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly owner: number;
  readonly group: number;
  readonly represents: number;
  readonly size: number;
  /** In ns: access, modification, change. */
  readonly times: readonly [number, number, number];
}

const BLOCK = 4096;
const SECTOR = 512;
const NANOSECONDS = 1e9;

const statusOf = (kernel: Kernel, of: Node | OpenFile): Status => {
  const node = of instanceof OpenFile ? of.node : of;
  if (node === undefined) {
    const now = kernel.settings.epoch * NANOSECONDS;
    const {mode, terminal} = of as OpenFile;
    const represents = terminal === undefined ? 0 : 0x8800;
    const nothing = {device: 9, inode: kernel.inodeOf(of), links: 1, owner: 0, group: 0, size: 0};
    return {...nothing, mode, represents, times: [now, now, now]};
  }
  return {
    device: node.volume.device,
    inode: node.inode,
    mode: node.type | node.permissions,
    links: node.links,
    owner: node.owner,
    group: node.group,
    represents: node.represents,
    size: node.size,
    times: [node.accessed, node.modified, node.changed],
  };
};

const seconds = (time: number): number => Math.floor(time / NANOSECONDS);
const rest = (time: number): number => Math.floor(time % NANOSECONDS);
const sectors = (size: number): number => Math.ceil(size / BLOCK) * (BLOCK / SECTOR);
const timeWords = (times: readonly number[]): number[] => times.flatMap((time) => [seconds(time), rest(time)]);

/** struct stat64. */
const putWide = (kernel: Kernel, at: number, status: Status): number => {
  const {device, inode, mode, links, owner, group, represents, size, times} = status;
  const long = (value: number): [number, number] => [value, Math.floor(value / 2 ** 32)];
  const start = [device, 0, 0, inode, mode, links, owner, group, represents, 0, 0, 0];
  kernel.user.putWords(at, ...start, ...long(size), BLOCK, 0, ...long(sectors(size)), ...timeWords(times), inode, 0);
  return 0;
};

/** struct stat. */
const putNarrow = (kernel: Kernel, at: number, status: Status): number => {
  const {device, inode, mode, links, owner, group, represents, size, times} = status;
  if (size >= 2 ** 31) fail('EOVERFLOW');
  const start = [device, inode, mode | (links << 16), owner | (group << 16), represents, size, BLOCK, sectors(size)];
  kernel.user.putWords(at, ...start, ...timeWords(times), 0, 0);
  return 0;
};

const STATX_BASIC = 0x7ff;
/** struct statx. */
const putExtended = (kernel: Kernel, at: number, status: Status): number => {
  const {device, inode, mode, links, owner, group, represents, size, times} = status;
  const record = new Uint8Array(256);
  const view = new DataView(record.buffer);
  const set32 = (offset: number, ...values: readonly number[]): void => {
    for (const [index, value] of values.entries()) view.setUint32(offset + 4 * index, value, true);
  };
  set32(
    0,
    STATX_BASIC,
    BLOCK,
    0,
    0,
    links,
    owner,
    group,
    mode,
    inode,
    0,
    size,
    Math.floor(size / 2 ** 32),
    sectors(size),
  );
  const [accessed, modified, changed] = times;
  for (const [offset, time] of [
    [64, accessed],
    [96, changed],
    [112, modified],
  ] as const) {
    set32(offset, seconds(time), Math.floor(seconds(time) / 2 ** 32), rest(time));
  }
  set32(128, represents >>> 8, represents & 0xff, device >>> 8, device & 0xff);
  kernel.user.write(at, record);
  return 0;
};

type Put = (kernel: Kernel, at: number, status: Status) => number;
const byPath =
  (put: Put, flags: number) =>
  (kernel: Kernel, path: string, at: number): number =>
    put(kernel, at, statusOf(kernel, nodeOrFile(kernel, AT_FDCWD, path, flags)));
const byDescriptor =
  (put: Put) =>
  (kernel: Kernel, fd: number, at: number): number =>
    put(kernel, at, statusOf(kernel, fileOf(kernel, fd)));

const R_OK = 4;
/** The guest is root: only what nobody may execute, and file systems that nobody may write, refuse. */
const access = (kernel: Kernel, fd: number, path: string, mode: number, flags = 0): number => {
  const X_OK = 1;
  if ((mode & ~(R_OK | 2 | X_OK)) !== 0) fail('EINVAL');
  const found = nodeOrFile(kernel, fd, path, flags);
  const node = found instanceof OpenFile ? found.node : found;
  if ((mode & X_OK) !== 0 && node !== undefined && !(node instanceof Directory) && (node.permissions & 0o111) === 0) {
    return -ERRNO.EACCES;
  }
  return 0;
};

const changeNode = (kernel: Kernel, found: Node | OpenFile, change: (node: Node) => void): number => {
  const node = found instanceof OpenFile ? found.node : found;
  if (node === undefined) return 0;
  change(node);
  node.changed = kernel.volume.now();
  return 0;
};

const changeMode = (kernel: Kernel, fd: number, path: string, mode: number, flags = 0): number =>
  changeNode(kernel, nodeOrFile(kernel, fd, path, flags), (node) => {
    node.permissions = mode & 0o7777;
  });

const changeOwner = (kernel: Kernel, found: Node | OpenFile, owner: number, group: number): number =>
  changeNode(kernel, found, (node) => {
    if (owner !== -1 && owner !== 0xffff) node.owner = owner;
    if (group !== -1 && group !== 0xffff) node.group = group;
  });
const ownerByPath =
  (flags: number) =>
  (kernel: Kernel, path: string, owner: number, group: number): number =>
    changeOwner(kernel, nodeOrFile(kernel, AT_FDCWD, path, flags), owner, group);
const ownerByDescriptor = (kernel: Kernel, fd: number, owner: number, group: number): number =>
  changeOwner(kernel, fileOf(kernel, fd), owner, group);

const UTIME_NOW = 0x3fff_ffff;
const UTIME_OMIT = 0x3fff_fffe;
/** Two times; `undefined` leaves one as it is. */
const setTimes = (found: Node | OpenFile, kernel: Kernel, times: readonly (number | undefined)[]): number =>
  changeNode(kernel, found, (node) => {
    const [accessed, modified] = times;
    if (accessed !== undefined) node.accessed = accessed;
    if (modified !== undefined) node.modified = modified;
  });

const timesAt = (kernel: Kernel, at: number, wide: boolean): readonly (number | undefined)[] => {
  const now = kernel.volume.now();
  if (at === 0) return [now, now];
  const words = kernel.user.words(at, wide ? 8 : 4);
  return [0, 1].map((index) => {
    const from = (wide ? 4 : 2) * index;
    const nanoseconds = words[from + (wide ? 2 : 1)]!;
    if (nanoseconds === UTIME_NOW) return now;
    if (nanoseconds === UTIME_OMIT) return undefined;
    if (nanoseconds < 0 || nanoseconds >= NANOSECONDS) fail('EINVAL');
    return words[from]! * NANOSECONDS + nanoseconds;
  });
};

const timesOf =
  (wide: boolean) =>
  (kernel: Kernel, fd: number, pathAt: number, at: number, flags: number): number => {
    const times = timesAt(kernel, at, wide);
    const found = pathAt === 0 ? fileOf(kernel, fd) : nodeOrFile(kernel, fd, kernel.user.text(pathAt), flags);
    return setTimes(found, kernel, times);
  };

const oldTimes = (kernel: Kernel, fd: number, path: string, at: number): number => {
  const now = kernel.volume.now();
  const found = nodeOrFile(kernel, fd, path, 0);
  if (at === 0) return setTimes(found, kernel, [now, now]);
  const [first, firstRest, second, secondRest] = kernel.user.words(at, 4);
  return setTimes(found, kernel, [
    first! * NANOSECONDS + firstRest! * 1000,
    second! * NANOSECONDS + secondRest! * 1000,
  ]);
};

const truncate = (kernel: Kernel, path: string, size: number): number => {
  const found = nodeOrFile(kernel, AT_FDCWD, path, 0);
  if (found instanceof Directory) fail('EISDIR');
  if (size < 0 || !('writable' in found)) fail('EINVAL');
  (found as {writable: {resize(bytes: number): void}}).writable.resize(size);
  (found as Node).touch();
  return 0;
};

const TMPFS = 0x0102_1994;
const fileSystem = (kernel: Kernel, at: number, wide: boolean): number => {
  const blocks = Math.floor(kernel.memory.limit / BLOCK);
  const free = Math.floor(kernel.volume.quota.left / BLOCK);
  const counts = [blocks, free, free, blocks, free];
  const words = wide ? counts.flatMap((count) => [count, 0]) : counts;
  kernel.user.putWords(at, TMPFS, BLOCK, ...words, 0, 0, 255, BLOCK, 0, 0, 0, 0, 0);
  return 0;
};
const systemByPath =
  (wide: boolean) =>
  (kernel: Kernel, path: string, second: number, third = 0): number => {
    nodeOrFile(kernel, AT_FDCWD, path, 0);
    return fileSystem(kernel, wide ? third : second, wide);
  };
const systemByDescriptor =
  (wide: boolean) =>
  (kernel: Kernel, fd: number, second: number, third = 0): number => {
    fileOf(kernel, fd);
    return fileSystem(kernel, wide ? third : second, wide);
  };

const noAttribute = (): number => -ERRNO.EOPNOTSUPP;

export const STATUS_CALLS = [
  call(106, 'stat', ['path', 'pointer'], byPath(putNarrow, 0)),
  call(107, 'lstat', ['path', 'pointer'], byPath(putNarrow, AT_SYMLINK_NOFOLLOW)),
  call(108, 'fstat', ['fd', 'pointer'], byDescriptor(putNarrow)),
  call(195, 'stat64', ['path', 'pointer'], byPath(putWide, 0)),
  call(196, 'lstat64', ['path', 'pointer'], byPath(putWide, AT_SYMLINK_NOFOLLOW)),
  call(197, 'fstat64', ['fd', 'pointer'], byDescriptor(putWide)),
  call(327, 'fstatat64', ['fd', 'path', 'pointer', 'bits'], (kernel, fd, path, at, flags) =>
    putWide(kernel, at, statusOf(kernel, nodeOrFile(kernel, fd, path, flags))),
  ),
  call(397, 'statx', ['fd', 'path', 'bits', 'bits', 'pointer'], (kernel, fd, path, flags, _mask, at) =>
    putExtended(kernel, at, statusOf(kernel, nodeOrFile(kernel, fd, path, flags))),
  ),
  call(33, 'access', ['path', 'bits'], (kernel, path, mode) => access(kernel, AT_FDCWD, path, mode)),
  call(334, 'faccessat', ['fd', 'path', 'bits'], access),
  call(439, 'faccessat2', ['fd', 'path', 'bits', 'bits'], access),
  call(15, 'chmod', ['path', 'bits'], (kernel, path, mode) => changeMode(kernel, AT_FDCWD, path, mode)),
  call(94, 'fchmod', ['fd', 'bits'], (kernel, fd, mode) => changeMode(kernel, fd, '', mode, AT_EMPTY_PATH)),
  call(333, 'fchmodat', ['fd', 'path', 'bits'], changeMode),
  call(16, 'lchown', ['path', 'int', 'int'], ownerByPath(AT_SYMLINK_NOFOLLOW)),
  call(182, 'chown', ['path', 'int', 'int'], ownerByPath(0)),
  call(95, 'fchown', ['fd', 'int', 'int'], ownerByDescriptor),
  call(198, 'lchown32', ['path', 'int', 'int'], ownerByPath(AT_SYMLINK_NOFOLLOW)),
  call(212, 'chown32', ['path', 'int', 'int'], ownerByPath(0)),
  call(207, 'fchown32', ['fd', 'int', 'int'], ownerByDescriptor),
  call(325, 'fchownat', ['fd', 'path', 'int', 'int', 'bits'], (kernel, fd, path, owner, group, flags) =>
    changeOwner(kernel, nodeOrFile(kernel, fd, path, flags), owner, group),
  ),
  call(269, 'utimes', ['path', 'pointer'], (kernel, path, at) => oldTimes(kernel, AT_FDCWD, path, at)),
  call(326, 'futimesat', ['fd', 'path', 'pointer'], oldTimes),
  call(348, 'utimensat', ['fd', 'pointer', 'pointer', 'bits'], timesOf(false)),
  call(412, 'utimensat_time64', ['fd', 'pointer', 'pointer', 'bits'], timesOf(true)),
  call(92, 'truncate', ['path', 'int'], truncate),
  call(193, 'truncate64', ['path', 'long'], truncate),
  call(99, 'statfs', ['path', 'pointer'], systemByPath(false)),
  call(100, 'fstatfs', ['fd', 'pointer'], systemByDescriptor(false)),
  call(266, 'statfs64', ['path', 'unsigned', 'pointer'], systemByPath(true)),
  call(267, 'fstatfs64', ['fd', 'unsigned', 'pointer'], systemByDescriptor(true)),
  ...(
    [
      [226, 'setxattr'],
      [227, 'lsetxattr'],
      [228, 'fsetxattr'],
      [229, 'getxattr'],
      [230, 'lgetxattr'],
      [231, 'fgetxattr'],
      [232, 'listxattr'],
      [233, 'llistxattr'],
      [234, 'flistxattr'],
      [235, 'removexattr'],
      [236, 'lremovexattr'],
      [237, 'fremovexattr'],
    ] as const
  ).map(([number, name]) => call(number, name, [], noAttribute)),
];
