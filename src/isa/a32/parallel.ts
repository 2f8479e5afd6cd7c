/** Parallel addition and subtraction of half-words and bytes: DDI 0406C A5.4.1 and A5.4.2. */
import {FLAGS_BIT} from '../../trace/blocks.ts';
import type {Fields} from '../core/bits.ts';
import type {Execute, Operands, Row} from '../core/operation.ts';
import {binary} from './media.ts';

/** How the lanes' exact sums become results; the plain forms (S and U) also set a GE flag a byte. */
interface Prefix {
  readonly name: string;
  /** Bits 22–20 of the A32 word, and bits 6–4 of the T32 word. */
  readonly bits: string;
  readonly thumb: string;
  readonly signed: boolean;
  readonly finish: (sum: number, bits: number) => number;
  readonly setsGe?: boolean;
}

const clamp = (value: number, low: number, high: number): number => (value < low ? low : value > high ? high : value);
const same = (sum: number): number => sum;
const halve = (sum: number): number => sum >> 1;

const PREFIXES: readonly Prefix[] = [
  {name: 'S', thumb: '000', bits: '001', signed: true, finish: same, setsGe: true},
  {
    name: 'Q',
    thumb: '001',
    bits: '010',
    signed: true,
    finish: (sum, bits) => clamp(sum, -(1 << (bits - 1)), (1 << (bits - 1)) - 1),
  },
  {name: 'SH', thumb: '010', bits: '011', signed: true, finish: halve},
  {name: 'U', thumb: '100', bits: '101', signed: false, finish: same, setsGe: true},
  {name: 'UQ', thumb: '101', bits: '110', signed: false, finish: (sum, bits) => clamp(sum, 0, (1 << bits) - 1)},
  {name: 'UH', thumb: '110', bits: '111', signed: false, finish: halve},
];

/** What each lane does, lowest first, and whether the second operand's half-words are exchanged before. */
interface Kind {
  readonly name: string;
  /** Bits 7–5 of the A32 word. */
  readonly bits: string;
  /** Bits 22–20 of the T32 word. */
  readonly thumb: string;
  readonly adds: readonly boolean[];
  readonly exchanges?: boolean;
}

const KINDS: readonly Kind[] = [
  {name: 'ADD16', bits: '000', thumb: '001', adds: [true, true]},
  {name: 'ASX', bits: '001', thumb: '010', adds: [false, true], exchanges: true},
  {name: 'SAX', bits: '010', thumb: '110', adds: [true, false], exchanges: true},
  {name: 'SUB16', bits: '011', thumb: '101', adds: [false, false]},
  {name: 'ADD8', bits: '100', thumb: '000', adds: [true, true, true, true]},
  {name: 'SUB8', bits: '111', thumb: '100', adds: [false, false, false, false]},
];

const executeOf = ({signed, finish, setsGe}: Prefix, {adds, exchanges}: Kind): Execute => {
  const bits = 32 / adds.length;
  const mask = 2 ** bits - 1;
  const lane = (word: number, index: number): number =>
    signed ? (word << (32 - bits * (index + 1))) >> (32 - bits) : (word >>> (bits * index)) & mask;
  // The GE flags of a lane: one a byte.
  const geOfLane = 2 ** (bits / 8) - 1;
  const isGreaterEqual = (sum: number, isAdd: boolean): boolean => (isAdd && !signed ? sum > mask : sum >= 0);
  return (cpu, op) => {
    const n = cpu.r[op.n]!;
    const second = cpu.r[op.m]!;
    const m = exchanges ? (second << 16) | (second >>> 16) : second;
    let result = 0;
    let ge = 0;
    for (let index = 0; index < adds.length; index++) {
      const isAdd = adds[index]!;
      const sum = isAdd ? lane(n, index) + lane(m, index) : lane(n, index) - lane(m, index);
      result |= (finish(sum, bits) & mask) << (bits * index);
      if (isGreaterEqual(sum, isAdd)) ge |= geOfLane << ((bits / 8) * index);
    }
    cpu.r[op.d] = result;
    if (setsGe) cpu.greaterEqual = ge;
  };
};

const operandsOf =
  ({setsGe}: Prefix) =>
  (fields: Fields): Operands => {
    const operands = binary('alu-register')(fields);
    return setsGe ? {...operands, writes: operands.writes! | FLAGS_BIT} : operands;
  };

/** Each instruction with its two drawings. */
export const PARALLEL_BOTH = PREFIXES.flatMap((prefix) =>
  KINDS.map((kind) => ({
    name: prefix.name + kind.name,
    a32: `cond:4 0110 0 ${prefix.bits} Rn:4 Rd:4 (1111) ${kind.bits} 1 Rm:4`,
    t32: `1111 1010 1 ${kind.thumb} Rn:4 1111 Rd:4 0 ${prefix.thumb} Rm:4`,
    operands: operandsOf(prefix),
    execute: executeOf(prefix, kind),
  })),
);

export const PARALLEL: readonly Row[] = PARALLEL_BOTH.map(({name, a32, operands, execute}) => ({
  name,
  bits: a32,
  operands,
  execute,
}));
