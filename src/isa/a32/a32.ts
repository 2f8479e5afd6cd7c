/** The A32 instruction set as far as it is modelled: one list of rows for each half of the encoding space. */

import {createDecoder, DecodeTable} from '../core/decode.ts';
import {VFP_ARITHMETIC} from '../vfp/arithmetic.ts';
import {VFP_CONVERT} from '../vfp/convert.ts';
import {VFP_LOAD_STORE} from '../vfp/load-store.ts';
import {VFP_MOVE} from '../vfp/move.ts';
import {BRANCH} from './branch.ts';
import {DATA_PROCESSING} from './data-processing.ts';
import {EXCLUSIVE} from './exclusive.ts';
import {LOAD_STORE} from './load-store.ts';
import {LOAD_STORE_MULTIPLE} from './load-store-multiple.ts';
import {MEDIA} from './media.ts';
import {MULTIPLY} from './multiply.ts';
import {UNCONDITIONAL} from './unconditional.ts';

export const A32_CONDITIONAL = new DecodeTable([
  ...DATA_PROCESSING,
  ...MULTIPLY,
  ...MEDIA,
  ...LOAD_STORE,
  ...LOAD_STORE_MULTIPLE,
  ...EXCLUSIVE,
  ...BRANCH,
  ...VFP_LOAD_STORE,
  ...VFP_MOVE,
  ...VFP_CONVERT,
  ...VFP_ARITHMETIC,
]);
export const A32_UNCONDITIONAL = new DecodeTable(UNCONDITIONAL);

export const decodeA32 = createDecoder(A32_CONDITIONAL, A32_UNCONDITIONAL);
