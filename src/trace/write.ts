/** Stores a trace: its records stream to a temporary file, which gets its name when the index is written. */
import {setImmediate} from 'node:timers/promises';
import {crc32} from 'node:zlib';
import {AtomicFile} from '../files/write.ts';
import {ColumnEncoder} from './columns/encode.ts';
import {
  type ChunkEntry,
  chunkHead,
  END_MAGIC,
  FORMAT_VERSION,
  MAGIC,
  PACKINGS,
  type PackingName,
  PREAMBLE_BYTES,
  TRAILER_BYTES,
  type TraceCounts,
  toBlockRow,
  toIndexRows,
} from './container.ts';
import {type Codec, encodeSection, type SectionKind} from './section.ts';
import type {AsyncTraceSource, TraceChunk, TraceSource} from './source.ts';
import {Tallies} from './tallies.ts';
import {FIRST_TASK, type Task} from './tally.ts';
import {recordWords} from './walk.ts';

/** Blocks per section, so that no section grows without bound. */
const BLOCKS_PER_SECTION = 4096;

export interface WriteOptions {
  /** Of records; columns unless told otherwise. */
  readonly codec?: RecordCodec;
  /** `fast` unless told otherwise. */
  readonly packing?: PackingName;
}

/** What records are written in. */
export const RECORD_CODECS = ['raw', 'brotli-columns'] as const satisfies readonly Codec[];
type RecordCodec = (typeof RECORD_CODECS)[number];

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** A source, or one whose chunks are waited for. */
type Producer = TraceSource | AsyncTraceSource;

/** Records of a vCPU that do not fill a chunk yet. */
interface Pending {
  readonly words: Uint32Array;
  length: number;
  /** Instructions of the vCPU before them, and who executes the first. */
  before: number;
  task: Task;
}

class Writer {
  readonly #file: AtomicFile;
  readonly #codec: RecordCodec;
  readonly #quality: number;
  readonly #source: Producer;
  readonly #chunkWords: number;
  /** By vCPU. */
  readonly #pending: readonly Pending[];
  readonly #columns: ColumnEncoder;
  #blocksWritten = 0;
  readonly #blockSections: number[] = [];
  readonly #chunks: (ChunkEntry & {readonly task: Task})[] = [];
  readonly #tallies: Tallies;

  constructor(file: AtomicFile, source: Producer, {codec = 'brotli-columns', packing = 'fast'}: WriteOptions = {}) {
    const {chunkWords, quality} = PACKINGS[packing];
    this.#file = file;
    this.#codec = codec;
    this.#quality = quality;
    this.#chunkWords = chunkWords;
    const {vcpus} = source.header;
    this.#tallies = new Tallies(vcpus);
    this.#pending = Array.from({length: vcpus}, () => {
      return {words: new Uint32Array(chunkWords), length: 0, before: 0, task: FIRST_TASK};
    });
    this.#columns = new ColumnEncoder(chunkWords);
    this.#source = source;
    const preamble = Buffer.alloc(PREAMBLE_BYTES);
    preamble.set(MAGIC);
    preamble.writeUInt16LE(FORMAT_VERSION, MAGIC.length);
    file.write(preamble);
    this.#section('header', 'raw', json(source.header));
  }

  /** Collects whole records; a full chunk is written out. @throws RangeError for a vCPU that the header does not have. */
  add({words, length, vcpu = 0}: TraceChunk): void {
    const pending = this.#pending[vcpu];
    if (pending === undefined) throw new RangeError(`a chunk of vCPU ${vcpu} of ${this.#pending.length}`);
    for (let from = 0; from < length; ) {
      const end = this.#fitting(this.#chunkWords - pending.length, words, from, length);
      if (end > from) this.#collect(vcpu, pending, words.subarray(from, end));
      if (end < length) this.#writeChunk(vcpu, pending);
      from = end;
    }
  }

  /** The end of the last record from `from` on that the chunk under way has room for. */
  #fitting(room: number, words: Uint32Array, from: number, length: number): number {
    if (length - from <= room) return length;
    let end = from;
    for (let next = end; next - from <= room; next += recordWords(words[next]!)) end = next;
    return end;
  }

  finish(): TraceCounts {
    for (const [vcpu, pending] of this.#pending.entries()) this.#writeChunk(vcpu, pending);
    this.#writeNewBlocks();
    const {counts: ofRecords, perVcpu: vcpus, markers} = this.#tallies;
    const counts = {chunks: this.#chunks.length, blocks: this.#blocksWritten, ...ofRecords};
    const offset = this.#file.size;
    this.#section(
      'index',
      'brotli',
      json(toIndexRows({counts, vcpus, blocks: this.#blockSections, chunks: this.#chunks, markers})),
    );
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeBigUInt64LE(BigInt(offset), 0);
    trailer.writeUInt32LE(crc32(trailer.subarray(0, 8)), 8);
    trailer.set(END_MAGIC, 12);
    this.#file.write(trailer);
    return counts;
  }

  #section(kind: SectionKind, codec: Codec, raw: Uint8Array, quality?: number): void {
    this.#file.write(encodeSection(kind, codec, raw, quality));
  }

  #collect(vcpu: number, pending: Pending, words: Uint32Array): void {
    const tally = this.#tallies.of(vcpu);
    if (pending.length === 0) {
      pending.before = tally.instructions;
      pending.task = tally.task;
    }
    tally.add({words, length: words.length}, this.#source.blocks);
    pending.words.set(words, pending.length);
    pending.length += words.length;
  }

  #writeChunk(vcpu: number, pending: Pending): void {
    if (pending.length === 0) return;
    this.#writeNewBlocks();
    const words = pending.words.subarray(0, pending.length);
    const {before, task} = pending;
    const instructions = this.#tallies.of(vcpu).instructions - before;
    this.#chunks.push({offset: this.#file.size, vcpu, before, instructions, task});
    const body = this.#codec === 'raw' ? littleEndian(words) : this.#columns.encode(words, words.length);
    this.#section('records', this.#codec, Buffer.concat([chunkHead(words.length, vcpu), body]), this.#quality);
    pending.length = 0;
  }

  #writeNewBlocks(): void {
    while (this.#blocksWritten < this.#source.blocks.length) {
      const first = this.#blocksWritten;
      const blocks = this.#source.blocks.slice(first, first + BLOCKS_PER_SECTION).map(toBlockRow);
      this.#blockSections.push(this.#file.size);
      this.#section('blocks', 'brotli', json({first, blocks}));
      this.#blocksWritten += blocks.length;
    }
  }
}

const littleEndian = (words: Uint32Array): Uint8Array => {
  const bytes = Buffer.alloc(words.length * 4);
  for (let index = 0; index < words.length; index++) bytes.writeUInt32LE(words[index]!, index * 4);
  return bytes;
};

/** Runs `source` to its end and stores what it produces; on any error nothing is left at `path`. */
export const writeTrace = (path: string, source: TraceSource, options: WriteOptions = {}): TraceCounts => {
  const file = new AtomicFile(path);
  try {
    const writer = new Writer(file, source, options);
    for (let chunk = source.next(); chunk !== undefined; chunk = source.next()) writer.add(chunk);
    const counts = writer.finish();
    file.commit();
    return counts;
  } catch (error) {
    file.discard();
    throw error;
  }
};

export interface StoreOptions extends Pick<WriteOptions, 'packing'> {
  /** Ends the work between two chunks, and nothing is left. */
  readonly signal: AbortSignal;
  /** Hears of each chunk. */
  readonly onChunk?: (words: number) => void;
}

/** As {@link writeTrace}, but signals are heard between chunks, and chunks may take their time to come. */
export const storeTrace = async (
  path: string,
  source: Producer,
  {signal, packing = 'fast', onChunk = () => {}}: StoreOptions,
): Promise<TraceCounts> => {
  const file = new AtomicFile(path);
  try {
    const writer = new Writer(file, source, {packing});
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
      writer.add(chunk);
      onChunk(chunk.length);
      await setImmediate();
      signal.throwIfAborted();
    }
    const counts = writer.finish();
    file.commit();
    return counts;
  } catch (error) {
    file.discard();
    throw error;
  }
};
