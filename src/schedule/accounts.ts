/**
 * Where time went: of each host CPU, and of each vCPU. Cycles of the host's clock; what is added up is all that passed, which
 * is checked.
 */
import {GUEST_CYCLES} from '../costmodel/cost.ts';

export const VCPU_STATES = ['running', 'ready', 'blocked'] as const;
export type VcpuState = (typeof VCPU_STATES)[number];

export const MODES = ['user', 'kernel'] as const;
export const USER = 0;
export const KERNEL = 1;

/** How often something was done, and the cycles that it took. */
export interface Spent {
  readonly count: number;
  readonly cycles: number;
}

export class Tally {
  readonly #spent = new Map<string, {count: number; cycles: number}>();

  add(what: string, cycles: number, count = 1): void {
    const found = this.#spent.get(what);
    if (found) {
      found.count += count;
      found.cycles += cycles;
    } else this.#spent.set(what, {count, cycles});
  }

  get cycles(): number {
    let sum = 0;
    for (const {cycles} of this.#spent.values()) sum += cycles;
    return sum;
  }

  /** By name, in order. */
  get all(): Readonly<Record<string, Spent>> {
    return Object.fromEntries([...this.#spent].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, {...v}]));
  }

  clear(): void {
    this.#spent.clear();
  }
}

export class CpuAccount {
  /** Guest code, as it made progress. */
  guest = 0;
  /** A vCPU that spins or sleeps in WFE has the CPU. */
  waiting = 0;
  /** Of `waiting`: it was only ahead of the recorded order, where its guest would not have waited. */
  ahead = 0;
  /** vCPUs of other guests. */
  neighbours = 0;
  idle = 0;
  /** The hypervisor's paths, by what they are for. */
  readonly paths = new Tally();
  /** What the host does beside its vCPUs. */
  readonly background = new Tally();
  readonly service = new Tally();
  /** By number of path, whatever for; cycles that it waited for its lines if nothing hides of them. A part of all of the above. */
  readonly executed = new Map<number, {count: number; waited: number}>();
  start = 0;

  execute(path: number, waited: number): void {
    const found = this.executed.get(path);
    if (found) {
      found.count++;
      found.waited += waited;
    } else this.executed.set(path, {count: 1, waited});
  }

  restart(now: number): void {
    this.guest = 0;
    this.waiting = 0;
    this.ahead = 0;
    this.neighbours = 0;
    this.idle = 0;
    this.paths.clear();
    this.background.clear();
    this.service.clear();
    this.executed.clear();
    this.start = now;
  }

  get sum(): number {
    const {guest, waiting, neighbours, idle, paths, background, service} = this;
    return guest + waiting + neighbours + idle + paths.cycles + background.cycles + service.cycles;
  }
}

export class VcpuAccount {
  readonly states: Record<VcpuState, number> = {running: 0, ready: 0, blocked: 0};
  /** Guest cycles by mode and row of {@link GUEST_CYCLES}. */
  readonly items = new Float64Array(MODES.length * GUEST_CYCLES.length);
  /** While it had the CPU: for its own sake, and for others'. */
  readonly exits = new Tally();
  readonly stolen = new Tally();
  /** Ticks of the guest that its recording lacks. */
  readonly kernel = new Tally();
  waiting = 0;
  /** As a host CPU's. */
  ahead = 0;
  /** How often it waited, by what for; cycles from then until it went on. */
  readonly waits = new Tally();
  /** Longest wait for a CPU. */
  longestReady = 0;
  start = 0;

  restart(now: number): void {
    this.start = now;
    for (const state of VCPU_STATES) this.states[state] = 0;
    this.items.fill(0);
    for (const tally of [this.exits, this.stolen, this.kernel, this.waits]) tally.clear();
    this.waiting = 0;
    this.ahead = 0;
    this.longestReady = 0;
  }
}
