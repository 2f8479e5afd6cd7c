/** All translations of VFP (DDI 0406C A7.5–A7.9). */
import type {Rows} from '../translation.ts';
import {ARITHMETIC} from './arithmetic.ts';
import {COMPARE} from './compare.ts';
import {CONVERSIONS} from './conversions.ts';
import {FUSED} from './fused.ts';
import {LOAD_STORE} from './load-store.ts';
import {MOVE} from './move.ts';

export const VFP: Rows = [...ARITHMETIC, ...FUSED, ...COMPARE, ...MOVE, ...LOAD_STORE, ...CONVERSIONS];
