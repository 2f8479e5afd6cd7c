/**
 * What accesses of one privilege see of the current translation: for each page where its bytes lie in the engine's memory,
 * if it is RAM and may be read, written or executed; 0 means that it must be looked up.
 */
import {PAGE_SHIFT, PAGES} from '../memory/layout.ts';
import {areaOf, type MapOffsets, PRIVILEGED, USER} from './layout.ts';

/** Pages that entered a view are listed, up to so many, so that a flush clears those and no others. */
const LISTED = 1 << 15;

export class View {
  readonly reads: Int32Array;
  readonly writes: Int32Array;
  readonly fetches: Int32Array;

  constructor(buffer: ArrayBufferLike, area: number, {reads, writes, fetches}: MapOffsets) {
    this.reads = new Int32Array(buffer, area + reads, PAGES);
    this.writes = new Int32Array(buffer, area + writes, PAGES);
    this.fetches = new Int32Array(buffer, area + fetches, PAGES);
  }

  hide(page: number): void {
    this.reads[page] = 0;
    this.writes[page] = 0;
    this.fetches[page] = 0;
  }
}

/** A list of pages to be hidden together; a page may stand in it more than once. */
class PageList {
  readonly pages = new Int32Array(LISTED);
  length = 0;
}

export class Views {
  readonly privileged: View;
  readonly user: View;
  /** Not 0 for a frame, by its number, that some page may be written at. */
  readonly #written = new Uint8Array(PAGES);
  readonly #global = new PageList();
  readonly #local = new PageList();

  /** In the area of a core in the engine's memory, where translated code looks at them. */
  constructor(buffer: ArrayBufferLike, core: number) {
    this.privileged = new View(buffer, areaOf(core), PRIVILEGED.maps);
    this.user = new View(buffer, areaOf(core), USER.maps);
  }

  /** To be called before a page is shown in a view. */
  list(page: number, isGlobal: boolean): void {
    const list = isGlobal ? this.#global : this.#local;
    if (list.length === LISTED) this.#clear(list);
    list.pages[list.length++] = page;
  }

  hide(page: number): void {
    this.privileged.hide(page);
    this.user.hide(page);
  }

  clear(): void {
    this.#clear(this.#global);
    this.#clear(this.#local);
  }

  /** Hides the pages of one ASID, which is no longer current. */
  clearLocal(): void {
    this.#clear(this.#local);
  }

  /** To be called before a page is shown for writes. */
  noteWrites(frame: number): void {
    this.#written[frame >>> PAGE_SHIFT] = 1;
  }

  /** Hides from writes every page that lies at `frame`. */
  hideFrameFromWrites(frame: number): void {
    // Most code was never written by the guest.
    if (this.#written[frame >>> PAGE_SHIFT] === 0) return;
    this.#written[frame >>> PAGE_SHIFT] = 0;
    for (const list of [this.#global, this.#local]) {
      for (let at = 0; at < list.length; at++) {
        const page = list.pages[at]!;
        for (const view of [this.privileged, this.user]) if (view.writes[page] === (frame | 0)) view.writes[page] = 0;
      }
    }
  }

  #clear(list: PageList): void {
    for (let at = 0; at < list.length; at++) this.hide(list.pages[at]!);
    list.length = 0;
  }
}
