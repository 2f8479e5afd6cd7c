/** VFP register operands (DDI 0406C A7.3), and doubles as numbers and as bits. */
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {DEFAULT_NAN_64} from '../float/nan.ts';

export const isDouble = (fields: Fields): boolean => fields('sz') === 1;

/** The number of a register drawn as a 4-bit field and an extension bit: D:Vd of a double, Vd:D of a single. */
export const vfpRegister = (fields: Fields, name: 'd' | 'n' | 'm', double: boolean): number => {
  const extension = fields(name.toUpperCase());
  const number = fields(`V${name}`);
  return double ? extension * 16 + number : number * 2 + extension;
};

/** The mask of the D registers that hold these. */
export const vfpMask = (double: boolean, ...numbers: readonly number[]): number =>
  numbers.reduce((mask, number) => mask | (1 << (double ? number : number >> 1)), 0);

/** Writes a result of src/isa/float, where NaN stands for the default one. */
export const setDouble = (cpu: Cpu, d: number, value: number): void => {
  if (Number.isNaN(value)) cpu.vfpDoubleWords[d] = DEFAULT_NAN_64;
  else cpu.doubles[d] = value;
};
