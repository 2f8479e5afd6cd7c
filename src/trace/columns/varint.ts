/** Whole numbers below 2³³ in columns of bytes: 7 bits a byte, lowest first, the high bit says that more follow. */

/** Bytes of the longest. */
const MOST_BYTES = 5;

/** Writes a number at `at`. @returns the place behind it. */
export const put = (bytes: Uint8Array, at: number, value: number): number => {
  let end = at;
  let rest = value;
  while (rest >= 0x80) {
    bytes[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[end++] = rest;
  return end;
};

/** The bytes that `numbers` numbers take at most. */
export const mostBytes = (numbers: number): number => numbers * MOST_BYTES;

const WORD = 2 ** 32;
/** Signed words as unsigned ones that are small where they are. */
export const zigzag = (difference: number): number => ((difference << 1) ^ (difference >> 31)) >>> 0;
export const unzigzag = (value: number): number => (value >>> 1) ^ -(value & 1);

export class ColumnReader {
  readonly bytes: Uint8Array;
  readonly #end: number;
  position: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    if (end > bytes.length) throw new RangeError('a column is longer than the chunk');
    this.bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  /** A whole number below `limit`, any word by default. */
  take(limit = WORD): number {
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

/** Columns one after another, behind the length of each. */
export const join = (columns: readonly Uint8Array[]): Uint8Array => {
  const lengths = new Uint8Array(mostBytes(columns.length));
  let end = 0;
  for (const column of columns) end = put(lengths, end, column.length);
  return Buffer.concat([lengths.subarray(0, end), ...columns]);
};

/** Undoes {@link join}. @throws RangeError when the bytes are not exactly `count` columns. */
export const split = (bytes: Uint8Array, count: number): readonly ColumnReader[] => {
  const lengths = new ColumnReader(bytes, 0, bytes.length);
  const sizes = Array.from({length: count}, () => lengths.take(bytes.length + 1));
  let start = lengths.position;
  const columns = sizes.map((size) => {
    const column = new ColumnReader(bytes, start, start + size);
    start += size;
    return column;
  });
  if (start !== bytes.length) throw new RangeError('bytes behind the last column');
  return columns;
};
