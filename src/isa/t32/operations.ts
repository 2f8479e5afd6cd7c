/** The data-processing operations by name: those of A32, and ORN, which only T32 has. */
import {type DataProcessing, OPERATIONS, setLogical} from '../a32/data-processing.ts';
import type {Execute} from '../core/operation.ts';
import {shifterOperand, shifterOperandCarry} from '../core/shifter.ts';

export const orn: Execute = (cpu, op) => {
  const r = cpu.r;
  if (!op.setFlags) r[op.d] = r[op.n]! | ~shifterOperand(cpu, op);
  else setLogical(cpu, op, r[op.n]! | ~shifterOperandCarry(cpu, op));
};

export type OperationName =
  | ('AND' | 'BIC' | 'ORR' | 'ORN' | 'EOR' | 'MOV' | 'MVN' | 'TST' | 'TEQ')
  | ('ADD' | 'ADC' | 'SUB' | 'SBC' | 'RSB' | 'CMP' | 'CMN');

export const OPERATION = Object.fromEntries(
  [...OPERATIONS, {name: 'ORN', opcode: '', shape: 'Rd,Rn', execute: orn} as const].map((operation) => [
    operation.name,
    operation,
  ]),
) as Readonly<Record<OperationName, DataProcessing>>;
