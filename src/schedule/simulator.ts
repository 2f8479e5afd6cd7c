/**
 * Replays the vCPUs of a machine's trace on the host CPUs of a system: which of them runs when is the scheduler's matter, what it
 * executes then takes the time that memory and pipeline give it, and what traps takes a path of the hypervisor. The edges of
 * the trace hold: a vCPU that needs what another has not done yet waits, as its guest would for a lock.
 *
 * The host CPU that is behind runs next, at most {@link ScheduleOptions.lookahead} cycles past the others.
 */
import {MARKER_ID} from '../trace/events.ts';
import {Deadlock, stuck} from './deadlock.ts';
import {Dispatcher} from './dispatcher.ts';
import {Edges} from './edges.ts';
import {GuestTimer} from './guest-timer.ts';
import {HostCpu, type Message} from './host-cpu.ts';
import type {ScheduleOptions} from './options.ts';
import {ServiceDesk} from './service-desk.ts';
import {Cursor} from './streams.ts';
import {type Entity, Neighbour, Service, Vcpu} from './vcpu.ts';
import {GUEST_METRICS, VcpuRunner} from './vcpu-runner.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class Schedule {
  readonly cpus: readonly HostCpu[];
  readonly vcpus: readonly Vcpu[];
  readonly #options: ScheduleOptions;
  readonly #dispatcher: Dispatcher;
  readonly #edges: Edges;
  readonly #desk: ServiceDesk;
  readonly #runner: VcpuRunner;
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
    const own = service === null ? undefined : new Service(streams.vcpus, service);
    this.#dispatcher = new Dispatcher(this.cpus, options);
    this.#edges = new Edges(this.cpus, this.vcpus, this.#dispatcher, options.observer);
    this.#desk = new ServiceDesk(this.cpus, this.#dispatcher, policy);
    this.#runner = new VcpuRunner(options, {
      cpus: this.cpus,
      vcpus: this.vcpus,
      dispatcher: this.#dispatcher,
      edges: this.#edges,
      desk: this.#desk,
      service: own,
      onMarker: (cpu, vcpu, marker) => this.#marker(cpu, vcpu, marker),
    });
    for (const [at, cpu] of neighbours.entries())
      policy.enqueue(new Neighbour(streams.vcpus + 1 + at, cpu, start), 'woken', start);
    for (const cpu of this.cpus) this.#dispatcher.offer(cpu);
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
    if (time === NEVER) throw new Deadlock(stuck(this.vcpus));
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
      if (current === undefined) this.#dispatcher.idle(cpu, end);
      else {
        if (current.kind === 'neighbour') this.#runNeighbour(cpu, current, end);
        this.#dispatcher.ran(cpu, current);
      }
    }
    for (const vcpu of this.vcpus) {
      if (vcpu.state === 'over') continue;
      const until = vcpu.state === 'running' ? this.cpus[vcpu.cpu]!.time : end;
      this.#dispatcher.become(vcpu, vcpu.state, Math.max(until, vcpu.since));
    }
    this.#end ??= end;
  }

  #run(cpu: HostCpu, horizon: number): void {
    if (cpu.current === undefined)
      this.#dispatcher.idle(cpu, Math.max(cpu.time, this.#options.policy.ready(cpu.index) > 0 ? 0 : cpu.nextEvent));
    this.#attend(cpu);
    const {current} = cpu;
    if (current === undefined) {
      const next = this.#dispatcher.pick(cpu);
      if (next) this.#dispatcher.enter(cpu, next);
      return;
    }
    const {policy} = this.#options;
    const sliceEnd = policy.sliceEnd(current, cpu.since, cpu.time);
    if (cpu.time >= sliceEnd) {
      this.#endSlice(cpu, current);
      return;
    }
    const until = Math.min(horizon, sliceEnd, cpu.nextEvent);
    if (current.kind === 'vcpu') this.#runner.run(cpu, current, until);
    else if (current.kind === 'service') this.#desk.serve(cpu, current);
    else this.#runNeighbour(cpu, current, until);
  }

  #attend(cpu: HostCpu): void {
    for (let message = cpu.receive(); message; message = cpu.receive()) this.#deliver(cpu, message);
    for (const periodic of cpu.periodic) {
      for (; periodic.next <= cpu.time; periodic.next += periodic.period) {
        if (cpu.current === undefined && periodic.isBusyOnly) continue;
        const cycles = this.#dispatcher.execute(cpu, periodic.reason, periodic.paths);
        cpu.account.background.add(periodic.reason, cycles);
        if (cpu.current?.kind === 'vcpu') cpu.current.account.stolen.add(periodic.reason, cycles);
      }
    }
  }

  #deliver(cpu: HostCpu, message: Message): void {
    if (message.kind === 'offer') {
      this.#dispatcher.accept(cpu);
      return;
    }
    const {kind, who} = message;
    if (kind === 'kick') {
      if (cpu.current === who) this.#dispatcher.transition(cpu, 'sgi-into-running');
      return;
    }
    if (who.kind === 'vcpu') {
      if (who.state !== 'blocked') return;
      if (kind === 'timer') who.isTimerPaid = true;
      this.#awake(cpu, who, kind === 'timer');
    } else if (who.kind === 'service') this.#desk.awake(cpu, who);
  }

  /** A vCPU on `cpu` need not wait any more: for its own timer, or for what another did. */
  #awake(cpu: HostCpu, vcpu: Vcpu, isTimer: boolean): void {
    const {policy} = this.#options;
    const now = Math.max(cpu.time, vcpu.since);
    vcpu.cpu = cpu.index;
    if (vcpu.wait) this.#edges.endWait(vcpu, now);
    if (cpu.current === undefined) {
      this.#dispatcher.idle(cpu, now);
      // Its way back is time that it has the CPU.
      this.#dispatcher.become(vcpu, 'running', now);
      this.#dispatcher.transition(cpu, this.#dispatcher.byWhom('resume', isTimer), vcpu);
      this.#dispatcher.become(vcpu, 'ready', cpu.time);
      policy.enqueue(vcpu, 'woken', cpu.time);
      this.#dispatcher.enter(cpu, this.#dispatcher.pick(cpu) as Entity);
      return;
    }
    this.#dispatcher.become(vcpu, 'ready', now);
    this.#dispatcher.chargeCurrent(cpu);
    policy.enqueue(vcpu, 'woken', now);
    this.#dispatcher.preemptOrGoOn(cpu, vcpu, isTimer);
  }

  #endSlice(cpu: HostCpu, running: Entity): void {
    const {policy} = this.#options;
    this.#dispatcher.charge(cpu, running);
    if (!policy.isOver(running, cpu.since, cpu.time)) {
      this.#dispatcher.transition(cpu, 'slice-same');
      this.#dispatcher.ran(cpu, running);
      return;
    }
    this.#dispatcher.transition(cpu, 'switch-at-slice');
    this.#dispatcher.leave(cpu, running, 'slice-over');
    this.#dispatcher.enter(cpu, this.#dispatcher.pick(cpu) as Entity);
    this.#dispatcher.offer(cpu);
  }

  #runNeighbour(cpu: HostCpu, neighbour: Neighbour, until: number): void {
    if (until === NEVER) throw new Deadlock(stuck(this.vcpus));
    // What the host did meanwhile may have taken longer than up to the next event.
    if (until <= cpu.time) return;
    cpu.account.neighbours += until - cpu.time;
    cpu.core.time = until;
    neighbour.cpu = cpu.index;
  }

  #marker(cpu: HostCpu, vcpu: Vcpu, marker: number): void {
    if (marker === MARKER_ID.begin) {
      vcpu.hasBegun = true;
      if (this.vcpus.every(({hasBegun, state}) => hasBegun || state === 'over')) this.#restart(cpu.time);
    } else if (marker === MARKER_ID.end) {
      // Host CPUs are not at the same time: the last end is not the last that is heard of.
      this.#lastEnd = Math.max(this.#lastEnd, cpu.time);
      this.#runner.over(cpu, vcpu);
      if (this.vcpus.every(({state}) => state === 'over')) this.#end = this.#lastEnd;
    }
  }

  #restart(now: number): void {
    this.#begin = now;
    this.#edges.began = now;
    this.#options.observer?.began(now);
    for (const cpu of this.cpus) {
      if (cpu.current === undefined) this.#dispatcher.idle(cpu, Math.min(now, cpu.nextEvent));
      cpu.account.restart(cpu.time);
    }
    for (const vcpu of this.vcpus) {
      // What runs on another host CPU is where that is.
      const start = vcpu.state === 'running' ? this.cpus[vcpu.cpu]!.time : Math.max(now, vcpu.since);
      this.#dispatcher.become(vcpu, vcpu.state, start);
      vcpu.account.restart(start);
      vcpu.timer.restart(now);
    }
  }
}
