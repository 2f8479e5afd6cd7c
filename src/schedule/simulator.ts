/**
 * Replays the vCPUs of a machine's trace on the host CPUs of a system: which of them runs when is the scheduler's matter, what it
 * executes then takes the time that memory and pipeline give it, and what traps takes a path of the hypervisor. The edges of
 * the trace hold: a vCPU that needs what another has not done yet waits, as its guest would for a lock.
 *
 * The host CPU that is behind runs next, at most {@link ScheduleOptions.lookahead} cycles past the others.
 */
import {GUEST_CYCLES} from '../costmodel/cost.ts';
import type {MachineSpaces} from '../costmodel/spaces.ts';
import type {Delivery, Exit, Transition} from '../hypervisors/schedule-schema.ts';
import {EVENT_ID, type EventKind, MARKER_ID, WAITS} from '../trace/events.ts';
import {eventKind} from '../trace/records.ts';
import {KERNEL, USER, type VcpuState} from './accounts.ts';
import {GuestTimer} from './guest-timer.ts';
import type {HostCore} from './host-core.ts';
import {HostCpu, type Message, type Periodic} from './host-cpu.ts';
import type {Policy, ReadyCause} from './policy.ts';
import {Cursor, type VcpuStreams} from './streams.ts';
import {deviceExit, takenInterrupt} from './trapped.ts';
import {type Entity, Neighbour, Service, Vcpu, type Wait} from './vcpu.ts';

/** Events that a schedule has to do with. */
const STOPS: readonly EventKind[] = [
  'marker',
  'exception-entry',
  'exception-return',
  'wait',
  'resume',
  'send-sgi',
  'device-access',
  'hypercall',
  'register-access',
  'timer-program',
  'first-touch',
  'release',
  'acquire',
];
/** For {@link ReplayOptions.stopKinds} of the cores. */
export const STOP_KINDS = STOPS.reduce((mask, kind) => mask | (1 << EVENT_ID[kind]), 0);

const ROWS = GUEST_CYCLES.length;
/** The metrics of all rows, and of which row each is. */
const GUEST_METRICS = GUEST_CYCLES.flatMap(([, , metrics]) => metrics);
const ROW_OF = GUEST_CYCLES.flatMap(([, , metrics], row) => metrics.map(() => row));
const USER_MODE = 0x10;
const WFI = WAITS.indexOf('wfi');
const NEVER = Number.POSITIVE_INFINITY;

/** Numbers of paths, for {@link HostCore.execute}. */
export interface Steps {
  readonly exits: Readonly<
    Partial<Record<Exit, {readonly paths: readonly number[]; readonly service?: readonly number[]}>>
  >;
  readonly transitions: Readonly<Partial<Record<Transition, readonly number[]>>>;
  /** Of the guest's kernel: a tick that its recording lacks. */
  readonly guestTick: readonly number[];
}

/** How the guest waits for a lock: where its WFE is, the hypervisor's delivery says whether it yields there. */
export const LOCKS = ['event', 'para-virtualized'] as const;
export type Locks = (typeof LOCKS)[number];

/** Hears of all that happens, in the order of each host CPU's time. */
export interface ScheduleObserver {
  /** Who had a host CPU; a vCPU that waits on it is named so. */
  ran(cpu: number, who: string, from: number, to: number): void;
  path(cpu: number, reason: string, from: number, to: number): void;
  waited(vcpu: number, what: string, from: number, to: number): void;
  was(vcpu: number, state: VcpuState, from: number, to: number): void;
  /** All that is measured begins here. */
  began(at: number): void;
}

export interface ScheduleOptions {
  readonly streams: VcpuStreams;
  /** A core for each host CPU. */
  readonly cores: readonly HostCore[];
  /** Another core runs from now on: what they share goes from the one to the other. */
  readonly handOver: (from: number, to: number) => void;
  /** By vCPU. */
  readonly spaces: readonly MachineSpaces[];
  readonly policy: Policy;
  readonly steps: Steps;
  readonly delivery: Delivery | null;
  readonly locks: Locks;
  /** By host CPU. */
  readonly periodic: readonly (readonly Periodic[])[];
  readonly trapsRegister: (word: number) => boolean;
  /** Host CPUs that have a vCPU of another guest. */
  readonly neighbours: readonly number[];
  readonly service: string | null;
  readonly clockHz: number;
  /** Period of the guest's tick in cycles, in place of the recorded one. */
  readonly tickPeriod: number | undefined;
  readonly pipelineScale: number;
  /** Share of a path's waits for lines that is exposed. */
  readonly missExposure: number;
  /** Cycles that a host CPU may be past the one that is behind it. */
  readonly lookahead: number;
  readonly observer?: ScheduleObserver | undefined;
}

/** The recording and the schedule have no way on. */
export class Deadlock extends Error {
  override readonly name = 'Deadlock';
}

export class Schedule {
  readonly cpus: readonly HostCpu[];
  readonly vcpus: readonly Vcpu[];
  readonly #options: ScheduleOptions;
  readonly #service: Service | undefined;
  /** When what another vCPU may wait for was done, by edge. */
  readonly #released = new Map<number, number>();
  /** Who waits for an edge and has given its CPU away. */
  readonly #waiting = new Map<number, Vcpu>();
  readonly #metrics = new Float64Array(GUEST_METRICS.length);
  #shared = 0;
  #begin = 0;
  #end: number | undefined;
  #lastEnd = 0;

  constructor(options: ScheduleOptions) {
    const {streams, cores, spaces, periodic, clockHz, tickPeriod, policy, neighbours, service} = options;
    this.#options = options;
    this.cpus = cores.map((core, index) => new HostCpu(index, core, periodic[index] ?? [], GUEST_METRICS));
    this.#shared = cores.length - 1;
    this.vcpus = Array.from({length: streams.vcpus}, (_, id) => {
      const timer = new GuestTimer(clockHz / 1e9, tickPeriod);
      return new Vcpu(id, id % cores.length, new Cursor(streams, id), spaces[id]!, timer);
    });
    const start = Math.max(...cores.map(({time}) => time));
    for (const {core, account} of this.cpus) {
      core.time = start;
      account.restart(start);
    }
    for (const vcpu of this.vcpus) {
      vcpu.since = start;
      vcpu.account.restart(start);
      policy.enqueue(vcpu, 'woken', start);
    }
    this.#service = service === null ? undefined : new Service(streams.vcpus, service);
    for (const [at, cpu] of neighbours.entries())
      policy.enqueue(new Neighbour(streams.vcpus + 1 + at, cpu, start), 'woken', start);
    for (const cpu of this.cpus) this.#offer(cpu);
  }

  /** From the begin marker, or the start, to the end marker, or the end; cycles. */
  get elapsed(): number {
    return (this.#end ?? Math.max(...this.cpus.map(({time}) => time))) - this.#begin;
  }

  /** Lets the host CPU that is behind run a little. Returns whether there is more to do. @throws Deadlock */
  step(): boolean {
    if (this.#end !== undefined || this.vcpus.every(({state}) => state === 'over')) return false;
    let next = this.cpus[0]!;
    let time = NEVER;
    let horizon = NEVER;
    for (const cpu of this.cpus) {
      const due = cpu.current === undefined && this.#options.policy.ready(cpu.index) === 0 ? cpu.nextEvent : cpu.time;
      if (due < time) {
        horizon = time;
        time = due;
        next = cpu;
      } else if (due < horizon) horizon = due;
    }
    if (time === NEVER) throw new Deadlock(this.#stuck());
    if (next.index !== this.#shared) {
      this.#options.handOver(this.#shared, next.index);
      next.core.forgetLater();
      this.#shared = next.index;
    }
    this.#run(next, horizon + this.#options.lookahead);
    return true;
  }

  /** Brings accounts up to the end: who waits then, waits until then. */
  finish(): void {
    const end = Math.max(...this.cpus.map(({time}) => time));
    for (const cpu of this.cpus) {
      const {current} = cpu;
      if (current === undefined) this.#idle(cpu, end);
      else {
        if (current.kind === 'neighbour') this.#runNeighbour(cpu, current, end);
        this.#ran(cpu, current);
      }
    }
    for (const vcpu of this.vcpus) {
      if (vcpu.state === 'over') continue;
      const until = vcpu.state === 'running' ? this.cpus[vcpu.cpu]!.time : end;
      this.#become(vcpu, vcpu.state, Math.max(until, vcpu.since));
    }
    this.#end ??= end;
  }

  #run(cpu: HostCpu, horizon: number): void {
    if (cpu.current === undefined)
      this.#idle(cpu, Math.max(cpu.time, this.#options.policy.ready(cpu.index) > 0 ? 0 : cpu.nextEvent));
    this.#attend(cpu);
    const {current} = cpu;
    if (current === undefined) {
      const next = this.#pick(cpu);
      if (next) this.#enter(cpu, next);
      return;
    }
    const {policy} = this.#options;
    const sliceEnd = policy.sliceEnd(current, cpu.since, cpu.time);
    if (cpu.time >= sliceEnd) {
      this.#endSlice(cpu, current);
      return;
    }
    const until = Math.min(horizon, sliceEnd, cpu.nextEvent);
    if (current.kind === 'vcpu') this.#runVcpu(cpu, current, until);
    else if (current.kind === 'service') this.#serve(cpu, current);
    else this.#runNeighbour(cpu, current, until);
  }

  // What host CPUs see.

  #attend(cpu: HostCpu): void {
    for (let message = cpu.receive(); message; message = cpu.receive()) this.#deliver(cpu, message);
    for (const periodic of cpu.periodic) {
      for (; periodic.next <= cpu.time; periodic.next += periodic.period) {
        if (cpu.current === undefined && periodic.isBusyOnly) continue;
        const cycles = this.#execute(cpu, periodic.reason, periodic.paths);
        cpu.account.background.add(periodic.reason, cycles);
        if (cpu.current?.kind === 'vcpu') cpu.current.account.stolen.add(periodic.reason, cycles);
      }
    }
  }

  #deliver(cpu: HostCpu, message: Message): void {
    if (message.kind === 'offer') {
      this.#accept(cpu);
      return;
    }
    const {kind, who} = message;
    if (kind === 'kick') {
      if (cpu.current === who) this.#transition(cpu, 'sgi-into-running');
      return;
    }
    if (who.kind === 'vcpu') {
      if (who.state !== 'blocked') return;
      if (kind === 'timer') who.isTimerPaid = true;
      this.#awake(cpu, who, kind === 'timer');
    } else if (who.kind === 'service') this.#awakeService(cpu, who);
  }

  /** A vCPU on `cpu` need not wait any more: for its own timer, or for what another did. */
  #awake(cpu: HostCpu, vcpu: Vcpu, isTimer: boolean): void {
    const {policy} = this.#options;
    const now = Math.max(cpu.time, vcpu.since);
    vcpu.cpu = cpu.index;
    if (vcpu.wait) this.#endWait(vcpu, now);
    if (cpu.current === undefined) {
      this.#idle(cpu, now);
      // Its way back is time that it has the CPU.
      this.#become(vcpu, 'running', now);
      this.#transition(cpu, this.#byWhom('resume', isTimer), vcpu);
      this.#become(vcpu, 'ready', cpu.time);
      policy.enqueue(vcpu, 'woken', cpu.time);
      this.#enter(cpu, this.#pick(cpu) as Entity);
      return;
    }
    this.#become(vcpu, 'ready', now);
    this.#chargeCurrent(cpu);
    policy.enqueue(vcpu, 'woken', now);
    this.#preemptOrGoOn(cpu, vcpu, isTimer);
  }

  #awakeService(cpu: HostCpu, service: Service): void {
    if (!service.isWaiting || service.requests.length === 0) return;
    this.#ready(cpu, service);
    if (cpu.current === undefined) {
      this.#transition(cpu, this.#byWhom('resume', false));
      this.#enter(cpu, this.#pick(cpu) as Entity);
    } else this.#preemptOrGoOn(cpu, service, false);
  }

  #ready(cpu: HostCpu, service: Service): void {
    service.isWaiting = false;
    service.cpu = cpu.index;
    service.since = cpu.time;
    this.#chargeCurrent(cpu);
    this.#options.policy.enqueue(service, 'woken', cpu.time);
  }

  #preemptOrGoOn(cpu: HostCpu, who: Entity, isTimer: boolean): void {
    const {policy} = this.#options;
    const running = cpu.current as Entity;
    if (!policy.preempts(who, running, cpu.since, cpu.time)) {
      this.#transition(cpu, this.#byWhom('wake', isTimer));
      this.#offer(cpu);
      return;
    }
    this.#transition(cpu, this.#byWhom('wake-preempting', isTimer));
    this.#leave(cpu, running, 'preempted');
    this.#enter(cpu, this.#pick(cpu) as Entity);
    this.#offer(cpu);
  }

  /** Somebody has to wait for this CPU: another that idles takes it, where the scheduler moves vCPUs so. */
  #offer(cpu: HostCpu): void {
    const {policy} = this.#options;
    if (!policy.steals || policy.ready(cpu.index) === 0) return;
    const idle = this.cpus.find(
      (other) => other.current === undefined && !other.isOffered && policy.ready(other.index) === 0,
    );
    if (idle === undefined) return;
    idle.isOffered = true;
    idle.post({time: cpu.time, kind: 'offer'});
  }

  #accept(cpu: HostCpu): void {
    cpu.isOffered = false;
    const next = cpu.current === undefined ? this.#pick(cpu) : undefined;
    if (next === undefined) return;
    this.#idle(cpu, next.since);
    this.#transition(cpu, this.#byWhom('resume', false));
    this.#enter(cpu, next);
  }

  /** Where what another vCPU brings about takes other paths than a timer. */
  #byWhom(name: 'wake' | 'wake-preempting' | 'resume', isTimer: boolean): Transition {
    const byVcpu = `${name}-by-vcpu` as const;
    return isTimer || this.#options.steps.transitions[byVcpu] === undefined ? name : byVcpu;
  }

  #endSlice(cpu: HostCpu, running: Entity): void {
    const {policy} = this.#options;
    this.#charge(cpu, running);
    if (!policy.isOver(running, cpu.since, cpu.time)) {
      this.#transition(cpu, 'slice-same');
      this.#ran(cpu, running);
      return;
    }
    this.#transition(cpu, 'switch-at-slice');
    this.#leave(cpu, running, 'slice-over');
    this.#enter(cpu, this.#pick(cpu) as Entity);
    this.#offer(cpu);
  }

  // Who has a host CPU.

  /** All that is put into the policy's queues is put there by this class. */
  #pick(cpu: HostCpu): Entity | undefined {
    return this.#options.policy.pick(cpu.index, cpu.time) as Entity | undefined;
  }

  #enter(cpu: HostCpu, who: Entity): void {
    this.#idle(cpu, who.since);
    if (who.kind === 'vcpu') {
      this.#become(who, 'running', cpu.time);
      cpu.core.enter(who.spaces, who.space);
    }
    who.cpu = cpu.index;
    cpu.current = who;
    cpu.since = cpu.time;
    cpu.charged = cpu.time;
  }

  /** It is ready, and does not run. */
  #leave(cpu: HostCpu, who: Entity, cause: ReadyCause): void {
    this.#ran(cpu, who);
    if (who.kind === 'vcpu') {
      who.space = cpu.core.space;
      this.#become(who, 'ready', cpu.time);
    } else who.since = cpu.time;
    cpu.current = undefined;
    this.#options.policy.enqueue(who, cause, cpu.time);
  }

  /** It waits; another runs, or the host CPU idles. */
  #block(cpu: HostCpu, who: Vcpu | Service): void {
    this.#charge(cpu, who);
    const next = this.#pick(cpu);
    this.#transition(cpu, next ? 'switch-at-wait' : 'sleep');
    this.#ran(cpu, who);
    if (who.kind === 'vcpu') {
      who.space = cpu.core.space;
      this.#become(who, 'blocked', cpu.time);
    } else who.isWaiting = true;
    cpu.current = undefined;
    if (next) this.#enter(cpu, next);
  }

  /** Time that `who` had the CPU up to now is the scheduler's to know, once. */
  #charge(cpu: HostCpu, who: Entity): void {
    this.#options.policy.ran(who, cpu.time - cpu.charged, cpu.time);
    cpu.charged = cpu.time;
  }

  /** Whoever wakes is compared with how far the running one is now. */
  #chargeCurrent(cpu: HostCpu): void {
    if (cpu.current) this.#charge(cpu, cpu.current);
  }

  /** A run ends; if the CPU is not left, another begins. */
  #ran(cpu: HostCpu, who: Entity): void {
    this.#charge(cpu, who);
    this.#options.observer?.ran(cpu.index, who.name, cpu.since, cpu.time);
    cpu.since = cpu.time;
  }

  #become(vcpu: Vcpu, state: Vcpu['state'], now: number): void {
    if (vcpu.state !== 'over') this.#options.observer?.was(vcpu.id, vcpu.state, vcpu.since, now);
    vcpu.become(state, now);
  }

  #idle(cpu: HostCpu, until: number): void {
    if (!(until > cpu.time) || until === NEVER) return;
    cpu.account.idle += until - cpu.time;
    cpu.core.time = until;
  }

  // Paths.

  /** Returns the cycles that paths took. */
  #execute(cpu: HostCpu, reason: string, paths: readonly number[]): number {
    const {core} = cpu;
    const start = core.time;
    for (const path of paths) {
      const waited = core.execute(path);
      core.time -= waited * (1 - this.#options.missExposure);
    }
    this.#options.observer?.path(cpu.index, reason, start, core.time);
    return core.time - start;
  }

  /** @param whom whose time it is, if not the running one's. */
  #transition(cpu: HostCpu, name: Transition, whom?: Vcpu): void {
    const paths = this.#options.steps.transitions[name];
    if (paths === undefined) return;
    const cycles = this.#execute(cpu, name, paths);
    cpu.account.paths.add(name, cycles);
    const vcpu = cpu.current?.kind === 'vcpu' ? cpu.current : whom;
    vcpu?.account.exits.add(name, cycles);
  }

  /** Returns whether the vCPU has to wait for a service now. */
  #exit(cpu: HostCpu, vcpu: Vcpu, name: Exit): boolean {
    const steps = this.#options.steps.exits[name];
    if (steps === undefined) return false;
    const cycles = this.#execute(cpu, name, steps.paths);
    cpu.account.paths.add(name, cycles);
    vcpu.account.exits.add(name, cycles);
    if (steps.service === undefined || this.#service === undefined) return false;
    this.#request(cpu, this.#service, {vcpu, reason: name, paths: steps.service, time: cpu.time});
    vcpu.wait = {kind: 'service', edges: [], since: cpu.time};
    this.#block(cpu, vcpu);
    return true;
  }

  /** The service wakes on a CPU that idles or the next one; on this one, the vCPU is about to make room for it. */
  #request(cpu: HostCpu, service: Service, request: Service['requests'][number]): void {
    service.requests.push(request);
    if (!service.isWaiting) return;
    const home = this.cpus.find(({current}) => current === undefined) ?? this.cpus[(cpu.index + 1) % this.cpus.length]!;
    if (home !== cpu) {
      home.post({time: cpu.time, kind: 'serve', who: service});
      return;
    }
    this.#ready(cpu, service);
    this.#transition(cpu, this.#byWhom('wake', false));
  }

  #serve(cpu: HostCpu, service: Service): void {
    const [request] = service.requests;
    // One of a host CPU that is ahead has not been made yet.
    if (request === undefined || request.time > cpu.time) {
      this.#block(cpu, service);
      if (request) cpu.post({time: Math.max(request.time, cpu.time), kind: 'serve', who: service});
      return;
    }
    service.requests.shift();
    const {vcpu, reason, paths} = request;
    const cycles = this.#execute(cpu, reason, paths);
    cpu.account.service.add(reason, cycles);
    this.cpus[vcpu.cpu]!.post({time: cpu.time, kind: 'wake', who: vcpu});
  }

  #runNeighbour(cpu: HostCpu, neighbour: Neighbour, until: number): void {
    if (until === NEVER) throw new Deadlock(this.#stuck());
    // What the host did meanwhile may have taken longer than up to the next event.
    if (until <= cpu.time) return;
    cpu.account.neighbours += until - cpu.time;
    cpu.core.time = until;
    neighbour.cpu = cpu.index;
  }

  // vCPUs.

  #runVcpu(cpu: HostCpu, vcpu: Vcpu, until: number): void {
    if (vcpu.wait) {
      this.#waitOn(cpu, vcpu, vcpu.wait, until);
      return;
    }
    const {cursor, behind} = vcpu;
    if (behind) {
      vcpu.behind = undefined;
      this.#event(cpu, vcpu, behind.kind, behind.words, behind.at);
      return;
    }
    if (vcpu.timer.missing <= cpu.time) this.#missingTick(cpu, vcpu);
    if (cursor.isOver) {
      this.#over(cpu, vcpu);
      return;
    }
    this.#consume(cpu, vcpu, Math.min(until, vcpu.timer.missing));
  }

  #missingTick(cpu: HostCpu, vcpu: Vcpu): void {
    this.#transition(cpu, 'timer-into-running');
    const {guestTick} = this.#options.steps;
    const cycles = this.#execute(cpu, 'guest tick', guestTick);
    cpu.account.guest += cycles;
    vcpu.account.kernel.add('guest tick', cycles);
    vcpu.timer.taken();
  }

  #over(cpu: HostCpu, vcpu: Vcpu): void {
    this.#block(cpu, vcpu);
    this.#become(vcpu, 'over', Math.max(cpu.time, vcpu.since));
  }

  /** Replays records up to an event that matters, or `until`. Returns whether there was such an event. */
  #consume(cpu: HostCpu, vcpu: Vcpu, until: number): boolean {
    const {core} = cpu;
    const {cursor} = vcpu;
    const chunk = cursor.chunk!;
    const before = core.time;
    cursor.at = core.consume(chunk, cursor.at, until);
    this.#attribute(cpu, vcpu);
    cpu.account.guest += core.time - before;
    const {stoppedAt} = core;
    if (stoppedAt < 0) return false;
    this.#event(cpu, vcpu, eventKind(chunk.words[stoppedAt]!), chunk.words, stoppedAt + 1);
    return true;
  }

  /** What its guest's cycles are by mechanism since the last time: nothing but records changes those metrics of a core. */
  #attribute({core, metrics}: HostCpu, vcpu: Vcpu): void {
    const {items} = vcpu.account;
    const first = vcpu.mode * ROWS;
    core.read(GUEST_METRICS, this.#metrics);
    for (let i = 0; i < GUEST_METRICS.length; i++) {
      const row = ROW_OF[i]!;
      const passed = this.#metrics[i]! - metrics[i]!;
      items[first + row]! += row === 0 ? passed * this.#options.pipelineScale : passed;
    }
    metrics.set(this.#metrics);
  }

  #event(cpu: HostCpu, vcpu: Vcpu, kind: number, words: Uint32Array, at: number): void {
    switch (kind) {
      case EVENT_ID['exception-entry']:
        vcpu.mode = KERNEL;
        return;
      case EVENT_ID['exception-return']:
        vcpu.mode = words[at + 1] === USER_MODE ? USER : KERNEL;
        return;
      case EVENT_ID.release:
        this.#release(cpu, words[at]!);
        return;
      case EVENT_ID.acquire:
        this.#await(cpu, vcpu, {kind: 'order', edges: [words[at]!], since: cpu.time});
        return;
      case EVENT_ID['register-access']:
        if (this.#options.trapsRegister(words[at]!)) this.#exit(cpu, vcpu, 'register-access');
        return;
      case EVENT_ID['device-access']:
        this.#deviceAccess(cpu, vcpu, words, at);
        return;
      case EVENT_ID.wait:
        this.#waits(cpu, vcpu, words[at] === WFI);
        return;
      case EVENT_ID['send-sgi']:
        this.#sendSgi(cpu, vcpu, words[at + 1]!);
        return;
      case EVENT_ID['timer-program']:
        this.#programTimer(cpu, vcpu, words, at);
        return;
      case EVENT_ID.hypercall:
        this.#exit(cpu, vcpu, 'hypercall');
        return;
      case EVENT_ID['first-touch']:
        this.#exit(cpu, vcpu, 'first-touch');
        return;
      case EVENT_ID.marker:
        this.#marker(cpu, vcpu, words[at]!);
        return;
      // A wait that was none here, or that has been waited for.
      default:
    }
  }

  #deviceAccess(cpu: HostCpu, vcpu: Vcpu, words: Uint32Array, at: number): void {
    const [device, address, form, value] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    const taken = takenInterrupt(device, address, form, value);
    if (taken === 'timer') {
      if (!vcpu.isTimerPaid) this.#transition(cpu, 'timer-into-running');
      vcpu.isTimerPaid = false;
      vcpu.timer.taken();
    } else if (taken === 'device') this.#transition(cpu, 'device-into-running');
    const exit = deviceExit(device, address, form);
    if (exit === undefined || (exit === 'end-of-interrupt' && !this.#options.delivery?.maintenance)) return;
    this.#exit(cpu, vcpu, exit);
  }

  #programTimer(cpu: HostCpu, vcpu: Vcpu, words: Uint32Array, at: number): void {
    const [timer, control] = [words[at]!, words[at + 1]!];
    const [time, due] = [words[at + 2]! + words[at + 3]! * 2 ** 32, words[at + 4]! + words[at + 5]! * 2 ** 32];
    // CNTV_CTL: ENABLE without IMASK.
    vcpu.timer.program((control & 3) === 1, time, due, cpu.time);
    if (timer !== 0) this.#exit(cpu, vcpu, 'physical-timer');
  }

  #sendSgi(cpu: HostCpu, vcpu: Vcpu, targets: number): void {
    this.#exit(cpu, vcpu, 'send-sgi');
    if (!this.#options.delivery?.kicksRunning) return;
    for (const target of this.vcpus) {
      const isMeant = (targets & (1 << target.id)) !== 0 && target !== vcpu;
      if (isMeant && target.state === 'running')
        this.cpus[target.cpu]!.post({time: cpu.time, kind: 'kick', who: target});
    }
  }

  /**
   * A WFI or WFE. What stands behind it before the next block says whether it waited, and for which edges; one that had its event
   * already goes on.
   */
  #waits(cpu: HostCpu, vcpu: Vcpu, isInterrupt: boolean): void {
    const since = cpu.time;
    const edges: number[] = [];
    let hasWaited = false;
    const {cursor} = vcpu;
    while (!hasWaited && !cursor.isOver) {
      const chunk = cursor.chunk!;
      cursor.at = cpu.core.consume(chunk, cursor.at, cpu.time);
      const {stoppedAt} = cpu.core;
      if (stoppedAt < 0) {
        if (cursor.at < chunk.length) break;
        continue;
      }
      const kind = eventKind(chunk.words[stoppedAt]!);
      if (kind === EVENT_ID.acquire) edges.push(chunk.words[stoppedAt + 1]!);
      else if (kind === EVENT_ID.release) this.#release(cpu, chunk.words[stoppedAt + 1]!);
      else if (kind === EVENT_ID.resume) hasWaited = true;
      else {
        vcpu.behind = {kind, words: chunk.words, at: stoppedAt + 1};
        break;
      }
    }
    if (hasWaited) this.#await(cpu, vcpu, {kind: isInterrupt ? 'interrupt' : 'event', edges, since});
    else {
      // The interrupt or event was pending: nothing was waited for, and its edges are those of the order.
      this.#exit(cpu, vcpu, isInterrupt ? 'wfi' : 'wfe');
      if (edges.length > 0 && vcpu.wait === undefined) this.#await(cpu, vcpu, {kind: 'order', edges, since});
    }
  }

  /** The vCPU has come to what it waits for. */
  #await(cpu: HostCpu, vcpu: Vcpu, wait: Wait): void {
    if (wait.kind === 'interrupt') this.#sleep(cpu, vcpu, wait);
    else if (!this.#isThere(wait, cpu.time)) this.#wait(vcpu, wait);
    else this.#forget(wait);
  }

  /** @throws Deadlock when each vCPU now waits for what none of them comes to. */
  #wait(vcpu: Vcpu, wait: Wait): void {
    vcpu.wait = wait;
    const isMissing = (edge: number): boolean => !this.#released.has(edge);
    if (this.vcpus.every((one) => one.state === 'over' || one.wait?.edges.some(isMissing)))
      throw new Deadlock(this.#stuck());
  }

  /** WFI: the vCPU gives its CPU away until an interrupt is there. */
  #sleep(cpu: HostCpu, vcpu: Vcpu, wait: Wait): void {
    if (wait.edges.length > 0 && this.#isThere(wait, cpu.time)) {
      this.#exit(cpu, vcpu, 'wfi');
      this.#forget(wait);
      return;
    }
    this.#wait(vcpu, wait);
    const {time} = cpu;
    this.#block(cpu, vcpu);
    if (wait.edges.length === 0) {
      const due = vcpu.timer.nextInterrupt(time);
      if (due === NEVER)
        throw new Deadlock(`${vcpu.name} waits for an interrupt, and neither a timer nor another vCPU makes one`);
      this.cpus[vcpu.cpu]!.post({time: Math.max(due, vcpu.since), kind: 'timer', who: vcpu});
    } else this.#postpone(vcpu, wait);
  }

  /** A vCPU without a CPU waits for edges: who does the last of them wakes it. */
  #postpone(vcpu: Vcpu, wait: Wait): void {
    const missing = wait.edges.filter((edge) => !this.#released.has(edge));
    for (const edge of missing) this.#waiting.set(edge, vcpu);
    if (missing.length > 0) return;
    const time = Math.max(vcpu.since, ...wait.edges.map((edge) => this.#released.get(edge)!));
    this.cpus[vcpu.cpu]!.post({time, kind: 'wake', who: vcpu});
  }

  #isThere({edges}: Wait, now: number): boolean {
    return edges.every((edge) => (this.#released.get(edge) ?? NEVER) <= now);
  }

  #forget({edges}: Wait): void {
    for (const edge of edges) this.#released.delete(edge);
  }

  #endWait(vcpu: Vcpu, now: number): void {
    const wait = vcpu.wait as Wait;
    this.#forget(wait);
    const since = Math.min(now, Math.max(wait.since, this.#begin));
    vcpu.account.waits.add(wait.kind, now - since);
    this.#options.observer?.waited(vcpu.id, wait.kind, wait.since, now);
    vcpu.wait = undefined;
  }

  /** The vCPU that has the CPU needs what another has not done yet. */
  #waitOn(cpu: HostCpu, vcpu: Vcpu, wait: Wait, until: number): void {
    if (wait.edges.every((edge) => this.#released.has(edge))) {
      const time = Math.max(...wait.edges.map((edge) => this.#released.get(edge)!));
      this.#spin(cpu, vcpu, Math.min(time, until));
      if (time <= until) this.#endWait(vcpu, cpu.time);
    } else if (wait.kind === 'order') this.#keepOrder(cpu, vcpu, until);
    else this.#waitForEvent(cpu, vcpu, wait, until);
  }

  /**
   * It is only ahead of the recorded order, and its guest would not wait: while another vCPU runs it waits for that, and else another
   * has its turn, as in the recording.
   */
  #keepOrder(cpu: HostCpu, vcpu: Vcpu, until: number): void {
    const isOtherRunning = this.vcpus.some((other) => other !== vcpu && other.state === 'running');
    if (isOtherRunning || this.#options.policy.ready(cpu.index) === 0) {
      if (until === NEVER) throw new Deadlock(this.#stuck());
      this.#spin(cpu, vcpu, until);
      return;
    }
    this.#transition(cpu, 'switch-at-slice');
    this.#leave(cpu, vcpu, 'yielded');
    this.#enter(cpu, this.#pick(cpu) as Entity);
    this.#offer(cpu);
  }

  /** A lock: the guest sleeps in WFE, and wakes to look again; where that traps, its slice goes to another. */
  #waitForEvent(cpu: HostCpu, vcpu: Vcpu, wait: Wait, until: number): void {
    const {policy, delivery, locks, steps} = this.#options;
    if (locks === 'para-virtualized' && steps.transitions.park) {
      this.#transition(cpu, 'park');
      this.#block(cpu, vcpu);
      this.#postpone(vcpu, wait);
    } else if (!delivery?.yieldsAtWfe) {
      if (until === NEVER) throw new Deadlock(this.#stuck());
      this.#spin(cpu, vcpu, until);
    } else if (policy.yields(vcpu, cpu.since, cpu.time)) {
      this.#transition(cpu, 'yield-switching');
      this.#leave(cpu, vcpu, 'yielded');
      this.#enter(cpu, this.#pick(cpu) as Entity);
      this.#offer(cpu);
    } else {
      if (until === NEVER && policy.ready(cpu.index) === 0) throw new Deadlock(this.#stuck());
      this.#transition(cpu, 'yield-same');
    }
  }

  #spin(cpu: HostCpu, vcpu: Vcpu, until: number): void {
    if (until <= cpu.time) return;
    cpu.account.waiting += until - cpu.time;
    vcpu.account.waiting += until - cpu.time;
    cpu.core.time = until;
  }

  #release(cpu: HostCpu, edge: number): void {
    this.#released.set(edge, cpu.time);
    const vcpu = this.#waiting.get(edge);
    if (vcpu === undefined) return;
    this.#waiting.delete(edge);
    const wait = vcpu.wait as Wait;
    if (!wait.edges.every((one) => this.#released.has(one))) return;
    if (wait.kind !== 'interrupt') this.#transition(cpu, 'unpark');
    this.cpus[vcpu.cpu]!.post({time: Math.max(cpu.time, vcpu.since), kind: 'wake', who: vcpu});
  }

  // The measured part.

  #marker(cpu: HostCpu, vcpu: Vcpu, marker: number): void {
    if (marker === MARKER_ID.begin) {
      vcpu.hasBegun = true;
      if (this.vcpus.every(({hasBegun, state}) => hasBegun || state === 'over')) this.#restart(cpu.time);
    } else if (marker === MARKER_ID.end) {
      // Host CPUs are not at the same time: the last end is not the last that is heard of.
      this.#lastEnd = Math.max(this.#lastEnd, cpu.time);
      this.#over(cpu, vcpu);
      if (this.vcpus.every(({state}) => state === 'over')) this.#end = this.#lastEnd;
    }
  }

  #restart(now: number): void {
    this.#begin = now;
    this.#options.observer?.began(now);
    for (const cpu of this.cpus) {
      if (cpu.current === undefined) this.#idle(cpu, Math.min(now, cpu.nextEvent));
      cpu.account.restart(cpu.time);
    }
    for (const vcpu of this.vcpus) {
      // What runs on another host CPU is where that is.
      const start = vcpu.state === 'running' ? this.cpus[vcpu.cpu]!.time : Math.max(now, vcpu.since);
      this.#become(vcpu, vcpu.state, start);
      vcpu.account.restart(start);
      vcpu.timer.restart(now);
    }
  }

  #stuck(): string {
    const waits = this.vcpus.map(
      ({name, state, wait}) =>
        `${name} is ${state}${wait ? `, waits for ${wait.kind} (edges ${wait.edges.join(', ') || 'none'})` : ''}`,
    );
    return `nothing can go on: ${waits.join('; ')}`;
  }
}
