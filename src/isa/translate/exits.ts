/** How a region's function tells why it left, and where. */

/** What a region's function returns. */
export const EXIT_NEXT = 0;
export const EXIT_SLOW = 1;
/** Before anything was executed: the region was entered as often as it was to be. */
export const EXIT_COUNTED = 2;

/** Bits of the exit word: the block's index in the region, the instruction's in the block, words of its record so far. */
const EXIT_BLOCK_SHIFT = 22;
const EXIT_SLOT_SHIFT = 12;
export const exitWord = (block: number, slot: number, words: number): number =>
  (block << EXIT_BLOCK_SHIFT) | (slot << EXIT_SLOT_SHIFT) | (words & 0xfff);
export const exitBlock = (word: number): number => word >>> EXIT_BLOCK_SHIFT;
export const exitSlot = (word: number): number => (word >>> EXIT_SLOT_SHIFT) & 0x3ff;
export const exitWords = (word: number): number => word & 0xfff;
