/**
 * The guest's memory: frames of 4 KiB in the engine's memory (see layout.ts), shared among address spaces, of which one
 * is current. The read and write maps are a cache of the current space's page table: an entry is the offset of a page, or
 * 0 when the access must take the slow path (not looked up yet, unmapped, no permission, copy on write, or a write to a
 * page that holds cached code). Little-endian.
 */
import {type Bytes, GIBIBYTE} from '../../units.ts';
import {STATE_WORDS} from '../core/state.ts';
import {
  AddressSpace,
  COPY_ON_WRITE,
  EXECUTABLE,
  FRAME_MASK,
  MAPPED,
  PERMISSIONS,
  READABLE,
  SHARED,
  WRITABLE,
} from './address-space.ts';
import {FRAMES_OFFSET, PAGE, PAGE_SHIFT, PAGES, READ_MAP_OFFSET, STATE_OFFSET, WRITE_MAP_OFFSET} from './layout.ts';

/** Pages that entered the maps are listed, up to so many, so that a switch clears those and no others. */
const LISTED_PAGES = 1 << 15;
const WASM_PAGE = 0x1_0000;
const PAGE_MASK = PAGE - 1;
/** The engine's memory is addressed by 32 bits. */
export const MOST_GUEST_MEMORY = 3 * GIBIBYTE;

/** The guest touched more memory than it may have: Linux would kill a process. */
export class OutOfGuestMemory extends Error {
  constructor(limit: number) {
    super(`the guest uses all of its ${limit / 2 ** 20} MiB of memory`);
    this.name = 'OutOfGuestMemory';
  }
}

export class Memory {
  readonly wasm: WebAssembly.Memory;
  // `declare`d: stored once, so that V8 takes them for constants (see Operation).
  declare readonly readMap: Int32Array;
  declare readonly writeMap: Int32Array;
  declare readonly bytes: Uint8Array;
  declare readonly halfWords: Uint16Array;
  declare readonly words: Int32Array;
  declare readonly state: Int32Array;
  /** Called before a frame that {@link protectCode} named is written or given up; the frame is then an ordinary one. */
  onCodeWrite: (frame: number) => void = () => {};
  /** Called when executable pages of the current space were mapped, unmapped or exchanged. */
  onCodeMapping: () => void = () => {};

  readonly #frames: number;
  /** How many pages map a frame. */
  readonly #references: Int32Array;
  readonly #holdsCode: Uint8Array;
  readonly #free: number[] = [];
  #unused = 0;
  readonly #listed = new Int32Array(LISTED_PAGES);
  #listedCount = 0;
  #space: AddressSpace;
  #spaces = 0;

  /** @throws RangeError when the host does not have so much address space. */
  constructor(limit: Bytes) {
    this.#frames = Math.ceil(Math.min(limit, MOST_GUEST_MEMORY) / PAGE);
    const wasmPages = Math.ceil((FRAMES_OFFSET + this.#frames * PAGE) / WASM_PAGE);
    // All at once: memory that grows would detach every view. What is not touched costs the host nothing.
    this.wasm = new WebAssembly.Memory({initial: wasmPages, maximum: wasmPages});
    const {buffer} = this.wasm;
    this.bytes = new Uint8Array(buffer);
    this.halfWords = new Uint16Array(buffer);
    this.words = new Int32Array(buffer);
    this.state = new Int32Array(buffer, STATE_OFFSET, STATE_WORDS);
    this.readMap = new Int32Array(buffer, READ_MAP_OFFSET, PAGES);
    this.writeMap = new Int32Array(buffer, WRITE_MAP_OFFSET, PAGES);
    this.#references = new Int32Array(this.#frames);
    this.#holdsCode = new Uint8Array(this.#frames);
    this.#space = this.createSpace();
  }

  get space(): AddressSpace {
    return this.#space;
  }

  get limit(): number {
    return this.#frames * PAGE;
  }

  /** Frames that hold pages of some space. */
  get framesInUse(): number {
    return this.#unused - this.#free.length;
  }

  /** Bytes of the engine's memory up to the last frame that was ever in use. */
  get usedBytes(): number {
    return FRAMES_OFFSET + this.#unused * PAGE;
  }

  createSpace(): AddressSpace {
    return new AddressSpace(this.#spaces++);
  }

  /** A copy of the current space, as fork(2) makes it: private frames are copied when one of the two writes. */
  forkSpace(): AddressSpace {
    const parent = this.#space;
    const child = this.createSpace();
    parent.forEach((page, entry) => {
      const isPrivate = (entry & SHARED) === 0;
      // Shared memory is one frame from the start, so that it stays one.
      const settled = isPrivate || (entry & FRAME_MASK) !== 0 ? entry : entry | this.#takeFrame();
      const frame = settled & FRAME_MASK;
      if (frame !== 0) this.#references[this.#indexOf(frame)]!++;
      const copied = isPrivate && frame !== 0 ? settled | COPY_ON_WRITE : settled;
      parent.setEntry(page, copied);
      child.setEntry(page, copied);
    });
    this.#clearMaps();
    return child;
  }

  /** The space whose pages the maps show from now on. */
  switchTo(space: AddressSpace): void {
    if (space === this.#space) return;
    this.#space = space;
    this.#clearMaps();
    this.onCodeMapping();
  }

  /** Gives back all frames of a space that no task uses any more. */
  releaseSpace(space: AddressSpace): void {
    space.forEach((page, entry) => {
      this.#dropFrame(entry);
      space.setEntry(page, 0);
    });
    if (space === this.#space) {
      this.#clearMaps();
      this.onCodeMapping();
    }
  }

  /**
   * Maps zeroed pages over [start, end), page-aligned; `flags` are permissions and {@link SHARED}. False, and nothing
   * changed, when the limit does not allow it.
   */
  map(start: number, end: number, flags: number): boolean {
    const first = start / PAGE;
    const last = end / PAGE;
    if (last - first > this.#frames) return false;
    for (let page = first; page < last; page++) this.#setEntry(page, MAPPED | flags);
    return true;
  }

  unmap(start: number, end: number): void {
    for (let page = start / PAGE; page < end / PAGE; page++) if (this.#space.entry(page) !== 0) this.#setEntry(page, 0);
  }

  /** False, and nothing changed, when a page of [start, end) is unmapped. */
  protect(start: number, end: number, permissions: number): boolean {
    if (!this.isMapped(start, end)) return false;
    for (let page = start / PAGE; page < end / PAGE; page++) {
      const entry = this.#space.entry(page);
      this.#changeEntry(page, (entry & ~PERMISSIONS) | permissions, entry);
    }
    return true;
  }

  /** Moves the pages of [start, start + length) to `target`, whose pages are unmapped first. No overlap. */
  move(start: number, length: number, target: number): void {
    for (let offset = 0; offset < length; offset += PAGE) {
      const from = (start + offset) / PAGE;
      const entry = this.#space.entry(from);
      this.#changeEntry(from, 0, entry);
      this.#setEntry((target + offset) / PAGE, entry);
    }
  }

  /** Every page of [start, end), page-aligned, is mapped. */
  isMapped(start: number, end: number): boolean {
    for (let page = start / PAGE; page < end / PAGE; page++) if (this.#space.entry(page) === 0) return false;
    return true;
  }

  /** No page of [start, end), page-aligned, is mapped. */
  isFree(start: number, end: number): boolean {
    for (let page = start / PAGE; page < end / PAGE; page++) if (this.#space.entry(page) !== 0) return false;
    return true;
  }

  /** The highest free place of `length` bytes in [lowest, limit), all page-aligned. */
  findFree(length: number, lowest: number, limit: number): number | undefined {
    const page = this.#space.findFree(length / PAGE, lowest / PAGE, limit / PAGE);
    return page === undefined ? undefined : page * PAGE;
  }

  /** The instruction word at an address that is a multiple of 4, or undefined when the page is not executable. */
  fetch(address: number): number | undefined {
    const frame = this.codeFrame(address);
    return frame === 0 ? undefined : this.words[(frame + (address & PAGE_MASK)) >>> 2];
  }

  /** The half-word at an even address, or undefined when the page is not executable. */
  fetchHalfWord(address: number): number | undefined {
    const frame = this.codeFrame(address);
    return frame === 0 ? undefined : this.halfWords[(frame + (address & PAGE_MASK)) >>> 1];
  }

  /** The frame of an executable page, or 0. */
  codeFrame(address: number): number {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    return (entry & EXECUTABLE) === 0 ? 0 : this.#touch(page, entry);
  }

  /** From now on the next write to the page's frame reports to {@link onCodeWrite}. */
  protectCode(page: number): void {
    const frame = this.#space.entry(page) & FRAME_MASK;
    const index = this.#indexOf(frame);
    if (this.#holdsCode[index] === 1) return;
    this.#holdsCode[index] = 1;
    // The frame may be mapped at several pages.
    for (let at = 0; at < this.#listedCount; at++) {
      const listed = this.#listed[at]!;
      if (this.writeMap[listed] === frame) this.writeMap[listed] = 0;
    }
  }

  /** Lets a read that met a 0 entry continue when the page was only not looked up. True when the page is readable. */
  allowRead(address: number): boolean {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    if ((entry & READABLE) === 0) return false;
    const frame = this.#touch(page, entry);
    this.#list(page);
    this.readMap[page] = frame;
    return true;
  }

  /** The same for a write: copies a page that is to be copied, and forgets cached code. True when the page is writable. */
  allowWrite(address: number): boolean {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    if ((entry & WRITABLE) === 0) return false;
    const frame = this.#own(page, entry);
    this.#forgetCode(frame);
    this.#list(page);
    this.writeMap[page] = frame;
    if ((entry & READABLE) !== 0) this.readMap[page] = frame;
    return true;
  }

  /** Offset of a byte that may be read, 0 when it may not. */
  readableOffset(address: number): number {
    if (this.readMap[address >>> PAGE_SHIFT] === 0 && !this.allowRead(address)) return 0;
    return this.readMap[address >>> PAGE_SHIFT]! + (address & PAGE_MASK);
  }

  /** Offset of a byte that may be written, 0 when it may not. */
  writableOffset(address: number): number {
    if (this.writeMap[address >>> PAGE_SHIFT] === 0 && !this.allowWrite(address)) return 0;
    return this.writeMap[address >>> PAGE_SHIFT]! + (address & PAGE_MASK);
  }

  /** Copies guest memory for the host; undefined when a byte is not readable. */
  read(address: number, length: number): Uint8Array | undefined {
    // Before the copy is allocated: the length is the guest's word.
    for (let at = 0; at < length; at += PAGE) if (this.readableOffset(address + at) === 0) return undefined;
    if (length > 0 && this.readableOffset(address + length - 1) === 0) return undefined;
    const copy = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = address + done;
      const run = Math.min(length - done, PAGE - (at & PAGE_MASK));
      const offset = this.readableOffset(at) >>> 0;
      copy.set(this.bytes.subarray(offset, offset + run), done);
      done += run;
    }
    return copy;
  }

  /** Writes for the host with the guest's rights; false when a byte is not writable (earlier pages are then written). */
  write(address: number, data: Uint8Array): boolean {
    for (let done = 0; done < data.length; ) {
      const at = address + done;
      const run = Math.min(data.length - done, PAGE - (at & PAGE_MASK));
      const offset = this.writableOffset(at) >>> 0;
      if (offset === 0) return false;
      this.bytes.set(data.subarray(done, done + run), offset);
      done += run;
    }
    return true;
  }

  /** Writes to mapped pages whatever their permissions, as a loader does. @throws RangeError when unmapped. */
  load(address: number, data: Uint8Array): void {
    for (let done = 0; done < data.length; ) {
      const at = address + done;
      const run = Math.min(data.length - done, PAGE - (at & PAGE_MASK));
      const page = at >>> PAGE_SHIFT;
      const entry = this.#space.entry(page);
      if (entry === 0) throw new RangeError(`address ${at} is not mapped`);
      const frame = this.#own(page, entry);
      this.#forgetCode(frame);
      const offset = (frame + (at & PAGE_MASK)) >>> 0;
      this.bytes.set(data.subarray(done, done + run), offset);
      done += run;
    }
  }

  #indexOf(frame: number): number {
    return ((frame >>> 0) - FRAMES_OFFSET) >>> PAGE_SHIFT;
  }

  /** The frame of a mapped page, taken now if this is the first touch. */
  #touch(page: number, entry: number): number {
    if ((entry & FRAME_MASK) !== 0) return entry & FRAME_MASK;
    const frame = this.#takeFrame();
    this.#space.setEntry(page, entry | frame);
    return frame;
  }

  /** The same for a write: a frame that no other page sees, unless it is shared. */
  #own(page: number, entry: number): number {
    if ((entry & COPY_ON_WRITE) === 0) return this.#touch(page, entry);
    const frame = entry & FRAME_MASK;
    const isLast = this.#references[this.#indexOf(frame)] === 1;
    const own = isLast ? frame : this.#takeFrame();
    this.#space.setEntry(page, (entry & ~(FRAME_MASK | COPY_ON_WRITE)) | own);
    if (isLast) return own;
    this.#references[this.#indexOf(frame)]!--;
    this.bytes.copyWithin(own >>> 0, frame >>> 0, (frame >>> 0) + PAGE);
    this.readMap[page] = 0;
    if ((entry & EXECUTABLE) !== 0) this.onCodeMapping();
    return own;
  }

  #takeFrame(): number {
    const reused = this.#free.pop();
    const index = reused ?? this.#unused++;
    if (index >= this.#frames) {
      this.#unused--;
      throw new OutOfGuestMemory(this.limit);
    }
    this.#references[index] = 1;
    const offset = FRAMES_OFFSET + index * PAGE;
    // Cleared now, not when given back: most processes end with the run.
    if (reused !== undefined) this.bytes.fill(0, offset, offset + PAGE);
    return offset | 0;
  }

  #dropFrame(entry: number): void {
    const frame = entry & FRAME_MASK;
    if (frame === 0) return;
    const index = this.#indexOf(frame);
    if (--this.#references[index]! > 0) return;
    this.#forgetCode(frame);
    this.#free.push(index);
  }

  /** Replaces an entry, giving up the frame of the one before. */
  #setEntry(page: number, entry: number): void {
    const before = this.#space.entry(page);
    this.#changeEntry(page, entry, before);
    this.#dropFrame(before);
  }

  #changeEntry(page: number, entry: number, before: number): void {
    this.#space.setEntry(page, entry);
    this.readMap[page] = 0;
    this.writeMap[page] = 0;
    if (((before | entry) & EXECUTABLE) !== 0) this.onCodeMapping();
  }

  #forgetCode(frame: number): void {
    const index = this.#indexOf(frame);
    if (this.#holdsCode[index] === 0) return;
    this.#holdsCode[index] = 0;
    this.onCodeWrite(frame);
  }

  #list(page: number): void {
    if (this.#listedCount === LISTED_PAGES) this.#clearMaps();
    this.#listed[this.#listedCount++] = page;
  }

  #clearMaps(): void {
    for (let at = 0; at < this.#listedCount; at++) {
      const page = this.#listed[at]!;
      this.readMap[page] = 0;
      this.writeMap[page] = 0;
    }
    this.#listedCount = 0;
  }
}
