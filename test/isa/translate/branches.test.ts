import {describe, expect, it} from 'vitest';
import {assemble, assembleT32, bytesOf, packHalves} from '../assemble.ts';
import {randomBits, SCRATCH, SCRATCH_BYTES} from '../random-cases.ts';
import {Twins} from './twins.ts';

const CODE = 0x0001_0000;
const SP = 13;
const LR = 14;
const PC = 15;

/** A program's parts: labels, and half-words that may need the addresses of labels and their own. */
type Part =
  | string
  | {readonly halves: number; readonly of: (at: number, label: (name: string) => number) => readonly number[]};

const t32 = (name: string, values: Readonly<Record<string, number>> = {}): Part => {
  const halves = assembleT32(name, values);
  return {halves: halves.length, of: () => halves};
};
const data = (...halves: readonly number[]): Part => ({halves: halves.length, of: () => halves});
const relative = (halves: number, target: string, of: (offset: number, at: number) => readonly number[]): Part => ({
  halves,
  of: (at, label) => of(label(target) - (at + 4), at),
});

const branch = (target: string): Part =>
  relative(1, target, (offset) => assembleT32('B T2', {imm11: (offset >> 1) & 0x7ff}));
const branchIf = (cond: number, target: string): Part =>
  relative(1, target, (offset) => assembleT32('B T1', {cond, imm8: (offset >> 1) & 0xff}));
const compareBranch = (name: 'CBZ' | 'CBNZ', Rn: number, target: string): Part =>
  relative(1, target, (offset) => assembleT32(name, {i: offset >> 6, imm5: (offset >> 1) & 31, Rn}));
const call = (target: string): Part =>
  relative(2, target, (offset) =>
    assembleT32('BL T1', {
      S: offset < 0 ? 1 : 0,
      imm10: (offset >> 12) & 0x3ff,
      J1: 1,
      J2: 1,
      imm11: (offset >> 1) & 0x7ff,
    }),
  );
const callArm = (target: string): Part => ({
  halves: 2,
  of: (at, label) => {
    const offset = label(target) - ((at + 4) & ~3);
    return assembleT32('BLX (immediate) T2', {
      S: offset < 0 ? 1 : 0,
      imm10: (offset >> 12) & 0x3ff,
      J1: 1,
      J2: 1,
      imm10L: (offset >> 2) & 0x3ff,
    });
  },
});
/** The address of a label, with bit 0 set. */
const address = (Rd: number, target: string): Part => ({
  halves: 4,
  of: (_at, label) => {
    const value = label(target) | 1;
    const half = (name: string, bits: number): readonly number[] =>
      assembleT32(name, {Rd, imm4: bits >> 12, i: (bits >> 11) & 1, imm3: (bits >> 8) & 7, imm8: bits & 0xff});
    return [...half('MOVW T3', value & 0xffff), ...half('MOVT T1', value >>> 16)];
  },
});
const tableOf = (bytes: 1 | 2, from: string, targets: readonly string[]): Part => ({
  halves: (bytes * targets.length) / 2,
  of: (_at, label) => {
    const entries = targets.map((target) => (label(target) - label(from)) / 2);
    if (bytes === 2) return entries;
    return Array.from({length: entries.length / 2}, (_, index) => entries[2 * index]! | (entries[2 * index + 1]! << 8));
  },
});
const add = (Rdn: number, imm8: number): Part => t32('ADD (immediate) T2', {Rdn, imm8});
const wideAdd = (Rd: number, imm8: number): Part => t32('ADD (immediate) T4', {Rn: Rd, Rd, imm8});
const shifted = (name: string, type: number, amount: number): Part =>
  t32(name, {Rn: 5, Rd: 5, Rm: 5, type, imm3: amount >> 2, imm2: amount & 3});
const mask = (Rd: number, imm8: number): Part => t32('AND (immediate) T1', {Rn: 5, Rd, imm8});

const COUNT = 4;
const SEED = 5;
const SUM = 6;
const EQ = 0;
const NE = 1;

const cases = (prefix: string, first: number, next: string): readonly Part[] =>
  [0, 1, 2, 3].flatMap((index) => [`${prefix}${index}`, add(SUM, first + index), branch(next)]);

/** r5 takes random values, which choose the way; r6 shows which ways were taken. */
const PROGRAM: readonly Part[] = [
  'loop',
  shifted('EOR (register) T2', 0, 13),
  shifted('EOR (register) T2', 1, 17),
  shifted('EOR (register) T2', 0, 5),
  mask(0, 3),
  compareBranch('CBZ', 0, 'zero'),
  add(SUM, 1),
  'zero',
  mask(1, 4),
  compareBranch('CBNZ', 1, 'not zero'),
  add(SUM, 2),
  'not zero',
  t32('TBB T1', {Rn: PC, Rm: 0}),
  'bytes',
  tableOf(1, 'bytes', ['a0', 'a1', 'a2', 'a3']),
  ...cases('a', 10, 'half-words'),
  'half-words',
  t32('TBH T1', {Rn: PC, Rm: 0}),
  'table',
  tableOf(2, 'table', ['b0', 'b1', 'b2', 'b3']),
  ...cases('b', 20, 'added'),
  'added',
  t32('LSL (immediate) T1', {Rd: 1, Rm: 0, imm5: 2}),
  t32('ADD (register) T2', {DN: 1, Rdn: 7, Rm: 1}),
  t32('NOP T1'),
  wideAdd(SUM, 31),
  wideAdd(SUM, 32),
  wideAdd(SUM, 33),
  wideAdd(SUM, 34),
  address(2, 'moved'),
  t32('MOV (register) T1', {D: 1, Rd: 7, Rm: 2}),
  add(SUM, 200),
  'moved',
  call('function'),
  address(3, 'function'),
  t32('BLX (register) T1', {Rm: 3}),
  callArm('arm'),
  t32('CMP (immediate) T1', {Rn: 0, imm8: 1}),
  t32('IT', {firstcond: EQ, mask: 8}),
  branch('equal'),
  t32('IT', {firstcond: NE, mask: 4}),
  add(SUM, 41),
  branch('not equal'),
  add(SUM, 201),
  'equal',
  add(SUM, 42),
  'not equal',
  // Loads of pc, one of them only in one of four passes.
  address(2, 'loaded'),
  t32('PUSH T1', {registers: 1 << 2}),
  t32('CMP (immediate) T1', {Rn: 0, imm8: 2}),
  t32('IT', {firstcond: EQ, mask: 8}),
  t32('LDR (immediate) T4', {Rn: SP, Rt: PC, P: 0, U: 1, W: 1, imm8: 4}),
  t32('POP T1', {registers: 1 << 2}),
  add(SUM, 51),
  'loaded',
  t32('SUB (immediate) T2', {Rdn: COUNT, imm8: 1}),
  branchIf(NE, 'again'),
  t32('SVC'),
  'again',
  branch('loop'),
  'function',
  t32('PUSH T1', {M: 1, registers: 1 << COUNT}),
  add(SUM, 61),
  compareBranch('CBZ', 0, 'leave'),
  t32('POP T1', {P: 1, registers: 1 << COUNT}),
  'leave',
  t32('POP T1', {registers: 1 << COUNT}),
  t32('POP T1', {registers: 1 << 3}),
  t32('BX T1', {Rm: 3}),
  t32('NOP T1'),
];

/** A function in A32 state that begins at the first word behind the others. */
const ARM = [assemble('ADD (immediate)', {Rn: SUM, Rd: SUM, imm12: 71}), assemble('BX', {Rm: LR})];

const assembleProgram = (): Uint8Array => {
  const labels = new Map<string, number>();
  let at = CODE;
  for (const part of PROGRAM) {
    if (typeof part === 'string') labels.set(part, at);
    else at += 2 * part.halves;
  }
  const padding = at % 4 === 0 ? [] : [data(...assembleT32('NOP T1'))];
  labels.set('arm', at + 2 * padding.length);
  const label = (name: string): number => {
    const found = labels.get(name);
    if (found === undefined) throw new RangeError(`no label ${name}`);
    return found;
  };
  const halves: number[] = [];
  for (const part of [...PROGRAM, ...padding]) {
    if (typeof part !== 'string') halves.push(...part.of(CODE + 2 * halves.length, label));
  }
  return bytesOf([...packHalves(halves), ...ARM]);
};

describe('translated T32 branches', () => {
  const scratch = new Uint8Array(SCRATCH_BYTES);

  it.each([{recording: false}, {recording: true}])(
    'go where the interpreter goes (records: $recording)',
    ({recording}) => {
      const twins = new Twins(CODE, assembleProgram());
      const random = randomBits(20);
      twins.recording = recording;
      let start = 0;
      for (let round = 0; round < 12; round++) {
        const seed = random() | 1;
        // As many as the trace has room for.
        const passes = 150;
        twins.start(CODE | 1, scratch, (cpu) => {
          cpu.r[SP] = SCRATCH + SCRATCH_BYTES / 2;
          cpu.r[COUNT] = passes;
          cpu.r[SEED] = seed;
        });
        const {engine} = twins.translated;
        start = engine.instructions - engine.translated;
        twins.run(1e6);
        expect(twins.differences()).toEqual([]);
        expect(twins.translated.cpu.supervisorCall).toBeDefined();
      }
      const {engine} = twins.translated;
      // The last round was translated as a whole, and left for SVC alone.
      expect(engine.instructions - engine.translated - start).toBe(0);
      expect(engine.callouts).toBe(0);
      expect(engine.slowExits).toBeLessThan(20);
    },
  );
});
