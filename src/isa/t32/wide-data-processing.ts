/** T32 data processing in 32 bits with an immediate or a shifted register: DDI 0406C A6.3.1, A6.3.3 and A6.3.11. */
import {dataProcessing, moveTop, moveWide, moveWideTop} from '../a32/data-processing.ts';
import {
  bfc,
  bfi,
  extract,
  insert,
  pack,
  pkhbt,
  pkhtb,
  saturateHalvesOperands,
  saturateOperands,
  sbfx,
  ssat,
  ssat16,
  ubfx,
  usat,
  usat16,
} from '../a32/media.ts';
import {type Fields, withFields} from '../core/bits.ts';
import {type Execute, type Operands, PC, type Row, reject, rejectUndefined, SP} from '../core/operation.ts';
import {immediateShift, plainImmediate, thumbModifiedImmediate} from '../core/shifter.ts';
import {alignment, general, immediate12, rejectBad, rejectPc, split5} from './encoding.ts';
import {OPERATION, type OperationName} from './operations.ts';

/** ADD and SUB also make addresses of sp, which may then be the destination too. */
const rejectOperands = (isAddress: boolean, fields: Fields, shape: Shape): void => {
  const n = shape === 'Rd' ? 0 : fields('Rn');
  const d = shape === 'Rn' ? 0 : fields('Rd');
  if (!isAddress) rejectBad(n, d);
  rejectPc(n, d);
  reject(d === SP && n !== SP, 'sp as the destination of another register is UNPREDICTABLE');
};

type Shape = 'Rd,Rn' | 'Rd' | 'Rn';

interface WideOperation {
  readonly operation: OperationName;
  /** Bits 24–21. */
  readonly opcode: string;
  readonly shape: Shape;
  /** The manual's numbers of the encodings with an immediate and with a register. */
  readonly encodings: readonly [string, string];
  /** What it is a special case of: Rn = 1111, or Rd = 1111 with S = 1. */
  readonly specialises?: OperationName;
  readonly isAddress?: boolean;
}

const WIDE_OPERATIONS: readonly WideOperation[] = [
  {operation: 'AND', opcode: '0000', shape: 'Rd,Rn', encodings: ['T1', 'T2']},
  {operation: 'TST', opcode: '0000', shape: 'Rn', encodings: ['T1', 'T2'], specialises: 'AND'},
  {operation: 'BIC', opcode: '0001', shape: 'Rd,Rn', encodings: ['T1', 'T2']},
  {operation: 'ORR', opcode: '0010', shape: 'Rd,Rn', encodings: ['T1', 'T2']},
  {operation: 'MOV', opcode: '0010', shape: 'Rd', encodings: ['T2', 'T3'], specialises: 'ORR'},
  {operation: 'ORN', opcode: '0011', shape: 'Rd,Rn', encodings: ['T1', 'T1']},
  {operation: 'MVN', opcode: '0011', shape: 'Rd', encodings: ['T1', 'T2'], specialises: 'ORN'},
  {operation: 'EOR', opcode: '0100', shape: 'Rd,Rn', encodings: ['T1', 'T2']},
  {operation: 'TEQ', opcode: '0100', shape: 'Rn', encodings: ['T1', 'T1'], specialises: 'EOR'},
  {operation: 'ADD', opcode: '1000', shape: 'Rd,Rn', encodings: ['T3', 'T3'], isAddress: true},
  {operation: 'CMN', opcode: '1000', shape: 'Rn', encodings: ['T1', 'T2'], specialises: 'ADD', isAddress: true},
  {operation: 'ADC', opcode: '1010', shape: 'Rd,Rn', encodings: ['T1', 'T2']},
  {operation: 'SBC', opcode: '1011', shape: 'Rd,Rn', encodings: ['T1', 'T2']},
  {operation: 'SUB', opcode: '1101', shape: 'Rd,Rn', encodings: ['T3', 'T2'], isAddress: true},
  {operation: 'CMP', opcode: '1101', shape: 'Rn', encodings: ['T2', 'T3'], specialises: 'SUB', isAddress: true},
  {operation: 'RSB', opcode: '1110', shape: 'Rd,Rn', encodings: ['T2', 'T1']},
];

const DRAWN: Readonly<Record<Shape, readonly [string, string]>> = {
  'Rd,Rn': ['S:1 Rn:4', 'Rd:4'],
  Rd: ['S:1 1111', 'Rd:4'],
  Rn: ['1 Rn:4', '1111'],
};

const encodingOf = (operation: OperationName, index: 0 | 1): string => {
  const {encodings} = WIDE_OPERATIONS.find((candidate) => candidate.operation === operation) as WideOperation;
  return `${operation} (${index === 0 ? 'immediate' : 'register'}) ${encodings[index]}`;
};

const modifiedImmediateRow = ({operation, opcode, shape, specialises, isAddress = false}: WideOperation): Row => {
  const [upper, destination] = DRAWN[shape];
  return {
    name: encodingOf(operation, 0),
    bits: `11110 i:1 0 ${opcode} ${upper} 0 imm3:3 ${destination} imm8:8`,
    ...(specialises ? {specialises: [encodingOf(specialises, 0)]} : {}),
    operands: (fields) => {
      rejectOperands(isAddress, fields, shape);
      return dataProcessing(OPERATION[operation], fields, thumbModifiedImmediate(immediate12(fields)));
    },
    execute: OPERATION[operation].execute,
  };
};

/** A plain MOV may have sp, on one side; adding to sp into sp shifts by at most 3. */
const rejectShifted = (operation: OperationName, isAddress: boolean, fields: Fields, shape: Shape): void => {
  const [m, imm5, type] = [fields('Rm'), fields('imm5'), fields('type')];
  const isPlain = type === 0 && imm5 === 0;
  if (operation === 'MOV' && isPlain && fields('S') === 0) {
    rejectPc(fields('Rd'), m);
    reject(fields('Rd') === SP && m === SP, 'MOV of sp to sp is UNPREDICTABLE');
    return;
  }
  rejectOperands(isAddress, fields, shape);
  rejectBad(m);
  if (shape === 'Rd,Rn' && isAddress && fields('Rd') === SP) {
    reject(type !== 0 || imm5 > 3, 'adding this shift to sp is UNPREDICTABLE');
  }
};

const shiftedRegisterRow = ({operation, opcode, shape, specialises, isAddress = false}: WideOperation): Row => {
  const [upper, destination] = DRAWN[shape];
  return {
    name: encodingOf(operation, 1),
    bits: `11101 01 ${opcode} ${upper} (0) imm3:3 ${destination} imm2:2 type:2 Rm:4`,
    ...(specialises ? {specialises: [encodingOf(specialises, 1)]} : {}),
    operands: (drawn) => {
      const fields = split5(drawn);
      rejectShifted(operation, isAddress, fields, shape);
      return dataProcessing(OPERATION[operation], fields, immediateShift(fields));
    },
    execute: OPERATION[operation].execute,
  };
};

/** ADDW and SUBW, which set no flags; with pc they are ADR, and with sp the destination may be sp. */
const plainAddress = (operation: 'ADD' | 'SUB', opcode: string): readonly Row[] => {
  const name = `${operation} (immediate) T4`;
  return [
    {
      name,
      bits: `11110 i:1 1 ${opcode} Rn:4 0 imm3:3 Rd:4 imm8:8`,
      operands: (fields) => {
        rejectOperands(true, fields, 'Rd,Rn');
        return dataProcessing(OPERATION[operation], withFields(fields, {S: 0}), plainImmediate(immediate12(fields)));
      },
      execute: OPERATION[operation].execute,
    },
    {
      name: operation === 'ADD' ? 'ADR T3' : 'ADR T2',
      bits: `11110 i:1 1 ${opcode} 1111 0 imm3:3 Rd:4 imm8:8`,
      specialises: [name],
      operands: (fields, address) => {
        rejectBad(fields('Rd'));
        const aligned = operation === 'ADD' ? alignment(address) : -alignment(address);
        const operand = plainImmediate(immediate12(fields) + aligned);
        return dataProcessing(OPERATION[operation], withFields(fields, {S: 0, Rn: PC}), operand);
      },
      execute: OPERATION[operation].execute,
    },
  ];
};

const immediate16 =
  (of: (fields: Fields) => Operands) =>
  (fields: Fields): Operands =>
    of(withFields(fields, {imm12: immediate12(fields)}));

const withBitField =
  (of: (fields: Fields) => Operands) =>
  (fields: Fields): Operands =>
    of(split5(fields));

/** T32 calls the operand of a saturation Rn; a distance of 0 with ASR makes it SSAT16 or USAT16. */
const saturation = (drawn: Fields): Operands => {
  const fields = split5(drawn);
  rejectUndefined(fields('sh') === 1 && fields('imm5') === 0);
  return saturateOperands(withFields(fields, {Rm: fields('Rn')}));
};
const saturateHalves = (fields: Fields): Operands => saturateHalvesOperands(withFields(fields, {Rm: fields('Rn')}));

const packRow = (name: string, tb: string, form: number, execute: Execute): Row =>
  general(
    name,
    `11101 01 0110 S:1 Rn:4 (0) imm3:3 Rd:4 imm2:2 ${tb} T:1 Rm:4`,
    (fields) => {
      rejectUndefined(fields('S') === 1 || fields('T') === 1);
      return pack(form)(split5(fields));
    },
    execute,
  );

const PLAIN_IMMEDIATE: readonly Row[] = [
  ...plainAddress('ADD', '0000 0'),
  ...plainAddress('SUB', '0101 0'),
  general('MOVW T3', '11110 i:1 1 0010 0 imm4:4 0 imm3:3 Rd:4 imm8:8', immediate16(moveWide), OPERATION.MOV.execute),
  general('MOVT T1', '11110 i:1 1 0110 0 imm4:4 0 imm3:3 Rd:4 imm8:8', immediate16(moveWideTop), moveTop),
  general('SSAT T1', '11110 (0) 1 100 sh:1 0 Rn:4 0 imm3:3 Rd:4 imm2:2 (0) sat_imm:5', saturation, ssat),
  general('SSAT16 T1', '11110 (0) 1 1001 0 Rn:4 0 000 Rd:4 00 (00) sat_imm:4', saturateHalves, ssat16, 'SSAT T1'),
  general('USAT T1', '11110 (0) 1 110 sh:1 0 Rn:4 0 imm3:3 Rd:4 imm2:2 (0) sat_imm:5', saturation, usat),
  general('USAT16 T1', '11110 (0) 1 1101 0 Rn:4 0 000 Rd:4 00 (00) sat_imm:4', saturateHalves, usat16, 'USAT T1'),
  general('SBFX T1', '11110 (0) 1 1010 0 Rn:4 0 imm3:3 Rd:4 imm2:2 (0) widthm1:5', withBitField(extract), sbfx),
  general('UBFX T1', '11110 (0) 1 1110 0 Rn:4 0 imm3:3 Rd:4 imm2:2 (0) widthm1:5', withBitField(extract), ubfx),
  general('BFI T1', '11110 (0) 1 1011 0 Rn:4 0 imm3:3 Rd:4 imm2:2 (0) msb:5', withBitField(insert('Rn')), bfi),
  general(
    'BFC T1',
    '11110 (0) 1 1011 0 1111 0 imm3:3 Rd:4 imm2:2 (0) msb:5',
    withBitField(insert('none')),
    bfc,
    'BFI T1',
  ),
];

export const WIDE_DATA_PROCESSING: readonly Row[] = [
  ...WIDE_OPERATIONS.map(modifiedImmediateRow),
  ...WIDE_OPERATIONS.map(shiftedRegisterRow),
  packRow('PKHBT T1', '0', 0, pkhbt),
  packRow('PKHTB T1', '1', 1, pkhtb),
  ...PLAIN_IMMEDIATE,
];
