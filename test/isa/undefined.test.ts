import {describe, expect, it} from 'vitest';
import {A32_CONDITIONAL, A32_UNCONDITIONAL, decodeA32} from '../../src/isa/a32/a32.ts';
import {encode} from '../../src/isa/core/bits.ts';
import type {DecodeTable} from '../../src/isa/core/decode.ts';
import {hexadecimal, UndefinedInstruction, UnmodelledInstruction} from '../../src/isa/core/errors.ts';
import type {Operation} from '../../src/isa/core/operation.ts';
import {decodeT32, T32_LITERAL, T32_WIDE} from '../../src/isa/t32/t32.ts';
import {type Random, randomBits} from './random-cases.ts';
import {hasQemu, WHY_SKIPPED} from './run.ts';
import {type Candidate, undefinedInQemu} from './undefined-verdicts.ts';

/** Random words of each kind; more of them on demand. */
const WORDS = Number(process.env.TRAPWALK_CASES ?? 600);
const SEED = Number(process.env.TRAPWALK_SEED ?? 5);
const MOST_WORDS = 10_000;

const decode = ({word, length, thumb}: Candidate): Operation => {
  const place = {address: 0x8000, word, length, itState: 0, slot: 0} as const;
  return thumb ? decodeT32({...place, thumb: 1}) : decodeA32({...place, thumb: 0});
};

/** UNPREDICTABLE and the like leave nothing to compare; branches and calls would leave the harness. */
const verdict = (candidate: Candidate): 'defined' | 'undefined' | 'not compared' => {
  try {
    const {end, name} = decode(candidate);
    // VMSR may choose short vectors, for which qemu then finds VFP instructions UNDEFINED; IT would skip the way back.
    return end === undefined && name !== 'VMSR' && name !== 'IT' ? 'defined' : 'not compared';
  } catch (error) {
    if (error instanceof UndefinedInstruction) return 'undefined';
    if (error instanceof UnmodelledInstruction) return 'not compared';
    throw error;
  }
};

const a32 = (word: number): Candidate => ({word: word >>> 0, length: 4, thumb: false});
const t32 = (word: number): Candidate => ({word: word >>> 0, length: 4, thumb: true});

/** A word of some row, half of them with one bit wrong. */
const nearRow = (random: Random, {rows}: DecodeTable): number => {
  const {pattern} = rows[random() % rows.length]!;
  const values = pattern.fields.map(({name, width}) => [name, random() % 2 ** width] as const);
  const word = encode(pattern, Object.fromEntries(values));
  return random() % 2 === 0 ? word : word ^ (1 << (random() % 32));
};

const always = (word: number): number => (word & 0x0fff_ffff) | 0xe000_0000;
const unconditional = (word: number): number => word | 0xf000_0000;
const wide = (random: Random): number =>
  (random() & 0x07ff_ffff) | ([0xe800_0000, 0xf000_0000, 0xf800_0000][random() % 3] as number);
const isWide = ({word}: Candidate): boolean => word >>> 27 >= 0b11101;

const NARROW_WORDS = 0xe800;
const KINDS: readonly {readonly name: string; readonly of: (random: Random) => readonly Candidate[]}[] = [
  {
    name: 'A32',
    of: (random) => [
      a32(always(random())),
      a32(unconditional(random())),
      a32(always(nearRow(random, A32_CONDITIONAL))),
      a32(unconditional(nearRow(random, A32_UNCONDITIONAL))),
    ],
  },
  {
    name: 'T32 in 32 bits',
    of: (random) =>
      [t32(wide(random)), t32(nearRow(random, T32_WIDE)), t32(nearRow(random, T32_LITERAL))].filter(isWide),
  },
  {
    name: 'T32 in 16 bits',
    of: (random) => Array.from({length: 4}, () => ({word: random() % NARROW_WORDS, length: 2, thumb: true})),
  },
];

/** Where qemu-arm has more than a Cortex-A7: it emulates the FPA (coprocessors 1 and 2) as old kernels did, */
const FPA = ({word, thumb}: Candidate): boolean =>
  !thumb && (word & 0x0c00_0000) === 0x0c00_0000 && [1, 2].includes((word >>> 8) & 15);
/** it does not look for half precision before VLDR.16 and VSTR.16 (coprocessor 9), */
const HALF_PRECISION = ({word, length}: Candidate): boolean => length === 4 && (word & 0x0f00_0f00) === 0x0d00_0900;
/** and serves HLT 60 as a call of a debugger. */
const HLT = ({word, length}: Candidate): boolean => length === 2 && word === 0xbabc;
const EXCEPTIONS = [FPA, HALF_PRECISION, HLT];

describe.skipIf(!hasQemu)(`what is UNDEFINED, against qemu-arm${WHY_SKIPPED}`, () => {
  it.each(KINDS)(
    '$name',
    ({of}) => {
      const random = randomBits(SEED);
      for (let left = WORDS; left > 0; left -= MOST_WORDS) {
        const candidates = Array.from({length: Math.min(left, MOST_WORDS)}, () => of(random))
          .flat()
          .filter((candidate) => !EXCEPTIONS.some((isException) => isException(candidate)));
        const judged = candidates
          .map((candidate) => ({candidate, ours: verdict(candidate)}))
          .filter(({ours}) => ours !== 'not compared');
        const theirs = undefinedInQemu(judged.map(({candidate}) => candidate));
        const wrong = judged.filter(({ours}, index) => (ours === 'undefined') !== theirs[index]);
        expect(wrong.slice(0, 10).map(({candidate, ours}) => `${hexadecimal(candidate.word)} is ${ours}`)).toEqual([]);
        expect(judged.length).toBeGreaterThan(candidates.length / 3);
      }
    },
    3_600_000,
  );
});
