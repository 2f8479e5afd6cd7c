import {describe, expect, it} from 'vitest';
import {hexadecimal} from '../../../src/isa/core/errors.ts';
import {isTranslated} from '../../../src/isa/translate/compile.ts';
import {assemble, assembleT32, bytesOf, packHalves} from '../assemble.ts';
import * as neon from '../neon/cases.ts';
import {type Case, type Random, randomBits, randomCases, SCRATCH, SCRATCH_BYTES, SOURCES} from '../random-cases.ts';
import * as vfp from '../vfp/cases.ts';
import {HOT_AFTER, Twins} from './twins.ts';

/** Random states and words of each row; more of them on demand. */
const PER_ROW = Number(process.env.TRAPWALK_CASES ?? 4);
const SEED = Number(process.env.TRAPWALK_SEED ?? 20_261_123);
/** Executions of a case before it is sure to be translated, and those behind them that are to be translated code's. */
const WARM_UP = HOT_AFTER + 1;
const COMPARED = 6;

const CODE = 0x0001_0000;
/** A case's code, and an SVC, which the interpreter stops at: so what is before it has to leave all flags as they are. */
const STOP = assemble('SVC');
const STOP_T32 = assembleT32('SVC');
/** More than a pass through a case's region executes. */
const BUDGET = 24;

/** A case with what it starts from, which changes from one execution to the next where that is no address. */
interface Tested {
  readonly name: string;
  readonly words: readonly number[];
  readonly thumb: boolean;
  /** Sets the state for an execution. */
  readonly states: readonly State[];
}
interface State {
  /** r0–r14. */
  readonly core: readonly number[];
  readonly apsr: number;
  readonly fpscr: number;
  readonly vfp: readonly number[];
}

const codeOf = ({words, thumb}: Tested): readonly number[] =>
  thumb ? packHalves([...words, ...STOP_T32]) : [...words, STOP];

/** FPSCR.IXC. */
const INEXACT = 1 << 4;
const SCRATCH_MIDDLE = SCRATCH + SCRATCH_BYTES / 2;

const fromRandomCases = (random: Random): readonly Tested[] =>
  randomCases(random, PER_ROW, SOURCES).map(({name, words, thumb, core, vfp: registers = []}: Case) => {
    const state = {
      core: [...core.slice(0, 13), SCRATCH_MIDDLE, core[13]!],
      apsr: core[14]!,
      fpscr: (random() & 0x08c0_009f) >>> 0,
      vfp: registers,
    };
    return {name, words, thumb, states: [state]};
  });

/** Another word in its place: as it was, anything, or a normal number where singles are worked on. */
const otherWord = (random: Random, name: string, index: number, value: number, at: number): number => {
  if (index < 3 && at % COMPARED === index) return value;
  return index > 2 && /F32|\.F/.test(name) ? normalSingle(random) : random();
};
const normalSingle = (random: Random): number => ((random() & 0x807f_ffff) | ((118 + (random() % 18)) << 23)) >>> 0;

const fromNeonCases = (random: Random): readonly Tested[] =>
  neon.ROWS.flatMap((row) =>
    neon.casesOf(random, row, PER_ROW).map(({name, word, core, sp, vfp: registers, fpscr}) => {
      const states = Array.from({length: COMPARED}, (_, index) => ({
        core: [...core.slice(0, 13), sp, core[13]!],
        apsr: random(),
        // What leaves a number inexact is translated only when the bit for it is set.
        fpscr: index % 2 === 0 ? fpscr : fpscr | INEXACT,
        vfp: index === 0 ? registers : registers.map((value, at) => otherWord(random, name, index, value, at)),
      }));
      return {name, words: [word], thumb: false, states};
    }),
  );

const fromVfpCases = (random: Random): readonly Tested[] =>
  vfp.randomTests(random, 4 * PER_ROW).map(({name, word, cases}) => ({
    name,
    words: [word],
    thumb: false,
    states: cases.map(([fpscr = 0, r4 = 0, r5 = 0, , ...registers]) => ({
      core: [0, 0, 0, 0, r4, r5],
      apsr: 0,
      fpscr,
      vfp: registers,
    })),
  }));

/** Executes every case in both engines, and compares. */
const run = (tests: readonly Tested[], scratch: Uint8Array, recording: boolean) => {
  const codes = tests.map(codeOf);
  const starts: number[] = [];
  let at = CODE;
  for (const code of codes) {
    starts.push(at);
    at += 4 * code.length;
  }
  const twins = new Twins(CODE, bytesOf(codes.flat()));
  twins.recording = recording;
  const {engine, cache} = twins.translated;
  const wrong: string[] = [];
  /** Rows of which an instruction was executed by translated code alone. */
  const translated = new Set<string>();
  const execute = (start: number, state: State): void => {
    twins.start(start, scratch, (cpu) => {
      for (const [number, value] of state.core.entries()) cpu.r[number] = value;
      cpu.setNzcvq(state.apsr);
      cpu.greaterEqual = (state.apsr >>> 16) & 15;
      cpu.writeFpscr(state.fpscr);
      for (const [word, value] of state.vfp.entries()) cpu.vfpWords[word] = value;
    });
    const [reference, mine] = twins.run(BUDGET);
    const found = [...twins.differences(), ...(reference === mine ? [] : [`${mine}, not ${reference}`])];
    if (found.length === 0) return;
    const {name, words} = tests[starts.indexOf(start & ~1)]!;
    const registers = [...state.core, state.apsr, state.fpscr, ...state.vfp].map(hexadecimal).join(' ');
    wrong.push(`${name} ${words.map(hexadecimal).join(' ')} of ${registers}: ${found.slice(0, 3).join('; ')}`);
  };
  for (const [index, {name, states, thumb}] of tests.entries()) {
    const start = starts[index]! | (thumb ? 1 : 0);
    for (let time = 0; time < WARM_UP; time++) execute(start, states[time % states.length]!);
    const block = cache.find(start);
    if (block?.translation === undefined || !block.operations.slice(0, -1).every(isTranslated)) continue;
    const before = engine.callouts + engine.slowExits + engine.translated;
    const compared = states.slice(0, COMPARED);
    for (const state of compared) execute(start, state);
    // Each leaves once, for SVC.
    const count = compared.length * (1 + block.operations.length);
    if (engine.callouts + engine.slowExits + engine.translated - before === count) translated.add(name);
  }
  return {wrong, translated, names: new Set(tests.map(({name}) => name))};
};

/** Rows that translated code leaves to the interpreter. */
const UNTRANSLATED = [
  // A block ends behind a swap.
  /^SWPB?$/,
  /^(T32 )?VCVT.*(F16|fixed|half)/,
  /^(T32 )?V(CLS|QABS|QNEG|RECPE|RSQRTE|RECPS|RSQRTS)( |$)/,
  /^(T32 )?VQ(SHL|SHLU|RSHL) |^(T32 )?VQ?RSHL$|^(T32 )?VQR?SHRU?N of 32$/,
  /^(T32 )?V(Q(R?DMULH|DMULL|DMLAL|DMLSL)|(MUL|MULL) \(polynomial\))( |$)/,
  /^(T32 )?V(FMA|FMS|ABD|ACGE|ACGT|PMAX|PMIN) \(vector of F32\)$/,
];

describe.each([
  {what: 'without records', recording: false},
  {what: 'with records', recording: true},
])('each instruction, translated $what', ({recording}) => {
  it.each([
    {what: 'core', testsOf: fromRandomCases},
    {what: 'Advanced SIMD', testsOf: fromNeonCases},
    {what: 'VFP', testsOf: fromVfpCases},
  ])(
    'does what the interpreter does ($what)',
    ({testsOf}) => {
      const random = randomBits(SEED);
      const scratch = Uint8Array.from({length: SCRATCH_BYTES}, () => random() & 0xff);
      const {wrong, translated, names} = run(testsOf(random), scratch, recording);
      expect([wrong.length, wrong.slice(0, 5).join('\n')]).toEqual([0, '']);
      const missing = [...names].filter(
        (name) => !translated.has(name) && !UNTRANSLATED.some((rows) => rows.test(name)),
      );
      expect(missing).toEqual([]);
    },
    600_000,
  );
});
