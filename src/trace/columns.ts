/**
 * The record words of one chunk as four columns of varints, each word coded as its difference from a guess, so that a loop
 * becomes runs of zero bytes. A guess uses nothing outside the chunk:
 *
 * - heads: what followed the previous block last time; 0 = the same head, else head + 1;
 * - metas: the same access (by its number) of the same block last time; 0 = the same, else meta + 1;
 * - addresses: that access's last address plus its last stride; zigzag difference modulo 2³²;
 * - payloads of events: as they are.
 */
import {recordAccesses, recordBlock} from './records.ts';
import {isEvent, recordWords} from './walk.ts';

/** Accesses that a block record can count. */
const MAX_ACCESSES = 0xff;
const COLUMNS = 4;
/** Bytes of the longest varint: 33 bits. */
const MAX_VARINT = 5;

/** No chunk of `words` words has longer columns: every word becomes at most one varint; plus the columns' lengths. */
export const maxColumnBytes = (words: number): number => (words + COLUMNS) * MAX_VARINT;

/** What a block did last time, and what came after it. */
interface BlockMemory {
  followerHead: number;
  follower: BlockMemory | undefined;
  metas: Uint32Array;
  addresses: Uint32Array;
  strides: Int32Array;
}

const emptyMemory = (accesses: number): BlockMemory => ({
  followerHead: -1,
  follower: undefined,
  metas: new Uint32Array(accesses),
  addresses: new Uint32Array(accesses),
  strides: new Int32Array(accesses),
});

const grow = (memory: BlockMemory, accesses: number): void => {
  const size = Math.min(MAX_ACCESSES, accesses * 2);
  const grown = emptyMemory(size);
  grown.metas.set(memory.metas);
  grown.addresses.set(memory.addresses);
  grown.strides.set(memory.strides);
  memory.metas = grown.metas;
  memory.addresses = grown.addresses;
  memory.strides = grown.strides;
};

/** The guesses of one chunk; encoder and decoder step it alike. */
class Guesses {
  readonly #blocks = new Map<number, BlockMemory>();
  /** The block executed before; at first a block that is none. */
  #previous = emptyMemory(0);

  head(): number {
    return this.#previous.followerHead;
  }

  /** Learns that `head` came next; returns the memory of its block. */
  enter(head: number): BlockMemory {
    const previous = this.#previous;
    if (previous.followerHead !== head || previous.follower === undefined) {
      previous.followerHead = head;
      previous.follower = this.#memoryOf(head);
    }
    this.#previous = previous.follower;
    return previous.follower;
  }

  #memoryOf(head: number): BlockMemory {
    // Each kind of event is one more 'block' (negative, so that it meets no block's id) without accesses.
    const key = isEvent(head) ? -1 - (head & 0x7fff_ffff) : recordBlock(head);
    const accesses = isEvent(head) ? 0 : recordAccesses(head);
    let memory = this.#blocks.get(key);
    if (memory === undefined) {
      memory = emptyMemory(accesses);
      this.#blocks.set(key, memory);
    }
    if (memory.metas.length < accesses) grow(memory, accesses);
    return memory;
  }
}

class ColumnWriter {
  bytes = new Uint8Array(1 << 12);
  length = 0;

  put(value: number): void {
    if (this.length + MAX_VARINT > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }
}

class ColumnReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    if (end > bytes.length) throw new RangeError('a column is longer than the chunk');
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** A whole number below `limit`. */
  take(limit: number): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      if (this.#at >= this.#end) throw new RangeError('a column ends early');
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (value >= limit) throw new RangeError('a number in a column is too large');
      if (byte < 0x80) return value;
      if (scale > 2 ** 28) throw new RangeError('a number in a column is too long');
    }
  }

  get position(): number {
    return this.#at;
  }

  finish(): void {
    if (this.#at !== this.#end) throw new RangeError('a column is longer than its records');
  }
}

const WORD = 2 ** 32;
const zigzag = (difference: number): number => ((difference << 1) ^ (difference >> 31)) >>> 0;
const unzigzag = (value: number): number => (value >>> 1) ^ -(value & 1);

/** The columns of `length` words, one after another, each behind its length in bytes. */
export const encodeColumns = (words: Uint32Array, length: number): Uint8Array => {
  const [heads, metas, addresses, payloads] = [0, 1, 2, 3].map(() => new ColumnWriter()) as [
    ColumnWriter,
    ColumnWriter,
    ColumnWriter,
    ColumnWriter,
  ];
  const guesses = new Guesses();
  for (let at = 0; at < length; ) {
    const head = words[at]!;
    const end = at + recordWords(head);
    heads.put(head === guesses.head() ? 0 : head + 1);
    const memory = guesses.enter(head);
    at++;
    if (isEvent(head)) {
      while (at < end) payloads.put(words[at++]!);
      continue;
    }
    for (let access = 0; at < end; access++) {
      const address = words[at++]!;
      const meta = words[at++]!;
      metas.put(meta === memory.metas[access]! ? 0 : meta + 1);
      memory.metas[access] = meta;
      addresses.put(zigzag((address - memory.addresses[access]! - memory.strides[access]!) | 0));
      memory.strides[access] = address - memory.addresses[access]!;
      memory.addresses[access] = address;
    }
  }
  return join([heads, metas, addresses, payloads]);
};

const join = (columns: readonly ColumnWriter[]): Uint8Array => {
  const lengths = new ColumnWriter();
  for (const column of columns) lengths.put(column.length);
  return Buffer.concat([lengths, ...columns].map((column) => column.bytes.subarray(0, column.length)));
};

/** Fills `words[0 … length)`. @throws RangeError when the columns do not make exactly `length` words of whole records. */
export const decodeColumns = (bytes: Uint8Array, words: Uint32Array, length: number): void => {
  const [heads, metas, addresses, payloads] = split(bytes);
  const guesses = new Guesses();
  let at = 0;
  while (at < length) {
    const token = heads.take(WORD + 1);
    const head = token === 0 ? guesses.head() : token - 1;
    if (head < 0) throw new RangeError('the first record refers to one before it');
    const end = at + recordWords(head);
    if (end > length) throw new RangeError('a record is longer than the chunk');
    const memory = guesses.enter(head);
    words[at++] = head;
    if (isEvent(head)) {
      while (at < end) words[at++] = payloads.take(WORD);
      continue;
    }
    for (let access = 0; at < end; access++) {
      const metaToken = metas.take(WORD + 1);
      const meta = metaToken === 0 ? memory.metas[access]! : metaToken - 1;
      memory.metas[access] = meta;
      const stride = (memory.strides[access]! + unzigzag(addresses.take(WORD))) | 0;
      const address = (memory.addresses[access]! + stride) >>> 0;
      memory.strides[access] = stride;
      memory.addresses[access] = address;
      words[at++] = address;
      words[at++] = meta;
    }
  }
  for (const column of [heads, metas, addresses, payloads]) column.finish();
};

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
