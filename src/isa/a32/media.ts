/** A32 extension, reversal, bit fields, packing, saturation, division and CLZ: DDI 0406C A5.4, A5.2.12. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {type Execute, type Operands, type Operation, PC, type Row, registers, reject} from '../core/operation.ts';

const rotated = (cpu: Cpu, op: Operation): number => {
  const value = cpu.r[op.m]!;
  return op.amount === 0 ? value : (value >>> op.amount) | (value << (32 - op.amount));
};
const extendByte = (value: number): number => (value << 24) >> 24;
const extendHalf = (value: number): number => (value << 16) >> 16;
/** Both halves added without a carry between them. */
const addHalves = (a: number, b: number): number => ((a + b) & 0xffff) | (((a & ~0xffff) + (b & ~0xffff)) & ~0xffff);

export const sxtb: Execute = (cpu, op) => {
  cpu.r[op.d] = extendByte(rotated(cpu, op));
};
export const sxth: Execute = (cpu, op) => {
  cpu.r[op.d] = extendHalf(rotated(cpu, op));
};
export const uxtb: Execute = (cpu, op) => {
  cpu.r[op.d] = rotated(cpu, op) & 0xff;
};
export const uxth: Execute = (cpu, op) => {
  cpu.r[op.d] = rotated(cpu, op) & 0xffff;
};
export const sxtab: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.r[op.n]! + extendByte(rotated(cpu, op));
};
export const sxtah: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.r[op.n]! + extendHalf(rotated(cpu, op));
};
export const uxtab: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.r[op.n]! + (rotated(cpu, op) & 0xff);
};
export const uxtah: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.r[op.n]! + (rotated(cpu, op) & 0xffff);
};
const signedHalves = (value: number): number => (extendByte(value) & 0xffff) | (extendByte(value >> 16) << 16);
export const sxtb16: Execute = (cpu, op) => {
  cpu.r[op.d] = signedHalves(rotated(cpu, op));
};
export const uxtb16: Execute = (cpu, op) => {
  cpu.r[op.d] = rotated(cpu, op) & 0x00ff_00ff;
};
export const sxtab16: Execute = (cpu, op) => {
  cpu.r[op.d] = addHalves(cpu.r[op.n]!, signedHalves(rotated(cpu, op)));
};
export const uxtab16: Execute = (cpu, op) => {
  cpu.r[op.d] = addHalves(cpu.r[op.n]!, rotated(cpu, op) & 0x00ff_00ff);
};

export const clz: Execute = (cpu, op) => {
  cpu.r[op.d] = Math.clz32(cpu.r[op.m]!);
};
const reverseBytes = (value: number): number =>
  (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
export const rev: Execute = (cpu, op) => {
  cpu.r[op.d] = reverseBytes(cpu.r[op.m]!);
};
export const rev16: Execute = (cpu, op) => {
  const value = cpu.r[op.m]!;
  cpu.r[op.d] = ((value & 0x00ff_00ff) << 8) | ((value >>> 8) & 0x00ff_00ff);
};
export const revsh: Execute = (cpu, op) => {
  cpu.r[op.d] = reverseBytes(cpu.r[op.m]!) >> 16;
};
export const rbit: Execute = (cpu, op) => {
  let value = reverseBytes(cpu.r[op.m]!);
  value = ((value & 0x0f0f_0f0f) << 4) | ((value >>> 4) & 0x0f0f_0f0f);
  value = ((value & 0x3333_3333) << 2) | ((value >>> 2) & 0x3333_3333);
  cpu.r[op.d] = ((value & 0x5555_5555) << 1) | ((value >>> 1) & 0x5555_5555);
};

// Bit fields: `amount` is the lowest bit, `immediate` the mask of the field's width.
export const ubfx: Execute = (cpu, op) => {
  cpu.r[op.d] = (cpu.r[op.n]! >>> op.amount) & op.immediate;
};
export const sbfx: Execute = (cpu, op) => {
  const unused = Math.clz32(op.immediate);
  cpu.r[op.d] = ((cpu.r[op.n]! >>> op.amount) << unused) >> unused;
};
export const bfi: Execute = (cpu, op) => {
  const mask = op.immediate << op.amount;
  cpu.r[op.d] = (cpu.r[op.d]! & ~mask) | ((cpu.r[op.n]! << op.amount) & mask);
};
export const bfc: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.r[op.d]! & ~(op.immediate << op.amount);
};

/** Division by zero gives 0: SCTLR.DZ does not exist in the A profile (A4.4.8). */
export const sdiv: Execute = (cpu, op) => {
  const divisor = cpu.r[op.m]!;
  cpu.r[op.d] = divisor === 0 ? 0 : (cpu.r[op.n]! / divisor) | 0;
};
export const udiv: Execute = (cpu, op) => {
  const divisor = cpu.r[op.m]! >>> 0;
  cpu.r[op.d] = divisor === 0 ? 0 : Math.floor((cpu.r[op.n]! >>> 0) / divisor) | 0;
};

/** `form` 0 is LSL, 1 is ASR, where a distance of 0 means 32. */
const shiftedForPack = (cpu: Cpu, op: Operation): number => {
  const value = cpu.r[op.m]!;
  return op.form === 0 ? value << op.amount : value >> (op.amount === 0 ? 31 : op.amount);
};
export const pkhbt: Execute = (cpu, op) => {
  cpu.r[op.d] = (cpu.r[op.n]! & 0xffff) | (shiftedForPack(cpu, op) & ~0xffff);
};
export const pkhtb: Execute = (cpu, op) => {
  cpu.r[op.d] = (cpu.r[op.n]! & ~0xffff) | (shiftedForPack(cpu, op) & 0xffff);
};
const saturateTo = (cpu: Cpu, value: number, low: number, high: number): number => {
  const clamped = value < low ? low : value > high ? high : value;
  if (clamped !== value) cpu.saturated = 1;
  return clamped;
};
// SSAT encodes its width less 1, which is also the number of bits beside the sign.
export const ssat: Execute = (cpu, op) => {
  const high = 2 ** op.immediate - 1;
  cpu.r[op.d] = saturateTo(cpu, shiftedForPack(cpu, op), -high - 1, high);
};
export const usat: Execute = (cpu, op) => {
  cpu.r[op.d] = saturateTo(cpu, shiftedForPack(cpu, op), 0, 2 ** op.immediate - 1);
};
/** SSAT16, USAT16: both halves, sign-extended, to a width. */
const saturateHalves = (cpu: Cpu, value: number, low: number, high: number): number =>
  (saturateTo(cpu, extendHalf(value), low, high) & 0xffff) | (saturateTo(cpu, value >> 16, low, high) << 16);
export const ssat16: Execute = (cpu, op) => {
  const high = 2 ** op.immediate - 1;
  cpu.r[op.d] = saturateHalves(cpu, cpu.r[op.m]!, -high - 1, high);
};
export const usat16: Execute = (cpu, op) => {
  cpu.r[op.d] = saturateHalves(cpu, cpu.r[op.m]!, 0, 2 ** op.immediate - 1);
};
export const sel: Execute = (cpu, op) => {
  const ge = cpu.greaterEqual;
  const mask = (ge & 1 ? 0xff : 0) | (ge & 2 ? 0xff00 : 0) | (ge & 4 ? 0xff_0000 : 0) | (ge & 8 ? 0xff00_0000 : 0);
  cpu.r[op.d] = (cpu.r[op.n]! & mask) | (cpu.r[op.m]! & ~mask);
};

const general = (...numbers: readonly number[]): number => {
  reject(numbers.includes(PC), 'pc as an operand is UNPREDICTABLE');
  return registers(...numbers);
};

export const unary =
  (kind: InstructionClass) =>
  (fields: Fields): Operands => ({
    class: kind,
    d: fields('Rd'),
    m: fields('Rm'),
    reads: general(fields('Rm')),
    readsEarly: general(fields('Rm')),
    writes: general(fields('Rd')),
  });

export const extend = (fields: Fields): Operands => ({...unary('alu-immediate')(fields), amount: 8 * fields('rotate')});

export const extendAdd = (fields: Fields): Operands => {
  const n = fields('Rn');
  const operands = extend(fields);
  return {...operands, class: 'alu-shift', n, reads: operands.reads! | general(n)};
};

export const binary =
  (kind: InstructionClass) =>
  (fields: Fields): Operands => {
    const [d, n, m] = [fields('Rd'), fields('Rn'), fields('Rm')];
    return {class: kind, d, n, m, reads: general(n, m), writes: general(d)};
  };

export const pack =
  (form: number) =>
  (fields: Fields): Operands => {
    return {...binary('alu-shift')(fields), form, amount: fields('imm5'), readsEarly: registers(fields('Rm'))};
  };

export const saturateOperands = (fields: Fields): Operands => ({
  ...unary('shift')(fields),
  form: fields('sh'),
  amount: fields('imm5'),
  immediate: fields('sat_imm'),
});

export const saturateHalvesOperands = (fields: Fields): Operands => ({
  ...unary('shift')(fields),
  immediate: fields('sat_imm'),
});

export const extract = (fields: Fields): Operands => {
  const [d, n, lsb, widthLess1] = [fields('Rd'), fields('Rn'), fields('lsb'), fields('widthm1')];
  reject(lsb + widthLess1 > 31, 'a bit field beyond bit 31 is UNPREDICTABLE');
  const immediate = 2 ** (widthLess1 + 1) - 1;
  return {
    class: 'shift',
    d,
    n,
    amount: lsb,
    immediate,
    reads: general(n),
    readsEarly: general(n),
    writes: general(d),
  };
};

export const insert =
  (source: 'Rn' | 'none') =>
  (fields: Fields): Operands => {
    const [d, lsb, msb] = [fields('Rd'), fields('lsb'), fields('msb')];
    reject(msb < lsb, 'a bit field with msb < lsb is UNPREDICTABLE');
    const n = source === 'Rn' ? fields('Rn') : 0;
    const reads = general(d) | (source === 'Rn' ? general(n) : 0);
    return {class: 'shift', d, n, amount: lsb, immediate: 2 ** (msb - lsb + 1) - 1, reads, writes: general(d)};
  };

const extensions = (name: string, opcode: string, plain: Execute, adding: Execute): readonly Row[] => [
  {
    name: `${name.slice(0, 3)}A${name.slice(3)}`,
    bits: `cond:4 0110 1 ${opcode} Rn:4 Rd:4 rotate:2 (00) 0111 Rm:4`,
    operands: (fields) => ({...extendAdd(fields), amount: 8 * fields('rotate')}),
    execute: adding,
  },
  {
    name,
    bits: `cond:4 0110 1 ${opcode} 1111 Rd:4 rotate:2 (00) 0111 Rm:4`,
    specialises: [`${name.slice(0, 3)}A${name.slice(3)}`],
    operands: extend,
    execute: plain,
  },
];

export const reads =
  (mask: number, of: (fields: Fields) => Operands) =>
  (fields: Fields): Operands => {
    const operands = of(fields);
    return {...operands, reads: operands.reads! | mask};
  };

export const MEDIA: readonly Row[] = [
  ...extensions('SXTB16', '000', sxtb16, sxtab16),
  ...extensions('SXTB', '010', sxtb, sxtab),
  ...extensions('SXTH', '011', sxth, sxtah),
  ...extensions('UXTB16', '100', uxtb16, uxtab16),
  ...extensions('UXTB', '110', uxtb, uxtab),
  ...extensions('UXTH', '111', uxth, uxtah),
  {name: 'CLZ', bits: 'cond:4 0001 0110 (1111) Rd:4 (1111) 0001 Rm:4', operands: unary('alu-register'), execute: clz},
  {name: 'REV', bits: 'cond:4 0110 1011 (1111) Rd:4 (1111) 0011 Rm:4', operands: unary('shift'), execute: rev},
  {name: 'REV16', bits: 'cond:4 0110 1011 (1111) Rd:4 (1111) 1011 Rm:4', operands: unary('shift'), execute: rev16},
  {name: 'RBIT', bits: 'cond:4 0110 1111 (1111) Rd:4 (1111) 0011 Rm:4', operands: unary('shift'), execute: rbit},
  {name: 'REVSH', bits: 'cond:4 0110 1111 (1111) Rd:4 (1111) 1011 Rm:4', operands: unary('shift'), execute: revsh},
  {name: 'SBFX', bits: 'cond:4 0111 101 widthm1:5 Rd:4 lsb:5 101 Rn:4', operands: extract, execute: sbfx},
  {name: 'UBFX', bits: 'cond:4 0111 111 widthm1:5 Rd:4 lsb:5 101 Rn:4', operands: extract, execute: ubfx},
  {name: 'BFI', bits: 'cond:4 0111 110 msb:5 Rd:4 lsb:5 001 Rn:4', operands: insert('Rn'), execute: bfi},
  {
    name: 'BFC',
    bits: 'cond:4 0111 110 msb:5 Rd:4 lsb:5 001 1111',
    specialises: ['BFI'],
    operands: insert('none'),
    execute: bfc,
  },
  {name: 'SDIV', bits: 'cond:4 0111 0001 Rd:4 (1111) Rm:4 0001 Rn:4', operands: binary('divide'), execute: sdiv},
  {name: 'UDIV', bits: 'cond:4 0111 0011 Rd:4 (1111) Rm:4 0001 Rn:4', operands: binary('divide'), execute: udiv},
  {name: 'PKHBT', bits: 'cond:4 0110 1000 Rn:4 Rd:4 imm5:5 001 Rm:4', operands: pack(0), execute: pkhbt},
  {name: 'PKHTB', bits: 'cond:4 0110 1000 Rn:4 Rd:4 imm5:5 101 Rm:4', operands: pack(1), execute: pkhtb},
  {name: 'SSAT', bits: 'cond:4 0110 101 sat_imm:5 Rd:4 imm5:5 sh:1 01 Rm:4', operands: saturateOperands, execute: ssat},
  {name: 'USAT', bits: 'cond:4 0110 111 sat_imm:5 Rd:4 imm5:5 sh:1 01 Rm:4', operands: saturateOperands, execute: usat},
  {
    name: 'SSAT16',
    bits: 'cond:4 0110 1010 sat_imm:4 Rd:4 (1111) 0011 Rm:4',
    operands: saturateHalvesOperands,
    execute: ssat16,
  },
  {
    name: 'USAT16',
    bits: 'cond:4 0110 1110 sat_imm:4 Rd:4 (1111) 0011 Rm:4',
    operands: saturateHalvesOperands,
    execute: usat16,
  },
  {
    name: 'SEL',
    bits: 'cond:4 0110 1000 Rn:4 Rd:4 (1111) 1011 Rm:4',
    operands: reads(FLAGS_BIT, binary('alu-register')),
    execute: sel,
  },
];
