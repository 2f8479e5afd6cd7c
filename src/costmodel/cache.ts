/**
 * A set-associative tag store with pseudo-random replacement (Cortex-A7's L1; assumed for its L2). Line numbers are
 * physical addresses divided by the line size; the machine's loader makes sure that they fit 31 bits.
 */
import type {CacheGeometry} from './machine.ts';

export const DIRTY = 1;
/** Brought in by the prefetcher and not asked for yet. */
export const PREFETCHED = 2;

const EMPTY = -1;
/** Of the random numbers, where the seed is 0: xorshift would stay there. */
export const SEED_FOR_ZERO = 0x9e3779b9;

export class Cache {
  readonly setMask: number;
  readonly ways: number;
  /** Line number by set × ways + way; -1 where empty. */
  readonly tags: Int32Array;
  readonly flags: Uint8Array;
  /** What the last {@link insert} threw out: its line (or -1) and flags. */
  victimLine = EMPTY;
  victimFlags = 0;
  private random: number;

  constructor(geometry: CacheGeometry, seed: number) {
    this.setMask = geometry.sets - 1;
    this.ways = geometry.ways;
    this.tags = new Int32Array(geometry.sets * geometry.ways).fill(EMPTY);
    this.flags = new Uint8Array(geometry.sets * geometry.ways);
    this.random = seed | 0 || SEED_FOR_ZERO;
  }

  /** Slot of `line`, or -1. */
  find(line: number): number {
    const first = (line & this.setMask) * this.ways;
    for (let slot = first, end = first + this.ways; slot < end; slot++) if (this.tags[slot] === line) return slot;
    return EMPTY;
  }

  /** Puts `line` in (it must not be there), in an empty way or over a random one. Returns its slot. */
  insert(line: number, flags: number): number {
    const first = (line & this.setMask) * this.ways;
    let slot = EMPTY;
    for (let way = first, end = first + this.ways; way < end; way++) {
      if (this.tags[way] === EMPTY) {
        slot = way;
        break;
      }
    }
    if (slot === EMPTY) {
      // xorshift32 (Marsaglia 2003)
      let x = this.random;
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      this.random = x;
      slot = first + ((x >>> 8) % this.ways);
    }
    this.victimLine = this.tags[slot] as number;
    this.victimFlags = this.flags[slot] as number;
    this.tags[slot] = line;
    this.flags[slot] = flags;
    return slot;
  }

  remove(slot: number): void {
    this.tags[slot] = EMPTY;
    this.flags[slot] = 0;
  }
}
