/** A32 multiplies: DDI 0406C A5.2.5 and A5.2.7 (half-words), A5.4.4 (SMMUL), and saturating addition A5.2.6. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {type Execute, type Operands, PC, type Row, registers, reject} from '../core/operation.ts';
import {carryOut, signedHigh, unsignedHigh} from '../core/wide.ts';

const setFlags = (cpu: Cpu, low: number, high: number): void => {
  cpu.negative = high;
  cpu.zero = low | high;
};

const setWide = (cpu: Cpu, high: number, low: number, highWord: number, lowWord: number): void => {
  cpu.r[low] = lowWord;
  cpu.r[high] = highWord;
};

/** Adds with wrap-around, as Arm does, and sets Q when the signed sum overflowed. */
const addSettingQ = (cpu: Cpu, a: number, b: number): number => {
  const sum = (a + b) | 0;
  if (((a ^ sum) & (b ^ sum)) < 0) cpu.saturated = 1;
  return sum;
};

const saturate = (cpu: Cpu, value: number): number => {
  const clamped = value > 0x7fff_ffff ? 0x7fff_ffff : value < -0x8000_0000 ? -0x8000_0000 : value;
  if (clamped !== value) cpu.saturated = 1;
  return clamped;
};

/** The half of a register that bit `top` of `selector` names, sign-extended. */
export const half = (value: number, top: number): number => (top !== 0 ? value >> 16 : (value << 16) >> 16);

export const mul: Execute = (cpu, op) => {
  const result = Math.imul(cpu.r[op.n]!, cpu.r[op.m]!);
  cpu.r[op.d] = result;
  if (op.setFlags) setFlags(cpu, result, result);
};
export const mla: Execute = (cpu, op) => {
  const result = (Math.imul(cpu.r[op.n]!, cpu.r[op.m]!) + cpu.r[op.a]!) | 0;
  cpu.r[op.d] = result;
  if (op.setFlags) setFlags(cpu, result, result);
};
export const mls: Execute = (cpu, op) => {
  cpu.r[op.d] = cpu.r[op.a]! - Math.imul(cpu.r[op.n]!, cpu.r[op.m]!);
};

// Long multiplies: d is RdLo, a is RdHi.
export const umull: Execute = (cpu, op) => {
  const n = cpu.r[op.n]!;
  const m = cpu.r[op.m]!;
  const low = Math.imul(n, m);
  const high = unsignedHigh(n, m);
  setWide(cpu, op.a, op.d, high, low);
  if (op.setFlags) setFlags(cpu, low, high);
};
export const smull: Execute = (cpu, op) => {
  const n = cpu.r[op.n]!;
  const m = cpu.r[op.m]!;
  const low = Math.imul(n, m);
  const high = signedHigh(n, m);
  setWide(cpu, op.a, op.d, high, low);
  if (op.setFlags) setFlags(cpu, low, high);
};
export const accumulateWide = (cpu: Cpu, low: number, high: number, dLow: number, dHigh: number): void => {
  const oldLow = cpu.r[dLow]!;
  setWide(cpu, dHigh, dLow, (cpu.r[dHigh]! + high + carryOut(oldLow, low)) | 0, (oldLow + low) | 0);
};
export const umlal: Execute = (cpu, op) => {
  const n = cpu.r[op.n]!;
  const m = cpu.r[op.m]!;
  accumulateWide(cpu, Math.imul(n, m), unsignedHigh(n, m), op.d, op.a);
  if (op.setFlags) setFlags(cpu, cpu.r[op.d]!, cpu.r[op.a]!);
};
export const smlal: Execute = (cpu, op) => {
  const n = cpu.r[op.n]!;
  const m = cpu.r[op.m]!;
  accumulateWide(cpu, Math.imul(n, m), signedHigh(n, m), op.d, op.a);
  if (op.setFlags) setFlags(cpu, cpu.r[op.d]!, cpu.r[op.a]!);
};
export const umaal: Execute = (cpu, op) => {
  const n = cpu.r[op.n]!;
  const m = cpu.r[op.m]!;
  const product = Math.imul(n, m);
  const first = (product + cpu.r[op.d]!) | 0;
  const high = unsignedHigh(n, m) + carryOut(product, cpu.r[op.d]!) + carryOut(first, cpu.r[op.a]!);
  setWide(cpu, op.a, op.d, high | 0, (first + cpu.r[op.a]!) | 0);
};

// Halfword multiplies: bit 0 of `amount` is x (of Rn), bit 1 is y (of Rm).
export const smulxy: Execute = (cpu, op) => {
  cpu.r[op.d] = Math.imul(half(cpu.r[op.n]!, op.amount & 1), half(cpu.r[op.m]!, op.amount & 2));
};
export const smlaxy: Execute = (cpu, op) => {
  const product = Math.imul(half(cpu.r[op.n]!, op.amount & 1), half(cpu.r[op.m]!, op.amount & 2));
  cpu.r[op.d] = addSettingQ(cpu, product, cpu.r[op.a]!);
};
/** Bits 47:16 of the 48-bit product; a double holds it exactly. */
const wordByHalf = (cpu: Cpu, n: number, m: number, top: number): number =>
  Math.floor((cpu.r[n]! * half(cpu.r[m]!, top)) / 0x1_0000) | 0;
export const smulwy: Execute = (cpu, op) => {
  cpu.r[op.d] = wordByHalf(cpu, op.n, op.m, op.amount & 2);
};
export const smlawy: Execute = (cpu, op) => {
  cpu.r[op.d] = addSettingQ(cpu, wordByHalf(cpu, op.n, op.m, op.amount & 2), cpu.r[op.a]!);
};
export const smlalxy: Execute = (cpu, op) => {
  const product = Math.imul(half(cpu.r[op.n]!, op.amount & 1), half(cpu.r[op.m]!, op.amount & 2));
  accumulateWide(cpu, product, product >> 31, op.d, op.a);
};

/** SMMUL, SMMLA, SMMLS: the upper word of (accumulator << 32) ± product, rounded when `amount` is 1. */
const mostSignificant = (
  cpu: Cpu,
  op: {n: number; m: number; amount: number},
  high: number,
  negate: boolean,
): number => {
  const n = cpu.r[op.n]!;
  const m = cpu.r[op.m]!;
  let low = Math.imul(n, m);
  let word = signedHigh(n, m);
  if (negate) {
    word = -word - (low !== 0 ? 1 : 0);
    low = -low | 0;
  }
  return (high + word + (op.amount === 1 ? low >>> 31 : 0)) | 0;
};
export const smmul: Execute = (cpu, op) => {
  cpu.r[op.d] = mostSignificant(cpu, op, 0, false);
};
export const smmla: Execute = (cpu, op) => {
  cpu.r[op.d] = mostSignificant(cpu, op, cpu.r[op.a]!, false);
};
export const smmls: Execute = (cpu, op) => {
  cpu.r[op.d] = mostSignificant(cpu, op, cpu.r[op.a]!, true);
};

export const qadd: Execute = (cpu, op) => {
  cpu.r[op.d] = saturate(cpu, cpu.r[op.m]! + cpu.r[op.n]!);
};
export const qsub: Execute = (cpu, op) => {
  cpu.r[op.d] = saturate(cpu, cpu.r[op.m]! - cpu.r[op.n]!);
};
export const qdadd: Execute = (cpu, op) => {
  cpu.r[op.d] = saturate(cpu, cpu.r[op.m]! + saturate(cpu, 2 * cpu.r[op.n]!));
};
export const qdsub: Execute = (cpu, op) => {
  cpu.r[op.d] = saturate(cpu, cpu.r[op.m]! - saturate(cpu, 2 * cpu.r[op.n]!));
};

const general = (...numbers: readonly number[]): number => {
  reject(numbers.includes(PC), 'pc as an operand is UNPREDICTABLE');
  return registers(...numbers);
};

/** Which half of each operand: x (Rn) and y (Rm), as far as the row draws them. */
const HALVES = {
  none: () => 0,
  y: (f: Fields) => 2 * f('y'),
  xy: (f: Fields) => f('x') + 2 * f('y'),
  R: (f: Fields) => f('R'),
  M: (f: Fields) => f('M'),
};

interface Format {
  readonly class: InstructionClass;
  readonly accumulates: boolean;
  readonly halves?: keyof typeof HALVES;
  /** The S bit is drawn. */
  readonly flags?: boolean;
}

/** Rd, Rn, Rm, and Ra when it accumulates. */
export const narrow =
  ({class: kind, accumulates, halves = 'none', flags = false}: Format) =>
  (fields: Fields): Operands => {
    const [d, n, m] = [fields('Rd'), fields('Rn'), fields('Rm')];
    const setFlags = flags && fields('S') === 1;
    const a = accumulates ? fields('Ra') : 0;
    const reads = general(n, m) | (accumulates ? general(a) : 0);
    const writes = general(d) | (setFlags ? FLAGS_BIT : 0);
    return {class: kind, d, n, m, a, setFlags, amount: HALVES[halves](fields), reads, writes};
  };

/** RdLo, RdHi, Rn, Rm. */
export const long =
  ({class: kind, accumulates, halves = 'none', flags = false}: Format) =>
  (fields: Fields): Operands => {
    const [d, a, n, m] = [fields('RdLo'), fields('RdHi'), fields('Rn'), fields('Rm')];
    reject(d === a, 'RdLo = RdHi is UNPREDICTABLE');
    const setFlags = flags && fields('S') === 1;
    const reads = general(n, m) | (accumulates ? general(d, a) : 0);
    const writes = general(d, a) | (setFlags ? FLAGS_BIT : 0);
    return {class: kind, d, n, m, a, setFlags, amount: HALVES[halves](fields), reads, writes};
  };

export const saturating = (fields: Fields): Operands => {
  const [d, n, m] = [fields('Rd'), fields('Rn'), fields('Rm')];
  return {class: 'shift', d, n, m, reads: general(n, m), writes: general(d)};
};

export const product: Format = {class: 'multiply', accumulates: false};
export const sum: Format = {class: 'multiply-accumulate', accumulates: true};

export const MULTIPLY: readonly Row[] = [
  {
    name: 'MUL',
    bits: 'cond:4 0000 000 S:1 Rd:4 (0000) Rm:4 1001 Rn:4',
    operands: narrow({...product, flags: true}),
    execute: mul,
  },
  {
    name: 'MLA',
    bits: 'cond:4 0000 001 S:1 Rd:4 Ra:4 Rm:4 1001 Rn:4',
    operands: narrow({...sum, flags: true}),
    execute: mla,
  },
  {name: 'UMAAL', bits: 'cond:4 0000 0100 RdHi:4 RdLo:4 Rm:4 1001 Rn:4', operands: long(sum), execute: umaal},
  {name: 'MLS', bits: 'cond:4 0000 0110 Rd:4 Ra:4 Rm:4 1001 Rn:4', operands: narrow(sum), execute: mls},
  {
    name: 'UMULL',
    bits: 'cond:4 0000 100 S:1 RdHi:4 RdLo:4 Rm:4 1001 Rn:4',
    operands: long({...product, flags: true}),
    execute: umull,
  },
  {
    name: 'UMLAL',
    bits: 'cond:4 0000 101 S:1 RdHi:4 RdLo:4 Rm:4 1001 Rn:4',
    operands: long({...sum, flags: true}),
    execute: umlal,
  },
  {
    name: 'SMULL',
    bits: 'cond:4 0000 110 S:1 RdHi:4 RdLo:4 Rm:4 1001 Rn:4',
    operands: long({...product, flags: true}),
    execute: smull,
  },
  {
    name: 'SMLAL',
    bits: 'cond:4 0000 111 S:1 RdHi:4 RdLo:4 Rm:4 1001 Rn:4',
    operands: long({...sum, flags: true}),
    execute: smlal,
  },
  {
    name: 'SMLAxy',
    bits: 'cond:4 0001 0000 Rd:4 Ra:4 Rm:4 1 y:1 x:1 0 Rn:4',
    operands: narrow({...sum, halves: 'xy'}),
    execute: smlaxy,
  },
  {
    name: 'SMLAWy',
    bits: 'cond:4 0001 0010 Rd:4 Ra:4 Rm:4 1 y:1 00 Rn:4',
    operands: narrow({...sum, halves: 'y'}),
    execute: smlawy,
  },
  {
    name: 'SMULWy',
    bits: 'cond:4 0001 0010 Rd:4 (0000) Rm:4 1 y:1 10 Rn:4',
    operands: narrow({...product, halves: 'y'}),
    execute: smulwy,
  },
  {
    name: 'SMLALxy',
    bits: 'cond:4 0001 0100 RdHi:4 RdLo:4 Rm:4 1 y:1 x:1 0 Rn:4',
    operands: long({...sum, halves: 'xy'}),
    execute: smlalxy,
  },
  {
    name: 'SMULxy',
    bits: 'cond:4 0001 0110 Rd:4 (0000) Rm:4 1 y:1 x:1 0 Rn:4',
    operands: narrow({...product, halves: 'xy'}),
    execute: smulxy,
  },
  {name: 'QADD', bits: 'cond:4 0001 0000 Rn:4 Rd:4 (0000) 0101 Rm:4', operands: saturating, execute: qadd},
  {name: 'QSUB', bits: 'cond:4 0001 0010 Rn:4 Rd:4 (0000) 0101 Rm:4', operands: saturating, execute: qsub},
  {name: 'QDADD', bits: 'cond:4 0001 0100 Rn:4 Rd:4 (0000) 0101 Rm:4', operands: saturating, execute: qdadd},
  {name: 'QDSUB', bits: 'cond:4 0001 0110 Rn:4 Rd:4 (0000) 0101 Rm:4', operands: saturating, execute: qdsub},
  {
    name: 'SMMLA',
    bits: 'cond:4 0111 0101 Rd:4 Ra:4 Rm:4 00 R:1 1 Rn:4',
    operands: narrow({...sum, halves: 'R'}),
    execute: smmla,
  },
  {
    name: 'SMMUL',
    bits: 'cond:4 0111 0101 Rd:4 1111 Rm:4 00 R:1 1 Rn:4',
    specialises: ['SMMLA'],
    operands: narrow({...product, halves: 'R'}),
    execute: smmul,
  },
  {
    name: 'SMMLS',
    bits: 'cond:4 0111 0101 Rd:4 Ra:4 Rm:4 11 R:1 1 Rn:4',
    operands: narrow({...sum, halves: 'R'}),
    execute: smmls,
  },
];
