/** Who has which host CPU: switches, what they cost, and whose time it is. */
import type {Transition} from '../hypervisors/schedule-schema.ts';
import type {HostCpu} from './host-cpu.ts';
import type {ScheduleOptions} from './options.ts';
import type {ReadyCause} from './policy.ts';
import type {Entity, Service, Vcpu} from './vcpu.ts';

const NEVER = Number.POSITIVE_INFINITY;

type DispatcherOptions = Pick<ScheduleOptions, 'policy' | 'steps' | 'observer' | 'missExposure'>;

export class Dispatcher {
  readonly #cpus: readonly HostCpu[];
  readonly #options: DispatcherOptions;

  constructor(cpus: readonly HostCpu[], options: DispatcherOptions) {
    this.#cpus = cpus;
    this.#options = options;
  }

  /** Time that `who` had the CPU up to now is the scheduler's to know, once. */
  charge(cpu: HostCpu, who: Entity): void {
    this.#options.policy.ran(who, cpu.time - cpu.charged, cpu.time);
    cpu.charged = cpu.time;
  }

  /** Whoever wakes is compared with how far the running one is now. */
  chargeCurrent(cpu: HostCpu): void {
    if (cpu.current) this.charge(cpu, cpu.current);
  }

  /** A run ends; if the CPU is not left, another begins. */
  ran(cpu: HostCpu, who: Entity): void {
    this.charge(cpu, who);
    this.#options.observer?.ran(cpu.index, who.name, cpu.since, cpu.time);
    cpu.since = cpu.time;
  }

  become(vcpu: Vcpu, state: Vcpu['state'], now: number): void {
    if (vcpu.state !== 'over') this.#options.observer?.was(vcpu.id, vcpu.state, vcpu.since, now);
    vcpu.become(state, now);
  }

  idle(cpu: HostCpu, until: number): void {
    if (!(until > cpu.time) || until === NEVER) return;
    cpu.account.idle += until - cpu.time;
    cpu.core.time = until;
  }

  /** Returns the cycles that paths took. */
  execute(cpu: HostCpu, reason: string, paths: readonly number[]): number {
    const {core} = cpu;
    const start = core.time;
    for (const path of paths) {
      const waited = core.execute(path);
      core.time -= waited * (1 - this.#options.missExposure);
      cpu.account.execute(path, waited);
    }
    this.#options.observer?.path(cpu.index, reason, start, core.time);
    return core.time - start;
  }

  /** @param whom whose time it is, if not the running one's. */
  transition(cpu: HostCpu, name: Transition, whom?: Vcpu): void {
    const paths = this.#options.steps.transitions[name];
    if (paths === undefined) return;
    const cycles = this.execute(cpu, name, paths);
    cpu.account.paths.add(name, cycles);
    const vcpu = cpu.current?.kind === 'vcpu' ? cpu.current : whom;
    vcpu?.account.exits.add(name, cycles);
  }

  /** Where what another vCPU brings about takes other paths than a timer. */
  byWhom(name: 'wake' | 'wake-preempting' | 'resume', isTimer: boolean): Transition {
    const byVcpu = `${name}-by-vcpu` as const;
    return isTimer || this.#options.steps.transitions[byVcpu] === undefined ? name : byVcpu;
  }

  /** All that is put into the policy's queues is put there by this class. */
  pick(cpu: HostCpu): Entity | undefined {
    return this.#options.policy.pick(cpu.index, cpu.time) as Entity | undefined;
  }

  enter(cpu: HostCpu, who: Entity): void {
    this.idle(cpu, who.since);
    if (who.kind === 'vcpu') {
      this.become(who, 'running', cpu.time);
      cpu.core.enter(who.spaces, who.space);
    }
    who.cpu = cpu.index;
    cpu.current = who;
    cpu.since = cpu.time;
    cpu.charged = cpu.time;
  }

  /** It is ready, and does not run. */
  leave(cpu: HostCpu, who: Entity, cause: ReadyCause): void {
    this.ran(cpu, who);
    if (who.kind === 'vcpu') {
      who.space = cpu.core.space;
      this.become(who, 'ready', cpu.time);
    } else who.since = cpu.time;
    cpu.current = undefined;
    this.#options.policy.enqueue(who, cause, cpu.time);
  }

  /** It waits; another runs, or the host CPU idles. */
  block(cpu: HostCpu, who: Vcpu | Service): void {
    this.charge(cpu, who);
    const next = this.pick(cpu);
    this.transition(cpu, next ? 'switch-at-wait' : 'sleep');
    this.ran(cpu, who);
    if (who.kind === 'vcpu') {
      who.space = cpu.core.space;
      this.become(who, 'blocked', cpu.time);
    } else who.isWaiting = true;
    cpu.current = undefined;
    if (next) this.enter(cpu, next);
  }

  preemptOrGoOn(cpu: HostCpu, who: Entity, isTimer: boolean): void {
    const {policy} = this.#options;
    const running = cpu.current as Entity;
    if (!policy.preempts(who, running, cpu.since, cpu.time)) {
      this.transition(cpu, this.byWhom('wake', isTimer));
      this.offer(cpu);
      return;
    }
    this.transition(cpu, this.byWhom('wake-preempting', isTimer));
    this.leave(cpu, running, 'preempted');
    this.enter(cpu, this.pick(cpu) as Entity);
    this.offer(cpu);
  }

  /** Somebody has to wait for this CPU: another that idles takes it, where the scheduler moves vCPUs so. */
  offer(cpu: HostCpu): void {
    const {policy} = this.#options;
    if (!policy.steals || policy.ready(cpu.index) === 0) return;
    const idle = this.#cpus.find(
      (other) => other.current === undefined && !other.isOffered && policy.ready(other.index) === 0,
    );
    if (idle === undefined) return;
    idle.isOffered = true;
    idle.post({time: cpu.time, kind: 'offer'});
  }

  accept(cpu: HostCpu): void {
    cpu.isOffered = false;
    const next = cpu.current === undefined ? this.pick(cpu) : undefined;
    if (next === undefined) return;
    this.idle(cpu, next.since);
    this.transition(cpu, this.byWhom('resume', false));
    this.enter(cpu, next);
  }
}
