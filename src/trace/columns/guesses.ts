/**
 * What the records of a chunk are coded as differences from: what came before them in the chunk, and nothing else. Encoder and
 * decoder step it alike.
 *
 * - A head is guessed to be what followed the previous block last time.
 * - An access (the n-th of its block) is guessed to have last time's meta.
 * - Its address is guessed in two ways: last time's, moved by last time's stride; and the address of the access before it, of
 *   whichever block, moved by what lay between them last time. What walks through memory keeps its stride; what is reached from
 *   one pointer, as the members of an object or a stack frame are, keeps its distance.
 */
import {MOST_ACCESSES, recordAccesses, recordBlock} from '../records.ts';
import {isEvent} from '../walk.ts';

/** The block executed before the first: none. */
export const NONE = 0;

/** What a block did last time lies in flat arrays that all chunks share: a chunk of n words has at most n blocks, and their accesses, grown by doubling, take at most n entries. */
export class Guesses {
  /** By block, numbered from 1 as they come: what came after it, and which block that was ({@link NONE}: nothing yet). */
  readonly followerHeads: Uint32Array;
  readonly followers: Int32Array;
  /** Its part of the arrays below. */
  readonly starts: Int32Array;
  readonly capacities: Int32Array;
  readonly metas: Uint32Array;
  readonly addresses: Int32Array;
  readonly strides: Int32Array;
  /** From the access before. */
  readonly distances: Int32Array;
  /** Which guess of the address was right last: 0 by the stride, 1 by the distance. */
  readonly choices: Int32Array;
  readonly #numbers = new Map<number, number>();
  #used = 0;

  /** Of the longest chunk. */
  readonly words: number;

  constructor(words: number) {
    this.words = words;
    this.followerHeads = new Uint32Array(words + 1);
    this.followers = new Int32Array(words + 1);
    this.starts = new Int32Array(words + 1);
    this.capacities = new Int32Array(words + 1);
    this.metas = new Uint32Array(words);
    this.addresses = new Int32Array(words);
    this.strides = new Int32Array(words);
    this.distances = new Int32Array(words);
    this.choices = new Int32Array(words);
  }

  /** @returns the block before the first. */
  clear(): number {
    this.#numbers.clear();
    this.#used = 0;
    this.followers[NONE] = NONE;
    return NONE;
  }

  /** `head` came behind block `previous` where another was guessed: learns it. @returns its block, with room for its accesses. */
  learn(previous: number, head: number): number {
    // Each kind of event is one more 'block' (negative, so that it meets no block's id) without accesses.
    const key = isEvent(head) ? -1 - (head & 0x7fff_ffff) : recordBlock(head);
    const accesses = isEvent(head) ? 0 : recordAccesses(head);
    let block = this.#numbers.get(key);
    if (block === undefined) {
      block = this.#numbers.size + 1;
      this.#numbers.set(key, block);
      this.followers[block] = NONE;
      this.#reserve(block, accesses);
    } else if (this.capacities[block]! < accesses) this.#grow(block, accesses);
    this.followerHeads[previous] = head;
    this.followers[previous] = block;
    return block;
  }

  get #ofAccesses(): readonly (Uint32Array | Int32Array)[] {
    return [this.metas, this.addresses, this.strides, this.distances, this.choices];
  }

  #reserve(block: number, accesses: number): void {
    const start = this.#used;
    this.#used += accesses;
    this.starts[block] = start;
    this.capacities[block] = accesses;
    for (const array of this.#ofAccesses) array.fill(0, start, this.#used);
  }

  #grow(block: number, accesses: number): void {
    const start = this.starts[block]!;
    const end = start + this.capacities[block]!;
    this.#reserve(block, Math.min(MOST_ACCESSES, accesses * 2));
    for (const array of this.#ofAccesses) array.copyWithin(this.starts[block]!, start, end);
  }
}
