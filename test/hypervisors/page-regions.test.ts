import {expect, test} from 'vitest';
import {type PageRegion, pageRanges, pagesText, parseRegion} from '../../src/hypervisors/page-regions.ts';

test.each<readonly [string, PageRegion]>([
  ['stack=64K', {area: 'stack', leaf: '64K'}],
  ['0x10000000-0x20000000=2M', {from: 0x1000_0000, to: 0x2000_0000, leaf: '2M'}],
  ['4096-8192=4K', {from: 4096, to: 8192, leaf: '4K'}],
])('%s', (text, region) => {
  expect(parseRegion(text)).toEqual(region);
});

test.each([
  ['', /is not FROM-TO=SIZE or AREA=SIZE/],
  ['stack', /is not FROM-TO=SIZE/],
  ['heap=2M', /'heap' in 'heap=2M' is neither FROM-TO nor one of program, mappings, stack/],
  ['0x1000=4K', /neither FROM-TO/],
  ['stack=3M', /unknown page size '3M' in 'stack=3M': choose from 4K/],
])("'%s' is refused", (text, message) => {
  expect(() => parseRegion(text)).toThrow(message);
});

test('ranges are in order; both sides of a bound', () => {
  const high = {from: 0x40_0000, to: 0x60_0000, leaf: '2M'} as const;
  const low = {from: 0x20_0000, to: 0x40_0000, leaf: '2M'} as const;
  expect(pageRanges('4K', [high, low]).map(({from, to}) => [from, to])).toEqual([
    [0x20_0000, 0x40_0000],
    [0x40_0000, 0x60_0000],
  ]);
  expect(() => pageRanges('4K', [high, {...low, to: 0x40_1000}])).toThrow(/overlap/);
  expect(() => pageRanges('4K', [{...low, to: 0x3f_f000}])).toThrow(/multiples of 0x200000/);
  expect(() => pageRanges('16M', [low])).toThrow(/multiples of 0x1000000/);
});

test('a text for people', () => {
  expect(pagesText({leaf: '4K'})).toBe('4K');
  expect(pagesText({leaf: '4K', regions: [parseRegion('stack=64K'), parseRegion('0x200000-0x400000=2M')]})).toBe(
    '4K but stack=64K, 0x200000-0x400000=2M',
  );
});
