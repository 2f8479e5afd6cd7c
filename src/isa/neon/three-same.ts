/** Integer and logical instructions on three registers of the same length: DDI 0406C A7.4.1. */
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import * as element from './elements.ts';
import {saturating} from './elements.ts';
import {
  type Element,
  type Lane,
  lanewise,
  pairwise,
  S16,
  S32,
  S64,
  SIGNED,
  U8,
  U64,
  UNSIGNED,
  wordwise,
} from './lanes.ts';
import {dataProcessing, type Executes, length} from './operands.ts';

type ForLane<Value> = (lane: Lane<Value>) => Execute;

/** One execute function for each size of lane, whatever its sign; for 64 bits too if there is a function for it. */
const bySize = (number: ForLane<number>, integer?: ForLane<bigint>): Executes => [
  ...SIGNED.map(number),
  integer?.(S64),
];
/** One for each U:size. */
const bySign = (number: ForLane<number>, integer?: ForLane<bigint>): Executes => [
  ...SIGNED.map(number),
  integer?.(S64),
  ...UNSIGNED.map(number),
  integer?.(U64),
];

const plain =
  (of: Element<number>): ForLane<number> =>
  (lane) =>
    lanewise(lane, of);
const plain64 =
  (of: Element<bigint>): ForLane<bigint> =>
  (lane) =>
    lanewise(lane, of);
const saturated =
  (of: Element<number>): ForLane<number> =>
  (lane) =>
    lanewise(lane, saturating(lane, of));
const saturated64 =
  (of: Element<bigint>): ForLane<bigint> =>
  (lane) =>
    lanewise(lane, saturating(lane, of));
const neighbours =
  (of: Element<number>): ForLane<number> =>
  (lane) =>
    pairwise(lane, (n, m, cpu) => of(n, m, cpu, n));

/** By size field. */
export const ADD = bySize(plain(element.add), plain64(element.add64));
export const SUBTRACT = bySize(plain(element.subtract), plain64(element.subtract64));
export const TEST_BITS = bySize(plain(element.testBits));
export const EQUAL = bySize(plain(element.equal));
export const MULTIPLY = bySize(plain(element.multiply));
export const MULTIPLY_ADD = bySize(plain(element.multiplyAdd));
export const MULTIPLY_SUBTRACT = bySize(plain(element.multiplySubtract));
export const PAIRWISE_ADD = bySize(neighbours(element.add));
/** By U:size. */
export const GREATER = bySign(plain(element.greater));
export const GREATER_OR_EQUAL = bySign(plain(element.greaterOrEqual));
export const MAXIMUM = bySign(plain(element.maximum));
export const MINIMUM = bySign(plain(element.minimum));
export const PAIRWISE_MAXIMUM = bySign(neighbours(element.maximum));
export const PAIRWISE_MINIMUM = bySign(neighbours(element.minimum));
export const HALVING_ADD = bySign(plain(element.halvingAdd));
export const ROUNDING_HALVING_ADD = bySign(plain(element.roundingHalvingAdd));
export const SATURATING_ADD = bySign(saturated(element.add), saturated64(element.add64));
export const SATURATING_SUBTRACT = bySign(saturated(element.subtract), saturated64(element.subtract64));
export const DIFFERENCE = bySign(plain(element.difference));
export const ACCUMULATE_DIFFERENCE = bySign(plain(element.accumulateDifference));
export const SHIFT = bySign(plain(element.byRegister(element.shift)), plain64(element.byRegister64(element.shift64)));
/** By U:size field of VAND, VBIC, VORR, VORN, VEOR, VBSL, VBIT and VBIF. */
export const LOGICAL: readonly Execute[] = [
  element.and,
  element.andNot,
  element.or,
  element.orNot,
  element.exclusiveOr,
  element.select,
  element.insertIfTrue,
  element.insertIfFalse,
].map(wordwise);

export const HALVING_SUBTRACT = bySign(plain(element.halvingSubtract));
const {shift, shift64, roundingShift, roundingShift64, byRegister, byRegister64} = element;
const SATURATING_SHIFT = bySign(saturated(byRegister(shift)), saturated64(byRegister64(shift64)));
export const ROUNDING_SHIFT = bySign(plain(byRegister(roundingShift)), plain64(byRegister64(roundingShift64)));
const SATURATING_ROUNDING_SHIFT = bySign(
  saturated(byRegister(roundingShift)),
  saturated64(byRegister64(roundingShift64)),
);
const POLYNOMIAL: Executes = [lanewise(U8, element.multiplyPolynomials)];
const DOUBLING_HIGH: Executes = [
  undefined,
  lanewise(S16, saturating(S16, element.doublingHigh16)),
  lanewise(S32, saturating(S32, element.doublingHigh32)),
];
const ROUNDING_DOUBLING_HIGH: Executes = [
  undefined,
  lanewise(S16, saturating(S16, element.roundingDoublingHigh16)),
  lanewise(S32, saturating(S32, element.roundingDoublingHigh32)),
];

interface Instruction {
  readonly name: string;
  /** Bit U, and bits 11–8 and 4. `U:1` where it is the sign of the lanes. */
  readonly u: '0' | '1' | 'U:1';
  readonly opcode: string;
  readonly bit4: '0' | '1';
  /** By size field, or by U:size when U is drawn as a field. */
  readonly executes: Executes;
  readonly accumulates?: boolean;
  readonly class?: InstructionClass;
  readonly doublewordOnly?: boolean;
}

const operands =
  ({u, executes, accumulates = false, class: pipelineClass = 'neon-arithmetic', doublewordOnly = false}: Instruction) =>
  (fields: Fields): Operands => {
    const sign = u === 'U:1' ? fields('U') : 0;
    const width = doublewordOnly ? 1 : length(fields);
    const shape = {d: width, n: width, m: width, accumulates, class: pipelineClass};
    return dataProcessing(fields, executes[4 * sign + fields('size')], shape);
  };

const accumulating = {accumulates: true, class: 'neon-multiply-accumulate'} as const;

const INTEGER: readonly Instruction[] = [
  {name: 'VHADD', u: 'U:1', opcode: '0000', bit4: '0', executes: HALVING_ADD},
  {name: 'VQADD', u: 'U:1', opcode: '0000', bit4: '1', executes: SATURATING_ADD},
  {name: 'VRHADD', u: 'U:1', opcode: '0001', bit4: '0', executes: ROUNDING_HALVING_ADD},
  {name: 'VHSUB', u: 'U:1', opcode: '0010', bit4: '0', executes: HALVING_SUBTRACT},
  {name: 'VQSUB', u: 'U:1', opcode: '0010', bit4: '1', executes: SATURATING_SUBTRACT},
  {name: 'VCGT (register, integer)', u: 'U:1', opcode: '0011', bit4: '0', executes: GREATER},
  {name: 'VCGE (register, integer)', u: 'U:1', opcode: '0011', bit4: '1', executes: GREATER_OR_EQUAL},
  {name: 'VSHL (register)', u: 'U:1', opcode: '0100', bit4: '0', executes: SHIFT},
  {name: 'VQSHL (register)', u: 'U:1', opcode: '0100', bit4: '1', executes: SATURATING_SHIFT},
  {name: 'VRSHL', u: 'U:1', opcode: '0101', bit4: '0', executes: ROUNDING_SHIFT},
  {name: 'VQRSHL', u: 'U:1', opcode: '0101', bit4: '1', executes: SATURATING_ROUNDING_SHIFT},
  {name: 'VMAX (integer)', u: 'U:1', opcode: '0110', bit4: '0', executes: MAXIMUM},
  {name: 'VMIN (integer)', u: 'U:1', opcode: '0110', bit4: '1', executes: MINIMUM},
  {name: 'VABD (integer)', u: 'U:1', opcode: '0111', bit4: '0', executes: DIFFERENCE},
  {name: 'VABA', u: 'U:1', opcode: '0111', bit4: '1', executes: ACCUMULATE_DIFFERENCE, accumulates: true},
  {name: 'VADD (integer)', u: '0', opcode: '1000', bit4: '0', executes: ADD},
  {name: 'VSUB (integer)', u: '1', opcode: '1000', bit4: '0', executes: SUBTRACT},
  {name: 'VTST', u: '0', opcode: '1000', bit4: '1', executes: TEST_BITS},
  {name: 'VCEQ (register, integer)', u: '1', opcode: '1000', bit4: '1', executes: EQUAL},
  {name: 'VMLA (integer)', u: '0', opcode: '1001', bit4: '0', executes: MULTIPLY_ADD, ...accumulating},
  {name: 'VMLS (integer)', u: '1', opcode: '1001', bit4: '0', executes: MULTIPLY_SUBTRACT, ...accumulating},
  {name: 'VMUL (integer)', u: '0', opcode: '1001', bit4: '1', executes: MULTIPLY},
  {name: 'VMUL (polynomial)', u: '1', opcode: '1001', bit4: '1', executes: POLYNOMIAL},
  {name: 'VPMAX (integer)', u: 'U:1', opcode: '1010', bit4: '0', executes: PAIRWISE_MAXIMUM, doublewordOnly: true},
  {name: 'VPMIN (integer)', u: 'U:1', opcode: '1010', bit4: '1', executes: PAIRWISE_MINIMUM, doublewordOnly: true},
  {name: 'VQDMULH', u: '0', opcode: '1011', bit4: '0', executes: DOUBLING_HIGH},
  {name: 'VQRDMULH', u: '1', opcode: '1011', bit4: '0', executes: ROUNDING_DOUBLING_HIGH},
  {name: 'VPADD (integer)', u: '0', opcode: '1011', bit4: '1', executes: PAIRWISE_ADD, doublewordOnly: true},
];

const LOGICAL_NAMES = ['VAND', 'VBIC', 'VORR', 'VORN', 'VEOR', 'VBSL', 'VBIT', 'VBIF'] as const;
const FIRST_THAT_READS_D = 5;

const logicalRow = (name: string, index: number): Row => {
  const execute = LOGICAL[index]!;
  const drawn = index.toString(2).padStart(3, '0');
  const accumulates = index >= FIRST_THAT_READS_D;
  return {
    name: `${name} (register)`,
    bits: `1111 001 ${drawn[0]} 0 D:1 ${drawn.slice(1)} Vn:4 Vd:4 0001 N:1 Q:1 M:1 1 Vm:4`,
    operands: (fields) => {
      const width = length(fields);
      return dataProcessing(fields, execute, {d: width, n: width, m: width, accumulates});
    },
    execute,
  };
};

export const NEON_THREE_SAME: readonly Row[] = [
  ...INTEGER.map((instruction) => {
    const {name, u, opcode, bit4, executes, doublewordOnly} = instruction;
    const q = doublewordOnly ? '0' : 'Q:1';
    return {
      name,
      bits: `1111 001 ${u} 0 D:1 size:2 Vn:4 Vd:4 ${opcode} N:1 ${q} M:1 ${bit4} Vm:4`,
      operands: operands(instruction),
      execute: executes.find((execute) => execute !== undefined)!,
    };
  }),
  ...LOGICAL_NAMES.map(logicalRow),
];
