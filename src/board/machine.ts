/**
 * A board with its vCPUs, and the loop that drives them.
 *
 * Guest time counts instructions: a vCPU's instruction takes one unit. By default all vCPUs run at once, in rounds of turns of `quantum` units
 * each. Where they share one CPU, time passes for all of them while one runs, and a turn ends where its vCPU waits. Where all wait, time jumps
 * to what is due next. So a run depends on the guest, its input and its turns only.
 */
import type {CpuSurroundings} from '../isa/system/bus.ts';
import type {Marker} from '../trace/events.ts';
import type {Board} from './boards.ts';
import type {Start} from './boot/load.ts';
import {buildDevices, type Devices} from './build.ts';
import type {DeviceBus} from './device-bus.ts';
import {TIMER_ENABLE, TIMERS, type TimerName} from './devices/generic-timer.ts';
import {InputQueue} from './input-queue.ts';
import type {LoopState, MachineState} from './machine-state.ts';
import type {BoardObserver} from './observer.ts';
import type {Place} from './place.ts';
import {callPsci, type Power} from './psci.ts';
import {allOf, byKey, type Saved} from './saved.ts';
import type {Turns} from './turns.ts';
import type {StopReason, VirtualCpu} from './virtual-cpu.ts';

/** Guest time is in nanoseconds: a vCPU executes 10⁹ instructions in a second. */
export const UNITS_PER_SECOND = 1e9;
/** Also how late an interrupt may be that a vCPU's own instructions bring about, or another vCPU's. */
const QUANTUM = 1000;
export const TURNS_AT_ONCE: Turns = {quantum: QUANTUM, sharesCpu: false};
/** A second; kernels take vCPUs that stand still for many seconds for broken ones. */
export const LONGEST_QUANTUM = 1e9;

export interface MachineSettings {
  readonly board: Board;
  readonly cpus: number;
  /** Zeros, or what was loaded. */
  readonly ram: Uint8Array;
  /** Left out of a machine that is then restored: all vCPUs are off. */
  readonly start?: Start;
  /** As many as the machine has. */
  readonly createCpus: (bus: DeviceBus, surroundings: CpuSurroundings) => readonly VirtualCpu[];
  /** A character that the guest sends by its console. */
  readonly send: (character: number) => void;
  /** What the real-time clock says at first, in seconds since 1970. */
  readonly epoch: number;
  /** {@link TURNS_AT_ONCE} by default. */
  readonly turns?: Turns | undefined;
  readonly observer?: BoardObserver;
}

export interface ProgrammedTimer {
  readonly cpu: number;
  readonly timer: TimerName;
  readonly control: number;
  /** Guest time; infinite when it is farther than a number can say. */
  readonly due: number;
}

export type Progress =
  /** There is more to do. */
  | {readonly state: 'running'}
  /** All vCPUs wait until guest time `until`, or for input only when it is infinite. */
  | {readonly state: 'idle'; readonly until: number}
  | {readonly state: 'ended'; readonly why: 'power-off' | 'reset'};
/** The place that was given is reached. */
export interface Reached {
  readonly state: 'reached';
}

interface Slot {
  readonly cpu: VirtualCpu;
  /** Why it stopped last. */
  stop: StopReason;
  /** Guest time up to which it has run, and what it had executed then. */
  time: number;
  executed: number;
}

const STATES: Readonly<Record<StopReason, string>> = {
  budget: 'running',
  halted: 'running',
  wfi: 'waiting for an interrupt',
  wfe: 'waiting for an event',
};

export class Machine {
  readonly #slots: readonly Slot[];
  readonly #devices: Devices;
  readonly #input = new InputQueue();
  #turns: Turns;
  /** All vCPUs have run, or waited, up to here; of those that share a CPU, the last one that ran. */
  #time = 0;
  /** The latest time that a vCPU saw: it never goes back, whoever looks. */
  #seen = 0;
  /** Of the round, or the turn, in progress: see {@link LoopState}. */
  #horizon: number | undefined;
  #turn = 0;
  /** The mark that the last step executed. */
  #marker: Marker | undefined;
  #end: 'power-off' | 'reset' | undefined;

  constructor(settings: MachineSettings) {
    const {board, cpus, ram, createCpus, start, observer} = settings;
    this.#turns = settings.turns ?? TURNS_AT_ONCE;
    const devices = buildDevices({
      board,
      cpus,
      ram,
      epoch: settings.epoch,
      unitsPerSecond: UNITS_PER_SECOND,
      now: (cpu) => this.now(cpu),
      send: settings.send,
      input: this.#input,
      onTimerProgram: (timer, cpu, {control, due}) => observer?.timerProgram?.(cpu, timer, control, due),
    });
    this.#devices = devices;
    this.#slots = createCpus(devices.bus, this.#surroundings()).map((cpu) => ({
      cpu,
      stop: 'halted',
      time: 0,
      executed: 0,
    }));
    const [first] = this.#slots;
    if (start === undefined) return;
    first!.cpu.powerOn(start.entry);
    first!.cpu.registers.set(start.registers);
  }

  get ram(): Uint8Array {
    return this.#devices.bus.ram;
  }
  get turns(): Turns {
    return this.#turns;
  }
  /** By page of RAM whether a vCPU has accessed it. */
  get touched(): Uint8Array {
    return this.#slots[0]!.cpu.touched;
  }
  /** The mark that it stands right behind. */
  get marker(): Marker | undefined {
    return this.#marker;
  }

  /** Every part with a state, by its key in {@link MachineState}: what is not here is in no snapshot. */
  get #parts(): {readonly [Key in keyof MachineState]: Saved<MachineState[Key]>} {
    const {gic, timer, saved} = this.#devices;
    return {
      loop: {save: () => this.#saveLoop(), restore: (state) => this.#restoreLoop(state)},
      input: this.#input,
      cores: allOf(this.#slots.map(({cpu}) => cpu)),
      gic,
      timer,
      devices: byKey(saved),
    };
  }

  /** Between two steps, which it is whenever this can be called. It must not have ended. */
  save(): MachineState {
    return byKey(this.#parts).save();
  }

  /** Of a machine of the same board and size that was made without a start; its RAM is as it was then. */
  restore(state: MachineState): void {
    byKey(this.#parts).restore(state);
  }

  #saveLoop(): LoopState {
    const slots = this.#slots.map(({stop, time, executed}) => ({stop, time, executed}));
    const [horizon, marker] = [this.#horizon ?? null, this.#marker ?? null];
    return {turns: this.#turns, time: this.#time, seen: this.#seen, horizon, turn: this.#turn, marker, slots};
  }

  #restoreLoop({turns, time, seen, horizon, turn, marker, slots}: LoopState): void {
    this.#turns = turns;
    this.#time = time;
    this.#seen = seen;
    this.#horizon = horizon ?? undefined;
    this.#turn = turn;
    this.#marker = marker ?? undefined;
    for (const [index, slot] of slots.entries()) Object.assign(this.#slots[index]!, slot);
  }

  /** Guest time that all vCPUs have reached. */
  get time(): number {
    return this.#time;
  }
  /** Instructions of all vCPUs together. */
  get instructions(): number {
    return this.#slots.reduce((sum, {cpu}) => sum + cpu.instructions, 0);
  }

  /** Guest time as a vCPU sees it now. */
  now(cpu: number): number {
    this.#seen = this.timeOf(cpu);
    return this.#seen;
  }

  /** The same, for a look from outside: no vCPU has seen it then. */
  timeOf(cpu: number): number {
    const {time, executed, cpu: core} = this.#slots[cpu]!;
    return Math.max(this.#seen, time + core.instructions - executed);
  }

  /** Comparators of the generic timer that are enabled. */
  programmedTimers(): readonly ProgrammedTimer[] {
    const {timer} = this.#devices;
    return this.#slots.flatMap((_, cpu) =>
      TIMERS.map((name) => ({cpu, timer: name, ...timer.comparator(name, cpu)})).filter(
        ({control}) => (control & TIMER_ENABLE) !== 0,
      ),
    );
  }

  /** Characters for the guest's console. */
  type(characters: Uint8Array): void {
    this.#input.push(characters);
  }

  /** Whether what is typed will reach the guest by itself. */
  get listens(): boolean {
    return this.#nextDue() < Number.POSITIVE_INFINITY;
  }

  /** State of every vCPU, for people. */
  describe(): string {
    return this.#slots
      .map(
        ({cpu, stop}, index) =>
          `vCPU ${index}, ${cpu.isOn ? STATES[stop] : 'off'}${cpu.isOn ? `:\n${cpu.describe()}` : ''}`,
      )
      .join('\n');
  }

  /** Whether it has come to a place, or past it. */
  hasReached(place: Place): boolean {
    switch (place.kind) {
      case 'instructions':
        return this.instructions >= place.count;
      case 'time':
        return this.#slots.some(({time}) => time >= place.time);
      case 'marker':
        return this.#marker === place.marker;
    }
  }

  /** Lets the machine run for about so much guest time, less when it waits, ends, or comes to the place. */
  advance(units: number): Progress;
  advance(units: number, place: Place | undefined): Progress | Reached;
  advance(units: number, place?: Place): Progress | Reached {
    const until = this.#time + units;
    while (this.#time < until) {
      if (this.#round(place)) return {state: 'reached'};
      if (this.#end !== undefined) return {state: 'ended', why: this.#end};
      if (this.#slots.every((slot, cpu) => !this.#canRun(slot, cpu))) {
        const due = this.#nextDue();
        if (due > this.#time) return {state: 'idle', until: due};
      }
    }
    return {state: 'running'};
  }

  /** Lets an idle machine wait until `time`. */
  skipTo(time: number): void {
    this.#time = Math.max(this.#time, time);
    // One that has run past that is ahead already.
    for (const slot of this.#slots) this.#setTime(slot, Math.max(slot.time, this.#time));
  }

  /**
   * All vCPUs, one after the other, for a turn; or the rest of a round that was stopped.
   * @returns whether it was stopped at `place`. What the machine does does not depend on that: it stops between two steps, and goes on from there.
   */
  #round(place: Place | undefined): boolean {
    const {quantum, sharesCpu} = this.#turns;
    for (; this.#turn < this.#slots.length; this.#turn++) {
      const cpu = this.#turn;
      const slot = this.#slots[cpu]!;
      this.#horizon ??= this.#time + quantum;
      const horizon = this.#horizon;
      // One of several on a CPU leaves it to the next rather than wait on it.
      while (slot.time < horizon && this.#prepare(slot, cpu, sharesCpu ? slot.time + 1 : horizon)) {
        this.#step(slot, cpu, horizon);
        if (this.#end !== undefined) return false;
        if (place !== undefined && this.hasReached(place)) return true;
      }
      if (sharesCpu) this.#finish(slot.time);
    }
    this.#turn = 0;
    if (!sharesCpu) this.#finish(this.#horizon!);
    return false;
  }

  /** A round, or a turn of one that shares its CPU, is over at `time`. */
  #finish(time: number): void {
    this.#horizon = undefined;
    this.skipTo(time);
    for (const {due, advance} of this.#devices.timed) if (this.#time >= due()) advance();
  }

  #step(slot: Slot, cpu: number, horizon: number): void {
    const due = this.#devices.timer.due(cpu);
    const budget = Math.max(1, Math.min(horizon, due > slot.time ? due : horizon) - slot.time);
    this.#marker = undefined;
    slot.stop = slot.cpu.step(budget);
    this.#setTime(slot, slot.time + slot.cpu.instructions - slot.executed);
  }

  #setTime(slot: Slot, time: number): void {
    slot.time = time;
    slot.executed = slot.cpu.instructions;
  }

  /** Wakes a vCPU if something before `horizon` does. @returns whether it has anything to execute. */
  #prepare(slot: Slot, cpu: number, horizon: number): boolean {
    this.#devices.timer.advance(cpu);
    if (this.#canRun(slot, cpu)) return true;
    const due = this.#dueFor(slot, cpu);
    if (due >= horizon) return false;
    this.#setTime(slot, Math.max(due, slot.time));
    this.#devices.timer.advance(cpu);
    return this.#canRun(slot, cpu);
  }

  #canRun({cpu: core, stop}: Slot, cpu: number): boolean {
    if (core.canResume()) return true;
    // What the event stream set while the vCPU ran is still there.
    if (stop !== 'wfe' || !core.isOn || !this.#devices.timer.takeEvent(cpu)) return false;
    core.signalEvent();
    return core.canResume();
  }

  #dueFor(slot: Slot, cpu: number): number {
    if (!slot.cpu.isOn) return Number.POSITIVE_INFINITY;
    const {timer} = this.#devices;
    const due = timer.due(cpu);
    return slot.stop === 'wfe' ? Math.min(due, timer.nextEvent(cpu)) : due;
  }

  #nextDue(): number {
    const dues = this.#slots.map((slot, cpu) => this.#dueFor(slot, cpu));
    return Math.min(...dues, ...this.#devices.timed.map(({due}) => due()));
  }

  #surroundings(): CpuSurroundings {
    const {gic, timer} = this.#devices;
    return {
      irq: (cpu) => {
        if (this.now(cpu) >= timer.due(cpu)) timer.advance(cpu);
        return gic.irq[cpu]!;
      },
      fiq: (cpu) => gic.fiq[cpu]!,
      timerRead: (cpu, crm, opcode, is64) => timer.read(cpu, crm, opcode, is64),
      timerWrite: (cpu, crm, opcode, is64, value) => timer.write(cpu, crm, opcode, is64, value),
      marker: (_, marker) => {
        this.#marker = marker;
      },
      call: (cpu, _, registers) => callPsci(this.#power(), cpu, registers),
      sendEvent: () => {
        for (const {cpu} of this.#slots) cpu.signalEvent();
      },
    };
  }

  #power(): Power {
    const {bus} = this.#devices;
    return {
      cpus: this.#slots.length,
      isOn: (cpu) => this.#slots[cpu]!.cpu.isOn,
      turnOn: (cpu, entry, context) => this.#slots[cpu]!.cpu.powerOn(entry, context),
      turnOff: (cpu) => this.#slots[cpu]!.cpu.powerOff(),
      standBy: (cpu) => this.#slots[cpu]!.cpu.standBy(),
      isExecutable: (address) => address >= bus.ramBase && address < bus.ramBase + bus.ram.length,
      endMachine: (why) => {
        this.#end = why;
        for (const {cpu} of this.#slots) cpu.powerOff();
      },
    };
  }
}
