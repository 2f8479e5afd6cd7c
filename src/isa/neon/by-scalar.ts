/** Instructions on two registers and a scalar: DDI 0406C A7.4.3. */
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Operands, Row} from '../core/operation.ts';
import * as element from './elements.ts';
import {saturating} from './elements.ts';
import * as float from './float-elements.ts';
import {type FloatElement, standard} from './float-elements.ts';
import {type Element, lanewiseByScalar, longByScalar, S16, S32, S64, U16, U32, U64} from './lanes.ts';
import {dataProcessing, type Executes} from './operands.ts';
import {doublingMultiplies} from './three-different.ts';

// Executes are indexed by U:size, as elsewhere; of 8 bits there are none.
const same = (of: Element<number>): Executes => [undefined, lanewiseByScalar(S16, of), lanewiseByScalar(S32, of)];
const saturated = (of16: Element<number>, of32: Element<number>): Executes => [
  undefined,
  lanewiseByScalar(S16, saturating(S16, of16)),
  lanewiseByScalar(S32, saturating(S32, of32)),
];
const single = (of: FloatElement): Executes => [undefined, undefined, lanewiseByScalar(S32, standard(of))];
const long = (of: Element<number>, of64: Element<number, number, bigint>): Executes => [
  undefined,
  longByScalar(S16, S32, of),
  longByScalar(S32, S64, of64),
  undefined,
  undefined,
  longByScalar(U16, U32, of),
  longByScalar(U32, U64, of64),
];
const DOUBLING = doublingMultiplies(longByScalar);

/** By size. */
export const MULTIPLY_BY_SCALAR = same(element.multiply);
export const MULTIPLY_ADD_BY_SCALAR = same(element.multiplyAdd);
export const MULTIPLY_SUBTRACT_BY_SCALAR = same(element.multiplySubtract);
export const MULTIPLY_SINGLE_BY_SCALAR = single(float.multiply);
export const MULTIPLY_ADD_SINGLE_BY_SCALAR = single(float.multiplyAdd);
export const MULTIPLY_SUBTRACT_SINGLE_BY_SCALAR = single(float.multiplySubtract);
/** By U:size. */
export const MULTIPLY_LONG_BY_SCALAR = long(element.multiply, element.multiply64);
export const MULTIPLY_ADD_LONG_BY_SCALAR = long(element.multiplyAdd, element.multiplyAdd64);
export const MULTIPLY_SUBTRACT_LONG_BY_SCALAR = long(element.multiplySubtract, element.multiplySubtract64);

interface Instruction {
  readonly name: string;
  /** Bit 24 is U, or Q of those whose result is no longer. */
  readonly bit24: '0' | 'U:1' | 'Q:1';
  readonly opcode: string;
  readonly executes: Executes;
  readonly accumulates?: boolean;
  readonly class?: InstructionClass;
}

const accumulating = {accumulates: true, class: 'neon-multiply-accumulate'} as const;

const INSTRUCTIONS: readonly Instruction[] = [
  {name: 'VMLA', bit24: 'Q:1', opcode: '0000', executes: MULTIPLY_ADD_BY_SCALAR, ...accumulating},
  {name: 'VMLA.F', bit24: 'Q:1', opcode: '0001', executes: MULTIPLY_ADD_SINGLE_BY_SCALAR, ...accumulating},
  {name: 'VMLAL', bit24: 'U:1', opcode: '0010', executes: MULTIPLY_ADD_LONG_BY_SCALAR, ...accumulating},
  {name: 'VQDMLAL', bit24: '0', opcode: '0011', executes: DOUBLING.add, ...accumulating},
  {name: 'VMLS', bit24: 'Q:1', opcode: '0100', executes: MULTIPLY_SUBTRACT_BY_SCALAR, ...accumulating},
  {name: 'VMLS.F', bit24: 'Q:1', opcode: '0101', executes: MULTIPLY_SUBTRACT_SINGLE_BY_SCALAR, ...accumulating},
  {name: 'VMLSL', bit24: 'U:1', opcode: '0110', executes: MULTIPLY_SUBTRACT_LONG_BY_SCALAR, ...accumulating},
  {name: 'VQDMLSL', bit24: '0', opcode: '0111', executes: DOUBLING.subtract, ...accumulating},
  {name: 'VMUL', bit24: 'Q:1', opcode: '1000', executes: MULTIPLY_BY_SCALAR},
  {name: 'VMUL.F', bit24: 'Q:1', opcode: '1001', executes: MULTIPLY_SINGLE_BY_SCALAR},
  {name: 'VMULL', bit24: 'U:1', opcode: '1010', executes: MULTIPLY_LONG_BY_SCALAR},
  {name: 'VQDMULL', bit24: '0', opcode: '1011', executes: DOUBLING.multiply},
  {
    name: 'VQDMULH',
    bit24: 'Q:1',
    opcode: '1100',
    executes: saturated(element.doublingHigh16, element.doublingHigh32),
  },
  {
    name: 'VQRDMULH',
    bit24: 'Q:1',
    opcode: '1101',
    executes: saturated(element.roundingDoublingHigh16, element.roundingDoublingHigh32),
  },
];

/** A scalar is in d0–d7 when it has 16 bits, in d0–d15 when it has 32: M:Vm is its number among all such lanes. */
const SIZES = [
  {size: 1, drawn: '01', scalar: (m: number, vm: number) => ({register: vm & 7, index: 2 * m + (vm >> 3)})},
  {size: 2, drawn: '10', scalar: (m: number, vm: number) => ({register: vm, index: m})},
] as const;

const operands =
  (instruction: Instruction, {size, scalar}: (typeof SIZES)[number]) =>
  (fields: Fields): Operands => {
    const {bit24, executes, accumulates = false, class: pipelineClass = 'neon-arithmetic'} = instruction;
    const {register, index} = scalar(fields('M'), fields('Vm'));
    const sign = bit24 === 'U:1' ? fields('U') : 0;
    const [d, n] = bit24 === 'Q:1' ? [fields('Q') + 1, fields('Q') + 1] : [2, 1];
    const shape = {d, n, scalar: register, immediate: index, accumulates, class: pipelineClass};
    return dataProcessing(fields, executes[4 * sign + size], shape);
  };

export const NEON_BY_SCALAR: readonly Row[] = INSTRUCTIONS.flatMap((instruction) =>
  SIZES.flatMap((size) => {
    const {name, bit24, opcode, executes} = instruction;
    const execute = executes[size.size];
    const bits = `1111 001 ${bit24} 1 D:1 ${size.drawn} Vn:4 Vd:4 ${opcode} N:1 1 M:1 0 Vm:4`;
    const row = {name: `${name} (scalar of ${8 << size.size})`, bits, operands: operands(instruction, size)};
    return execute ? [{...row, execute}] : [];
  }),
);
