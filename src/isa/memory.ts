/**
 * A 32-bit address space of 4 KiB pages over one arena. A map entry is the arena offset of a page, or 0 when the access
 * must take the slow path (unmapped, no permission, or a write to a page that holds cached code). Little-endian.
 */
import {type Bytes, KIBIBYTE} from '../units.ts';

export const PAGE = 4 * KIBIBYTE;
export const PAGE_SHIFT = 12;
const PAGES = 2 ** (32 - PAGE_SHIFT);

export const READABLE = 4;
export const WRITABLE = 2;
export const EXECUTABLE = 1;

export class Memory {
  readonly readMap = new Int32Array(PAGES);
  readonly writeMap = new Int32Array(PAGES);
  // `declare`d: stored once, so that V8 takes them for constants (see Operation).
  declare readonly bytes: Uint8Array;
  declare readonly halfWords: Uint16Array;
  declare readonly words: Int32Array;
  /** Called before a write to a page that {@link protectCode} named; the page is then writable again. */
  onCodeWrite: (page: number) => void = () => {};

  /** Arena offset of every mapped page, whatever its permissions; 0 when unmapped. */
  readonly #frames = new Int32Array(PAGES);
  readonly #permissions = new Uint8Array(PAGES);
  readonly #codePages = new Set<number>();
  readonly #free: number[] = [];
  /** Frame 0 is never used, so that 0 can mean none. */
  #nextFrame = PAGE;

  constructor(limit: Bytes) {
    const size = Math.ceil(limit / PAGE) * PAGE + PAGE;
    const arena = new ArrayBuffer(size);
    this.bytes = new Uint8Array(arena);
    this.halfWords = new Uint16Array(arena);
    this.words = new Int32Array(arena);
  }

  /** Maps zeroed pages over [start, end), page-aligned. False, and nothing changed, when the limit does not allow it. */
  map(start: number, end: number, permissions: number): boolean {
    const first = start / PAGE;
    const last = end / PAGE;
    const available = this.#free.length + (this.bytes.length - this.#nextFrame) / PAGE;
    if (last - first > available) return false;
    for (let page = first; page < last; page++) {
      if (this.#frames[page] !== 0) this.#release(page);
      this.#frames[page] = this.#takeFrame();
      this.#setPermissions(page, permissions);
    }
    return true;
  }

  unmap(start: number, end: number): void {
    for (let page = start / PAGE; page < end / PAGE; page++) if (this.#frames[page] !== 0) this.#release(page);
  }

  /** False, and nothing changed, when a page of [start, end) is unmapped. */
  protect(start: number, end: number, permissions: number): boolean {
    if (!this.isMapped(start, end)) return false;
    for (let page = start / PAGE; page < end / PAGE; page++) this.#setPermissions(page, permissions);
    return true;
  }

  /** Every page of [start, end), page-aligned, is mapped. */
  isMapped(start: number, end: number): boolean {
    for (let page = start / PAGE; page < end / PAGE; page++) if (this.#frames[page] === 0) return false;
    return true;
  }

  /** No page of [start, end), page-aligned, is mapped. */
  isFree(start: number, end: number): boolean {
    for (let page = start / PAGE; page < end / PAGE; page++) if (this.#frames[page] !== 0) return false;
    return true;
  }

  /** The instruction word at an aligned address, or undefined when the page is not executable. */
  fetch(address: number): number | undefined {
    const page = address >>> PAGE_SHIFT;
    if ((this.#permissions[page]! & EXECUTABLE) === 0) return undefined;
    return this.words[(this.#frames[page]! + (address & (PAGE - 1))) >> 2];
  }

  /** From now on the next write to the page reports to {@link onCodeWrite}. */
  protectCode(page: number): void {
    this.#codePages.add(page);
    this.writeMap[page] = 0;
  }

  /** Lets a write that met a 0 entry continue when only cached code stood in its way. True when the page is writable. */
  allowWrite(address: number): boolean {
    const page = address >>> PAGE_SHIFT;
    if (!this.#codePages.has(page) || (this.#permissions[page]! & WRITABLE) === 0) return this.writeMap[page] !== 0;
    this.#forgetCode(page);
    return true;
  }

  /** Copies guest memory for the host; undefined when a byte is not readable. */
  read(address: number, length: number): Uint8Array | undefined {
    // Before the copy is allocated: the length is the guest's word.
    for (let at = 0; at < length; at += PAGE) if (this.readMap[(address + at) >>> PAGE_SHIFT] === 0) return undefined;
    if (length > 0 && this.readMap[(address + length - 1) >>> PAGE_SHIFT] === 0) return undefined;
    const copy = new Uint8Array(length);
    for (let index = 0; index < length; index++)
      copy[index] = this.bytes[this.offsetFor(this.readMap, address + index)]!;
    return copy;
  }

  /** Writes for the host with the guest's rights; false when a byte is not writable (earlier bytes are then written). */
  write(address: number, data: Uint8Array): boolean {
    for (let index = 0; index < data.length; index++) {
      if (!this.allowWrite(address + index)) return false;
      this.bytes[this.offsetFor(this.writeMap, address + index)] = data[index]!;
    }
    return true;
  }

  /** Writes to mapped pages whatever their permissions, as a loader does. @throws RangeError when unmapped. */
  load(address: number, data: Uint8Array): void {
    for (let index = 0; index < data.length; index++) {
      const offset = this.offsetFor(this.#frames, address + index);
      if (offset === 0) throw new RangeError(`address ${address + index} is not mapped`);
      this.bytes[offset] = data[index]!;
    }
  }

  /** Arena offset of a byte, 0 when the map has no entry. */
  offsetFor(map: Int32Array, address: number): number {
    const frame = map[address >>> PAGE_SHIFT]!;
    return frame === 0 ? 0 : frame + (address & (PAGE - 1));
  }

  #takeFrame(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    const frame = this.#nextFrame;
    this.#nextFrame += PAGE;
    return frame;
  }

  #release(page: number): void {
    this.#forgetCode(page);
    const frame = this.#frames[page]!;
    this.bytes.fill(0, frame, frame + PAGE);
    this.#free.push(frame);
    this.#frames[page] = 0;
    this.#permissions[page] = 0;
    this.readMap[page] = 0;
    this.writeMap[page] = 0;
  }

  #setPermissions(page: number, permissions: number): void {
    this.#forgetCode(page);
    const frame = this.#frames[page]!;
    this.#permissions[page] = permissions;
    this.readMap[page] = (permissions & READABLE) !== 0 ? frame : 0;
    this.writeMap[page] = (permissions & WRITABLE) !== 0 ? frame : 0;
  }

  #forgetCode(page: number): void {
    if (!this.#codePages.delete(page)) return;
    this.writeMap[page] = (this.#permissions[page]! & WRITABLE) !== 0 ? this.#frames[page]! : 0;
    this.onCodeWrite(page);
  }
}
