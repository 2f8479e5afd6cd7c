/** The locals of a region's function, by number; and where words of the state lie in the engine's memory. */
import {STATE_OFFSET} from '../memory/layout.ts';
import type {Locals} from './wasm/module.ts';
import {F32, F64, I32, I64, V128} from './wasm/opcodes.ts';

// Local 0 is the parameter: the index of the block to enter. r0–r14 follow.
export const INDEX = 0;
export const FIRST_REGISTER = 1;
export const FIRST_FLAG = 16;
/** C and V; or, while DIFFERENCE is 1, numbers whose difference has them. */
export const CARRY_LOCAL = 18;
export const OVERFLOW_LOCAL = 19;
export const DIFFERENCE = 20;
export const BUDGET = 21;
export const RING = 22;
export const INFO = 23;
export const HEADER = 24;
export const TARGET = 25;
export const CHAIN = 26;
/** Where the area of the core that executes begins, in a machine of several. */
export const CORE = 27;
export const FIRST_TEMPORARY = 28;
export const TEMPORARIES = 13;
/** Operands of comparisons, kept to the end of the block for the conditions that use them. */
export const FIRST_KEPT = FIRST_TEMPORARY + TEMPORARIES;
export const KEPT = 48;
export const LONG = FIRST_KEPT + KEPT;
const LONGS = 3;
export const DOUBLE = LONG + LONGS;
const DOUBLES = 10;
/** Double registers that the block in hand has read or written, in locals beside the state. */
export const FIRST_CACHED = DOUBLE + DOUBLES;
export const CACHED = 16;
export const SINGLE = FIRST_CACHED + CACHED;
const SINGLES = 3;
export const VECTOR = SINGLE + SINGLES;
const VECTORS = 3;

/** All locals beside the parameter. */
export const LOCALS: readonly Locals[] = [
  {type: I32, count: LONG - 1},
  {type: I64, count: LONGS},
  {type: F64, count: DOUBLES + CACHED},
  {type: F32, count: SINGLES},
  {type: V128, count: VECTORS},
];

export const stateOffset = (word: number): number => STATE_OFFSET + 4 * word;
