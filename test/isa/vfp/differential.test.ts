import {describe, expect, it} from 'vitest';
import {hexadecimal} from '../../../src/isa/core/errors.ts';
import {bytes, MEBIBYTE} from '../../../src/units.ts';
import {randomBits} from '../random-cases.ts';
import {hasQemu, run, runQemu, WHY_SKIPPED} from '../run.ts';
import {RECORD_WORDS, randomTests, specialTests, type Tested, testsElf, vfpRows} from './cases.ts';

/** Cases of every row; TRAPWALK_CASES asks for more. */
const PER_ROW = Number(process.env.TRAPWALK_CASES ?? 600);
/** Modes of FPSCR for every pair of special values: all in a longer run. */
const MODES = PER_ROW >= 2000 ? 16 : 1;
const SEED = Number(process.env.TRAPWALK_SEED ?? 7);

const wordsOf = (data: Uint8Array): Uint32Array => new Uint32Array(data.slice().buffer);

const differences = (tests: readonly Tested[], ours: Uint8Array, theirs: Uint8Array): readonly string[] => {
  const [mine, reference] = [wordsOf(ours), wordsOf(theirs)];
  const text = (words: Iterable<number>): string => Array.from(words, hexadecimal).join(' ');
  const found: string[] = [];
  let at = 0;
  for (const {name, word, cases} of tests) {
    for (const registers of cases) {
      const [a, b] = [mine, reference].map((all) => all.subarray(at, at + RECORD_WORDS)) as [Uint32Array, Uint32Array];
      if (a.length < RECORD_WORDS || a.some((value, index) => value !== b[index])) {
        found.push(`${name} ${hexadecimal(word)}\n  on   ${text(registers)}\n  is   ${text(a)}\n  not  ${text(b)}`);
      }
      at += RECORD_WORDS;
    }
  }
  return found;
};

const compare = (tests: readonly Tested[]): void => {
  const elf = testsElf(tests);
  const ours = run(elf, {memoryLimit: bytes(512 * MEBIBYTE)});
  const theirs = runQemu(elf);
  expect(theirs.exitCode).toBe(0);
  const found = differences(tests, ours.output, theirs.output);
  expect([found.length, found.slice(0, 5).join('\n')]).toEqual([0, '']);
};

describe.skipIf(!hasQemu)(`every VFP row against qemu-arm${WHY_SKIPPED}`, () => {
  it(`gives the same registers and FPSCR in every mode (${PER_ROW} cases a row)`, () => {
    const tests = randomTests(randomBits(SEED), PER_ROW);
    expect(new Set(tests.map(({name}) => name)).size).toBe(vfpRows.length);
    compare(tests);
  });

  it(`gives the same on all pairs of special values (${MODES} of 16 modes)`, () => {
    compare(specialTests(randomBits(SEED), MODES));
  });
});
