/** What the system is, its limits, and scheduling parameters. */
import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import type {Kernel} from '../kernel.ts';
import {STACK_SIZE} from '../layout.ts';
import {type Limit, type Process, RLIM_INFINITY} from '../task.ts';
import {bytesOfName} from '../user-memory.ts';

const NAME_FIELD = 65;
export const RELEASE = '6.1.0';
export const systemNames = ({settings}: Kernel): readonly string[] => [
  'Linux',
  settings.hostName,
  RELEASE,
  '#1 SMP',
  'armv7l',
  '(none)',
];

const systemName = (kernel: Kernel, at: number): number => {
  const names = systemNames(kernel);
  const record = new Uint8Array(NAME_FIELD * names.length);
  for (const [index, name] of names.entries()) record.set(bytesOfName(name), NAME_FIELD * index);
  kernel.user.write(at, record);
  return 0;
};

const RANDOM_LIMIT = 256;
/** At most 256 bytes a call, as the kernel may. */
const random = (kernel: Kernel, at: number, length: number): number => {
  const size = Math.min(length, RANDOM_LIMIT);
  kernel.user.write(
    at,
    Uint8Array.from({length: size}, () => kernel.random() & 0xff),
  );
  return size;
};

const RLIMITS = 16;
const RLIMIT_STACK = 3;
const RLIMIT_CORE = 4;
const RLIMIT_NPROC = 6;
const RLIMIT_NOFILE = 7;
const MOST_FILES = 4096;

const limitOf = (kernel: Kernel, process: Process, resource: number): Limit => {
  if (resource < 0 || resource >= RLIMITS) fail('EINVAL');
  const {mostTasks} = kernel.settings;
  const defaults: Readonly<Record<number, Limit>> = {
    [RLIMIT_STACK]: [STACK_SIZE, RLIM_INFINITY],
    [RLIMIT_CORE]: [0, RLIM_INFINITY],
    [RLIMIT_NPROC]: [mostTasks, mostTasks],
    [RLIMIT_NOFILE]: [1024, MOST_FILES],
  };
  return process.limits.get(resource) ?? defaults[resource] ?? [RLIM_INFINITY, RLIM_INFINITY];
};

const setLimit = (kernel: Kernel, process: Process, resource: number, [soft, hard]: Limit): void => {
  limitOf(kernel, process, resource);
  if (soft > hard) fail('EINVAL');
  process.limits.set(resource, [soft, hard]);
  if (resource !== RLIMIT_NOFILE) return;
  for (const task of process.tasks) task.files.limit = Math.min(soft, MOST_FILES);
};

const getLimit = (kernel: Kernel, resource: number, at: number): number => {
  kernel.user.putWords(at, ...limitOf(kernel, kernel.current.process, resource));
  return 0;
};

const putLimit = (kernel: Kernel, resource: number, at: number): number => {
  const [soft, hard] = kernel.user.words(at, 2);
  setLimit(kernel, kernel.current.process, resource, [soft! >>> 0, hard! >>> 0]);
  return 0;
};

/** 64-bit limits: infinity is all ones. */
const wideLimit = (kernel: Kernel, id: number, resource: number, at: number, oldAt: number): number => {
  const process = id === 0 ? kernel.current.process : (kernel.processes.get(id) ?? fail('ESRCH'));
  const before = limitOf(kernel, process, resource);
  if (at !== 0) {
    const words = kernel.user.words(at, 4);
    const value = (index: number): number => (words[index + 1] === 0 ? words[index]! >>> 0 : RLIM_INFINITY);
    setLimit(kernel, process, resource, [value(0), value(2)]);
  }
  if (oldAt !== 0) {
    kernel.user.putWords(oldAt, ...before.flatMap((limit) => (limit === RLIM_INFINITY ? [-1, -1] : [limit, 0])));
  }
  return 0;
};

const information = (kernel: Kernel, at: number): number => {
  const {memory, tasks} = kernel;
  const free = memory.limit - memory.framesInUse * 4096;
  const words = [Math.floor(kernel.now / 1e9), 0, 0, 0, memory.limit, free, 0, 0, 0, 0, tasks.size, 0, 0, 1, 0, 0];
  kernel.user.putWords(at, ...words);
  return 0;
};

const RUSAGE_CHILDREN = -1;
const usage = (kernel: Kernel, who: number, at: number): number => {
  const {process, executed} = kernel.current;
  const RUSAGE_THREAD = 1;
  const time = who === RUSAGE_CHILDREN ? process.childrenExecuted : who === RUSAGE_THREAD ? executed : process.executed;
  const words = new Array<number>(18).fill(0);
  words[0] = Math.floor(time / 1e9);
  words[1] = Math.floor((time % 1e9) / 1000);
  words[4] = kernel.memory.framesInUse * 4;
  kernel.user.putWords(at, ...words);
  return 0;
};

const affinity = (kernel: Kernel, _id: number, size: number, at: number): number => {
  if (size < 4) fail('EINVAL');
  kernel.user.putWords(at, 1);
  return 4;
};

const processor = (kernel: Kernel, at: number, nodeAt: number): number => {
  if (at !== 0) kernel.user.putWords(at, 0);
  if (nodeAt !== 0) kernel.user.putWords(nodeAt, 0);
  return 0;
};

/** The others get their turn. */
const yieldTurn = (kernel: Kernel): number => {
  kernel.turnOver = true;
  return 0;
};

const nothing = (): number => 0;
const PRIORITY_OF_NICE_0 = 20;

const prioritized = (kernel: Kernel, id: number): Process =>
  id === 0 ? kernel.current.process : (kernel.processes.get(id) ?? fail('ESRCH'));
const setNiceness = (process: Process, niceness: number): number => {
  process.niceness = Math.max(-20, Math.min(19, niceness));
  return 0;
};

export const SYSTEM_CALLS = [
  call(122, 'uname', ['pointer'], systemName),
  call(384, 'getrandom', ['pointer', 'unsigned'], random),
  call(75, 'setrlimit', ['int', 'pointer'], putLimit),
  call(191, 'ugetrlimit', ['int', 'pointer'], getLimit),
  call(369, 'prlimit64', ['int', 'int', 'pointer', 'pointer'], wideLimit),
  call(116, 'sysinfo', ['pointer'], information),
  call(77, 'getrusage', ['int', 'pointer'], usage),
  call(136, 'personality', [], nothing),
  call(158, 'sched_yield', [], yieldTurn),
  call(241, 'sched_setaffinity', [], nothing),
  call(242, 'sched_getaffinity', ['int', 'unsigned', 'pointer'], affinity),
  call(345, 'getcpu', ['pointer', 'pointer'], processor),
  call(154, 'sched_setparam', [], nothing),
  call(155, 'sched_getparam', ['int', 'pointer'], (kernel, _id, at) => {
    kernel.user.putWords(at, 0);
    return 0;
  }),
  call(156, 'sched_setscheduler', [], nothing),
  call(157, 'sched_getscheduler', [], nothing),
  call(159, 'sched_get_priority_max', ['int'], (_kernel, policy) => (policy === 1 || policy === 2 ? 99 : 0)),
  call(160, 'sched_get_priority_min', ['int'], (_kernel, policy) => (policy === 1 || policy === 2 ? 1 : 0)),
  call(34, 'nice', ['int'], ({current: {process}}, by) => setNiceness(process, process.niceness + by)),
  call(
    96,
    'getpriority',
    ['int', 'int'],
    (kernel, _which, id) => PRIORITY_OF_NICE_0 - prioritized(kernel, id).niceness,
  ),
  call(97, 'setpriority', ['int', 'int', 'int'], (kernel, _which, id, niceness) =>
    setNiceness(prioritized(kernel, id), niceness),
  ),
  call(314, 'ioprio_set', [], nothing),
  call(315, 'ioprio_get', [], nothing),
  call(74, 'sethostname', [], () => -ERRNO.EPERM),
  call(121, 'setdomainname', [], () => -ERRNO.EPERM),
  call(103, 'syslog', [], () => -ERRNO.EPERM),
  call(21, 'mount', [], () => -ERRNO.EPERM),
  call(52, 'umount2', [], () => -ERRNO.EPERM),
  call(88, 'reboot', [], () => -ERRNO.EPERM),
  call(26, 'ptrace', [], () => -ERRNO.EPERM),
];
