import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Cache, DIRTY, PREFETCHED} from '../../src/costmodel/cache.ts';

const GEOMETRY = {sets: 4, ways: 2, lineBits: 6};
const SET_0 = [0, 4, 8];

describe('both sides of the capacity', () => {
  test('as many lines as ways and sets fit', () => {
    const cache = new Cache(GEOMETRY, 1);
    for (let line = 0; line < 8; line++) {
      cache.insert(line, 0);
      expect(cache.victimLine).toBe(-1);
    }
    for (let line = 0; line < 8; line++) expect(cache.find(line)).toBeGreaterThanOrEqual(0);
  });

  test('one more throws out a line of its set', () => {
    const cache = new Cache(GEOMETRY, 1);
    for (const line of SET_0) cache.insert(line, 0);
    expect([0, 4]).toContain(cache.victimLine);
    expect(cache.find(cache.victimLine)).toBe(-1);
    expect(SET_0.filter((line) => cache.find(line) >= 0)).toHaveLength(2);
  });

  test('lines of other sets are never victims', () => {
    const cache = new Cache(GEOMETRY, 1);
    cache.insert(1, 0);
    for (let i = 0; i < 100; i++) cache.insert(4 * i, 0);
    expect(cache.find(1)).toBeGreaterThanOrEqual(0);
  });
});

test('a victim leaves with its flags, and its slot gets the new ones', () => {
  const cache = new Cache({...GEOMETRY, ways: 1}, 1);
  cache.insert(0, DIRTY);
  expect([cache.victimLine, cache.victimFlags]).toEqual([-1, 0]);
  const slot = cache.insert(4, PREFETCHED);
  expect([cache.victimLine, cache.victimFlags]).toEqual([0, DIRTY]);
  expect(cache.flags[slot]).toBe(PREFETCHED);
});

/** Lines looked up and inserted on a miss; victims in order. */
const run = (lines: readonly number[], seed: number) => {
  const cache = new Cache(GEOMETRY, seed);
  const victims: number[] = [];
  let hits = 0;
  for (const line of lines) {
    if (cache.find(line) >= 0) hits++;
    else {
      cache.insert(line, 0);
      victims.push(cache.victimLine);
    }
  }
  return {hits, victims, resident: [...cache.tags].filter((tag) => tag >= 0)};
};
const anyLines = fc.array(fc.nat(30), {maxLength: 200});

test('hits and misses are all accesses; what came in and did not leave is there, in its set, once', () => {
  fc.assert(
    fc.property(anyLines, fc.integer(), (lines, seed) => {
      const {hits, victims, resident} = run(lines, seed);
      const left = victims.filter((line) => line >= 0);
      expect(hits + victims.length).toBe(lines.length);
      expect(resident).toHaveLength(victims.length - left.length);
      expect(new Set(resident).size).toBe(resident.length);
      const inserted = new Set(lines);
      expect(resident.every((line) => inserted.has(line))).toBe(true);
      for (let set = 0; set < 4; set++)
        expect(resident.filter((line) => line % 4 === set).length).toBeLessThanOrEqual(2);
    }),
    {seed: 4, numRuns: 300},
  );
});

test('the seed decides, and decides alone', () => {
  const lines = Array.from({length: 400}, (_, i) => (i * 7) % 31);
  expect(run(lines, 5)).toEqual(run(lines, 5));
  expect(run(lines, 5).victims).not.toEqual(run(lines, 6).victims);
});

test('seed 0 replaces at random too', () => {
  const {victims} = run(
    Array.from({length: 400}, (_, i) => 4 * (i % 5)),
    0,
  );
  expect(new Set(victims.map((line, i) => line === victims[i - 1])).size).toBe(2);
});
