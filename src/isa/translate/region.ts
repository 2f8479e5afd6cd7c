/** Which blocks are translated together: those that direct branches, calls included, lead to from a hot block. */
import type {RegionBlock} from './region-block.ts';

/** What makes a region; tests and searches for defects want other ones than the usual. */
export interface RegionLimits {
  /** Executions of a block by the interpreter after which it is worth a region. */
  readonly hotAfter: number;
  /** Entries of a region after which it is formed again with all that it leads to: a loop that spans regions is worth one. */
  readonly extendAfter: number;
  /** Executions of a block that make it worth a place in the region of another. */
  readonly warmAfter: number;
  readonly mostBlocks: number;
  /** Copies of unrolled loops included; the ring's reserve (memory/layout.ts) is enough for the records of 2000. */
  readonly mostInstructions: number;
}
export const USUAL_LIMITS: RegionLimits = {
  hotAfter: 500,
  extendAfter: 1000,
  warmAfter: 1,
  mostBlocks: 400,
  mostInstructions: 2000,
};
/** A block that branches to itself is translated several times in a row, up to so many instructions. */
const MOST_UNROLLED = 32;

/** Where control goes at the end of a block, as far as the code itself says: values of `Cpu.next`. */
export interface Successors {
  /** Taken when the branch is, or always. */
  readonly taken: number | undefined;
  /** The next instruction, when control can fall through to it. */
  readonly fallThrough: number | undefined;
  /** Where a call returns: reached through the callee. */
  readonly returnsTo: number | undefined;
}

const NONE: Successors = {taken: undefined, fallThrough: undefined, returnsTo: undefined};

/** @param isDirect whether the last operation branches to its `immediate`. */
export const successorsOf = (block: RegionBlock, isDirect: boolean, isConditional: boolean): Successors => {
  const last = block.operations.at(-1)!;
  if (last.end === undefined) return {...NONE, fallThrough: block.end};
  return {
    taken: isDirect ? last.immediate : undefined,
    fallThrough: isConditional ? block.end : undefined,
    returnsTo: last.end === 'call' || last.end === 'system' ? block.end : undefined,
  };
};

export const isOwnSuccessor = ({next}: RegionBlock, {taken, fallThrough}: Successors): boolean =>
  taken === next || fallThrough === next;

/** How often a block is to be translated in a row. */
export const copiesOf = (block: RegionBlock, successors: Successors): number =>
  isOwnSuccessor(block, successors) ? Math.max(1, Math.floor(MOST_UNROLLED / block.operations.length)) : 1;

/**
 * Breadth first from the entry, so that what is near the hot block is in before the limits are reached.
 * @param find the block at an address if it was executed already; code that never ran is not worth translating.
 * @returns the blocks in order of address, which makes forward branches of most branches.
 */
export const collectBlocks = <B extends RegionBlock>(
  entry: B,
  successors: (block: B) => Successors,
  find: (next: number) => B | undefined,
  {mostBlocks, mostInstructions}: RegionLimits,
): readonly B[] => {
  const found = new Set([entry]);
  const lengthOf = (block: B): number => copiesOf(block, successors(block)) * block.operations.length;
  let instructions = lengthOf(entry);
  for (const block of found) {
    const {taken, fallThrough, returnsTo} = successors(block);
    for (const next of [fallThrough, taken, returnsTo]) {
      if (next === undefined || found.size >= mostBlocks) continue;
      const successor = find(next);
      if (successor === undefined || found.has(successor)) continue;
      const length = lengthOf(successor);
      if (instructions + length > mostInstructions) continue;
      instructions += length;
      found.add(successor);
    }
  }
  return [...found].sort((a, b) => (a.next >>> 0) - (b.next >>> 0));
};
