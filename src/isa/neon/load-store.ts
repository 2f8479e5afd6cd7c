/** VLD1–VLD4 and VST1–VST4: DDI 0406C A7.7. */
import {READ, WRITE} from '../../trace/records.ts';
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, PC, type Row, registers, reject, rejectUndefined, SP} from '../core/operation.ts';
import {REGISTERS} from './lanes.ts';
import {doubleword} from './operands.ts';
import {
  ELEMENTS,
  LOAD_ALL_LANES,
  LOAD_LANE,
  LOAD_STRUCTURES,
  loadRegisters,
  REGISTER_BYTES,
  STORE_LANE,
  STORE_STRUCTURES,
  storeRegisters,
} from './structures.ts';

interface Transfer {
  readonly isLoad: boolean;
  readonly list: readonly number[];
  readonly bytes: number;
  readonly alignment: number;
  readonly execute: Execute;
  readonly lane?: number;
}

const transferred = (fields: Fields, transfer: Transfer): Operands => {
  const {isLoad, list, bytes, lane} = transfer;
  const n = fields('Rn');
  const m = fields('Rm');
  reject(n === PC, 'pc as the base is UNPREDICTABLE');
  reject(
    list.some((register) => register >= REGISTERS),
    'a register beyond d31 is UNPREDICTABLE',
  );
  const mask = list.reduce((all, register) => all | (1 << register), 0);
  const writes = m === PC ? 0 : registers(n);
  const reads = registers(n) | (m === PC || m === SP ? 0 : registers(m));
  return {
    class: isLoad ? 'vfp-load-multiple' : 'vfp-store-multiple',
    transfers: Math.ceil(bytes / REGISTER_BYTES),
    d: list[0]!,
    n,
    m,
    a: lane ?? 0,
    amount: list.length,
    list,
    immediate: bytes,
    form: transfer.alignment,
    index: m === PC ? 'offset' : 'post-indexed',
    access: {kind: isLoad ? READ : WRITE, size: bytes},
    reads,
    readsEarly: reads,
    writes,
    writesBack: writes,
    // A lane that is loaded leaves the others of its register.
    vfpReads: isLoad && lane === undefined ? 0 : mask,
    vfpWrites: isLoad ? mask : 0,
    execute: transfer.execute,
  };
};

const run = (first: number, count: number, step: number): readonly number[] =>
  Array.from({length: count}, (_, index) => first + step * index);

/** A type field's meaning: structures of so many elements, in registers so far apart. */
interface Multiple {
  readonly type: string;
  readonly elements: 1 | 2 | 3 | 4;
  readonly registers: number;
  readonly step: number;
  /** Values of the align field that are UNDEFINED. */
  readonly badAlign: readonly number[];
}

const MULTIPLES: readonly Multiple[] = [
  {type: '0111', elements: 1, registers: 1, step: 1, badAlign: [2, 3]},
  {type: '1010', elements: 1, registers: 2, step: 1, badAlign: [3]},
  {type: '0110', elements: 1, registers: 3, step: 1, badAlign: [2, 3]},
  {type: '0010', elements: 1, registers: 4, step: 1, badAlign: []},
  {type: '1000', elements: 2, registers: 2, step: 1, badAlign: [3]},
  {type: '1001', elements: 2, registers: 2, step: 2, badAlign: [3]},
  {type: '0011', elements: 2, registers: 4, step: 2, badAlign: []},
  {type: '0100', elements: 3, registers: 3, step: 1, badAlign: [2, 3]},
  {type: '0101', elements: 3, registers: 3, step: 2, badAlign: [2, 3]},
  {type: '0000', elements: 4, registers: 4, step: 1, badAlign: []},
  {type: '0001', elements: 4, registers: 4, step: 2, badAlign: []},
];

/** VLD2 of four registers: d and d + 2, then d + 1 and d + 3. */
const structureRegisters = (d: number, {elements, registers: count, step}: Multiple): readonly number[] =>
  elements === 2 && count === 4 ? [d, d + 2, d + 1, d + 3] : run(d, count, step);

const wholeRegisters =
  (isLoad: boolean, multiple: Multiple) =>
  (fields: Fields): Operands => {
    const size = fields('size');
    const align = fields('align');
    rejectUndefined(multiple.badAlign.includes(align) || (multiple.elements > 1 && size === 3));
    const structures = (isLoad ? LOAD_STRUCTURES : STORE_STRUCTURES)[multiple.elements - 1]!;
    return transferred(fields, {
      isLoad,
      list: structureRegisters(doubleword(fields, 'd'), multiple),
      bytes: REGISTER_BYTES * multiple.registers,
      alignment: align === 0 ? 1 : 4 << align,
      execute: multiple.elements > 1 ? structures[size]! : isLoad ? loadRegisters : storeRegisters,
    });
  };

/** What index_align says, by elements of a structure and size field; undefined where it is UNDEFINED. */
interface IndexAlign {
  readonly lane: number;
  readonly step: number;
  readonly alignment: number;
}
type ReadIndexAlign = (field: number) => IndexAlign | undefined;

const alignedIf = (bit: number, alignment: number): number => (bit & 1 ? alignment : 1);
const stepIf = (bit: number): number => (bit & 1) + 1;

const INDEX_ALIGN: readonly (readonly ReadIndexAlign[])[] = [
  [
    (field) => ((field & 1) !== 0 ? undefined : {lane: field >> 1, step: 1, alignment: 1}),
    (field) => ((field & 2) !== 0 ? undefined : {lane: field >> 2, step: 1, alignment: alignedIf(field, 2)}),
    (field) =>
      (field & 7) !== 0 && (field & 7) !== 3 ? undefined : {lane: field >> 3, step: 1, alignment: alignedIf(field, 4)},
  ],
  [
    (field) => ({lane: field >> 1, step: 1, alignment: alignedIf(field, 2)}),
    (field) => ({lane: field >> 2, step: stepIf(field >> 1), alignment: alignedIf(field, 4)}),
    (field) =>
      (field & 2) !== 0 ? undefined : {lane: field >> 3, step: stepIf(field >> 2), alignment: alignedIf(field, 8)},
  ],
  [
    (field) => ((field & 1) !== 0 ? undefined : {lane: field >> 1, step: 1, alignment: 1}),
    (field) => ((field & 1) !== 0 ? undefined : {lane: field >> 2, step: stepIf(field >> 1), alignment: 1}),
    (field) => ((field & 3) !== 0 ? undefined : {lane: field >> 3, step: stepIf(field >> 2), alignment: 1}),
  ],
  [
    (field) => ({lane: field >> 1, step: 1, alignment: alignedIf(field, 4)}),
    (field) => ({lane: field >> 2, step: stepIf(field >> 1), alignment: alignedIf(field, 8)}),
    (field) =>
      (field & 3) === 3
        ? undefined
        : {lane: field >> 3, step: stepIf(field >> 2), alignment: (field & 3) === 0 ? 1 : 4 << (field & 3)},
  ],
];

const oneLane =
  (isLoad: boolean, elements: number, size: number) =>
  (fields: Fields): Operands => {
    const indexAlign = INDEX_ALIGN[elements - 1]![size]!(fields('index_align'));
    rejectUndefined(indexAlign === undefined);
    const {lane, step, alignment} = indexAlign!;
    return transferred(fields, {
      isLoad,
      list: run(doubleword(fields, 'd'), elements, step),
      bytes: elements << size,
      alignment,
      lane,
      execute: (isLoad ? LOAD_LANE : STORE_LANE)[size]!,
    });
  };

/** Alignment when the a bit asks for it, by elements of a structure and size field; 0 where that is UNDEFINED. */
const ALL_LANES_ALIGNMENT: readonly (readonly number[])[] = [
  [0, 2, 4, 0],
  [2, 4, 8, 0],
  [0, 0, 0, 0],
  [4, 8, 8, 16],
];

const allLanes =
  (elements: number) =>
  (fields: Fields): Operands => {
    const size = fields('size');
    const aligned = fields('a') === 1;
    const alignment = aligned ? ALL_LANES_ALIGNMENT[elements - 1]![size]! : size === 3 ? 0 : 1;
    rejectUndefined(alignment === 0);
    const elementSize = Math.min(size, 2);
    const wide = fields('T') + 1;
    return transferred(fields, {
      isLoad: true,
      list: elements === 1 ? run(doubleword(fields, 'd'), wide, 1) : run(doubleword(fields, 'd'), elements, wide),
      bytes: elements << elementSize,
      alignment,
      execute: LOAD_ALL_LANES[elements - 1]![elementSize]!,
    });
  };

const DIRECTIONS = [
  {isLoad: true, mnemonic: 'VLD', l: '1'},
  {isLoad: false, mnemonic: 'VST', l: '0'},
] as const;
const SIZES = ['00', '01', '10'] as const;
const BITS = [8, 16, 32] as const;

/** Single-element rows are drawn by size: what the manual draws as size = 11 is the form for all lanes. */
export const NEON_LOAD_STORE: readonly Row[] = DIRECTIONS.flatMap(({isLoad, mnemonic, l}) => [
  ...MULTIPLES.map((multiple) => ({
    name: `${mnemonic}${multiple.elements} (multiple, ${multiple.registers} registers${multiple.step === 2 ? ' by two' : ''})`,
    bits: `1111 0100 0 D:1 ${l}0 Rn:4 Vd:4 ${multiple.type} size:2 align:2 Rm:4`,
    operands: wholeRegisters(isLoad, multiple),
    execute: isLoad ? loadRegisters : storeRegisters,
  })),
  ...ELEMENTS.flatMap((elements) =>
    SIZES.map((size, index) => ({
      name: `${mnemonic}${elements} (single lane of ${BITS[index]})`,
      bits: `1111 0100 1 D:1 ${l}0 Rn:4 Vd:4 ${size} ${(elements - 1).toString(2).padStart(2, '0')} index_align:4 Rm:4`,
      operands: oneLane(isLoad, elements, index),
      execute: (isLoad ? LOAD_LANE : STORE_LANE)[index]!,
    })),
  ),
  ...(isLoad
    ? ELEMENTS.map((elements) => ({
        name: `${mnemonic}${elements} (all lanes)`,
        bits: `1111 0100 1 D:1 ${l}0 Rn:4 Vd:4 11 ${(elements - 1).toString(2).padStart(2, '0')} size:2 T:1 a:1 Rm:4`,
        operands: allLanes(elements),
        execute: LOAD_ALL_LANES[elements - 1]![0]!,
      }))
    : []),
]);
