/** VCVT between precisions, integers and fixed point: DDI 0406C A8.8.306–A8.8.310. */
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {type Execute, type Operands, type Operation, type Row, reject} from '../core/operation.ts';
import {vfpMask, vfpRegister} from './registers.ts';

const DOUBLE_EXPONENT = 0x7ff8_0000;
const SINGLE_EXPONENT = 0x7fc0_0000;

/** Sign, the quiet bit, and as much payload as fits: FPConvertNaN(). */
const singleToDouble: Execute = (cpu, op) => {
  cpu.exceptionsUnknown = true;
  const value = cpu.singles[op.m]!;
  const word = cpu.vfpWords[op.m]!;
  if (!Number.isNaN(value)) {
    cpu.doubles[op.d] = value;
    return;
  }
  cpu.vfpWords[2 * op.d] = word << 29;
  cpu.vfpWords[2 * op.d + 1] = (word & 0x8000_0000) | DOUBLE_EXPONENT | ((word & 0x3f_ffff) >>> 3);
};
const doubleToSingle: Execute = (cpu, op) => {
  cpu.exceptionsUnknown = true;
  const value = cpu.doubles[op.m]!;
  const low = cpu.vfpWords[2 * op.m]!;
  const high = cpu.vfpWords[2 * op.m + 1]!;
  if (!Number.isNaN(value)) cpu.singles[op.d] = Math.fround(value);
  else cpu.vfpWords[op.d] = (high & 0x8000_0000) | SINGLE_EXPONENT | ((high & 0x7_ffff) << 3) | (low >>> 29);
};

const nearestEven = (value: number): number => {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
};

/** FPToFixed(): a NaN gives 0, out of range saturates. */
const clamp = (value: number, low: number, high: number): number => {
  if (Number.isNaN(value)) return 0;
  return value < low ? low : value > high ? high : value;
};

const limits = (signed: boolean, bits: number): readonly [number, number] =>
  signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];

// `form` bit 0: signed; bit 1: the floating-point side is double; bit 2: round towards zero.
const SIGNED = 1;
const DOUBLE = 2;
const TOWARDS_ZERO = 4;

const floatValue = (cpu: Cpu, op: Operation, register: number): number =>
  (op.form & DOUBLE) !== 0 ? cpu.doubles[register]! : cpu.singles[register]!;

const setFloat = (cpu: Cpu, op: Operation, value: number): void => {
  cpu.exceptionsUnknown = true;
  if ((op.form & DOUBLE) !== 0) cpu.doubles[op.d] = value;
  else cpu.singles[op.d] = Math.fround(value);
};

const toInteger: Execute = (cpu, op) => {
  cpu.exceptionsUnknown = true;
  const value = floatValue(cpu, op, op.m);
  const whole = (op.form & TOWARDS_ZERO) !== 0 ? Math.trunc(value) : nearestEven(value);
  cpu.vfpWords[op.d] =
    (op.form & SIGNED) !== 0 ? clamp(whole, -0x8000_0000, 0x7fff_ffff) : clamp(whole, 0, 0xffff_ffff);
};
const fromInteger: Execute = (cpu, op) => {
  const word = cpu.vfpWords[op.m]!;
  setFloat(cpu, op, (op.form & SIGNED) !== 0 ? word : word >>> 0);
};

// Fixed point, in place: `amount` is the number of bits, `immediate` that of fraction bits.
const toFixed: Execute = (cpu, op) => {
  cpu.exceptionsUnknown = true;
  const [low, high] = limits((op.form & SIGNED) !== 0, op.amount);
  // Scaling by a power of two is exact, but for overflow, which saturates alike.
  const whole = clamp(Math.trunc(floatValue(cpu, op, op.d) * 2 ** op.immediate), low, high);
  if ((op.form & DOUBLE) === 0) cpu.vfpWords[op.d] = whole;
  else {
    cpu.vfpWords[2 * op.d] = whole;
    cpu.vfpWords[2 * op.d + 1] = whole < 0 ? -1 : 0;
  }
};
const fromFixed: Execute = (cpu, op) => {
  const word = cpu.vfpWords[(op.form & DOUBLE) !== 0 ? 2 * op.d : op.d]!;
  const unused = 32 - op.amount;
  const value = (op.form & SIGNED) !== 0 ? (word << unused) >> unused : (word << unused) >>> unused;
  setFloat(cpu, op, value / 2 ** op.immediate);
};

const betweenPrecisions =
  (sourceIsDouble: boolean) =>
  (fields: Fields): Operands => {
    const d = vfpRegister(fields, 'd', !sourceIsDouble);
    const m = vfpRegister(fields, 'm', sourceIsDouble);
    return {
      class: 'vfp-arithmetic',
      d,
      m,
      vfpReads: vfpMask(sourceIsDouble, m),
      vfpWrites: vfpMask(!sourceIsDouble, d),
    };
  };

const integer =
  (toInt: boolean, signed: number) =>
  (fields: Fields): Operands => {
    const double = fields('sz') === 1;
    const d = vfpRegister(fields, 'd', double && !toInt);
    const m = vfpRegister(fields, 'm', double && toInt);
    const rounding = toInt && fields('op') === 1 ? TOWARDS_ZERO : 0;
    return {
      class: 'vfp-arithmetic',
      d,
      m,
      form: (toInt ? signed : fields('op')) | (double ? DOUBLE : 0) | rounding,
      vfpReads: vfpMask(double && toInt, m),
      vfpWrites: vfpMask(double && !toInt, d),
    };
  };

const fixedPoint = (fields: Fields): Operands => {
  const double = fields('sz') === 1;
  const d = vfpRegister(fields, 'd', double);
  const amount = fields('sx') === 1 ? 32 : 16;
  const immediate = amount - (fields('imm4') * 2 + fields('i'));
  reject(immediate < 0, 'more fraction bits than bits are UNPREDICTABLE');
  const form = (fields('U') === 0 ? SIGNED : 0) | (double ? DOUBLE : 0);
  return {
    class: 'vfp-arithmetic',
    d,
    form,
    amount,
    immediate,
    vfpReads: vfpMask(double, d),
    vfpWrites: vfpMask(double, d),
  };
};

export const VFP_CONVERT: readonly Row[] = [
  {
    name: 'VCVT.F64.F32',
    bits: 'cond:4 1110 1 D:1 11 0111 Vd:4 1010 11 M:1 0 Vm:4',
    operands: betweenPrecisions(false),
    execute: singleToDouble,
  },
  {
    name: 'VCVT.F32.F64',
    bits: 'cond:4 1110 1 D:1 11 0111 Vd:4 1011 11 M:1 0 Vm:4',
    operands: betweenPrecisions(true),
    execute: doubleToSingle,
  },
  {
    name: 'VCVT.F.I',
    bits: 'cond:4 1110 1 D:1 11 1000 Vd:4 101 sz:1 op:1 1 M:1 0 Vm:4',
    operands: integer(false, 0),
    execute: fromInteger,
  },
  {
    name: 'VCVT.U32.F',
    bits: 'cond:4 1110 1 D:1 11 1100 Vd:4 101 sz:1 op:1 1 M:1 0 Vm:4',
    operands: integer(true, 0),
    execute: toInteger,
  },
  {
    name: 'VCVT.S32.F',
    bits: 'cond:4 1110 1 D:1 11 1101 Vd:4 101 sz:1 op:1 1 M:1 0 Vm:4',
    operands: integer(true, SIGNED),
    execute: toInteger,
  },
  {
    name: 'VCVT.F.fixed',
    bits: 'cond:4 1110 1 D:1 11 101 U:1 Vd:4 101 sz:1 sx:1 1 i:1 0 imm4:4',
    operands: fixedPoint,
    execute: fromFixed,
  },
  {
    name: 'VCVT.fixed.F',
    bits: 'cond:4 1110 1 D:1 11 111 U:1 Vd:4 101 sz:1 sx:1 1 i:1 0 imm4:4',
    operands: fixedPoint,
    execute: toFixed,
  },
];
