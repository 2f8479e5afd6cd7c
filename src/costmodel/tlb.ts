/** Set-associative arrays of translations with round-robin replacement, and the tags of what they hold. */
import {TLB_OPERATION_ID, type TLB_OPERATIONS} from '../trace/events.ts';
import type {TlbGeometry} from './machine.ts';

const EMPTY = -1;
/** Page numbers have 28 bits: 40 of an address without those of the smallest page. */
const PAGES = 2 ** 28;
/** Sizes have five bits. */
const SIZES = 32;
const REGIMES = 4;
const SMALLEST_PAGE_BITS = 12;

/**
 * Whose translation an entry is. The guest's address spaces have ASIDs, and share the guest's VMID with what its kernel maps
 * for all of them; the hypervisor, and all that runs beside the guest, do not have that VMID.
 */
export const SPACE = 0;
export const GUEST_KERNEL = 1;
export const HYPERVISOR = 2;
/** What a machine's kernel marks as global: entries that match whatever the ASID. */
export const GLOBAL = 3;

/** Address spaces that keys have room for. */
export const MOST_SPACES = 2 ** 18;

/** Tag of a context; add the size of an entry with {@link sizeTag}. */
export const contextTag = (regime: number, space = 0): number => (space * REGIMES + regime) * SIZES;
/** `bits`: log₂ of the bytes that an entry maps. */
export const sizeTag = (bits: number): number => bits - SMALLEST_PAGE_BITS;

const bitsOf = (tag: number): number => (tag % SIZES) + SMALLEST_PAGE_BITS;
const contextOf = (tag: number): number => Math.floor(tag / SIZES);
const regimeOf = (tag: number): number => contextOf(tag) % REGIMES;

/** Which entries go. */
export type Match = (tag: number, page: number) => boolean;

export const EVERYTHING: Match = () => true;
/** All with the guest's VMID. */
export const THE_GUEST: Match = (tag) => regimeOf(tag) !== HYPERVISOR;

/** Bytes of a page that maintenance names. */
const NAMED_PAGE = 2 ** SMALLEST_PAGE_BITS;

/** Does the entry map any of `pages` 4 KiB pages from `address` on? */
const overlaps = (tag: number, page: number, address: number, pages: number): boolean => {
  const size = 2 ** bitsOf(tag);
  return page * size < address + pages * NAMED_PAGE && address < (page + 1) * size;
};

type Selection = (space: number, address: number, pages: number) => Match;

/**
 * What the operations of a trace invalidate; translations of the guest's kernel belong to all spaces. By address, those go that
 * are global too, whatever the ASID that is named with it (DDI 0406C B3.18.7).
 */
const SELECTIONS: Readonly<Record<(typeof TLB_OPERATIONS)[number], Selection>> = {
  all: () => THE_GUEST,
  space: (space) => (tag) => contextOf(tag) === contextOf(contextTag(SPACE, space)),
  pages: (space, address, pages) => (tag, page) =>
    (contextOf(tag) === contextOf(contextTag(SPACE, space)) || regimeOf(tag) === GLOBAL) &&
    overlaps(tag, page, address, pages),
  'pages-of-all': (_space, address, pages) => (tag, page) =>
    (regimeOf(tag) === SPACE || regimeOf(tag) === GLOBAL) && overlaps(tag, page, address, pages),
};
const SELECTION_BY_ID = Object.entries(SELECTIONS).reduce<Selection[]>((all, [name, selection]) => {
  all[TLB_OPERATION_ID[name as keyof typeof SELECTIONS]] = selection;
  return all;
}, []);

/** By the words of a `tlb-maintenance` event. @throws RangeError for an operation that there is not. */
export const selectionOf = (operation: number, space: number, address: number, pages: number): Match => {
  const selection = SELECTION_BY_ID[operation];
  if (selection === undefined) throw new RangeError(`no TLB operation ${operation}`);
  return selection(space, address, pages);
};

/** An array of page numbers with their tags; 0 sets means absent. */
export class Tlb {
  private readonly sets: number;
  private readonly ways: number;
  private readonly keys: Float64Array;
  private readonly values: Float64Array;
  private readonly next: Uint8Array;
  /** Index of the entry found by the last successful {@link find}. */
  private hit = 0;

  constructor(geometry: TlbGeometry) {
    this.sets = geometry.sets;
    this.ways = geometry.ways;
    this.keys = new Float64Array(geometry.sets * geometry.ways).fill(EMPTY);
    this.values = new Float64Array(geometry.sets * geometry.ways);
    this.next = new Uint8Array(geometry.sets);
  }

  /** Is `page` present? Its value is then {@link value}. `tag` tells apart what shares an index: contexts, sizes. */
  find(page: number, tag: number): boolean {
    if (this.sets === 0) return false;
    const first = (page % this.sets) * this.ways;
    const key = tag * PAGES + page;
    for (let i = first; i < first + this.ways; i++) {
      if (this.keys[i] === key) {
        this.hit = i;
        return true;
      }
    }
    return false;
  }

  get value(): number {
    return this.values[this.hit] as number;
  }

  /** Replacement does not look for places that {@link drop} has emptied. */
  insert(page: number, tag: number, value: number): void {
    if (this.sets === 0) return;
    const set = page % this.sets;
    const way = this.next[set] as number;
    this.next[set] = (way + 1) % this.ways;
    this.keys[set * this.ways + way] = tag * PAGES + page;
    this.values[set * this.ways + way] = value;
  }

  drop(matches: Match): void {
    for (const [i, key] of this.keys.entries()) {
      if (key !== EMPTY && matches(Math.floor(key / PAGES), key % PAGES)) this.keys[i] = EMPTY;
    }
  }
}
