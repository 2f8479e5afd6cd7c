/** The interpreter and the translator over the same programs: after every turn all that a guest could see is the same. */
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {BARE, bareElf} from '../../../guests/programs.ts';
import {CONTEXT_WORDS, STATE} from '../../../src/isa/core/state.ts';
import type {VirtualCpu} from '../../../src/isa/system/virtual-cpu.ts';
import {GUESTS} from '../../guests/catalogue.ts';
import {Board, RAM_BASE} from './board.ts';

/** Everything is translated as soon as may be. */
const EAGER = {hotAfter: 1, warmAfter: 1, extendAfter: 20};

const stateOf = ({cpu}: VirtualCpu) => ({
  registers: [...cpu.r.subarray(0, 15)],
  rest: [...cpu.state.subarray(STATE.saturated, CONTEXT_WORDS)],
  cpsr: cpu.cpsr,
  banks: [...cpu.banks.words],
  control: [...cpu.control],
  ...{instructions: cpu.instructions, isOn: cpu.isOn, waiting: cpu.waiting, event: cpu.event},
});

const contentsOf = ({ram}: Board, end = ram.length): string =>
  createHash('sha1').update(ram.subarray(0, end)).digest('hex');

const elfOf = (program: string): Buffer => readFileSync(join(GUESTS, 'bin', bareElf(program)));

const TURNS_BETWEEN_HASHES = 5000;

/** Turn by turn, until both are off. @returns the translator's board. */
const runBoth = (cores: number, quantum: number, boot: (board: Board) => void): Board => {
  const [reference, translated] = [
    new Board({cores, engine: 'interpret'}),
    new Board({cores, engine: 'translate', limits: EAGER}),
  ];
  for (const board of [reference, translated]) boot(board);
  for (let turn = 1; !reference.isOff && turn < 50e6 / quantum; turn++) {
    for (const [index, core] of reference.cores.entries()) {
      const other = translated.cores[index]!;
      const [reason, otherReason] = [core.step(quantum), other.step(quantum)];
      const [is, should] = [stateOf(other), stateOf(core)];
      if (otherReason !== reason || JSON.stringify(is) !== JSON.stringify(should))
        expect({turn, reason: otherReason, ...is}).toEqual({turn, reason, ...should});
    }
    if (turn % TURNS_BETWEEN_HASHES === 0) expect(contentsOf(translated)).toBe(contentsOf(reference));
  }
  expect(translated.isOff).toBe(true);
  expect(translated.output).toBe(reference.output);
  expect(contentsOf(translated)).toBe(contentsOf(reference));
  return translated;
};

describe.each(BARE.programs)('the bare-metal program %s', (program) => {
  test.each([10_000, 1009, 61])('is the same in turns of %i instructions', (quantum) => {
    const cores = program === 'exclusives' ? 2 : 1;
    runBoth(cores, quantum, (board) => board.boot(elfOf(program)));
  });
});

describe('of code that runs again and again', () => {
  // A loop over random instructions that load, store, set flags, and now and then write over the loop or unmap its data.
  const CODE = RAM_BASE + 0x1_0000;
  const DATA = RAM_BASE + 0x2_0000;
  const DATA_END = 0x2_2000;
  const TURNS = 12;
  /** An opcode without a first operand. */
  const MVN = 15;

  /** Words of instructions with r0–r7 and flags, none of which branches; r8 points to the data, r9 counts. */
  const plain = fc.oneof(
    // Data processing with a register, any condition and S.
    fc
      .tuple(
        fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 12, 14, 15),
        fc.nat(1),
        fc.nat(7),
        fc.nat(7),
        fc.nat(7),
        fc.nat(0xff),
        fc.nat(14),
      )
      .map(
        ([opcode, s, n, d, m, shift, condition]) =>
          ((condition << 28) |
            (opcode << 21) |
            (s << 20) |
            ((opcode === MVN ? 0 : n) << 16) |
            (d << 12) |
            ((shift & 0xfe) << 4) |
            m) >>>
          0,
      ),
    // LDR, STR, LDRB and STRB at [r8, #±imm]: now and then misaligned.
    fc
      .tuple(fc.nat(1), fc.nat(1), fc.nat(1), fc.nat(7), fc.nat(0x7ff), fc.nat(14))
      .map(
        ([up, byte, isLoad, d, offset, condition]) =>
          ((condition << 28) |
            0x0508_0000 |
            (up << 23) |
            (byte << 22) |
            (isLoad << 20) |
            (d << 12) |
            (byte ? offset : offset & ~3)) >>>
          0,
      ),
    // LDM and STM of r0–r7 at r8.
    fc
      .tuple(fc.nat(1), fc.integer({min: 1, max: 0xff}))
      .map(([isLoad, list]) => (0xe888_0000 | (isLoad << 20) | list) >>> 0),
    // MRS, CPSID i, CPSIE i, MSR CPSR_f of a register, DMB, ISB, CLREX, MRC of TPIDRURO and TPIDRPRW, TLBIALL.
    fc.constantFrom(
      ...[0xe10f_0000, 0xf10c_0080, 0xf108_0080, 0xe128_f001, 0xf57f_f05b, 0xf57f_f06f, 0xf57f_f01f],
      ...[0xee1d_0f70, 0xee1d_1f90, 0xee08_0f17, 0xee0d_2f90],
    ),
    // LDREX and STREX at r8.
    fc.constantFrom(0xe198_0f9f, 0xe188_1f92),
  );

  const words = (body: readonly number[], rewritten: number): readonly number[] => [
    // ldr r8, =DATA + 0x800; mov r9, #TURNS
    0xe59f_8000 | (4 * (body.length + 6)),
    0xe3a0_9000 | TURNS,
    ...body,
    // Half of the time a store to the code: the instruction again that stands there. r10 = where.
    0xe59f_a000 | (4 * 5),
    ...(rewritten % 2 === 0 ? [0xe320_f000, 0xe320_f000] : [0xe59a_b000, 0xe58a_b000]),
    // subs r9, r9, #1; bne the body; b to itself; the addresses.
    0xe259_9001,
    (0x1a00_0000 | (-(body.length + 6) & 0xff_ffff)) >>> 0,
    0xeaff_fffe,
    DATA + 0x800,
    CODE + 8 + 4 * (rewritten % body.length),
  ];

  test('does the same, whatever its instructions are', () => {
    fc.assert(
      fc.property(
        fc.array(plain, {minLength: 4, maxLength: 24}),
        fc.nat(),
        fc.integer({min: 20, max: 400}),
        (body, rewritten, quantum) => {
          const boards = (['interpret', 'translate'] as const).map((engine) => new Board({engine, limits: EAGER}));
          for (const board of boards) {
            board.load(CODE, words(body, rewritten));
            board.cores[0]!.powerOn(CODE);
          }
          for (let turn = 0; turn < 30; turn++) {
            const [reference, translated] = boards.map(({cores: [core]}) => {
              core!.step(quantum);
              return stateOf(core!);
            });
            expect(translated).toEqual(reference);
          }
          expect(contentsOf(boards[1]!, DATA_END)).toBe(contentsOf(boards[0]!, DATA_END));
        },
      ),
      {numRuns: 30, endOnFailure: true},
    );
  });
});
