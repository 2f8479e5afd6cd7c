/** No hypervisor: a vCPU is its CPU. */
import type {Policy, Schedulable} from '../policy.ts';
import {Queues} from './queues.ts';

export class NoScheduler implements Policy {
  readonly steals = false;
  readonly #queues: Queues;

  constructor(cpus: number) {
    this.#queues = new Queues(cpus);
  }

  enqueue(who: Schedulable): void {
    this.#queues.push(who);
  }

  pick(cpu: number): Schedulable | undefined {
    return this.#queues.take(cpu);
  }

  ready(cpu: number): number {
    return this.#queues.ready(cpu);
  }

  preempts(): boolean {
    return false;
  }

  sliceEnd(): number {
    return Number.POSITIVE_INFINITY;
  }

  isOver(): boolean {
    return false;
  }

  yields(): boolean {
    return false;
  }

  ran(): void {}
}
