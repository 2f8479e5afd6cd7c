/** Making, removing, renaming and listing what directories hold; and where a task's paths start. */
import {call} from '../call.ts';
import {fail} from '../errno.ts';
import {HostDirectory} from '../files/host.ts';
import {Directory, Link, type Node, RegularFile, S_IFIFO, S_IFREG, Special} from '../files/node.ts';
import {OpenFile} from '../files/open-file.ts';
import {OpenDirectory} from '../files/regular.ts';
import type {Kernel} from '../kernel.ts';
import {bytesOfName} from '../user-memory.ts';
import {AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, existing, fileOf, lookUp, nodeOrFile, vacancy} from './common.ts';

const makeDirectory = (kernel: Kernel, fd: number, path: string, mode: number): number => {
  const {directory, name} = vacancy(kernel, fd, path);
  directory.makeDirectory(name, mode & 0o1777 & ~kernel.current.context.mask);
  directory.links++;
  return 0;
};

const makeNode = (kernel: Kernel, fd: number, path: string, mode: number, _device = 0): number => {
  const {directory, name} = vacancy(kernel, fd, path);
  const permissions = mode & 0o7777 & ~kernel.current.context.mask;
  const type = mode & 0o170000;
  if (type === 0 || type === S_IFREG) directory.makeFile(name, permissions).release();
  else if (type === S_IFIFO) directory.insert(name, new Special(directory.volume, type | permissions));
  else fail('EPERM');
  return 0;
};

/** The last name is gone: what is in memory goes with it. */
const loseName = (node: Node): void => {
  node.links--;
  if (node instanceof RegularFile) node.freeIfLost();
};

const remove = (kernel: Kernel, fd: number, path: string, flags: number): number => {
  const {directory, name, node, mustBeDirectory} = lookUp(kernel, fd, path, false);
  const wantsDirectory = (flags & AT_REMOVEDIR) !== 0;
  if (name === '') fail(wantsDirectory ? (path.endsWith('.') ? 'EINVAL' : 'EBUSY') : 'EISDIR');
  if (node === undefined) fail('ENOENT');
  if (node instanceof Directory) {
    if (!wantsDirectory) fail('EISDIR');
    if (node.names().length > 0) fail('ENOTEMPTY');
    if (directory.lookup(name) !== node || node.volume !== directory.volume) fail('EBUSY');
    directory.links--;
  } else if (wantsDirectory || mustBeDirectory) fail('ENOTDIR');
  directory.checkWritable();
  directory.remove(name);
  loseName(node);
  return 0;
};

const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

const rename = (kernel: Kernel, from: number, oldPath: string, to: number, newPath: string, flags = 0): number => {
  const source = lookUp(kernel, from, oldPath, false);
  const target = lookUp(kernel, to, newPath, false);
  const {node} = source;
  if (node === undefined) fail('ENOENT');
  if (source.name === '' || target.name === '') fail('EBUSY');
  if ((flags & RENAME_EXCHANGE) !== 0) fail('EINVAL');
  if ((flags & RENAME_NOREPLACE) !== 0 && target.node !== undefined) fail('EEXIST');
  if (source.mustBeDirectory && !(node instanceof Directory)) fail('ENOTDIR');
  if (target.mustBeDirectory && !(node instanceof Directory)) fail(target.node === undefined ? 'ENOENT' : 'ENOTDIR');
  if (source.directory.volume !== target.directory.volume) fail('EXDEV');
  if (node instanceof Directory && node.volume !== source.directory.volume) fail('EBUSY');
  source.directory.checkWritable();
  target.directory.checkWritable();
  if (target.node === node) return 0;
  checkReplacement(node, target.node, target.directory);
  source.directory.rename(source.name, target.directory, target.name);
  if (target.node !== undefined) loseName(target.node);
  return 0;
};

const checkReplacement = (node: Node, replaced: Node | undefined, directory: Directory): void => {
  if (node instanceof Directory) {
    for (let at: Directory = directory; ; at = at.parent) {
      if (at === node) fail('EINVAL');
      if (at.parent === at) break;
    }
    if (replaced === undefined) return;
    if (!(replaced instanceof Directory)) fail('ENOTDIR');
    if (replaced.names().length > 0) fail('ENOTEMPTY');
  } else if (replaced instanceof Directory) fail('EISDIR');
};

const link = (kernel: Kernel, from: number, oldPath: string, to: number, newPath: string, flags: number): number => {
  const source = lookUp(kernel, from, oldPath, (flags & AT_SYMLINK_FOLLOW) !== 0);
  const opened = source.opened instanceof OpenFile ? source.opened.node : undefined;
  const node = opened ?? source.node ?? fail('ENOENT');
  if (node instanceof Directory) fail('EPERM');
  const {directory, name} = vacancy(kernel, to, newPath);
  if (node.volume !== directory.volume) fail('EXDEV');
  if (directory instanceof HostDirectory) directory.link(name, node, source);
  else directory.link(name, node);
  return 0;
};

const symbolicLink = (kernel: Kernel, target: string, fd: number, path: string): number => {
  if (target === '') fail('ENOENT');
  const {directory, name} = vacancy(kernel, fd, path);
  directory.makeLink(name, target);
  return 0;
};

const readLink = (kernel: Kernel, fd: number, path: string, at: number, size: number): number => {
  if (size <= 0) fail('EINVAL');
  const node = path === '' ? nodeOrFile(kernel, fd, path, 0x1000) : existing(kernel, fd, path, false);
  if (!(node instanceof Link)) fail('EINVAL');
  const target = bytesOfName(node.target).subarray(0, size);
  kernel.user.write(at, target);
  return target.length;
};

/** A record for each entry, as many as fit; `encode` lays one out. */
const list = (
  kernel: Kernel,
  fd: number,
  at: number,
  size: number,
  encode: (name: Uint8Array, inode: number, position: number, type: number) => Uint8Array,
): number => {
  const file = fileOf(kernel, fd);
  if (!(file instanceof OpenDirectory)) fail('ENOTDIR');
  let used = 0;
  for (;;) {
    const entry = file.entries[file.position];
    if (entry === undefined) return used;
    const record = encode(bytesOfName(entry.name), entry.inode, file.position + 1, entry.type);
    if (used + record.length > size) return used > 0 ? used : fail('EINVAL');
    kernel.user.write(at + used, record);
    used += record.length;
    file.position++;
  }
};

const wideEntry = (name: Uint8Array, inode: number, position: number, type: number): Uint8Array => {
  const record = new Uint8Array(Math.ceil((19 + name.length + 1) / 8) * 8);
  const view = new DataView(record.buffer);
  view.setUint32(0, inode, true);
  view.setUint32(8, position, true);
  view.setUint16(16, record.length, true);
  record[18] = type;
  record.set(name, 19);
  return record;
};

const narrowEntry = (name: Uint8Array, inode: number, position: number, type: number): Uint8Array => {
  const record = new Uint8Array(Math.ceil((10 + name.length + 2) / 4) * 4);
  const view = new DataView(record.buffer);
  view.setUint32(0, inode, true);
  view.setUint32(4, position, true);
  view.setUint16(8, record.length, true);
  record.set(name, 10);
  record[record.length - 1] = type;
  return record;
};

const changeTo = (kernel: Kernel, node: unknown): number => {
  if (!(node instanceof Directory)) fail('ENOTDIR');
  kernel.current.context.current = node;
  return 0;
};

const currentPath = (kernel: Kernel, at: number, size: number): number => {
  const path = Uint8Array.from([...bytesOfName(kernel.current.context.current.path), 0]);
  if (path.length > size) fail('ERANGE');
  kernel.user.write(at, path);
  return path.length;
};

export const DIRECTORY_CALLS = [
  call(39, 'mkdir', ['path', 'bits'], (kernel, path, mode) => makeDirectory(kernel, AT_FDCWD, path, mode)),
  call(323, 'mkdirat', ['fd', 'path', 'bits'], makeDirectory),
  call(14, 'mknod', ['path', 'bits'], (kernel, path, mode) => makeNode(kernel, AT_FDCWD, path, mode)),
  call(324, 'mknodat', ['fd', 'path', 'bits', 'int'], makeNode),
  call(10, 'unlink', ['path'], (kernel, path) => remove(kernel, AT_FDCWD, path, 0)),
  call(40, 'rmdir', ['path'], (kernel, path) => remove(kernel, AT_FDCWD, path, AT_REMOVEDIR)),
  call(328, 'unlinkat', ['fd', 'path', 'bits'], remove),
  call(38, 'rename', ['path', 'path'], (kernel, from, to) => rename(kernel, AT_FDCWD, from, AT_FDCWD, to)),
  call(329, 'renameat', ['fd', 'path', 'fd', 'path'], rename),
  call(382, 'renameat2', ['fd', 'path', 'fd', 'path', 'bits'], rename),
  call(9, 'link', ['path', 'path'], (kernel, from, to) => link(kernel, AT_FDCWD, from, AT_FDCWD, to, 0)),
  call(330, 'linkat', ['fd', 'path', 'fd', 'path', 'bits'], link),
  call(83, 'symlink', ['path', 'path'], (kernel, target, path) => symbolicLink(kernel, target, AT_FDCWD, path)),
  call(331, 'symlinkat', ['path', 'fd', 'path'], symbolicLink),
  call(85, 'readlink', ['path', 'pointer', 'int'], (kernel, path, at, size) =>
    readLink(kernel, AT_FDCWD, path, at, size),
  ),
  call(332, 'readlinkat', ['fd', 'path', 'pointer', 'int'], readLink),
  call(141, 'getdents', ['fd', 'pointer', 'unsigned'], (kernel, fd, at, size) =>
    list(kernel, fd, at, size, narrowEntry),
  ),
  call(217, 'getdents64', ['fd', 'pointer', 'unsigned'], (kernel, fd, at, size) =>
    list(kernel, fd, at, size, wideEntry),
  ),
  call(12, 'chdir', ['path'], (kernel, path) => changeTo(kernel, existing(kernel, AT_FDCWD, path))),
  call(133, 'fchdir', ['fd'], (kernel, fd) => changeTo(kernel, fileOf(kernel, fd).node)),
  call(61, 'chroot', ['path'], (kernel, path) => {
    const node = existing(kernel, AT_FDCWD, path);
    kernel.current.context.root = node instanceof Directory ? node : fail('ENOTDIR');
    return 0;
  }),
  call(183, 'getcwd', ['pointer', 'unsigned'], currentPath),
  call(60, 'umask', ['bits'], (kernel, mask) => {
    const {context} = kernel.current;
    const before = context.mask;
    context.mask = mask & 0o777;
    return before;
  }),
];
