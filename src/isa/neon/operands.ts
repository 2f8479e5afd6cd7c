/** Register operands of Advanced SIMD (DDI 0406C A7.3), and what all its rows have in common. */
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, rejectUndefined} from '../core/operation.ts';

/** D:Vd, N:Vn or M:Vm: a doubleword register. */
export const doubleword = (fields: Fields, name: 'd' | 'n' | 'm'): number =>
  fields(name.toUpperCase()) * 16 + fields(`V${name}`);

/** So many doublewords from this one on; a quadword must be even (A7.3). */
export const registerOf = (fields: Fields, name: 'd' | 'n' | 'm', doublewords: number): number => {
  const register = doubleword(fields, name);
  rejectUndefined(doublewords === 2 && register % 2 === 1);
  return register;
};

export const maskOf = (register: number, doublewords: number): number => ((1 << doublewords) - 1) << register;

/** Doublewords of each operand that a row has, and what else of its operands depends on the fields. */
export interface Shape {
  readonly d: number;
  readonly n?: number;
  readonly m?: number;
  /** The old d is an operand. */
  readonly accumulates?: boolean;
  readonly class?: InstructionClass;
  readonly immediate?: number;
  /** The scalar's doubleword, when it is not drawn as M:Vm. */
  readonly scalar?: number;
}

/** Operands of a data-processing instruction; undefined where the fields choose no execute function, which is UNDEFINED. */
export const dataProcessing = (fields: Fields, execute: Execute | undefined, shape: Shape): Operands => {
  rejectUndefined(execute === undefined);
  const d = registerOf(fields, 'd', shape.d);
  const n = shape.n === undefined ? 0 : registerOf(fields, 'n', shape.n);
  const m = shape.scalar ?? (shape.m === undefined ? 0 : registerOf(fields, 'm', shape.m));
  return {
    class: shape.class ?? 'neon-arithmetic',
    d,
    n,
    m,
    amount: shape.d,
    immediate: shape.immediate ?? 0,
    vfpReads:
      maskOf(n, shape.n ?? 0) |
      maskOf(m, shape.scalar === undefined ? (shape.m ?? 0) : 1) |
      maskOf(d, shape.accumulates ? shape.d : 0),
    vfpWrites: maskOf(d, shape.d),
    execute: execute!,
  };
};

/** 1 or 2 doublewords, as Q says. */
export const length = (fields: Fields): number => fields('Q') + 1;

/** A row's execute functions by size, U:size or op:size; where there is none, the encoding is UNDEFINED. */
export type Executes = readonly (Execute | undefined)[];
