/** Advanced SIMD with half-precision conversion and fused multiply-add, as on a core with VFPv4: DDI 0406C A7.4 and A7.7. */
import type {Row} from '../core/operation.ts';
import {NEON_BY_SCALAR} from './by-scalar.ts';
import {NEON_LOAD_STORE} from './load-store.ts';
import {NEON_MODIFIED_IMMEDIATE} from './modified-immediate.ts';
import {NEON_PERMUTE} from './permute.ts';
import {NEON_SHIFT_IMMEDIATE} from './shift-immediate.ts';
import {NEON_THREE_DIFFERENT} from './three-different.ts';
import {NEON_THREE_SAME} from './three-same.ts';
import {NEON_THREE_SAME_FLOAT} from './three-same-float.ts';
import {NEON_TWO_REGISTERS} from './two-registers.ts';

export const NEON: readonly Row[] = [
  ...NEON_LOAD_STORE,
  ...NEON_THREE_SAME,
  ...NEON_THREE_SAME_FLOAT,
  ...NEON_THREE_DIFFERENT,
  ...NEON_BY_SCALAR,
  ...NEON_SHIFT_IMMEDIATE,
  ...NEON_MODIFIED_IMMEDIATE,
  ...NEON_TWO_REGISTERS,
  ...NEON_PERMUTE,
];
