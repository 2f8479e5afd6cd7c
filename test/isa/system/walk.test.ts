import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {walkLong} from '../../../src/isa/system/walk/long.ts';
import type {Walk, WalkRegisters} from '../../../src/isa/system/walk/mapping.ts';
import {MEMORY_TYPE} from '../../../src/isa/system/walk/mapping.ts';
import {walkShort} from '../../../src/isa/system/walk/short.ts';
import {faultStatus} from '../../../src/isa/system/walk/syndrome.ts';
import {type SlowResult, slowWalk} from './slow-walk.ts';

const RAM_BASE = 0x4000_0000;
const RAM_WORDS = 0x4000;
const RAM_BYTES = 4 * RAM_WORDS;

/** Descriptors where tables are looked for: a word of randomness becomes one that leads on, or maps, more often than not. */
const ram = (seed: Int32Array) => {
  const read = (address: number): number | undefined => {
    const inside = address - RAM_BASE;
    return inside < 0 || inside >= RAM_BYTES ? undefined : seed[inside / 4];
  };
  return {read, slow: (address: bigint) => read(Number(address))};
};

const describeWalk = (walk: Walk): SlowResult =>
  walk.fault === undefined
    ? {
        fault: undefined,
        page: BigInt(walk.page),
        global: walk.global,
        rights: [...'rwxrwx'].map((letter, bit) => ((walk.permissions >>> bit) & 1 ? letter : '-')).join(''),
      }
    : {fault: `${walk.fault}:${walk.level}:${walk.domain}`, page: 0n, global: false, rights: ''};

const NO_REGISTERS: WalkRegisters = {
  ...{sctlr: 1, ttbcr: 0, ttbr0: RAM_BASE, ttbr0High: 0, ttbr1: RAM_BASE, ttbr1High: 0, dacr: 0x5555_5555},
  ...{mair0: 0, mair1: 0},
};

/** WXN, UWXN, TRE, AFE. */
const CONTROL_BITS = (1 << 19) | (1 << 20) | (1 << 28) | (1 << 29);
const anyWord = fc.integer({min: -(2 ** 31), max: 2 ** 31 - 1});
const anyControl = anyWord.map((word) => (word & CONTROL_BITS) | 1);
/** Half of all second-level tables are in RAM. */
const shortWords = fc
  .array(fc.tuple(anyWord, fc.boolean()), {minLength: 64, maxLength: 64})
  .map((words) => words.map(([word, leads]) => (leads ? RAM_BASE | (word & 0x3fff) : word)));
const longWords = fc
  .array(fc.tuple(anyWord, anyWord, fc.integer({min: 0, max: 3})), {minLength: 64, maxLength: 64})
  .map((pairs) =>
    pairs.flatMap(([low, high, kind]) =>
      kind === 0 ? [low, high] : [RAM_BASE | (low & 0x3fff) | (kind === 1 ? 3 : 0x401), high & ~0xff],
    ),
  );

/** RAM repeats the given words. */
const fill = (words: readonly number[]): Int32Array =>
  Int32Array.from({length: RAM_WORDS}, (_, index) => words[(index * 7 + (index >>> 6)) % words.length] as number);

describe('walks of random tables find what the pseudocode says', () => {
  test('short descriptors', () => {
    fc.assert(
      fc.property(
        ...([shortWords, anyWord, anyControl, anyWord, fc.integer({min: 0, max: 7})] as const),
        (words, address, sctlr, dacr, ttbcr) => {
          const memory = ram(fill(words));
          const registers = {...NO_REGISTERS, sctlr, dacr, ttbcr};
          const [walk, slow] = [walkShort(registers, memory.read, address), slowWalk(registers, memory.slow, address)];
          expect(describeWalk(walk)).toEqual(slow);
        },
      ),
      {numRuns: 1500},
    );
  });

  test('long descriptors', () => {
    fc.assert(
      fc.property(
        ...([
          longWords,
          anyWord,
          anyControl,
          fc.integer({min: 0, max: 7}),
          fc.integer({min: 0, max: 7}),
          anyWord,
        ] as const),
        (words, address, sctlr, size0, size1, bits) => {
          const memory = ram(pairs(words));
          const walkDisabled = bits & ((1 << 7) | (1 << 23)) & (bits >>> 1);
          const ttbcr = 0x8000_0000 | size0 | (size1 << 16) | walkDisabled;
          const registers = {...NO_REGISTERS, sctlr, ttbcr, ttbr1: RAM_BASE + 0x2000};
          const [walk, slow] = [walkLong(registers, memory.read, address), slowWalk(registers, memory.slow, address)];
          expect(describeWalk(walk)).toEqual(slow);
        },
      ),
      {numRuns: 1500},
    );
  });
});

const pairs = (words: readonly number[]): Int32Array => {
  const count = words.length / 2;
  return Int32Array.from({length: RAM_WORDS}, (_, index) => {
    const pair = ((index >>> 1) * 7 + (index >>> 7)) % count;
    return words[2 * pair + (index & 1)] as number;
  });
};

describe('memory types', () => {
  const {stronglyOrdered, device, normal} = MEMORY_TYPE;
  const typeOfSection = (tex: number, c: number, b: number, registers: Partial<WalkRegisters> = {}): number => {
    const word = 0x4000_0000 | (tex << 12) | (3 << 10) | (c << 3) | (b << 2) | 2;
    const walk = walkShort({...NO_REGISTERS, ...registers}, () => word, 0x1000);
    return walk.fault === undefined ? walk.memoryType : -1;
  };

  // DDI 0406C table B3-10.
  test.each([
    [0, 0, 0, stronglyOrdered],
    [0, 0, 1, device],
    [0, 1, 0, normal],
    [0, 1, 1, normal],
    [1, 0, 0, normal],
    [1, 1, 1, normal],
    [2, 0, 0, device],
    [4, 0, 0, normal],
    [7, 1, 1, normal],
  ])('TEX %i, C %i, B %i without remap', (tex, c, b, type) => {
    expect(typeOfSection(tex, c, b)).toBe(type);
  });

  test('with remap PRRR decides by TEX[0], C and B', () => {
    // Types 0, 1, 2 in turn: n = 0 to 7 are 0, 1, 2, 0, 1, 2, 0, 1.
    const mair0 = [0, 1, 2, 0, 1, 2, 0, 1].reduce((word, type, index) => word | (type << (2 * index)), 0);
    const registers = {sctlr: 1 | (1 << 28), mair0};
    const types = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => typeOfSection(6 | (n >>> 2), (n >>> 1) & 1, n & 1, registers));
    expect(types).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
  });

  test('of the long format MAIR decides by AttrIndx', () => {
    const registers = {...NO_REGISTERS, ttbcr: 0x8000_0000 | 0, mair0: 0xff44_0400 | 0, mair1: 0x0000_00bb};
    const types = [0, 1, 2, 3, 4, 5].map((index) => {
      const walk = walkLong(registers, (at) => (at % 8 === 0 ? 0x4000_0401 | (index << 2) : 0), 0x1000);
      return walk.fault === undefined ? walk.memoryType : -1;
    });
    expect(types).toEqual([stronglyOrdered, device, normal, normal, normal, stronglyOrdered]);
  });
});

// DDI 0406C tables B3-23 and B3-24.
test.each([
  ['alignment', 1, 0, 0x001, 0x221],
  ['translation', 1, 0, 0x005, 0x205],
  ['translation', 2, 3, 0x037, 0x206],
  ['access-flag', 1, 2, 0x023, 0x209],
  ['access-flag', 2, 2, 0x026, 0x20a],
  ['domain', 1, 4, 0x049, undefined],
  ['domain', 2, 4, 0x04b, undefined],
  ['permission', 1, 1, 0x01d, 0x20d],
  ['permission', 2, 1, 0x01f, 0x20e],
  ['external', 1, 0, 0x008, 0x210],
  ['external-on-walk', 1, 0, 0x00c, 0x215],
  ['external-on-walk', 2, 0, 0x00e, 0x216],
] as const)('the status of a fault: %s at level %i', (fault, level, domain, short, long) => {
  expect(faultStatus({fault, level, domain}, false, false)).toBe(short);
  expect(faultStatus({fault, level, domain}, true, false)).toBe(short | 0x800);
  if (long !== undefined) expect(faultStatus({fault, level, domain}, false, true)).toBe(long);
});
