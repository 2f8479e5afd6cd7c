/**
 * The guest's memory: address spaces that share frames, one of which is current. The maps are a cache of its page table: 0
 * means that a page was not looked up yet, is not mapped, not permitted, to be copied on a write, or to be written although
 * it holds cached code. Little-endian.
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
import {Frames} from './frames.ts';
import {GUEST_BASE, MEMORY_END, offsetOf, PAGE, PAGE_SHIFT, PAGES, STATE_OFFSET, USER_PAGES} from './layout.ts';
import {PageMaps} from './page-maps.ts';

const WASM_PAGE = 0x1_0000;
const PAGE_MASK = PAGE - 1;
/** The only page above user space. */
const HELPERS_PAGE = PAGES - 16;
/** All of user space. */
export const MOST_GUEST_MEMORY = 3 * GIBIBYTE;

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

  /** Called when a page of the current space gets a frame of its own, or may be written from now on, because it was written. */
  onCopy: (page: number) => void = () => {};

  readonly #maps: PageMaps;
  readonly #frames: Frames;
  readonly #holdsCode: Uint8Array;
  #space: AddressSpace;
  #spaces = 0;
  /** Code was looked at since the last {@link onCodeMapping}. */
  #isCodeKnown = false;

  /** @throws RangeError when the host does not have so much address space. */
  constructor(limit: Bytes) {
    const wasmPages = Math.ceil(MEMORY_END / WASM_PAGE);
    // All at once: memory that grows would detach every view. What is not touched costs the host nothing.
    this.wasm = new WebAssembly.Memory({initial: wasmPages, maximum: wasmPages});
    const {buffer} = this.wasm;
    this.bytes = new Uint8Array(buffer);
    this.halfWords = new Uint16Array(buffer);
    this.words = new Int32Array(buffer);
    this.state = new Int32Array(buffer, STATE_OFFSET, STATE_WORDS);
    this.#maps = new PageMaps(buffer);
    this.readMap = this.#maps.reads;
    this.writeMap = this.#maps.writes;
    const frames = Math.ceil(Math.min(limit, MOST_GUEST_MEMORY) / PAGE);
    this.#frames = new Frames(frames, this.bytes, this.#maps);
    this.#holdsCode = new Uint8Array(frames + 1);
    this.#space = this.createSpace();
  }

  get space(): AddressSpace {
    return this.#space;
  }

  get limit(): number {
    return this.#frames.limit * PAGE;
  }

  /** Frames that hold pages of some space. */
  get framesInUse(): number {
    return this.#frames.inUse;
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
      const settled = isPrivate || frameOf(entry) !== 0 ? entry : withFrame(entry, this.#frames.take());
      const frame = frameOf(settled);
      if (frame !== 0) this.#frames.refer(frame);
      const copied = isPrivate && frame !== 0 ? settled | COPY_ON_WRITE : settled;
      parent.setEntry(page, copied);
      child.setEntry(page, copied);
    });
    this.#maps.clear();
    return child;
  }

  /** The space whose pages the maps show from now on. */
  switchTo(space: AddressSpace): void {
    if (space === this.#space) return;
    this.#space = space;
    this.#maps.clear();
    this.#reportMapping();
  }

  /** Gives back all frames of a space that no task uses any more. */
  releaseSpace(space: AddressSpace): void {
    space.forEach((page, entry) => {
      this.#releaseFrame(frameOf(entry));
      space.setEntry(page, 0);
    });
    if (space === this.#space) {
      this.#maps.clear();
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
    if (last - first > this.#frames.limit || first === 0 || (last > USER_PAGES && !isHelpers)) return false;
    for (let page = first; page < last; page++) this.#setEntry(page, MAPPED | flags);
    return true;
  }

  /** A zeroed frame that the caller holds until {@link returnFrame}, for pages of any space to show. */
  takeFrame(): number {
    return this.#frames.take();
  }

  returnFrame(frame: number): void {
    this.#releaseFrame(frame);
  }

  /** Whether a frame that the caller holds is mapped anywhere. */
  isShown(frame: number): boolean {
    return this.#frames.references(frame) > 1;
  }

  /** The contents of a frame that the caller holds, until the guest's next access. */
  frameContents(frame: number): Uint8Array {
    return this.#frames.contents(frame);
  }

  /** Maps a page that shows a frame of {@link takeFrame}. */
  mapFrame(start: number, frame: number, permissions: number): void {
    this.#frames.refer(frame);
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
    const place = this.#frames.placeOf(frame);
    if (place !== undefined) this.#maps.hideFromWrites(place);
  }

  /** Lets a read that met a 0 entry continue when the page was only not looked up. True when the page is readable. */
  allowRead(address: number): boolean {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    if ((entry & READABLE) === 0) return false;
    this.#frames.bring(page, this.#touch(page, entry));
    this.#maps.list(page);
    this.#maps.showReadable(page);
    return true;
  }

  /** The same for a write: copies a page that is to be copied, and forgets cached code. True when the page is writable. */
  allowWrite(address: number): boolean {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#space.entry(page);
    if ((entry & WRITABLE) === 0) return false;
    const frame = this.#own(page, entry);
    this.#frames.bring(page, frame);
    this.#forgetCode(frame);
    this.#maps.list(page);
    this.#maps.showWritable(page);
    if ((entry & READABLE) !== 0) this.#maps.showReadable(page);
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
      this.#frames.bring(page, frame);
      this.#forgetCode(frame);
      const offset = (offsetOf(page) + (at & PAGE_MASK)) >>> 0;
      this.bytes.set(data.subarray(done, done + run), offset);
      done += run;
    }
  }

  /** The number of a mapped page's frame, taken now if this is the first touch. */
  #touch(page: number, entry: number): number {
    if (frameOf(entry) !== 0) return frameOf(entry);
    const frame = this.#frames.take();
    this.#space.setEntry(page, withFrame(entry, frame));
    return frame;
  }

  /** The same for a write: a frame that no other page sees, unless it is shared. */
  #own(page: number, entry: number): number {
    if ((entry & COPY_ON_WRITE) === 0) return this.#touch(page, entry);
    const frame = frameOf(entry);
    this.onCopy(page);
    if (this.#frames.references(frame) === 1) {
      this.#space.setEntry(page, entry & ~COPY_ON_WRITE);
      return frame;
    }
    const own = this.#frames.copyAt(page, frame);
    this.#space.setEntry(page, withFrame(entry & FLAGS_MASK & ~COPY_ON_WRITE, own));
    if ((entry & EXECUTABLE) !== 0) this.#reportMapping();
    return own;
  }

  #bringCode(address: number): boolean {
    const frame = this.codeFrame(address);
    if (frame === 0) return false;
    this.#frames.bring(address >>> PAGE_SHIFT, frame);
    return true;
  }

  #releaseFrame(frame: number): void {
    if (frame !== 0 && this.#frames.release(frame)) this.#forgetCode(frame);
  }

  /** Replaces an entry, giving up the frame of the one before. */
  #setEntry(page: number, entry: number): void {
    const before = this.#space.entry(page);
    this.#changeEntry(page, entry, before);
    this.#releaseFrame(frameOf(before));
  }

  #changeEntry(page: number, entry: number, before: number): void {
    this.#space.setEntry(page, entry);
    this.#maps.hide(page);
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
}

const frameOf = (entry: number): number => entry >>> FRAME_SHIFT;
const withFrame = (entry: number, frame: number): number => (entry & FLAGS_MASK) | (frame << FRAME_SHIFT);
