/**
 * What Linux invalidates in the TLBs of an ARMv7 processor, collected until the records can take it: Linux 3.16, mm/ and
 * arch/arm/{mm/context.c, include/asm/tlb.h}. Who changes a page table says what goes:
 *
 * | change | invalidated |
 * |---|---|
 * | munmap, a smaller break, a mapping over another, MADV_DONTNEED | from the first to the last page that was present |
 * | mprotect that changes a page that is present, pages that move (mremap) | the range |
 * | a write to a page that is shared until then (fork) | that page |
 * | fork, the end of a process's memory (exit, exec) | the address space (its ASID) |
 * | a 256th address space that runs: ASIDs are dealt anew | everything |
 *
 * Pages touched for the first time invalidate nothing: what is not mapped is in no TLB. Left out: the faults by which Linux
 * notes that a page was used or written, its zero page and page cache (a write behind a read of such a page), and what
 * concerns its own addresses.
 */
import type {TLB_OPERATION_ID} from '../../trace/events.ts';
import {PAGE} from '../memory/layout.ts';

/** An event of the trace: its kind and payload. */
export type SpaceEvent =
  | {
      readonly kind: 'tlb-maintenance';
      readonly operation: keyof typeof TLB_OPERATION_ID;
      readonly space: number;
      readonly address: number;
      readonly pages: number;
    }
  | {readonly kind: 'space-end'; readonly space: number};

/** More ranges than the TLB has entries are recorded as their address spaces. */
const MOST_EVENTS = 256;
/** Words of the records that may follow at once. */
export const MOST_EVENT_WORDS = MOST_EVENTS * 5;

const bySpace = (space: number): SpaceEvent => ({
  kind: 'tlb-maintenance',
  operation: 'space',
  space,
  address: 0,
  pages: 0,
});

export class PendingMaintenance {
  #events: SpaceEvent[] = [];

  /** The pages of [start, end), page-aligned. */
  pages(space: number, start: number, end: number): void {
    const pages = (end - start) / PAGE;
    if (pages <= 0) return;
    const last = this.#events.at(-1);
    const continues =
      last?.kind === 'tlb-maintenance' &&
      last.operation === 'pages' &&
      last.space === space &&
      last.address + last.pages * PAGE === start;
    if (continues) this.#events[this.#events.length - 1] = {...last, pages: last.pages + pages};
    else this.#add({kind: 'tlb-maintenance', operation: 'pages', space, address: start, pages});
  }

  space(space: number): void {
    this.#add(bySpace(space));
  }

  all(): void {
    this.#add({kind: 'tlb-maintenance', operation: 'all', space: 0, address: 0, pages: 0});
  }

  /** Nothing runs in the space any more. */
  end(space: number): void {
    this.#add({kind: 'space-end', space});
  }

  /** All since the last time, in order. */
  take(): readonly SpaceEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #add(event: SpaceEvent): void {
    this.#events.push(event);
    if (this.#events.length <= MOST_EVENTS) return;
    const spaces = new Set(this.#events.map(({space}) => space));
    const kept = this.#events.filter((one) => one.kind === 'space-end' || one.operation === 'all');
    this.#events = [...[...spaces].map(bySpace), ...kept];
  }
}

/** ASIDs of 8 bits, of which Linux keeps 0 for itself. */
const ASIDS = 255;

/** Which address spaces have an ASID. */
export class Asids {
  #holders = new Set<number>();
  #running = 0;

  /** A space runs from now on. Were all ASIDs taken, so that they are dealt anew and nothing in the TLBs counts any more? */
  isDealtAnewFor(space: number): boolean {
    const previous = this.#running;
    this.#running = space;
    if (this.#holders.has(space)) return false;
    const areTaken = this.#holders.size === ASIDS;
    if (areTaken) this.#holders = new Set([previous]);
    this.#holders.add(space);
    return areTaken;
  }
}
