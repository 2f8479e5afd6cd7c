/** Which translations of a vCPU its stream has announced: each once, until maintenance covers it or its walk finds another. */
import {EVENT_KINDS, TLB_OPERATIONS, type TlbOperation} from './events.ts';
import {eventKind} from './records.ts';

/** In place of an ASID: for all of them. */
export const GLOBAL = -1;

export interface Translation {
  readonly space: number;
  /** Virtual address, and base-2 logarithm of the bytes, of the page or block. */
  readonly address: number;
  readonly sizeShift: number;
  /** All that a walk found. */
  readonly found: string;
}

/** A page or block of a space as one number. */
const keyOf = (address: number, sizeShift: number): number =>
  Math.floor((address >>> 0) / 2 ** sizeShift) * 2 ** sizeShift * 64 + sizeShift;

export class AnnouncedTranslations {
  readonly #spaces = new Map<number, Map<number, string>>();
  readonly #sizes = new Set<number>();

  /** @returns whether it is to be announced. */
  add({space, address, sizeShift, found}: Translation): boolean {
    const known = this.#spaces.get(space) ?? new Map<number, string>();
    this.#spaces.set(space, known);
    this.#sizes.add(sizeShift);
    const key = keyOf(address, sizeShift);
    if (known.get(key) === found) return false;
    known.set(key, found);
    return true;
  }

  /** What is announced now, as it was found. */
  *found(): Generator<string> {
    for (const known of this.#spaces.values()) yield* known.values();
  }

  forget(operation: TlbOperation, space: number, address: number): void {
    if (operation === 'all') this.forgetAll();
    else if (operation === 'space') this.forgetSpace(space);
    else this.forgetAddress(address, operation === 'pages' ? space : undefined);
  }

  forgetAll(): void {
    this.#spaces.clear();
  }

  /** What is not global. */
  forgetSpace(space: number): void {
    this.#spaces.delete(space);
  }

  /** What maps an address in a space, global or not; in every space when that is undefined. */
  forgetAddress(address: number, space: number | undefined): void {
    for (const one of space === undefined ? this.#spaces.keys() : [space, GLOBAL])
      for (const size of this.#sizes) this.#spaces.get(one)?.delete(keyOf(address, size));
  }
}

/** Bits of the form of a `translation`. */
const SIZE_BITS = 0x3f;
const GLOBAL_BIT = 0x40;

/** The translations that a stream holds at a place, by its events up to there. */
export class HeldTranslations {
  readonly #announced = new AnnouncedTranslations();

  /** An event of the stream. @param words it begins with. */
  read(words: Uint32Array): void {
    const kind = EVENT_KINDS[eventKind(words[0]!)];
    const [, first, second, third] = words as unknown as readonly [number, number, number, number];
    if (kind === 'tlb-maintenance') this.#announced.forget(TLB_OPERATIONS[first]!, second, third);
    if (kind !== 'translation') return;
    const space = (third & GLOBAL_BIT) === 0 ? first : GLOBAL;
    this.#announced.add({space, address: second, sizeShift: third & SIZE_BITS, found: words.join()});
  }

  /** Words of the `translation` events that announce them. */
  *records(): Generator<readonly number[]> {
    for (const words of this.#announced.found()) yield words.split(',').map(Number);
  }
}
