import {expect, test} from 'vitest';
import type {Block} from '../../src/trace/blocks.ts';
import {checkTrace} from '../../src/trace/check.ts';
import {MARKER_ID} from '../../src/trace/events.ts';
import {accessMeta, blockRecord, EVENT_FLAG, eventRecord, PREFETCH, READ, WRITE} from '../../src/trace/records.ts';
import {BLOCKS, sourceOf, WORDS} from './small-trace.ts';

const broken = (words: readonly number[], blocks: readonly Block[] = BLOCKS) =>
  [...checkTrace(sourceOf([words], blocks))].map(({rule, record, message}) => `${record} ${rule}: ${message}`);
const access = (meta: number, address = 0x100) => [blockRecord(0, 1), address, meta];
const markers = (...names: (keyof typeof MARKER_ID)[]) =>
  names.flatMap((name) => [eventRecord('marker', 1), MARKER_ID[name]]);

test('a good trace has no violation, in one chunk or many', () => {
  expect(broken(WORDS)).toEqual([]);
  expect([...checkTrace(sourceOf([WORDS.slice(0, 2), WORDS.slice(2, 7), WORDS.slice(7)]))]).toEqual([]);
  expect(broken(markers('warm', 'begin', 'end'))).toEqual([]);
});

test.each([1, 2, 4, 8, 12, 64, 128])('an access of %i bytes is legal', (size) => {
  expect(broken(access(accessMeta(size, WRITE, 0)))).toEqual([]);
});

test('the last bytes of the address space can be accessed, and not one more', () => {
  expect(broken(access(accessMeta(4, READ, 0), 0xffff_fffc))).toEqual([]);
  expect(broken(access(accessMeta(4, READ, 0), 0xffff_fffd))).toEqual([
    '0 access-range: access of 4 bytes at 0xfffffffd',
  ]);
  expect(broken(access(accessMeta(1, PREFETCH, 0), 0xffff_ffff))).toEqual([]);
});

test.each([
  ['a cut record', [...WORDS, blockRecord(0, 2), 1], '7 record-whole: 3 words are missing at the end of its chunk'],
  ['an unknown block', [blockRecord(2, 0)], '0 block-known: block 2 of 2'],
  ['an access by no instruction', access(accessMeta(4, READ, 3)), '0 access-slot: slot 3 in a block of 3 instructions'],
  [
    'two accesses by one instruction',
    [blockRecord(0, 2), 0, accessMeta(4, READ, 1), 0, accessMeta(4, READ, 1)],
    '0 access-slot: slot 1 after slot 1',
  ],
  ['an access of 3 bytes', access(accessMeta(3, READ, 0)), '0 access-size: access of 3 bytes'],
  ['an access of nothing', access(accessMeta(0, READ, 0)), '0 access-size: access of 0 bytes'],
  ['an access of 132 bytes', access(accessMeta(132, READ, 0)), '0 access-size: access of 132 bytes'],
  ['an unknown kind', access(accessMeta(4, 3, 0)), '0 access-kind: access word 0x304'],
  ['a reserved bit', access(accessMeta(4, READ, 0) | 0x1000), '0 access-kind: access word 0x1004'],
  ['an exclusive prefetch', access(accessMeta(4, PREFETCH, 0, 1)), '0 access-kind: exclusive prefetch'],
  ['an unknown event', [(EVENT_FLAG | (99 << 16)) >>> 0], '0 event-kind: unknown kind of event 99'],
  ['a marker without its word', [eventRecord('marker', 0)], "0 event-payload: 'marker' with 0 words"],
  ['an unknown marker', [eventRecord('marker', 1), 7], '0 event-payload: unknown marker 7'],
  ['begin twice', markers('begin', 'begin'), "1 marker-order: 'begin' after 'begin'"],
  ['end before begin', markers('end'), "0 marker-order: 'end' without 'begin'"],
  ['warm after begin', markers('begin', 'warm'), "1 marker-order: 'warm' after 'begin'"],
])('%s is found', (_, words, message) => {
  expect(broken(words)).toContain(message);
});

test('more accesses than instructions are found', () => {
  const words = [blockRecord(1, 3), ...[0, 1, 2].flatMap((slot) => [0, accessMeta(4, READ, slot)])];
  expect(broken(words)).toContain('0 access-count: 3 accesses by 2 instructions');
});

test.each([
  [{id: 1}, 'block 0: has id 1'],
  [{size: 8}, 'block 0: 3 a32 instructions in 8 bytes'],
  [{size: 16}, 'block 0: 3 a32 instructions in 16 bytes'],
  [{address: 0x1_0002}, 'block 0: a32 code at 0x10002'],
  [{address: 0xffff_fffc}, 'block 0: runs beyond the address space'],
  [{instructions: []}, 'block 0: 0 instructions'],
])('a block with %j is found', (change, message) => {
  expect(broken([blockRecord(0, 0)], [{...BLOCKS[0]!, ...change}])).toContain(`-1 block-table: ${message}`);
});
