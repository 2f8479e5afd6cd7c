/** The edges of a recording: what a vCPU may not do before another has come to where it did it. */
import {Deadlock, stuck} from './deadlock.ts';
import type {Dispatcher} from './dispatcher.ts';
import type {HostCpu} from './host-cpu.ts';
import type {ScheduleObserver} from './options.ts';
import type {Vcpu} from './vcpu.ts';
import type {Wait} from './wait.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class Edges {
  readonly #cpus: readonly HostCpu[];
  readonly #vcpus: readonly Vcpu[];
  readonly #dispatcher: Dispatcher;
  readonly #observer: ScheduleObserver | undefined;
  /** When what another vCPU may wait for was done, by edge. */
  readonly #released = new Map<number, number>();
  /** Who waits for an edge and has given its CPU away. */
  readonly #waiting = new Map<number, Vcpu>();
  /** Waits count from here. */
  began = 0;

  constructor(
    cpus: readonly HostCpu[],
    vcpus: readonly Vcpu[],
    dispatcher: Dispatcher,
    observer: ScheduleObserver | undefined,
  ) {
    this.#cpus = cpus;
    this.#vcpus = vcpus;
    this.#dispatcher = dispatcher;
    this.#observer = observer;
  }

  /** When the last of them was done; undefined where one is not. */
  doneAt({edges}: Wait): number | undefined {
    const times = edges.map((edge) => this.#released.get(edge));
    return times.includes(undefined) ? undefined : Math.max(...(times as number[]));
  }

  /** @throws Deadlock when each vCPU now waits for what none of them comes to. */
  wait(vcpu: Vcpu, wait: Wait): void {
    vcpu.wait = wait;
    const isMissing = (edge: number): boolean => !this.#released.has(edge);
    if (this.#vcpus.every((one) => one.state === 'over' || one.wait?.edges.some(isMissing)))
      throw new Deadlock(stuck(this.#vcpus));
  }

  /** A vCPU without a CPU waits for edges: who does the last of them wakes it. */
  postpone(vcpu: Vcpu, wait: Wait): void {
    const missing = wait.edges.filter((edge) => !this.#released.has(edge));
    for (const edge of missing) this.#waiting.set(edge, vcpu);
    if (missing.length > 0) return;
    const time = Math.max(vcpu.since, ...wait.edges.map((edge) => this.#released.get(edge)!));
    this.#cpus[vcpu.cpu]!.post({time, kind: 'wake', who: vcpu});
  }

  isThere({edges}: Wait, now: number): boolean {
    return edges.every((edge) => (this.#released.get(edge) ?? NEVER) <= now);
  }

  /** They are there, and the vCPU goes on behind them. */
  pass(vcpu: Vcpu, {kind, edges}: Wait, now: number): void {
    for (const edge of edges) this.#released.delete(edge);
    if (edges.length > 0) this.#observer?.passed(vcpu.id, kind, edges, now);
  }

  endWait(vcpu: Vcpu, now: number): void {
    const wait = vcpu.wait as Wait;
    this.pass(vcpu, wait, now);
    const since = Math.min(now, Math.max(wait.since, this.began));
    vcpu.account.waits.add(wait.kind, now - since);
    this.#observer?.waited(vcpu.id, wait.kind, wait.since, now);
    vcpu.wait = undefined;
  }

  release(cpu: HostCpu, by: Vcpu, edge: number): void {
    this.#released.set(edge, cpu.time);
    this.#observer?.released(by.id, edge, cpu.time);
    const vcpu = this.#waiting.get(edge);
    if (vcpu === undefined) return;
    this.#waiting.delete(edge);
    const wait = vcpu.wait as Wait;
    if (!wait.edges.every((one) => this.#released.has(one))) return;
    if (wait.kind !== 'interrupt') this.#dispatcher.transition(cpu, 'unpark');
    this.#cpus[vcpu.cpu]!.post({time: Math.max(cpu.time, vcpu.since), kind: 'wake', who: vcpu});
  }
}
