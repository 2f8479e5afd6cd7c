/**
 * A hypervisor's scheduler: who runs next on a host CPU, for how long, and whether who wakes takes another's place. Times are in
 * cycles of the host's clock. One instance serves all host CPUs; each of them has a queue.
 */

/** What is scheduled: a vCPU of the guest, a domain that serves it, or a vCPU of another guest. */
export interface Schedulable {
  readonly id: number;
  readonly name: string;
  /** Host CPU whose queue it is in, or that it ran on last. */
  cpu: number;
}

export const READY_CAUSES = ['woken', 'preempted', 'slice-over', 'yielded'] as const;
/** Why something is ready and does not run. */
export type ReadyCause = (typeof READY_CAUSES)[number];

export interface Policy {
  /** Does a CPU that idles take from another's queue? */
  readonly steals: boolean;
  /** Puts `who` into the queue of its CPU. */
  enqueue(who: Schedulable, cause: ReadyCause, now: number): void;
  /** Takes the next from a CPU's queue, to run from `now` on; undefined if there is none. */
  pick(cpu: number, now: number): Schedulable | undefined;
  /** How many are in a CPU's queue. */
  ready(cpu: number): number;
  /** Does `who`, that just became ready, take the place of `running`, that runs since `since`? */
  preempts(who: Schedulable, running: Schedulable, since: number, now: number): boolean;
  /** When the scheduler looks next at who runs since `since`; infinite for never. */
  sliceEnd(who: Schedulable, since: number, now: number): number;
  /** At that time: does another get the CPU? */
  isOver(who: Schedulable, since: number, now: number): boolean;
  /** Does somebody else run, now that `who` gives its slice away? */
  yields(who: Schedulable, since: number, now: number): boolean;
  /** `who` has run for `cycles` more. */
  ran(who: Schedulable, cycles: number, now: number): void;
}
