/**
 * The Generic Timer of ARMv7-A (ARM DDI 0406C B8 and its registers in B4.1): of each CPU the virtual and the non-secure physical
 * timer and the event stream. There is no hypervisor below the guest, so CNTVOFF is zero and both counters are one.
 *
 * Guest time is in units of the board's clock of instructions; the counter is a fixed fraction of it.
 */

/** c14 as MRC and MRRC name it. */
interface SystemRegister {
  readonly name: string;
  readonly is64: boolean;
  readonly crm: number;
  /** Of MRC opc2, of MRRC opc1. */
  readonly opcode: number;
  readonly source: string;
  readonly read: (timer: GenericTimer, cpu: number) => number | bigint;
  /** Left out of a register that is only read. */
  readonly write?: (timer: GenericTimer, cpu: number, value: number | bigint) => void;
}

export const TIMER_ENABLE = 1 << 0;
const MASKED = 1 << 1;
const CONDITION = 1 << 2;

/** CNTKCTL: event stream enable and direction; which bit of the counter triggers it is in bits 7–4. */
const EVENT_ENABLE = 1 << 2;
const EVENT_DIRECTION = 1 << 3;
const KERNEL_CONTROL_MASK = 0x3ff;

export const TIMERS = ['physical', 'virtual'] as const;
export type TimerName = (typeof TIMERS)[number];

/** One comparator: CNTx_CTL without its status, CNTx_CVAL, and when the counter reaches it. */
interface Comparator {
  control: number;
  compare: bigint;
  /** In guest time; infinite when it is farther than a number can say. */
  due: number;
}

interface SavedComparator {
  readonly control: number;
  /** A whole number of 64 bits, in decimal. */
  readonly compare: string;
}

/** Arrays by CPU. */
export interface TimerState {
  readonly physical: readonly SavedComparator[];
  readonly virtual: readonly SavedComparator[];
  readonly kernelControl: readonly number[];
  /** Null when no line will rise by itself. */
  readonly due: readonly (number | null)[];
  readonly eventsSeen: readonly number[];
}

export interface TimerSettings {
  readonly cpus: number;
  /** Of the counter, in Hz. */
  readonly frequency: number;
  /** Units of guest time in a second. */
  readonly unitsPerSecond: number;
  /** Guest time as a vCPU sees it: never less than any vCPU saw before. */
  readonly now: (cpu: number) => number;
  /** Drives the interrupt of a timer. */
  readonly setLevel: (timer: TimerName, cpu: number, isHigh: boolean) => void;
  /** Hears of each write to a comparator or its control. */
  readonly onProgram?: ((timer: TimerName, cpu: number, comparator: Readonly<Comparator>) => void) | undefined;
}

const timerRegisters = (name: string, timer: TimerName, crm: number, compareOpcode: number): SystemRegister[] => [
  {
    name: `${name}_TVAL`,
    is64: false,
    crm,
    opcode: 0,
    source: 'B4.1.28, B4.1.35',
    read: (board, cpu) => Number(BigInt.asUintN(32, board.comparator(timer, cpu).compare - board.count(cpu))),
    write: (board, cpu, value) =>
      board.setCompare(timer, cpu, BigInt.asUintN(64, board.count(cpu) + BigInt.asIntN(32, BigInt(value)))),
  },
  {
    name: `${name}_CTL`,
    is64: false,
    crm,
    opcode: 1,
    source: 'B4.1.26, B4.1.33',
    read: (board, cpu) => board.control(timer, cpu),
    write: (board, cpu, value) => board.setControl(timer, cpu, Number(value)),
  },
  {
    name: `${name}_CVAL`,
    is64: true,
    crm: 14,
    opcode: compareOpcode,
    source: 'B4.1.27, B4.1.34',
    read: (board, cpu) => board.comparator(timer, cpu).compare,
    write: (board, cpu, value) => board.setCompare(timer, cpu, BigInt(value)),
  },
];

const counter = (name: string, opcode: number, source: string): SystemRegister => ({
  name,
  is64: true,
  crm: 14,
  opcode,
  source,
  read: (board, cpu) => board.count(cpu),
});

export const SYSTEM_REGISTERS: readonly SystemRegister[] = [
  {
    name: 'CNTFRQ',
    is64: false,
    crm: 0,
    opcode: 0,
    source: 'B4.1.21',
    read: (board) => board.settings.frequency,
  },
  {
    name: 'CNTKCTL',
    is64: false,
    crm: 1,
    opcode: 0,
    source: 'B4.1.25',
    read: (board, cpu) => board.kernelControl[cpu]!,
    write: (board, cpu, value) => {
      board.kernelControl[cpu] = Number(value) & KERNEL_CONTROL_MASK;
      board.forgetEvents(cpu);
    },
  },
  ...timerRegisters('CNTP', 'physical', 2, 2),
  ...timerRegisters('CNTV', 'virtual', 3, 3),
  counter('CNTPCT', 0, 'B4.1.30'),
  counter('CNTVCT', 1, 'B4.1.36'),
];

const keyOf = (is64: boolean, crm: number, opcode: number): number => (is64 ? 256 : 0) + 16 * crm + opcode;
const REGISTERS_BY_KEY: ReadonlyMap<number, SystemRegister> = new Map(
  SYSTEM_REGISTERS.map((register) => [keyOf(register.is64, register.crm, register.opcode), register]),
);

/** A register of the timer that is not modelled, or not readable or writable. */
export class UnmodelledTimerRegister extends Error {
  override readonly name = 'UnmodelledTimerRegister';

  constructor(kind: 'read' | 'write', is64: boolean, crm: number, opcode: number, cpu: number) {
    const which = is64 ? `${opcode}, c${crm} (64 bits)` : `c14, c${crm}, ${opcode}`;
    super(`generic timer: ${kind} of ${which} by vCPU ${cpu}: trapwalk models no such register`);
  }
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

export class GenericTimer {
  readonly settings: TimerSettings;
  readonly kernelControl: Uint32Array;
  readonly #comparators: Readonly<Record<TimerName, readonly Comparator[]>>;
  /** The counter is guest time × ticks / units, rounded down. */
  readonly #ticks: number;
  readonly #units: number;
  /** By CPU: the first time at which a line of it will rise by itself. */
  readonly #due: Float64Array;
  /** By CPU: how many events of its stream it has seen. */
  readonly #eventsSeen: Float64Array;

  constructor(settings: TimerSettings) {
    this.settings = settings;
    const {cpus, frequency, unitsPerSecond} = settings;
    const common = divisor(frequency, unitsPerSecond);
    this.#ticks = frequency / common;
    this.#units = unitsPerSecond / common;
    const comparators = (): Comparator[] => Array.from({length: cpus}, () => ({control: 0, compare: 0n, due: 0}));
    this.#comparators = {physical: comparators(), virtual: comparators()};
    this.kernelControl = new Uint32Array(cpus);
    this.#due = new Float64Array(cpus).fill(Number.POSITIVE_INFINITY);
    this.#eventsSeen = new Float64Array(cpus);
  }

  save(): TimerState {
    const saved = (timer: TimerName) =>
      this.#comparators[timer].map(({control, compare}) => ({control, compare: `${compare}`}));
    return {
      physical: saved('physical'),
      virtual: saved('virtual'),
      kernelControl: [...this.kernelControl],
      due: [...this.#due].map((time) => (time === Number.POSITIVE_INFINITY ? null : time)),
      eventsSeen: [...this.#eventsSeen],
    };
  }

  restore(state: TimerState): void {
    for (const timer of TIMERS)
      for (const [cpu, {control, compare}] of state[timer].entries())
        Object.assign(this.#comparators[timer][cpu]!, {
          control,
          compare: BigInt(compare),
          due: this.#timeOf(BigInt(compare)),
        });
    this.kernelControl.set(state.kernelControl);
    this.#due.set(state.due.map((time) => time ?? Number.POSITIVE_INFINITY));
    this.#eventsSeen.set(state.eventsSeen);
  }

  /** Guest time at which the counter reaches a value. */
  #timeOf(compare: bigint): number {
    const time = (compare * BigInt(this.#units) + BigInt(this.#ticks) - 1n) / BigInt(this.#ticks);
    return time > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(time);
  }

  /** @throws UnmodelledTimerRegister */
  read(cpu: number, crm: number, opcode: number, is64: boolean): number | bigint {
    const register = REGISTERS_BY_KEY.get(keyOf(is64, crm, opcode));
    if (register === undefined) throw new UnmodelledTimerRegister('read', is64, crm, opcode, cpu);
    return register.read(this, cpu);
  }

  /** @throws UnmodelledTimerRegister */
  write(cpu: number, crm: number, opcode: number, is64: boolean, value: number | bigint): void {
    const write = REGISTERS_BY_KEY.get(keyOf(is64, crm, opcode))?.write;
    if (write === undefined) throw new UnmodelledTimerRegister('write', is64, crm, opcode, cpu);
    write(this, cpu, value);
  }

  /** Guest time at which a timer of `cpu` will raise its line; infinite when none will. */
  due(cpu: number): number {
    return this.#due[cpu]!;
  }

  /** Raises the lines whose time has come. */
  advance(cpu: number): void {
    if (this.settings.now(cpu) >= this.#due[cpu]!) this.#update(cpu);
  }

  #countNumber(cpu: number): number {
    return Math.floor((this.settings.now(cpu) * this.#ticks) / this.#units);
  }

  count(cpu: number): bigint {
    return BigInt(this.#countNumber(cpu));
  }

  comparator(timer: TimerName, cpu: number): Readonly<Comparator> {
    return this.#comparators[timer][cpu]!;
  }

  setCompare(timer: TimerName, cpu: number, compare: bigint): void {
    const comparator = this.#comparators[timer][cpu]!;
    comparator.compare = compare;
    comparator.due = this.#timeOf(compare);
    this.#update(cpu);
    this.settings.onProgram?.(timer, cpu, comparator);
  }

  /** CNTx_CTL: the status is UNKNOWN while the timer is off, and reads as zero then. */
  control(timer: TimerName, cpu: number): number {
    const {control} = this.comparator(timer, cpu);
    return this.#isMet(timer, cpu) ? control | CONDITION : control;
  }

  setControl(timer: TimerName, cpu: number, value: number): void {
    const comparator = this.#comparators[timer][cpu]!;
    comparator.control = value & (TIMER_ENABLE | MASKED);
    this.#update(cpu);
    this.settings.onProgram?.(timer, cpu, comparator);
  }

  #isMet(timer: TimerName, cpu: number): boolean {
    const {control, due} = this.comparator(timer, cpu);
    return (control & TIMER_ENABLE) !== 0 && this.settings.now(cpu) >= due;
  }

  #update(cpu: number): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const timer of TIMERS) {
      const {control, due} = this.comparator(timer, cpu);
      const isMet = this.#isMet(timer, cpu);
      this.settings.setLevel(timer, cpu, isMet && (control & MASKED) === 0);
      if (control === TIMER_ENABLE && !isMet) earliest = Math.min(earliest, due);
    }
    this.#due[cpu] = earliest;
  }

  /** Transitions of the counter's bit that triggers events, up to a count. */
  #eventsUpTo(cpu: number, count: number): number {
    const control = this.kernelControl[cpu]!;
    const half = 2 ** ((control >>> 4) & 15);
    const first = (control & EVENT_DIRECTION) === 0 ? half : 0;
    return Math.floor((count + first) / (2 * half));
  }

  forgetEvents(cpu: number): void {
    this.#eventsSeen[cpu] = this.#eventsUpTo(cpu, this.#countNumber(cpu));
  }

  /** Whether the event stream has set the event register of `cpu` since it was last asked. */
  takeEvent(cpu: number): boolean {
    if ((this.kernelControl[cpu]! & EVENT_ENABLE) === 0) return false;
    const before = this.#eventsSeen[cpu]!;
    this.forgetEvents(cpu);
    return this.#eventsSeen[cpu]! > before;
  }

  /** Guest time of the next event of the stream of `cpu`; infinite when it is off. */
  nextEvent(cpu: number): number {
    const control = this.kernelControl[cpu]!;
    if ((control & EVENT_ENABLE) === 0) return Number.POSITIVE_INFINITY;
    const half = 2 ** ((control >>> 4) & 15);
    const first = (control & EVENT_DIRECTION) === 0 ? half : 0;
    const count = (this.#eventsUpTo(cpu, this.#countNumber(cpu)) + 1) * 2 * half - first;
    return Math.ceil((count * this.#units) / this.#ticks);
  }
}
