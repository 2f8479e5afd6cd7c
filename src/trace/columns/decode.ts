/** Unpacks chunks that {@link ColumnEncoder} packed, and those of older formats. */
import {EVENT_FLAG} from '../records.ts';
import {recordWords} from '../walk.ts';
import {COLUMNS, NEITHER} from './encode.ts';
import {Guesses, NEIGHBOURS, NONE} from './guesses.ts';
import {type ColumnReader, split, unzigzag} from './varint.ts';

const WORD = 2 ** 32;

/** Of formats 1 to 3: the third column has the zigzag difference from the guess by the stride, and there is no fourth. */
const OLDER_COLUMNS = 4;

/** One chunk after another; what it allocates for the largest serves them all. */
export class ColumnDecoder {
  #guesses = new Guesses(0);

  /**
   * Fills `words[0 … length)`.
   * @throws RangeError when the columns do not make exactly `length` words of whole records.
   */
  decode(bytes: Uint8Array, words: Uint32Array, length: number): void {
    const columns = split(bytes, COLUMNS);
    const [heads, metas, choices, surprises, payloads] = columns as readonly [
      ColumnReader,
      ColumnReader,
      ColumnReader,
      ColumnReader,
      ColumnReader,
    ];
    const guesses = this.#guessesFor(length);
    const {addresses, choices: lastChoices} = guesses;
    let place = NEIGHBOURS;
    this.#records(words, length, heads, payloads, metas, (access) => {
      const token = choices.take(NEITHER + 1);
      if (token !== 0 && token !== NEITHER) lastChoices[access] = token - 1;
      const address =
        token === NEITHER
          ? (addresses[access]! + unzigzag(surprises.take())) | 0
          : guesses.address(access, lastChoices[access]!, place);
      guesses.note(access, address, place++);
      return address;
    });
    for (const column of columns) column.finish();
  }

  /** The same for chunks of formats 1 to 3. */
  decodeOlder(bytes: Uint8Array, words: Uint32Array, length: number): void {
    const columns = split(bytes, OLDER_COLUMNS);
    const [heads, metas, differences, payloads] = columns as readonly [
      ColumnReader,
      ColumnReader,
      ColumnReader,
      ColumnReader,
    ];
    const {addresses, strides} = this.#guessesFor(length);
    this.#records(words, length, heads, payloads, metas, (access) => {
      strides[access] = (strides[access]! + unzigzag(differences.take())) | 0;
      return (addresses[access]! + strides[access]!) | 0;
    });
    for (const column of columns) column.finish();
  }

  #guessesFor(words: number): Guesses {
    if (words > this.#guesses.words) this.#guesses = new Guesses(words);
    return this.#guesses;
  }

  #records(
    words: Uint32Array,
    length: number,
    heads: ColumnReader,
    payloads: ColumnReader,
    metas: ColumnReader,
    addressOf: (access: number) => number,
  ): void {
    const guesses = this.#guesses;
    const {followerHeads, followers, starts, metas: lastMetas, addresses} = guesses;
    let previous = guesses.clear();
    for (let at = 0; at < length; ) {
      const token = heads.take(WORD + 1);
      let block = followers[previous]!;
      if (token === 0 && block === NONE) throw new RangeError('a record refers to one that never was');
      const head = token === 0 ? followerHeads[previous]! : token - 1;
      const end = at + recordWords(head);
      if (end > length) throw new RangeError('a record is longer than the chunk');
      if (token !== 0) block = guesses.learn(previous, head);
      previous = block;
      words[at++] = head;
      if (head >= EVENT_FLAG) {
        while (at < end) words[at++] = payloads.take();
        continue;
      }
      for (let access = starts[block]!; at < end; access++) {
        const meta = metas.take(WORD + 1);
        if (meta !== 0) lastMetas[access] = meta - 1;
        addresses[access] = addressOf(access);
        words[at++] = addresses[access]!;
        words[at++] = lastMetas[access]!;
      }
    }
  }
}
