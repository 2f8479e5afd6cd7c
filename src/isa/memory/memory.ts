/**
 * The guest's memory: frames of 4 KiB that address spaces share, of which one space is current. A frame in use lies in
 * the engine's memory at the address of the page that was last accessed through it; when another space (or another page)
 * needs that place for a frame of its own, the frame's contents wait outside. So one process, and the pages that forked
 * processes share, never move.
 *
 * The maps and permission bytes (see layout.ts) are a cache of the current space's page table: 0 means that an access must
 * take the slow path (not looked up yet, unmapped, no permission, copy on write, or a write to a page that holds cached
 * code). Little-endian.
 */
import {type Bytes, GIBIBYTE} from '../../units.ts';
import {STATE_WORDS} from '../core/state.ts';
import {
  AddressSpace,
  COPY_ON_WRITE,
  EXECUTABLE,
  FLAGS_MASK,
  FRAME_SHIFT,
  MAPPED,
  PERMISSIONS,
  READABLE,
  SHARED,
  WRITABLE,
} from './address-space.ts';
import {
  GUEST_BASE,
  HELPERS_OFFSET,
  MEMORY_END,
  PAGE,
  PAGE_SHIFT,
  PAGES,
  READ_MAP_OFFSET,
  READ_PERMISSION_OFFSET,
  STATE_OFFSET,
  USER_END,
  WRITE_MAP_OFFSET,
  WRITE_PERMISSION_OFFSET,
} from './layout.ts';

/** Pages that entered the maps are listed, up to so many, so that a switch clears those and no others. */
const LISTED_PAGES = 1 << 15;
const WASM_PAGE = 0x1_0000;
const PAGE_MASK = PAGE - 1;
const USER_PAGES = USER_END / PAGE;
/** The only page above user space. */
const HELPERS_PAGE = PAGES - 16;
/** All of user space. */
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
  /**
   * Called when executable pages of the current space were mapped, unmapped or exchanged; not again before code is
   * fetched or its frame asked for, so that a mapping of many pages is one call.
   */
  onCodeMapping: () => void = () => {};

  /** The most frames that may be in use; frames are numbered from 1. */
  readonly #frames: number;
  /** How many pages map a frame. */
  readonly #references: Int32Array;
  readonly #holdsCode: Uint8Array;
  /** The page at whose place a frame's contents are, or −1; they are then in `#outside`, or zero. */
  readonly #places: Int32Array;
  readonly #outside: (Uint8Array | undefined)[] = [];
  /** The frame whose contents are at a page's place, or 0; bit 31 is set when the place holds anything but zeros. */
  readonly #occupants: Int32Array;
  readonly #readPermission: Uint8Array;
  readonly #writePermission: Uint8Array;
  readonly #free: number[] = [];
  #used = 0;
  readonly #listed = new Int32Array(LISTED_PAGES);
  #listedCount = 0;
  #space: AddressSpace;
  #spaces = 0;
  /** Code was looked at since the last {@link onCodeMapping}. */
  #isCodeKnown = false;

  /** @throws RangeError when the host does not have so much address space. */
  constructor(limit: Bytes) {
    this.#frames = Math.ceil(Math.min(limit, MOST_GUEST_MEMORY) / PAGE);
    const wasmPages = Math.ceil(MEMORY_END / WASM_PAGE);
    // All at once: memory that grows would detach every view. What is not touched costs the host nothing.
    this.wasm = new WebAssembly.Memory({initial: wasmPages, maximum: wasmPages});
    const {buffer} = this.wasm;
    this.bytes = new Uint8Array(buffer);
    this.halfWords = new Uint16Array(buffer);
    this.words = new Int32Array(buffer);
    this.state = new Int32Array(buffer, STATE_OFFSET, STATE_WORDS);
    this.readMap = new Int32Array(buffer, READ_MAP_OFFSET, PAGES);
    this.writeMap = new Int32Array(buffer, WRITE_MAP_OFFSET, PAGES);
    this.#readPermission = new Uint8Array(buffer, READ_PERMISSION_OFFSET, PAGES);
    this.#writePermission = new Uint8Array(buffer, WRITE_PERMISSION_OFFSET, PAGES);
    this.#references = new Int32Array(this.#frames + 1);
    this.#holdsCode = new Uint8Array(this.#frames + 1);
    this.#places = new Int32Array(this.#frames + 1).fill(NOWHERE);
    this.#occupants = new Int32Array(PAGES);
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
    return this.#used - this.#free.length;
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
      const settled = isPrivate || frameOf(entry) !== 0 ? entry : withFrame(entry, this.#takeFrame());
      const frame = frameOf(settled);
      if (frame !== 0) this.#references[frame]!++;
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
    this.#reportMapping();
  }

  /** Gives back all frames of a space that no task uses any more. */
  releaseSpace(space: AddressSpace): void {
    space.forEach((page, entry) => {
      this.#releaseFrame(frameOf(entry));
      space.setEntry(page, 0);
    });
    if (space === this.#space) {
      this.#clearMaps();
      this.#reportMapping();
    }
  }

  /**
   * Maps zeroed pages over [start, end), page-aligned; `flags` are permissions and {@link SHARED}. False, and nothing
   * changed, when the limit does not allow it or the pages are not the user's to map.
   */
  map(start: number, end: number, flags: number): boolean {
    const first = start / PAGE;
    const last = end / PAGE;
    const isHelpers = first === HELPERS_PAGE && last === HELPERS_PAGE + 1;
    if (last - first > this.#frames || first === 0 || (last > USER_PAGES && !isHelpers)) return false;
    for (let page = first; page < last; page++) this.#setEntry(page, MAPPED | flags);
    return true;
  }

  /** A zeroed frame that the caller holds until {@link returnFrame}, for pages of any space to show. */
  takeFrame(): number {
    return this.#takeFrame();
  }

  returnFrame(frame: number): void {
    this.#releaseFrame(frame);
  }

  /** Whether a frame that the caller holds is mapped anywhere. */
  isShown(frame: number): boolean {
    return this.#references[frame]! > 1;
  }

  /** The contents of a frame that the caller holds, until the guest's next access. */
  frameContents(frame: number): Uint8Array {
    const place = this.#places[frame]!;
    if (place !== NOWHERE) return this.#contentsAt(place);
    this.#outside[frame] ??= new Uint8Array(PAGE);
    return this.#outside[frame];
  }

  /** Maps a page that shows a frame of {@link takeFrame}. */
  mapFrame(start: number, frame: number, permissions: number): void {
    this.#references[frame]!++;
    this.#setEntry(start / PAGE, withFrame(MAPPED | SHARED | permissions, frame));
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
    return this.#bringCode(address) ? this.words[(GUEST_BASE + (address >>> 0)) >>> 2] : undefined;
  }

  /** The half-word at an even address, or undefined when the page is not executable. */
  fetchHalfWord(address: number): number | undefined {
    return this.#bringCode(address) ? this.halfWords[(GUEST_BASE + (address >>> 0)) / 2] : undefined;
  }

  /** The number of an executable page's frame, or 0. */
  codeFrame(address: number): number {
    this.#isCodeKnown = true;
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    return (entry & EXECUTABLE) === 0 || page >= USER_PAGES ? 0 : this.#touch(page, entry);
  }

  /** From now on the next write to the page's frame reports to {@link onCodeWrite}. */
  protectCode(page: number): void {
    const frame = frameOf(this.#space.entry(page));
    if (this.#holdsCode[frame] === 1) return;
    this.#holdsCode[frame] = 1;
    const place = this.#places[frame]!;
    if (place === NOWHERE) return;
    this.writeMap[place] = 0;
    this.#writePermission[place] = 0;
  }

  /** Lets a read that met a 0 entry continue when the page was only not looked up. True when the page is readable. */
  allowRead(address: number): boolean {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    if ((entry & READABLE) === 0) return false;
    this.#bring(page, this.#touch(page, entry));
    this.#list(page);
    this.#showReadable(page);
    return true;
  }

  /** The same for a write: copies a page that is to be copied, and forgets cached code. True when the page is writable. */
  allowWrite(address: number): boolean {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    if ((entry & WRITABLE) === 0) return false;
    const frame = this.#own(page, entry);
    this.#bring(page, frame);
    this.#forgetCode(frame);
    this.#list(page);
    this.writeMap[page] = offsetOf(page);
    if (page < USER_PAGES) this.#writePermission[page] = 1;
    if ((entry & READABLE) !== 0) this.#showReadable(page);
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
      this.#bring(page, frame);
      this.#forgetCode(frame);
      const offset = (offsetOf(page) + (at & PAGE_MASK)) >>> 0;
      this.bytes.set(data.subarray(done, done + run), offset);
      done += run;
    }
  }

  #showReadable(page: number): void {
    this.readMap[page] = offsetOf(page);
    if (page < USER_PAGES) this.#readPermission[page] = 1;
  }

  /** Takes a page out of the maps. */
  #hide(page: number): void {
    this.readMap[page] = 0;
    this.writeMap[page] = 0;
    this.#readPermission[page] = 0;
    this.#writePermission[page] = 0;
  }

  /** The number of a mapped page's frame, taken now if this is the first touch. */
  #touch(page: number, entry: number): number {
    if (frameOf(entry) !== 0) return frameOf(entry);
    const frame = this.#takeFrame();
    this.#space.setEntry(page, withFrame(entry, frame));
    return frame;
  }

  /** The same for a write: a frame that no other page sees, unless it is shared. */
  #own(page: number, entry: number): number {
    if ((entry & COPY_ON_WRITE) === 0) return this.#touch(page, entry);
    const frame = frameOf(entry);
    const isLast = this.#references[frame] === 1;
    if (isLast) {
      this.#space.setEntry(page, entry & ~COPY_ON_WRITE);
      return frame;
    }
    // The contents stay at this page's place, for the copy; the original gets its own outside.
    this.#bring(page, frame);
    const own = this.#takeFrame();
    this.#outside[frame] = this.#contentsAt(page).slice();
    this.#places[frame] = NOWHERE;
    this.#settle(page, own);
    this.#references[frame]!--;
    this.#space.setEntry(page, withFrame(entry & FLAGS_MASK & ~COPY_ON_WRITE, own));
    if ((entry & EXECUTABLE) !== 0) this.#reportMapping();
    return own;
  }

  #bringCode(address: number): boolean {
    const frame = this.codeFrame(address);
    if (frame === 0) return false;
    this.#bring(address >>> PAGE_SHIFT, frame);
    return true;
  }

  /** Puts a frame's contents at a page's place. */
  #bring(page: number, frame: number): void {
    if (this.#places[frame] === page) return;
    this.#evict(page);
    const from = this.#places[frame]!;
    const outside = this.#outside[frame];
    const offset = offsetOf(page) >>> 0;
    if (from !== NOWHERE) {
      const source = offsetOf(from) >>> 0;
      this.bytes.copyWithin(offset, source, source + PAGE);
      this.#occupants[from] = LITTERED;
      this.#hide(from);
    } else if (outside !== undefined) {
      this.bytes.set(outside, offset);
      this.#outside[frame] = undefined;
    } else if ((this.#occupants[page]! & LITTERED) !== 0) this.bytes.fill(0, offset, offset + PAGE);
    this.#settle(page, frame);
  }

  #settle(page: number, frame: number): void {
    this.#places[frame] = page;
    this.#occupants[page] = frame | LITTERED;
  }

  /** Makes room at a page's place. */
  #evict(page: number): void {
    const occupant = this.#occupants[page]! & ~LITTERED;
    if (occupant === 0) return;
    this.#outside[occupant] = this.#contentsAt(page).slice();
    this.#places[occupant] = NOWHERE;
    this.#occupants[page] = LITTERED;
    this.#hide(page);
  }

  #contentsAt(page: number): Uint8Array {
    const offset = offsetOf(page) >>> 0;
    return this.bytes.subarray(offset, offset + PAGE);
  }

  #takeFrame(): number {
    const frame = this.#free.pop() ?? ++this.#used;
    if (frame > this.#frames) {
      this.#used--;
      throw new OutOfGuestMemory(this.limit);
    }
    this.#references[frame] = 1;
    return frame;
  }

  #releaseFrame(frame: number): void {
    if (frame === 0 || --this.#references[frame]! > 0) return;
    this.#forgetCode(frame);
    const place = this.#places[frame]!;
    if (place !== NOWHERE) {
      this.#occupants[place] = LITTERED;
      this.#places[frame] = NOWHERE;
    }
    this.#outside[frame] = undefined;
    this.#free.push(frame);
  }

  /** Replaces an entry, giving up the frame of the one before. */
  #setEntry(page: number, entry: number): void {
    const before = this.#space.entry(page);
    this.#changeEntry(page, entry, before);
    this.#releaseFrame(frameOf(before));
  }

  #changeEntry(page: number, entry: number, before: number): void {
    this.#space.setEntry(page, entry);
    this.#hide(page);
    if (((before | entry) & EXECUTABLE) !== 0) this.#reportMapping();
  }

  #reportMapping(): void {
    if (!this.#isCodeKnown) return;
    this.#isCodeKnown = false;
    this.onCodeMapping();
  }

  #forgetCode(frame: number): void {
    if (this.#holdsCode[frame] === 0) return;
    this.#holdsCode[frame] = 0;
    this.onCodeWrite(frame);
  }

  #list(page: number): void {
    if (this.#listedCount === LISTED_PAGES) this.#clearMaps();
    this.#listed[this.#listedCount++] = page;
  }

  #clearMaps(): void {
    for (let at = 0; at < this.#listedCount; at++) this.#hide(this.#listed[at]!);
    this.#listedCount = 0;
  }
}

const NOWHERE = -1;
/** Bit 31 of an occupant: the place does not hold zeros. */
const LITTERED = 0x8000_0000 | 0;

const frameOf = (entry: number): number => entry >>> FRAME_SHIFT;
const withFrame = (entry: number, frame: number): number => (entry & FLAGS_MASK) | (frame << FRAME_SHIFT);

/** Where a page lies in the engine's memory, as a signed word. */
const offsetOf = (page: number): number => (page < USER_PAGES ? GUEST_BASE + (page << PAGE_SHIFT) : HELPERS_OFFSET) | 0;
