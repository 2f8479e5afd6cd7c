/** fcntl(2) and ioctl(2). */
import {call} from '../call.ts';
import {fail} from '../errno.ts';
import {CHANGEABLE_FLAGS, O_NONBLOCK, type OpenFile} from '../files/open-file.ts';
import {PIPE_CAPACITY, PipeEnd} from '../files/pipe.ts';
import type {Kernel} from '../kernel.ts';

const F = {
  dup: 0,
  getFlags: 1,
  setFlags: 2,
  getStatus: 3,
  setStatus: 4,
  getLock: 5,
  setLock: 6,
  setLockWait: 7,
  setOwner: 8,
  getOwner: 9,
  getLock64: 12,
  setLock64: 13,
  setLockWait64: 14,
  openGetLock: 36,
  openSetLock: 37,
  openSetLockWait: 38,
  dupCloseOnExec: 1030,
  setPipeSize: 1031,
  getPipeSize: 1032,
  addSeals: 1033,
  getSeals: 1034,
} as const;
const FD_CLOEXEC = 1;
const F_UNLCK = 2;

/** Nobody else holds a lock: a lock is always granted and never seen. */
const LOCK_TESTS: readonly number[] = [F.getLock, F.getLock64, F.openGetLock];
const LOCKS: readonly number[] = [
  F.setLock,
  F.setLockWait,
  F.setLock64,
  F.setLockWait64,
  F.openSetLock,
  F.openSetLockWait,
];
const ACCEPTED: readonly number[] = [F.setOwner, F.getOwner, F.addSeals, F.getSeals, ...LOCKS];

const control = (kernel: Kernel, fd: number, command: number, value: number): number => {
  const {files} = kernel.current;
  const descriptor = files.descriptor(fd);
  const {file} = descriptor;
  if (LOCK_TESTS.includes(command)) {
    kernel.user.write(value, Uint8Array.of(F_UNLCK, 0));
    return 0;
  }
  if (ACCEPTED.includes(command)) return 0;
  switch (command) {
    case F.dup:
    case F.dupCloseOnExec:
      if (value < 0 || value >= files.limit) fail('EINVAL');
      return files.add(file, command === F.dupCloseOnExec, value);
    case F.getFlags:
      return descriptor.closeOnExec ? FD_CLOEXEC : 0;
    case F.setFlags:
      descriptor.closeOnExec = (value & FD_CLOEXEC) !== 0;
      return 0;
    case F.getStatus:
      return file.flags;
    case F.setStatus:
      file.flags = (file.flags & ~CHANGEABLE_FLAGS) | (value & CHANGEABLE_FLAGS);
      return 0;
    case F.setPipeSize:
    case F.getPipeSize:
      return file instanceof PipeEnd ? PIPE_CAPACITY : fail('EBADF');
    default:
      return fail('EINVAL');
  }
};

const IO = {
  getTerminal: 0x5401,
  setTerminal: 0x5402,
  setTerminalWait: 0x5403,
  setTerminalFlush: 0x5404,
  setController: 0x540e,
  getGroup: 0x540f,
  setGroup: 0x5410,
  windowSize: 0x5413,
  available: 0x541b,
  nonBlocking: 0x5421,
  notCloseOnExec: 0x5450,
  closeOnExec: 0x5451,
} as const;

/** What a terminal in its usual mode has: struct termios of the kernel, 36 bytes. */
const TERMINAL_MODES = [0o2400 | 0x100, 0o5, 0o2277, 0o105073] as const;
const CONTROL_CHARACTERS = [0, 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0] as const;

const terminalControl = (kernel: Kernel, file: OpenFile, request: number, at: number): number => {
  const {terminal} = file;
  if (terminal === undefined) fail('ENOTTY');
  const {user} = kernel;
  switch (request) {
    case IO.getTerminal:
      user.putWords(at, ...TERMINAL_MODES);
      user.write(at + 16, Uint8Array.from(CONTROL_CHARACTERS));
      return 0;
    case IO.windowSize:
      user.write(at, new Uint8Array(Uint16Array.of(terminal.rows, terminal.columns, 0, 0).buffer));
      return 0;
    case IO.getGroup:
      user.putWords(at, kernel.foreground);
      return 0;
    case IO.setGroup:
      kernel.foreground = user.word(at);
      return 0;
    case IO.setTerminal:
    case IO.setTerminalWait:
    case IO.setTerminalFlush:
    case IO.setController:
      return 0;
    default:
      return fail('EINVAL');
  }
};

const deviceControl = (kernel: Kernel, fd: number, request: number, at: number): number => {
  const descriptor = kernel.current.files.descriptor(fd);
  const {file} = descriptor;
  switch (request) {
    case IO.available:
      kernel.user.putWords(at, file.available);
      return 0;
    case IO.nonBlocking:
      file.flags = kernel.user.word(at) === 0 ? file.flags & ~O_NONBLOCK : file.flags | O_NONBLOCK;
      return 0;
    case IO.notCloseOnExec:
    case IO.closeOnExec:
      descriptor.closeOnExec = request === IO.closeOnExec;
      return 0;
    default:
      return terminalControl(kernel, file, request, at);
  }
};

export const FILE_CONTROL_CALLS = [
  call(55, 'fcntl', ['fd', 'int', 'int'], control),
  call(221, 'fcntl64', ['fd', 'int', 'int'], control),
  call(54, 'ioctl', ['fd', 'unsigned', 'pointer'], deviceControl),
];
