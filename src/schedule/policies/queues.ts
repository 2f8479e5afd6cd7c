import type {Schedulable} from '../policy.ts';

/** First in, first out, for each host CPU. */
export class Queues {
  readonly #queues: readonly Schedulable[][];

  constructor(cpus: number) {
    this.#queues = Array.from({length: cpus}, () => []);
  }

  of(cpu: number): Schedulable[] {
    return this.#queues[cpu]!;
  }

  ready(cpu: number): number {
    return this.#queues[cpu]!.length;
  }

  push(who: Schedulable): void {
    this.#queues[who.cpu]!.push(who);
  }

  /** Behind those that are `before` it or its equal. */
  insert(who: Schedulable, before: (a: Schedulable, b: Schedulable) => boolean): void {
    const queue = this.#queues[who.cpu]!;
    const at = queue.findIndex((other) => before(who, other));
    if (at < 0) queue.push(who);
    else queue.splice(at, 0, who);
  }

  /** As {@link insert}, but behind the first of those that it would be before. */
  insertBehindOne(who: Schedulable, before: (a: Schedulable, b: Schedulable) => boolean): void {
    const queue = this.#queues[who.cpu]!;
    const at = queue.findIndex((other) => before(who, other));
    if (at < 0) queue.push(who);
    else queue.splice(at + 1, 0, who);
  }

  take(cpu: number): Schedulable | undefined {
    return this.#queues[cpu]!.shift();
  }

  /** Takes from the longest queue of the other CPUs, which is left without it. */
  steal(cpu: number): Schedulable | undefined {
    const longest = this.#queues.reduce(
      (best, queue, other) => (other !== cpu && queue.length > this.#queues[best]!.length ? other : best),
      cpu,
    );
    const found = longest === cpu ? undefined : this.#queues[longest]!.shift();
    if (found) found.cpu = cpu;
    return found;
  }
}
