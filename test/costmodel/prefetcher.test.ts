import {describe, expect, test} from 'vitest';
import {Prefetcher} from '../../src/costmodel/prefetcher.ts';
import {MACHINE} from './machines.ts';

const feed = (lines: readonly number[]): boolean[] => {
  const prefetcher = new Prefetcher(MACHINE);
  return lines.map((line) => prefetcher.miss(line));
};

// 64 lines a page of 4 KiB
describe.each([
  ['the third miss a stride apart triggers', [10, 11, 12, 13], [false, false, true, true]],
  ['a new page counts from one again', [61, 62, 63, 64, 65, 66], [false, false, true, false, false, true]],
  ['stride 4', [0, 4, 8], [false, false, true]],
  ['stride −4', [8, 4, 0], [false, false, true]],
  ['stride 5 is too long', [0, 5, 10, 15, 20], [false, false, false, false, false]],
  ['stride −5 is too long', [20, 15, 10, 5, 0], [false, false, false, false, false]],
  ['another stride starts at its second miss', [0, 1, 2, 4, 6], [false, false, true, false, true]],
  ['the same line twice is no stride', [0, 1, 1, 2, 3], [false, false, false, false, true]],
  ['a page of equal offset elsewhere', [0, 1, 1024 * 64 + 2, 1024 * 64 + 3], [false, false, false, false]],
] as const)('%s', (_, lines, trained) => {
  test(lines.join(', '), () => {
    expect(feed(lines)).toEqual([...trained]);
  });
});

test('two interleaved streams never train it, in one page or in two', () => {
  for (const apart of [32, 4096]) {
    const lines = Array.from({length: 30}, (_, i) => [i, i + apart]).flat();
    expect(feed(lines)).not.toContain(true);
  }
});

test('a hit on a prefetched line carries the stream on from there', () => {
  const prefetcher = new Prefetcher(MACHINE);
  for (const line of [0, 1, 2]) prefetcher.miss(line);
  expect(prefetcher.advance(5)).toBe(true);
  expect([prefetcher.miss(6), prefetcher.stride]).toEqual([true, 1]);
});
