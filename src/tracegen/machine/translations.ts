/** Which translations of a vCPU its stream has announced: each once, until maintenance covers it or its walk finds another. */

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
