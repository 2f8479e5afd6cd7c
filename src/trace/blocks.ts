/**
 * The block dictionary: each basic block of the guest once, with what the pipeline model must know of its instructions.
 *
 * A block is a run of instructions that ends at a branch (or at {@link MAX_BLOCK_INSTRUCTIONS}); executing a block
 * executes all of it. Blocks may overlap in memory when a branch enters the middle of one.
 */
import type {InstructionClass} from './instruction-class.ts';

/** A block is cut after this many instructions, so that its accesses (≤ 1 record each) fit a record's 8-bit count. */
export const MAX_BLOCK_INSTRUCTIONS = 128;

/**
 * How a block hands over control; the branch predictor model needs no more. `unknown`: a trace of another format did not say;
 * such an end is never mispredicted.
 */
export const BLOCK_ENDS = [
  'fall-through',
  'branch',
  'conditional',
  'call',
  'return',
  'indirect',
  'system',
  'unknown',
] as const;
export type BlockEnd = (typeof BLOCK_ENDS)[number];

/** Bit 16 of the register masks stands for the condition flags (APSR.NZCV), bit 17 for FPSCR's. */
export const FLAGS_BIT = 1 << 16;
export const FPSCR_BIT = 1 << 17;

/** What one instruction is to a pipeline. */
export interface PipelineInstruction {
  readonly class: InstructionClass;
  /** Words (or double words for VFP) moved by a multiple transfer; 1 otherwise. */
  readonly transfers: number;
  /** Core registers read: bits 0–15, {@link FLAGS_BIT}, {@link FPSCR_BIT}. A failed condition still reads them. */
  readonly reads: number;
  /** The subset of `reads` that feed an address or the shifter, needed one cycle early on many cores. */
  readonly readsEarly: number;
  readonly writes: number;
  /** The subset of `writes` that the address unit makes (base register write-back), not the memory access. */
  readonly writesBack: number;
  /** VFP double registers d0–d31 read and written, a bit each; an S register marks the D register that holds it. */
  readonly vfpReads: number;
  readonly vfpWrites: number;
}

export interface Block {
  readonly id: number;
  /** Virtual address of the first instruction. */
  readonly address: number;
  readonly isa: 'a32' | 't32';
  /** Length in bytes. */
  readonly size: number;
  readonly instructions: readonly PipelineInstruction[];
  readonly end: BlockEnd;
}

/**
 * Is it an instruction that another format named by its address only? Such a block is one instruction; where it has more
 * than one entry, each stands for one of its accesses, because an entry can have one only.
 */
export const isUnknown = (block: Block): boolean => block.instructions.every((one) => one.class === 'unknown');

/** Append-only; ids are dense from 0 and below {@link MAX_BLOCKS}. */
export type BlockTable = readonly Block[];

export const MAX_BLOCKS = 2 ** 23;
