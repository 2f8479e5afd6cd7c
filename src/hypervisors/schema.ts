/**
 * What a hypervisor is to the model: data. The schema of `calibration/hypervisors/*.yaml`.
 *
 * A *path* is what the hypervisor executes for one event, with its instructions and accesses counted; an *activity* is
 * what happens again and again on the CPU of the benchmark, at a rate, as a sequence of paths. Replay touches a path's
 * lines through the guest's caches; the cost model prices its instructions. Neither knows a hypervisor's name.
 */
import {z} from 'zod';
import {parameter} from '../parameters/parameter.ts';
import {intermediateRegion, PAGE_SIZES, STAGE2_LEAVES, virtualRegion} from './page-regions.ts';
import {buildInFile} from './path-schema.ts';
import {REGISTER_CLASSES} from './registers.ts';
import {resolveBuild, resolveBuilds} from './resolve-builds.ts';
import {delivery, exits, scheduler, service, transitions} from './schedule-schema.ts';

/** The paper's taxonomy: who does the device work, and whether the guest is modified. */
export const DESIGNS = ['none', 'complete-monolithic', 'partially-monolithic', 'micro-kernelized'] as const;
export const MODES = ['full', 'para'] as const;

const count = z.number().int().min(0);

const activity = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** How often on the benchmark's CPU, when one host CPU runs both vCPUs. */
  rate: parameter('Hz'),
  /** The share of that rate that stays on the benchmark's CPU when the host has two. */
  shareOfTwoCpus: z.number().min(0).max(1),
  source: z.string(),
  /** Goes on beside whatever is scheduled: nothing that a schedule of vCPUs does by itself. */
  isBackground: z.boolean().default(false),
  /** `path`, or `linux:path` for a path of the guest kernel, in order. */
  paths: z.array(z.string()).min(1),
});
export type Activity = z.infer<typeof activity>;

const placement = z.discriminatedUnion('policy', [
  z.strictObject({policy: z.literal('contiguous'), source: z.string()}),
  z.strictObject({
    policy: z.literal('fragmented'),
    source: z.string(),
    /** Mean length of a run of adjacent frames; lengths are geometric. */
    meanRun: parameter('pages'),
  }),
  z.strictObject({
    policy: z.literal('coloured'),
    source: z.string(),
    /** Of the page-sized parts of a way of L2, numbered from 0: the only ones that the frames fall into. */
    colours: z.array(count).min(1),
  }),
]);
export type Placement = z.infer<typeof placement>;

const stage2 = z.strictObject({
  format: z.literal('lpae'),
  startLevel: z.literal([1, 2]),
  inputBits: z.number().int().min(30).max(40),
  leaf: z.enum(STAGE2_LEAVES),
  /** Intermediate addresses with pages of another size. */
  regions: z.array(intermediateRegion).optional(),
  /** Guest RAM gets host memory page by page, at the first access to each: an exit. */
  onDemand: z.boolean().optional(),
  source: z.string(),
});
export type Stage2 = z.infer<typeof stage2>;

/** The guest's kernel: short or long descriptors, and how it uses them. */
const stage1 = z.strictObject({
  format: z.enum(['short', 'lpae']),
  leaf: z.enum(PAGE_SIZES),
  /** Virtual addresses, of every process, with pages of another size. */
  regions: z.array(virtualRegion).optional(),
  /** Entries carry the number of their address space, or the guest's are flushed at a switch to another one. */
  taskSwitch: z.enum(['tagged', 'flush']).optional(),
  /** Where it puts its pages in what it takes for its memory; without a stage 2, `placement` says that. */
  placement: placement.optional(),
  source: z.string(),
});

export const hypervisorFile = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: z.string(),
  version: z.string(),
  design: z.enum(DESIGNS),
  modes: z.array(z.enum(MODES)),
  stage1,
  stage2: stage2.nullable(),
  placement,
  scheduler,
  /** Null where there is no hypervisor. */
  delivery: delivery.nullable(),
  /** Null where all device work is done in the paths themselves. */
  service: service.nullable(),
  traps: z.array(z.string()),
  /** Of them, classes of CP14 and CP15 registers. */
  trappedRegisters: z.array(z.enum(REGISTER_CLASSES)).default([]),
  facts: z.array(z.string()).default([]),
  build: z.string(),
  /** Every path of theirs with its kind, source and steps. */
  builds: z.record(z.string(), buildInFile).transform(resolveBuilds),
  activities: z.array(activity),
  exits: exits.default({}),
  transitions: transitions.default({}),
});
export type HypervisorFile = z.infer<typeof hypervisorFile>;

/** The guest kernel's own recurring work, in the shape of a build. */
export const kernelFile = z.strictObject({
  id: z.string(),
  title: z.string(),
  build: buildInFile.transform(resolveBuild),
});
export type KernelFile = z.infer<typeof kernelFile>;
