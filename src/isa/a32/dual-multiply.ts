/** A32 multiplies of two pairs of half-words, and sums of absolute differences: DDI 0406C A5.4.4 and A5.4. */
import type {Cpu} from '../core/cpu.ts';
import type {Execute, Row} from '../core/operation.ts';
import {accumulateWide, half, long, narrow, product, sum} from './multiply.ts';

/** The products of the low and of the high halves; bit 0 of `amount` exchanges the halves of Rm. */
const lowProduct = (cpu: Cpu, op: {n: number; m: number; amount: number}): number =>
  Math.imul(half(cpu.r[op.n]!, 0), half(cpu.r[op.m]!, op.amount));
const highProduct = (cpu: Cpu, op: {n: number; m: number; amount: number}): number =>
  Math.imul(half(cpu.r[op.n]!, 1), half(cpu.r[op.m]!, op.amount ^ 1));
/** Wraps a sum of few 32-bit values, and sets Q when that changed it. */
const wrapSettingQ = (cpu: Cpu, sum: number): number => {
  if ((sum | 0) !== sum) cpu.saturated = 1;
  return sum | 0;
};
export const smuad: Execute = (cpu, op) => {
  cpu.r[op.d] = wrapSettingQ(cpu, lowProduct(cpu, op) + highProduct(cpu, op));
};
export const smlad: Execute = (cpu, op) => {
  cpu.r[op.d] = wrapSettingQ(cpu, lowProduct(cpu, op) + highProduct(cpu, op) + cpu.r[op.a]!);
};
export const smusd: Execute = (cpu, op) => {
  cpu.r[op.d] = lowProduct(cpu, op) - highProduct(cpu, op);
};
export const smlsd: Execute = (cpu, op) => {
  cpu.r[op.d] = wrapSettingQ(cpu, lowProduct(cpu, op) - highProduct(cpu, op) + cpu.r[op.a]!);
};
const accumulateExact = (cpu: Cpu, value: number, low: number, high: number): void =>
  accumulateWide(cpu, value | 0, value < 0 ? -1 : 0, low, high);
export const smlald: Execute = (cpu, op) => {
  accumulateExact(cpu, lowProduct(cpu, op) + highProduct(cpu, op), op.d, op.a);
};
export const smlsld: Execute = (cpu, op) => {
  accumulateExact(cpu, lowProduct(cpu, op) - highProduct(cpu, op), op.d, op.a);
};

const absoluteDifferences = (a: number, b: number): number => {
  let sum = 0;
  for (let shift = 0; shift < 32; shift += 8) sum += Math.abs(((a >>> shift) & 0xff) - ((b >>> shift) & 0xff));
  return sum;
};
export const usad8: Execute = (cpu, op) => {
  cpu.r[op.d] = absoluteDifferences(cpu.r[op.n]!, cpu.r[op.m]!);
};
export const usada8: Execute = (cpu, op) => {
  cpu.r[op.d] = absoluteDifferences(cpu.r[op.n]!, cpu.r[op.m]!) + cpu.r[op.a]!;
};

/** Two products, added or subtracted; Ra = 1111 is the form without an accumulator. */
const dual = (
  name: string,
  op1: string,
  op2: string,
  execute: Execute,
  plainName: string,
  plain: Execute,
): readonly Row[] => [
  {
    name,
    bits: `cond:4 0111 ${op1} Rd:4 Ra:4 Rm:4 ${op2} M:1 1 Rn:4`,
    operands: narrow({...sum, halves: 'M'}),
    execute,
  },
  {
    name: plainName,
    bits: `cond:4 0111 ${op1} Rd:4 1111 Rm:4 ${op2} M:1 1 Rn:4`,
    specialises: [name],
    operands: narrow({...product, halves: 'M'}),
    execute: plain,
  },
];

export const DUAL_MULTIPLY: readonly Row[] = [
  ...dual('SMLAD', '0000', '00', smlad, 'SMUAD', smuad),
  ...dual('SMLSD', '0000', '01', smlsd, 'SMUSD', smusd),
  {
    name: 'SMLALD',
    bits: 'cond:4 0111 0100 RdHi:4 RdLo:4 Rm:4 00 M:1 1 Rn:4',
    operands: long({...sum, halves: 'M'}),
    execute: smlald,
  },
  {
    name: 'SMLSLD',
    bits: 'cond:4 0111 0100 RdHi:4 RdLo:4 Rm:4 01 M:1 1 Rn:4',
    operands: long({...sum, halves: 'M'}),
    execute: smlsld,
  },
  {name: 'USADA8', bits: 'cond:4 0111 1000 Rd:4 Ra:4 Rm:4 0001 Rn:4', operands: narrow(sum), execute: usada8},
  {
    name: 'USAD8',
    bits: 'cond:4 0111 1000 Rd:4 1111 Rm:4 0001 Rn:4',
    specialises: ['USADA8'],
    operands: narrow(product),
    execute: usad8,
  },
];
