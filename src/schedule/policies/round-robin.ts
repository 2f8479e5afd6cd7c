/**
 * Xvisor's: a queue of equal priority for each CPU, taken in turns. Who wakes goes to its end (vmm_scheduler.c at 0e3ab536:
 * only a higher priority preempts), and no CPU takes from another: that is a balancer's, every five seconds.
 */
import type {Policy, ReadyCause, Schedulable} from '../policy.ts';
import {Queues} from './queues.ts';

export class RoundRobin implements Policy {
  readonly steals = false;
  readonly #queues: Queues;
  readonly #slice: number;
  /** Slice that is left to who was preempted within it. */
  readonly #left = new Map<number, number>();
  readonly #isServed: (who: Schedulable) => boolean;

  /** @param slice in cycles. @param isServed whether it is a service: those have a higher priority. */
  constructor(cpus: number, slice: number, isServed: (who: Schedulable) => boolean) {
    this.#queues = new Queues(cpus);
    this.#slice = slice;
    this.#isServed = isServed;
  }

  enqueue(who: Schedulable, cause: ReadyCause): void {
    if (cause !== 'preempted') this.#left.delete(who.id);
    if (this.#isServed(who)) this.#queues.insert(who, (_, other) => !this.#isServed(other));
    else this.#queues.push(who);
  }

  pick(cpu: number): Schedulable | undefined {
    return this.#queues.take(cpu);
  }

  ready(cpu: number): number {
    return this.#queues.ready(cpu);
  }

  preempts(who: Schedulable, running: Schedulable, since: number, now: number): boolean {
    if (!this.#isServed(who) || this.#isServed(running)) return false;
    this.#left.set(running.id, Math.max(0, this.sliceEnd(running, since) - now));
    return true;
  }

  sliceEnd(who: Schedulable, since: number): number {
    return since + (this.#left.get(who.id) ?? this.#slice);
  }

  isOver(who: Schedulable): boolean {
    this.#left.delete(who.id);
    return this.ready(who.cpu) > 0;
  }

  yields(who: Schedulable): boolean {
    return this.ready(who.cpu) > 0;
  }

  ran(): void {}
}
