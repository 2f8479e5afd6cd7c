/**
 * A board with its vCPUs, and the loop that drives them.
 *
 * Guest time counts instructions: a vCPU's instruction takes one unit, and all vCPUs run at once. They take turns of `quantum`
 * units; where all of them wait, time jumps to what is due next. So a run depends on the guest, its input and the quantum only.
 */
import type {CpuSurroundings} from '../isa/system/bus.ts';
import type {Board} from './boards.ts';
import type {Start} from './boot/load.ts';
import {buildDevices, type Devices} from './build.ts';
import type {DeviceBus} from './device-bus.ts';
import {callPsci, type Power} from './psci.ts';
import type {VirtualCpu} from './virtual-cpu.ts';

/** Guest time is in nanoseconds: a vCPU executes 10⁹ instructions in a second. */
export const UNITS_PER_SECOND = 1e9;
/** Turns of several vCPUs; one alone takes longer ones. */
const QUANTUM = 1000;
const QUANTUM_ALONE = 100_000;

export interface MachineSettings {
  readonly board: Board;
  readonly cpus: number;
  /** Zeros, or what was loaded. */
  readonly ram: Uint8Array;
  readonly start: Start;
  readonly createCpu: (cpu: number, bus: DeviceBus, surroundings: CpuSurroundings) => VirtualCpu;
  /** A character that the guest sends by its console. */
  readonly send: (character: number) => void;
  /** What the real-time clock says at first, in seconds since 1970. */
  readonly epoch: number;
  readonly quantum?: number;
}

export type Progress =
  /** There is more to do. */
  | {readonly state: 'running'}
  /** All vCPUs wait until guest time `until`, or for input only when it is infinite. */
  | {readonly state: 'idle'; readonly until: number}
  | {readonly state: 'ended'; readonly why: 'power-off' | 'reset'};

type Waiting = 'no' | 'interrupt' | 'event';

interface Slot {
  readonly cpu: VirtualCpu;
  isOn: boolean;
  waiting: Waiting;
  /** Guest time up to which it has run, and what it had executed then. */
  time: number;
  executed: number;
}

export class Machine {
  readonly #slots: readonly Slot[];
  readonly #devices: Devices;
  readonly #input: number[] = [];
  readonly #quantum: number;
  /** All vCPUs have run, or waited, up to here. */
  #time = 0;
  /** The latest time that a vCPU saw: it never goes back, whoever looks. */
  #seen = 0;
  #end: 'power-off' | 'reset' | undefined;

  constructor(settings: MachineSettings) {
    const {board, cpus, ram, createCpu, start} = settings;
    this.#quantum = settings.quantum ?? (cpus === 1 ? QUANTUM_ALONE : QUANTUM);
    const devices = buildDevices({
      board,
      cpus,
      ram,
      epoch: settings.epoch,
      unitsPerSecond: UNITS_PER_SECOND,
      now: (cpu) => this.now(cpu),
      send: settings.send,
      receive: () => this.#input.shift(),
    });
    this.#devices = devices;
    const surroundings = this.#surroundings();
    this.#slots = Array.from({length: cpus}, (_, cpu) => ({
      cpu: createCpu(cpu, devices.bus, surroundings),
      isOn: false,
      waiting: 'no',
      time: 0,
      executed: 0,
    }));
    this.#turnOn(0, start.entry, start.registers);
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
    const {time, executed, cpu: core} = this.#slots[cpu]!;
    this.#seen = Math.max(this.#seen, time + core.instructions - executed);
    return this.#seen;
  }

  /** Characters for the guest's console. */
  type(characters: Uint8Array): void {
    for (const character of characters) this.#input.push(character);
    this.#devices.pollInput();
  }

  get hasInput(): boolean {
    return this.#input.length > 0;
  }

  /** State of every vCPU, for people. */
  describe(): string {
    const state = ({isOn, waiting}: Slot): string => {
      if (!isOn) return 'off';
      return waiting === 'no' ? 'running' : `waiting for an ${waiting}`;
    };
    return this.#slots
      .map((slot, cpu) => `vCPU ${cpu}, ${state(slot)}:\n${slot.isOn ? slot.cpu.describe() : ''}`)
      .join('\n');
  }

  /** Lets the machine run for about so much guest time, less when it waits or ends. */
  advance(units: number): Progress {
    const until = this.#time + units;
    while (this.#time < until) {
      this.#round(this.#time + this.#quantum);
      if (this.#end !== undefined) return {state: 'ended', why: this.#end};
      if (this.#slots.every((slot, cpu) => !this.#wake(slot, cpu))) {
        const due = this.#nextDue();
        if (due > this.#time) return {state: 'idle', until: due};
      }
    }
    return {state: 'running'};
  }

  /** Lets an idle machine wait until `time`. */
  skipTo(time: number): void {
    this.#time = Math.max(this.#time, time);
    for (const slot of this.#slots) this.#setTime(slot, this.#time);
  }

  /** All vCPUs, one after the other, up to `horizon`. */
  #round(horizon: number): void {
    for (const [cpu, slot] of this.#slots.entries()) {
      this.#setTime(slot, this.#time);
      while (slot.time < horizon && this.#end === undefined && this.#prepare(slot, cpu, horizon)) {
        const due = this.#devices.timer.due(cpu);
        const budget = Math.max(1, Math.min(horizon, due > slot.time ? due : horizon) - slot.time);
        this.#take(slot, slot.cpu.run(budget));
      }
      if (this.#end !== undefined) return;
    }
    this.skipTo(horizon);
    this.#devices.advance();
  }

  #setTime(slot: Slot, time: number): void {
    slot.time = time;
    slot.executed = slot.cpu.instructions;
  }

  #take(slot: Slot, reason: ReturnType<VirtualCpu['run']>): void {
    this.#setTime(slot, slot.time + slot.cpu.instructions - slot.executed);
    if (reason === 'interrupt' || reason === 'event') slot.waiting = reason;
  }

  /** Wakes a vCPU if something before `horizon` does. @returns whether it has anything to execute. */
  #prepare(slot: Slot, cpu: number, horizon: number): boolean {
    this.#devices.timer.advance(cpu);
    if (this.#wake(slot, cpu)) return true;
    const due = this.#dueFor(slot, cpu);
    if (due >= horizon) return false;
    this.#setTime(slot, Math.max(due, slot.time));
    this.#devices.timer.advance(cpu);
    return this.#wake(slot, cpu);
  }

  /** @returns whether it is on and need not wait, or no longer. */
  #wake(slot: Slot, cpu: number): boolean {
    if (slot.isOn && slot.waiting !== 'no' && this.#endsWait(slot, cpu)) slot.waiting = 'no';
    return slot.isOn && slot.waiting === 'no';
  }

  #endsWait(slot: Slot, cpu: number): boolean {
    const {gic, timer} = this.#devices;
    if (gic.irq[cpu] || gic.fiq[cpu]) return true;
    // Both are asked: the wait that they end uses both up.
    return slot.waiting === 'event' && [slot.cpu.takeEvent(), timer.takeEvent(cpu)].includes(true);
  }

  #dueFor(slot: Slot, cpu: number): number {
    if (!slot.isOn) return Number.POSITIVE_INFINITY;
    const {timer} = this.#devices;
    const due = timer.due(cpu);
    return slot.waiting === 'event' ? Math.min(due, timer.nextEvent(cpu)) : due;
  }

  #nextDue(): number {
    const dues = this.#slots.map((slot, cpu) => this.#dueFor(slot, cpu));
    return Math.min(...dues, this.#devices.due());
  }

  #turnOn(cpu: number, entry: number, registers: readonly number[]): void {
    const slot = this.#slots[cpu]!;
    slot.isOn = true;
    slot.waiting = 'no';
    slot.cpu.start(entry, registers);
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
      call: (cpu, _, registers) => callPsci(this.#power(), cpu, registers),
      sendEvent: () => {
        for (const {cpu} of this.#slots) cpu.setEvent();
      },
    };
  }

  #power(): Power {
    const {bus} = this.#devices;
    return {
      cpus: this.#slots.length,
      isOn: (cpu) => this.#slots[cpu]!.isOn,
      turnOn: (cpu, entry, context) => this.#turnOn(cpu, entry, [context]),
      turnOff: (cpu) => {
        this.#slots[cpu]!.isOn = false;
        this.#slots[cpu]!.cpu.halt();
      },
      standBy: (cpu) => {
        this.#slots[cpu]!.waiting = 'interrupt';
        this.#slots[cpu]!.cpu.halt();
      },
      isExecutable: (address) => address >= bus.ramBase && address < bus.ramBase + bus.ram.length,
      endMachine: (why) => {
        this.#end = why;
        for (const {cpu} of this.#slots) cpu.halt();
      },
    };
  }
}
