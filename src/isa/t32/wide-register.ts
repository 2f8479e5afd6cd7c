/** T32 data processing in 32 bits with registers alone, and multiplies and divisions: DDI 0406C A6.3.12–A6.3.17. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import {dataProcessing} from '../a32/data-processing.ts';
import {smlad, smlald, smlsd, smlsld, smuad, smusd, usad8, usada8} from '../a32/dual-multiply.ts';
import {
  binary,
  clz,
  extend,
  extendAdd,
  rbit,
  reads,
  rev,
  rev16,
  revsh,
  sdiv,
  sel,
  sxtab,
  sxtab16,
  sxtah,
  sxtb,
  sxtb16,
  sxth,
  udiv,
  unary,
  uxtab,
  uxtab16,
  uxtah,
  uxtb,
  uxtb16,
  uxth,
} from '../a32/media.ts';
import {
  long,
  mla,
  mls,
  mul,
  narrow,
  product,
  qadd,
  qdadd,
  qdsub,
  qsub,
  saturating,
  smlal,
  smlalxy,
  smlawy,
  smlaxy,
  smmla,
  smmls,
  smmul,
  smull,
  smulwy,
  smulxy,
  sum,
  umaal,
  umlal,
  umull,
} from '../a32/multiply.ts';
import {PARALLEL_BOTH} from '../a32/parallel.ts';
import {type Fields, withFields} from '../core/bits.ts';
import {type Execute, type Operands, type Row, reject} from '../core/operation.ts';
import {registerShift} from '../core/shifter.ts';
import {general} from './encoding.ts';
import {OPERATION} from './operations.ts';

const SHIFTS: readonly Row[] = ['LSL', 'LSR', 'ASR', 'ROR'].map((name, type) =>
  general(
    `${name} (register) T2`,
    `1111 1010 0 ${type.toString(2).padStart(2, '0')} S:1 Rn:4 1111 Rd:4 0000 Rm:4`,
    (fields) => {
      const shift = registerShift(withFields(fields, {type, Rm: fields('Rn'), Rs: fields('Rm')}));
      return dataProcessing(OPERATION.MOV, fields, shift);
    },
    OPERATION.MOV.execute,
  ),
);

const extension = (name: string, op1: string, plain: Execute, adding: Execute): readonly Row[] => {
  const addingName = `${name.slice(0, 3)}A${name.slice(3)} T1`;
  return [
    general(addingName, `1111 1010 0 ${op1} Rn:4 1111 Rd:4 1 (0) rotate:2 Rm:4`, extendAdd, adding),
    general(`${name} T2`, `1111 1010 0 ${op1} 1111 1111 Rd:4 1 (0) rotate:2 Rm:4`, extend, plain, addingName),
  ];
};

/** A6.3.15, with two operands. */
const twoOperands = (
  name: string,
  op1: string,
  op2: string,
  operands: (fields: Fields) => Operands,
  execute: Execute,
): Row => general(`${name} T1`, `1111 1010 10 ${op1} Rn:4 1111 Rd:4 10 ${op2} Rm:4`, operands, execute);

/** A6.3.15, with one operand, whose number stands twice. */
const oneOperand = (name: string, op1: string, op2: string, kind: InstructionClass, execute: Execute): Row =>
  general(
    name,
    `1111 1010 10 ${op1} Rm2:4 1111 Rd:4 10 ${op2} Rm:4`,
    (fields) => {
      reject(fields('Rm') !== fields('Rm2'), 'two numbers of one register are UNPREDICTABLE');
      return unary(kind)(fields);
    },
    execute,
  );

/** Rd = Rn × Rm + Ra in some way; Ra = 1111 is the form without an accumulator. */
const multiplies = (
  [name, plainName]: readonly [string, string],
  op1: string,
  op2: string,
  [accumulating, plain]: readonly [Execute, Execute],
  halves?: 'y' | 'xy' | 'R' | 'M',
): readonly Row[] => {
  const drawnHalves = halves ? {halves} : {};
  return [
    general(
      `${name} T1`,
      `1111 1011 0 ${op1} Rn:4 Ra:4 Rd:4 00 ${op2} Rm:4`,
      narrow({...sum, ...drawnHalves}),
      accumulating,
    ),
    general(
      plainName,
      `1111 1011 0 ${op1} Rn:4 1111 Rd:4 00 ${op2} Rm:4`,
      narrow({...product, ...drawnHalves}),
      plain,
      `${name} T1`,
    ),
  ];
};

const longMultiply = (
  name: string,
  op1: string,
  op2: string,
  operands: (fields: Fields) => Operands,
  execute: Execute,
): Row => general(`${name} T1`, `1111 1011 1 ${op1} Rn:4 RdLo:4 RdHi:4 ${op2} Rm:4`, operands, execute);

const divide = (name: string, op1: string, execute: Execute): Row =>
  general(`${name} T1`, `1111 1011 1 ${op1} Rn:4 (1111) Rd:4 1111 Rm:4`, binary('divide'), execute);

export const WIDE_REGISTER: readonly Row[] = [
  ...SHIFTS,
  ...extension('SXTH', '000', sxth, sxtah),
  ...extension('UXTH', '001', uxth, uxtah),
  ...extension('SXTB16', '010', sxtb16, sxtab16),
  ...extension('UXTB16', '011', uxtb16, uxtab16),
  ...extension('SXTB', '100', sxtb, sxtab),
  ...extension('UXTB', '101', uxtb, uxtab),
  ...PARALLEL_BOTH.map(({name, t32, operands, execute}) => general(`${name} T1`, t32, operands, execute)),
  twoOperands('QADD', '00', '00', saturating, qadd),
  twoOperands('QDADD', '00', '01', saturating, qdadd),
  twoOperands('QSUB', '00', '10', saturating, qsub),
  twoOperands('QDSUB', '00', '11', saturating, qdsub),
  oneOperand('REV T2', '01', '00', 'shift', rev),
  oneOperand('REV16 T2', '01', '01', 'shift', rev16),
  oneOperand('RBIT T1', '01', '10', 'shift', rbit),
  oneOperand('REVSH T2', '01', '11', 'shift', revsh),
  twoOperands('SEL', '10', '00', reads(FLAGS_BIT, binary('alu-register')), sel),
  oneOperand('CLZ T1', '11', '00', 'alu-register', clz),
  ...multiplies(['MLA', 'MUL T2'], '000', '00', [mla, mul]),
  general('MLS T1', '1111 1011 0000 Rn:4 Ra:4 Rd:4 0001 Rm:4', narrow(sum), mls),
  ...multiplies(['SMLAxy', 'SMULxy T1'], '001', 'x:1 y:1', [smlaxy, smulxy], 'xy'),
  ...multiplies(['SMLAD', 'SMUAD T1'], '010', '0 M:1', [smlad, smuad], 'M'),
  ...multiplies(['SMLAWy', 'SMULWy T1'], '011', '0 y:1', [smlawy, smulwy], 'y'),
  ...multiplies(['SMLSD', 'SMUSD T1'], '100', '0 M:1', [smlsd, smusd], 'M'),
  ...multiplies(['SMMLA', 'SMMUL T1'], '101', '0 R:1', [smmla, smmul], 'R'),
  general('SMMLS T1', '1111 1011 0110 Rn:4 Ra:4 Rd:4 000 R:1 Rm:4', narrow({...sum, halves: 'R'}), smmls),
  ...multiplies(['USADA8', 'USAD8 T1'], '111', '00', [usada8, usad8]),
  longMultiply('SMULL', '000', '0000', long(product), smull),
  longMultiply('UMULL', '010', '0000', long(product), umull),
  longMultiply('SMLAL', '100', '0000', long(sum), smlal),
  longMultiply('SMLALxy', '100', '10 x:1 y:1', long({...sum, halves: 'xy'}), smlalxy),
  longMultiply('SMLALD', '100', '110 M:1', long({...sum, halves: 'M'}), smlald),
  longMultiply('SMLSLD', '101', '110 M:1', long({...sum, halves: 'M'}), smlsld),
  longMultiply('UMLAL', '110', '0000', long(sum), umlal),
  longMultiply('UMAAL', '110', '0110', long(sum), umaal),
  divide('SDIV', '001', sdiv),
  divide('UDIV', '011', udiv),
];
