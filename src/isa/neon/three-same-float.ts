/** Floating-point instructions on three registers of the same length: DDI 0406C A7.4.1. */
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import * as element from './float-elements.ts';
import {type FloatElement, standard} from './float-elements.ts';
import {lanewise, pairwise, S32} from './lanes.ts';
import {dataProcessing, length} from './operands.ts';

const vector = (of: FloatElement): Execute => lanewise(S32, standard(of));
const neighbours = (of: FloatElement): Execute => {
  const inFpscr = standard(of);
  return pairwise(S32, (even, odd, cpu) => inFpscr(even, odd, cpu, 0));
};

export const ADD_SINGLE = vector(element.add);
export const SUBTRACT_SINGLE = vector(element.subtract);
export const MULTIPLY_SINGLE = vector(element.multiply);
export const MULTIPLY_ADD_SINGLE = vector(element.multiplyAdd);
export const MULTIPLY_SUBTRACT_SINGLE = vector(element.multiplySubtract);
export const FUSED_MULTIPLY_ADD_SINGLE = vector(element.fusedMultiplyAdd);
export const FUSED_MULTIPLY_SUBTRACT_SINGLE = vector(element.fusedMultiplySubtract);
export const PAIRWISE_ADD_SINGLE = neighbours(element.add);
export const EQUAL_SINGLE = vector(element.equal);
export const GREATER_SINGLE = vector(element.greater);
export const GREATER_OR_EQUAL_SINGLE = vector(element.greaterOrEqual);
export const MAXIMUM_SINGLE = vector(element.maximum);
export const MINIMUM_SINGLE = vector(element.minimum);

interface Instruction {
  readonly name: string;
  readonly u: '0' | '1';
  readonly size: '0' | '1';
  readonly opcode: string;
  readonly bit4: '0' | '1';
  readonly execute: Execute;
  readonly accumulates?: boolean;
  readonly class?: InstructionClass;
  readonly doublewordOnly?: boolean;
}

const accumulating = {accumulates: true, class: 'neon-multiply-accumulate'} as const;
const pairs = {doublewordOnly: true} as const;

const INSTRUCTIONS: readonly Instruction[] = [
  {name: 'VFMA', u: '0', size: '0', opcode: '1100', bit4: '1', execute: FUSED_MULTIPLY_ADD_SINGLE, ...accumulating},
  {
    name: 'VFMS',
    u: '0',
    size: '1',
    opcode: '1100',
    bit4: '1',
    execute: FUSED_MULTIPLY_SUBTRACT_SINGLE,
    ...accumulating,
  },
  {name: 'VADD', u: '0', size: '0', opcode: '1101', bit4: '0', execute: ADD_SINGLE},
  {name: 'VSUB', u: '0', size: '1', opcode: '1101', bit4: '0', execute: SUBTRACT_SINGLE},
  {name: 'VPADD', u: '1', size: '0', opcode: '1101', bit4: '0', execute: PAIRWISE_ADD_SINGLE, ...pairs},
  {name: 'VABD', u: '1', size: '1', opcode: '1101', bit4: '0', execute: vector(element.difference)},
  {name: 'VMLA', u: '0', size: '0', opcode: '1101', bit4: '1', execute: MULTIPLY_ADD_SINGLE, ...accumulating},
  {name: 'VMLS', u: '0', size: '1', opcode: '1101', bit4: '1', execute: MULTIPLY_SUBTRACT_SINGLE, ...accumulating},
  {name: 'VMUL', u: '1', size: '0', opcode: '1101', bit4: '1', execute: MULTIPLY_SINGLE},
  {name: 'VCEQ (register)', u: '0', size: '0', opcode: '1110', bit4: '0', execute: EQUAL_SINGLE},
  {name: 'VCGE (register)', u: '1', size: '0', opcode: '1110', bit4: '0', execute: GREATER_OR_EQUAL_SINGLE},
  {name: 'VCGT (register)', u: '1', size: '1', opcode: '1110', bit4: '0', execute: GREATER_SINGLE},
  {name: 'VACGE', u: '1', size: '0', opcode: '1110', bit4: '1', execute: vector(element.absoluteGreaterOrEqual)},
  {name: 'VACGT', u: '1', size: '1', opcode: '1110', bit4: '1', execute: vector(element.absoluteGreater)},
  {name: 'VMAX', u: '0', size: '0', opcode: '1111', bit4: '0', execute: MAXIMUM_SINGLE},
  {name: 'VMIN', u: '0', size: '1', opcode: '1111', bit4: '0', execute: MINIMUM_SINGLE},
  {name: 'VPMAX', u: '1', size: '0', opcode: '1111', bit4: '0', execute: neighbours(element.maximum), ...pairs},
  {name: 'VPMIN', u: '1', size: '1', opcode: '1111', bit4: '0', execute: neighbours(element.minimum), ...pairs},
  {name: 'VRECPS', u: '0', size: '0', opcode: '1111', bit4: '1', execute: vector(element.reciprocalStep)},
  {name: 'VRSQRTS', u: '0', size: '1', opcode: '1111', bit4: '1', execute: vector(element.reciprocalRootStep)},
];

const operands =
  ({execute, accumulates = false, class: pipelineClass = 'neon-arithmetic', doublewordOnly = false}: Instruction) =>
  (fields: Fields): Operands => {
    const width = doublewordOnly ? 1 : length(fields);
    return dataProcessing(fields, execute, {d: width, n: width, m: width, accumulates, class: pipelineClass});
  };

/** The sz bit is 0: a 1, for doubles, is UNDEFINED. */
export const NEON_THREE_SAME_FLOAT: readonly Row[] = INSTRUCTIONS.map((instruction) => {
  const {name, u, size, opcode, bit4, execute, doublewordOnly = false} = instruction;
  const q = doublewordOnly ? '0' : 'Q:1';
  return {
    name: `${name} (vector of F32)`,
    bits: `1111 001 ${u} 0 D:1 ${size}0 Vn:4 Vd:4 ${opcode} N:1 ${q} M:1 ${bit4} Vm:4`,
    operands: operands(instruction),
    execute,
  };
});
