/** Which instructions CPACR and FPEXC can disable: VFP's and Advanced SIMD's (DDI 0406C B1.11). */
import type {Operation} from '../core/operation.ts';
import {VFP_PRIVILEGED} from './instructions/coprocessor.ts';

interface Space {
  readonly mask: number;
  readonly value: number;
}

/** Coprocessors 10 and 11, by bits 27–24 and 11–9; the condition, or T32's bits, are apart. */
const COPROCESSOR: readonly Space[] = [
  {mask: 0x0e00_0e00, value: 0x0c00_0a00},
  {mask: 0x0f00_0e00, value: 0x0e00_0a00},
];
const A32_NEON: readonly Space[] = [
  {mask: 0xfe00_0000, value: 0xf200_0000},
  {mask: 0xff10_0000, value: 0xf400_0000},
];
const T32_NEON: readonly Space[] = [
  {mask: 0xef00_0000, value: 0xef00_0000},
  {mask: 0xff10_0000, value: 0xf900_0000},
];
const T32_COPROCESSOR = 0xec00_0000;

/** They look at the registers themselves. */
const OWN_RULES: ReadonlySet<string> = new Set(VFP_PRIVILEGED.map(({name}) => name));

export const usesVfp = ({word, thumb, length, name}: Operation): boolean => {
  if (length === 2 || OWN_RULES.has(name)) return false;
  const isIn = ({mask, value}: Space): boolean => ((word & mask) ^ value) === 0;
  if (thumb === 0) return word >>> 28 === 15 ? A32_NEON.some(isIn) : COPROCESSOR.some(isIn);
  return T32_NEON.some(isIn) || ((word & 0xec00_0000) >>> 0 === T32_COPROCESSOR && COPROCESSOR.some(isIn));
};
