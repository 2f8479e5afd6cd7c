/**
 * What differs between code for a program and code for a machine: how an access finds its bytes, where the core's state is,
 * and how other code is found by its address. Only the emitted code differs; nothing of it is looked at when that runs.
 */
import type {Place, Transfer} from './access-check.ts';
import type {RegionBlock} from './region-block.ts';
import type {Code} from './wasm/code.ts';

export interface Access extends Transfer {
  /** A local. */
  readonly address: number;
  /** Where to go when the access cannot be made here. */
  readonly slow: number;
  /** A free local. */
  readonly temporary: () => number;
}

export interface Space<B extends RegionBlock = RegionBlock> {
  /** The local that offsets of the core's state are relative to; undefined when they are the memory's. */
  readonly stateBase: number | undefined;
  /**
   * Whether the code stops at the very end of its budget, and has all flags right wherever it may stop: then an interrupt
   * or a fault there shows the guest what the interpreter would.
   */
  readonly isExact: boolean;
  /** Offset of the words that count the entries of regions. */
  readonly entryCounts: number;
  /** From the start of an entry of the jump table to the word that says where the code is. */
  readonly codeOffset: number;
  /** What a region does first. */
  readonly begin: (code: Code) => void;
  /** Leaves when an access is not in a page that may be accessed, or not aligned. @returns where its first byte is. */
  readonly check: (code: Code, access: Access) => Place;
  /** Pushes whether the jump table has TARGET, and puts the offset of the entry into a local. */
  readonly lookUp: (code: Code, entry: number) => void;
  /** Whether the address of `to` may mean other code by now, at the end of `from`. */
  mayMove(from: B, to: B): boolean;
  /** Pushes whether it does. */
  pushMoved(code: Code, to: B): void;
  /** Whether a block may be executed only while VFP is enabled. */
  needsVfp(block: B): boolean;
}
