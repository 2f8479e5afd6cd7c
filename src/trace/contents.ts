/**
 * What a stored trace contains, found by its index or, when that is damaged, by walking its sections. Nothing in the file is
 * believed: every function here throws {@link DamagedSection} at the first thing that does not fit.
 */
import {crc32} from 'node:zlib';
import type {z} from 'zod';
import type {Block} from './blocks.ts';
import {ColumnDecoder} from './columns/decode.ts';
import {maxColumnBytes} from './columns/encode.ts';
import {
  blocksSchema,
  type ChunkEntry,
  END_MAGIC,
  type FormatVersion,
  fromBlockRow,
  INDEX_SCHEMAS,
  MOST_CHUNK_WORDS,
  readChunkHead,
  TRAILER_BYTES,
  type TraceCounts,
} from './container.ts';
import type {Decoder, SoundChunk} from './decoder.ts';
import {DamagedSection, FRAME_BYTES, readExactly, readSection, type Section, type SectionKind} from './section.ts';
import type {TraceChunk} from './source.ts';
import {type PlacedMarker, sumOf, Tallies} from './tallies.ts';
import type {RecordCounts, Tally} from './tally.ts';

/** What a RangeError says of stored bytes is damage. */
const orDamaged = (action: () => void): void => {
  try {
    action();
  } catch (error) {
    if (error instanceof RangeError) throw new DamagedSection(error.message);
    throw error;
  }
};

export const section = (file: number, offset: number, limit: number, kind: SectionKind): Section => {
  const found = readSection(file, offset, limit);
  if (found.kind !== kind) throw new DamagedSection(`is a section of ${found.kind}, not of ${kind}`);
  return found;
};

/** Of a records section: its words, undefined where they are not what is usual. */
export const unpackSound = ({raw, codec}: Section, decoder: Decoder): SoundChunk | undefined => {
  const head = readChunkHead(raw);
  if (codec !== 'brotli-columns' || head === undefined) return undefined;
  const {length, vcpu, body} = head;
  if (length === 0 || length > MOST_CHUNK_WORDS) return undefined;
  const found = decoder.decode(body, length);
  return found && {...found, vcpu};
};

/** Unpacks records sections, one after another. */
export class Unpacker {
  #words = new Uint32Array(0);
  readonly #columns = new ColumnDecoder();

  /** Words of the section; they are overwritten by the next. @throws DamagedSection */
  unpack({raw, codec}: Section): TraceChunk {
    const head = readChunkHead(raw);
    if (head === undefined) throw new DamagedSection('has no count of words');
    const {length, vcpu} = head;
    const body = Buffer.from(head.body.buffer, head.body.byteOffset, head.body.length);
    if (length === 0 || length > MOST_CHUNK_WORDS) throw new DamagedSection(`claims ${length} words`);
    const claim = `claims ${length} words in ${body.length} bytes`;
    if (codec === 'raw') {
      if (body.length !== length * 4) throw new DamagedSection(claim);
      const words = this.#room(length);
      for (let index = 0; index < length; index++) words[index] = body.readUInt32LE(index * 4);
      return {words, length, vcpu};
    }
    if (body.length > maxColumnBytes(length)) throw new DamagedSection(claim);
    const words = this.#room(length);
    orDamaged(() => {
      if (codec === 'brotli') this.#columns.decodeOlder(body, words, length);
      else this.#columns.decode(body, words, length);
    });
    return {words, length, vcpu};
  }

  #room(length: number): Uint32Array {
    if (length > this.#words.length) this.#words = new Uint32Array(length);
    return this.#words;
  }
}

/** Counts a chunk's records. @throws DamagedSection when they are not whole or name unknown blocks. */
export const addTo = (tally: Tally, chunk: TraceChunk, blocks: readonly Block[]): void =>
  orDamaged(() => tally.add(chunk, blocks));

export const parse = <T>(raw: Uint8Array, schema: z.ZodType<T>, what: string): T => {
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(raw).toString('utf8'));
  } catch {
    throw new DamagedSection(`the ${what} is not JSON`);
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new DamagedSection(`the ${what} is malformed: ${issue.path.join('.')}: ${issue.message}`);
};

const appendBlocks = (blocks: Block[], raw: Uint8Array): void => {
  const {first, blocks: rows} = parse(raw, blocksSchema, 'block dictionary');
  if (first !== blocks.length) throw new DamagedSection(`starts with block ${first} where ${blocks.length} is next`);
  for (const row of rows) blocks.push(fromBlockRow(blocks.length, row));
};

export interface Contents {
  readonly counts: TraceCounts;
  /** Of each vCPU's stream. */
  readonly vcpus: readonly RecordCounts[];
  readonly blocks: readonly Block[];
  readonly chunks: readonly ChunkEntry[];
  /** The first of each kind in each stream; undefined where the file does not say. */
  readonly markers: readonly PlacedMarker[] | undefined;
  /** Where sections must have ended. */
  readonly limit: number;
}

/** What the start of the file says of the rest. */
export interface Expected {
  readonly version: FormatVersion;
  readonly vcpus: number;
}

/** By the index at the end of the file. @throws DamagedSection */
export const readContents = (
  file: number,
  size: number,
  firstSection: number,
  {version, vcpus: expected}: Expected,
): Contents => {
  const limit = size - TRAILER_BYTES;
  if (limit < firstSection) throw new DamagedSection('the file ends before its index');
  const trailer = readExactly(file, limit, TRAILER_BYTES);
  if (!trailer.subarray(12).equals(END_MAGIC)) throw new DamagedSection('the file was cut off or never finished');
  if (crc32(trailer.subarray(0, 8)) !== trailer.readUInt32LE(8)) throw new DamagedSection('the trailer is damaged');
  const indexAt = Number(trailer.readBigUInt64LE(0));
  if (indexAt < firstSection || indexAt + FRAME_BYTES > limit)
    throw new DamagedSection(`the index cannot be at ${indexAt}`);
  const index = section(file, indexAt, limit, 'index');
  if (index.end !== limit) throw new DamagedSection('bytes between index and trailer');
  const {counts, vcpus, blocks: offsets, chunks, markers} = parse(index.raw, INDEX_SCHEMAS[version], 'index');
  const blocks: Block[] = [];
  for (const offset of offsets) appendBlocks(blocks, section(file, offset, indexAt, 'blocks').raw);
  const contents = {counts, vcpus, blocks, chunks, markers, limit: indexAt};
  checkIndex(contents, version < STREAMS ? 1 : expected);
  return contents;
};

/** The first version with a stream for each vCPU. */
const STREAMS: FormatVersion = 4;

const checkIndex = ({counts, vcpus, blocks, chunks, markers = []}: Contents, expected: number): void => {
  if (counts.blocks !== blocks.length) throw new DamagedSection(`${blocks.length} blocks, not ${counts.blocks}`);
  if (counts.chunks !== chunks.length) throw new DamagedSection(`${chunks.length} chunks, not ${counts.chunks}`);
  if (vcpus.length !== expected) throw new DamagedSection(`the index counts ${vcpus.length} vCPUs of ${expected}`);
  const nobody = [...chunks, ...markers].find(({vcpu}) => vcpu >= expected);
  if (nobody !== undefined) throw new DamagedSection(`the index names vCPU ${nobody.vcpu} of ${expected}`);
  const sum = sumOf(vcpus);
  const differs = (Object.keys(sum) as (keyof RecordCounts)[]).find((name) => sum[name] !== counts[name]);
  if (differs !== undefined) throw new DamagedSection(`the ${differs} of the index do not add up`);
  const instructions = new Array<number>(expected).fill(0);
  for (const {vcpu, before, instructions: own} of chunks) {
    if (before !== instructions[vcpu]) throw new DamagedSection('the instructions of the index do not add up');
    instructions[vcpu]! += own;
  }
  if (vcpus.some((stream, vcpu) => stream.instructions !== instructions[vcpu]))
    throw new DamagedSection('the instructions of the index do not add up');
};

interface Scan extends Contents {
  /** The first damage, at `limit`. */
  readonly reason: string;
}

/** By reading every section from the start up to the first that is damaged (or the index). */
export const scan = (file: number, size: number, firstSection: number, vcpus: number): Scan => {
  const blocks: Block[] = [];
  const chunks: ChunkEntry[] = [];
  const tallies = new Tallies(vcpus);
  const unpacker = new Unpacker();
  let offset = firstSection;
  // Of the whole chunks: a damaged one counts until the damage is found.
  let {perVcpu, markers} = tallies;
  const done = (reason: string): Scan => {
    return {
      counts: {chunks: chunks.length, blocks: blocks.length, ...sumOf(perVcpu)},
      vcpus: perVcpu,
      blocks,
      chunks,
      markers,
      limit: offset,
      reason,
    };
  };
  for (;;) {
    try {
      const found = readSection(file, offset, size);
      if (found.kind === 'blocks') appendBlocks(blocks, found.raw);
      else if (found.kind === 'records') {
        const chunk = unpacker.unpack(found);
        const vcpu = chunk.vcpu ?? 0;
        const tally = tallies.of(vcpu);
        const {instructions: before, task} = tally;
        tally.add(chunk, blocks);
        chunks.push({offset, vcpu, before, instructions: tally.instructions - before, task});
        ({perVcpu, markers} = tallies);
      } else return done(`a section of ${found.kind} ends the chunks`);
      offset = found.end;
    } catch (error) {
      if (error instanceof DamagedSection || error instanceof RangeError) return done(error.message);
      throw error;
    }
  }
};
