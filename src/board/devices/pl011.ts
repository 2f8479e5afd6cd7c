/**
 * The PrimeCell UART PL011 (ARM DDI 0183G), r1p1. A character is sent as soon as it is written, so the transmit FIFO is always
 * empty; characters come in at the pace of a line of 115200 baud, whatever the divisors say, and wait outside while the FIFO is
 * full. It sends whatever UARTCR says: early consoles count on firmware
 * that has enabled it. Not modelled: loop back, DMA, modem lines, receive errors.
 */
import {type Access, UnmodelledAccess} from '../access.ts';
import {held, identification, ignored, type Register, RegisterFile} from '../registers.ts';

const FIFO_CHARACTERS = 16;

/** UARTFR (3.3.3). */
const FLAG = {receiveEmpty: 1 << 4, receiveFull: 1 << 6, transmitEmpty: 1 << 7} as const;
const FIFO_ENABLE = 1 << 4;
const CONTROL_RESET = 0x0300;
/** UARTEN and RXE of UARTCR. */
const RECEIVING = (1 << 0) | (1 << 9);
const LOOP_BACK = 1 << 7;
/** UARTRIS and its kin (3.3.11). */
const INTERRUPT = {receive: 1 << 4, transmit: 1 << 5, receiveTimeout: 1 << 6} as const;
const INTERRUPTS = 0x7ff;
/** UARTIFLS.RXIFLSEL: eighths of the FIFO at which characters are due. */
const TRIGGER_EIGHTHS = [1, 2, 4, 6, 7] as const;

/** Bits of a character on the line, start and stop bit included, and how many there are in a second. */
const CHARACTER_BITS = 10;
const BAUD = 115_200;
/** Nobody types in the first hundredth of a second: drivers empty the FIFO once they have enabled it. */
const SETTLING_SECONDS = 0.01;

/** What comes from outside, in order. */
export interface Input {
  readonly isEmpty: boolean;
  take(): number | undefined;
}

export interface UartSettings {
  readonly send: (character: number) => void;
  readonly input: Input;
  readonly unitsPerSecond: number;
  /** Guest time. */
  readonly now: (cpu: number) => number;
  readonly setLevel: (isHigh: boolean) => void;
}

/** Registers as {@link Pl011} names them. */
export interface Pl011State {
  readonly fifo: readonly number[];
  /** Guest time before which no character can arrive. */
  readonly free: number;
  readonly control: number;
  readonly raw: number;
  readonly lineControl: number;
  readonly lowPower: number;
  readonly integerBaud: number;
  readonly fractionalBaud: number;
  readonly trigger: number;
  readonly mask: number;
}

export class Pl011 {
  readonly #settings: UartSettings;
  readonly #fifo: number[] = [];
  /** Guest time before which no character can arrive. */
  #free = 0;
  #control = CONTROL_RESET;
  lineControl = 0;
  lowPower = 0;
  integerBaud = 0;
  fractionalBaud = 0;
  /** UARTIFLS. */
  trigger = 0x12;
  mask = 0;
  #raw = 0;

  constructor(settings: UartSettings) {
    this.#settings = settings;
  }

  save(): Pl011State {
    const {lineControl, lowPower, integerBaud, fractionalBaud, trigger, mask} = this;
    const held = {lineControl, lowPower, integerBaud, fractionalBaud, trigger, mask};
    return {...held, fifo: [...this.#fifo], free: this.#free, control: this.#control, raw: this.#raw};
  }

  restore({fifo, free, control, raw, ...held}: Pl011State): void {
    Object.assign(this, held);
    this.#fifo.splice(0, this.#fifo.length, ...fifo);
    this.#free = free;
    this.#control = control;
    this.#raw = raw;
  }

  get flags(): number {
    const {length} = this.#fifo;
    const receive = length === 0 ? FLAG.receiveEmpty : length >= this.#capacity ? FLAG.receiveFull : 0;
    return FLAG.transmitEmpty | receive;
  }
  get raw(): number {
    return this.#raw;
  }
  get control(): number {
    return this.#control;
  }

  setControl(control: number, cpu: number): void {
    const wasReceiving = this.#isReceiving;
    this.#control = control;
    const {now, unitsPerSecond} = this.#settings;
    if (this.#isReceiving && !wasReceiving) this.#free = now(cpu) + Math.ceil(SETTLING_SECONDS * unitsPerSecond);
  }

  get #isReceiving(): boolean {
    return (this.#control & RECEIVING) === RECEIVING;
  }

  get #capacity(): number {
    return (this.lineControl & FIFO_ENABLE) === 0 ? 1 : FIFO_CHARACTERS;
  }

  send(character: number): void {
    this.#settings.send(character);
    // The FIFO has passed its trigger level on the way to empty.
    this.#raw |= INTERRUPT.transmit;
    this.update();
  }

  /** The character at the FIFO's head; 0 when there is none, which the manual leaves open. */
  take(cpu: number): number {
    const character = this.#fifo.shift() ?? 0;
    this.advance(cpu);
    return character;
  }

  /** Guest time at which the next character arrives; infinite when none will. */
  get due(): number {
    const canArrive = this.#isReceiving && this.#fifo.length < this.#capacity && !this.#settings.input.isEmpty;
    return canArrive ? this.#free : Number.POSITIVE_INFINITY;
  }

  /** Lets a character arrive if one is due. */
  advance(cpu: number): void {
    const {input, now, unitsPerSecond} = this.#settings;
    const time = now(cpu);
    if (time >= this.due) {
      this.#fifo.push(input.take()!);
      this.#free = time + Math.ceil((CHARACTER_BITS / BAUD) * unitsPerSecond);
    }
    this.#receiveInterrupts();
    this.update();
  }

  /** The time-out is not waited for: characters below the trigger level are due as soon as they are there. */
  #receiveInterrupts(): void {
    const {length} = this.#fifo;
    const due = this.#capacity === 1 ? 1 : ((TRIGGER_EIGHTHS[(this.trigger >>> 3) & 7] ?? 1) * FIFO_CHARACTERS) / 8;
    const wanted = length >= due ? INTERRUPT.receive : length > 0 ? INTERRUPT.receiveTimeout : 0;
    this.#raw = (this.#raw & ~(INTERRUPT.receive | INTERRUPT.receiveTimeout)) | wanted;
  }

  clear(interrupts: number): void {
    this.#raw &= ~interrupts;
    this.update();
  }

  update(): void {
    this.#settings.setLevel((this.#raw & this.mask) !== 0);
  }
}

const setControl = (name: string) => (uart: Pl011, value: number, cpu: number) => {
  if ((value & LOOP_BACK) !== 0) {
    const access: Access = {kind: 'write', offset: 0x030, size: 4, cpu, value};
    throw new UnmodelledAccess(name, access, 'loop back is not modelled');
  }
  uart.setControl(value & 0xffff, cpu);
};

const setDma = (name: string) => (_: Pl011, value: number, cpu: number) => {
  if (value === 0) return;
  throw new UnmodelledAccess(name, {kind: 'write', offset: 0x048, size: 4, cpu, value}, 'DMA is not modelled');
};

const registers = (name: string): readonly Register<Pl011>[] => [
  {
    name: 'UARTDR',
    offset: 0x000,
    source: '3.3.1',
    read: (uart, cpu) => uart.take(cpu),
    write: (uart, value) => uart.send(value & 0xff),
  },
  // No receive error is modelled: the status reads as zero and clearing it changes nothing.
  {name: 'UARTRSR', offset: 0x004, source: '3.3.2', constant: 0, write: ignored},
  {name: 'UARTFR', offset: 0x018, reset: 0x90, source: '3.3.3', read: ({flags}) => flags},
  held<Pl011, 'lowPower'>('lowPower', 0xff, {name: 'UARTILPR', offset: 0x020, source: '3.3.4'}),
  held<Pl011, 'integerBaud'>('integerBaud', 0xffff, {name: 'UARTIBRD', offset: 0x024, source: '3.3.5'}),
  held<Pl011, 'fractionalBaud'>('fractionalBaud', 0x3f, {name: 'UARTFBRD', offset: 0x028, source: '3.3.6'}),
  {
    name: 'UARTLCR_H',
    offset: 0x02c,
    source: '3.3.7',
    read: ({lineControl}) => lineControl,
    write: (uart, value, cpu) => {
      uart.lineControl = value & 0xff;
      uart.advance(cpu);
    },
  },
  {
    name: 'UARTCR',
    offset: 0x030,
    reset: CONTROL_RESET,
    source: '3.3.8',
    read: ({control}) => control,
    write: setControl(name),
  },
  {
    name: 'UARTIFLS',
    offset: 0x034,
    reset: 0x12,
    source: '3.3.9',
    read: ({trigger}) => trigger,
    write: (uart, value, cpu) => {
      uart.trigger = value & 0x3f;
      uart.advance(cpu);
    },
  },
  {
    name: 'UARTIMSC',
    offset: 0x038,
    source: '3.3.10',
    read: ({mask}) => mask,
    write: (uart, value) => {
      uart.mask = value & INTERRUPTS;
      uart.update();
    },
  },
  {name: 'UARTRIS', offset: 0x03c, source: '3.3.11', read: ({raw}) => raw},
  {name: 'UARTMIS', offset: 0x040, source: '3.3.12', read: ({raw, mask}) => raw & mask},
  {name: 'UARTICR', offset: 0x044, source: '3.3.13', write: (uart, value) => uart.clear(value & INTERRUPTS)},
  {name: 'UARTDMACR', offset: 0x048, source: '3.3.14', constant: 0, write: setDma(name)},
  ...identification<Pl011>('UARTPeriphID', '3.3.15', 0xfe0, [0x11, 0x10, 0x14, 0x00]),
  ...identification<Pl011>('UARTPCellID', '3.3.16', 0xff0, [0x0d, 0xf0, 0x05, 0xb1]),
];

/** Linux accesses a PL011 in half-words. */
export const pl011Registers = (name: string, uart: Pl011): RegisterFile<Pl011> =>
  new RegisterFile(name, uart, registers(name), {narrow: true});
