/** VFPv3 and VFPv4 arithmetic, encodings: DDI 0406C A7.5. What each instruction does is in operations.ts. */
import {FPSCR_BIT} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import * as vfp from './operations.ts';
import {vfpMask, vfpRegister} from './registers.ts';

interface Pair {
  readonly name: string;
  /** Opcode bits around the D bit: 27–23 after 1110, and 21–20. */
  readonly opcode: readonly [string, string];
  readonly bit6: string;
  readonly classes: readonly [InstructionClass, InstructionClass];
  /** The single- and the double-precision meaning. */
  readonly execute: readonly [Execute, Execute];
  readonly accumulates?: boolean;
}

const threeOperands =
  (pair: Pair, double: boolean) =>
  (fields: Fields): Operands => {
    const [d, n, m] = (['d', 'n', 'm'] as const).map((name) => vfpRegister(fields, name, double)) as [
      number,
      number,
      number,
    ];
    return {
      class: pair.classes[double ? 1 : 0],
      d,
      n,
      m,
      vfpReads: vfpMask(double, n, m) | (pair.accumulates ? vfpMask(double, d) : 0),
      vfpWrites: vfpMask(double, d),
    };
  };

const PRECISIONS = [
  {suffix: '.F32', size: '0', double: false},
  {suffix: '.F64', size: '1', double: true},
] as const;

const threeOperandRows = (pair: Pair): readonly Row[] =>
  PRECISIONS.map(({suffix, size, double}) => ({
    name: `${pair.name}${suffix}`,
    bits: `cond:4 1110 ${pair.opcode[0]} D:1 ${pair.opcode[1]} Vn:4 Vd:4 101 ${size} N:1 ${pair.bit6} M:1 0 Vm:4`,
    operands: threeOperands(pair, double),
    execute: pair.execute[double ? 1 : 0],
  }));

const plain: Pair['classes'] = ['vfp-arithmetic', 'vfp-arithmetic'];
const multiply: Pair['classes'] = ['vfp-arithmetic', 'vfp-multiply-f64'];
const accumulate = {
  classes: ['vfp-multiply-accumulate-f32', 'vfp-multiply-accumulate-f64'],
  accumulates: true,
} as const;
const fused = {classes: ['vfp-multiply-accumulate-f32', 'vfp-fused-f64'], accumulates: true} as const;
const division: Pair['classes'] = ['vfp-divide-f32', 'vfp-divide-f64'];

const THREE_OPERANDS: readonly Pair[] = [
  {name: 'VMLA', opcode: ['0', '00'], bit6: '0', ...accumulate, execute: [vfp.mla32, vfp.mla64]},
  {name: 'VMLS', opcode: ['0', '00'], bit6: '1', ...accumulate, execute: [vfp.mls32, vfp.mls64]},
  {name: 'VNMLS', opcode: ['0', '01'], bit6: '0', ...accumulate, execute: [vfp.nmls32, vfp.nmls64]},
  {name: 'VNMLA', opcode: ['0', '01'], bit6: '1', ...accumulate, execute: [vfp.nmla32, vfp.nmla64]},
  {name: 'VMUL', opcode: ['0', '10'], bit6: '0', classes: multiply, execute: [vfp.multiply32, vfp.multiply64]},
  {
    name: 'VNMUL',
    opcode: ['0', '10'],
    bit6: '1',
    classes: multiply,
    execute: [vfp.multiplyNegate32, vfp.multiplyNegate64],
  },
  {name: 'VADD', opcode: ['0', '11'], bit6: '0', classes: plain, execute: [vfp.add32, vfp.add64]},
  {name: 'VSUB', opcode: ['0', '11'], bit6: '1', classes: plain, execute: [vfp.subtract32, vfp.subtract64]},
  {name: 'VDIV', opcode: ['1', '00'], bit6: '0', classes: division, execute: [vfp.divide32, vfp.divide64]},
  {name: 'VFNMS', opcode: ['1', '01'], bit6: '0', ...fused, execute: [vfp.vfnms32, vfp.vfnms64]},
  {name: 'VFNMA', opcode: ['1', '01'], bit6: '1', ...fused, execute: [vfp.vfnma32, vfp.vfnma64]},
  {name: 'VFMA', opcode: ['1', '10'], bit6: '0', ...fused, execute: [vfp.vfma32, vfp.vfma64]},
  {name: 'VFMS', opcode: ['1', '10'], bit6: '1', ...fused, execute: [vfp.vfms32, vfp.vfms64]},
];

const twoOperandRows = (
  name: string,
  drawn: string,
  execute: Pair['execute'],
  operands: (double: boolean) => Row['operands'],
): readonly Row[] =>
  PRECISIONS.map(({suffix, size, double}) => ({
    name: `${name}${suffix}`,
    bits: `cond:4 1110 1 D:1 11 ${drawn.replace('sz', size)}`,
    operands: operands(double),
    execute: execute[double ? 1 : 0],
  }));

const comparison =
  (double: boolean, signalling: Execute) =>
  (fields: Fields): Operands => {
    const [d, m] = [vfpRegister(fields, 'd', double), vfpRegister(fields, 'm', double)];
    const execute = fields('E') === 1 ? {execute: signalling} : {};
    return {class: 'vfp-arithmetic', d, m, vfpReads: vfpMask(double, d, m), writes: FPSCR_BIT, ...execute};
  };
const comparisonWithZero =
  (double: boolean, signalling: Execute) =>
  (fields: Fields): Operands => {
    const d = vfpRegister(fields, 'd', double);
    const execute = fields('E') === 1 ? {execute: signalling} : {};
    return {class: 'vfp-arithmetic', d, vfpReads: vfpMask(double, d), writes: FPSCR_BIT, ...execute};
  };
const root =
  (double: boolean) =>
  (fields: Fields): Operands => {
    const [d, m] = [vfpRegister(fields, 'd', double), vfpRegister(fields, 'm', double)];
    return {class: division[double ? 1 : 0], d, m, vfpReads: vfpMask(double, m), vfpWrites: vfpMask(double, d)};
  };

export const VFP_ARITHMETIC: readonly Row[] = [
  ...THREE_OPERANDS.flatMap(threeOperandRows),
  ...twoOperandRows('VSQRT', '0001 Vd:4 101 sz 11 M:1 0 Vm:4', [vfp.squareRoot32, vfp.squareRoot64], root),
  ...twoOperandRows('VCMP', '0100 Vd:4 101 sz E:1 1 M:1 0 Vm:4', [vfp.compare32, vfp.compare64], (double) =>
    comparison(double, double ? vfp.compareSignalling64 : vfp.compareSignalling32),
  ),
  ...twoOperandRows(
    'VCMP #0',
    '0101 Vd:4 101 sz E:1 1 (0) 0 (0000)',
    [vfp.compareZero32, vfp.compareZero64],
    (double) => comparisonWithZero(double, double ? vfp.compareZeroSignalling64 : vfp.compareZeroSignalling32),
  ),
];
