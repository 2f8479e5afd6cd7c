/**
 * Linux's CFS with equal weights (kernel/sched/fair.c, 3.16): the least virtual run time first; a thread that sleeps comes back
 * at most half a latency behind the others (GENTLE_FAIR_SLEEPERS), and preempts who is more than a granularity ahead of it.
 */
import type {Policy, ReadyCause, Schedulable} from '../policy.ts';
import {Queues} from './queues.ts';

/** In cycles, for the number of the host's CPUs. */
export interface FairTimes {
  readonly latency: number;
  readonly minimumGranularity: number;
  readonly wakeupGranularity: number;
  readonly tick: number;
}

export class Fair implements Policy {
  readonly steals = true;
  readonly #queues: Queues;
  readonly #times: FairTimes;
  readonly #runTime = new Map<number, number>();
  /** CPU that a run time is of. */
  readonly #homes = new Map<number, number>();
  /** By CPU, what it only grows to: nobody comes back far behind it. */
  readonly #least: number[];
  /** By CPU, since when there has been somebody in its queue. */
  readonly #since: number[];

  constructor(cpus: number, times: FairTimes) {
    this.#queues = new Queues(cpus);
    this.#times = times;
    this.#least = new Array<number>(cpus).fill(0);
    this.#since = new Array<number>(cpus).fill(0);
  }

  enqueue(who: Schedulable, cause: ReadyCause, now: number): void {
    this.#moveTo(who);
    if (this.ready(who.cpu) === 0) this.#since[who.cpu] = now;
    if (cause === 'woken') {
      const floor = this.#least[who.cpu]! - this.#times.latency / 2;
      this.#runTime.set(who.id, Math.max(this.#of(who), floor));
    }
    // sched_yield() of a vCPU's thread: behind all others (kvm_vcpu_on_spin would choose one of them).
    if (cause === 'yielded') {
      const last = this.#queues.of(who.cpu).at(-1);
      if (last) this.#runTime.set(who.id, Math.max(this.#of(who), this.#of(last)));
    }
    this.#queues.insert(who, (a, b) => this.#of(a) < this.#of(b));
  }

  pick(cpu: number): Schedulable | undefined {
    const picked = this.#queues.take(cpu) ?? this.#queues.steal(cpu);
    if (picked) this.#moveTo(picked);
    if (picked) this.#least[cpu] = Math.max(this.#least[cpu]!, this.#of(picked));
    return picked;
  }

  ready(cpu: number): number {
    return this.#queues.ready(cpu);
  }

  preempts(who: Schedulable, running: Schedulable): boolean {
    return this.#of(running) - this.#of(who) > this.#times.wakeupGranularity;
  }

  /** It is looked at in the host's ticks. */
  sliceEnd(who: Schedulable, since: number): number {
    if (this.ready(who.cpu) === 0) return Number.POSITIVE_INFINITY;
    const {tick} = this.#times;
    return Math.ceil(Math.max(this.#since[who.cpu]!, since + this.#slice(who.cpu)) / tick) * tick;
  }

  isOver(who: Schedulable): boolean {
    const [first] = this.#queues.of(who.cpu);
    return first !== undefined && this.#of(first) <= this.#of(who);
  }

  yields(who: Schedulable): boolean {
    return this.ready(who.cpu) > 0;
  }

  ran(who: Schedulable, cycles: number): void {
    const runTime = this.#of(who) + cycles;
    this.#runTime.set(who.id, runTime);
    const first = this.#queues.of(who.cpu)[0];
    const least = first ? Math.min(runTime, this.#of(first)) : runTime;
    this.#least[who.cpu] = Math.max(this.#least[who.cpu]!, least);
  }

  #of(who: Schedulable): number {
    return this.#runTime.get(who.id) ?? 0;
  }

  /** Run times count from a CPU's least: who comes from another CPU keeps its distance to that. */
  #moveTo(who: Schedulable): void {
    const home = this.#homes.get(who.id) ?? who.cpu;
    this.#homes.set(who.id, who.cpu);
    if (home !== who.cpu) this.#runTime.set(who.id, this.#of(who) - this.#least[home]! + this.#least[who.cpu]!);
  }

  #slice(cpu: number): number {
    const running = this.ready(cpu) + 1;
    return Math.max(this.#times.latency / running, this.#times.minimumGranularity);
  }
}
