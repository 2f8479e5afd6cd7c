import {describe, expect, it} from 'vitest';
import {accessMeta, blockRecord, READ, WRITE} from '../../src/trace/records.ts';
import {
  assemble,
  assembleT32,
  buildElf,
  bytesOf,
  CODE,
  exitWith,
  loadConstant,
  packHalves,
  writeAll,
} from './assemble.ts';
import {hasQemu, prepare, run, runQemu} from './run.ts';

/** Half-words, a label's name, or an instruction of so many half-words that needs addresses of labels. */
type Item = readonly number[] | string | Late;
interface Late {
  readonly size: number;
  readonly make: (at: number, labels: ReadonlyMap<string, number>) => readonly number[];
}

/** Instead of a label: a NOP, if what follows would not be at a word's address. */
const ALIGN = '';

const sizeOf = (item: Item, at: number): number => {
  if (item === ALIGN) return (at & 2) / 2;
  if (typeof item === 'string') return 0;
  return 'size' in item ? item.size : item.length;
};

/** The code, with labels at their addresses. */
const link = (start: number, items: readonly Item[]): readonly number[] => {
  const labels = new Map<string, number>();
  let at = start;
  for (const item of items) {
    if (typeof item === 'string') labels.set(item, at);
    at += 2 * sizeOf(item, at);
  }
  at = start;
  return items.flatMap((item) => {
    const here = at;
    at += 2 * sizeOf(item, at);
    if (typeof item === 'string') return at === here ? [] : nop;
    return 'size' in item ? item.make(here, labels) : item;
  });
};

const late = (size: number, to: string, encode: (distance: number, at: number) => readonly number[]): Late => ({
  size,
  make: (at, labels) => encode((labels.get(to) as number) - at - 4, at),
});
const t = assembleT32;

const bit = (value: number, at: number): number => (value >> at) & 1;
const branchT1 = (cond: number, to: string) => late(1, to, (by) => t('B T1', {cond, imm8: (by >> 1) & 0xff}));
const branchT2 = (to: string) => late(1, to, (by) => t('B T2', {imm11: (by >> 1) & 0x7ff}));
const branchT3 = (cond: number, to: string) =>
  late(2, to, (by) =>
    t('B T3', {
      cond,
      S: bit(by, 20),
      J2: bit(by, 19),
      J1: bit(by, 18),
      imm6: (by >> 12) & 0x3f,
      imm11: (by >> 1) & 0x7ff,
    }),
  );
const longFields = (by: number) => {
  const S = bit(by, 24);
  return {S, J1: 1 ^ bit(by, 23) ^ S, J2: 1 ^ bit(by, 22) ^ S, imm10: (by >> 12) & 0x3ff};
};
const branchT4 = (to: string) => late(2, to, (by) => t('B T4', {...longFields(by), imm11: (by >> 1) & 0x7ff}));
const call = (to: string) => late(2, to, (by) => t('BL T1', {...longFields(by), imm11: (by >> 1) & 0x7ff}));
const callArm = (to: string) =>
  late(2, to, (by, at) => {
    const distance = by + (at & 2);
    return t('BLX (immediate) T2', {...longFields(distance), imm10L: (distance >> 2) & 0x3ff});
  });
const compareZero = (name: 'CBZ' | 'CBNZ', Rn: number, to: string) =>
  late(1, to, (by) => t(name, {Rn, i: bit(by, 6), imm5: (by >> 1) & 0x1f}));
const addressOf = (Rd: number, to: string) =>
  late(2, to, (by, at) => t('ADR T3', {Rd, imm8: (by + (at & 2)) & 0xff, imm3: ((by + (at & 2)) >> 8) & 7}));

const move = (Rd: number, imm8: number) => t('MOV (immediate) T1', {Rd, imm8});
const add = (Rdn: number, imm8: number) => t('ADD (immediate) T2', {Rdn, imm8});
const nop = t('NOP T1');
const arm = (word: number): readonly number[] => [word & 0xffff, word >>> 16];
const [EQ, NE, PC, LR] = [0, 1, 15, 14];
const bx = (Rm: number) => t('BX T1', {Rm});

const DATA = 0x0010_0000;
const REGISTERS = 13;

/** Runs Thumb code, then dumps r0–r12; all registers are 0 before, and r12 points to data. */
const programOf = (items: readonly Item[], data: readonly number[] = []): Uint8Array => {
  const before = [
    ...Array.from({length: 12}, (_, Rd) => assemble('MOV (immediate)', {Rd})),
    ...loadConstant(12, DATA),
    assemble('BLX (immediate)', {imm24: 0xff_ffff}),
  ];
  const start = CODE + 4 * before.length;
  const halves = link(start, [...items]);
  const padded = halves.length % 2 === 0 ? halves : [...halves, ...nop];
  const after = [
    ...loadConstant(13, DATA + 0x100),
    assemble('STM', {U: 1, Rn: 13, registers: 0x1fff}),
    ...writeAll(DATA + 0x100, 4 * REGISTERS),
    ...exitWith(0),
  ];
  return buildElf([
    {address: CODE, data: bytesOf([...before, ...packHalves([...padded, ...bx(PC), ...nop]), ...after]), flags: 5},
    {address: DATA, data: bytesOf(data), size: 0x1000, flags: 6},
  ]);
};

/** r0, r1, … at the end, as the emulator has them; qemu-arm has to agree. */
const registersAfter = (items: readonly Item[], data: readonly number[] = []): readonly number[] => {
  const elf = programOf(items, data);
  const {output} = run(elf);
  if (hasQemu) expect(output).toEqual(runQemu(elf).output);
  return Array.from(new Int32Array(output.slice().buffer));
};

describe('branches in Thumb state', () => {
  it('go both ways in all four encodings', () => {
    const filler = Array.from({length: 600}, () => nop);
    const items: readonly Item[] = [
      move(0, 3),
      'loop',
      add(1, 1),
      t('SUB (immediate) T2', {Rdn: 0, imm8: 1}),
      branchT1(NE, 'loop'),
      branchT2('over'),
      add(1, 100),
      'over',
      t('CMP (immediate) T1', {Rn: 0, imm8: 0}),
      branchT3(EQ, 'far'),
      add(1, 100),
      'back',
      add(2, 1),
      branchT4('end'),
      ...filler,
      'far',
      branchT3(NE, 'end'),
      branchT4('back'),
      ...filler,
      'end',
      nop,
    ];
    expect(registersAfter(items).slice(0, 3)).toEqual([0, 3, 1]);
  });

  it('compare with zero', () => {
    const items = (name: 'CBZ' | 'CBNZ'): readonly Item[] => [
      move(1, 1),
      compareZero(name, 0, 'a'),
      add(2, 1),
      'a',
      compareZero(name, 1, 'b'),
      add(2, 2),
      ...Array.from({length: 20}, () => nop),
      'b',
      nop,
    ];
    expect(registersAfter(items('CBZ'))[2]).toBe(2);
    expect(registersAfter(items('CBNZ'))[2]).toBe(1);
  });

  it.each([
    ['bytes', 'TBB T1', [0x0402, 0x0006]],
    ['half-words', 'TBH T1', [3, 5, 7]],
  ])('take their distance from a table of %s behind them', (_, name, table) => {
    const items = (index: number): readonly Item[] => [
      move(0, index),
      t(name, {Rn: PC, Rm: 0}),
      table, // distances in half-words, from here
      move(1, 10),
      branchT2('end'),
      move(1, 20),
      branchT2('end'),
      move(1, 30),
      'end',
      nop,
    ];
    expect([0, 1, 2].map((index) => registersAfter(items(index))[1])).toEqual([10, 20, 30]);
  });

  it('read the table from memory, and say so in the trace', () => {
    const items: readonly Item[] = [move(0, 1), t('TBH T1', {Rn: 12, Rm: 0}), move(1, 1), move(2, 2), 'end', nop];
    const elf = programOf(items, [0x0001_0000]);
    expect(registersAfter(items, [0x0001_0000]).slice(1, 3)).toEqual([0, 2]);
    const {emulator} = prepare(elf, {record: 'all'});
    emulator.run(1000);
    const block = emulator.blocks.findIndex(({isa}) => isa === 't32');
    const words = Array.from(emulator.trace.words.subarray(0, emulator.trace.length));
    const at = words.indexOf(blockRecord(block, 1));
    expect(words.slice(at + 1, at + 3)).toEqual([DATA + 2, accessMeta(2, READ, 1)]);
    expect(emulator.blocks[block]).toMatchObject({size: 6, end: 'indirect'});
  });
});

describe('interworking', () => {
  it('calls and returns between the two states', () => {
    const items: readonly Item[] = [
      nop,
      callArm('arm'), // from an address that is not a word's
      call('thumb'),
      branchT2('end'),
      ALIGN,
      'arm',
      arm(assemble('ADD (immediate)', {Rn: 0, Rd: 0, imm12: 1})),
      arm(assemble('MOV (register)', {Rd: 3, Rm: LR})),
      arm(assemble('BX', {Rm: LR})),
      'thumb',
      add(0, 2),
      t('MOV (register) T1', {Rd: 4, Rm: LR}),
      bx(LR),
      'end',
      nop,
    ];
    const registers = registersAfter(items);
    expect(registers[0]).toBe(3);
    // Return addresses into Thumb state are odd.
    expect([registers[3]! & 1, registers[4]! & 1, registers[4]! - registers[3]!]).toEqual([1, 1, 4]);
  });

  it('follows bit 0 of BX, BLX, LDR and POP, not of MOV and ADD', () => {
    const items: readonly Item[] = [
      addressOf(1, 'a'),
      t('ORR (immediate) T1', {Rn: 1, Rd: 2, imm8: 1}),
      t('MOV (register) T1', {D: 1, Rd: 7, Rm: 1}), // MOV pc, r1 with bit 0 clear
      add(0, 100),
      nop,
      'a',
      add(0, 1),
      addressOf(1, 'b'),
      t('PUSH T1', {registers: 0b10}),
      t('POP T1', {P: 1}), // to Arm state
      ALIGN,
      'b',
      arm(assemble('ADD (immediate)', {Rn: 0, Rd: 0, imm12: 2})),
      arm(assemble('ADD (immediate)', {Rn: PC, Rd: 5, imm12: 5})),
      arm(assemble('STR (immediate)', {P: 1, U: 1, Rn: 12, Rt: 5})),
      arm(assemble('LDR (immediate)', {P: 1, U: 1, Rn: 12, Rt: PC})), // to Thumb state
      'c',
      add(0, 4),
      addressOf(1, 'd'),
      t('BLX (register) T1', {Rm: 1}),
      ALIGN,
      'd',
      arm(assemble('ADD (immediate)', {Rn: 0, Rd: 0, imm12: 8})),
      arm(assemble('ADD (immediate)', {Rn: PC, Rd: PC, imm12: 1})), // ALU results interwork in Arm state
      arm(0),
      add(0, 16),
      nop,
    ];
    expect(registersAfter(items)[0]).toBe(31);
  });

  it('reads pc as a word-aligned address where the manual says so', () => {
    const items = (shift: readonly Item[]): readonly Item[] => [
      ...shift,
      t('LDR (literal) T1', {Rt: 0, imm8: 1}),
      t('ADR T1', {Rd: 1, imm8: 1}),
      t('LDRH (literal) T1', {U: 1, Rt: 2, imm12: 2}),
      t('LDRH (immediate) T1', {Rn: 1, Rt: 3}),
      t('MOV (register) T1', {Rd: 4, Rm: PC}),
    ];
    const seen = (shift: readonly Item[]): readonly number[] => {
      const [word, address, half, first, pc] = registersAfter(items(shift)) as [number, number, number, number, number];
      return [address & 3, pc - address, word >>> 0, half, first];
    };
    const [load, last] = [...t('LDRH (immediate) T1', {Rn: 1, Rt: 3}), ...t('MOV (register) T1', {Rd: 4, Rm: PC})] as [
      number,
      number,
    ];
    // At a word's address all are relative to the fifth half-word; behind a NOP, ADR is to the seventh.
    expect(seen([])).toEqual([0, 6, load + last * 0x1_0000, last, load]);
    expect(seen([nop])).toEqual([0, 4, 0x2002 + load * 0x1_0000, load, last]);
  });
});

describe('an IT block', () => {
  it('may end in a branch, which then is conditional', () => {
    const items = (value: number): readonly Item[] => [
      t('CMP (immediate) T1', {Rn: 0, imm8: value}),
      t('IT', {firstcond: EQ, mask: 0b1100}), // ITE EQ
      move(1, 1),
      branchT2('else'),
      add(2, 1),
      'else',
      add(3, 1),
    ];
    expect(registersAfter(items(0)).slice(1, 4)).toEqual([1, 1, 1]);
    expect(registersAfter(items(1)).slice(1, 4)).toEqual([0, 0, 1]);
  });

  it('applies to VFP, and keeps flags but for comparisons', () => {
    const items: readonly Item[] = [
      move(0, 5),
      t('CMP (immediate) T1', {Rn: 0, imm8: 5}),
      t('IT', {firstcond: EQ, mask: 0b0101}), // ITTET EQ
      add(0, 0xff),
      [0xee00, 0x0a10], // VMOV s0, r0
      t('CMP (immediate) T1', {Rn: 0, imm8: 5}), // NE: not executed
      [0xee10, 0x1a10], // VMOV r1, s0
    ];
    expect(registersAfter(items).slice(0, 2)).toEqual([0x104, 0x104]);
  });

  it.each([
    ['UNDEFINED', [0xde00]],
    ['UNDEFINED in 32 bits', [0xf7f0, 0xa0c0]],
    ['UNPREDICTABLE', [0xb100]],
  ])('with an instruction that is %s raises it only when its condition holds', (_, culprit) => {
    const items = (value: number): readonly Item[] => [
      t('CMP (immediate) T1', {Rn: 0, imm8: value}),
      t('IT', {firstcond: EQ, mask: 0b0110}), // ITTE EQ
      culprit,
      add(1, 1),
      add(2, 1),
    ];
    expect(registersAfter(items(1)).slice(0, 3)).toEqual([0, 0, 1]);
    const isUndefined = culprit[0] !== 0xb100;
    if (isUndefined) expect(run(programOf(items(0))).exitCode).toBe(128 + 4);
    else expect(() => run(programOf(items(0)))).toThrow('UNPREDICTABLE in an IT block');
  });
});

describe('SWP', () => {
  it('is two accesses, and the last of its block', () => {
    const words = [
      ...loadConstant(1, DATA),
      ...loadConstant(2, 0x1234_5678),
      assemble('SWP', {Rn: 1, Rt: 3, Rt2: 2}),
      assemble('SWPB', {Rn: 1, Rt: 4, Rt2: 3}),
      assemble('LDR (immediate)', {P: 1, U: 1, Rn: 1, Rt: 5}),
      ...exitWith(0),
    ];
    const elf = buildElf([
      {address: CODE, data: bytesOf(words), flags: 5},
      {address: DATA, data: bytesOf([0xdead_beef]), flags: 6},
    ]);
    const {emulator} = prepare(elf, {record: 'all'});
    emulator.run(1000);
    const {r} = emulator.cpu;
    expect([r[3]! >>> 0, r[4], r[5]]).toEqual([0xdead_beef, 0x78, 0x1234_56ef]);
    const records = Array.from(emulator.trace.words.subarray(0, 10));
    expect(records).toEqual([
      ...[blockRecord(0, 2), DATA, accessMeta(4, READ, 4), DATA, accessMeta(4, WRITE, 4)],
      ...[blockRecord(1, 2), DATA, accessMeta(1, READ, 0), DATA, accessMeta(1, WRITE, 0)],
    ]);
    expect(emulator.blocks[0]).toMatchObject({end: 'fall-through', size: 20});
  });
});
