/** Where things lie in a process of 32-bit Arm Linux with a 3 GiB/1 GiB split, without randomisation. */
import {MEBIBYTE} from '../../units.ts';
import {PAGE} from '../memory/layout.ts';

/** Where user memory may begin, and must end: there the stack begins. */
export const LOWEST_ADDRESS = 0x1000;
export const STACK_TOP = 0xbf00_0000;
export const STACK_SIZE = 8 * MEBIBYTE;
/**
 * Mappings grow down from here: 128 MiB are left for the stack. The page above them holds the code that a signal handler
 * without SA_RESTORER returns to.
 */
export const MAPPING_TOP = 0xb700_0000;
export const MAPPING_LOWEST = 0x0001_0000;
/** Where a position-independent program goes (ELF_ET_DYN_BASE: two thirds of the space); its interpreter is a mapping. */
export const PROGRAM_BASE = 0x7f55_5000;
/** Where the kernel's user helpers live; the last page of the space. */
export const HELPERS = 0xffff_0000;

export const pageDown = (address: number): number => Math.floor(address / PAGE) * PAGE;
export const pageUp = (address: number): number => Math.ceil(address / PAGE) * PAGE;
