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
    /** In which every thread that is ready runs once, while they are few. */
    latency: parameter('ms'),
    minimumGranularity: parameter('ms'),
    /** How much farther a running thread must be than one that wakes to be preempted. */
    wakeupGranularity: parameter('ms'),
    /** Two of the three above are multiplied by 1 + log₂ of the host's CPUs, the wake-up's too. */
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
  'first-touch',
  /** The guest ends an interrupt, where that makes a maintenance interrupt. */
  'end-of-interrupt',
] as const;
export type Exit = (typeof EXITS)[number];

/** What happens to vCPUs and CPUs. */
export const TRANSITIONS = [
  /** The virtual timer's interrupt into the vCPU that runs. */
  'timer-into-running',
  /** An SGI into the vCPU that runs: the kick, as the CPU that is kicked has it. */
  'sgi-into-running',
  /** A device's interrupt for the guest, into the vCPU that runs. */
  'device-into-running',
  /** A vCPU that waits becomes ready, and the CPU goes on with what it runs. */
  'wake',
  /** A vCPU that waits becomes ready and runs at once in the place of another. */
  'wake-preempting',
  /** A vCPU waits, and no other is ready: until the CPU idles. */
  'sleep',
  /** The CPU idles, and a vCPU that waited is made ready: until it runs. */
  'resume',
  /** A vCPU waits, and another runs. */
  'switch-at-wait',
  /** A slice is over, and another vCPU runs. */
  'switch-at-slice',
  /** A slice is over, and the same vCPU goes on. */
  'slice-same',
  /** A vCPU gives its slice away, and no other is ready. */
  'yield-same',
  /** A vCPU gives its slice away, and another runs. */
  'yield-switching',
  /** A vCPU says that it waits for a lock (para-virtualized locks). */
  'park',
  /** A vCPU hands a lock to one that is parked. */
  'unpark',
] as const;
export type Transition = (typeof TRANSITIONS)[number];

const executed = z.strictObject({
  /** Of the build, in order, on the CPU and in the time of the vCPU. */
  paths: z.array(z.string()).min(1),
  /** Of the service, which the vCPU waits for. */
  service: z.array(z.string()).min(1).optional(),
  source: z.string(),
});
export type Executed = z.infer<typeof executed>;

export const exits = z.partialRecord(z.enum(EXITS), executed);
export const transitions = z.partialRecord(z.enum(TRANSITIONS), executed.omit({service: true}));

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
