/** What files are: the stat family, permissions, owners, times, file systems. */
import {call} from '../call.ts';
import type {Time} from '../clock.ts';
import {ERRNO, fail} from '../errno.ts';
import {Directory, type NewTime, type Node} from '../files/node.ts';
import {O_PATH, OpenFile} from '../files/open-file.ts';
import type {Kernel} from '../kernel.ts';
import {AT_FDCWD, AT_SYMLINK_NOFOLLOW, fileOf, nodeOrFile} from './common.ts';

interface Status {
  readonly device: number;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly owner: number;
  readonly group: number;
  readonly represents: number;
  readonly size: number;
  /** Access, modification, change. */
  readonly times: readonly [Time, Time, Time];
}

const BLOCK = 4096;
const SECTOR = 512;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

const statusOf = (kernel: Kernel, of: Node | OpenFile): Status => {
  const node = of instanceof OpenFile ? of.node : of;
  if (node === undefined) {
    const now: Time = [kernel.settings.epoch, 0];
    const {mode, terminal} = of as OpenFile;
    const represents = terminal === undefined ? 0 : 0x8800;
    const nothing = {device: 9, inode: kernel.inodeOf(of), links: 1, owner: 0, group: 0, size: 0};
    return {...nothing, mode, represents, times: [now, now, now]};
  }
  node.refresh();
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

const sectors = (size: number): number => Math.ceil(size / BLOCK) * (BLOCK / SECTOR);

/** struct stat64. */
const putWide = (kernel: Kernel, at: number, status: Status): number => {
  const {device, inode, mode, links, owner, group, represents, size, times} = status;
  const long = (value: number): [number, number] => [value, Math.floor(value / 2 ** 32)];
  const start = [device, 0, 0, inode, mode, links, owner, group, represents, 0, 0, 0];
  kernel.user.putWords(at, ...start, ...long(size), BLOCK, 0, ...long(sectors(size)), ...times.flat(), inode, 0);
  return 0;
};

/** struct stat. */
const putNarrow = (kernel: Kernel, at: number, status: Status): number => {
  const {device, inode, mode, links, owner, group, represents, size, times} = status;
  if (size >= 2 ** 31) fail('EOVERFLOW');
  const start = [device, inode, mode | (links << 16), owner | (group << 16), represents, size, BLOCK, sectors(size)];
  kernel.user.putWords(at, ...start, ...times.flat(), 0, 0);
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
  for (const [offset, [seconds, rest]] of [
    [64, accessed],
    [96, changed],
    [112, modified],
  ] as const) {
    set32(offset, seconds, Math.floor(seconds / 2 ** 32), rest);
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

const changeNode = (found: Node | OpenFile, change: (node: Node) => void): number => {
  const node = found instanceof OpenFile ? found.node : found;
  if (node === undefined) return 0;
  change(node);
  return 0;
};

/** Of a descriptor that does more than name a place. @throws SystemError EBADF */
const heldFile = (kernel: Kernel, fd: number): OpenFile => {
  const file = fileOf(kernel, fd);
  return (file.flags & O_PATH) === 0 ? file : fail('EBADF');
};

const changeMode = (kernel: Kernel, fd: number, path: string, mode: number): number =>
  changeNode(nodeOrFile(kernel, fd, path, 0), (node) => node.changePermissions(mode));

/** -1, also of the calls with 16 bits, leaves the owner or the group as it is. */
const newOwner = (id: number): number | undefined => (id === -1 || id === 0xffff ? undefined : id);
const changeOwner = (found: Node | OpenFile, owner: number, group: number): number =>
  changeNode(found, (node) => node.changeOwner(newOwner(owner), newOwner(group)));
const ownerByPath =
  (flags: number) =>
  (kernel: Kernel, path: string, owner: number, group: number): number =>
    changeOwner(nodeOrFile(kernel, AT_FDCWD, path, flags), owner, group);

const ownerByDescriptor = (kernel: Kernel, fd: number, owner: number, group: number): number =>
  changeOwner(heldFile(kernel, fd), owner, group);

const setTimes = (found: Node | OpenFile, [accessed, modified]: NewTimes): number =>
  changeNode(found, (node) => node.changeTimes(accessed, modified));

type NewTimes = readonly [accessed: NewTime, modified: NewTime];
const BOTH_NOW: NewTimes = ['now', 'now'];

/** UTIME_NOW and UTIME_OMIT. */
const IN_PLACE_OF_NANOSECONDS: ReadonlyMap<number, NewTime> = new Map([
  [0x3fff_ffff, 'now'],
  [0x3fff_fffe, undefined],
]);
/** @throws SystemError EINVAL for more than a second's worth of `rest`, of which a second has `perSecond`. */
const timeFrom = (seconds: number, rest: number, perSecond: number): Time =>
  rest >= 0 && rest < perSecond ? [seconds, rest * (NANOSECONDS / perSecond)] : fail('EINVAL');

const timesAt = (kernel: Kernel, at: number, wide: boolean): NewTimes => {
  if (at === 0) return BOTH_NOW;
  const words = kernel.user.words(at, wide ? 8 : 4);
  const time = (first: number): NewTime => {
    const low = words[first]!;
    const seconds = wide ? (low >>> 0) + words[first + 1]! * 2 ** 32 : low;
    const rest = words[first + (wide ? 2 : 1)]!;
    if (IN_PLACE_OF_NANOSECONDS.has(rest)) return IN_PLACE_OF_NANOSECONDS.get(rest);
    return timeFrom(seconds, rest, NANOSECONDS);
  };
  return [time(0), time(wide ? 4 : 2)];
};

const timesOf =
  (wide: boolean) =>
  (kernel: Kernel, fd: number, pathAt: number, at: number, flags: number): number => {
    const times = timesAt(kernel, at, wide);
    const found = pathAt === 0 ? heldFile(kernel, fd) : nodeOrFile(kernel, fd, kernel.user.text(pathAt), flags);
    return setTimes(found, times);
  };

const oldTimes = (kernel: Kernel, fd: number, path: string, at: number): number => {
  const found = nodeOrFile(kernel, fd, path, 0);
  if (at === 0) return setTimes(found, BOTH_NOW);
  const [first, firstRest, second, secondRest] = kernel.user.words(at, 4);
  return setTimes(found, [timeFrom(first!, firstRest!, MICROSECONDS), timeFrom(second!, secondRest!, MICROSECONDS)]);
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
  call(94, 'fchmod', ['fd', 'bits'], (kernel, fd, mode) =>
    changeNode(heldFile(kernel, fd), (node) => node.changePermissions(mode)),
  ),
  call(333, 'fchmodat', ['fd', 'path', 'bits'], changeMode),
  call(16, 'lchown', ['path', 'int', 'int'], ownerByPath(AT_SYMLINK_NOFOLLOW)),
  call(182, 'chown', ['path', 'int', 'int'], ownerByPath(0)),
  call(95, 'fchown', ['fd', 'int', 'int'], ownerByDescriptor),
  call(198, 'lchown32', ['path', 'int', 'int'], ownerByPath(AT_SYMLINK_NOFOLLOW)),
  call(212, 'chown32', ['path', 'int', 'int'], ownerByPath(0)),
  call(207, 'fchown32', ['fd', 'int', 'int'], ownerByDescriptor),
  call(325, 'fchownat', ['fd', 'path', 'int', 'int', 'bits'], (kernel, fd, path, owner, group, flags) =>
    changeOwner(nodeOrFile(kernel, fd, path, flags), owner, group),
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
