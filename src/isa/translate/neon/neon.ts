/** All translations of Advanced SIMD (DDI 0406C A7.4, A7.7, A7.8), by WebAssembly's vectors. */
import type {Rows} from '../translation.ts';
import {BY_SCALAR} from './by-scalar.ts';
import {NEON_FLOAT} from './float.ts';
import {MODIFIED_IMMEDIATE} from './modified-immediate.ts';
import {PERMUTE} from './permute.ts';
import {SHIFTS} from './shift-immediate.ts';
import {THREE_DIFFERENT} from './three-different.ts';
import {THREE_SAME} from './three-same.ts';
import {NEON_TRANSFER} from './transfer.ts';
import {TWO_REGISTERS} from './two-registers.ts';

export const NEON: Rows = [
  ...THREE_SAME,
  ...THREE_DIFFERENT,
  ...BY_SCALAR,
  ...SHIFTS,
  ...TWO_REGISTERS,
  ...PERMUTE,
  ...MODIFIED_IMMEDIATE,
  ...NEON_FLOAT,
  ...NEON_TRANSFER,
];
