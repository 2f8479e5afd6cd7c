import {expect, test} from 'vitest';
import type {Block} from '../../src/trace/blocks.ts';
import {diffTraces} from '../../src/trace/diff.ts';
import {recordAccesses, recordBlock} from '../../src/trace/records.ts';
import {isEvent} from '../../src/trace/walk.ts';
import {BLOCKS, HEADER, sourceOf, WORDS} from './small-trace.ts';

const OTHER_ORDER: readonly Block[] = [
  {...BLOCKS[1]!, id: 0},
  {...BLOCKS[0]!, id: 1},
];

/** Heads of the words of the copy loop stand at these places. */
const HEADS = [0, 2, 7, 12, 17, 19, 20];
const renumbered = WORDS.map((word, at) =>
  HEADS.includes(at) && !isEvent(word) ? ((1 - recordBlock(word)) << 8) | recordAccesses(word) : word,
);

test('numbers of blocks and bounds of chunks are no difference', () => {
  const comparison = diffTraces(
    sourceOf([WORDS.slice(0, 12), WORDS.slice(12)]),
    sourceOf([renumbered.slice(0, 7), renumbered.slice(7, 17), renumbered.slice(17)], OTHER_ORDER),
    {context: 2},
  );
  // 3 rounds of 3 instructions and 2 accesses, and a return of 2 instructions.
  const side = {records: 7, instructions: 11, accesses: 6};
  expect(comparison).toEqual({difference: undefined, first: side, second: side, header: []});
});

test('the first difference, with what is around it and the counts of both', () => {
  const words = [...WORDS];
  words[8] = 0x3_0000;
  const {difference, first, second} = diffTraces(sourceOf([WORDS]), sourceOf([words, WORDS.slice(2, 7)]), {context: 1});
  expect(difference).toEqual({
    record: 2,
    instruction: 3,
    before: [
      '         1  block 0: 0x00010000 a32 3 instructions, conditional',
      '            [0] read 4 bytes at 0x00020ffc',
      '            [1] write 4 bytes at 0xfff00000',
    ],
    first: [
      '         2  block 0: 0x00010000 a32 3 instructions, conditional',
      '            [0] read 4 bytes at 0x00021000',
      '            [1] write 4 bytes at 0xfff00004',
      '         3  block 0: 0x00010000 a32 3 instructions, conditional',
      '            [0] read 4 bytes at 0x00021004',
      '            [1] write 4 bytes at 0xfff00008',
    ],
    second: [
      '         2  block 0: 0x00010000 a32 3 instructions, conditional',
      '            [0] read 4 bytes at 0x00030000',
      '            [1] write 4 bytes at 0xfff00004',
      '         3  block 0: 0x00010000 a32 3 instructions, conditional',
      '            [0] read 4 bytes at 0x00021004',
      '            [1] write 4 bytes at 0xfff00008',
    ],
  });
  expect([first, second]).toEqual([
    {records: 7, instructions: 11, accesses: 6},
    {records: 8, instructions: 14, accesses: 8},
  ]);
});

test.each<[string, readonly Block[]]>([
  ['address', [{...BLOCKS[0]!, address: 0x2_0000}, BLOCKS[1]!]],
  ['instructions', [{...BLOCKS[0]!, instructions: [...BLOCKS[0]!.instructions].reverse()}, BLOCKS[1]!]],
])('a block with another %s is a difference', (_, blocks) => {
  expect(diffTraces(sourceOf([WORDS]), sourceOf([WORDS], blocks), {context: 0}).difference).toMatchObject({record: 1});
});

test('a trace that ends earlier differs there', () => {
  const {difference, first} = diffTraces(sourceOf([WORDS.slice(0, 7)]), sourceOf([WORDS]), {context: 0});
  expect(difference).toMatchObject({
    record: 2,
    first: [],
    second: [expect.stringContaining('2  block 0'), expect.anything(), expect.anything()],
  });
  expect(first).toEqual({records: 2, instructions: 3, accesses: 2});
});

test('headers are told apart, and are no difference', () => {
  const other = {...sourceOf([WORDS]), header: {...HEADER, command: 'other'}};
  expect(diffTraces(sourceOf([WORDS]), other, {context: 0})).toMatchObject({
    difference: undefined,
    header: ['command'],
  });
});
