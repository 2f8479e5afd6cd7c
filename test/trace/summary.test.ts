import {expect, test} from 'vitest';
import {accessMeta, blockRecord, EVENT_FLAG, PREFETCH, READ} from '../../src/trace/records.ts';
import {summarizeTrace} from '../../src/trace/summary.ts';
import {viewTrace} from '../../src/trace/view.ts';
import {sourceOf, WORDS} from './small-trace.ts';
import {taskSwitch} from './stored.ts';

test('the copy loop, counted', () => {
  expect(summarizeTrace(sourceOf([WORDS.slice(0, 12), WORDS.slice(12)]), {lineSize: 64})).toEqual({
    records: 7,
    blockExecutions: 4,
    blocks: 2,
    instructions: 3 * 3 + 2,
    accesses: {read: {count: 3, bytes: 12}, write: {count: 3, bytes: 12}, prefetch: {count: 0, bytes: 0}},
    exclusives: 0,
    addressSpaces: 1,
    tasks: 1,
    // Reads run over the page end at 0x21000: 2 pages, 2 lines; writes stay in one.
    dataPages: 3,
    dataLines: 3,
    // The second block lies across 0x11000.
    codePages: 2,
    codeLines: 3,
    events: {marker: 2, 'supervisor-call': 1},
    markers: [
      {marker: 'begin', instruction: 0, vcpu: 0},
      {marker: 'end', instruction: 11, vcpu: 0},
    ],
    vcpus: [{instructions: 11, events: 3}],
  });
});

test('prefetches touch nothing, exclusives are counted, an access across a line touches both', () => {
  const words = [
    blockRecord(0, 3),
    ...[0x4000, accessMeta(1, PREFETCH, 0)],
    ...[0x5000, accessMeta(4, READ, 1, 1)],
    ...[0xffff_ffde, accessMeta(4, READ, 2)],
    EVENT_FLAG | (99 << 16),
  ];
  expect(summarizeTrace(sourceOf([words]), {lineSize: 32})).toMatchObject({
    accesses: {prefetch: {count: 1, bytes: 1}},
    exclusives: 1,
    dataPages: 2,
    dataLines: 3,
    events: {'kind-99': 1},
  });
});

test('an address is another in another address space', () => {
  const access = [blockRecord(0, 1), 0x4000, accessMeta(4, READ, 1)];
  const words = [
    ...taskSwitch(3, 1007),
    ...access,
    ...taskSwitch(3, 1008),
    ...access,
    ...taskSwitch(4, 1009),
    ...access,
  ];
  expect(summarizeTrace(sourceOf([words]), {lineSize: 64})).toMatchObject({
    addressSpaces: 2,
    tasks: 3,
    blocks: 1,
    dataPages: 2,
    codeLines: 2,
  });
});

test('a line size that is no power of two is refused', () => {
  expect(() => summarizeTrace(sourceOf([]), {lineSize: 48})).toThrow('power of two');
});

test('records as text, from any record on', () => {
  expect(
    [...viewTrace(sourceOf([WORDS.slice(0, 7), WORDS.slice(7)]), {skip: 0, count: 2})].join('\n'),
  ).toMatchInlineSnapshot(`
    "         0  marker begin
             1  block 0: 0x00010000 a32 3 instructions, conditional
                [0] read 4 bytes at 0x00020ffc
                [1] write 4 bytes at 0xfff00000"
  `);
  expect(
    [...viewTrace(sourceOf([WORDS.slice(0, 7), WORDS.slice(7)]), {skip: 4, count: 99})].join('\n'),
  ).toMatchInlineSnapshot(`
    "         4  supervisor-call 123
             5  block 1: 0x00010ffe t32 2 instructions, return
             6  marker end"
  `);
});

test('a view reads no chunk that it does not show', () => {
  const source = sourceOf([WORDS.slice(0, 2), [blockRecord(1, 0)]]);
  expect([...viewTrace(source, {skip: 0, count: 1})]).toHaveLength(1);
  expect(source.next()!.words[0]).toBe(blockRecord(1, 0));
});
