/** What T32's rows share: IT blocks (DDI 0406C A2.5.2), register restrictions (A6.1.1), and how fields are put together. */
import {type Fields, withFields} from '../core/bits.ts';
import {type Execute, PC, type Row, reject, SP} from '../core/operation.ts';

export const inItBlock = (itState: number): boolean => (itState & 15) !== 0;
const isLastInItBlock = (itState: number): boolean => (itState & 15) === 8;

export const rejectInItBlock = (itState: number): void =>
  reject(inItBlock(itState), 'it is UNPREDICTABLE in an IT block');

/** For what may branch: only the last instruction of an IT block may. */
export const rejectInsideItBlock = (itState: number): void =>
  reject(inItBlock(itState) && !isLastInItBlock(itState), 'it is UNPREDICTABLE in an IT block, except as its last');

/** 16-bit data processing leaves the flags alone in an IT block. */
export const setsFlags = (itState: number): number => (inItBlock(itState) ? 0 : 1);

const isBad = (register: number): boolean => register === SP || register === PC;

/** BadReg(). */
export const rejectBad = (...numbers: readonly number[]): void =>
  reject(numbers.some(isBad), 'sp or pc as an operand is UNPREDICTABLE');

export const rejectPc = (...numbers: readonly number[]): void =>
  reject(numbers.includes(PC), 'pc as an operand is UNPREDICTABLE');

/** A row of which no register may be sp or pc. */
export const general = (
  name: string,
  bits: string,
  operands: Row['operands'],
  execute: Execute,
  ...specialises: readonly string[]
): Row => {
  const names = [...bits.matchAll(/\b(R\w+):4/g)].map(([, register]) => register as string);
  return {
    name,
    bits,
    specialises,
    operands: (fields, address, itState) => {
      rejectBad(...names.map(fields));
      return operands(fields, address, itState);
    },
    execute,
  };
};

/** i:imm3:imm8, as far as they are drawn. */
export const immediate12 = (fields: Fields): number => (fields('i') << 11) | (fields('imm3') << 8) | fields('imm8');

/** Fields imm3 and imm2 as what A32 calls imm5, or lsb. */
export const split5 = (fields: Fields): Fields => {
  const imm5 = (fields('imm3') << 2) | fields('imm2');
  return withFields(fields, {imm5, lsb: imm5});
};

/** What an instruction adds to pc when it reads it as Align(PC, 4), and the operand is relative to pc itself. */
export const alignment = (address: number): number => -(address & 2);
