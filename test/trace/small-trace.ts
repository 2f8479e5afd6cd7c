/** Traces small enough to read, and random ones. */
import fc from 'fast-check';
import type {Block} from '../../src/trace/blocks.ts';
import {EVENT_KINDS, MARKER_ID} from '../../src/trace/events.ts';
import {INSTRUCTION_CLASSES, type InstructionClass} from '../../src/trace/instruction-class.ts';
import {accessMeta, blockRecord, eventRecord, READ, WRITE} from '../../src/trace/records.ts';
import type {TraceHeader, TraceSource} from '../../src/trace/source.ts';

export const HEADER: TraceHeader = {
  guest: 'tiny',
  command: 'trapwalk trace record tiny',
  guestHash: '0'.repeat(64),
  isa: 'armv7-a',
  endianness: 'little',
  vcpus: 1,
};

const instruction = (name: InstructionClass) => {
  return {class: name, transfers: 1, reads: 1, readsEarly: 0, writes: 2, writesBack: 0, vfpReads: 0, vfpWrites: 0};
};

export const BLOCKS: readonly Block[] = [
  {
    id: 0,
    address: 0x1_0000,
    isa: 'a32',
    size: 12,
    instructions: ['load', 'store', 'branch'].map((name) => instruction(name as InstructionClass)),
    end: 'conditional',
  },
  {
    id: 1,
    address: 0x1_0ffe,
    isa: 't32',
    size: 4,
    instructions: ['alu-immediate', 'branch-indirect'].map((name) => instruction(name as InstructionClass)),
    end: 'return',
  },
];

/** A copy loop of three rounds between markers, and a return. */
export const WORDS: readonly number[] = [
  eventRecord('marker', 1),
  MARKER_ID.begin,
  ...[0, 1, 2].flatMap((round) => [
    blockRecord(0, 2),
    0x2_0ffc + 4 * round,
    accessMeta(4, READ, 0),
    0xfff0_0000 + 4 * round,
    accessMeta(4, WRITE, 1),
  ]),
  eventRecord('supervisor-call', 1),
  0x7b,
  blockRecord(1, 0),
  eventRecord('marker', 1),
  MARKER_ID.end,
];

/** A source of the given chunks. */
export const sourceOf = (chunks: readonly (readonly number[])[], blocks: readonly Block[] = BLOCKS): TraceSource => {
  let next = 0;
  return {
    header: HEADER,
    blocks,
    next: () => {
      const chunk = chunks[next++];
      return chunk && {words: Uint32Array.from(chunk), length: chunk.length};
    },
  };
};

export const wordsOf = (source: TraceSource): number[] => {
  const words: number[] = [];
  for (let chunk = source.next(); chunk !== undefined; chunk = source.next()) {
    for (const word of chunk.words.subarray(0, chunk.length)) words.push(word);
  }
  return words;
};

const word = fc.integer({min: 0, max: 0xffff_ffff});
const mask = fc.integer({min: -(2 ** 31), max: 0xffff_ffff});
const anyInstruction = fc.record({
  class: fc.constantFrom(...INSTRUCTION_CLASSES),
  transfers: fc.integer({min: 1, max: 32}),
  reads: mask,
  readsEarly: mask,
  writesBack: mask,
  writes: mask,
  vfpReads: mask,
  vfpWrites: mask,
});
const anyBlock = fc.record({
  address: word,
  isa: fc.constantFrom('a32' as const, 't32' as const),
  size: fc.integer({min: 1, max: 512}),
  instructions: fc.array(anyInstruction, {minLength: 1, maxLength: 4}),
  end: fc.constantFrom('branch' as const, 'call' as const, 'system' as const),
});
const anyEvent = fc
  .tuple(fc.constantFrom(...EVENT_KINDS), fc.array(word, {maxLength: 3}))
  .map(([kind, payload]) => [eventRecord(kind, payload.length), ...payload]);
/** Streams with few addresses and metas, so that guesses hit as well as miss. */
const anyExecution = (blocks: number) =>
  fc
    .tuple(
      fc.integer({min: 0, max: blocks - 1}),
      fc.array(
        fc.tuple(fc.oneof(word, fc.integer({min: 0, max: 64})), fc.oneof(word, fc.constant(accessMeta(4, READ, 0)))),
        {maxLength: 6},
      ),
    )
    .map(([block, accesses]) => [blockRecord(block, accesses.length), ...accesses.flat()]);

/** Any blocks, and any chunks of whole records over them, legal or not in other ways. */
export const anyTrace = fc.array(anyBlock, {minLength: 1, maxLength: 4}).chain((blocks) =>
  fc.record({
    blocks: fc.constant(blocks.map((block, id) => ({id, ...block}))),
    chunks: fc.array(
      fc
        .array(fc.oneof({weight: 8, arbitrary: anyExecution(blocks.length)}, anyEvent), {maxLength: 40})
        .map((records) => records.flat()),
      {maxLength: 4},
    ),
  }),
);
