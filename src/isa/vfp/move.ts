/** VMOV between VFP registers, VMOV (immediate), VABS and VNEG: DDI 0406C A7.5 and A8.8. They move bits: NaNs pass unchanged. */
import type {Fields} from '../core/bits.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import {vfpMask, vfpRegister} from './registers.ts';

const SIGN = 0x8000_0000 | 0;
const MAGNITUDE = 0x7fff_ffff;

export const move64: Execute = (cpu, op) => {
  const words = cpu.vfpWords;
  words[2 * op.d] = words[2 * op.m]!;
  words[2 * op.d + 1] = words[2 * op.m + 1]!;
};
export const move32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = cpu.vfpWords[op.m]!;
};
export const absolute64: Execute = (cpu, op) => {
  move64(cpu, op);
  cpu.vfpWords[2 * op.d + 1]! &= MAGNITUDE;
};
export const absolute32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = cpu.vfpWords[op.m]! & MAGNITUDE;
};
export const negate64: Execute = (cpu, op) => {
  move64(cpu, op);
  cpu.vfpWords[2 * op.d + 1]! ^= SIGN;
};
export const negate32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = cpu.vfpWords[op.m]! ^ SIGN;
};
export const immediate64: Execute = (cpu, op) => {
  cpu.vfpWords[2 * op.d] = 0;
  cpu.vfpWords[2 * op.d + 1] = op.immediate;
};
export const immediate32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = op.immediate;
};

const unary =
  (double: boolean) =>
  (fields: Fields): Operands => {
    const [d, m] = [vfpRegister(fields, 'd', double), vfpRegister(fields, 'm', double)];
    return {class: 'vfp-arithmetic', d, m, vfpReads: vfpMask(double, m), vfpWrites: vfpMask(double, d)};
  };

const unaryRows = (name: string, opcode: string, execute: readonly [Execute, Execute]): readonly Row[] =>
  [false, true].map((double) => ({
    name: `${name}.F${double ? 64 : 32}`,
    bits: `cond:4 1110 1 D:1 11 ${opcode.replace('sz', double ? '1' : '0')} M:1 0 Vm:4`,
    operands: unary(double),
    execute: execute[double ? 1 : 0]!,
  }));

/** VFPExpandImm() (A7.5.1): sign, an exponent of 3 bits, a fraction of 4; the upper word of a double. */
const expandImmediate = (imm8: number, double: boolean): number => {
  const sign = (imm8 & 0x80) << 24;
  const fraction = imm8 & 0x3f;
  const large = (imm8 & 0x40) === 0;
  if (double) return sign | (large ? 0x4000_0000 : 0x3fc0_0000) | (fraction << 16);
  return sign | (large ? 0x4000_0000 : 0x3e00_0000) | (fraction << 19);
};

const immediateRow = (double: boolean): Row => ({
  name: `VMOV (immediate).F${double ? 64 : 32}`,
  bits: `cond:4 1110 1 D:1 11 imm4H:4 Vd:4 101 ${double ? 1 : 0} (0) 0 (0) 0 imm4L:4`,
  operands: (fields) => {
    const d = vfpRegister(fields, 'd', double);
    const immediate = expandImmediate(fields('imm4H') * 16 + fields('imm4L'), double);
    return {class: 'vfp-arithmetic', d, immediate, vfpWrites: vfpMask(double, d)};
  },
  execute: double ? immediate64 : immediate32,
});

export const VFP_MOVE: readonly Row[] = [
  ...unaryRows('VMOV (register)', '0000 Vd:4 101 sz 01', [move32, move64]),
  ...unaryRows('VABS', '0000 Vd:4 101 sz 11', [absolute32, absolute64]),
  ...unaryRows('VNEG', '0001 Vd:4 101 sz 01', [negate32, negate64]),
  immediateRow(false),
  immediateRow(true),
];
