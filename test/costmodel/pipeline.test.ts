import {describe, expect, test} from 'vitest';
import {blockCycles, PipelineModel} from '../../src/costmodel/pipeline.ts';
import {type Block, FLAGS_BIT, type PipelineInstruction} from '../../src/trace/blocks.ts';
import {INSTRUCTION_CLASSES, type InstructionClass} from '../../src/trace/instruction-class.ts';
import {MACHINE} from './machines.ts';

interface Operands {
  readonly reads?: readonly number[];
  /** Those of `reads` that feed an address or the shifter. */
  readonly early?: readonly number[];
  readonly writes?: readonly number[];
  /** Those of `writes` that the address unit makes. */
  readonly back?: readonly number[];
  readonly vfpReads?: readonly number[];
  readonly vfpWrites?: readonly number[];
  readonly transfers?: number;
}

const mask = (registers: readonly number[] = []): number => registers.reduce((bits, r) => bits | (1 << r), 0);
const FLAGS = Math.log2(FLAGS_BIT);

const make = (name: InstructionClass, o: Operands = {}): PipelineInstruction => ({
  class: name,
  transfers: o.transfers ?? 1,
  reads: mask([...(o.reads ?? []), ...(o.early ?? [])]),
  readsEarly: mask(o.early),
  writes: mask([...(o.writes ?? []), ...(o.back ?? [])]),
  writesBack: mask(o.back),
  vfpReads: mask(o.vfpReads),
  vfpWrites: mask(o.vfpWrites),
});
const block = (...instructions: PipelineInstruction[]): Block => ({
  id: 0,
  address: 0,
  isa: 'a32',
  size: 4 * instructions.length,
  instructions,
  end: 'fall-through',
});

/** op rd, rn, #imm */
const imm = (d: number, n: number) => make('alu-immediate', {reads: [n], writes: [d]});
/** op rd, rn, rm */
const reg = (d: number, n: number, m: number) => make('alu-register', {reads: [n, m], writes: [d]});
/** op rd, rn, rm, LSL #s */
const shifted = (d: number, n: number, m: number) => make('alu-shift', {reads: [n], early: [m], writes: [d]});
/** LDR rt, [rn] */
const load = (t: number, n: number) => make('load', {early: [n], writes: [t]});
/** STR rt, [rn] */
const store = (t: number, n: number) => make('store', {reads: [t], early: [n]});
const multiply = (d: number, n: number, m: number) => make('multiply', {reads: [n, m], writes: [d]});
const branch = make('branch');
const multiple = (name: InstructionClass, transfers: number, writes: readonly number[] = []) =>
  make(name, {early: [13], writes, transfers});
const vadd = (d: number, n: number, m: number) => make('vfp-arithmetic', {vfpReads: [n, m], vfpWrites: [d]});

/** Name, instructions, issue cycle of each (from 0), cycles in all. */
const TABLE: readonly (readonly [string, readonly PipelineInstruction[], string, number])[] = [
  ['one instruction', [imm(0, 1)], '0', 1],
  ['two independent immediates pair', [imm(0, 1), imm(2, 3)], '0 0', 1],
  ['a pair is two, the third waits', [imm(0, 1), imm(2, 3), imm(4, 5)], '0 0 1', 2],
  ['a dependent immediate does not pair', [imm(0, 1), imm(2, 0)], '0 1', 2],
  ['register form takes the first slot, an immediate the second', [reg(0, 1, 2), imm(3, 4)], '0 0', 1],
  ['an immediate before a register form does not pair', [imm(0, 1), reg(2, 3, 4)], '0 1', 2],
  ['two register forms do not pair', [reg(0, 1, 2), reg(3, 4, 5)], '0 1', 2],
  ['a branch pairs as the younger', [load(0, 1), branch], '0 0', 1],
  [
    'flags cost the branch a cycle',
    [make('alu-immediate', {reads: [1], writes: [FLAGS]}), make('branch', {reads: [FLAGS]})],
    '0 1',
    2,
  ],
  ['ALU → unshifted operand: 1', [reg(0, 1, 2), reg(3, 0, 4)], '0 1', 2],
  ['ALU → shifted operand: 2', [reg(0, 1, 2), shifted(3, 4, 0)], '0 2', 3],
  ['ALU → address: 2', [reg(0, 1, 2), load(3, 0)], '0 2', 3],
  ['ALU → store data: 1', [reg(0, 1, 2), store(0, 5)], '0 1', 2],
  ['load → ALU: 2', [load(0, 1), reg(2, 0, 3)], '0 2', 3],
  ['load → address: 3', [load(0, 1), load(2, 0)], '0 3', 4],
  ['load → shifted operand: 3', [load(0, 1), shifted(2, 3, 0)], '0 3', 4],
  ['work between load and use hides the latency', [load(0, 1), reg(4, 5, 6), reg(2, 0, 3)], '0 1 2', 3],
  ['two loads do not pair', [load(0, 1), load(2, 3)], '0 1', 2],
  ['LDM of 2 words: 1', [multiple('load-multiple', 2)], '0', 1],
  ['LDM of 3 words: 2', [multiple('load-multiple', 3)], '0', 2],
  ['LDM of 4 words: 2', [multiple('load-multiple', 4)], '0', 2],
  ['LDM of 8 words: 4', [multiple('load-multiple', 8)], '0', 4],
  ['STM of 4 words: 2, and nothing pairs', [multiple('store-multiple', 4), imm(0, 1)], '0 2', 3],
  ['LDM of 4 → ALU: 3', [multiple('load-multiple', 4, [0, 1, 2, 3]), reg(4, 3, 5)], '0 3', 4],
  ['multiply pairs with nothing', [multiply(0, 1, 2), imm(3, 4)], '0 1', 2],
  ['multiply → ALU: 3', [multiply(0, 1, 2), reg(3, 0, 4)], '0 3', 4],
  ['LDRD pairs with nothing', [make('load-pair', {early: [0], writes: [2, 3]}), imm(4, 5)], '0 1', 2],
  ['VADD → VADD: 4', [vadd(0, 1, 2), vadd(3, 0, 4)], '0 4', 5],
  ['VFP pairs with a younger immediate', [vadd(0, 1, 2), imm(0, 1)], '0 0', 1],
  ['VLDR → VADD: 2', [make('vfp-load', {early: [0], vfpWrites: [0]}), vadd(1, 0, 2)], '0 2', 3],
  ['core → VFP: 4', [make('core-to-vfp', {reads: [0], vfpWrites: [0]}), vadd(1, 0, 2)], '0 4', 5],
  ['VMUL.F64 → VADD: 7', [make('vfp-multiply-f64', {vfpReads: [0, 1], vfpWrites: [2]}), vadd(3, 2, 4)], '0 7', 8],
  ['VDIV.F64 → VADD: 31', [make('vfp-divide-f64', {vfpReads: [0, 1], vfpWrites: [2]}), vadd(3, 2, 4)], '0 31', 32],
  ['VLDM of 4 doubles: 4', [make('vfp-load-multiple', {early: [0], transfers: 4})], '0', 4],
  [
    'write-back is the ALU’s: the next address needs it 2 later, the value 2',
    [make('load', {early: [0], back: [0], writes: [1]}), load(2, 0), reg(3, 1, 4)],
    '0 2 3',
    4,
  ],
  ['pointer chase, LDR r0, [r0]: 3 each', [load(0, 0), load(0, 0), load(0, 0)], '0 3 6', 7],
  ['LDR r0, [r0] → ALU: 2', [load(0, 0), reg(1, 0, 2)], '0 2', 3],
  ['LDR r1, [r2, r1] → ALU: 2', [make('load', {early: [1, 2], writes: [1]}), reg(3, 1, 4)], '0 2', 3],
  ['VMRS flags → branch: 4', [make('vfp-flags', {writes: [FLAGS]}), make('branch', {reads: [FLAGS]})], '0 4', 5],
];

test.each(TABLE)('%s', (_, instructions, issue, cycles) => {
  expect(blockCycles(MACHINE, undefined, block(...instructions))).toBe(cycles);
  // every instruction but the first occupies the issue stage for one cycle, so a prefix ends one behind its last issue
  const issued = instructions.map(
    (_, i) => blockCycles(MACHINE, undefined, block(...instructions.slice(0, i + 1))) - 1,
  );
  expect(issued.slice(1)).toEqual(issue.split(' ').slice(1).map(Number));
});

describe('behind a predecessor', () => {
  test.each([
    // alone 1; the load's result comes two cycles after it issued at 0, so 1 → 2, ends at 3 = 1 + 2
    ['waits for a load under way', [load(0, 1)], [reg(2, 0, 3)], 2],
    ['does not wait for what it does not read', [load(0, 1)], [reg(2, 4, 3)], 1],
    ['takes the free second slot', [reg(0, 1, 2)], [imm(3, 4)], 0],
    ['takes it for its first instruction only', [reg(0, 1, 2)], [imm(3, 4), imm(5, 6)], 1],
    ['finds no slot free behind a pair', [imm(0, 1), imm(2, 3)], [imm(4, 5)], 1],
    ['finds no slot free behind a multiply', [multiply(0, 1, 2)], [imm(4, 5)], 1],
    // two branches never pair, a call pairs as the younger only
    ['a branch does not pair with a branch', [branch], [branch], 1],
    ['nothing pairs with an older call', [make('call', {writes: [14]})], [imm(0, 1)], 1],
  ] as const)('%s', (_, previous, next, cycles) => {
    expect(blockCycles(MACHINE, block(...previous), block(...next))).toBe(cycles);
  });
});

describe('PipelineModel', () => {
  const SIZE = 3000;
  const blocks: Block[] = Array.from({length: SIZE}, (_, id) => {
    const name = INSTRUCTION_CLASSES[id % INSTRUCTION_CLASSES.length] as InstructionClass;
    const instruction = make(name, {reads: [id % 13], writes: [(id * 5) % 13], transfers: 1 + (id % 4)});
    return {...block(instruction, imm(id % 7, (id * 3) % 11)), id};
  });

  test('says what blockCycles says, beyond its first capacity too', () => {
    const model = new PipelineModel(MACHINE, blocks);
    for (let i = 0; i < 4000; i++) {
      const [previous, next] = [(i * 1009) % SIZE, (i * 733) % SIZE];
      const expected = blockCycles(MACHINE, blocks[previous], blocks[next] as Block);
      expect(model.cycles(previous, next)).toBe(expected);
      expect(model.cycles(previous, next)).toBe(expected);
    }
  });

  test.each([0, 1023, 1024, 2999])('a block without predecessor takes its own cycles: block %d', (id) => {
    const model = new PipelineModel(MACHINE, blocks);
    const alone = blockCycles(MACHINE, undefined, blocks[id] as Block);
    expect(alone).toBeGreaterThan(0);
    expect(model.cycles(-1, id)).toBe(alone);
    model.cycles(5, id);
    expect(model.cycles(-1, id)).toBe(alone);
  });
});
