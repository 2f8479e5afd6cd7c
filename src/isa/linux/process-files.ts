/** /proc: what programs look up of themselves and of the machine (proc(5)). */
import {EXECUTABLE, READABLE, SHARED, WRITABLE} from '../memory/address-space.ts';
import {systemNames} from './calls/system.ts';
import {fail} from './errno.ts';
import {GeneratedFile, SyntheticDirectory} from './files/generated.ts';
import {Directory, Link, type Node, type Volume} from './files/node.ts';
import type {OpenFile} from './files/open-file.ts';
import {resolve} from './files/path.ts';
import type {Kernel} from './kernel.ts';
import {PERSONALITY} from './load.ts';
import type {Process, Task} from './task.ts';
import {bytesOfName} from './user-memory.ts';

type Entries = Readonly<Record<string, () => Node>>;

const directoryOf = (volume: Volume, entries: Entries): Directory =>
  new SyntheticDirectory(
    volume,
    () => Object.keys(entries),
    (name) => (Object.hasOwn(entries, name) ? entries[name]?.() : undefined),
  );

const zeroEnded = (texts: readonly string[]): Uint8Array =>
  Uint8Array.from(texts.flatMap((text) => [...bytesOfName(text), 0]));

const hex = (value: number): string => value.toString(16).padStart(8, '0');

const mapsText = ({map}: Task): string => {
  const named = (start: number): string => map.regions.find((one) => one.start <= start && start < one.end)?.name ?? '';
  const heap = (start: number): string => (start >= map.breakStart && start < map.break ? '[heap]' : '');
  const lines = map.space.ranges().flatMap(({start, end, flags}) =>
    cut(map, start, end).map(([from, to]) => {
      const letters = [
        (flags & READABLE) !== 0 ? 'r' : '-',
        (flags & WRITABLE) !== 0 ? 'w' : '-',
        (flags & EXECUTABLE) !== 0 ? 'x' : '-',
        (flags & SHARED) !== 0 ? 's' : 'p',
      ].join('');
      const region = map.regions.find((one) => one.start <= from && from < one.end);
      const offset = region === undefined ? 0 : region.offset + from - region.start;
      const inode = region?.file?.inode ?? 0;
      const name = named(from) || heap(from);
      const line = `${hex(from)}-${hex(to)} ${letters} ${hex(offset)} 00:0${region?.file?.volume.device ?? 0} ${inode}`;
      return name === '' ? `${line} ` : `${line.padEnd(73)}${name}`;
    }),
  );
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
};

/** A run of pages is cut where what it shows changes. */
const cut = ({regions}: Task['map'], start: number, end: number): readonly (readonly [number, number])[] => {
  const edges = regions.flatMap((region) => [region.start, region.end]).filter((edge) => edge > start && edge < end);
  const points = [start, ...new Set(edges.sort((a, b) => a - b)), end];
  return points.slice(1).map((to, index) => [points[index]!, to] as const);
};

const stateOf = (process: Process): string => {
  if (process.ending !== undefined) return 'Z';
  if (process.isStopped) return 'T';
  return process.tasks.some(({state}) => state === 'ready') ? 'R' : 'S';
};

const PAGE_KIBIBYTES = 4;
const sizeOf = (process: Process): number =>
  process.tasks[0]?.map.space.ranges().reduce((sum, {start, end}) => sum + end - start, 0) ?? 0;

const nameOf = (process: Process): string => process.tasks[0]?.name ?? '';
const TICK = 1e7;

const statText = (process: Process): string => {
  const ticks = Math.floor(process.executed / TICK);
  const childTicks = Math.floor(process.childrenExecuted / TICK);
  const {id, parent, group, session} = process;
  const start = [id, `(${nameOf(process)})`, stateOf(process), parent?.id ?? 0, group, session, 0, -1, 0, 0, 0, 0, 0];
  const size = sizeOf(process);
  const rest = [ticks, 0, childTicks, 0, 20, 0, process.tasks.length, 0, 0, size, Math.floor(size / 4096), 0xffff_ffff];
  return `${[...start, ...rest, ...new Array(27).fill(0)].join(' ')}\n`;
};

const statusText = (kernel: Kernel, process: Process): string => {
  const {id, parent} = process;
  const {user, group} = process.tasks[0]?.identity ?? kernel.current.identity;
  const kibibytes = Math.floor(sizeOf(process) / 1024);
  return [
    `Name:\t${nameOf(process)}`,
    'Umask:\t0022',
    `State:\t${stateOf(process)}`,
    `Tgid:\t${id}`,
    `Pid:\t${id}`,
    `PPid:\t${parent?.id ?? 0}`,
    'TracerPid:\t0',
    `Uid:\t${user}\t${user}\t${user}\t${user}`,
    `Gid:\t${group}\t${group}\t${group}\t${group}`,
    `VmSize:\t${kibibytes} kB`,
    `VmRSS:\t${kibibytes} kB`,
    `Threads:\t${process.tasks.length}`,
    'Cpus_allowed:\t1',
    'Cpus_allowed_list:\t0',
    '',
  ].join('\n');
};

const FEATURES: readonly (readonly [bit: number, name: string])[] = [
  [1, 'half'],
  [2, 'thumb'],
  [4, 'fastmult'],
  [6, 'vfp'],
  [7, 'edsp'],
  [12, 'neon'],
  [13, 'vfpv3'],
  [15, 'tls'],
  [16, 'vfpv4'],
  [17, 'idiva'],
  [18, 'idivt'],
  [19, 'vfpd32'],
  [20, 'lpae'],
];

const processorText = ({settings}: Kernel): string => {
  const {hwcap} = PERSONALITY[settings.profile];
  const features = FEATURES.filter(([bit]) => ((hwcap >>> bit) & 1) === 1).map(([, name]) => name);
  const lines: readonly (readonly [string, string])[] = [
    ['processor', '0'],
    ['model name', 'ARMv7 Processor rev 5 (v7l)'],
    ['BogoMIPS', '2000.00'],
    ['Features', features.join(' ')],
    ['CPU implementer', '0x41'],
    ['CPU architecture', '7'],
    ['CPU variant', '0x0'],
    ['CPU part', '0xc07'],
    ['CPU revision', '5'],
  ];
  return `${lines.map(([key, value]) => `${key}\t: ${value}`).join('\n')}\n\nHardware\t: trapwalk\nRevision\t: 0000\nSerial\t\t: 0000000000000000\n`;
};

const memoryText = ({memory}: Kernel): string => {
  const total = Math.floor(memory.limit / 1024);
  const free = total - memory.framesInUse * PAGE_KIBIBYTES;
  const lines = {MemTotal: total, MemFree: free, MemAvailable: free, Buffers: 0, Cached: 0, SwapTotal: 0, SwapFree: 0};
  return Object.entries(lines)
    .map(([key, value]) => `${`${key}:`.padEnd(16)}${String(value).padStart(8)} kB\n`)
    .join('');
};

const MOUNTS = [
  'root / overlay rw 0 0',
  'tmpfs /tmp tmpfs rw 0 0',
  'devtmpfs /dev devtmpfs rw 0 0',
  'tmpfs /dev/shm tmpfs rw 0 0',
  'proc /proc proc rw 0 0',
];

const descriptorLink = (volume: Volume, file: OpenFile): Link =>
  new Link(
    volume,
    () => file.path,
    () => (file.node !== undefined && !(file.node instanceof Directory) ? file : (file.node ?? file)),
  );

const taskFiles =
  (task: Task): (() => Task['files']) =>
  () =>
    task.files;

const descriptors = (volume: Volume, task: Task): Directory => {
  const files = taskFiles(task);
  return new SyntheticDirectory(
    volume,
    () => files().numbers.map(String),
    (name) => {
      const file = /^\d+$/.test(name) ? files().find(Number(name)) : undefined;
      return file === undefined ? undefined : descriptorLink(volume, file);
    },
  );
};

const processDirectory = (kernel: Kernel, volume: Volume, process: Process): Directory => {
  const task = (): Task => process.tasks[0] ?? fail('ESRCH');
  const file = (generate: () => string | Uint8Array, permissions?: number) => () =>
    new GeneratedFile(volume, generate, permissions);
  const entries: Entries = {
    auxv: file(() => process.auxiliary),
    cmdline: file(() => zeroEnded(process.argv)),
    comm: file(() => `${nameOf(process)}\n`),
    cwd: () =>
      new Link(
        volume,
        () => task().context.current.path,
        () => task().context.current,
      ),
    environ: file(() => ''),
    exe: () => new Link(volume, process.path, () => programOf(task(), process.path)),
    fd: () => descriptors(volume, task()),
    limits: file(() => ''),
    maps: file(() => mapsText(task())),
    mounts: file(() => `${MOUNTS.join('\n')}\n`),
    mountinfo: file(() => ''),
    oom_score_adj: file(() => '0\n', 0o644),
    root: () => new Link(volume, '/', () => task().context.root),
    stat: file(() => statText(process)),
    statm: file(() => `${Math.floor(sizeOf(process) / 4096)} 0 0 0 0 0 0\n`),
    status: file(() => statusText(kernel, process)),
    task: () =>
      new SyntheticDirectory(
        volume,
        () => process.tasks.map(({id}) => String(id)),
        (name) =>
          process.tasks.some(({id}) => String(id) === name) ? processDirectory(kernel, volume, process) : undefined,
      ),
  };
  return directoryOf(volume, entries);
};

const programOf = (task: Task, path: string): Node =>
  resolve(task.context, task.context.root, path, true).node ?? fail('ENOENT');

export const processFiles = (kernel: Kernel, volume: Volume): Directory => {
  const text = (generate: () => string) => () => new GeneratedFile(volume, generate);
  const constant = (value: string) => text(() => `${value}\n`);
  const [ostype, hostname, osrelease, version] = systemNames(kernel) as [string, string, string, string];
  const systemKernel = directoryOf(volume, {
    ostype: constant(ostype),
    hostname: constant(hostname),
    osrelease: constant(osrelease),
    version: constant(version),
    pid_max: constant('32768'),
    ngroups_max: constant('65536'),
    cap_last_cap: constant('40'),
    random: () =>
      directoryOf(volume, {
        uuid: text(() => `${randomUuid(kernel)}\n`),
        boot_id: constant('00000000-0000-4000-8000-000000000000'),
      }),
  });
  const entries: Entries = {
    self: () => new Link(volume, () => String(kernel.current.process.id)),
    'thread-self': () => new Link(volume, () => `${kernel.current.process.id}/task/${kernel.current.id}`),
    cpuinfo: text(() => processorText(kernel)),
    filesystems: constant('nodev\ttmpfs\nnodev\tproc'),
    loadavg: text(() => `0.00 0.00 0.00 1/${kernel.tasks.size} ${kernel.lastId}\n`),
    meminfo: text(() => memoryText(kernel)),
    mounts: () => new Link(volume, 'self/mounts'),
    stat: text(
      () =>
        `cpu  ${Math.floor(kernel.now / TICK)} 0 0 0 0 0 0 0 0 0\ncpu0 ${Math.floor(kernel.now / TICK)} 0 0 0 0 0 0 0 0 0\nbtime ${kernel.settings.epoch}\nprocesses ${kernel.lastId}\n`,
    ),
    sys: () =>
      directoryOf(volume, {
        kernel: () => systemKernel,
        vm: () => directoryOf(volume, {overcommit_memory: constant('0'), max_map_count: constant('65530')}),
        fs: () => directoryOf(volume, {nr_open: constant('1048576'), 'file-max': constant('1048576')}),
      }),
    uptime: text(() => `${(kernel.now / 1e9).toFixed(2)} 0.00\n`),
    version: text(
      () => `${systemNames(kernel)[0]} version ${systemNames(kernel)[2]} (trapwalk) ${systemNames(kernel)[3]}\n`,
    ),
  };
  return new SyntheticDirectory(
    volume,
    () => [...[...kernel.processes.keys()].map(String), ...Object.keys(entries)],
    (name) => {
      if (Object.hasOwn(entries, name)) return entries[name]?.();
      const process = /^\d+$/.test(name) ? kernel.processes.get(Number(name)) : undefined;
      return process === undefined ? undefined : processDirectory(kernel, volume, process);
    },
  );
};

const randomUuid = (kernel: Kernel): string => {
  const digits = Array.from({length: 32}, () => (kernel.random() & 15).toString(16));
  digits[12] = '4';
  digits[16] = '8';
  return digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};
