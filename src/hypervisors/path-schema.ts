/** Builds and their paths: parts of the schema of `calibration/hypervisors/*.yaml`. */
import {z} from 'zod';
import {parameter} from '../parameters/parameter.ts';

const count = z.number().int().min(0);

/** In what a step executes; that of the service is another domain's. */
export const CONTEXTS = ['hypervisor', 'host-kernel', 'host-user', 'service-kernel', 'service-user'] as const;
export type Context = (typeof CONTEXTS)[number];

/** Of a path's counts: counted in an execution, put together from counted ones, read in a publication, or estimated. */
export const PATH_KINDS = ['measured', 'derived', 'cited', 'assumed'] as const;
export type PathKind = (typeof PATH_KINDS)[number];

const step = z
  .strictObject({
    /** Instruction offset at which it starts. */
    at: count,
    do: z.string(),
    /** Which of the path's device accesses are its own, in words, and how many. */
    device: z.string().optional(),
    accesses: count.default(0),
    /** How many of the path's system-register accesses are known to be its own. */
    systemRegisters: count.default(0),
    in: z.enum(CONTEXTS).default('hypervisor'),
  })
  .refine(({device, accesses}) => (device === undefined) === (accesses === 0), {
    message: "'device' says which, 'accesses' how many: both or neither",
  });
export type Step = z.infer<typeof step>;

/** Instructions of a path between two of its steps, or from its start or to its end. */
const stretch = {
  from: count.optional(),
  to: count.optional(),
  /** Another build's, where it is not this one's. */
  build: z.string().optional(),
  /** In the proportion that this path has between the two builds. */
  as: z.string().optional(),
};

/** What a path's instructions are the sum of. */
const part = z.union([
  z.strictObject({of: z.string(), ...stretch}),
  z.strictObject({less: z.string(), ...stretch}),
  z.strictObject({add: z.number().int().min(1), for: z.string()}),
]);
export type Part = z.infer<typeof part>;

/** Counts of one execution. `code` and `data` are bytes in touched lines (32 B instruction, 64 B data lines). */
const path = z.strictObject({
  instructions: count,
  device: count.default(0),
  barriers: count.default(0),
  instructionBarriers: count.default(0),
  systemRegisters: count.default(0),
  code: count,
  data: count,
  /** Switches of privilege level and back: one for a trap, two when the host kernel is entered through Hyp mode. */
  modeSwitches: count.default(1),
  /**
   * What it invalidates in the TLBs, where a switch cannot be tagged or mappings change: all that is tagged with the guest's
   * VMID, or everything.
   */
  invalidates: z.enum(['guest', 'all']).optional(),
  /** Left out: the build's. */
  kind: z.enum(PATH_KINDS).optional(),
  /** The files that it executes, at a version. Left out: those of the same path of the build that this one is `like`. */
  source: z.string().min(3).optional(),
  note: z.string().optional(),
  /** The loader checks that they add up to `instructions`, but for `rounded`. */
  parts: z.array(part).min(1).optional(),
  rounded: count.optional(),
  /** In order. Left out: those of its parts, or in proportion those of the same path of the build that this one is `like`. */
  steps: z.array(step).optional(),
});
export type PathInFile = z.infer<typeof path>;
export type Path = PathInFile & {readonly kind: PathKind; readonly source: string; readonly steps: readonly Step[]};

/** One compilation of a hypervisor: its counts differ, its structure does not. */
export const buildInFile = z.strictObject({
  /** Names the code; systems that run the same code share it and its fitted cycles per instruction. */
  id: z.string(),
  title: z.string(),
  /** Of its paths, where they do not say otherwise. */
  kind: z.enum(PATH_KINDS),
  source: z.string(),
  /** The build of the same files whose paths' sources and steps hold for this one. */
  like: z.string().optional(),
  /** Cycles per instruction of this code on an in-order dual-issue core, all hits. */
  cyclesPerInstruction: parameter('cycles/instruction'),
  /** Lines of the smallest trap: taken to be shared by every path. */
  sharedPath: z.string(),
  paths: z.record(z.string(), path),
});
export type BuildInFile = z.infer<typeof buildInFile>;
export type Build = Omit<BuildInFile, 'paths'> & {readonly paths: Readonly<Record<string, Path>>};
