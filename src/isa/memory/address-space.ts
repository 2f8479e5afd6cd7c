/**
 * The page table of one guest process: a word for each mapped page, with the number of its frame in bits 12–31 (0 while
 * nothing was touched: a zeroed frame is then taken at the first access), and these flags.
 */
import {PAGE, PAGE_SHIFT, PAGES} from './layout.ts';

export const EXECUTABLE = 1;
export const WRITABLE = 2;
export const READABLE = 4;
export const PERMISSIONS = READABLE | WRITABLE | EXECUTABLE;
export const MAPPED = 8;
/** The frame may belong to other pages too, none of which sees a write through this one. */
export const COPY_ON_WRITE = 16;
/** The frame stays one frame when the process forks. */
export const SHARED = 32;

const TABLE_PAGES = 1024;
const TABLE_SHIFT = 10;
export const FRAME_SHIFT = 12;
export const FLAGS_MASK = (1 << FRAME_SHIFT) - 1;

export class AddressSpace {
  readonly id: number;
  readonly #tables: (Int32Array | undefined)[] = new Array(PAGES / TABLE_PAGES).fill(undefined);

  constructor(id: number) {
    this.id = id;
  }

  /** 0 when the page is not mapped. */
  entry(page: number): number {
    return this.#tables[page >>> TABLE_SHIFT]?.[page & (TABLE_PAGES - 1)] ?? 0;
  }

  setEntry(page: number, entry: number): void {
    const index = page >>> TABLE_SHIFT;
    const table = this.#tables[index] ?? new Int32Array(TABLE_PAGES);
    this.#tables[index] = table;
    table[page & (TABLE_PAGES - 1)] = entry;
  }

  /** From the first to the last page of [start, end), in bytes, that has a frame; undefined when none has. */
  presentRange(start: number, end: number): readonly [start: number, end: number] | undefined {
    let [first, last] = [start / PAGE, end / PAGE];
    while (first < last && this.entry(first) >>> FRAME_SHIFT === 0) first++;
    while (first < last && this.entry(last - 1) >>> FRAME_SHIFT === 0) last--;
    return first < last ? [first * PAGE, last * PAGE] : undefined;
  }

  /** Calls back for each mapped page, lowest first. */
  forEach(visit: (page: number, entry: number) => void): void {
    for (const [index, table] of this.#tables.entries()) {
      if (table === undefined) continue;
      for (let at = 0; at < TABLE_PAGES; at++)
        if (table[at] !== 0) visit((index << TABLE_SHIFT) + at, table[at] as number);
    }
  }

  /** The highest start of `pages` free pages that end at or below `limit` and start at or above `lowest`; all in pages. */
  findFree(pages: number, lowest: number, limit: number): number | undefined {
    let end = limit;
    for (let page = limit - 1; end - pages >= lowest; page--) {
      if (page < end - pages) return end - pages;
      if (this.#tables[page >>> TABLE_SHIFT] === undefined) page &= ~(TABLE_PAGES - 1);
      else if (this.entry(page) !== 0) end = page;
    }
    return undefined;
  }

  /** Runs of pages with equal flags: [start, end) in bytes, flags. */
  ranges(): readonly {readonly start: number; readonly end: number; readonly flags: number}[] {
    const found: {start: number; end: number; flags: number}[] = [];
    this.forEach((page, entry) => {
      const flags = entry & (PERMISSIONS | SHARED);
      const start = page * 2 ** PAGE_SHIFT;
      const last = found.at(-1);
      if (last?.end === start && last.flags === flags) last.end += PAGE;
      else found.push({start, end: start + PAGE, flags});
    });
    return found;
  }
}
