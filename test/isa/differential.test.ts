import {describe, expect, it} from 'vitest';
import {hexadecimal} from '../../src/isa/core/errors.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';
import {type Case, casesElf, RECORD_BYTES, randomBits, randomCases, SCRATCH_BYTES} from './random-cases.ts';
import {hasQemu, run, runQemu, WHY_SKIPPED} from './run.ts';

const PER_ROW = 60;
const SEEDS = [1, 20_240_229];

const words = (data: Uint8Array): readonly string[] =>
  Array.from(new Uint32Array(data.slice().buffer), (word) => hexadecimal(word));

const describeCase = ({name, words: code, core, vfp}: Case): string =>
  `${name} ${code.map(hexadecimal).join(' ')}\n  core ${core.map(hexadecimal).join(' ')}\n  vfp ${(vfp ?? []).map(hexadecimal).join(' ')}`;

/** The cases whose records differ, told with the words that do. */
const differences = (cases: readonly Case[], ours: Uint8Array, theirs: Uint8Array): readonly string[] =>
  cases.flatMap((tested, index) => {
    const range = [index * RECORD_BYTES, (index + 1) * RECORD_BYTES] as const;
    const [mine, reference] = [words(ours.subarray(...range)), words(theirs.subarray(...range))];
    const wrong = mine.flatMap((word, at) =>
      word === reference[at] ? [] : [`word ${at}: ${word}, not ${reference[at]}`],
    );
    return wrong.length === 0 ? [] : [`${describeCase(tested)}\n  ${wrong.join('; ')}`];
  });

describe.skipIf(!hasQemu)(`every row against qemu-arm${WHY_SKIPPED}`, () => {
  it.each(SEEDS)('gives the same registers, flags and memory (seed %i)', (seed) => {
    const random = randomBits(seed);
    const cases = randomCases(random, PER_ROW);
    const scratch = Uint8Array.from({length: SCRATCH_BYTES}, () => random() & 0xff);
    const elf = casesElf(cases, scratch);
    const ours = run(elf, {memoryLimit: bytes(128 * MEBIBYTE)});
    const theirs = runQemu(elf);
    expect(theirs.exitCode).toBe(0);
    expect(ours.output.length).toBe(theirs.output.length);
    expect(differences(cases, ours.output, theirs.output).slice(0, 5)).toEqual([]);
    expect(words(ours.output.subarray(-SCRATCH_BYTES))).toEqual(words(theirs.output.subarray(-SCRATCH_BYTES)));
    expect(new Set(cases.map(({name}) => name)).size).toBeGreaterThan(150);
  });
});
