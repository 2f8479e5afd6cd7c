/** Which guest programs exist, from which sources, in which builds. The build, the counts and the tests read this table. */

export type Optimization = 'O0' | 'O0-register' | 'O1' | 'O2' | 'O2-no-inline' | 'O3';

export interface Profile {
  readonly name: string;
  readonly compiler: string;
  readonly strip: string;
  /** Debian package that holds both tools. */
  readonly package: string;
  readonly flags: readonly string[];
  readonly runtime: readonly string[];
}

export interface Program {
  readonly name: string;
  readonly sources: readonly string[];
  /** By profile name; the first is the default. */
  readonly builds: Readonly<Record<string, readonly Optimization[]>>;
}

const COMMON_RUNTIME = ['runtime/start.S', 'runtime/runtime.c', 'runtime/string.c'];
/** Of guests that make the kernel work. */
const KERNEL_RUNTIME = ['runtime/linux.c', 'runtime/thread.S'];

export const PROFILES: readonly Profile[] = [
  {
    name: 'v5-soft',
    compiler: 'arm-linux-gnueabi-gcc',
    strip: 'arm-linux-gnueabi-strip',
    package: 'gcc-arm-linux-gnueabi',
    flags: ['-march=armv5te', '-marm', '-mfloat-abi=soft'],
    runtime: [
      ...COMMON_RUNTIME,
      'runtime/strcmp-bytes.c',
      'runtime/memcpy-ldm.S',
      'runtime/divide.S',
      'runtime/double-multiply.S',
      'runtime/double-add.S',
    ],
  },
  {
    name: 'v7-hf',
    compiler: 'arm-linux-gnueabihf-gcc',
    strip: 'arm-linux-gnueabihf-strip',
    package: 'gcc-arm-linux-gnueabihf',
    // vfpv4-d16 is the floating-point unit without NEON.
    flags: ['-mcpu=cortex-a7', '-mfpu=vfpv4-d16', '-marm', '-mfloat-abi=hard'],
    runtime: [...COMMON_RUNTIME, 'runtime/strcmp-words.S', 'runtime/memcpy-vfp.S'],
  },
];

export const OPTIMIZATION_FLAGS: Readonly<Record<Optimization, readonly string[]>> = {
  O0: ['-O0'],
  // Cachebench's makefiles pass -DREGISTER.
  'O0-register': ['-O0', '-DREGISTER'],
  O1: ['-O1'],
  O2: ['-O2'],
  // "No procedure merging" is a rule of Dhrystone.
  'O2-no-inline': ['-O2', '-fno-inline'],
  O3: ['-O3'],
};

export const PROGRAMS: readonly Program[] = [
  {
    name: 'dhrystone',
    sources: ['dhrystone/main.c', 'dhrystone/procedures.c', 'dhrystone/records.c'],
    builds: {
      'v5-soft': ['O2', 'O2-no-inline', 'O3', 'O1', 'O0'],
      'v7-hf': ['O2', 'O2-no-inline', 'O3', 'O1', 'O0'],
    },
  },
  {name: 'cachebench-memcpy', sources: ['cachebench/memcpy.c'], builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']}},
  {
    name: 'cachebench-rmw',
    sources: ['cachebench/rmw.c'],
    builds: {'v5-soft': ['O0-register', 'O0', 'O2'], 'v7-hf': ['O0-register', 'O0', 'O2']},
  },
  {name: 'stream', sources: ['stream/stream.c'], builds: {'v5-soft': ['O2', 'O0'], 'v7-hf': ['O2', 'O0']}},
  {
    name: 'tinymembench-latency',
    sources: ['tinymembench/latency.c', 'tinymembench/reads.S'],
    builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']},
  },
  {
    name: 'tinymembench-bandwidth',
    sources: [
      'tinymembench/bandwidth.c',
      'tinymembench/c-kernels.c',
      'tinymembench/arm-kernels.S',
      'tinymembench/neon-kernels.S',
    ],
    builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']},
  },
  {
    name: 'hackbench',
    sources: ['hackbench/hackbench.c', ...KERNEL_RUNTIME],
    builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']},
  },
  {
    name: 'kernel-operations',
    sources: ['kernel-operations/kernel-operations.c', ...KERNEL_RUNTIME],
    builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']},
  },
  {name: 'idle', sources: ['idle/idle.c'], builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']}},
  {name: 'mark', sources: ['mark/mark.c'], builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']}},
  {
    name: 'softfloat-check',
    sources: ['softfloat-check/softfloat-check.c'],
    builds: {'v5-soft': ['O2'], 'v7-hf': ['O2']},
  },
];

export interface Build {
  readonly program: Program;
  readonly profile: Profile;
  readonly optimization: Optimization;
  /** Relative to `guests/bin`. */
  readonly elf: string;
}

export const BUILDS: readonly Build[] = PROGRAMS.flatMap((program) =>
  PROFILES.flatMap((profile) =>
    (program.builds[profile.name] ?? []).map((optimization) => ({
      program,
      profile,
      optimization,
      elf: `${profile.name}/${program.name}-${optimization}.elf`,
    })),
  ),
);

/** Programs without an operating system, for `-M virt` machines: tests of the privileged processor, and a few workloads. */
export const BARE = {
  profile: 'v7-hf',
  flags: ['-masm-syntax-unified', '-mfloat-abi=soft', '-O1', '-ffreestanding', '-fno-tree-loop-distribute-patterns'],
  runtime: ['bare/start.S', 'bare/runtime.c'],
  script: 'bare/bare.ld',
  programs: ['registers', 'exceptions', 'thumb', 'short-tables', 'long-tables', 'exclusives'],
  /** These need more of a board than a console. */
  boardPrograms: ['devices', 'recorded'],
  /** What is measured, with the command line of a short run. */
  workloads: [
    {program: 'lock', cpus: 2, commandLine: '100 50 20'},
    {program: 'console-poll', cpus: 1, commandLine: '100 3'},
    {program: 'doorbell', cpus: 1, commandLine: '100'},
  ],
} as const;

/** Relative to `guests/bin`. */
export const bareElf = (program: string): string => `bare/${program}.elf`;
