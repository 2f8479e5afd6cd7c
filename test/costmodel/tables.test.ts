import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {allocatorBelow} from '../../src/costmodel/placement.ts';
import {
  leafLevel,
  pageSizes,
  STAGE1_FORMATS,
  stage2Format,
  type TableFormat,
  Tables,
} from '../../src/costmodel/tables.ts';
import {GIBIBYTE, MEBIBYTE, parseSize} from '../../src/units.ts';

const bitsOf = (size: string): number => Math.log2(parseSize(size));
const {short, lpae} = STAGE1_FORMATS;
const FROM_1 = stage2Format({startLevel: 1, inputBits: 40});
const FROM_2 = stage2Format({startLevel: 2, inputBits: 32});

const newTables = (format: TableFormat, top = 2 * GIBIBYTE): Tables =>
  new Tables(format, {take: allocatorBelow(top, top - 64 * MEBIBYTE), give: () => {}});

/** Descriptor addresses of the walk for `input` to `levels` levels, and the address that the last one holds. */
const walk = (tables: Tables, input: number, levels: number): {slots: number[]; output: number} => {
  const slots: number[] = [];
  let table = tables.root;
  for (let level = 0; level < levels; level++) {
    const slot = tables.descriptorAddress(table, level, input);
    slots.push(slot);
    table = tables.readAddress(slot);
  }
  return {slots, output: table};
};

/** Format, page size, levels read to reach it. */
const LEAVES: readonly (readonly [string, TableFormat, string, number])[] = [
  ['short', short, '4K', 2],
  ['short', short, '64K', 2],
  ['short', short, '1M', 1],
  ['short', short, '16M', 1],
  ['lpae', lpae, '4K', 3],
  ['lpae', lpae, '64K', 3],
  ['lpae', lpae, '2M', 2],
  ['lpae', lpae, '1G', 1],
  ['stage 2 from level 1', FROM_1, '4K', 3],
  ['stage 2 from level 1', FROM_1, '2M', 2],
  ['stage 2 from level 1', FROM_1, '1G', 1],
  ['stage 2 from level 2', FROM_2, '4K', 2],
  ['stage 2 from level 2', FROM_2, '2M', 1],
];

describe.each(LEAVES)('%s, %s pages', (_, format, size, levels) => {
  const bits = bitsOf(size as string);
  const pageBytes = 2 ** bits;

  test('lie at the level that the architecture says', () => {
    expect(leafLevel(format, bits)).toBe(levels - 1);
    expect(pageSizes(format)).toContain(size);
  });

  test('every address of a mapped page leads to its output', () => {
    const range = format.levels[0] as {spanBits: number; indexBits: number};
    const inputPages = 2 ** Math.min(range.spanBits + range.indexBits, 32) / pageBytes;
    const outputPages = (format.descriptorBytes === 4 ? 2 ** 32 : 2 ** 40) / pageBytes;
    const page = fc.tuple(fc.nat(inputPages - 1), fc.integer({min: 1, max: outputPages - 1}));
    fc.assert(
      fc.property(
        fc.uniqueArray(page, {selector: ([input]) => input, minLength: 1, maxLength: 12}),
        fc.nat(pageBytes - 1),
        (pages, offset) => {
          const tables = newTables(format);
          for (const [input, output] of pages) tables.map(input * pageBytes, output * pageBytes, bits);
          for (const [input, output] of pages) {
            const {slots, output: found} = walk(tables, input * pageBytes + offset, levels);
            expect(Math.floor(found / pageBytes)).toBe(output);
            // Every descriptor before the last one names a table, the last one a page of this size.
            const mapped = slots.map((slot, level) => tables.pageBits(slot, level));
            expect(mapped).toEqual([...Array.from({length: levels - 1}, () => 0), bits]);
          }
        },
      ),
      {seed: 6, numRuns: 30},
    );
  });
});

describe('a format says which sizes it lacks', () => {
  test.each([
    ['short', short, '2M'],
    ['short', short, '1G'],
    ['lpae', lpae, '1M'],
    ['lpae', lpae, '16M'],
    ['stage 2 from level 2', FROM_2, '1G'],
    ['stage 2 from level 1', FROM_1, '1M'],
  ] as const)('%s has no %s', (_, format, size) => {
    expect(() => leafLevel(format, bitsOf(size))).toThrow(new RegExp(`^${format.name} tables have no pages.*4K, 64K`));
    expect(pageSizes(format)).not.toContain(size);
  });

  test('all others are in the table above', () => {
    expect([short, lpae, FROM_1, FROM_2].map(pageSizes)).toEqual([
      ['4K', '64K', '1M', '16M'],
      ['4K', '64K', '2M', '1G'],
      ['4K', '64K', '2M', '1G'],
      ['4K', '64K', '2M'],
    ]);
  });
});

describe('stage-2 roots', () => {
  test.each([
    // 2^(inputBits − spanBits) descriptors of 8 bytes
    [1, 32, 4],
    [1, 39, 512],
    [1, 40, 1024],
    [2, 30, 512],
    [2, 32, 2048],
    [2, 34, 8192],
  ] as const)('from level %d with %d bits of input: %d descriptors', (startLevel, inputBits, descriptors) => {
    const format = stage2Format({startLevel, inputBits});
    const tables = newTables(format);
    expect(tables.root % (descriptors * 8)).toBe(0);
    const last = tables.descriptorAddress(tables.root, 0, 2 ** inputBits - 1);
    expect(last).toBe(tables.root + (descriptors - 1) * 8);
  });

  test('more than sixteen concatenated tables are refused', () => {
    expect(() => stage2Format({startLevel: 2, inputBits: 34})).not.toThrow();
    expect(() => stage2Format({startLevel: 2, inputBits: 35})).toThrow(/more than 16 concatenated tables/);
    expect(() => stage2Format({startLevel: 2, inputBits: 40})).toThrow(RangeError);
  });

  test('the second of two concatenated tables holds the upper half of 40 bits', () => {
    const tables = newTables(FROM_1);
    const input = 2 ** 39 + 5 * GIBIBYTE;
    expect(tables.descriptorAddress(tables.root, 0, input)).toBe(tables.root + 4096 + 5 * 8);
  });

  test('an input beyond its bits is refused, not wrapped', () => {
    const tables = newTables(stage2Format({startLevel: 2, inputBits: 30}));
    expect(() => tables.map(GIBIBYTE, GIBIBYTE, 12)).toThrow(RangeError);
  });
});

test('40-bit outputs keep their upper byte', () => {
  const tables = newTables(FROM_1);
  tables.map(0, 0xff_ffe0_0000, 21);
  expect(walk(tables, 0x1f_ffff, 2).output).toBe(0xff_ffe0_0000);
});

test('contiguous 64 KiB are sixteen neighbouring descriptors, each of its own 4 KiB', () => {
  const tables = newTables(lpae);
  tables.map(0x1234_5678, 0x4567_89ab, 16);
  const {slots} = walk(tables, 0x1234_0000, 3);
  for (let i = 0; i < 16; i++) expect(tables.readAddress((slots[2] as number) + 8 * i)).toBe(0x4567_0000 + 4096 * i);
  expect(tables.readAddress((slots[2] as number) + 8 * 16)).toBe(0);
  expect(tables.readAddress((slots[2] as number) - 8)).toBe(0);
});

test('pages of several sizes live in one table', () => {
  const tables = newTables(lpae);
  tables.map(0, 0x8000_0000, 21);
  tables.map(0x20_0000, 0x9000_0000, 12);
  tables.map(0x21_0000, 0xa000_0000, 16);
  expect(walk(tables, 0x1f_ffff, 2).output).toBe(0x8000_0000);
  expect(walk(tables, 0x20_0fff, 3).output).toBe(0x9000_0000);
  expect(walk(tables, 0x21_f000, 3).output).toBe(0xa000_f000);
});

test('nothing is mapped until it is', () => {
  const tables = newTables(short);
  expect(walk(tables, 0x1000, 1).output).toBe(0);
  tables.map(0x1000, 0x5000, 12);
  expect(walk(tables, 0x1000, 2).output).toBe(0x5000);
  expect(walk(tables, 0x2000, 2).output).toBe(0);
});

test('what tables leave behind is unmapped, and serves the next ones', () => {
  const given: [address: number, bytes: number][] = [];
  const take = allocatorBelow(2 * GIBIBYTE, GIBIBYTE);
  const tables = new Tables(short, {take, give: (address, bytes) => given.push([address, bytes])});
  const words = new Map<number, number>();
  tables.watch((address, word) => words.set(address, word));
  tables.map(0x1000, 0x5000, 12);
  tables.map(0x40_0000, 0x10_0000, 20);
  const level2 = tables.readAddress(tables.descriptorAddress(tables.root, 0, 0x1000));
  tables.release();
  // A level-1 table of 4096 words, a level-2 table of 256.
  expect(given).toEqual([
    [tables.root, 16_384],
    [level2, 1024],
  ]);
  expect([...words.values()]).toEqual([0, 0, 0]);
  expect(walk(tables, 0x1000, 1).output).toBe(0);
});
