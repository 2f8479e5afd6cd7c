/** Opening, closing and duplicating descriptors. */
import {call} from '../call.ts';
import {fail} from '../errno.ts';
import {EventCounter, TimerFile} from '../files/events.ts';
import {GeneratedFile} from '../files/generated.ts';
import {Directory, Link, RegularFile, S_IFIFO, Special} from '../files/node.ts';
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  OpenFile,
} from '../files/open-file.ts';
import {Pipe, PipeEnd} from '../files/pipe.ts';
import {OpenDirectory, OpenRegular} from '../files/regular.ts';
import type {Kernel} from '../kernel.ts';
import type {Result, Waiting} from '../wait.ts';
import {AT_FDCWD, fileOf, lookUp, waitFor} from './common.ts';

/** A directory and other things that only O_PATH gives: it can be named, no more. */
class OpenPlace extends OpenFile {}

const add = (kernel: Kernel, file: OpenFile, flags: number): number =>
  kernel.current.files.add(file, (flags & O_CLOEXEC) !== 0);

const FIXED_FLAGS = O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;

const open = (kernel: Kernel, fd: number, path: string, given: number, mode: number): Result => {
  const flags = (given & O_ACCMODE) === O_ACCMODE ? given & ~1 : given;
  const kept = flags & ~FIXED_FLAGS;
  const {current} = kernel;
  const permissions = mode & 0o7777 & ~current.context.mask;
  if ((flags & O_TMPFILE) === O_TMPFILE) return openUnnamed(kernel, fd, path, flags, permissions);
  const exclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
  const found = lookUp(kernel, fd, path, (flags & O_NOFOLLOW) === 0 && !exclusive);
  const {directory, name, opened, mustBeDirectory, path: place} = found;
  if (opened instanceof OpenFile) return add(kernel, opened, flags);
  const {node} = found;
  if (node === undefined) {
    if ((flags & O_CREAT) === 0) fail('ENOENT');
    if (mustBeDirectory) fail('EISDIR');
    directory.checkWritable();
    const made = directory.makeFile(name, permissions);
    const file = new OpenRegular(kept, place, made);
    made.release();
    return add(kernel, file, flags);
  }
  if (exclusive) fail('EEXIST');
  if ((flags & O_PATH) !== 0) {
    if ((flags & O_DIRECTORY) !== 0 && !(node instanceof Directory)) fail('ENOTDIR');
    return add(
      kernel,
      node instanceof Directory ? new OpenDirectory(kept, place, node) : new OpenPlace(kept, place, node),
      flags,
    );
  }
  if (node instanceof Link) fail('ELOOP');
  if (node instanceof Directory) {
    if ((flags & (O_ACCMODE | O_CREAT)) !== 0) fail('EISDIR');
    return add(kernel, new OpenDirectory(kept, node.path, node), flags);
  }
  if ((flags & O_DIRECTORY) !== 0) fail('ENOTDIR');
  if (node instanceof RegularFile) return openFile(kernel, node, place, flags, kept);
  if (node instanceof Special) return openSpecial(kernel, node, place, flags, kept);
  return fail('ENXIO');
};

const openFile = (kernel: Kernel, node: RegularFile, place: string, flags: number, kept: number): number => {
  const writes = (flags & O_ACCMODE) !== 0;
  if (writes && node instanceof GeneratedFile && (node.permissions & 0o222) === 0) fail('EACCES');
  const file = new OpenRegular(kept, place, node);
  if ((flags & O_TRUNC) !== 0 && writes && node.size > 0) file.resize(0);
  return add(kernel, file, flags);
};

const openUnnamed = (kernel: Kernel, fd: number, path: string, flags: number, permissions: number): number => {
  const {node} = lookUp(kernel, fd, path, true);
  if (!(node instanceof Directory)) fail(node === undefined ? 'ENOENT' : 'ENOTDIR');
  const file = new RegularFile(kernel.volume, permissions);
  file.links = 0;
  return add(
    kernel,
    new OpenRegular(flags & ~(FIXED_FLAGS | O_TMPFILE), `${node.path}/#${file.inode} (deleted)`, file),
    flags,
  );
};

const openSpecial = (kernel: Kernel, node: Special, place: string, flags: number, kept: number): Result => {
  if (node.type === S_IFIFO) return openPipe(kernel, node, place, flags, kept);
  const opened = node.open?.(kept);
  return opened instanceof OpenFile ? add(kernel, opened, flags) : fail('ENXIO');
};

/** fifo(7): opening for one side waits for the other. */
const openPipe = (kernel: Kernel, node: Special, place: string, flags: number, kept: number): Result => {
  node.attached ??= new Pipe();
  const pipe = node.attached as Pipe;
  const access = flags & O_ACCMODE;
  const isBlocking = (flags & O_NONBLOCK) === 0;
  if (access === O_WRONLY && !isBlocking && pipe.readers === 0) fail('ENXIO');
  const file = new PipeEnd(pipe, kept, place, node);
  const [mine, theirs] =
    access === O_WRONLY ? (['everWritten', 'everRead'] as const) : (['everRead', 'everWritten'] as const);
  const others = access === O_WRONLY ? pipe.readers : pipe.writers;
  if (!isBlocking || access > O_WRONLY || others > 0) return add(kernel, file, flags);
  file.acquire();
  const seen = pipe[theirs];
  return opening(kernel, file, flags, () => (pipe[theirs] > seen && pipe[mine] > 0 ? 0 : undefined));
};

function* opening(kernel: Kernel, file: OpenFile, flags: number, isOpen: () => number | undefined): Waiting<number> {
  try {
    const result = yield* waitFor([file.changed], isOpen);
    return result < 0 ? result : add(kernel, file, flags);
  } finally {
    file.release();
  }
}

const openHow = (kernel: Kernel, fd: number, path: string, how: number, size: number): Result => {
  if (size < 24) fail('EINVAL');
  const words = kernel.user.words(how, 6);
  if (words[4] !== 0 || words[5] !== 0) fail('EINVAL');
  return open(kernel, fd, path, words[0]!, words[2]!);
};

const duplicate = (kernel: Kernel, from: number, to: number, flags: number): number => {
  const {files} = kernel.current;
  const file = files.get(from);
  if (from !== to) files.set(to, file, (flags & O_CLOEXEC) !== 0);
  return to;
};

const pipe = (kernel: Kernel, at: number, flags: number): number => {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | 0o40000)) !== 0) fail('EINVAL');
  const made = new Pipe();
  const name = `pipe:[${kernel.newInode()}]`;
  const ends = [0, O_WRONLY].map((access) =>
    add(kernel, new PipeEnd(made, access | (flags & O_NONBLOCK), name), flags),
  );
  kernel.user.putWords(at, ...ends);
  return 0;
};

const closeRange = (kernel: Kernel, first: number, last: number, flags: number): number => {
  const CLOSE_RANGE_CLOEXEC = 4;
  if (first > last) fail('EINVAL');
  const {files} = kernel.current;
  for (const fd of files.numbers) {
    if (fd < first || fd > last) continue;
    if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) files.descriptor(fd).closeOnExec = true;
    else files.close(fd);
  }
  return 0;
};

const memoryFile = (kernel: Kernel, name: string, flags: number): number => {
  const MFD_CLOEXEC = 1;
  const node = new RegularFile(kernel.volume, 0o777);
  node.links = 0;
  const file = new OpenRegular(2, `/memfd:${name} (deleted)`, node);
  return kernel.current.files.add(file, (flags & MFD_CLOEXEC) !== 0);
};

const eventCounter = (kernel: Kernel, count: number, flags: number): number => {
  const EFD_SEMAPHORE = 1;
  return add(kernel, new EventCounter(count, flags, (flags & EFD_SEMAPHORE) !== 0), flags);
};

export const DESCRIPTOR_CALLS = [
  call(5, 'open', ['path', 'bits', 'bits'], (kernel, path, flags, mode) => open(kernel, AT_FDCWD, path, flags, mode)),
  call(8, 'creat', ['path', 'bits'], (kernel, path, mode) =>
    open(kernel, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode),
  ),
  call(322, 'openat', ['fd', 'path', 'bits', 'bits'], open),
  call(437, 'openat2', ['fd', 'path', 'pointer', 'unsigned'], openHow),
  call(6, 'close', ['fd'], (kernel, fd) => {
    kernel.current.files.close(fd);
    return 0;
  }),
  call(436, 'close_range', ['unsigned', 'unsigned', 'bits'], closeRange),
  call(41, 'dup', ['fd'], (kernel, fd) => kernel.current.files.add(fileOf(kernel, fd))),
  call(63, 'dup2', ['fd', 'fd'], (kernel, from, to) => duplicate(kernel, from, to, 0)),
  call(358, 'dup3', ['fd', 'fd', 'bits'], (kernel, from, to, flags) =>
    from === to ? fail('EINVAL') : duplicate(kernel, from, to, flags),
  ),
  call(42, 'pipe', ['pointer'], (kernel, at) => pipe(kernel, at, 0)),
  call(359, 'pipe2', ['pointer', 'bits'], pipe),
  call(143, 'flock', ['fd'], (kernel, fd) => {
    fileOf(kernel, fd);
    return 0;
  }),
  call(351, 'eventfd', ['unsigned'], (kernel, count) => eventCounter(kernel, count, 0)),
  call(356, 'eventfd2', ['unsigned', 'bits'], eventCounter),
  call(350, 'timerfd_create', ['int', 'bits'], (kernel, clock, flags) =>
    add(kernel, new TimerFile(flags, clock === 0), flags),
  ),
  call(385, 'memfd_create', ['path', 'bits'], memoryFile),
];
