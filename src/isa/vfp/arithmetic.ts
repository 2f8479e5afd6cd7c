/**
 * VFPv3 and VFPv4 arithmetic: DDI 0406C A7.5. Round to nearest, no flush to zero, no default NaN (VMSR throws for the
 * rest). A result that is a NaN is formed again from the operands' bits, because JavaScript promises no NaN payload.
 */
import {FPSCR_BIT} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import type {Execute, Operands, Operation, Row} from '../core/operation.ts';
import {fusedMultiplyAdd32, fusedMultiplyAdd64} from '../float/fused-multiply-add.ts';
import {
  propagateFusedNan32,
  propagateFusedNan64,
  propagateNan32,
  propagateNan64,
  SCRATCH_DOUBLES,
  SCRATCH_SINGLES,
  vfpMask,
  vfpRegister,
} from './registers.ts';

const SIGN = 0x8000_0000 | 0;

const finish64 = (cpu: Cpu, op: Operation, result: number): void => {
  cpu.exceptionsUnknown = true;
  // biome-ignore lint/suspicious/noSelfCompare: the shortest NaN test, in every floating-point instruction
  if (result === result) cpu.doubles[op.d] = result;
  else propagateNan64(cpu, op.d, op.n, op.m);
};
const finish32 = (cpu: Cpu, op: Operation, result: number): void => {
  cpu.exceptionsUnknown = true;
  // biome-ignore lint/suspicious/noSelfCompare: as above
  if (result === result) cpu.singles[op.d] = result;
  else propagateNan32(cpu, op.d, op.n, op.m);
};

const add64: Execute = (cpu, op) => finish64(cpu, op, cpu.doubles[op.n]! + cpu.doubles[op.m]!);
const add32: Execute = (cpu, op) => finish32(cpu, op, Math.fround(cpu.singles[op.n]! + cpu.singles[op.m]!));
const subtract64: Execute = (cpu, op) => finish64(cpu, op, cpu.doubles[op.n]! - cpu.doubles[op.m]!);
const subtract32: Execute = (cpu, op) => finish32(cpu, op, Math.fround(cpu.singles[op.n]! - cpu.singles[op.m]!));
const multiply64: Execute = (cpu, op) => finish64(cpu, op, cpu.doubles[op.n]! * cpu.doubles[op.m]!);
const multiply32: Execute = (cpu, op) => finish32(cpu, op, Math.fround(cpu.singles[op.n]! * cpu.singles[op.m]!));
const divide64: Execute = (cpu, op) => finish64(cpu, op, cpu.doubles[op.n]! / cpu.doubles[op.m]!);
const divide32: Execute = (cpu, op) => finish32(cpu, op, Math.fround(cpu.singles[op.n]! / cpu.singles[op.m]!));

const negate64 = (cpu: Cpu, register: number): void => {
  cpu.vfpWords[2 * register + 1]! ^= SIGN;
};
const negate32 = (cpu: Cpu, register: number): void => {
  cpu.vfpWords[register]! ^= SIGN;
};
const multiplyNegate64: Execute = (cpu, op) => {
  multiply64(cpu, op);
  negate64(cpu, op.d);
};
const multiplyNegate32: Execute = (cpu, op) => {
  multiply32(cpu, op);
  negate32(cpu, op.d);
};

/** FPAdd(±d, ±(n × m)) where something is a NaN, with the two steps of the manual and their own NaN rules. */
const accumulateNan64 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateProduct: boolean): void => {
  const [addend, product] = SCRATCH_DOUBLES;
  const {doubles, vfpWords} = cpu;
  vfpWords[2 * addend] = vfpWords[2 * op.d]!;
  vfpWords[2 * addend + 1] = vfpWords[2 * op.d + 1]! ^ (negateAddend ? SIGN : 0);
  const value = doubles[op.n]! * doubles[op.m]!;
  if (Number.isNaN(value)) propagateNan64(cpu, product, op.n, op.m);
  else doubles[product] = value;
  if (negateProduct) negate64(cpu, product);
  propagateNan64(cpu, op.d, addend, product);
};
const accumulateNan32 = (cpu: Cpu, op: Operation, negateAddend: boolean, negateProduct: boolean): void => {
  const [addend, product] = SCRATCH_SINGLES;
  const {singles, vfpWords} = cpu;
  vfpWords[addend] = vfpWords[op.d]! ^ (negateAddend ? SIGN : 0);
  const value = Math.fround(singles[op.n]! * singles[op.m]!);
  if (Number.isNaN(value)) propagateNan32(cpu, product, op.n, op.m);
  else singles[product] = value;
  if (negateProduct) negate32(cpu, product);
  propagateNan32(cpu, op.d, addend, product);
};
const accumulate64 = (cpu: Cpu, op: Operation, result: number, negateAddend: boolean, negateProduct: boolean): void => {
  cpu.exceptionsUnknown = true;
  // biome-ignore lint/suspicious/noSelfCompare: as above
  if (result === result) cpu.doubles[op.d] = result;
  else accumulateNan64(cpu, op, negateAddend, negateProduct);
};
const accumulate32 = (cpu: Cpu, op: Operation, result: number, negateAddend: boolean, negateProduct: boolean): void => {
  cpu.exceptionsUnknown = true;
  // biome-ignore lint/suspicious/noSelfCompare: as above
  if (result === result) cpu.singles[op.d] = result;
  else accumulateNan32(cpu, op, negateAddend, negateProduct);
};
const product32 = (cpu: Cpu, op: Operation): number => Math.fround(cpu.singles[op.n]! * cpu.singles[op.m]!);

const product64 = (cpu: Cpu, op: Operation): number => cpu.doubles[op.n]! * cpu.doubles[op.m]!;

const mla64: Execute = (cpu, op) => accumulate64(cpu, op, cpu.doubles[op.d]! + product64(cpu, op), false, false);
const mla32: Execute = (cpu, op) =>
  accumulate32(cpu, op, Math.fround(cpu.singles[op.d]! + product32(cpu, op)), false, false);
const mls64: Execute = (cpu, op) => accumulate64(cpu, op, cpu.doubles[op.d]! - product64(cpu, op), false, true);
const mls32: Execute = (cpu, op) =>
  accumulate32(cpu, op, Math.fround(cpu.singles[op.d]! - product32(cpu, op)), false, true);
const nmla64: Execute = (cpu, op) => accumulate64(cpu, op, -cpu.doubles[op.d]! - product64(cpu, op), true, true);
const nmla32: Execute = (cpu, op) =>
  accumulate32(cpu, op, Math.fround(-cpu.singles[op.d]! - product32(cpu, op)), true, true);
const nmls64: Execute = (cpu, op) => accumulate64(cpu, op, -cpu.doubles[op.d]! + product64(cpu, op), true, false);
const nmls32: Execute = (cpu, op) =>
  accumulate32(cpu, op, Math.fround(-cpu.singles[op.d]! + product32(cpu, op)), true, false);

/** fma(±n, m, ±d); `form` bit 0 negates n, bit 1 the addend. The signs of NaN operands change too, as FPNeg() says. */
const fused64: Execute = (cpu, op) => {
  const {doubles, vfpWords} = cpu;
  const [addend, factor] = SCRATCH_DOUBLES;
  cpu.exceptionsUnknown = true;
  vfpWords[2 * addend] = vfpWords[2 * op.d]!;
  vfpWords[2 * addend + 1] = vfpWords[2 * op.d + 1]! ^ ((op.form & 2) !== 0 ? SIGN : 0);
  vfpWords[2 * factor] = vfpWords[2 * op.n]!;
  vfpWords[2 * factor + 1] = vfpWords[2 * op.n + 1]! ^ ((op.form & 1) !== 0 ? SIGN : 0);
  const result = fusedMultiplyAdd64(doubles[factor]!, doubles[op.m]!, doubles[addend]!);
  if (Number.isNaN(result)) propagateFusedNan64(cpu, op.d, addend, factor, op.m);
  else doubles[op.d] = result;
};
const fused32: Execute = (cpu, op) => {
  const {singles, vfpWords} = cpu;
  const [addend, factor] = SCRATCH_SINGLES;
  cpu.exceptionsUnknown = true;
  vfpWords[addend] = vfpWords[op.d]! ^ ((op.form & 2) !== 0 ? SIGN : 0);
  vfpWords[factor] = vfpWords[op.n]! ^ ((op.form & 1) !== 0 ? SIGN : 0);
  const result = fusedMultiplyAdd32(singles[factor]!, singles[op.m]!, singles[addend]!);
  if (Number.isNaN(result)) propagateFusedNan32(cpu, op.d, addend, factor, op.m);
  else singles[op.d] = result;
};

const squareRoot64: Execute = (cpu, op) => {
  cpu.exceptionsUnknown = true;
  const result = Math.sqrt(cpu.doubles[op.m]!);
  if (Number.isNaN(result)) propagateNan64(cpu, op.d, op.m);
  else cpu.doubles[op.d] = result;
};
const squareRoot32: Execute = (cpu, op) => {
  cpu.exceptionsUnknown = true;
  const result = Math.fround(Math.sqrt(cpu.singles[op.m]!));
  if (Number.isNaN(result)) propagateNan32(cpu, op.d, op.m);
  else cpu.singles[op.d] = result;
};

// NZCV of FPCompare() (A2.7.8).
const LESS = 0x8000_0000 | 0;
const EQUAL = 0x6000_0000;
const GREATER = 0x2000_0000;
const UNORDERED = 0x3000_0000;
const setComparison = (cpu: Cpu, a: number, b: number): void => {
  cpu.exceptionsUnknown = true;
  cpu.fpscrFlags = a < b ? LESS : a > b ? GREATER : a === b ? EQUAL : UNORDERED;
};
const compare64: Execute = (cpu, op) => setComparison(cpu, cpu.doubles[op.d]!, cpu.doubles[op.m]!);
const compare32: Execute = (cpu, op) => setComparison(cpu, cpu.singles[op.d]!, cpu.singles[op.m]!);
const compareZero64: Execute = (cpu, op) => setComparison(cpu, cpu.doubles[op.d]!, 0);
const compareZero32: Execute = (cpu, op) => setComparison(cpu, cpu.singles[op.d]!, 0);

interface Pair {
  readonly name: string;
  /** Opcode bits around the D bit: 27–23 after 1110, and 21–20. */
  readonly opcode: readonly [string, string];
  readonly bit6: string;
  readonly classes: readonly [InstructionClass, InstructionClass];
  /** The single- and the double-precision meaning. */
  readonly execute: readonly [Execute, Execute];
  readonly accumulates?: boolean;
  readonly form?: number;
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
      form: pair.form ?? 0,
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
const fused = {
  classes: ['vfp-multiply-accumulate-f32', 'vfp-fused-f64'],
  accumulates: true,
  execute: [fused32, fused64],
} as const;
const division: Pair['classes'] = ['vfp-divide-f32', 'vfp-divide-f64'];

const THREE_OPERANDS: readonly Pair[] = [
  {name: 'VMLA', opcode: ['0', '00'], bit6: '0', ...accumulate, execute: [mla32, mla64]},
  {name: 'VMLS', opcode: ['0', '00'], bit6: '1', ...accumulate, execute: [mls32, mls64]},
  {name: 'VNMLS', opcode: ['0', '01'], bit6: '0', ...accumulate, execute: [nmls32, nmls64]},
  {name: 'VNMLA', opcode: ['0', '01'], bit6: '1', ...accumulate, execute: [nmla32, nmla64]},
  {name: 'VMUL', opcode: ['0', '10'], bit6: '0', classes: multiply, execute: [multiply32, multiply64]},
  {name: 'VNMUL', opcode: ['0', '10'], bit6: '1', classes: multiply, execute: [multiplyNegate32, multiplyNegate64]},
  {name: 'VADD', opcode: ['0', '11'], bit6: '0', classes: plain, execute: [add32, add64]},
  {name: 'VSUB', opcode: ['0', '11'], bit6: '1', classes: plain, execute: [subtract32, subtract64]},
  {name: 'VDIV', opcode: ['1', '00'], bit6: '0', classes: division, execute: [divide32, divide64]},
  {name: 'VFNMS', opcode: ['1', '01'], bit6: '0', ...fused, form: 2},
  {name: 'VFNMA', opcode: ['1', '01'], bit6: '1', ...fused, form: 3},
  {name: 'VFMA', opcode: ['1', '10'], bit6: '0', ...fused, form: 0},
  {name: 'VFMS', opcode: ['1', '10'], bit6: '1', ...fused, form: 1},
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
  (double: boolean) =>
  (fields: Fields): Operands => {
    const [d, m] = [vfpRegister(fields, 'd', double), vfpRegister(fields, 'm', double)];
    return {class: 'vfp-arithmetic', d, m, vfpReads: vfpMask(double, d, m), writes: FPSCR_BIT};
  };
const comparisonWithZero =
  (double: boolean) =>
  (fields: Fields): Operands => {
    const d = vfpRegister(fields, 'd', double);
    return {class: 'vfp-arithmetic', d, vfpReads: vfpMask(double, d), writes: FPSCR_BIT};
  };
const root =
  (double: boolean) =>
  (fields: Fields): Operands => {
    const [d, m] = [vfpRegister(fields, 'd', double), vfpRegister(fields, 'm', double)];
    return {class: division[double ? 1 : 0], d, m, vfpReads: vfpMask(double, m), vfpWrites: vfpMask(double, d)};
  };

/** VCMPE (E = 1) differs from VCMP only in a cumulative exception bit. */
export const VFP_ARITHMETIC: readonly Row[] = [
  ...THREE_OPERANDS.flatMap(threeOperandRows),
  ...twoOperandRows('VSQRT', '0001 Vd:4 101 sz 11 M:1 0 Vm:4', [squareRoot32, squareRoot64], root),
  ...twoOperandRows('VCMP', '0100 Vd:4 101 sz E:1 1 M:1 0 Vm:4', [compare32, compare64], comparison),
  ...twoOperandRows('VCMP #0', '0101 Vd:4 101 sz E:1 1 00 0000', [compareZero32, compareZero64], comparisonWithZero),
];
