/**
 * The T32 instruction set: DDI 0406C chapter A6. Coprocessor instructions, VFP and Advanced SIMD among them, have the bits
 * of their A32 encodings, or bits that are easily brought into them (A6.3.18, A7.4, A7.7), and are decoded by A32's tables.
 */
import {A32_CONDITIONAL, A32_UNCONDITIONAL} from '../a32/a32.ts';
import {type Adapt, type Decode, DecodeTable, decodeIn} from '../core/decode.ts';
import {
  ALWAYS,
  type Operands,
  type Operation,
  PC,
  type Place,
  type Row,
  registers,
  reject,
  SP,
} from '../core/operation.ts';
import {alignment} from './encoding.ts';
import {NARROW_BRANCH} from './narrow-branch.ts';
import {NARROW_DATA_PROCESSING} from './narrow-data-processing.ts';
import {NARROW_LOAD_STORE} from './narrow-load-store.ts';
import {WIDE_BRANCH} from './wide-branch.ts';
import {WIDE_DATA_PROCESSING} from './wide-data-processing.ts';
import {WIDE_LITERAL, WIDE_LOAD_STORE} from './wide-load-store.ts';
import {WIDE_MULTIPLE} from './wide-multiple.ts';
import {WIDE_REGISTER} from './wide-register.ts';

export const T32_NARROW_ROWS: readonly Row[] = [...NARROW_DATA_PROCESSING, ...NARROW_LOAD_STORE, ...NARROW_BRANCH];
export const T32_WIDE_ROWS: readonly Row[] = [
  ...WIDE_DATA_PROCESSING,
  ...WIDE_REGISTER,
  ...WIDE_LOAD_STORE,
  ...WIDE_MULTIPLE,
  ...WIDE_BRANCH,
];
export const T32_NARROW = new DecodeTable(T32_NARROW_ROWS, 16);
export const T32_WIDE = new DecodeTable(T32_WIDE_ROWS);
export const T32_LITERAL = new DecodeTable(WIDE_LITERAL);

/** The tables that T32 code is decoded by. */
export interface T32Tables {
  readonly narrow: DecodeTable;
  readonly wide: DecodeTable;
  readonly literal: DecodeTable;
  /** A32's. */
  readonly conditional: DecodeTable;
  readonly unconditional: DecodeTable;
}

/** Where the bits of a 32-bit instruction are looked up, and as which word. */
interface Space {
  readonly mask: number;
  readonly value: number;
  readonly table: keyof T32Tables;
  readonly a32?: (word: number) => number;
}

const same = (word: number): number => word;
const SPACES: readonly Space[] = [
  {mask: 0xfe1f_0000, value: 0xf81f_0000, table: 'literal'},
  // Advanced SIMD data processing: 111U 1111 is 1111 001U. Element and structure transfers: 1111 1001 is 1111 0100.
  {
    mask: 0xef00_0000,
    value: 0xef00_0000,
    table: 'unconditional',
    a32: (word) => 0xf200_0000 | ((word >>> 4) & 0x0100_0000) | (word & 0xff_ffff),
  },
  {
    mask: 0xff10_0000,
    value: 0xf900_0000,
    table: 'unconditional',
    a32: (word) => 0xf400_0000 | (word & 0xff_ffff),
  },
  {mask: 0xfc00_0000, value: 0xec00_0000, table: 'conditional', a32: same},
  {mask: 0xfc00_0000, value: 0xfc00_0000, table: 'unconditional', a32: same},
  {mask: 0, value: 0, table: 'wide'},
];

/** What T32 forbids of an instruction that has its A32 bits, and its aligned pc. */
const adaptCoprocessor =
  (address: number): Adapt =>
  (operands: Operands): Operands => {
    const used = (operands.reads ?? 0) | (operands.writes ?? 0);
    if (operands.access === undefined) {
      reject((used & registers(SP)) !== 0, 'sp as an operand is UNPREDICTABLE in Thumb state');
      return operands;
    }
    if ((used & registers(PC)) === 0) return operands;
    reject(operands.class !== 'vfp-load', 'pc as the base is UNPREDICTABLE in Thumb state');
    return {...operands, immediate: (operands.immediate ?? 0) + alignment(address)};
  };

const decodeWide = (tables: T32Tables, place: Place, condition: number): Operation => {
  const {word, address} = place;
  const space = SPACES.find(({mask, value}) => ((word & mask) ^ value) === 0) as Space;
  const table = tables[space.table];
  if (space.a32 === undefined) return decodeIn(table, word, place, condition);
  return decodeIn(table, space.a32(word), place, condition, adaptCoprocessor(address));
};

export const createT32Decoder =
  (tables: T32Tables): Decode =>
  (place) => {
    const {word, length, itState} = place;
    const condition = itState === 0 ? ALWAYS : itState >>> 4;
    return length === 2 ? decodeIn(tables.narrow, word, place, condition) : decodeWide(tables, place, condition);
  };

export const decodeT32 = createT32Decoder({
  narrow: T32_NARROW,
  wide: T32_WIDE,
  literal: T32_LITERAL,
  conditional: A32_CONDITIONAL,
  unconditional: A32_UNCONDITIONAL,
});
