/** VCVT between precisions, integers and fixed point, VCVTR, VCVTB and VCVTT, encodings: DDI 0406C A8.8.305–A8.8.311. */
import type {Fields} from '../core/bits.ts';
import {type Execute, type Operands, type Row, reject} from '../core/operation.ts';
import * as vfp from './conversions.ts';
import {vfpMask, vfpRegister} from './registers.ts';

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

type Conversions = readonly [Execute, Execute];

/** By `op`, a pair each: of singles and of doubles. */
const integer =
  (toInt: boolean, conversions: readonly [Conversions, Conversions]) =>
  (fields: Fields): Operands => {
    const double = fields('sz') === 1;
    const d = vfpRegister(fields, 'd', double && !toInt);
    const m = vfpRegister(fields, 'm', double && toInt);
    return {
      class: 'vfp-arithmetic',
      d,
      m,
      execute: conversions[fields('op')]![fields('sz')]!,
      vfpReads: vfpMask(double && toInt, m),
      vfpWrites: vfpMask(double && !toInt, d),
    };
  };
const FROM_INTEGER = [
  [vfp.unsignedToSingle, vfp.unsignedToDouble],
  [vfp.signedToSingle, vfp.signedToDouble],
] as const;
const TO_UNSIGNED = [
  [vfp.singleToUnsignedRounded, vfp.doubleToUnsignedRounded],
  [vfp.singleToUnsigned, vfp.doubleToUnsigned],
] as const;
const TO_SIGNED = [
  [vfp.singleToSignedRounded, vfp.doubleToSignedRounded],
  [vfp.singleToSigned, vfp.doubleToSigned],
] as const;

const fixedPoint =
  (conversions: Conversions) =>
  (fields: Fields): Operands => {
    const double = fields('sz') === 1;
    const d = vfpRegister(fields, 'd', double);
    const amount = fields('sx') === 1 ? 32 : 16;
    const immediate = amount - (fields('imm4') * 2 + fields('i'));
    reject(immediate < 0, 'more fraction bits than bits are UNPREDICTABLE');
    return {
      class: 'vfp-arithmetic',
      d,
      form: fields('U') === 1 ? vfp.UNSIGNED : 0,
      amount,
      immediate,
      execute: conversions[fields('sz')]!,
      vfpReads: vfpMask(double, d),
      vfpWrites: vfpMask(double, d),
    };
  };

/** The half-word that is not written stays. */
const halfPrecision =
  (toHalf: boolean) =>
  (fields: Fields): Operands => {
    const [d, m] = [vfpRegister(fields, 'd', false), vfpRegister(fields, 'm', false)];
    return {
      class: 'vfp-arithmetic',
      d,
      m,
      amount: 16 * fields('T'),
      vfpReads: vfpMask(false, m) | (toHalf ? vfpMask(false, d) : 0),
      vfpWrites: vfpMask(false, d),
    };
  };

/** Where a row has several precisions or roundings, its operands choose among the functions; its own is one of them. */
export const VFP_CONVERT: readonly Row[] = [
  {
    name: 'VCVT.F64.F32',
    bits: 'cond:4 1110 1 D:1 11 0111 Vd:4 1010 11 M:1 0 Vm:4',
    operands: betweenPrecisions(false),
    execute: vfp.singleToDouble,
  },
  {
    name: 'VCVT.F32.F64',
    bits: 'cond:4 1110 1 D:1 11 0111 Vd:4 1011 11 M:1 0 Vm:4',
    operands: betweenPrecisions(true),
    execute: vfp.doubleToSingle,
  },
  {
    name: 'VCVT.F.I',
    bits: 'cond:4 1110 1 D:1 11 1000 Vd:4 101 sz:1 op:1 1 M:1 0 Vm:4',
    operands: integer(false, FROM_INTEGER),
    execute: vfp.signedToDouble,
  },
  {
    name: 'VCVT.U32.F',
    bits: 'cond:4 1110 1 D:1 11 1100 Vd:4 101 sz:1 op:1 1 M:1 0 Vm:4',
    operands: integer(true, TO_UNSIGNED),
    execute: vfp.doubleToUnsigned,
  },
  {
    name: 'VCVT.S32.F',
    bits: 'cond:4 1110 1 D:1 11 1101 Vd:4 101 sz:1 op:1 1 M:1 0 Vm:4',
    operands: integer(true, TO_SIGNED),
    execute: vfp.doubleToSigned,
  },
  {
    name: 'VCVT.F.fixed',
    bits: 'cond:4 1110 1 D:1 11 101 U:1 Vd:4 101 sz:1 sx:1 1 i:1 0 imm4:4',
    operands: fixedPoint([vfp.fixedToSingle, vfp.fixedToDouble]),
    execute: vfp.fixedToDouble,
  },
  {
    name: 'VCVT.fixed.F',
    bits: 'cond:4 1110 1 D:1 11 111 U:1 Vd:4 101 sz:1 sx:1 1 i:1 0 imm4:4',
    operands: fixedPoint([vfp.singleToFixed, vfp.doubleToFixed]),
    execute: vfp.doubleToFixed,
  },
  {
    name: 'VCVT.F32.F16',
    bits: 'cond:4 1110 1 D:1 11 0010 Vd:4 1010 T:1 1 M:1 0 Vm:4',
    operands: halfPrecision(false),
    execute: vfp.halfToSingle,
  },
  {
    name: 'VCVT.F16.F32',
    bits: 'cond:4 1110 1 D:1 11 0011 Vd:4 1010 T:1 1 M:1 0 Vm:4',
    operands: halfPrecision(true),
    execute: vfp.singleToHalf,
  },
];
