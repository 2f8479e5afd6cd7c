/** Both engines are equal: on the guests, on every row in a hot loop, and on random programs; and the mode that says so. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {COUNTINGS} from '../../guests/measure.ts';
import * as data from '../../src/isa/a32/data-processing.ts';
import {Emulator, type EmulatorOptions} from '../../src/isa/emulator.ts';
import {type LockStepOptions, runInLockStep} from '../../src/isa/lock-step.ts';
import {DATA_PROCESSING} from '../../src/isa/translate/data-processing.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';
import {COUNTED, GUESTS} from '../guests/catalogue.ts';
import {assemble, CODE, exitWith, loadConstant, program} from './assemble.ts';
import {casesElf, randomBits, randomCases, SCRATCH_BYTES, SOURCES} from './random-cases.ts';
import type {Statement} from './random-programs/tree.ts';
import {buildProgram, describeProgram, longPrograms, shortPrograms} from './random-programs.ts';

/** How many times the usual number of cases and programs, and from which seed. */
const TIMES = Number(process.env.TRAPWALK_CASES ?? 1);
const SEED = Number(process.env.TRAPWALK_SEED ?? 20_240_229);

const lockStep = (elf: Uint8Array, options: Partial<EmulatorOptions> = {}, how: LockStepOptions = {}) => {
  const {path = '/program', argv = ['program'], stdin: _, ...rest} = options;
  return runInLockStep(elf, {path, argv, memoryLimit: bytes(64 * MEBIBYTE), ...rest}, how);
};

describe('guests', () => {
  const builds = COUNTED.flatMap(({id, builds}) => builds.map((build) => ({...build, guest: id})));
  it.each(builds)('$elf is the same in both engines', ({guest, elf, profile}) => {
    const file = readFileSync(join(GUESTS, elf));
    for (const record of [undefined, 'all'] as const) {
      const {report, exitCode} = lockStep(file, {
        argv: [elf, ...COUNTINGS[guest]!.smaller],
        profile: profile as 'v5-soft' | 'v7-hf',
        regions: {hotAfter: 60},
        ...(record === undefined ? {} : {record}),
      });
      expect(report).toBeUndefined();
      expect(exitCode).toBe(0);
    }
  });
});

/** Regions of code that was executed so often only, so that short programs are translated. */
const EAGER = {hotAfter: 4};
/** Rounds of the cases: all of it is translated, and executed several times. */
const ROUNDS = 12;
const CASES_PER_ROW = 1;
const MOST_CASES = 2000;
const SOURCES_PER_PROGRAM = 250;

describe('every row in hot code', () => {
  const batches = Array.from({length: Math.ceil(SOURCES.length / SOURCES_PER_PROGRAM)}, (_, index) => ({index}));
  it.each(batches)('is the same in both engines (rows of batch $index)', {timeout: 3_600_000}, ({index}) => {
    const sources = SOURCES.slice(index * SOURCES_PER_PROGRAM, (index + 1) * SOURCES_PER_PROGRAM);
    const random = randomBits(SEED + index);
    const scratch = Uint8Array.from({length: SCRATCH_BYTES}, () => random() & 0xff);
    for (let left = CASES_PER_ROW * TIMES; left > 0; left -= MOST_CASES / SOURCES_PER_PROGRAM) {
      const cases = randomCases(random, Math.min(left, MOST_CASES / SOURCES_PER_PROGRAM), sources);
      const elf = casesElf(cases, scratch, ROUNDS);
      for (const record of [undefined, 'all'] as const) {
        const {report, exitCode} = lockStep(elf, {regions: EAGER, ...(record === undefined ? {} : {record})});
        expect(report).toBeUndefined();
        expect(exitCode).toBe(0);
      }
    }
  });
});

const VARIANTS: readonly Partial<EmulatorOptions>[] = [
  {},
  {record: 'all'},
  {regions: EAGER},
  {regions: {hotAfter: 2, mostBlocks: 3}, record: 'all'},
  {regions: {hotAfter: 10, mostBlocks: 1}},
];

/** Instructions of both kinds of programs, and between comparisons. */
const SHORT = {programs: shortPrograms, runs: 12, limit: 400_000, portions: [313, 20_000, 400_000]};
const LONG = {programs: longPrograms, runs: 1, limit: 5_000_000, portions: [70_001, 400_000]};

describe('random programs', {timeout: 3_600_000}, () => {
  it.each([
    ['short ones', SHORT],
    ['long ones of several tasks', LONG],
  ])('are the same in both engines: %s', (_, {programs, runs, limit, portions}) => {
    const variants = fc.constantFrom(...VARIANTS.keys());
    fc.assert(
      fc.property(programs, variants, fc.constantFrom(...portions), (tree, variant, portion) => {
        const options = {...VARIANTS[variant], memoryLimit: bytes(32 * MEBIBYTE)};
        const {report} = lockStep(buildProgram(tree), options, {portion, limit});
        if (report !== undefined) throw new Error(`${describeProgram(tree)}\n\n${report}`);
      }),
      {numRuns: runs * TIMES, seed: SEED},
    );
  });
});

const R4 = 4;
const EQ = 0;
const ALWAYS = 14;
const NE = 1;
/** A loop of two blocks that both count, 0x10000 to 0x1001c. */
const LOOP = [
  ...loadConstant(1, 3000),
  assemble('MOV (immediate)', {Rd: 2, imm12: 0}),
  assemble('EOR (register)', {Rn: 1, Rd: 3, Rm: 2}),
  assemble('TST (immediate)', {Rn: 1, imm12: 1}),
  assemble('B', {cond: NE, imm24: 0}),
  assemble('ADD (register)', {Rn: 2, Rd: 2, Rm: 3}),
  assemble('ADD (immediate)', {Rn: 2, Rd: 2, imm12: 1}),
  assemble('SUB (immediate)', {S: 1, Rn: 1, Rd: 1, imm12: 1}),
  assemble('B', {cond: NE, imm24: -8 & 0xff_ffff}),
];

/** A loop of a body that keeps r1, which counts down. */
const hotLoop = (before: readonly number[], body: readonly number[], turns = 200): Uint8Array =>
  program(
    [
      ...before,
      ...loadConstant(1, turns),
      ...body,
      assemble('SUB (immediate)', {S: 1, Rn: 1, Rd: 1, imm12: 1}),
      assemble('B', {cond: NE, imm24: (-body.length - 3) & 0xff_ffff}),
      ...exitWith(0),
    ],
    true,
  );

/** Instructions that set flags, some or all of them. */
const FLAG_SETTERS = [
  (cond: number) => assemble('SUB (register)', {cond, S: 1, Rn: 1, Rd: 3, Rm: 2}),
  (cond: number) => assemble('ADD (register)', {cond, S: 1, Rn: 3, Rd: 2, Rm: 1}),
  (cond: number) => assemble('AND (immediate)', {cond, S: 1, Rn: 1, Rd: 4, imm12: 2}),
  (cond: number) => assemble('MOV (register)', {cond, S: 1, Rd: 5, imm5: 31, type: 1, Rm: 2}),
  (cond: number) => assemble('MUL', {cond, S: 1, Rd: 6, Rn: 3, Rm: 2}),
  (cond: number) => assemble('ADC (register)', {cond, S: 1, Rn: 3, Rd: 7, Rm: 6}),
  (cond: number) => assemble('CMP (register)', {cond, Rn: 5, Rm: 2}),
];
const CONDITIONS = Array.from({length: 14}, (_, condition) => condition);

describe('what random programs seldom meet', () => {
  it('a condition behind an instruction that sets flags on another condition', () => {
    const random = randomBits(SEED);
    const body = CONDITIONS.flatMap((first) =>
      CONDITIONS.flatMap((second) => {
        const [a, b] = [random(), random()].map((bits) => FLAG_SETTERS[bits % FLAG_SETTERS.length]!);
        return [a!(14), b!(first), assemble('ADD (immediate)', {cond: second, Rn: 8, Rd: 8, imm12: 1})];
      }),
    );
    expect(lockStep(hotLoop(loadConstant(2, 0x9e37_79b9), body), {regions: EAGER}).report).toBeUndefined();
  });

  it.each([100_000, 1e7])('a trace buffer that fills up in a loop (%d instructions at a time)', (portion) => {
    const body = [0, 4, 8, 12].map((imm12) => assemble('LDR (immediate)', {P: 1, U: 1, Rn: 0, Rt: 2, imm12}));
    const elf = hotLoop(loadConstant(0, CODE), body, 40_000);
    expect(lockStep(elf, {record: 'all'}, {portion}).report).toBeUndefined();
  });

  it.each(['SWP', 'STR'])(
    'code that %s changes behind itself in its block, and in another block of its region',
    (by) => {
      const TEMPORARY = 4;
      const store =
        by === 'SWP'
          ? assemble('SWP', {cond: EQ, Rn: 0, Rt: TEMPORARY, Rt2: 3})
          : assemble('STR (immediate)', {cond: EQ, P: 1, U: 1, Rn: 0, Rt: 3});
      // r3 alternates between ADD r5, r5, #1 and ADD r5, r5, #2, which the word behind B or behind the store becomes.
      const [one, two] = [1, 2].map((imm12) => assemble('ADD (immediate)', {Rn: 5, Rd: 5, imm12}));
      // Every 16th turn, so that there is time to translate it again.
      const alternate = [
        assemble('TST (immediate)', {Rn: 1, imm12: 15}),
        assemble('EOR (immediate)', {cond: EQ, Rn: 3, Rd: 3, imm12: 3}),
      ];
      const prepared = (target: number) => [...loadConstant(0, target), ...loadConstant(3, one!)];
      // Four words, two for r1, then the body.
      const inBlock = hotLoop(prepared(CODE + 4 * 9), [...alternate, store, two!]);
      const elsewhere = hotLoop(prepared(CODE + 4 * 10), [
        ...alternate,
        store,
        assemble('B', {imm24: 0xff_ffff}),
        two!,
      ]);
      for (const elf of [inBlock, elsewhere])
        for (const record of [undefined, 'all'] as const)
          expect(lockStep(elf, {regions: EAGER, ...(record && {record})}).report).toBeUndefined();
    },
  );
});

describe('what was wrong once', () => {
  it('is right: a double register that only an instruction whose condition fails has read', () => {
    const one = [
      ...loadConstant(2, 0x3ff8_0000),
      ...[1, 2].map((Vm) => assemble('VMOV to double', {Vm, Rt: 3, Rt2: 2})),
    ];
    const sum = {Vd: 3, Vn: 1, Vm: 1};
    const never = assemble('VADD.F64', {...sum, cond: 0, Vd: 0, Vm: 2});
    const elf = hotLoop(one, [assemble('CMP (immediate)', {Rn: 1, imm12: 0}), never, assemble('VADD.F64', sum)]);
    expect(lockStep(elf).report).toBeUndefined();
  });

  it('is right: a block that gets hot in the execution that changes it', () => {
    const patch: Statement = {
      kind: 'patch',
      where: 'here',
      flush: false,
      by: 'STR',
      draw: {row: 0, seed: 1_327_861_293},
      mask: 3,
    };
    const body: readonly Statement[] = [
      {kind: 'sometimes', mask: 0, body: [patch]},
      {kind: 'floating modes', fpscr: 0},
    ];
    const elf = buildProgram({iterations: 100, functions: [{set: 'A32', body}], timer: 0, tasks: 'thread', seed: 0});
    const regions = {hotAfter: 2, mostBlocks: 3};
    expect(lockStep(elf, {regions, record: 'all'}, {portion: 313}).report).toBeUndefined();
  });

  it('is right: a function that is written while two regions hold it, one of them on another page', () => {
    const branch = (from: number, to: number) => ({imm24: (to - from - 2) & 0xff_ffff});
    const addOne = (register: number) => assemble('ADD (immediate)', {Rn: register, Rd: register, imm12: 1});
    const countDown = (register: number) => assemble('SUB (immediate)', {S: 1, Rn: register, Rd: register, imm12: 1});
    const FUNCTION = 2048;
    const twice = assemble('ADD (immediate)', {Rn: 5, Rd: 5, imm12: 2});
    const words = [...loadConstant(0, CODE + 4 * FUNCTION), ...loadConstant(3, twice), ...loadConstant(9, 2)];
    const start = words.length;
    const loop = (turns: number, before: readonly number[], cond: number, after: readonly number[]): void => {
      words.push(...loadConstant(1, turns));
      const top = words.length;
      words.push(...before);
      words.push(assemble('BL', {cond, ...branch(words.length, FUNCTION)}), ...after, countDown(1));
      words.push(assemble('B', {cond: NE, ...branch(words.length, top)}));
    };
    // Calls less often than it turns, so that the loop is hot first; the larger region of the second loop then takes over.
    loop(200, [assemble('TST (immediate)', {Rn: 1, imm12: 1})], EQ, []);
    loop(
      50_000,
      [],
      ALWAYS,
      Array.from({length: 12}, () => addOne(8)),
    );
    words.push(assemble('STR (immediate)', {P: 1, U: 1, Rn: 0, Rt: 3}), countDown(9));
    words.push(assemble('B', {cond: NE, ...branch(words.length, start)}), ...exitWith(0));
    while (words.length < FUNCTION) words.push(addOne(8));
    words.push(addOne(5), assemble('BX', {Rm: 14}));
    expect(lockStep(program(words, true), {regions: {...EAGER, mostBlocks: 3}}).report).toBeUndefined();
  });

  it('is right: flags that a callee sets no longer, since the caller has just changed it', () => {
    const nop: Statement = {kind: 'straight', draws: [{row: 0, seed: 0}]};
    // ANDS, or a NOP in some turns, at the start of the callee; behind the call, a branch on Z.
    const caller: readonly Statement[] = [
      {
        kind: 'sometimes',
        mask: 7,
        body: [{kind: 'patch', where: 'function', flush: false, by: 'STR', draw: {row: 1132, seed: 0}, mask: 15}],
      },
      {kind: 'if', condition: 0, body: [nop]},
    ];
    const callee: readonly Statement[] = [{kind: 'loop', count: 1, body: [{kind: 'sometimes', mask: 0, body: [nop]}]}];
    const functions = [caller, callee].map((body) => ({set: 'A32' as const, body}));
    const elf = buildProgram({iterations: 400, functions, timer: 0, tasks: 'thread', seed: 0});
    for (const hotAfter of [4, 60, 500])
      expect(lockStep(elf, {regions: {hotAfter}}, {portion: 313}).report).toBeUndefined();
  });
});

describe('the lock-step mode', () => {
  it('gives the exit code, the instructions and the output of a program', () => {
    const elf = program([...LOOP, ...exitWith(3)]);
    const alone = new Emulator(elf, {path: '/program', argv: ['program'], write: () => {}, warn: () => {}});
    alone.run(1e9);
    const {instructions} = alone;
    expect(lockStep(elf)).toEqual({instructions, exitCode: 3, signal: undefined, error: undefined, report: undefined});
  });

  it('stops at a limit', () => {
    expect(lockStep(program([...LOOP, ...exitWith(3)]), {}, {limit: 5000, portion: 777})).toMatchObject({
      exitCode: undefined,
      report: undefined,
    });
  });

  it('tells the message of what neither engine goes on for', () => {
    const {error, report} = lockStep(program([assemble('MSR (register)', {mask: 2, Rn: 0}), 0xe7f0_00f1]));
    expect(report).toBeUndefined();
    expect(error ?? 'SIGILL').toMatch(/SIGILL|Unmodelled/);
  });

  it.each([
    ['a register', (cpu: Emulator['cpu']) => cpu.r.fill(0x10, R4, R4 + 1), /r4: 0x00000000, 0x00000010/],
    ['a VFP register', (cpu: Emulator['cpu']) => cpu.vfpWords.fill(1, 7, 8), /d3\[1\]: 0x00000000, 0x00000001/],
    [
      'memory',
      (cpu: Emulator['cpu']) => cpu.memory.load(0x10100, Uint8Array.of(9)),
      /memory 0x00010100: 0x0{8}, 0x0{7}9/,
    ],
  ])('finds a change of %s, and the block', (_, change, expected) => {
    /** Changes something behind the first block that ends at or after so many instructions. */
    class Faulty extends Emulator {
      #left = 4000;
      override run(most: number) {
        const before = this.instructions;
        if (this.#left <= 0 || most < this.#left) {
          const result = super.run(most);
          this.#left -= this.instructions - before;
          return result;
        }
        super.run(this.#left);
        this.#left = 0;
        change(this.cpu);
        return super.run(most - (this.instructions - before));
      }
    }
    const create = (elf: Uint8Array | undefined, options: EmulatorOptions) =>
      options.engine === 'translate' ? new Faulty(elf, options) : new Emulator(elf, options);
    const {report} = lockStep(program([...LOOP, ...exitWith(3)]), {}, {create, portion: 100});
    expect(report).toMatch(expected);
    expect(report).toMatch(/^> from instruction (39|40)/m);
  });

  it('finds a wrong translation, and the block that it is in', () => {
    const translation = DATA_PROCESSING.find(([execute]) => execute === data.eor)![1] as {
      emit: (typeof DATA_PROCESSING)[0][1]['emit'];
    };
    const {emit} = translation;
    translation.emit = (emitter, operation) => {
      emit(emitter, operation);
      emitter.register(operation, operation.d).code.constant(0x40).op('i32.or');
      emitter.setRegister(operation.d);
    };
    try {
      const {report} = lockStep(program([...LOOP, ...exitWith(3)]), {regions: EAGER}, {portion: 100});
      const suspects = report!.split('\n').filter((line) => line.startsWith('>'));
      expect(suspects).toHaveLength(1);
      expect(report!.split(suspects[0]!)[1]!.split('\n')[1]).toMatch(/\* 0x0001000c {2}e0213002 {2}EOR/);
    } finally {
      translation.emit = emit;
    }
  });
});
