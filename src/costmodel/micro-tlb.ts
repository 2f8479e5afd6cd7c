/**
 * The micro-TLBs: DDI 0464 5.3.1. What they map is 4 KiB, whatever the page's size; replacement is assumed round robin. They
 * have no tags: every change of TTBR0 or CONTEXTIDR and every maintenance of the main TLB empties both.
 */

const MICRO_INDEX_MASK = 1023;

/** A small fully associative TLB with round-robin replacement, found through a direct-mapped hint. */
export class MicroTlb {
  readonly pages: Int32Array;
  readonly frames: Int32Array;
  readonly hint = new Uint8Array(MICRO_INDEX_MASK + 1);
  private next = 0;

  constructor(entries: number) {
    this.pages = new Int32Array(entries).fill(-1);
    this.frames = new Int32Array(entries);
  }

  /** Slot that holds `page`, or -1. */
  find(page: number): number {
    const slot = this.hint[page & MICRO_INDEX_MASK] as number;
    if (this.pages[slot] === page) return slot;
    for (let i = 0; i < this.pages.length; i++) {
      if (this.pages[i] === page) {
        this.hint[page & MICRO_INDEX_MASK] = i;
        return i;
      }
    }
    return -1;
  }

  insert(page: number, frame: number): number {
    const slot = this.next;
    this.next = (slot + 1) % this.pages.length;
    this.pages[slot] = page;
    this.frames[slot] = frame;
    this.hint[page & MICRO_INDEX_MASK] = slot;
    return slot;
  }

  flush(): void {
    this.pages.fill(-1);
  }
}
