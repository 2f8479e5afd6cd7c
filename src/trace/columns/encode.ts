/**
 * The record words of one chunk as five columns of numbers, each coded against a guess, so that a loop becomes runs of zero
 * bytes:
 *
 * - heads: 0 = as guessed, else head + 1;
 * - metas: 0 = as guessed, else meta + 1;
 * - choices: which guess of the address is right, {@link CHOICES};
 * - surprises: where neither is, the zigzag difference from the last address of the same access, modulo 2³²;
 * - payloads of events: as they are.
 */
import {ACCESS_WORDS, EVENT_FLAG, eventPayload, recordAccesses} from '../records.ts';
import {Guesses, NONE} from './guesses.ts';
import {join, mostBytes, put, zigzag} from './varint.ts';

export const COLUMNS = 5;
/** The guess that was right last time for this access; the other one; none. */
export const CHOICES = {same: 0, other: 1, neither: 2} as const;

/** No chunk of `words` words has longer columns: an access of two words has three numbers, of which a choice is a byte. */
export const maxColumnBytes = (words: number): number => mostBytes(words + COLUMNS) + words;

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
    const {followerHeads, followers, starts, metas: lastMetas, addresses, strides, distances} = guesses;
    const {choices: lastChoices} = guesses;
    let [headEnd, metaEnd, choiceEnd, surpriseEnd, payloadEnd] = [0, 0, 0, 0, 0];
    let previous = guesses.clear();
    let before = 0;
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
        const stride = (address - addresses[access]!) | 0;
        const distance = (address - before) | 0;
        const choice = lastChoices[access]!;
        const byStride = stride === strides[access];
        const byDistance = distance === distances[access];
        if (choice === 0 ? byStride : byDistance) choices[choiceEnd++] = CHOICES.same;
        else if (choice === 0 ? byDistance : byStride) {
          choices[choiceEnd++] = CHOICES.other;
          lastChoices[access] = 1 - choice;
        } else {
          choices[choiceEnd++] = CHOICES.neither;
          surpriseEnd = put(surprises, surpriseEnd, zigzag(stride));
        }
        strides[access] = stride;
        distances[access] = distance;
        addresses[access] = address;
        before = address;
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
