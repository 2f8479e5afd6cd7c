/** RAM as all cores of a machine share it, which of its pages hold decoded code, and which a store-exclusive waits for. */
import {STATE_BYTES, STATE_OFFSET} from '../memory/layout.ts';
import type {Bus} from './bus.ts';
import {areaOf, RAM_OFFSET} from './layout.ts';

const WASM_PAGE = 0x1_0000;
const PAGE_SHIFT = 12;
const PAGE_MASK = 0xfff;

/** Flags of a page. */
const HOLDS_CODE = 1;
const RESERVED = 2;

/** Bytes that an exclusive reservation covers: CTR.ERG of a Cortex-A7. */
const GRANULE = 64;

/** RAM for a machine, zeroed, behind the areas of its cores. @throws RangeError when the host has not so much. */
export const createRam = (size: number): Uint8Array => {
  const pages = Math.ceil((RAM_OFFSET + size) / WASM_PAGE);
  const memory = new WebAssembly.Memory({initial: pages, maximum: pages});
  MEMORIES.set(memory.buffer, memory);
  return new Uint8Array(memory.buffer, RAM_OFFSET, size);
};
/** By their buffers: RAM is handed over as bytes. */
const MEMORIES = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();

/** A core's part in stores of the others. */
export interface Sharer {
  /** A page may no longer be written without asking. */
  hideFrameFromWrites(frame: number): void;
}

export class PhysicalMemory {
  /** What RAM lies in: translated code has it as its memory. */
  readonly wasm: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly halfWords: Uint16Array;
  readonly words: Int32Array;
  readonly sharers: Sharer[] = [];
  /** Called before a page of RAM that {@link protectCode} named is written; it is then an ordinary one. */
  onCodeWrite: (frame: number) => void = () => {};
  /** By page of RAM whether a core has accessed it, or walked through it, since the machine was made. */
  readonly touched: Uint8Array;
  readonly #base: number;
  readonly #size: number;
  readonly #offset: number;
  readonly #flags: Uint8Array;
  /** By core the granule that its exclusive load reserved while it does not run. */
  readonly #reservations = new Map<number, number>();

  /** @throws RangeError for RAM that is not of {@link createRam}, or not of whole pages. */
  constructor({ram, ramBase}: Pick<Bus, 'ram' | 'ramBase'>) {
    const wasm = MEMORIES.get(ram.buffer);
    if (wasm === undefined || ram.length % 4096 !== 0) {
      throw new RangeError('RAM must be of createRam, and a multiple of 4 KiB');
    }
    this.wasm = wasm;
    this.bytes = new Uint8Array(ram.buffer);
    this.halfWords = new Uint16Array(ram.buffer);
    this.words = new Int32Array(ram.buffer);
    this.#base = ramBase;
    this.#size = ram.length;
    this.#offset = ram.byteOffset;
    this.#flags = new Uint8Array(ram.length >>> PAGE_SHIFT);
    this.touched = new Uint8Array(ram.length >>> PAGE_SHIFT);
  }

  /** The words of a core's state. */
  stateOf(core: number): Int32Array {
    return new Int32Array(this.bytes.buffer, areaOf(core) + STATE_OFFSET, STATE_BYTES / 4);
  }

  /** Where a physical page lies in the engine's memory, unsigned; 0 when it is not RAM. */
  frameOf(physicalPage: number): number {
    const inside = physicalPage * 4096 - this.#base;
    return inside < 0 || inside >= this.#size ? 0 : this.#offset + inside;
  }

  /** The physical address of a place in the engine's memory. */
  addressOf(offset: number): number {
    return offset - this.#offset + this.#base;
  }

  /** @returns whether the page at `frame` is touched for the first time. */
  touch(frame: number): boolean {
    const page = this.#pageOf(frame);
    if (this.touched[page] !== 0) return false;
    this.touched[page] = 1;
    return true;
  }

  /** A word of RAM at a multiple of 4, for a walk, which touches its page; undefined where there is no RAM. */
  readWord = (address: number): number | undefined => {
    const inside = address - this.#base;
    if (inside < 0 || inside >= this.#size) return undefined;
    this.touched[Math.floor(inside / 4096)] = 1;
    return this.words[(this.#offset + inside) / 4];
  };

  /** From now on the next write to the page reports to {@link onCodeWrite}. */
  protectCode(frame: number): void {
    this.#protect(frame, HOLDS_CODE);
  }

  /**
   * To be called before a write; forgets code and the reservations of other cores that it touches.
   * @returns whether further writes to the page need not be announced.
   */
  announceWrite(offset: number): boolean {
    const page = this.#pageOf(offset);
    const flags = this.#flags[page]!;
    if (flags === 0) return true;
    if ((flags & HOLDS_CODE) !== 0) {
      this.#flags[page] = flags & ~HOLDS_CODE;
      this.onCodeWrite(offset - (offset & PAGE_MASK));
    }
    if ((flags & RESERVED) !== 0) this.#clearReservations(Math.floor(this.addressOf(offset) / GRANULE));
    return (flags & RESERVED) === 0;
  }

  /** A core that stops running between its exclusive load, from this place, and the store. */
  reserve(core: number, offset: number): void {
    this.#reservations.set(core, Math.floor(this.addressOf(offset) / GRANULE));
    this.#protect(offset - (offset & PAGE_MASK), RESERVED);
  }

  /** The physical address that `reserve` named, while it holds. */
  reservationOf(core: number): number | undefined {
    const granule = this.#reservations.get(core);
    return granule === undefined ? undefined : granule * GRANULE;
  }

  /** The same again, by physical address. */
  reserveAddress(core: number, address: number): void {
    this.reserve(core, address - this.#base + this.#offset);
  }

  /** The core goes on. @returns whether what it reserved, if anything, is still untouched. */
  takeReservation(core: number): boolean {
    const granule = this.#reservations.get(core);
    if (granule === undefined) return false;
    this.#reservations.delete(core);
    const page = Math.floor((granule * GRANULE - this.#base) / 4096);
    const isShared = [...this.#reservations.values()].some(
      (other) => Math.floor((other * GRANULE - this.#base) / 4096) === page,
    );
    if (!isShared) this.#flags[page]! &= ~RESERVED;
    return true;
  }

  #clearReservations(granule: number): void {
    for (const [core, reserved] of this.#reservations) if (reserved === granule) this.#reservations.delete(core);
  }

  #protect(frame: number, flag: number): void {
    const page = this.#pageOf(frame);
    const before = this.#flags[page]!;
    this.#flags[page] = before | flag;
    if (before === 0) for (const sharer of this.sharers) sharer.hideFrameFromWrites(frame);
  }

  #pageOf(offset: number): number {
    return (offset - this.#offset) >>> PAGE_SHIFT;
  }
}
