/**
 * The engine's memory: one WebAssembly memory that the interpreter, translated code and (later) replay share. Byte
 * offsets. The guest's user space, which Linux keeps below 3 GiB, lies at its own addresses above a base, so that
 * translated code needs no more than a look at a page's permission; what the engine keeps for itself lies below, where
 * offsets are short. The first page stays unused, so that 0 can mean "nothing".
 */
import {GIBIBYTE, KIBIBYTE, MEBIBYTE} from '../../units.ts';

export const PAGE = 4 * KIBIBYTE;
export const PAGE_SHIFT = 12;
/** Pages of the whole 32-bit space. */
export const PAGES = 2 ** (32 - PAGE_SHIFT);

/** End of the guest's user space. */
export const USER_END = 3 * GIBIBYTE;
/** The place of the guest's address 0. */
export const GUEST_BASE = 16 * MEBIBYTE;
export const MEMORY_END = GUEST_BASE + USER_END;

/** The state of the core (core/state.ts). */
export const STATE_OFFSET = 4 * KIBIBYTE;
export const STATE_BYTES = 512;
/** Length of the ring's records in words. */
export const RING_CURSOR_OFFSET = STATE_OFFSET + STATE_BYTES;
/** Instructions that translated code may still execute. */
export const BUDGET_OFFSET = RING_CURSOR_OFFSET + 4;
/** Where translated code stopped in the middle of a block: see translate/exits.ts. */
export const EXIT_OFFSET = BUDGET_OFFSET + 4;
/** Byte offset of that block's record. */
export const HEADER_OFFSET = EXIT_OFFSET + 4;
/** The region that stopped. */
export const EXIT_REGION_OFFSET = HEADER_OFFSET + 4;
/** Contents of the page above user space: the kernel's user helpers. */
export const HELPERS_OFFSET = 8 * KIBIBYTE;
/** A word for each region: how often it may still be entered before it is looked at again. */
export const ENTRY_COUNTS_OFFSET = 16 * KIBIBYTE;
/** Direct-mapped table of translated code by address. */
export const JUMP_TABLE_OFFSET = 64 * KIBIBYTE;
/** The records of the trace. */
export const RING_OFFSET = 512 * KIBIBYTE;
export const RING_BYTES = 256 * KIBIBYTE;
/** Words that may be recorded between two looks at the ring's length: translated code looks once in a pass of a region. */
export const RING_RESERVE = 8 * KIBIBYTE;
/** A byte for each page of user space: not 0 when it may be read, or written, without further ado. */
export const READ_PERMISSION_OFFSET = MEBIBYTE;
export const WRITE_PERMISSION_OFFSET = READ_PERMISSION_OFFSET + PAGES;
/** A word for each page of the guest's address space: the offset here of the page that may be read or written, or 0. */
export const READ_MAP_OFFSET = WRITE_PERMISSION_OFFSET + PAGES;
export const WRITE_MAP_OFFSET = READ_MAP_OFFSET + 4 * PAGES;

export const USER_PAGES = USER_END / PAGE;
/** Where a page lies in the engine's memory, as a signed word. */
export const offsetOf = (page: number): number =>
  (page < USER_PAGES ? GUEST_BASE + (page << PAGE_SHIFT) : HELPERS_OFFSET) | 0;
