import {describe, expect, it} from 'vitest';
import {hexadecimal} from '../../src/isa/core/errors.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';
import {
  type Case,
  casesElf,
  RECORD_BYTES,
  randomBits,
  randomCases,
  SCRATCH_BYTES,
  SOURCES,
  type Source,
} from './random-cases.ts';
import {hasQemu, run, runQemu, WHY_SKIPPED} from './run.ts';

/** Cases of each row; more of them, and other ones, on demand. */
const PER_ROW = Number(process.env.TRAPWALK_CASES ?? 4);
const SEED = Number(process.env.TRAPWALK_SEED ?? 20_240_229);
/** Cases of one program. */
const MOST_CASES = 6000;

const BRANCHES = /^(T32 )?(B|BL|BX|BLX|BXJ|CBZ|CBNZ|TBB|TBH)\b/;
const REJECTED = /ERET|SPSR|banked|CNT|PMUSERENR|CP14|user registers|RFE|SRS|unpredictable|ENTERX|SUBS PC/;

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

const batches = (): readonly (readonly Source[])[] => {
  const size = Math.max(1, Math.floor(MOST_CASES / PER_ROW));
  return Array.from({length: Math.ceil(SOURCES.length / size)}, (_, index) =>
    SOURCES.slice(index * size, (index + 1) * size),
  );
};

const compare = (cases: readonly Case[], scratch: Uint8Array): readonly string[] => {
  const elf = casesElf(cases, scratch);
  const ours = run(elf, {memoryLimit: bytes(128 * MEBIBYTE)});
  const theirs = runQemu(elf);
  expect([ours.exitCode, theirs.exitCode]).toEqual([0, 0]);
  expect(ours.output.length).toBe(theirs.output.length);
  const wrong = differences(cases, ours.output, theirs.output);
  const scratches = [ours, theirs].map(({output}) => words(output.subarray(-SCRATCH_BYTES)).join(' '));
  return scratches[0] === scratches[1] ? wrong : [...wrong, 'memory differs'];
};

describe.skipIf(!hasQemu)(`every row against qemu-arm${WHY_SKIPPED}`, () => {
  const rows = new Set<string>();
  it.each(batches().map((sources, index) => ({index, sources})))(
    'gives the same registers, flags and memory (rows of batch $index)',
    ({index, sources}) => {
      const random = randomBits(SEED + index);
      const scratch = Uint8Array.from({length: SCRATCH_BYTES}, () => random() & 0xff);
      for (let left = PER_ROW; left > 0; left -= MOST_CASES) {
        const cases = randomCases(random, Math.min(left, MOST_CASES), sources);
        for (const {name} of cases) rows.add(name);
        expect(compare(cases, scratch).slice(0, 5)).toEqual([]);
      }
    },
    3_600_000,
  );

  it('has cases for every row that neither branches nor is rejected as a whole', () => {
    const expected = SOURCES.filter(({name}) => !BRANCHES.test(name) && !REJECTED.test(name));
    expect(expected.filter(({name}) => !rows.has(name)).map(({name}) => name)).toEqual([]);
    expect(rows.size).toBeGreaterThan(480);
  });
});
