/**
 * The engine's memory: one WebAssembly memory that the interpreter, translated code and (later) replay share. Byte
 * offsets. The first page stays unused, so that 0 can mean "nothing".
 */
import {KIBIBYTE, MEBIBYTE} from '../../units.ts';

export const PAGE = 4 * KIBIBYTE;
export const PAGE_SHIFT = 12;
export const PAGES = 2 ** (32 - PAGE_SHIFT);

/** The state of the core (core/state.ts). */
export const STATE_OFFSET = 4 * KIBIBYTE;
export const STATE_BYTES = 512;
/** Length of the ring's records in words. */
export const RING_CURSOR_OFFSET = STATE_OFFSET + STATE_BYTES;
/** Direct-mapped table of translated code by address. */
export const JUMP_TABLE_OFFSET = 64 * KIBIBYTE;
/** The records of the trace. */
export const RING_OFFSET = 512 * KIBIBYTE;
export const RING_BYTES = 256 * KIBIBYTE;
/** A word for each page of the guest's address space: the offset here of the page that may be read or written, or 0. */
export const READ_MAP_OFFSET = MEBIBYTE;
export const WRITE_MAP_OFFSET = READ_MAP_OFFSET + 4 * PAGES;
/** The guest's memory. */
export const FRAMES_OFFSET = WRITE_MAP_OFFSET + 4 * PAGES;
