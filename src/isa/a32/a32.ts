/** The A32 instruction set of user mode: one list of rows for each half of the encoding space. */

import {createDecoder, DecodeTable} from '../core/decode.ts';
import type {Row} from '../core/operation.ts';
import {NEON} from '../neon/neon.ts';
import {VFP_ARITHMETIC} from '../vfp/arithmetic.ts';
import {VFP_CONVERT} from '../vfp/convert.ts';
import {VFP_LOAD_STORE} from '../vfp/load-store.ts';
import {VFP_MOVE} from '../vfp/move.ts';
import {VFP_SYSTEM_REGISTER} from '../vfp/system-register.ts';
import {VFP_TRANSFER} from '../vfp/transfer.ts';
import {BRANCH} from './branch.ts';
import {DATA_PROCESSING} from './data-processing.ts';
import {DUAL_MULTIPLY} from './dual-multiply.ts';
import {EXCLUSIVE} from './exclusive.ts';
import {LOAD_STORE} from './load-store.ts';
import {LOAD_STORE_MULTIPLE} from './load-store-multiple.ts';
import {MEDIA} from './media.ts';
import {MULTIPLY} from './multiply.ts';
import {PARALLEL} from './parallel.ts';
import {STATUS} from './status.ts';
import {UNCONDITIONAL} from './unconditional.ts';

/** Rows of words with a condition, and of those without (cond = 1111). */
export const A32_CONDITIONAL_ROWS: readonly Row[] = [
  ...DATA_PROCESSING,
  ...MULTIPLY,
  ...DUAL_MULTIPLY,
  ...MEDIA,
  ...PARALLEL,
  ...LOAD_STORE,
  ...LOAD_STORE_MULTIPLE,
  ...EXCLUSIVE,
  ...BRANCH,
  ...STATUS,
  ...VFP_LOAD_STORE,
  ...VFP_MOVE,
  ...VFP_TRANSFER,
  ...VFP_SYSTEM_REGISTER,
  ...VFP_CONVERT,
  ...VFP_ARITHMETIC,
];
export const A32_UNCONDITIONAL_ROWS: readonly Row[] = [...UNCONDITIONAL, ...NEON];

export const A32_CONDITIONAL = new DecodeTable(A32_CONDITIONAL_ROWS);
export const A32_UNCONDITIONAL = new DecodeTable(A32_UNCONDITIONAL_ROWS);

export const decodeA32 = createDecoder(A32_CONDITIONAL, A32_UNCONDITIONAL);
