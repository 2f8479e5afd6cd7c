/**
 * What the records of a chunk are coded as differences from: what came before them in the chunk, and nothing else. Encoder and
 * decoder step it alike.
 *
 * - A head is guessed to be what followed the previous block last time.
 * - An access (the n-th of its block) is guessed to have last time's meta.
 * - Its address is guessed by its stride (last time's address, moved as it moved then), and by its distance from each of the
 *   {@link NEIGHBOURS} accesses before it, of whichever block: the address of that one, moved by what lay between the two last time.
 *   What walks through memory keeps its stride; what is reached from one pointer, as the members of an object or a stack frame are, keeps
 *   its distance.
 */
import {MOST_ACCESSES, recordAccesses, recordBlock} from '../records.ts';
import {isEvent} from '../walk.ts';

/** Accesses before one that its address is guessed from. */
export const NEIGHBOURS = 32;
/** The guess by the stride; guess n is by the distance from the n-th access before. */
export const BY_STRIDE = 0;

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
  /** Which access of the chunk it was, as {@link history} counts them. */
  readonly places: Int32Array;
  /** The guess of the address that was right last. */
  readonly choices: Int32Array;
  /** Addresses of all accesses of the chunk, behind zeros for those that there were not. */
  readonly history: Int32Array;
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
    this.places = new Int32Array(words);
    this.choices = new Int32Array(words);
    this.history = new Int32Array(NEIGHBOURS + words);
  }

  /** @returns the block before the first. */
  clear(): number {
    this.#numbers.clear();
    this.#used = 0;
    this.history.fill(0, 0, NEIGHBOURS);
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

  /** Guess `guess` of the address of `access`, which is the one at `place`. */
  address(access: number, guess: number, place: number): number {
    const last = this.addresses[access]!;
    if (guess === BY_STRIDE) return (last + this.strides[access]!) | 0;
    return (this.history[place - guess]! + last - this.history[this.places[access]! - guess]!) | 0;
  }

  /** `access`, the one at `place`, has this address. */
  note(access: number, address: number, place: number): void {
    this.strides[access] = (address - this.addresses[access]!) | 0;
    this.addresses[access] = address;
    this.places[access] = place;
    this.history[place] = address;
  }

  get #ofAccesses(): readonly (Uint32Array | Int32Array)[] {
    return [this.metas, this.addresses, this.strides, this.places, this.choices];
  }

  #reserve(block: number, accesses: number): void {
    const start = this.#used;
    this.#used += accesses;
    this.starts[block] = start;
    this.capacities[block] = accesses;
    for (const array of this.#ofAccesses) array.fill(0, start, this.#used);
    this.places.fill(NEIGHBOURS, start, this.#used);
  }

  #grow(block: number, accesses: number): void {
    const start = this.starts[block]!;
    const end = start + this.capacities[block]!;
    this.#reserve(block, Math.min(MOST_ACCESSES, accesses * 2));
    for (const array of this.#ofAccesses) array.copyWithin(this.starts[block]!, start, end);
  }
}
