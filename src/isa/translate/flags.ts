/** Which of the flags N, Z, C and V an instruction reads and writes, and which of them are live where. */
import {accessSize} from '../../trace/records.ts';
import {ALWAYS, type Operation} from '../core/operation.ts';
import type {RegionBlock} from './region-block.ts';

export const NEGATIVE = 1;
export const ZERO = 2;
export const CARRY = 4;
export const OVERFLOW = 8;
export const ALL_FLAGS = NEGATIVE | ZERO | CARRY | OVERFLOW;

/** The order of the flags in the state and among the locals. */
export const FLAG_LOCALS: Readonly<Record<number, number>> = {[NEGATIVE]: 0, [ZERO]: 1, [CARRY]: 2, [OVERFLOW]: 3};

export interface FlagUse {
  readonly reads: number;
  /** Flags that the operation sets whenever it executes; what it may or may not write is not among them. */
  readonly writes: number;
}

export const noFlags = (): FlagUse => ({reads: 0, writes: 0});

/** Flags that each pair of conditions reads: EQ, CS, MI, VS, HI, GE, GT and their opposites. */
const CONDITION_READS = [
  ZERO,
  CARRY,
  NEGATIVE,
  OVERFLOW,
  ZERO | CARRY,
  NEGATIVE | OVERFLOW,
  ZERO | NEGATIVE | OVERFLOW,
  0,
];

const conditionReads = (condition: number): number => CONDITION_READS[condition >>> 1]!;

/** What is live before an operation, given what is live behind it. */
export const liveBefore = (operation: Operation, use: FlagUse, after: number): number => {
  const written = operation.condition === ALWAYS ? use.writes : 0;
  return (after & ~written) | use.reads | conditionReads(operation.condition);
};

/**
 * A block that accesses memory may be left in the middle: for a store that changes the blocks behind it, or for a signal's
 * handler. What was dead by what follows may then be read after all. (The block itself is executed as it was decoded.)
 */
const mayChangeWhatFollows = ({operations}: RegionBlock): boolean =>
  operations.some(({meta}) => accessSize(meta) !== 0);

/**
 * Flags live at the end of each block.
 * @param successors indices of the blocks that can follow, or undefined when anything can.
 */
export const liveOut = (
  blocks: readonly RegionBlock[],
  successors: readonly (readonly number[] | undefined)[],
  useOf: (operation: Operation) => FlagUse,
): readonly number[] => {
  const transfer = blocks.map((block) => summarise(block, useOf));
  const liveIn = blocks.map(() => 0);
  const out = blocks.map(() => 0);
  for (let changed = true; changed; ) {
    changed = false;
    for (let index = blocks.length - 1; index >= 0; index--) {
      const inside = mayChangeWhatFollows(blocks[index]!) ? undefined : successors[index];
      const live = inside?.reduce((mask, next) => mask | liveIn[next]!, 0) ?? ALL_FLAGS;
      const {reads, writes} = transfer[index]!;
      const before = reads | (live & ~writes);
      changed ||= live !== out[index] || before !== liveIn[index];
      out[index] = live;
      liveIn[index] = before;
    }
  }
  return out;
};

/** Reads before any write, and certain writes, of a whole block. */
const summarise = (block: RegionBlock, useOf: (operation: Operation) => FlagUse): FlagUse => {
  const before = (after: number): number =>
    block.operations.reduceRight((live, operation) => liveBefore(operation, useOf(operation), live), after);
  const reads = before(0);
  return {reads, writes: ALL_FLAGS & ~before(ALL_FLAGS)};
};
