/** The smallest board that a bare-metal program runs on: RAM, the data register of a PL011, and of PSCI CPU_ON and SYSTEM_OFF. */

import type {EngineName} from '../../../src/isa/engine/engine.ts';
import type {CpuSurroundings} from '../../../src/isa/system/bus.ts';
import {BusError} from '../../../src/isa/system/bus-error.ts';
import {createCores, type MachineParts} from '../../../src/isa/system/create-machine.ts';
import type {Observer} from '../../../src/isa/system/observer.ts';
import {createRam} from '../../../src/isa/system/physical-memory.ts';
import type {VirtualCpu} from '../../../src/isa/system/virtual-cpu.ts';

import type {RegionLimits} from '../../../src/isa/translate/region.ts';
import {MEBIBYTE} from '../../../src/units.ts';

export const RAM_BASE = 0x4000_0000;
export const RAM_SIZE = 64 * MEBIBYTE;
const UART = 0x0900_0000;
const SYSTEM_OFF = 0x8400_0008;
const CPU_ON = 0x8400_0003;

/** A device register: what it reads as, and who is told of a write. */
export interface Device {
  read?(size: number, cpu: number): number;
  write?(value: number, size: number, cpu: number): void;
}

export interface BoardOptions {
  readonly cores?: number;
  readonly devices?: Readonly<Record<number, Device>>;
  readonly observer?: Observer;
  readonly engine?: EngineName;
  readonly limits?: Partial<RegionLimits>;
  readonly irq?: (cpu: number) => boolean;
  readonly fiq?: (cpu: number) => boolean;
  readonly timer?: Pick<CpuSurroundings, 'timerRead' | 'timerWrite'>;
}

const NO_TIMER = {timerRead: () => 0, timerWrite: () => {}};

export class Board {
  readonly cores: readonly VirtualCpu[];
  readonly ram = createRam(RAM_SIZE);
  output = '';
  isOff = false;

  constructor({
    cores = 1,
    devices = {},
    observer = {},
    irq = () => false,
    fiq = () => false,
    timer = NO_TIMER,
    engine,
    limits,
  }: BoardOptions = {}) {
    const served: Readonly<Record<number, Device>> = {
      [UART]: {write: (value) => this.#print(value)},
      ...devices,
    };
    const find = (address: number): Device => {
      const device = served[address];
      if (device === undefined) throw new BusError(`nothing at 0x${address.toString(16)}`);
      return device;
    };
    const parts: MachineParts = {
      cores,
      observer,
      ...(engine && {engine}),
      ...(limits && {limits}),
      bus: {
        ram: this.ram,
        ramBase: RAM_BASE,
        read: (address, size, cpu) => find(address).read?.(size, cpu) ?? 0,
        write: (address, size, value, cpu) => find(address).write?.(value, size, cpu),
      },
      surroundings: {
        irq,
        fiq,
        ...timer,
        call: (_cpu, _kind, registers) => this.#call(registers),
        sendEvent: () => {
          for (const core of this.cores) core.signalEvent();
        },
      },
    };
    this.cores = createCores(parts);
  }

  /** Words from a physical address on. */
  load(address: number, words: readonly number[]): void {
    const view = new DataView(this.ram.buffer, this.ram.byteOffset);
    for (const [index, word] of words.entries()) view.setUint32(address - RAM_BASE + 4 * index, word >>> 0, true);
  }

  /** An executable's segments; the first core is started at its entry. */
  boot(elf: Buffer): void {
    const headers = elf.readUInt32LE(28);
    for (let index = 0; index < elf.readUInt16LE(44); index++) {
      const header = headers + index * elf.readUInt16LE(42);
      if (elf.readUInt32LE(header) !== 1) continue;
      const [offset, , physical, size] = [4, 8, 12, 16].map((at) => elf.readUInt32LE(header + at)) as [
        number,
        number,
        number,
        number,
      ];
      this.ram.set(elf.subarray(offset, offset + size), physical - RAM_BASE);
    }
    this.cores[0]!.powerOn(elf.readUInt32LE(24));
  }

  /** Steps the cores in turn until the machine is off. @throws Error when it is not by then. */
  run(instructions = 50e6, quantum = 1000): void {
    for (let executed = 0; !this.isOff; executed += quantum) {
      if (executed > instructions)
        throw new Error(`not off after ${instructions} instructions; output: ${this.output}`);
      for (const core of this.cores) core.step(quantum);
    }
  }

  #call(registers: Uint32Array): void {
    const [call, target, entry, context] = registers as unknown as [number, number, number, number];
    if (call === CPU_ON) {
      this.cores[target]!.powerOn(entry, context);
      registers[0] = 0;
      return;
    }
    if (call !== SYSTEM_OFF) throw new Error(`call 0x${registers[0]!.toString(16)}`);
    this.isOff = true;
    for (const core of this.cores) core.powerOff();
  }

  #print(value: number): void {
    this.output += String.fromCharCode(value & 0xff);
  }
}
