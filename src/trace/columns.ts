/**
 * The record words of one chunk as four columns of varints, each word coded as its difference from a guess, so that a loop
 * becomes runs of zero bytes. A guess uses nothing outside the chunk:
 *
 * - heads: what followed the previous block last time; 0 = the same head, else head + 1;
 * - metas: the same access (by its number) of the same block last time; 0 = the same, else meta + 1;
 * - addresses: that access's last address plus its last stride; zigzag difference modulo 2³²;
 * - payloads of events: as they are.
 */
import {ACCESS_WORDS, EVENT_FLAG, eventPayload, MOST_ACCESSES, recordAccesses, recordBlock} from './records.ts';
import {isEvent, recordWords} from './walk.ts';

const COLUMNS = 4;
/** Bytes of the longest varint: 33 bits. */
const MAX_VARINT = 5;

/** No chunk of `words` words has longer columns: every word becomes at most one varint; plus the columns' lengths. */
export const maxColumnBytes = (words: number): number => (words + COLUMNS) * MAX_VARINT;

/** The block executed before the first: none. */
const NONE = 0;

/**
 * The guesses of one chunk; encoder and decoder step them alike. What a block did last time lies in flat arrays that all
 * chunks share: a chunk of n words has at most n blocks, and their accesses, grown by doubling, take at most n entries.
 */
class Guesses {
  /** By block, numbered from 1 as they come: what came after it, and which block that was ({@link NONE}: nothing yet). */
  readonly followerHeads: Uint32Array;
  readonly followers: Int32Array;
  /** Its part of the arrays below. */
  readonly starts: Int32Array;
  readonly capacities: Int32Array;
  readonly metas: Uint32Array;
  readonly addresses: Int32Array;
  readonly strides: Int32Array;
  readonly #numbers = new Map<number, number>();
  #used = 0;

  constructor(words: number) {
    this.followerHeads = new Uint32Array(words + 1);
    this.followers = new Int32Array(words + 1);
    this.starts = new Int32Array(words + 1);
    this.capacities = new Int32Array(words + 1);
    this.metas = new Uint32Array(words);
    this.addresses = new Int32Array(words);
    this.strides = new Int32Array(words);
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

  #reserve(block: number, accesses: number): void {
    const start = this.#used;
    this.#used += accesses;
    this.starts[block] = start;
    this.capacities[block] = accesses;
    for (const array of [this.metas, this.addresses, this.strides]) array.fill(0, start, this.#used);
  }

  #grow(block: number, accesses: number): void {
    const start = this.starts[block]!;
    const end = start + this.capacities[block]!;
    this.#reserve(block, Math.min(MOST_ACCESSES, accesses * 2));
    for (const array of [this.metas, this.addresses, this.strides]) {
      array.copyWithin(this.starts[block]!, start, end);
    }
  }
}

/** Writes a whole number below 2³³ at `at`. @returns the place behind it. */
const put = (bytes: Uint8Array, at: number, value: number): number => {
  let end = at;
  let rest = value;
  while (rest >= 0x80) {
    bytes[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[end++] = rest;
  return end;
};

class ColumnReader {
  readonly bytes: Uint8Array;
  readonly #end: number;
  position: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    if (end > bytes.length) throw new RangeError('a column is longer than the chunk');
    this.bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  /** A whole number below `limit`. */
  take(limit: number): number {
    // Most numbers are one byte.
    if (this.position < this.#end) {
      const byte = this.bytes[this.position]!;
      if (byte < 0x80 && byte < limit) {
        this.position++;
        return byte;
      }
    }
    return this.#takeLong(limit);
  }

  #takeLong(limit: number): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      if (this.position >= this.#end) throw new RangeError('a column ends early');
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
      if (value >= limit) throw new RangeError('a number in a column is too large');
      if (byte < 0x80) return value;
      if (scale > 2 ** 28) throw new RangeError('a number in a column is too long');
    }
  }

  finish(): void {
    if (this.position !== this.#end) throw new RangeError('a column is longer than its records');
  }
}

const WORD = 2 ** 32;
const zigzag = (difference: number): number => ((difference << 1) ^ (difference >> 31)) >>> 0;
const unzigzag = (value: number): number => (value >>> 1) ^ -(value & 1);

/** Packs chunks of at most `words` words, one after another; what it allocates serves them all. */
export class ColumnEncoder {
  readonly #guesses: Guesses;
  readonly #heads: Uint8Array;
  readonly #metas: Uint8Array;
  readonly #addresses: Uint8Array;
  readonly #payloads: Uint8Array;

  constructor(words: number) {
    this.#guesses = new Guesses(words);
    this.#heads = new Uint8Array(words * MAX_VARINT);
    this.#metas = new Uint8Array((words / ACCESS_WORDS) * MAX_VARINT);
    this.#addresses = new Uint8Array((words / ACCESS_WORDS) * MAX_VARINT);
    this.#payloads = new Uint8Array(words * MAX_VARINT);
  }

  /** The columns of `length` words, one after another, each behind its length in bytes. All in one loop: it is hot. */
  encode(words: Uint32Array, length: number): Uint8Array {
    const guesses = this.#guesses;
    const [heads, metas, addresses, payloads] = [this.#heads, this.#metas, this.#addresses, this.#payloads];
    const {followerHeads, followers, starts, metas: lastMetas, addresses: lastAddresses, strides} = guesses;
    let [headEnd, metaEnd, addressEnd, payloadEnd] = [0, 0, 0, 0];
    let previous = guesses.clear();
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
        metaEnd = meta === lastMetas[access] ? skip(metas, metaEnd) : put(metas, metaEnd, meta + 1);
        lastMetas[access] = meta;
        const stride = (address - lastAddresses[access]!) | 0;
        const surprise = (stride - strides[access]!) | 0;
        addressEnd = surprise === 0 ? skip(addresses, addressEnd) : put(addresses, addressEnd, zigzag(surprise));
        strides[access] = stride;
        lastAddresses[access] = address;
      }
    }
    return join([
      heads.subarray(0, headEnd),
      metas.subarray(0, metaEnd),
      addresses.subarray(0, addressEnd),
      payloads.subarray(0, payloadEnd),
    ]);
  }
}

/** Writes a 0: the guess was right. */
const skip = (bytes: Uint8Array, at: number): number => {
  bytes[at] = 0;
  return at + 1;
};

const join = (columns: readonly Uint8Array[]): Uint8Array => {
  const lengths = new Uint8Array(COLUMNS * MAX_VARINT);
  let end = 0;
  for (const column of columns) end = put(lengths, end, column.length);
  return Buffer.concat([lengths.subarray(0, end), ...columns]);
};

/** Unpacks chunks of at most `words` words, one after another; what it allocates serves them all. */
export class ColumnDecoder {
  readonly #guesses: Guesses;

  constructor(words: number) {
    this.#guesses = new Guesses(words);
  }

  /**
   * Fills `words[0 … length)`. All in one loop: it is hot.
   * @throws RangeError when the columns do not make exactly `length` words of whole records.
   */
  decode(bytes: Uint8Array, words: Uint32Array, length: number): void {
    const columns = split(bytes);
    const [heads, metas, addresses, payloads] = columns;
    const guesses = this.#guesses;
    const {followerHeads, followers, starts, metas: lastMetas, addresses: lastAddresses, strides} = guesses;
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
        while (at < end) words[at++] = payloads.take(WORD);
        continue;
      }
      for (let access = starts[block]!; at < end; access++) {
        const meta = metas.take(WORD + 1);
        if (meta !== 0) lastMetas[access] = meta - 1;
        strides[access] = (strides[access]! + unzigzag(addresses.take(WORD))) | 0;
        lastAddresses[access] = (lastAddresses[access]! + strides[access]!) | 0;
        words[at++] = lastAddresses[access]!;
        words[at++] = lastMetas[access]!;
      }
    }
    for (const column of columns) column.finish();
  }
}

const split = (bytes: Uint8Array): readonly [ColumnReader, ColumnReader, ColumnReader, ColumnReader] => {
  const lengths = new ColumnReader(bytes, 0, bytes.length);
  const sizes = Array.from({length: COLUMNS}, () => lengths.take(bytes.length + 1));
  let start = lengths.position;
  const columns = sizes.map((size) => {
    const column = new ColumnReader(bytes, start, start + size);
    start += size;
    return column;
  });
  if (start !== bytes.length) throw new RangeError('bytes behind the last column');
  return columns as [ColumnReader, ColumnReader, ColumnReader, ColumnReader];
};
