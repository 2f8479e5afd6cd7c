/** VFP register operands (DDI 0406C A7.3), NaN rules (A2.7.4), and the checks that arithmetic shares. */
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';

/** Scratch doubles behind d31, and the same places as singles. */
export const SCRATCH_DOUBLES = [32, 33] as const;
export const SCRATCH_SINGLES = [64, 66] as const;

const DOUBLE_QUIET = 0x0008_0000;
const SINGLE_QUIET = 0x0040_0000;
const DEFAULT_DOUBLE_NAN = 0x7ff8_0000;
const DEFAULT_SINGLE_NAN = 0x7fc0_0000;

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

const isSignalling64 = (words: Int32Array, at: number): boolean =>
  (words[at + 1]! & (DEFAULT_DOUBLE_NAN | 0)) === 0x7ff0_0000 && ((words[at + 1]! & 0x7_ffff) | words[at]!) !== 0;
const isQuiet64 = (words: Int32Array, at: number): boolean =>
  (words[at + 1]! & DEFAULT_DOUBLE_NAN) === DEFAULT_DOUBLE_NAN;
const isSignalling32 = (word: number): boolean =>
  (word & DEFAULT_SINGLE_NAN) === 0x7f80_0000 && (word & 0x3f_ffff) !== 0;
const isQuiet32 = (word: number): boolean => (word & DEFAULT_SINGLE_NAN) === DEFAULT_SINGLE_NAN;

/** Index of the operand whose NaN the result takes: signalling before quiet, then in order; undefined if none is NaN. */
const chosen = <T>(operands: readonly T[], signalling: (o: T) => boolean, quiet: (o: T) => boolean): T | undefined =>
  operands.find(signalling) ?? operands.find(quiet);

/** FPProcessNaNs(): writes the NaN that an operation on these double registers results in. */
export const propagateNan64 = (cpu: Cpu, d: number, ...operands: readonly number[]): void => {
  const words = cpu.vfpWords;
  const source = chosen(
    operands.map((register) => 2 * register),
    (at) => isSignalling64(words, at),
    (at) => isQuiet64(words, at),
  );
  const low = source === undefined ? 0 : words[source]!;
  const high = source === undefined ? DEFAULT_DOUBLE_NAN : words[source + 1]! | DOUBLE_QUIET;
  words[2 * d] = low;
  words[2 * d + 1] = high;
};

/** As {@link propagateNan64}, for singles. */
export const propagateNan32 = (cpu: Cpu, d: number, ...operands: readonly number[]): void => {
  const words = cpu.vfpWords;
  const source = chosen(
    operands.map((register) => words[register]!),
    isSignalling32,
    isQuiet32,
  );
  words[d] = source === undefined ? DEFAULT_SINGLE_NAN : source | SINGLE_QUIET;
};

/** FPProcessNaNs3() for fused operations (addend first), with the special case infinity × 0 + quiet NaN. */
export const propagateFusedNan64 = (cpu: Cpu, d: number, addend: number, n: number, m: number): void => {
  const {doubles, vfpWords} = cpu;
  const invalidProduct =
    Number.isNaN(doubles[n]! * doubles[m]!) && !Number.isNaN(doubles[n]!) && !Number.isNaN(doubles[m]!);
  if (invalidProduct && isQuiet64(vfpWords, 2 * addend)) propagateNan64(cpu, d);
  else propagateNan64(cpu, d, addend, n, m);
};

export const propagateFusedNan32 = (cpu: Cpu, d: number, addend: number, n: number, m: number): void => {
  const {singles, vfpWords} = cpu;
  const invalidProduct =
    Number.isNaN(singles[n]! * singles[m]!) && !Number.isNaN(singles[n]!) && !Number.isNaN(singles[m]!);
  if (invalidProduct && isQuiet32(vfpWords[addend]!)) propagateNan32(cpu, d);
  else propagateNan32(cpu, d, addend, n, m);
};
