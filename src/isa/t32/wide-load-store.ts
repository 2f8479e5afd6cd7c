/** T32 loads, stores and memory hints in 32 bits: DDI 0406C A6.3.7–A6.3.10. Loads relative to pc have a table of their own. */
import {
  ldr,
  ldrb,
  ldrbOffset,
  ldrh,
  ldrOffset,
  ldrsb,
  ldrsh,
  load,
  single,
  singleImmediate,
  store,
  str,
  strb,
  strbOffset,
  strh,
  strOffset,
  type Transfer,
} from '../a32/load-store.ts';
import {nothing, preload} from '../a32/unconditional.ts';
import {PREFETCH_ACCESS} from '../core/access.ts';
import {type Fields, withFields} from '../core/bits.ts';
import {type Execute, type Operands, PC, type Row, registers, reject, rejectUndefined} from '../core/operation.ts';
import {immediateShift, plainImmediate, type ShifterOperand} from '../core/shifter.ts';
import {alignment, rejectBad, rejectInsideItBlock} from './encoding.ts';

const OFFSET_UP = {P: 1, U: 1, W: 0} as const;

interface WideTransfer {
  readonly name: string;
  /** Bits 24 (signed) and 22–20 (size and L). */
  readonly signed: '0' | '1';
  readonly sizeAndLoad: string;
  readonly transfer: Transfer;
  readonly execute: Execute;
  readonly offsetOnly?: Execute;
  /** Numbers of the encodings with a register and with 12 bits of offset; that with 8 bits comes behind. */
  readonly encodings: readonly [string, string, string];
}

const WORDS = ['T2', 'T3', 'T4'] as const;
const OTHERS = ['T2', 'T2', 'T3'] as const;
const SIGNED = ['T2', 'T1', 'T2'] as const;

const TRANSFERS: readonly WideTransfer[] = [
  {
    ...{name: 'STRB', signed: '0', sizeAndLoad: '000', transfer: store(1), encodings: OTHERS},
    ...{execute: strb, offsetOnly: strbOffset},
  },
  {name: 'STRH', signed: '0', sizeAndLoad: '010', transfer: store(2), encodings: OTHERS, execute: strh},
  {
    ...{name: 'STR', signed: '0', sizeAndLoad: '100', transfer: store(4), encodings: WORDS},
    ...{execute: str, offsetOnly: strOffset},
  },
  {
    ...{name: 'LDRB', signed: '0', sizeAndLoad: '001', transfer: load(1), encodings: OTHERS},
    ...{execute: ldrb, offsetOnly: ldrbOffset},
  },
  {name: 'LDRH', signed: '0', sizeAndLoad: '011', transfer: load(2), encodings: OTHERS, execute: ldrh},
  {
    ...{name: 'LDR', signed: '0', sizeAndLoad: '101', transfer: load(4), encodings: WORDS},
    ...{execute: ldr, offsetOnly: ldrOffset},
  },
  {name: 'LDRSB', signed: '1', sizeAndLoad: '001', transfer: load(1), encodings: SIGNED, execute: ldrsb},
  {name: 'LDRSH', signed: '1', sizeAndLoad: '011', transfer: load(2), encodings: SIGNED, execute: ldrsh},
];

/** Words may be loaded into sp, and into pc, which branches; a store names neither pc as its base nor as its value. */
const rejectOperands = ({transfer, name}: WideTransfer, fields: Fields, itState: number): void => {
  const t = fields('Rt');
  const isLoad = name.startsWith('L');
  rejectUndefined(!isLoad && fields('Rn') === PC);
  if (transfer.size !== 4) rejectBad(t);
  else if (!isLoad) reject(t === PC, 'storing pc is UNPREDICTABLE');
  else if (t === PC) rejectInsideItBlock(itState);
};

const rowsOf = (wide: WideTransfer): readonly Row[] => {
  const {name, signed, sizeAndLoad, transfer, execute, offsetOnly, encodings} = wide;
  const drawn = (u: string): string => `1111 100 ${signed} ${u} ${sizeAndLoad} Rn:4 Rt:4`;
  const withImmediate =
    (given: Readonly<Record<string, number>>, offset: 'imm8' | 'imm12') =>
    (fields: Fields, _address: number, itState = 0): Operands => {
      const all = withFields(fields, given);
      rejectOperands(wide, all, itState);
      rejectUndefined(all('P') === 0 && all('W') === 0);
      // A32 writes post-indexing back without W, which there makes LDRT of it.
      return singleImmediate(transfer, withFields(all, {W: all('P') & all('W')}), fields(offset), offsetOnly);
    };
  const indexed = `${name} (immediate) ${encodings[2]}`;
  return [
    {
      name: `${name} (register) ${encodings[0]}`,
      bits: `${drawn('0')} 000000 imm2:2 Rm:4`,
      operands: (fields, _address, itState = 0) => {
        rejectOperands(wide, fields, itState);
        rejectBad(fields('Rm'));
        return single(transfer, withFields(fields, OFFSET_UP), shiftedOffset(fields));
      },
      execute,
    },
    {
      name: `${name} (immediate) ${encodings[1]}`,
      bits: `${drawn('1')} imm12:12`,
      operands: withImmediate(OFFSET_UP, 'imm12'),
      execute,
    },
    {name: indexed, bits: `${drawn('0')} 1 P:1 U:1 W:1 imm8:8`, operands: withImmediate({}, 'imm8'), execute},
    {
      name: `${name}T T1`,
      bits: `${drawn('0')} 1110 imm8:8`,
      specialises: [indexed],
      operands: (fields, address) => {
        rejectUndefined(name.startsWith('S') && fields('Rn') === PC);
        rejectBad(fields('Rt'));
        return withImmediate(OFFSET_UP, 'imm8')(fields, address);
      },
      execute,
    },
  ];
};

const shiftedOffset = (fields: Fields): ShifterOperand =>
  immediateShift(withFields(fields, {type: 0, imm5: fields('imm2')}));

/** Loads of a byte or half-word with Rt = 1111 are hints. */
const hintOperands =
  (offsetOf: (fields: Fields) => ShifterOperand, add: boolean, accesses: boolean) =>
  (fields: Fields): Operands => {
    const n = fields('Rn');
    const {shifted: _, ...second} = offsetOf(fields);
    const reads = second.reads | registers(n);
    return {
      ...second,
      ...(accesses ? {access: PREFETCH_ACCESS} : {}),
      class: 'prefetch',
      n,
      add,
      reads,
      readsEarly: reads,
    };
  };

const hintsOf = (name: string, signed: '0' | '1', half: '0' | '1', load: string): readonly Row[] => {
  const accesses = signed === '0';
  const drawn = (u: string): string => `1111 100 ${signed} ${u} 0 ${half} 1 Rn:4 1111`;
  const [register, up, down] = TRANSFERS.find((candidate) => candidate.name === load)!.encodings;
  const execute = accesses ? preload : nothing;
  return [
    {
      name: `${name} (register) T1`,
      bits: `${drawn('0')} 000000 imm2:2 Rm:4`,
      specialises: [`${load} (register) ${register}`],
      operands: (fields) => {
        rejectBad(fields('Rm'));
        return hintOperands(shiftedOffset, true, accesses)(fields);
      },
      execute,
    },
    {
      name: `${name} (immediate) T1`,
      bits: `${drawn('1')} imm12:12`,
      specialises: [`${load} (immediate) ${up}`],
      operands: hintOperands((fields) => plainImmediate(fields('imm12')), true, accesses),
      execute,
    },
    {
      name: `${name} (immediate) T2`,
      bits: `${drawn('0')} 1100 imm8:8`,
      specialises: [`${load} (immediate) ${down}`],
      operands: hintOperands((fields) => plainImmediate(fields('imm8')), false, accesses),
      execute,
    },
  ];
};

export const WIDE_LOAD_STORE: readonly Row[] = [
  ...TRANSFERS.flatMap(rowsOf),
  ...hintsOf('PLD', '0', '0', 'LDRB'),
  ...hintsOf('PLDW', '0', '1', 'LDRH'),
  ...hintsOf('PLI', '1', '0', 'LDRSB'),
  ...hintsOf('unallocated hint', '1', '1', 'LDRSH'),
];

const LITERAL_BITS = 'imm12:12';

const literalOffset = (fields: Fields, address: number): number =>
  (fields('U') === 1 ? fields('imm12') : -fields('imm12')) + alignment(address);

const literalRow = (wide: WideTransfer): Row => ({
  name: `${wide.name} (literal) ${wide.name === 'LDR' ? 'T2' : 'T1'}`,
  bits: `1111 100 ${wide.signed} U:1 ${wide.sizeAndLoad} 1111 Rt:4 ${LITERAL_BITS}`,
  operands: (fields, address, itState = 0) => {
    const all = withFields(fields, {...OFFSET_UP, Rn: PC});
    rejectOperands(wide, all, itState);
    return singleImmediate(wide.transfer, all, literalOffset(fields, address), wide.offsetOnly);
  },
  execute: wide.execute,
});

const literalHint = (name: string, bits: string, load: string, accesses: boolean): Row => ({
  name,
  bits: `${bits} 1111 1111 ${LITERAL_BITS}`,
  specialises: [`${load} (literal) T1`],
  operands: (fields, address) =>
    hintOperands(() => plainImmediate(literalOffset(fields, address)), true, accesses)(withFields(fields, {Rn: PC})),
  execute: accesses ? preload : nothing,
});

/** Those with Rn = 1111, in which the other bits mean something else. */
export const WIDE_LITERAL: readonly Row[] = [
  ...TRANSFERS.filter(({name}) => name.startsWith('L')).map(literalRow),
  literalHint('PLD (literal) T1', '1111 1000 U:1 0 (0) 1', 'LDRB', true),
  literalHint('PLI (literal) T3', '1111 1001 U:1 0 0 1', 'LDRSB', false),
  literalHint('unallocated hint (literal)', '1111 1001 U:1 0 1 1', 'LDRSH', false),
];
