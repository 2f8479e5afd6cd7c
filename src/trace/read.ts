/**
 * Reads a stored trace. Nothing in the file is believed: lengths are checked before use, each section against its checksum,
 * each chunk against the index and the block dictionary. Damage is an {@link InputError} that names chunk and byte and says
 * what can still be read.
 */
import {closeSync, fstatSync, openSync} from 'node:fs';
import {InputError, systemReason} from '../files/errors.ts';
import type {Block} from './blocks.ts';
import {
  type ChunkEntry,
  FORMAT_VERSION,
  headerSchema,
  MAGIC,
  PREAMBLE_BYTES,
  type TraceCounts,
} from './container.ts';
import {type Contents, parse, readContents, scan, section, tally, Unpacker} from './contents.ts';
import {DamagedSection, readExactly} from './section.ts';
import type {TraceChunk, TraceHeader, TraceSource} from './source.ts';

export interface OpenOptions {
  /** Read the intact chunks at the start of a damaged file instead of refusing it. */
  readonly salvage?: boolean;
}

export interface StoredTrace extends TraceSource {
  readonly path: string;
  /** Of the whole trace; of a salvaged one, of what is readable. */
  readonly counts: TraceCounts;
  /**
   * Goes to the chunk that holds the instruction with this number (from 0) and returns the number of the chunk's first
   * instruction. `seek(0)` rewinds. @throws RangeError beyond the last instruction.
   */
  seek(instruction: number): number;
  close(): void;
}

class Reader implements StoredTrace {
  readonly path: string;
  readonly header: TraceHeader;
  readonly counts: TraceCounts;
  readonly blocks: readonly Block[];
  readonly #chunks: readonly ChunkEntry[];
  readonly #limit: number;
  readonly #unpacker = new Unpacker();
  #file: number | undefined;
  #next = 0;

  constructor(path: string, file: number, header: TraceHeader, contents: Contents) {
    this.path = path;
    this.header = header;
    this.counts = contents.counts;
    this.blocks = contents.blocks;
    this.#chunks = contents.chunks;
    this.#limit = contents.limit;
    this.#file = file;
  }

  next(): TraceChunk | undefined {
    if (this.#file === undefined) throw new Error(`${this.path} is closed`);
    const entry = this.#chunks[this.#next];
    if (entry === undefined) return undefined;
    const [offset, before, instructions] = entry;
    try {
      const chunk = this.#unpacker.unpack(section(this.#file, offset, this.#limit, 'records'));
      const found = tally(chunk, this.blocks).instructions;
      if (found !== instructions)
        throw new DamagedSection(`has ${found} instructions where the index says ${instructions}`);
      this.#next++;
      return chunk;
    } catch (error) {
      if (!(error instanceof DamagedSection)) throw error;
      throw new InputError(`damaged: ${error.message}`, {
        file: this.path,
        place: `chunk ${this.#next}, byte ${offset}`,
        remedy: remedy(this.#next, before, this.header),
      });
    }
  }

  seek(instruction: number): number {
    if (instruction === 0 && this.#chunks.length === 0) return 0;
    if (!Number.isInteger(instruction) || instruction < 0 || instruction >= Math.max(1, this.counts.instructions)) {
      throw new RangeError(`instruction ${instruction} is not in a trace of ${this.counts.instructions}`);
    }
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [, first, own] = this.#chunks[middle]!;
      if (instruction < first + own) high = middle;
      else low = middle + 1;
    }
    this.#next = instruction === 0 ? 0 : low;
    return this.#chunks[this.#next]![1];
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

const remedy = (chunks: number, instructions: number, {command}: TraceHeader): string => {
  const left =
    chunks === 0
      ? 'nothing can be salvaged'
      : `the ${chunks} ${chunks === 1 ? 'chunk' : 'chunks'} before (${instructions} instructions) can be salvaged`;
  return `${left}; or record it again with '${command}'`;
};

/** @throws InputError when the file is no trace of a version that this reader knows. */
const checkPreamble = (file: number, size: number, path: string): void => {
  if (size < PREAMBLE_BYTES) throw new InputError('is not a trapwalk trace', {file: path});
  const preamble = readExactly(file, 0, PREAMBLE_BYTES);
  if (!preamble.subarray(0, MAGIC.length).equals(MAGIC)) throw new InputError('is not a trapwalk trace', {file: path});
  const version = preamble.readUInt16LE(MAGIC.length);
  if (version !== FORMAT_VERSION) {
    throw new InputError(`has format version ${version}; this trapwalk reads ${FORMAT_VERSION}`, {
      file: path,
      remedy: 'record it again, or use the trapwalk that wrote it',
    });
  }
  if (preamble.readUInt16LE(MAGIC.length + 2) !== 0) {
    throw new InputError('reserved bits are set', {file: path, place: `byte ${MAGIC.length + 2}`});
  }
};

const readHeader = (file: number, size: number, path: string): {header: TraceHeader; end: number} => {
  try {
    const {raw, end} = section(file, PREAMBLE_BYTES, size, 'header');
    return {header: parse(raw, headerSchema, 'header'), end};
  } catch (error) {
    if (!(error instanceof DamagedSection)) throw error;
    throw new InputError(`damaged header: ${error.message}`, {
      file: path,
      place: `byte ${PREAMBLE_BYTES}`,
      remedy: 'nothing can be salvaged without it',
    });
  }
};

const openContents = (path: string, file: number, salvage: boolean): Reader => {
  const size = fstatSync(file).size;
  checkPreamble(file, size, path);
  const {header, end} = readHeader(file, size, path);
  if (salvage) return new Reader(path, file, header, scan(file, size, end));
  try {
    return new Reader(path, file, header, readContents(file, size, end));
  } catch (error) {
    if (!(error instanceof DamagedSection)) throw error;
    const {chunks, counts, limit, reason} = scan(file, size, end);
    throw new InputError(`damaged: ${error.message} (${reason})`, {
      file: path,
      place: `chunk ${chunks.length}, byte ${limit}`,
      remedy: remedy(chunks.length, counts.instructions, header),
    });
  }
};

/** @throws InputError when the file cannot be read, is no trace, or is damaged (unless `salvage`). */
export const openTrace = (path: string, options: OpenOptions = {}): StoredTrace => {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new InputError(`cannot read (${systemReason(error)})`, {file: path});
  }
  try {
    if (!fstatSync(file).isFile()) throw new InputError('is not a regular file', {file: path});
    return openContents(path, file, options.salvage ?? false);
  } catch (error) {
    closeSync(file);
    throw error;
  }
};
