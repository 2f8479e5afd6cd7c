/**
 * Frames of 4 KiB, and where their contents are. A frame in use lies in the engine's memory at the place of the page that
 * was last accessed through it; when another page's frame needs that place, the contents wait outside.
 * So one process, and the pages that forked processes share, never move.
 */
import {offsetOf, PAGE, PAGES} from './layout.ts';
import type {PageMaps} from './page-maps.ts';

const NOWHERE = -1;
/** Bit 31 of an occupant: the place does not hold zeros. */
const LITTERED = 0x8000_0000 | 0;

/** The guest touched more memory than it may have: Linux would kill a process. */
export class OutOfGuestMemory extends Error {
  constructor(limit: number) {
    super(`the guest uses all of its ${limit / 2 ** 20} MiB of memory`);
    this.name = 'OutOfGuestMemory';
  }
}

export class Frames {
  /** The most frames that may be in use; frames are numbered from 1. */
  readonly limit: number;
  readonly #bytes: Uint8Array;
  readonly #maps: PageMaps;
  /** How many pages map a frame. */
  readonly #references: Int32Array;
  /** The page at whose place a frame's contents are, or −1; they are then in `#outside`, or zero. */
  readonly #places: Int32Array;
  readonly #outside: (Uint8Array | undefined)[] = [];
  /** The frame whose contents are at a page's place, or 0; bit 31 is set when the place holds anything but zeros. */
  readonly #occupants = new Int32Array(PAGES);
  readonly #free: number[] = [];
  #used = 0;

  /** @param maps no longer show a page whose frame gave up its place. */
  constructor(limit: number, bytes: Uint8Array, maps: PageMaps) {
    this.limit = limit;
    this.#bytes = bytes;
    this.#maps = maps;
    this.#references = new Int32Array(limit + 1);
    this.#places = new Int32Array(limit + 1).fill(NOWHERE);
  }

  get inUse(): number {
    return this.#used - this.#free.length;
  }

  /** A zeroed frame with one reference. @throws OutOfGuestMemory */
  take(): number {
    const frame = this.#free.pop() ?? ++this.#used;
    if (frame > this.limit) {
      this.#used--;
      throw new OutOfGuestMemory(this.limit * PAGE);
    }
    this.#references[frame] = 1;
    return frame;
  }

  /** One more page maps the frame. */
  refer(frame: number): void {
    this.#references[frame]!++;
  }

  references(frame: number): number {
    return this.#references[frame]!;
  }

  /** One page less maps the frame. True when it was the last: the frame is then free. */
  release(frame: number): boolean {
    if (--this.#references[frame]! > 0) return false;
    const place = this.#places[frame]!;
    if (place !== NOWHERE) {
      this.#occupants[place] = LITTERED;
      this.#places[frame] = NOWHERE;
    }
    this.#outside[frame] = undefined;
    this.#free.push(frame);
    return true;
  }

  /** The page at whose place the frame's contents are, if at any. */
  placeOf(frame: number): number | undefined {
    const place = this.#places[frame]!;
    return place === NOWHERE ? undefined : place;
  }

  /** The contents, where they are until the guest's next access. */
  contents(frame: number): Uint8Array {
    const place = this.#places[frame]!;
    if (place !== NOWHERE) return this.#contentsAt(place);
    this.#outside[frame] ??= new Uint8Array(PAGE);
    return this.#outside[frame];
  }

  /** Puts a frame's contents at a page's place. */
  bring(page: number, frame: number): void {
    if (this.#places[frame] === page) return;
    this.#evict(page);
    const from = this.#places[frame]!;
    const outside = this.#outside[frame];
    const offset = offsetOf(page) >>> 0;
    if (from !== NOWHERE) {
      const source = offsetOf(from) >>> 0;
      this.#bytes.copyWithin(offset, source, source + PAGE);
      this.#occupants[from] = LITTERED;
      this.#maps.hide(from);
    } else if (outside !== undefined) {
      this.#bytes.set(outside, offset);
      this.#outside[frame] = undefined;
    } else if ((this.#occupants[page]! & LITTERED) !== 0) this.#bytes.fill(0, offset, offset + PAGE);
    this.#settle(page, frame);
  }

  /** A copy of a frame, at a page's place, which the page refers to from now on instead. */
  copyAt(page: number, frame: number): number {
    // The contents stay at this page's place, for the copy; the original gets its own outside.
    this.bring(page, frame);
    const copy = this.take();
    this.#outside[frame] = this.#contentsAt(page).slice();
    this.#places[frame] = NOWHERE;
    this.#settle(page, copy);
    this.#references[frame]!--;
    return copy;
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
    this.#maps.hide(page);
  }

  #contentsAt(page: number): Uint8Array {
    const offset = offsetOf(page) >>> 0;
    return this.#bytes.subarray(offset, offset + PAGE);
  }
}
