/** The PrimeCell real-time clock PL031 (ARM DDI 0224C). It counts seconds of guest time from a date that is given. */
import {identification, ignored, type Register, RegisterFile} from '../registers.ts';

export interface ClockSettings {
  /** Seconds since 1970 when guest time was zero. */
  readonly epoch: number;
  readonly unitsPerSecond: number;
  readonly now: (cpu: number) => number;
  readonly setLevel: (isHigh: boolean) => void;
}

export interface Pl031State {
  readonly match: number;
  readonly load: number;
  readonly mask: number;
  /** What the counter has beyond guest time, in seconds. */
  readonly offset: number;
  readonly raw: number;
  /** Guest time of the next match; null when there is none. */
  readonly due: number | null;
}

export class Pl031 {
  readonly #settings: ClockSettings;
  /** The counter is guest time in seconds plus this, modulo 2³². */
  #offset: number;
  match = 0;
  load = 0;
  mask = 0;
  #raw = 0;
  #due = Number.POSITIVE_INFINITY;

  constructor(settings: ClockSettings) {
    this.#settings = settings;
    this.#offset = settings.epoch;
  }

  save(): Pl031State {
    const {match, load, mask} = this;
    const due = this.#due === Number.POSITIVE_INFINITY ? null : this.#due;
    return {match, load, mask, offset: this.#offset, raw: this.#raw, due};
  }

  restore({match, load, mask, offset, raw, due}: Pl031State): void {
    this.match = match;
    this.load = load;
    this.mask = mask;
    this.#offset = offset;
    this.#raw = raw;
    this.#due = due ?? Number.POSITIVE_INFINITY;
  }

  raw(cpu: number): number {
    this.advance(cpu);
    return this.#raw;
  }

  #seconds(cpu: number): number {
    return Math.floor(this.#settings.now(cpu) / this.#settings.unitsPerSecond);
  }

  count(cpu: number): number {
    return (this.#seconds(cpu) + this.#offset) >>> 0;
  }

  setCount(cpu: number, count: number): void {
    this.load = count;
    this.#offset = count - this.#seconds(cpu);
    this.setMatch(cpu, this.match);
  }

  setMatch(cpu: number, match: number): void {
    this.match = match;
    const wait = (match - this.count(cpu)) >>> 0;
    this.#due = (this.#seconds(cpu) + wait) * this.#settings.unitsPerSecond;
    this.advance(cpu);
  }

  /** Guest time at which the counter will match; infinite when nothing waits for it. */
  get due(): number {
    return this.mask === 0 ? Number.POSITIVE_INFINITY : this.#due;
  }

  advance(cpu: number): void {
    if (this.#settings.now(cpu) < this.#due) return;
    this.#due = Number.POSITIVE_INFINITY;
    this.#raw = 1;
    this.update();
  }

  clear(): void {
    this.#raw = 0;
    this.update();
  }

  update(): void {
    this.#settings.setLevel((this.#raw & this.mask) !== 0);
  }
}

const registers: readonly Register<Pl031>[] = [
  {name: 'RTCDR', offset: 0x000, source: '3.3.1', read: (clock, cpu) => clock.count(cpu)},
  {
    name: 'RTCMR',
    offset: 0x004,
    source: '3.3.2',
    read: ({match}) => match,
    write: (clock, value, cpu) => clock.setMatch(cpu, value),
  },
  {
    name: 'RTCLR',
    offset: 0x008,
    source: '3.3.3',
    read: ({load}) => load,
    write: (clock, value, cpu) => clock.setCount(cpu, value),
  },
  // It always runs: once started it cannot be stopped.
  {name: 'RTCCR', offset: 0x00c, source: '3.3.4', constant: 1, write: ignored},
  {
    name: 'RTCIMSC',
    offset: 0x010,
    source: '3.3.5',
    read: ({mask}) => mask,
    write: (clock, value) => {
      clock.mask = value & 1;
      clock.update();
    },
  },
  {name: 'RTCRIS', offset: 0x014, source: '3.3.6', read: (clock, cpu) => clock.raw(cpu)},
  {name: 'RTCMIS', offset: 0x018, source: '3.3.7', read: (clock, cpu) => clock.raw(cpu) & clock.mask},
  {
    name: 'RTCICR',
    offset: 0x01c,
    source: '3.3.8',
    write: (clock, value) => {
      if ((value & 1) !== 0) clock.clear();
    },
  },
  ...identification<Pl031>('RTCPeriphID', '3.3.9; the revision is that of QEMU', 0xfe0, [0x31, 0x10, 0x14, 0x00]),
  ...identification<Pl031>('RTCPCellID', '3.3.10', 0xff0, [0x0d, 0xf0, 0x05, 0xb1]),
];

export const pl031Registers = (name: string, clock: Pl031): RegisterFile<Pl031> =>
  new RegisterFile(name, clock, registers);
