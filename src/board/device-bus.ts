/** RAM and devices by physical address. */
import type {Bus} from '../isa/system/bus.ts';
import {type AccessSize, type Device, UnmodelledAccess} from './access.ts';
import type {Window} from './boards.ts';

export interface Mapped {
  readonly name: string;
  readonly window: Window;
  readonly device: Device;
}

export class DeviceBus implements Bus {
  readonly ram: Uint8Array;
  readonly ramBase: number;
  readonly #mapped: readonly Mapped[];
  /** Of the last access: accesses to a device come in runs. */
  #last: Mapped | undefined;

  /** @throws RangeError when windows overlap one another or RAM. */
  constructor(ram: Uint8Array, ramBase: number, mapped: readonly Mapped[]) {
    const windows = [{name: 'RAM', window: {base: ramBase, size: ram.length}}, ...mapped];
    for (const [index, {name, window}] of windows.entries())
      for (const other of windows.slice(index + 1))
        if (window.base < other.window.base + other.window.size && other.window.base < window.base + window.size)
          throw new RangeError(`${name} and ${other.name} overlap`);
    this.ram = ram;
    this.ramBase = ramBase;
    this.#mapped = mapped;
  }

  #find(address: number): Mapped | undefined {
    const holds = ({window: {base, size}}: Mapped): boolean => address >= base && address < base + size;
    if (this.#last !== undefined && holds(this.#last)) return this.#last;
    this.#last = this.#mapped.find(holds);
    return this.#last;
  }

  /** @throws UnmodelledAccess */
  read(address: number, size: AccessSize, cpu: number): number {
    const mapped = this.#find(address);
    if (mapped !== undefined) return mapped.device.read(address - mapped.window.base, size, cpu);
    throw new UnmodelledAccess('no device', {kind: 'read', offset: address, size, cpu}, NOTHING_THERE);
  }

  /** @throws UnmodelledAccess */
  write(address: number, size: AccessSize, value: number, cpu: number): void {
    const mapped = this.#find(address);
    if (mapped === undefined)
      throw new UnmodelledAccess('no device', {kind: 'write', offset: address, size, cpu, value}, NOTHING_THERE);
    mapped.device.write(address - mapped.window.base, size, value, cpu);
  }
}

const NOTHING_THERE = "the board has nothing at this physical address; a device tree of one's own must name none there";
