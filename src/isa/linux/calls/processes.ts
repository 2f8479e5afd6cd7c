import {SP} from '../../core/operation.ts';
import {STATE} from '../../core/state.ts';
import {call} from '../call.ts';
import {endProcess, endTask} from '../endings.ts';
import {ERRNO, fail} from '../errno.ts';
import {execError, type FoundProgram, findProgram, startProgram} from '../exec.ts';
import {FIRST_ID, type Kernel} from '../kernel.ts';
import {MOST_ARGUMENT_BYTES} from '../load.ts';
import {SIGCHLD} from '../signals.ts';
import {Process, Task} from '../task.ts';
import type {Result, Waiting} from '../wait.ts';
import {AT_EMPTY_PATH, AT_FDCWD, fileOf, has, startOf} from './common.ts';

const CLONE = {
  signal: 0xff,
  vm: 0x100,
  fs: 0x200,
  files: 0x400,
  sighand: 0x800,
  vfork: 0x4000,
  parent: 0x8000,
  thread: 0x1_0000,
  setTls: 0x8_0000,
  parentSetTid: 0x10_0000,
  childClearTid: 0x20_0000,
  childSetTid: 0x100_0000,
  newNamespaces: 0x7e02_0000,
} as const;

const checkFlags = (flags: number): void => {
  if (has(flags, CLONE.newNamespaces)) fail('EPERM');
  if (has(flags, CLONE.thread) && !has(flags, CLONE.sighand)) fail('EINVAL');
  if (has(flags, CLONE.sighand) && !has(flags, CLONE.vm)) fail('EINVAL');
};

const newProcess = (kernel: Kernel, id: number, flags: number, parent: Process): Process => {
  const process = new Process(id, has(flags, CLONE.parent) ? (parent.parent ?? parent) : parent);
  process.group = parent.group;
  process.niceness = parent.niceness;
  process.session = parent.session;
  process.actions = has(flags, CLONE.sighand) ? parent.actions : [...parent.actions];
  process.path = parent.path;
  process.argv = parent.argv;
  process.auxiliary = parent.auxiliary;
  process.exitSignal = flags & CLONE.signal;
  process.hasExecuted = true;
  for (const [resource, limit] of parent.limits) process.limits.set(resource, limit);
  kernel.processes.set(id, process);
  return process;
};

const clone = (
  kernel: Kernel,
  flags: number,
  stack: number,
  parentTid: number,
  tls: number,
  childTid: number,
): Result => {
  checkFlags(flags);
  const parent = kernel.current;
  const id = kernel.newId();
  const isThread = has(flags, CLONE.thread);
  const process = isThread ? parent.process : newProcess(kernel, id, flags, parent.process);
  const {map, files, context} = parent;
  if (has(flags, CLONE.vm)) map.users++;
  if (has(flags, CLONE.files)) files.users++;
  const parts = {
    map: has(flags, CLONE.vm) ? map : map.fork(),
    files: has(flags, CLONE.files) ? files : files.copy(),
    context: has(flags, CLONE.fs) ? context : {...context},
    identity: {...parent.identity},
  };
  const {cpu, user} = kernel;
  const task = new Task(id, process, parts, cpu, (one) => kernel.makeReady(one));
  kernel.tasks.set(id, task);
  task.name = parent.name;
  task.blocked = parent.blocked;
  if (!isThread && !has(flags, CLONE.vm)) task.alternateStack = {...parent.alternateStack};
  if (has(flags, CLONE.vm) && has(flags, CLONE.vfork)) task.alternateStack = {...parent.alternateStack};
  if (has(flags, CLONE.parentSetTid)) user.putWords(parentTid, id);
  if (has(flags, CLONE.childClearTid)) task.clearChildTid = childTid;
  prepareChild(kernel, task, {flags, stack, tls, childTid});
  kernel.makeReady(task);
  return has(flags, CLONE.vfork) ? untilReleased(task) : id;
};

interface ChildSetup {
  readonly flags: number;
  readonly stack: number;
  readonly tls: number;
  readonly childTid: number;
}

/** Its registers are the parent's, but for r0 and what the call gives. */
const prepareChild = (kernel: Kernel, task: Task, {flags, stack, tls, childTid}: ChildSetup): void => {
  const {registers} = task;
  registers[0] = 0;
  if (stack !== 0) registers[SP] = stack;
  if (has(flags, CLONE.setTls)) registers[STATE.threadPointer] = tls;
  if (!has(flags, CLONE.childSetTid)) return;
  const {memory, user} = kernel;
  const before = memory.space;
  memory.switchTo(task.map.space);
  try {
    user.putWords(childTid, task.id);
  } finally {
    memory.switchTo(before);
  }
};

/** The parent of a vfork sleeps until its child has memory of its own or has ended; no signal shortens that. */
function* untilReleased(child: Task): Waiting<number> {
  while (!child.hasReleased) yield {queues: [child.released]};
  return child.id;
}

const ofDescriptor = (kernel: Kernel, fd: number): FoundProgram => {
  const {node, path} = fileOf(kernel, fd);
  return {node: node ?? fail('EACCES'), place: path};
};

const execute = (kernel: Kernel, fd: number, path: string, argvAt: number, envAt: number, flags = 0): undefined => {
  const task = kernel.current;
  const found =
    path === '' && flags !== 0 ? ofDescriptor(kernel, fd) : findProgram(task, path, startOf(kernel, fd, path));
  const given = kernel.user.texts(argvAt, MOST_ARGUMENT_BYTES);
  const env = kernel.user.texts(envAt, MOST_ARGUMENT_BYTES);
  const name = path === '' ? `/dev/fd/${fd}` : path;
  try {
    startProgram(
      kernel,
      task,
      {...found, path: name, argv: given.length === 0 ? [''] : given, env},
      kernel.settings.profile,
    );
  } catch (error) {
    execError(error);
  }
  return undefined;
};

const exitTask = (kernel: Kernel, code: number): undefined => {
  const task = kernel.current;
  if (task.process.tasks.length === 1) endProcess(kernel, task.process, {code: code & 0xff});
  else endTask(kernel, task);
  return undefined;
};

const exitProcess = (kernel: Kernel, code: number): undefined => {
  endProcess(kernel, kernel.current.process, {code: code & 0xff});
  return undefined;
};

const processOf = (kernel: Kernel, id: number): Process =>
  id === 0 ? kernel.current.process : (kernel.processes.get(id) ?? fail('ESRCH'));

const setGroup = (kernel: Kernel, id: number, group: number): number => {
  const own = kernel.current.process;
  const process = processOf(kernel, id);
  if (process !== own && process.parent !== own) fail('ESRCH');
  if (group < 0) fail('EINVAL');
  if (process.session === process.id || process.session !== own.session) fail('EPERM');
  process.group = group === 0 ? process.id : group;
  return 0;
};

const newSession = (kernel: Kernel): number => {
  const {process} = kernel.current;
  if (process.group === process.id && process.id !== FIRST_ID) fail('EPERM');
  process.session = process.id;
  process.group = process.id;
  return process.id;
};

export const PROCESS_CALLS = [
  call(1, 'exit', ['int'], exitTask),
  call(248, 'exit_group', ['int'], exitProcess),
  call(2, 'fork', [], (kernel) => clone(kernel, SIGCHLD, 0, 0, 0, 0)),
  call(190, 'vfork', [], (kernel) => clone(kernel, SIGCHLD | CLONE.vm | CLONE.vfork, 0, 0, 0, 0)),
  call(120, 'clone', ['bits', 'pointer', 'pointer', 'int', 'pointer'], clone),
  // ENOSYS makes C libraries take clone.
  call(435, 'clone3', [], () => -ERRNO.ENOSYS),
  call(11, 'execve', ['path', 'pointer', 'pointer'], (kernel, path, argv, env) =>
    execute(kernel, AT_FDCWD, path, argv, env),
  ),
  call(387, 'execveat', ['fd', 'path', 'pointer', 'pointer', 'bits'], (kernel, fd, path, argv, env, flags) =>
    execute(kernel, fd, path, argv, env, flags & AT_EMPTY_PATH),
  ),
  call(20, 'getpid', [], (kernel) => kernel.current.process.id),
  call(64, 'getppid', [], (kernel) => kernel.current.process.parent?.id ?? FIRST_ID - 1),
  call(224, 'gettid', [], (kernel) => kernel.current.id),
  call(256, 'set_tid_address', ['pointer'], (kernel, at) => {
    kernel.current.clearChildTid = at;
    return kernel.current.id;
  }),
  call(338, 'set_robust_list', ['pointer', 'unsigned'], (kernel, at, size) => {
    if (size !== 12) fail('EINVAL');
    kernel.current.robustList = at;
    return 0;
  }),
  call(339, 'get_robust_list', ['int', 'pointer', 'pointer'], (kernel, id, at, sizeAt) => {
    const task = id === 0 ? kernel.current : (kernel.tasks.get(id) ?? fail('ESRCH'));
    kernel.user.putWords(at, task.robustList);
    kernel.user.putWords(sizeAt, 12);
    return 0;
  }),
  call(57, 'setpgid', ['int', 'int'], setGroup),
  call(65, 'getpgrp', [], (kernel) => kernel.current.process.group),
  call(132, 'getpgid', ['int'], (kernel, id) => processOf(kernel, id).group),
  call(147, 'getsid', ['int'], (kernel, id) => processOf(kernel, id).session),
  call(66, 'setsid', [], newSession),
  // ENOSYS makes C libraries do without.
  call(398, 'rseq', [], () => -ERRNO.ENOSYS),
  call(337, 'unshare', [], () => -ERRNO.EPERM),
  call(0xf0005, 'set_tls', ['int'], (kernel, pointer) => {
    kernel.cpu.threadPointer = pointer;
    return 0;
  }),
  call(0xf0006, 'get_tls', [], (kernel) => kernel.cpu.threadPointer),
  // Stale code is found by its changed words (code-cache.ts), so there is nothing to flush.
  call(0xf0002, 'cacheflush', [], () => 0),
];
