/** Puts half-words and labels together. */
import {assembleT32} from '../assemble.ts';
import type {Link} from './dialects.ts';

/** Code in memory, in half-words, with labels that may be used before they are set. */
export class Builder {
  readonly halves: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #links: {readonly at: number; readonly length: number; readonly make: () => readonly number[]}[] = [];
  readonly #start: number;
  #fresh = 0;

  constructor(start: number) {
    this.#start = start;
  }

  get address(): number {
    return this.#start + 2 * this.halves.length;
  }

  put(code: readonly number[]): this {
    this.halves.push(...code);
    return this;
  }

  align(): void {
    while (this.address % 4 !== 0) this.put(assembleT32('NOP T1'));
  }

  label(): string {
    return `${this.#fresh++}`;
  }

  place(label: string): void {
    this.#labels.set(label, this.address);
  }

  addressOf(label: string): number {
    const found = this.#labels.get(label);
    if (found === undefined) throw new RangeError(`no label ${label}`);
    return found;
  }

  /** Code that depends on a label. */
  late(length: number, make: (address: number) => readonly number[]): void {
    const at = this.halves.length;
    const {address} = this;
    this.#links.push({at, length, make: () => make(address)});
    this.put(new Array(length).fill(0));
  }

  link(label: string, link: Link): void {
    this.late(2, (address) => link(address, this.addressOf(label)));
  }

  finish(): Uint8Array {
    for (const {at, length, make} of this.#links) this.halves.splice(at, length, ...make());
    return new Uint8Array(Uint16Array.from(this.halves).buffer);
  }
}
