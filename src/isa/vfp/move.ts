/** VMOV, VABS, VNEG, VMRS and VMSR: DDI 0406C A7.8, A7.9 and A8.8. They move bits: NaNs pass unchanged. */
import {FLAGS_BIT, FPSCR_BIT} from '../../trace/blocks.ts';
import type {Fields} from '../core/bits.ts';
import {UnmodelledInstruction} from '../core/errors.ts';
import {type Execute, type Operands, PC, type Row, registers, reject} from '../core/operation.ts';
import {vfpMask, vfpRegister} from './registers.ts';

const SIGN = 0x8000_0000 | 0;
const MAGNITUDE = 0x7fff_ffff;

const move64: Execute = (cpu, op) => {
  const words = cpu.vfpWords;
  words[2 * op.d] = words[2 * op.m]!;
  words[2 * op.d + 1] = words[2 * op.m + 1]!;
};
const move32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = cpu.vfpWords[op.m]!;
};
const absolute64: Execute = (cpu, op) => {
  move64(cpu, op);
  cpu.vfpWords[2 * op.d + 1]! &= MAGNITUDE;
};
const absolute32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = cpu.vfpWords[op.m]! & MAGNITUDE;
};
const negate64: Execute = (cpu, op) => {
  move64(cpu, op);
  cpu.vfpWords[2 * op.d + 1]! ^= SIGN;
};
const negate32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = cpu.vfpWords[op.m]! ^ SIGN;
};
const immediate64: Execute = (cpu, op) => {
  cpu.vfpWords[2 * op.d] = 0;
  cpu.vfpWords[2 * op.d + 1] = op.immediate;
};
const immediate32: Execute = (cpu, op) => {
  cpu.vfpWords[op.d] = op.immediate;
};

// Between core registers d (and a, the upper word) and VFP words starting at word `m`.
const coreToWord: Execute = (cpu, op) => {
  cpu.vfpWords[op.m] = cpu.r[op.d]!;
};
const wordToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpWords[op.m]!;
};
const coreToWords: Execute = (cpu, op) => {
  cpu.vfpWords[op.m] = cpu.r[op.d]!;
  cpu.vfpWords[op.m + 1] = cpu.r[op.a]!;
};
const wordsToCore: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.vfpWords[op.m]!;
  cpu.r[op.a] = cpu.vfpWords[op.m + 1]!;
};

const FLAGS = 0xf000_0000 | 0;
const CUMULATIVE = 0x9f;
/** FPSCR fields that change what arithmetic does, from the top (A2.5.3); AHP needs half precision, which is not modelled. */
const MODES: readonly {readonly name: string; readonly mask: number}[] = [
  {name: 'QC (saturation)', mask: 1 << 27},
  {name: 'AHP (alternative half precision)', mask: 1 << 26},
  {name: 'DN (default NaN)', mask: 1 << 25},
  {name: 'FZ (flush to zero)', mask: 1 << 24},
  {name: 'RMode (rounding other than to nearest)', mask: 3 << 22},
  {name: 'Stride and Len (short vectors)', mask: (3 << 20) | (7 << 16)},
  {name: 'trap enables', mask: 0x9f00},
];

const flagsToApsr: Execute = (cpu) => {
  cpu.setNzcv(cpu.fpscrFlags);
};
const readFpscr: Execute = (cpu, op) => {
  if (cpu.exceptionsUnknown) {
    throw new UnmodelledInstruction(
      op.address,
      op.word,
      "VMRS after arithmetic reads FPSCR's cumulative exception bits, which are not modelled",
    );
  }
  cpu.r[op.d] = cpu.fpscrFlags | cpu.fpscrCumulative;
};
const writeFpscr: Execute = (cpu, op) => {
  const value = cpu.r[op.d]!;
  const mode = MODES.find(({mask}) => (value & mask) !== 0);
  if (mode) throw new UnmodelledInstruction(op.address, op.word, `VMSR sets FPSCR.${mode.name}, which is not modelled`);
  cpu.fpscrFlags = value & FLAGS;
  cpu.fpscrCumulative = value & CUMULATIVE;
  cpu.exceptionsUnknown = false;
};

const core = (fields: Fields, name: 'Rt' | 'Rt2'): number => {
  const number = fields(name);
  reject(number === PC, 'pc as an operand is UNPREDICTABLE');
  return number;
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
  bits: `cond:4 1110 1 D:1 11 imm4H:4 Vd:4 101 ${double ? 1 : 0} 0000 imm4L:4`,
  operands: (fields) => {
    const d = vfpRegister(fields, 'd', double);
    const immediate = expandImmediate(fields('imm4H') * 16 + fields('imm4L'), double);
    return {class: 'vfp-arithmetic', d, immediate, vfpWrites: vfpMask(double, d)};
  },
  execute: double ? immediate64 : immediate32,
});

/** One or two core registers and the VFP words `first` and up. */
const transfer = (toCore: boolean, coreRegisters: readonly number[], first: number): Operands => {
  const words = coreRegisters.map((_, index) => first + index);
  reject(
    words.some((word) => word > 63),
    'a register beyond s31 is UNPREDICTABLE',
  );
  reject(toCore && new Set(coreRegisters).size !== coreRegisters.length, 'two words to one register are UNPREDICTABLE');
  const [d, a = 0] = coreRegisters as [number, number?];
  const moved = {d, a, m: first};
  return toCore
    ? {...moved, class: 'vfp-to-core', writes: registers(...coreRegisters), vfpReads: vfpMask(false, ...words)}
    : {...moved, class: 'core-to-vfp', reads: registers(...coreRegisters), vfpWrites: vfpMask(false, ...words)};
};

const twoSingles =
  (toCore: boolean) =>
  (fields: Fields): Operands => {
    const first = vfpRegister(fields, 'm', false);
    reject(first === 31, 'a register beyond s31 is UNPREDICTABLE');
    return transfer(toCore, [core(fields, 'Rt'), core(fields, 'Rt2')], first);
  };
const oneDouble =
  (toCore: boolean) =>
  (fields: Fields): Operands =>
    transfer(toCore, [core(fields, 'Rt'), core(fields, 'Rt2')], 2 * vfpRegister(fields, 'm', true));
const scalar =
  (toCore: boolean) =>
  (fields: Fields): Operands =>
    transfer(toCore, [core(fields, 'Rt')], 2 * vfpRegister(fields, 'n', true) + fields('x'));
const oneSingle =
  (toCore: boolean) =>
  (fields: Fields): Operands =>
    transfer(toCore, [core(fields, 'Rt')], vfpRegister(fields, 'n', false));

export const VFP_MOVE: readonly Row[] = [
  ...unaryRows('VMOV (register)', '0000 Vd:4 101 sz 01', [move32, move64]),
  ...unaryRows('VABS', '0000 Vd:4 101 sz 11', [absolute32, absolute64]),
  ...unaryRows('VNEG', '0001 Vd:4 101 sz 01', [negate32, negate64]),
  immediateRow(false),
  immediateRow(true),
  {
    name: 'VMOV to single',
    bits: 'cond:4 1110 0000 Vn:4 Rt:4 1010 N:1 00 1 0000',
    operands: oneSingle(false),
    execute: coreToWord,
  },
  {
    name: 'VMOV from single',
    bits: 'cond:4 1110 0001 Vn:4 Rt:4 1010 N:1 00 1 0000',
    operands: oneSingle(true),
    execute: wordToCore,
  },
  {
    name: 'VMOV to scalar',
    bits: 'cond:4 1110 00 x:1 0 Vn:4 Rt:4 1011 N:1 00 1 0000',
    operands: scalar(false),
    execute: coreToWord,
  },
  {
    name: 'VMOV from scalar',
    bits: 'cond:4 1110 00 x:1 1 Vn:4 Rt:4 1011 N:1 00 1 0000',
    operands: scalar(true),
    execute: wordToCore,
  },
  {
    name: 'VMOV to two singles',
    bits: 'cond:4 1100 0100 Rt2:4 Rt:4 1010 00 M:1 1 Vm:4',
    operands: twoSingles(false),
    execute: coreToWords,
  },
  {
    name: 'VMOV from two singles',
    bits: 'cond:4 1100 0101 Rt2:4 Rt:4 1010 00 M:1 1 Vm:4',
    operands: twoSingles(true),
    execute: wordsToCore,
  },
  {
    name: 'VMOV to double',
    bits: 'cond:4 1100 0100 Rt2:4 Rt:4 1011 00 M:1 1 Vm:4',
    operands: oneDouble(false),
    execute: coreToWords,
  },
  {
    name: 'VMOV from double',
    bits: 'cond:4 1100 0101 Rt2:4 Rt:4 1011 00 M:1 1 Vm:4',
    operands: oneDouble(true),
    execute: wordsToCore,
  },
  {
    name: 'VMRS APSR_nzcv',
    bits: 'cond:4 1110 1111 0001 1111 1010 0001 0000',
    specialises: ['VMRS'],
    operands: () => ({class: 'vfp-flags', reads: FPSCR_BIT, writes: FLAGS_BIT}),
    execute: flagsToApsr,
  },
  {
    name: 'VMRS',
    bits: 'cond:4 1110 1111 0001 Rt:4 1010 0001 0000',
    operands: (fields) => ({class: 'vfp-to-core', d: fields('Rt'), reads: FPSCR_BIT, writes: registers(fields('Rt'))}),
    execute: readFpscr,
  },
  {
    name: 'VMSR',
    bits: 'cond:4 1110 1110 0001 Rt:4 1010 0001 0000',
    operands: (fields) => {
      const d = core(fields, 'Rt');
      return {class: 'core-to-vfp', d, reads: registers(d), writes: FPSCR_BIT};
    },
    execute: writeFpscr,
  },
];
