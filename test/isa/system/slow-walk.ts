/**
 * Translation written a second time, for tests: descriptors are strings of bits and the rules are taken one after the other
 * from the pseudocode of DDI 0406C B3.19. Slow, and shares nothing with the walks that it judges.
 */
import type {WalkRegisters} from '../../../src/isa/system/walk/mapping.ts';

export interface SlowResult {
  /** `cause:level:domain`, or undefined. */
  readonly fault: string | undefined;
  readonly page: bigint;
  readonly global: boolean;
  /** Of read, write and execute at PL1, then at PL0: r, w, x or -. */
  readonly rights: string;
}

type Memory = (address: bigint) => number | undefined;

/** Bit 0 is the last character. */
class Bits {
  readonly #text: string;
  constructor(value: bigint, width: number) {
    this.#text = value.toString(2).padStart(width, '0');
  }
  text(high: number, low: number): string {
    return this.#text.slice(this.#text.length - 1 - high, this.#text.length - low);
  }
  number(high: number, low: number): bigint {
    return BigInt(`0b${this.text(high, low)}`);
  }
  is(bit: number): boolean {
    return this.text(bit, bit) === '1';
  }
}

const failed = (fault: string): SlowResult => ({fault, page: 0n, global: false, rights: ''});

interface Rules {
  readonly neverExecute: boolean;
  readonly privilegedNeverExecute: boolean;
  readonly sctlr: Bits;
}

/** What may be read and written, at PL1 and at PL0, as the tables of B3.7.1 print it. */
const PRINTED: Readonly<Record<string, readonly [string, string]>> = {
  '000': ['--', '--'],
  '001': ['rw', '--'],
  '010': ['rw', 'r-'],
  '011': ['rw', 'rw'],
  '100': ['--', '--'],
  '101': ['r-', '--'],
  '110': ['r-', 'r-'],
  '111': ['r-', 'r-'],
};
const PRINTED_SIMPLE: Readonly<Record<string, readonly [string, string]>> = {
  '00': ['rw', '--'],
  '01': ['rw', 'rw'],
  '10': ['r-', '--'],
  '11': ['r-', 'r-'],
};

const withExecution = ([one, zero]: readonly [string, string], rules: Rules): string => {
  const wxn = rules.sctlr.is(19);
  const uwxn = rules.sctlr.is(20);
  const zeroExecutes = zero[0] === 'r' && !rules.neverExecute && !(wxn && zero[1] === 'w');
  const oneExecutes =
    one[0] === 'r' &&
    !rules.neverExecute &&
    !rules.privilegedNeverExecute &&
    !(wxn && one[1] === 'w') &&
    !(uwxn && zero[1] === 'w');
  return `${one}${oneExecutes ? 'x' : '-'}${zero}${zeroExecutes ? 'x' : '-'}`;
};

const slowShort = (registers: WalkRegisters, memory: Memory, address: number): SlowResult => {
  const va = new Bits(BigInt(address >>> 0), 32);
  const sctlr = new Bits(BigInt(registers.sctlr >>> 0), 32);
  const n = registers.ttbcr & 7;
  const usesFirst = n === 0 || /^0*$/.test(va.text(31, 32 - n));
  const base = new Bits(BigInt((usesFirst ? registers.ttbr0 : registers.ttbr1) >>> 0), 32);
  const width = usesFirst ? n : 0;
  const tableBits = `${base.text(31, 14 - width)}${va.text(31 - width, 20)}00`;
  const firstWord = memory(BigInt(`0b${tableBits}`));
  if (firstWord === undefined) return failed('external-on-walk:1:0');
  const first = new Bits(BigInt(firstWord >>> 0), 32);
  const kind = first.text(1, 0);
  if (kind === '00') return failed('translation:1:0');
  let leaf: {
    base: bigint;
    size: bigint;
    ap: string;
    xn: boolean;
    pxn: boolean;
    ng: boolean;
    level: number;
    domain: bigint;
  };
  if (kind !== '01' && first.is(18)) {
    const top = `${first.text(8, 5)}${first.text(23, 20)}${first.text(31, 24)}`;
    leaf = {
      base: BigInt(`0b${top}`) << 24n,
      ...{size: 1n << 24n, ap: first.text(15, 15) + first.text(11, 10), xn: first.is(4), pxn: first.is(0)},
      ...{ng: first.is(17), level: 1, domain: 0n},
    };
  } else if (kind !== '01') {
    leaf = {
      base: first.number(31, 20) << 20n,
      ...{size: 1n << 20n, ap: first.text(15, 15) + first.text(11, 10), xn: first.is(4), pxn: first.is(0)},
      ...{ng: first.is(17), level: 1, domain: first.number(8, 5)},
    };
  } else {
    const domain = first.number(8, 5);
    const secondWord = memory((first.number(31, 10) << 10n) | (va.number(19, 12) << 2n));
    if (secondWord === undefined) return failed(`external-on-walk:2:${domain}`);
    const second = new Bits(BigInt(secondWord >>> 0), 32);
    if (second.text(1, 0) === '00') return failed(`translation:2:${domain}`);
    const isLarge = second.text(1, 0) === '01';
    leaf = {
      base: isLarge ? second.number(31, 16) << 16n : second.number(31, 12) << 12n,
      size: isLarge ? 1n << 16n : 1n << 12n,
      ap: second.text(9, 9) + second.text(5, 4),
      xn: isLarge ? second.is(15) : second.is(0),
      ...{pxn: first.is(2), ng: second.is(11), level: 2, domain},
    };
  }
  if (sctlr.is(29) && leaf.ap[2] === '0') return failed(`access-flag:${leaf.level}:${leaf.domain}`);
  const role = (BigInt(registers.dacr >>> 0) >> (2n * leaf.domain)) & 3n;
  if (role === 0n || role === 2n) return failed(`domain:${leaf.level}:${leaf.domain}`);
  const printed = sctlr.is(29) ? PRINTED_SIMPLE[leaf.ap.slice(0, 2)] : PRINTED[leaf.ap];
  const rules = {neverExecute: leaf.xn, privilegedNeverExecute: leaf.pxn, sctlr};
  return {
    fault: undefined,
    page: leaf.base + ((BigInt(address >>> 0) % leaf.size) & ~0xfffn),
    global: !leaf.ng,
    rights: role === 3n ? 'rwxrwx' : withExecution(printed!, rules),
  };
};

const slowLong = (registers: WalkRegisters, memory: Memory, address: number): SlowResult => {
  const va = new Bits(BigInt(address >>> 0), 32);
  const sctlr = new Bits(BigInt(registers.sctlr >>> 0), 32);
  const ttbcr = new Bits(BigInt(registers.ttbcr >>> 0), 32);
  const [size0, size1] = [Number(ttbcr.number(2, 0)), Number(ttbcr.number(18, 16))];
  let chosen: 0 | 1 | undefined;
  if (size0 === 0 || /^0*$/.test(va.text(31, 32 - size0))) chosen = 0;
  // The second region is looked at last, and so has what both could have (B3.6.4).
  if ((size1 === 0 && chosen === undefined) || (size1 > 0 && /^1*$/.test(va.text(31, 32 - size1)))) chosen = 1;
  if (chosen === undefined || ttbcr.is(chosen === 0 ? 7 : 23)) return failed('translation:1:0');
  const size = chosen === 0 ? size0 : size1;
  const low = chosen === 0 ? registers.ttbr0 : registers.ttbr1;
  const high = chosen === 0 ? registers.ttbr0High : registers.ttbr1High;
  const base = new Bits((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), 64);
  let level = size > 1 ? 2 : 1;
  const startBits = level === 2 ? 14 - size : 5 - size;
  let table = base.number(39, startBits) << BigInt(startBits);
  let top = 31 - size;
  let [userBarred, writeBarred, xn, pxn] = [false, false, false, false];
  for (;;) {
    const bottom = 39 - 9 * level;
    const at = table + (va.number(top, bottom) << 3n);
    const [lowWord, highWord] = [memory(at), memory(at + 4n)];
    if (lowWord === undefined || highWord === undefined) return failed(`external-on-walk:${level}:0`);
    const descriptor = new Bits((BigInt(highWord >>> 0) << 32n) | BigInt(lowWord >>> 0), 64);
    if (!descriptor.is(0) || (level === 3 && !descriptor.is(1))) return failed(`translation:${level}:0`);
    if (level < 3 && descriptor.is(1)) {
      userBarred ||= descriptor.is(61);
      writeBarred ||= descriptor.is(62);
      xn ||= descriptor.is(60);
      pxn ||= descriptor.is(59);
      table = descriptor.number(39, 12) << 12n;
      top = bottom - 1;
      level++;
      continue;
    }
    if (!descriptor.is(10)) return failed(`access-flag:${level}:0`);
    let [one, zero] = PRINTED_SIMPLE[descriptor.text(7, 6)]!;
    if (userBarred) zero = '--';
    if (writeBarred) [one, zero] = [`${one[0]}-`, `${zero[0]}-`];
    const inside = BigInt(address >>> 0) % (1n << BigInt(bottom));
    const rules = {neverExecute: xn || descriptor.is(54), privilegedNeverExecute: pxn || descriptor.is(53), sctlr};
    return {
      fault: undefined,
      page: (descriptor.number(39, bottom) << BigInt(bottom)) + (inside & ~0xfffn),
      global: !descriptor.is(11),
      rights: withExecution([one, zero], rules),
    };
  }
};

export const slowWalk = (registers: WalkRegisters, memory: Memory, address: number): SlowResult =>
  registers.ttbcr < 0 ? slowLong(registers, memory, address) : slowShort(registers, memory, address);
