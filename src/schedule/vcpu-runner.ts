/** What a vCPU does on a host CPU: records up to the next event, and what each event takes. */
import {GUEST_CYCLES} from '../costmodel/cost.ts';
import type {Exit} from '../hypervisors/schedule-schema.ts';
import {EVENT_ID, type EventKind, WAITS} from '../trace/events.ts';
import {eventKind} from '../trace/records.ts';
import {KERNEL, USER} from './accounts.ts';
import {Deadlock, stuck} from './deadlock.ts';
import type {Dispatcher} from './dispatcher.ts';
import type {Edges} from './edges.ts';
import type {HostCpu} from './host-cpu.ts';
import type {ScheduleOptions} from './options.ts';
import type {ServiceDesk} from './service-desk.ts';
import {deviceExit, takenInterrupt} from './trapped.ts';
import type {Entity, Service, Vcpu} from './vcpu.ts';
import type {Wait} from './wait.ts';

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
export const GUEST_METRICS = GUEST_CYCLES.flatMap(([, , metrics]) => metrics);
const ROW_OF = GUEST_CYCLES.flatMap(([, , metrics], row) => metrics.map(() => row));
const USER_MODE = 0x10;
const WFI = WAITS.indexOf('wfi');
const NEVER = Number.POSITIVE_INFINITY;

type RunnerOptions = Pick<
  ScheduleOptions,
  'policy' | 'steps' | 'delivery' | 'locks' | 'trapsRegister' | 'pipelineScale'
>;

interface Surroundings {
  readonly cpus: readonly HostCpu[];
  readonly vcpus: readonly Vcpu[];
  readonly dispatcher: Dispatcher;
  readonly edges: Edges;
  readonly desk: ServiceDesk;
  readonly service: Service | undefined;
  readonly onMarker: (cpu: HostCpu, vcpu: Vcpu, marker: number) => void;
}

export class VcpuRunner {
  readonly #options: RunnerOptions;
  readonly #cpus: readonly HostCpu[];
  readonly #vcpus: readonly Vcpu[];
  readonly #dispatcher: Dispatcher;
  readonly #edges: Edges;
  readonly #desk: ServiceDesk;
  readonly #service: Service | undefined;
  readonly #onMarker: Surroundings['onMarker'];
  readonly #metrics = new Float64Array(GUEST_METRICS.length);

  constructor(options: RunnerOptions, {cpus, vcpus, dispatcher, edges, desk, service, onMarker}: Surroundings) {
    this.#options = options;
    this.#cpus = cpus;
    this.#vcpus = vcpus;
    this.#dispatcher = dispatcher;
    this.#edges = edges;
    this.#desk = desk;
    this.#service = service;
    this.#onMarker = onMarker;
  }

  run(cpu: HostCpu, vcpu: Vcpu, until: number): void {
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
      this.over(cpu, vcpu);
      return;
    }
    this.#consume(cpu, vcpu, Math.min(until, vcpu.timer.missing));
  }

  #missingTick(cpu: HostCpu, vcpu: Vcpu): void {
    this.#dispatcher.transition(cpu, 'timer-into-running');
    const {guestTick} = this.#options.steps;
    const cycles = this.#dispatcher.execute(cpu, 'guest tick', guestTick);
    cpu.account.guest += cycles;
    vcpu.account.kernel.add('guest tick', cycles);
    vcpu.timer.taken();
  }

  over(cpu: HostCpu, vcpu: Vcpu): void {
    this.#dispatcher.block(cpu, vcpu);
    this.#dispatcher.become(vcpu, 'over', Math.max(cpu.time, vcpu.since));
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
        this.#edges.release(cpu, vcpu, words[at]!);
        return;
      case EVENT_ID.acquire:
        this.#keepOrderAt(cpu, vcpu, [words[at]!], cpu.time);
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
        this.#onMarker(cpu, vcpu, words[at]!);
        return;
      // A wait that was none here, or that has been waited for.
      default:
    }
  }

  #deviceAccess(cpu: HostCpu, vcpu: Vcpu, words: Uint32Array, at: number): void {
    const [device, address, form, value] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    const taken = takenInterrupt(device, address, form, value);
    if (taken === 'timer') {
      if (!vcpu.isTimerPaid) this.#dispatcher.transition(cpu, 'timer-into-running');
      vcpu.isTimerPaid = false;
      vcpu.timer.taken();
    } else if (taken === 'device') this.#dispatcher.transition(cpu, 'device-into-running');
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
    for (const target of this.#vcpus) {
      const isMeant = (targets & (1 << target.id)) !== 0 && target !== vcpu;
      if (isMeant && target.state === 'running')
        this.#cpus[target.cpu]!.post({time: cpu.time, kind: 'kick', who: target});
    }
  }

  /** Who needs a service waits for it from here on. */
  #exit(cpu: HostCpu, vcpu: Vcpu, name: Exit): void {
    const steps = this.#options.steps.exits[name];
    if (steps === undefined) return;
    const cycles = this.#dispatcher.execute(cpu, name, steps.paths);
    cpu.account.paths.add(name, cycles);
    vcpu.account.exits.add(name, cycles);
    if (steps.service === undefined || this.#service === undefined) return;
    this.#desk.request(cpu, this.#service, {vcpu, reason: name, paths: steps.service, time: cpu.time});
    vcpu.wait = {kind: 'service', edges: [], since: cpu.time};
    this.#dispatcher.block(cpu, vcpu);
  }

  /**
   * A WFI or WFE. What stands behind it before the next block says whether it waited, and for which edges; one that had its event
   * already goes on.
   */
  #waits(cpu: HostCpu, vcpu: Vcpu, isInterrupt: boolean): void {
    const since = cpu.time;
    const edges = vcpu.owed.splice(0);
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
      else if (kind === EVENT_ID.release) this.#edges.release(cpu, vcpu, chunk.words[stoppedAt + 1]!);
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
      if (edges.length > 0 && vcpu.wait === undefined) this.#keepOrderAt(cpu, vcpu, edges, since);
    }
  }

  /**
   * The vCPU has come to edges of the order. Who takes a lock's ticket too early waits for the lock a few instructions on, for what
   * comes after that ticket: there it waits for both, as its guest does.
   */
  #keepOrderAt(cpu: HostCpu, vcpu: Vcpu, edges: readonly number[], since: number): void {
    const wait: Wait = {kind: 'order', edges, since};
    if (!this.#edges.isThere(wait, cpu.time) && vcpu.cursor.isTakingTicket) vcpu.owed.push(...edges);
    else this.#await(cpu, vcpu, wait);
  }

  /** The vCPU has come to what it waits for. */
  #await(cpu: HostCpu, vcpu: Vcpu, wait: Wait): void {
    if (wait.kind === 'interrupt') this.#sleep(cpu, vcpu, wait);
    else if (!this.#edges.isThere(wait, cpu.time)) this.#edges.wait(vcpu, wait);
    else this.#edges.pass(vcpu, wait, cpu.time);
  }

  /** WFI: the vCPU gives its CPU away until an interrupt is there. */
  #sleep(cpu: HostCpu, vcpu: Vcpu, wait: Wait): void {
    if (wait.edges.length > 0 && this.#edges.isThere(wait, cpu.time)) {
      this.#exit(cpu, vcpu, 'wfi');
      this.#edges.pass(vcpu, wait, cpu.time);
      return;
    }
    this.#edges.wait(vcpu, wait);
    const {time} = cpu;
    this.#dispatcher.block(cpu, vcpu);
    if (wait.edges.length === 0) {
      const due = vcpu.timer.nextInterrupt(time);
      if (due === NEVER)
        throw new Deadlock(`${vcpu.name} waits for an interrupt, and neither a timer nor another vCPU makes one`);
      this.#cpus[vcpu.cpu]!.post({time: Math.max(due, vcpu.since), kind: 'timer', who: vcpu});
    } else this.#edges.postpone(vcpu, wait);
  }

  /** The vCPU that has the CPU needs what another has not done yet. */
  #waitOn(cpu: HostCpu, vcpu: Vcpu, wait: Wait, until: number): void {
    const time = this.#edges.doneAt(wait);
    if (time !== undefined) {
      this.#spin(cpu, vcpu, wait, Math.min(time, until));
      if (time <= until) this.#edges.endWait(vcpu, cpu.time);
    } else if (wait.kind === 'order') this.#keepOrder(cpu, vcpu, wait, until);
    else this.#waitForEvent(cpu, vcpu, wait, until);
  }

  /**
   * It is only ahead of the recorded order, and its guest would not wait: while another vCPU runs it waits for that, and else another
   * has its turn, as in the recording.
   */
  #keepOrder(cpu: HostCpu, vcpu: Vcpu, wait: Wait, until: number): void {
    const isOtherRunning = this.#vcpus.some((other) => other !== vcpu && other.state === 'running');
    if (isOtherRunning || this.#options.policy.ready(cpu.index) === 0) {
      if (until === NEVER) throw new Deadlock(stuck(this.#vcpus));
      this.#spin(cpu, vcpu, wait, until);
      return;
    }
    this.#dispatcher.transition(cpu, 'switch-at-slice');
    this.#dispatcher.leave(cpu, vcpu, 'yielded');
    this.#dispatcher.enter(cpu, this.#dispatcher.pick(cpu) as Entity);
    this.#dispatcher.offer(cpu);
  }

  /** A lock: the guest sleeps in WFE, and wakes to look again; where that traps, its slice goes to another. */
  #waitForEvent(cpu: HostCpu, vcpu: Vcpu, wait: Wait, until: number): void {
    const {policy, delivery, locks, steps} = this.#options;
    if (locks === 'para-virtualized' && steps.transitions.park) {
      this.#dispatcher.transition(cpu, 'park');
      this.#dispatcher.block(cpu, vcpu);
      this.#edges.postpone(vcpu, wait);
    } else if (!delivery?.yieldsAtWfe) {
      if (until === NEVER) throw new Deadlock(stuck(this.#vcpus));
      this.#spin(cpu, vcpu, wait, until);
    } else if (policy.yields(vcpu, cpu.since, cpu.time)) {
      this.#dispatcher.transition(cpu, 'yield-switching');
      this.#dispatcher.leave(cpu, vcpu, 'yielded');
      this.#dispatcher.enter(cpu, this.#dispatcher.pick(cpu) as Entity);
      this.#dispatcher.offer(cpu);
    } else {
      if (until === NEVER && policy.ready(cpu.index) === 0) throw new Deadlock(stuck(this.#vcpus));
      this.#dispatcher.transition(cpu, 'yield-same');
    }
  }

  #spin(cpu: HostCpu, vcpu: Vcpu, {kind}: Wait, until: number): void {
    const passed = until - cpu.time;
    if (passed <= 0) return;
    for (const account of [cpu.account, vcpu.account]) {
      account.waiting += passed;
      if (kind === 'order') account.ahead += passed;
    }
    cpu.core.time = until;
  }
}
