/** How translated code finds other regions: a direct-mapped table by address, in the engine's memory. */
import type {RegionBlock} from './region-block.ts';

export interface JumpTable<B extends RegionBlock> {
  /** Another block may have taken the place of one that was announced. */
  announce(block: B, code: number): void;
  /** Removes a block's entry if it still is this code. */
  forget(block: B, code: number): void;
  clear(): void;
}

/** What the code's word in an entry is: the region's index above the block's. */
export const JUMP_BLOCK_BITS = 12;
export const codeWord = (region: number, block: number): number => (region << JUMP_BLOCK_BITS) | block;
