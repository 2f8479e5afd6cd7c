/**
 * Translations by page and ASID, as a core's main TLB keeps them: 4-way, round robin. Larger mappings are held page by
 * page; where there are any, an invalidation by address clears all that its descriptor may have given.
 */
import type {Mapping} from './walk/mapping.ts';

const WAYS = 4;
const SETS = 1024;
const ENTRIES = WAYS * SETS;
/** In place of an ASID: the entry is for all of them. */
const GLOBAL = -1;
const EMPTY = -1;
const REGION_SHIFT = 20;
const REGIONS = 4096;
const PAGE_SHIFT = 12;

/** Pages of the virtual space, [first, end). */
export interface PageRange {
  readonly first: number;
  readonly end: number;
}

export class Tlb {
  /** Physical page number, rights and memory type of each entry. */
  readonly frames = new Int32Array(ENTRIES);
  readonly permissions = new Uint8Array(ENTRIES);
  readonly memoryTypes = new Uint8Array(ENTRIES);
  readonly #pages = new Int32Array(ENTRIES).fill(EMPTY);
  readonly #asids = new Int16Array(ENTRIES);
  readonly #turns = new Uint8Array(SETS);
  /** For each MiB the size shift of the largest mapping that gave an entry, if larger than a page. */
  readonly #largest = new Uint8Array(REGIONS);

  /** The entry of a page, or −1. */
  find(page: number, asid: number): number {
    const first = (page & (SETS - 1)) * WAYS;
    for (let entry = first; entry < first + WAYS; entry++) {
      if (this.#pages[entry] === page && (this.#asids[entry] === GLOBAL || this.#asids[entry] === asid)) return entry;
    }
    return -1;
  }

  isGlobal(entry: number): boolean {
    return this.#asids[entry] === GLOBAL;
  }

  /** @returns the entry. */
  insert(page: number, asid: number, mapping: Mapping): number {
    const set = page & (SETS - 1);
    const found = this.find(page, asid);
    const turn = this.#turns[set]!;
    if (found < 0) this.#turns[set] = (turn + 1) % WAYS;
    const entry = found < 0 ? set * WAYS + turn : found;
    this.#pages[entry] = page;
    this.#asids[entry] = mapping.global ? GLOBAL : asid;
    this.frames[entry] = mapping.page / 4096;
    this.permissions[entry] = mapping.permissions;
    this.memoryTypes[entry] = mapping.memoryType;
    if (mapping.sizeShift > PAGE_SHIFT) this.#noteSize(page, mapping.sizeShift);
    return entry;
  }

  clear(): void {
    this.#pages.fill(EMPTY);
    this.#largest.fill(0);
  }

  /** Forgets what is not global and has this ASID. */
  clearAsid(asid: number): void {
    for (let entry = 0; entry < ENTRIES; entry++) if (this.#asids[entry] === asid) this.#pages[entry] = EMPTY;
  }

  /**
   * Forgets the mapping of an address, for one ASID and where it is global, or for all ASIDs (undefined).
   * @returns the pages that it may have given.
   */
  clearAddress(address: number, asid: number | undefined): PageRange {
    const shift = Math.max(this.#largest[address >>> REGION_SHIFT]!, PAGE_SHIFT);
    const first = Math.floor((address >>> 0) / 2 ** shift) * 2 ** (shift - PAGE_SHIFT);
    const end = first + 2 ** (shift - PAGE_SHIFT);
    if (end - first > SETS) this.#clearEntries((page) => page >= first && page < end, asid);
    else for (let page = first; page < end; page++) this.#clearPage(page, asid);
    return {first, end};
  }

  #clearPage(page: number, asid: number | undefined): void {
    const first = (page & (SETS - 1)) * WAYS;
    for (let entry = first; entry < first + WAYS; entry++) {
      if (this.#pages[entry] === page && this.#matches(entry, asid)) this.#pages[entry] = EMPTY;
    }
  }

  #clearEntries(covers: (page: number) => boolean, asid: number | undefined): void {
    for (let entry = 0; entry < ENTRIES; entry++) {
      if (covers(this.#pages[entry]!) && this.#matches(entry, asid)) this.#pages[entry] = EMPTY;
    }
  }

  #matches(entry: number, asid: number | undefined): boolean {
    return asid === undefined || this.#asids[entry] === GLOBAL || this.#asids[entry] === asid;
  }

  #noteSize(page: number, sizeShift: number): void {
    const region = page >>> (REGION_SHIFT - PAGE_SHIFT);
    if (this.#largest[region]! >= sizeShift) return;
    const regions = 2 ** Math.max(sizeShift - REGION_SHIFT, 0);
    const first = region - (region % regions);
    for (let at = first; at < first + regions; at++) {
      if (this.#largest[at]! < sizeShift) this.#largest[at] = sizeShift;
    }
  }
}
