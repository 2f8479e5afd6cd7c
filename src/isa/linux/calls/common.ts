/** What many system calls do: wait for a file, find a path. */
import {ERRNO, fail} from '../errno.ts';
import {Directory, type Node} from '../files/node.ts';
import {OpenFile} from '../files/open-file.ts';
import {type Resolved, resolve} from '../files/path.ts';
import type {Kernel} from '../kernel.ts';
import type {Result, Waiting, WaitQueue} from '../wait.ts';

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_EMPTY_PATH = 0x1000;

/** Whether flags contain a flag, or any of several. */
export const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;

export const fileOf = (kernel: Kernel, fd: number): OpenFile => kernel.current.files.get(fd);

export const readableFile = (kernel: Kernel, fd: number): OpenFile => {
  const file = fileOf(kernel, fd);
  return file.isReadable ? file : fail('EBADF');
};

export const writableFile = (kernel: Kernel, fd: number): OpenFile => {
  const file = fileOf(kernel, fd);
  return file.isWritable ? file : fail('EBADF');
};

/** Tries again whenever the queue wakes. With a deadline, `late` is the answer when it passes. */
export function* waitFor<T>(
  queues: readonly WaitQueue[],
  attempt: () => T | undefined,
  deadline?: number,
  late: T | undefined = undefined,
): Waiting<T | number> {
  for (;;) {
    const wake = yield {queues, deadline};
    const result = attempt();
    if (result !== undefined) return result;
    if (wake === 'signal') return -(deadline === undefined ? ERRNO.ERESTARTSYS : ERRNO.ERESTARTNOHAND);
    if (wake === 'timeout') return late ?? -ERRNO.EAGAIN;
  }
}

/** A transfer at once, or when the file is ready. */
export const transfer = (file: OpenFile, attempt: () => number | undefined, isBlocking = file.isBlocking): Result => {
  const result = attempt();
  if (result !== undefined) return result;
  return isBlocking ? waitFor([file.changed], attempt) : -ERRNO.EAGAIN;
};

/** The directory that a relative path of an …at call starts from. */
export const startOf = (kernel: Kernel, fd: number, path: string): Directory => {
  if (fd === AT_FDCWD || path.startsWith('/')) return kernel.current.context.current;
  const {node} = fileOf(kernel, fd);
  return node instanceof Directory ? node : fail('ENOTDIR');
};

export const lookUp = (kernel: Kernel, fd: number, path: string, follow: boolean): Resolved =>
  resolve(kernel.current.context, startOf(kernel, fd, path), path, follow);

/** What a path, or with AT_EMPTY_PATH a descriptor, names. */
export const nodeOrFile = (kernel: Kernel, fd: number, path: string, flags: number): Node | OpenFile => {
  if (path === '' && (flags & AT_EMPTY_PATH) !== 0) {
    if (fd === AT_FDCWD) return kernel.current.context.current;
    const file = fileOf(kernel, fd);
    return file.node ?? file;
  }
  const {node, opened} = lookUp(kernel, fd, path, (flags & AT_SYMLINK_NOFOLLOW) === 0);
  if (opened instanceof OpenFile) return opened.node ?? opened;
  return node ?? fail('ENOENT');
};

export const existing = (kernel: Kernel, fd: number, path: string, follow = true): Node => {
  const found = nodeOrFile(kernel, fd, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  return found instanceof OpenFile ? fail('EINVAL') : found;
};

/** Where an entry may be made: it must not exist yet. */
export const vacancy = (
  kernel: Kernel,
  fd: number,
  path: string,
): {readonly directory: Directory; readonly name: string} => {
  const {directory, name, node} = lookUp(kernel, fd, path, false);
  if (node !== undefined || name === '') fail('EEXIST');
  directory.checkWritable();
  return {directory, name};
};
