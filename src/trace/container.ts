/**
 * What a stored trace holds besides its records, as JSON: the header, the block dictionary, the index. Layout of the whole
 * file: docs/trace-format.md. Names stand for kinds and classes, so that their order in the source is no part of the format.
 */
import {z} from 'zod';
import {BLOCK_ENDS, type Block, MAX_BLOCK_INSTRUCTIONS, MAX_BLOCKS, type PipelineInstruction} from './blocks.ts';
import {MARKERS} from './events.ts';
import {INSTRUCTION_CLASSES} from './instruction-class.ts';
import type {TraceHeader} from './source.ts';
import type {PlacedMarker} from './tallies.ts';
import type {RecordCounts, Task} from './tally.ts';
import {MAX_RECORD_WORDS} from './walk.ts';

/** What is written. */
export const FORMAT_VERSION = 4;
/** What is read. */
export const READABLE_VERSIONS = [1, 2, 3, 4] as const;
export type FormatVersion = (typeof READABLE_VERSIONS)[number];

/** As PNG's: a high bit, the name, and line ends that a text-mode copy would change. */
export const MAGIC = Uint8Array.from([0x89, 0x54, 0x57, 0x4b, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Magic, version u16, reserved u16 = 0. */
export const PREAMBLE_BYTES = MAGIC.length + 4;

/** Offset of the index u64, its CRC-32 u32, the end magic. */
export const TRAILER_BYTES = 20;
export const END_MAGIC = Uint8Array.from([0x54, 0x57, 0x4b, 0x2d, 0x45, 0x4e, 0x44, 0x0a]);

/** Words of a chunk, at most; a record is never split. */
export const MOST_CHUNK_WORDS = 2 ** 20;

interface Packing {
  /** Words of a chunk, at most {@link MOST_CHUNK_WORDS}. */
  readonly chunkWords: number;
  /** Of brotli. */
  readonly quality: number;
}

/**
 * How records are packed. In a large chunk irregular code is learned once and used long; a small one is sooner found by
 * whoever seeks, stays in a cache, and loops lose nothing by it.
 */
export const PACKINGS = {
  fast: {chunkWords: 2 ** 17, quality: 1},
  small: {chunkWords: MOST_CHUNK_WORDS, quality: 9},
} as const satisfies Readonly<Record<string, Packing>>;
export type PackingName = keyof typeof PACKINGS;
if (PACKINGS.fast.chunkWords < MAX_RECORD_WORDS) throw new Error('a chunk must hold the longest record');

/** A vCPU's number has a byte beside the number of words of its chunk. */
const MOST_VCPUS = 255;
const VCPU_SHIFT = 24;
const CHUNK_HEAD_BYTES = 4;

/** What stands before the words of a chunk: how many they are, and whose. Before version 4 all are the first vCPU's. */
export const chunkHead = (words: number, vcpu: number): Uint8Array => {
  const head = Buffer.alloc(CHUNK_HEAD_BYTES);
  head.writeUInt32LE(words + vcpu * 2 ** VCPU_SHIFT);
  return head;
};

/** @returns undefined for bytes that are too few. */
export const readChunkHead = (
  raw: Uint8Array,
): {readonly length: number; readonly vcpu: number; readonly body: Uint8Array} | undefined => {
  if (raw.length < CHUNK_HEAD_BYTES) return undefined;
  const head = Buffer.from(raw.buffer, raw.byteOffset, CHUNK_HEAD_BYTES).readUInt32LE(0);
  return {length: head & (2 ** VCPU_SHIFT - 1), vcpu: head >>> VCPU_SHIFT, body: raw.subarray(CHUNK_HEAD_BYTES)};
};

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const word = z.number().int().min(0).max(0xffff_ffff);
/** 32 flags; producers that shift into bit 31 make it negative. */
const mask = z
  .number()
  .int()
  .min(-(2 ** 31))
  .max(0xffff_ffff);

const machineSchema = z.strictObject({
  board: z.string(),
  ramBase: count,
  ramSize: count,
  quantum: count.min(1),
  sharesCpu: z.literal(true).optional(),
  nanosecondsPerInstruction: z.number().positive(),
  commandLine: z.string(),
  files: z.array(z.strictObject({role: z.string(), name: z.string(), hash: z.string()})),
});

export const headerSchema: z.ZodType<TraceHeader> = z.strictObject({
  importedFrom: z.strictObject({format: z.string(), file: z.string(), fileHash: z.string()}).optional(),
  guest: z.string(),
  command: z.string(),
  guestHash: z.string(),
  isa: z.literal('armv7-a'),
  endianness: z.literal('little'),
  vcpus: z.number().int().min(1).max(MOST_VCPUS),
  machine: machineSchema.optional(),
});

const instructionSchema = z.tuple([z.enum(INSTRUCTION_CLASSES), count, mask, mask, mask, mask, mask, mask]);
type InstructionRow = z.infer<typeof instructionSchema>;

const blockSchema = z.tuple([
  word, // address
  z.enum(['a32', 't32']),
  z
    .number()
    .int()
    .min(1)
    .max(4 * MAX_BLOCK_INSTRUCTIONS), // size
  z.enum(BLOCK_ENDS),
  z.array(instructionSchema).min(1).max(MAX_BLOCK_INSTRUCTIONS),
]);
type BlockRow = z.infer<typeof blockSchema>;

/** A blocks section: blocks with ids `first`, `first + 1`, … */
export const blocksSchema = z.strictObject({first: count.max(MAX_BLOCKS - 1), blocks: z.array(blockSchema)});

const toInstructionRow = (instruction: PipelineInstruction): InstructionRow => [
  instruction.class,
  instruction.transfers,
  instruction.reads,
  instruction.readsEarly,
  instruction.writes,
  instruction.writesBack,
  instruction.vfpReads,
  instruction.vfpWrites,
];
export const toBlockRow = (block: Block): BlockRow => [
  block.address,
  block.isa,
  block.size,
  block.end,
  block.instructions.map(toInstructionRow),
];

const fromInstructionRow = (row: InstructionRow): PipelineInstruction => {
  const [name, transfers, reads, readsEarly, writes, writesBack, vfpReads, vfpWrites] = row;
  return {class: name, transfers, reads, readsEarly, writes, writesBack, vfpReads, vfpWrites};
};
export const fromBlockRow = (id: number, [address, isa, size, end, instructions]: BlockRow): Block => ({
  id,
  address,
  isa,
  size,
  instructions: instructions.map(fromInstructionRow),
  end,
});

/** What is counted while a trace is written. */
export interface TraceCounts extends RecordCounts {
  readonly chunks: number;
  readonly blocks: number;
}

/** A records section in the index. */
export interface ChunkEntry {
  readonly offset: number;
  readonly vcpu: number;
  /** Instructions of its vCPU before it, and in it. */
  readonly before: number;
  readonly instructions: number;
  /** Who executes its first record; version 1 does not say. */
  readonly task: Task | undefined;
}

const recordCounts = {words: count, records: count, instructions: count, accesses: count, events: count};
const counts = z.strictObject({chunks: count, blocks: count, ...recordCounts});
/** Offsets of the blocks sections. */
const blocks = z.array(count);
const vcpu = z
  .number()
  .int()
  .min(0)
  .max(MOST_VCPUS - 1);

const indexSchema1 = z.strictObject({counts, blocks, chunks: z.array(z.tuple([count, count, count]))});
const indexSchema2 = z.strictObject({
  counts,
  blocks,
  chunks: z.array(z.tuple([count, count, count, word, word])),
  markers: z.array(z.tuple([z.enum(MARKERS), count])).max(MARKERS.length),
});
const indexSchema4 = z.strictObject({
  counts,
  vcpus: z.array(z.strictObject(recordCounts)).max(MOST_VCPUS),
  blocks,
  chunks: z.array(z.tuple([count, count, count, word, word, vcpu])),
  markers: z.array(z.tuple([z.enum(MARKERS), count, vcpu])).max(MARKERS.length * MOST_VCPUS),
});

export interface Index {
  readonly counts: TraceCounts;
  /** Of each vCPU's stream. */
  readonly vcpus: readonly RecordCounts[];
  readonly blocks: readonly number[];
  readonly chunks: readonly ChunkEntry[];
  /** The first of each kind in each stream; version 1 does not say. */
  readonly markers: readonly PlacedMarker[] | undefined;
}

/** Before version 4 all is the first vCPU's. */
const onlyStream = ({words, records, instructions, accesses, events}: RecordCounts): readonly RecordCounts[] => [
  {words, records, instructions, accesses, events},
];

const withMarkers: z.ZodType<Index> = indexSchema2.transform((index) => ({
  ...index,
  vcpus: onlyStream(index.counts),
  chunks: index.chunks.map(([offset, before, instructions, space, task]) => {
    return {offset, vcpu: 0, before, instructions, task: {space, task}};
  }),
  markers: index.markers.map(([marker, instruction]) => ({marker, instruction, vcpu: 0})),
}));

/** By version. */
export const INDEX_SCHEMAS: Readonly<Record<FormatVersion, z.ZodType<Index>>> = {
  1: indexSchema1.transform((index) => ({
    ...index,
    vcpus: onlyStream(index.counts),
    chunks: index.chunks.map(([offset, before, instructions]) => {
      return {offset, vcpu: 0, before, instructions, task: undefined};
    }),
    markers: undefined,
  })),
  2: withMarkers,
  3: withMarkers,
  4: indexSchema4.transform((index) => ({
    ...index,
    chunks: index.chunks.map(([offset, before, instructions, space, task, owner]) => {
      return {offset, vcpu: owner, before, instructions, task: {space, task}};
    }),
    markers: index.markers.map(([marker, instruction, owner]) => ({marker, instruction, vcpu: owner})),
  })),
};

/** As {@link FORMAT_VERSION} stores it. */
export const toIndexRows = (
  index: Omit<Index, 'chunks'> & {readonly chunks: readonly (ChunkEntry & {readonly task: Task})[]},
): z.input<typeof indexSchema4> => ({
  counts: index.counts,
  vcpus: [...index.vcpus],
  blocks: [...index.blocks],
  chunks: index.chunks.map(({offset, before, instructions, task, vcpu: owner}) => [
    offset,
    before,
    instructions,
    task.space,
    task.task,
    owner,
  ]),
  markers: (index.markers ?? []).map(({marker, instruction, vcpu: owner}) => [marker, instruction, owner]),
});
