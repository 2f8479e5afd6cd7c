/**
 * Stage 1 of a guest whose own kernel maps its memory: what a machine's trace has announced and its maintenance has not
 * invalidated since. It is a TLB without bounds: every entry of replay's own stage-1 arrays stands here too.
 */
import {TLB_OPERATION_ID} from '../trace/events.ts';

/** The table that a walk reads its last descriptor from, of the kind whose place the walk cache holds. */
export interface LastTable {
  /** Log₂ of the bytes of virtual addresses that it maps. */
  readonly spanBits: number;
  /** Bytes from its start to the descriptor. */
  readonly offset: number;
}

/** A page or block. Addresses are intermediate. */
export interface GuestPage {
  /** Log₂ of its bytes. */
  readonly bits: number;
  /** Of all address spaces. */
  readonly isGlobal: boolean;
  /** Device or Strongly-ordered. */
  readonly isUncached: boolean;
  readonly address: number;
  /** That a walk reads, in order; none where the MMU is off. */
  readonly descriptors: readonly number[];
  /** Undefined where the walk ends before the last level. */
  readonly lastTable: LastTable | undefined;
}

/** Bytes of pages and blocks that tables map, as log₂: 4 KiB, 64 KiB, 1 MiB, 2 MiB, 16 MiB, 1 GiB. Main-TLB entries have the same. */
const MAPPED_BITS = [12, 16, 20, 21, 24, 30] as const;
const [SMALLEST_BITS] = MAPPED_BITS;
/** With the MMU off, one translation may be of the whole address space. */
const MOST_BITS = 32;

/** Log₂ of the largest entry that fits a page of 2^bits bytes: the main TLB has no other sizes (DDI 0464 5.3.2, as pytorch's cpuinfo quotes it). */
export const entryBits = (bits: number): number => MAPPED_BITS.findLast((one) => one <= bits) ?? SMALLEST_BITS;

/** Words of the event. */
type Translated = [space: number, virtual: number, form: number, address: number, ...descriptors: number[]];

const FORM = {sizeMask: 0x3f, global: 1 << 6, descriptorsShift: 8, typeShift: 16, typeMask: 3} as const;
/** Short descriptors: tables of 256 × 4 bytes map 1 MiB. Long ones: 512 × 8 bytes map 2 MiB. */
const SHORT_TABLE = {bytes: 1024, descriptorBits: 2, spanBits: 20};
const LONG_TABLE = {bytes: 4096, descriptorBits: 3, spanBits: 21};

/** Is the descriptor where a last-level table of this kind has that of the page? */
const fits = (
  descriptor: number,
  virtual: number,
  bits: number,
  {bytes, descriptorBits}: typeof SHORT_TABLE,
): boolean => {
  // The descriptors of a large page are alike; which of them was read does not matter.
  const pages = 2 ** (bits - SMALLEST_BITS);
  const index = Math.floor((descriptor % bytes) / 2 ** descriptorBits / pages);
  return index === Math.floor(virtual / 2 ** bits) % (bytes / 2 ** descriptorBits / pages);
};

/**
 * Levels are not numbered in a trace: where two descriptors lead to a page, they are of levels 1 and 2 of short tables or of levels
 * 2 and 3 of long ones. An address of the last says which; where it could be either, it counts as long.
 */
const lastTableOf = (virtual: number, bits: number, descriptors: readonly number[]): LastTable | undefined => {
  const descriptor = descriptors.at(-1);
  if (descriptor === undefined || descriptors.length < 2 || bits >= SHORT_TABLE.spanBits) return undefined;
  const isLong = descriptors.length > 2 || fits(descriptor, virtual, bits, LONG_TABLE);
  const {spanBits, bytes} = isLong ? LONG_TABLE : SHORT_TABLE;
  return {spanBits, offset: descriptor % bytes};
};

/** Whose a global page is: of no address space. */
const ALL = -1;
const SIZES = 64;
const keyOf = (virtual: number, bits: number): number => Math.floor(virtual / 2 ** bits) * SIZES + bits;

interface Announced {
  readonly page: GuestPage;
  /** Of its address space, when it was announced. */
  readonly generation: number;
  /** Of all announcements: where a page and a block overlap, the later counts. */
  readonly number: number;
}

export class GuestTranslations {
  /** By place and size, then by address space. */
  private readonly pages = new Map<number, Map<number, Announced>>();
  /** How often an address space was invalidated as a whole. */
  private readonly generations = new Map<number, number>();
  private readonly sizes = new Set<number>();
  private announced = 0;

  /**
   * The payload of a `translation` event from word `at` on.
   * @throws RangeError for a size that no table maps.
   */
  announce(words: Uint32Array, at: number): void {
    const [space, virtual, form, address, ...rest] = words.subarray(at, at + 7) as Iterable<number> as Translated;
    const bits = form & FORM.sizeMask;
    const descriptors = rest.slice(0, (form >>> FORM.descriptorsShift) & 3);
    const isMapped = descriptors.length > 0;
    if (isMapped ? !MAPPED_BITS.some((one) => one === bits) : bits < SMALLEST_BITS || bits > MOST_BITS)
      throw new RangeError(`a translation of 2^${bits} bytes, with ${descriptors.length} descriptors`);
    const isGlobal = (form & FORM.global) !== 0;
    const owner = isGlobal ? ALL : space;
    const page = {
      bits,
      isGlobal,
      isUncached: ((form >>> FORM.typeShift) & FORM.typeMask) !== 0,
      address: Math.floor(address / 2 ** bits) * 2 ** bits,
      descriptors,
      lastTable: lastTableOf(virtual, bits, descriptors),
    };
    this.sizes.add(bits);
    const key = keyOf(virtual, bits);
    const owners = this.pages.get(key) ?? new Map<number, Announced>();
    this.pages.set(key, owners);
    owners.set(owner, {page, generation: this.generation(owner), number: this.announced++});
  }

  /** Undefined where nothing is announced. */
  find(space: number, virtual: number): GuestPage | undefined {
    let latest: Announced | undefined;
    for (const bits of this.sizes) {
      const owners = this.pages.get(keyOf(virtual, bits));
      for (const owner of [space, ALL]) {
        const one = owners?.get(owner);
        if (one === undefined || one.generation !== this.generation(owner)) continue;
        if (latest === undefined || one.number > latest.number) latest = one;
      }
    }
    return latest?.page;
  }

  /** What a `tlb-maintenance` event invalidates: by address, global pages too (DDI 0406C B3.18.7: TLBIMVA). */
  drop(operation: number, space: number, address: number, pages: number): void {
    if (operation === TLB_OPERATION_ID.all) this.pages.clear();
    else if (operation === TLB_OPERATION_ID.space) this.generations.set(space, this.generation(space) + 1);
    else {
      const isOfAll = operation === TLB_OPERATION_ID['pages-of-all'];
      for (const key of this.keysOf(address, pages)) {
        if (isOfAll) this.pages.delete(key);
        else for (const owner of [space, ALL]) this.pages.get(key)?.delete(owner);
      }
    }
  }

  private generation(space: number): number {
    return this.generations.get(space) ?? 0;
  }

  /** Of everything that overlaps the 4 KiB pages from `address` on. */
  private *keysOf(address: number, pages: number): Generator<number> {
    const end = address + pages * 2 ** SMALLEST_BITS;
    for (const bits of this.sizes) {
      const size = 2 ** bits;
      for (let first = Math.floor(address / size) * size; first < end; first += size) yield keyOf(first, bits);
    }
  }
}
