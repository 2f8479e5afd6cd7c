import {describe, expect, it} from 'vitest';
import {hexadecimal} from '../../../src/isa/core/errors.ts';
import {bytes, MEBIBYTE} from '../../../src/units.ts';
import {randomBits} from '../random-cases.ts';
import {hasQemu, run, runQemu, WHY_SKIPPED} from '../run.ts';
import {type Case, casesElf, casesOf, RECORD_WORDS, ROWS, SCRATCH_BYTES} from './cases.ts';

/** Cases of each row; a campaign sets more. */
const PER_ROW = Number(process.env.TRAPWALK_CASES ?? 24);
const SEED = Number(process.env.TRAPWALK_SEED ?? 1);
const PER_PROGRAM = 6000;
const SHOWN = 3;

const PLACES = [
  ...Array.from({length: 13}, (_, r) => `r${r}`),
  'lr',
  'fpscr',
  'sp',
  ...Array.from({length: 64}, (_, word) => `d${word >> 1}${word % 2 === 0 ? ' low' : ' high'}`),
];

const describeCase = ({name, word, core, sp, vfp}: Case): string =>
  `${name} ${hexadecimal(word)}\n  core ${[...core, sp].map(hexadecimal).join(' ')}\n  vfp ${vfp.map(hexadecimal).join(' ')}`;

const words = (data: Uint8Array): Uint32Array => new Uint32Array(data.slice().buffer);

/** The words of two outputs that differ, by index. */
const differingWords = (mine: Uint32Array, reference: Uint32Array): readonly number[] => {
  const found: number[] = [];
  for (let at = 0; at < mine.length; at++) if (mine[at] !== reference[at]) found.push(at);
  return found;
};

const recordOf = (at: number): number => Math.floor(at / RECORD_WORDS);

/** The cases whose records differ, told with the words that do, and the first difference in memory. */
const compare = (cases: readonly Case[], scratch: Uint8Array): readonly string[] => {
  const elf = casesElf(cases, scratch);
  const ours = run(elf, {memoryLimit: bytes(256 * MEBIBYTE)});
  const theirs = runQemu(elf);
  expect(theirs.exitCode).toBe(0);
  expect(ours.output.length).toBe(theirs.output.length);
  const [mine, reference] = [words(ours.output), words(theirs.output)];
  const found = differingWords(mine, reference);
  return [...new Set(found.map(recordOf))].map((record) => {
    const list = found
      .filter((at) => recordOf(at) === record)
      .map((at) => `${PLACES[at % RECORD_WORDS]}: ${hexadecimal(mine[at]!)}, not ${hexadecimal(reference[at]!)}`);
    const tested = cases[record];
    return `${tested ? describeCase(tested) : 'memory'}\n  ${list.join('; ')}`;
  });
};

/** Rows in groups that fill a program. */
const perProgram = Math.max(1, Math.floor(PER_PROGRAM / PER_ROW));
const GROUPS = Array.from({length: Math.ceil(ROWS.length / perProgram)}, (_, group) => {
  const rows = ROWS.slice(group * perProgram, (group + 1) * perProgram);
  return {title: rows.length === 1 ? rows[0]!.row.name : `rows from ${rows[0]!.row.name}`, rows, group};
});

describe.skipIf(!hasQemu)(`every row of Advanced SIMD against qemu-arm${WHY_SKIPPED}`, () => {
  it.each(GROUPS)('$title', {timeout: 600_000}, ({rows, group}) => {
    const random = randomBits(SEED + group * 7919);
    const cases = rows.flatMap((row) => casesOf(random, row, PER_ROW));
    const scratch = Uint8Array.from({length: SCRATCH_BYTES}, () => random() & 0xff);
    expect(new Set(cases.map(({name}) => name)).size).toBe(rows.length);
    const wrong = compare(cases, scratch);
    expect(wrong.slice(0, SHOWN), `${wrong.length} of ${cases.length}`).toEqual([]);
  });
});
