/** Synthetic record streams: blocks of any shape, and accesses that stream, stride and scatter as guests do. */
import fc from 'fast-check';
import type {Block, BlockEnd, PipelineInstruction} from '../../src/trace/blocks.ts';
import {MARKER_ID, type Marker, TLB_OPERATION_ID, TLB_OPERATIONS, type TlbOperation} from '../../src/trace/events.ts';
import type {InstructionClass} from '../../src/trace/instruction-class.ts';
import {accessMeta, blockRecord, eventRecord, PREFETCH, READ, WRITE} from '../../src/trace/records.ts';
import type {TraceChunk, TraceSource} from '../../src/trace/source.ts';
import {MEBIBYTE} from '../../src/units.ts';

const CLASSES: readonly InstructionClass[] = ['alu-immediate', 'load', 'alu-shift', 'store', 'multiply', 'branch'];
const ENDS: readonly BlockEnd[] = ['conditional', 'indirect', 'fall-through', 'call', 'return'];

const instruction = (n: number): PipelineInstruction => ({
  class: CLASSES[n % CLASSES.length] as InstructionClass,
  transfers: 1,
  reads: 1 << (n % 13),
  readsEarly: 0,
  writesBack: 0,
  writes: 1 << ((n * 5) % 13),
  vfpReads: 0,
  vfpWrites: 0,
});

/** Forty blocks of 1 to 21 instructions; the even ones lie one behind the other, the odd ones scattered over 2 MiB. */
export const BLOCKS: readonly Block[] = Array.from({length: 40}, (_, id) => {
  const length = 1 + ((id * 7) % 21);
  const address = id % 2 === 0 ? 0x1_0000 + id * 48 : 0x2_0000 + ((id * 83_591) % (2 * MEBIBYTE - 256)) * 4;
  return {
    id,
    address: address - (address % 4),
    isa: 'a32',
    size: 4 * length,
    instructions: Array.from({length}, (_, n) => instruction(id + n)),
    end: ENDS[id % ENDS.length] as BlockEnd,
  };
});

export interface Access {
  readonly address: number;
  readonly size: number;
  readonly kind: number;
}

/** A run of block executions, each with the accesses of a pattern. */
export interface Run {
  readonly block: number;
  readonly rounds: number;
  readonly kind: number;
  readonly size: number;
  readonly start: number;
  readonly step: number;
}

/** Three 64 MiB regions of VA space, all that the guest's RAM holds; the first holds the code. */
const DATA_TOP = 3 * 64 * MEBIBYTE - 4096;
const wrap = (address: number, top: number): number => ((address % top) + top) % top;

export const accessesOf = (run: Run, round: number, top: number): Access[] => {
  const most = (BLOCKS[run.block] as Block).instructions.length;
  return Array.from({length: Math.min(most, 4)}, (_, n) => ({
    address: wrap(run.start + (round * 4 + n) * run.step, top),
    size: run.kind === PREFETCH ? 1 : run.size,
    kind: run.kind,
  }));
};

export const anyRun: fc.Arbitrary<Run> = fc.record({
  block: fc.nat(BLOCKS.length - 1),
  rounds: fc.integer({min: 1, max: 60}),
  kind: fc.constantFrom(READ, READ, WRITE, WRITE, PREFETCH),
  size: fc.constantFrom(1, 2, 4, 8, 16, 64, 128),
  start: fc.oneof(fc.nat(DATA_TOP - 1), fc.nat(64 * 1024)),
  step: fc.constantFrom(0, 4, 8, 16, 60, 64, 128, 256, 320, 4096, -64, 5_000_004),
});

/** A stream, and what anyone can count in it without a model. */
export interface Stream {
  readonly words: readonly number[];
  readonly blocks: number;
  readonly instructions: number;
  readonly kinds: readonly number[];
  /** Data lines of 64 bytes touched by each access, summed. */
  readonly lineSplits: number;
  readonly instructionLines: number;
}

export const markerWords = (marker: Marker): number[] => [eventRecord('marker', 1), MARKER_ID[marker]];

export const blockWords = (block: number, accesses: readonly Access[]): number[] => [
  blockRecord(block, accesses.length),
  ...accesses.flatMap(({address, size, kind}, slot) => [address, accessMeta(size, kind, slot)]),
];

const linesOf = (address: number, size: number, line: number): number =>
  Math.floor((address + size - 1) / line) - Math.floor(address / line) + 1;

const streamOf = (runs: readonly Run[], top = DATA_TOP): Stream => {
  const words: number[] = [];
  const kinds = [0, 0, 0];
  let [blocks, instructions, lineSplits, instructionLines] = [0, 0, 0, 0];
  for (const run of runs) {
    const block = BLOCKS[run.block] as Block;
    for (let round = 0; round < run.rounds; round++) {
      const accesses = accessesOf(run, round, top);
      words.push(...blockWords(run.block, accesses));
      blocks++;
      instructions += block.instructions.length;
      instructionLines += linesOf(block.address, block.size, 32);
      for (const {address, size, kind} of accesses) {
        kinds[kind] = (kinds[kind] as number) + 1;
        lineSplits += linesOf(address, size, 64);
      }
    }
  }
  return {words, blocks, instructions, kinds, lineSplits, instructionLines};
};

export const anyStream = fc.array(anyRun, {minLength: 1, maxLength: 60}).map((runs) => streamOf(runs));

/** What the RAM that is left beside three regions holds of several spaces, even in pages of 16 MiB. */
const SMALL_TOP = 8 * MEBIBYTE;
const SPACES = 4;
const anySpace = fc.nat(SPACES - 1);

export const taskSwitchWords = (space: number, task = 1000 + space): number[] => [
  eventRecord('task-switch', 2),
  space,
  task,
];
export const maintenanceWords = (operation: TlbOperation, space: number, address: number, pages: number): number[] => [
  eventRecord('tlb-maintenance', 4),
  TLB_OPERATION_ID[operation],
  space,
  address,
  pages,
];
export const spaceEndWords = (space: number): number[] => [eventRecord('space-end', 1), space];

/** What an operating system does to address spaces. */
const anySpaceEvent: fc.Arbitrary<readonly number[]> = fc.oneof(
  {weight: 4, arbitrary: fc.tuple(anySpace, fc.nat(2)).map(([space, task]) => taskSwitchWords(space, 1000 + task))},
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...TLB_OPERATIONS), anySpace, fc.nat(SMALL_TOP / 4096), fc.constantFrom(1, 1, 7, 600))
      .map(([operation, space, page, pages]) => maintenanceWords(operation, space, page * 4096, pages)),
  },
  {weight: 1, arbitrary: fc.integer({min: 1, max: SPACES - 1}).map(spaceEndWords)},
);

/** Runs in several address spaces, between which these change, end, and have their TLB entries invalidated. */
export const anySpacedStream: fc.Arbitrary<Stream> = fc
  .array(fc.tuple(anyRun, fc.array(anySpaceEvent, {maxLength: 2})), {minLength: 1, maxLength: 60})
  .map((steps) => {
    const whole = streamOf(
      steps.map(([run]) => run),
      SMALL_TOP,
    );
    const words = steps.flatMap(([run, events]) => [...events.flat(), ...streamOf([run], SMALL_TOP).words]);
    return {...whole, words};
  });

export const chunkOf = (words: readonly number[]): TraceChunk => ({
  words: Uint32Array.from(words),
  length: words.length,
});

export const sourceOf = (words: readonly number[]): TraceSource => {
  const chunks = [chunkOf(words)];
  return {
    header: {guest: 'synthetic', command: '', guestHash: '', isa: 'armv7-a', endianness: 'little', vcpus: 1},
    blocks: BLOCKS,
    next: () => chunks.pop(),
  };
};
