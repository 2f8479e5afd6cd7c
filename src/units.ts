/**
 * Every unit that the model computes in, as a branded number, and the only conversions between them.
 *
 * Arithmetic on two brands yields a plain number in TypeScript, so code that mixes units must come back through one of
 * the constructors here; they check the range. Addresses above 32 bits (IPA, PA: 40 bits) must never meet a bitwise
 * operator: use {@link pageOf}, {@link lineOf} or division.
 */

declare const unit: unique symbol;
type Unit<Name extends string> = number & {readonly [unit]: Name};

/** CPU clock cycles. */
export type Cycles = Unit<'Cycles'>;
/** 10⁻⁹ s. */
export type Nanoseconds = Unit<'Nanoseconds'>;
/** Events per second. */
export type Hertz = Unit<'Hertz'>;
/** Octets; a whole number. */
export type Bytes = Unit<'Bytes'>;
/** Guest virtual address, 32 bits. */
export type VirtualAddress = Unit<'VirtualAddress'>;
/** Intermediate physical address, 40 bits. */
export type IntermediatePhysicalAddress = Unit<'IntermediatePhysicalAddress'>;
/** Host physical address, 40 bits. */
export type PhysicalAddress = Unit<'PhysicalAddress'>;

export const KIBIBYTE = 1024;
export const MEBIBYTE = 1024 * KIBIBYTE;
export const GIBIBYTE = 1024 * MEBIBYTE;
/** STREAM's megabyte (10⁶); Cachebench's is {@link MEBIBYTE}. */
export const MEGABYTE = 1_000_000;

const ADDRESS_BITS_40 = 2 ** 40;

const whole = (value: number, limit: number, what: string): number => {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new RangeError(`${what} must be a whole number in [0, ${limit}), not ${value}`);
  }
  return value;
};
const finite = (value: number, what: string): number => {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${what} must be finite and ≥ 0, not ${value}`);
  return value;
};

export const cycles = (value: number): Cycles => finite(value, 'cycles') as Cycles;
export const nanoseconds = (value: number): Nanoseconds => finite(value, 'nanoseconds') as Nanoseconds;
export const hertz = (value: number): Hertz => finite(value, 'hertz') as Hertz;
export const bytes = (value: number): Bytes => whole(value, Number.MAX_SAFE_INTEGER, 'bytes') as Bytes;
export const virtualAddress = (value: number): VirtualAddress =>
  whole(value, 2 ** 32, 'virtual address') as VirtualAddress;
export const intermediatePhysicalAddress = (value: number): IntermediatePhysicalAddress =>
  whole(value, ADDRESS_BITS_40, 'intermediate physical address') as IntermediatePhysicalAddress;
export const physicalAddress = (value: number): PhysicalAddress =>
  whole(value, ADDRESS_BITS_40, 'physical address') as PhysicalAddress;

/** Time in clock periods of `clock`, rounded up: a device is never early. */
export const toCycles = (time: Nanoseconds, clock: Hertz): Cycles =>
  cycles(Math.max(0, Math.ceil((time * clock) / 1e9 - 1e-9)));
export const toNanoseconds = (count: Cycles, clock: Hertz): Nanoseconds => nanoseconds((count / clock) * 1e9);

/** Number of the page of `size` bytes that holds `address`. */
export const pageOf = (address: number, size: number): number => Math.floor(address / size);
/** Number of the cache line of `size` bytes that holds `address`. */
export const lineOf = (address: number, size: number): number => Math.floor(address / size);

const SIZE = /^(\d+(?:\.\d+)?)\s*(B|K|KiB|M|MiB|G|GiB)?$/;
const SIZE_FACTOR: Readonly<Record<string, number>> = {
  B: 1,
  K: KIBIBYTE,
  KiB: KIBIBYTE,
  M: MEBIBYTE,
  MiB: MEBIBYTE,
  G: GIBIBYTE,
  GiB: GIBIBYTE,
};

/** Reads '4K', '64KiB', '2M', '1G' or a plain number of bytes. @throws RangeError on anything else. */
export const parseSize = (text: string): Bytes => {
  const match = SIZE.exec(text.trim());
  const factor = SIZE_FACTOR[match?.[2] ?? 'B'];
  if (!match || factor === undefined) throw new RangeError(`not a size: '${text}' (write for example 4K, 2M or 1G)`);
  return bytes(Number(match[1]) * factor);
};

/** The shortest exact name of a size: 4096 → '4K', 1572864 → '1.5M'. */
export const formatSize = (size: number): string => {
  for (const [name, factor] of [
    ['G', GIBIBYTE],
    ['M', MEBIBYTE],
    ['K', KIBIBYTE],
  ] as const) {
    if (size >= factor && (size * 2) % factor === 0) return `${size / factor}${name}`;
  }
  return `${size}B`;
};
