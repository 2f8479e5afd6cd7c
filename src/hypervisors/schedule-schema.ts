/**
 * How a hypervisor runs vCPUs on host CPUs: its scheduler, and which of its paths each event of a vCPU's life takes. Parts of
 * the schema of `calibration/hypervisors/*.yaml`.
 */
import {z} from 'zod';
import {parameter} from '../parameters/parameter.ts';

const source = z.string();

/**
 * What replay's schedulers need to know of each policy; `none` is a machine without a hypervisor, whose vCPUs are its CPUs.
 */
export const scheduler = z.discriminatedUnion('policy', [
  z.strictObject({policy: z.literal('none'), source}),
  /** A queue on each CPU, in turns; who becomes ready waits for its turn. */
  z.strictObject({policy: z.literal('round-robin'), slice: parameter('ms'), source}),
  /** Linux's CFS, at its ticks. */
  z.strictObject({
    policy: z.literal('fair'),
    /** In which every thread that is ready runs once, while they are few. This and the two granularities are of one CPU: the host multiplies them by 1 + ⌊log₂ of its CPUs⌋. */
    latency: parameter('ms'),
    minimumGranularity: parameter('ms'),
    /** How much farther a running thread must be than one that wakes to be preempted. */
    wakeupGranularity: parameter('ms'),
    tick: parameter('ms'),
    source,
  }),
  /** Xen's. */
  z.strictObject({
    policy: z.literal('credit'),
    slice: parameter('ms'),
    /** Credits are taken from who runs then. */
    tick: parameter('ms'),
    /** Credits are given out then. */
    accounting: parameter('ms'),
    /** Who was scheduled goes on for that long, come what may. */
    rateLimit: parameter('ms'),
    /** Who wakes with credits left preempts those that did not just wake. */
    boosts: z.boolean(),
    source,
  }),
]);
export type Scheduler = z.infer<typeof scheduler>;

/**
 * What a guest does that may trap. Left out of a file: it does not, or goes on in the guest itself. A `wfi` that waits, and a `wfe`
 * that yields, have the paths of {@link TRANSITIONS} instead; these are of one that finds its event pending.
 */
export const EXITS = [
  'wfi',
  'wfe',
  'hypercall',
  'register-access',
  'physical-timer',
  'send-sgi',
  'distributor-read',
  'distributor-write',
  'console-read',
  'console-write',
  'device-read',
  'device-write',
  /** The first access to a page of stage 2, of its own size. */
  'first-touch',
  /** The guest ends an interrupt, where that makes a maintenance interrupt. */
  'end-of-interrupt',
] as const;
export type Exit = (typeof EXITS)[number];

/**
 * What happens to vCPUs and CPUs. What wakes is the vCPU's own timer, or another vCPU: by an SGI, or by an event to or from the
 * service; the path of that exit comes beforehand and is not counted here again.
 */
export const TRANSITIONS = [
  /** The virtual timer's interrupt into the vCPU that runs. */
  'timer-into-running',
  /** An SGI into the vCPU that runs: the kick, as the CPU that is kicked has it. */
  'sgi-into-running',
  /** A device's interrupt for the guest, into the vCPU that runs. */
  'device-into-running',
  /** A device's interrupt that is not for the guest, while a vCPU runs. */
  'host-interrupt',
  /** A vCPU that waits becomes ready, and the CPU goes on with what it runs. */
  'wake',
  'wake-by-vcpu',
  /** A vCPU that waits becomes ready and runs at once in the place of another. */
  'wake-preempting',
  'wake-preempting-by-vcpu',
  /** A vCPU waits, and no other is ready: until the CPU idles. */
  'sleep',
  /** The CPU idles, and a vCPU that waited is made ready: until it runs. */
  'resume',
  'resume-by-vcpu',
  /** A vCPU waits, and another runs. */
  'switch-at-wait',
  /** A slice is over, and another vCPU runs. */
  'switch-at-slice',
  /** A slice is over, and the same vCPU goes on. */
  'slice-same',
  /** A tick of the scheduler that ends no slice. */
  'tick',
  /** Credits are given out. */
  'accounting',
  /** A vCPU gives its slice away, and no other is ready. */
  'yield-same',
  /** A vCPU gives its slice away, and another runs. */
  'yield-switching',
  /** A vCPU says that it waits for a lock (para-virtualized locks), before it does. */
  'park',
  /** A vCPU says that a lock is free for one that is parked, which then wakes. */
  'unpark',
] as const;
export type Transition = (typeof TRANSITIONS)[number];

const executed = z.strictObject({
  /** Of the build, in order, on the CPU and in the time of the vCPU. */
  paths: z.array(z.string()).min(1),
  /** Of the build, executed by the service: at an exit the vCPU waits for it. */
  service: z.array(z.string()).min(1).optional(),
  source: z.string(),
});
export type Executed = z.infer<typeof executed>;

/** Other ways to do the same that the hypervisor knows, by name: in the kernel instead of in user space. */
const exit = executed.extend({variants: z.record(z.string(), executed).default({})});

export const exits = z.partialRecord(z.enum(EXITS), exit);
export const transitions = z.partialRecord(z.enum(TRANSITIONS), executed);

/** A domain or thread that emulates devices for guests and has to be scheduled for that. */
export const service = z.strictObject({id: z.string(), title: z.string(), source: z.string()});

/** What is not the price of a path but decides which are taken. */
export const delivery = z.strictObject({
  /** A vCPU that runs elsewhere is made to see an SGI at once; if not, it sees it with its next exit. */
  kicksRunning: z.boolean(),
  /** Traps WFE and gives the slice away. */
  yieldsAtWfe: z.boolean(),
  /** Ends of interrupts make an exit. */
  maintenance: z.boolean(),
  source: z.string(),
});
export type Delivery = z.infer<typeof delivery>;
