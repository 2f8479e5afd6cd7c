/**
 * What of the current space's page table accesses look at (see layout.ts): for each page where its bytes lie, and whether
 * translated code may access it. 0 means that an access must take the slow path.
 */
import {
  offsetOf,
  PAGES,
  READ_MAP_OFFSET,
  READ_PERMISSION_OFFSET,
  USER_PAGES,
  WRITE_MAP_OFFSET,
  WRITE_PERMISSION_OFFSET,
} from './layout.ts';

/** Pages that entered the maps are listed, up to so many, so that a switch clears those and no others. */
const LISTED_PAGES = 1 << 15;

export class PageMaps {
  readonly reads: Int32Array;
  readonly writes: Int32Array;
  readonly #readPermission: Uint8Array;
  readonly #writePermission: Uint8Array;
  readonly #listed = new Int32Array(LISTED_PAGES);
  #listedCount = 0;

  constructor(buffer: ArrayBuffer) {
    this.reads = new Int32Array(buffer, READ_MAP_OFFSET, PAGES);
    this.writes = new Int32Array(buffer, WRITE_MAP_OFFSET, PAGES);
    this.#readPermission = new Uint8Array(buffer, READ_PERMISSION_OFFSET, PAGES);
    this.#writePermission = new Uint8Array(buffer, WRITE_PERMISSION_OFFSET, PAGES);
  }

  /** To be called before a page is shown. */
  list(page: number): void {
    if (this.#listedCount === LISTED_PAGES) this.clear();
    this.#listed[this.#listedCount++] = page;
  }

  showReadable(page: number): void {
    this.reads[page] = offsetOf(page);
    if (page < USER_PAGES) this.#readPermission[page] = 1;
  }

  showWritable(page: number): void {
    this.writes[page] = offsetOf(page);
    if (page < USER_PAGES) this.#writePermission[page] = 1;
  }

  hide(page: number): void {
    this.reads[page] = 0;
    this.#readPermission[page] = 0;
    this.hideFromWrites(page);
  }

  hideFromWrites(page: number): void {
    this.writes[page] = 0;
    this.#writePermission[page] = 0;
  }

  clear(): void {
    for (let at = 0; at < this.#listedCount; at++) this.hide(this.#listed[at]!);
    this.#listedCount = 0;
  }
}
