/**
 * The record words of one chunk as five columns of numbers, each coded against a guess, so that a loop becomes runs of zero
 * bytes:
 *
 * - heads: 0 = as guessed, else head + 1;
 * - metas: 0 = as guessed, else meta + 1;
 * - choices: which guess of the address is right: 0 = the one that was right last time for this access, else the number of the guess + 1,
 *   {@link NEITHER} where none is;
 * - surprises: where none is, the zigzag difference from the last address of the same access, modulo 2³²;
 * - payloads of events: as they are.
 */
import {ACCESS_WORDS, EVENT_FLAG, eventPayload, recordAccesses} from '../records.ts';
import {BY_STRIDE, Guesses, NEIGHBOURS, NONE} from './guesses.ts';
import {join, mostBytes, put, zigzag} from './varint.ts';

export const COLUMNS = 5;
/** No guess is right. */
export const NEITHER = NEIGHBOURS + 2;

/** No chunk of `words` words has longer columns: an access of two words has three numbers, of which a choice is a byte. */
export const maxColumnBytes = (words: number): number => mostBytes(words + COLUMNS) + words;

/** The first guess that is right, or the number behind the last. */
const rightGuess = (guesses: Guesses, access: number, address: number, place: number): number => {
  for (let guess = BY_STRIDE; guess <= NEIGHBOURS; guess++)
    if (guesses.address(access, guess, place) === address) return guess;
  return NEITHER - 1;
};

/** Packs chunks of at most `words` words, one after another; what it allocates serves them all. */
export class ColumnEncoder {
  readonly #guesses: Guesses;
  readonly #heads: Uint8Array;
  readonly #metas: Uint8Array;
  readonly #choices: Uint8Array;
  readonly #surprises: Uint8Array;
  readonly #payloads: Uint8Array;

  constructor(words: number) {
    const accesses = words / ACCESS_WORDS;
    this.#guesses = new Guesses(words);
    this.#heads = new Uint8Array(mostBytes(words));
    this.#metas = new Uint8Array(mostBytes(accesses));
    this.#choices = new Uint8Array(accesses);
    this.#surprises = new Uint8Array(mostBytes(accesses));
    this.#payloads = new Uint8Array(mostBytes(words));
  }

  /** The columns of `length` words. All in one loop: it is hot. */
  encode(words: Uint32Array, length: number): Uint8Array {
    const guesses = this.#guesses;
    const [heads, metas, choices, surprises] = [this.#heads, this.#metas, this.#choices, this.#surprises];
    const payloads = this.#payloads;
    const {followerHeads, followers, starts, metas: lastMetas, addresses, choices: lastChoices} = guesses;
    let [headEnd, metaEnd, choiceEnd, surpriseEnd, payloadEnd] = [0, 0, 0, 0, 0];
    let previous = guesses.clear();
    let place = NEIGHBOURS;
    for (let at = 0; at < length; ) {
      const head = words[at++]!;
      let block = followers[previous]!;
      if (block !== NONE && followerHeads[previous] === head) heads[headEnd++] = 0;
      else {
        headEnd = put(heads, headEnd, head + 1);
        block = guesses.learn(previous, head);
      }
      previous = block;
      if (head >= EVENT_FLAG) {
        for (const end = at + eventPayload(head); at < end; at++) payloadEnd = put(payloads, payloadEnd, words[at]!);
        continue;
      }
      const start = starts[block]!;
      for (let access = start; access < start + recordAccesses(head); access++) {
        const address = words[at++]! | 0;
        const meta = words[at++]!;
        if (meta === lastMetas[access]) metas[metaEnd++] = 0;
        else {
          metaEnd = put(metas, metaEnd, meta + 1);
          lastMetas[access] = meta;
        }
        const choice = lastChoices[access]!;
        if (guesses.address(access, choice, place) === address) choices[choiceEnd++] = 0;
        else {
          const right = rightGuess(guesses, access, address, place);
          choices[choiceEnd++] = right + 1;
          if (right + 1 !== NEITHER) lastChoices[access] = right;
          else surpriseEnd = put(surprises, surpriseEnd, zigzag((address - addresses[access]!) | 0));
        }
        guesses.note(access, address, place++);
      }
    }
    return join([
      heads.subarray(0, headEnd),
      metas.subarray(0, metaEnd),
      choices.subarray(0, choiceEnd),
      surprises.subarray(0, surpriseEnd),
      payloads.subarray(0, payloadEnd),
    ]);
  }
}
