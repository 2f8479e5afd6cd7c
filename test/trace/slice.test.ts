import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {checkTrace} from '../../src/trace/check.ts';
import {openTrace} from '../../src/trace/read.ts';
import {findRange, type Range, TraceSlice} from '../../src/trace/slice.ts';
import {storeTrace, writeTrace} from '../../src/trace/write.ts';
import {sourceOf, wordsOf} from './small-trace.ts';
import {asOlder, CHUNKFUL, marker, ROUND_INSTRUCTIONS, rounds, taskSwitch, withTrace, writeTasks} from './stored.ts';

let directory: string;
let tasks: string;
let older: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'trapwalk-slice-'));
  tasks = writeTasks(join(directory, 'tasks'));
  older = asOlder(tasks, join(directory, 'older'), 1);
});
afterAll(() => rmSync(directory, {recursive: true}));

const slice = (path: string, range: Range) =>
  withTrace(path, (trace) => {
    const source = new TraceSlice(trace, range, 'slice');
    const words = wordsOf(source);
    return {
      words,
      blocks: source.blocks,
      covered: source.covered,
      keptMarkers: source.keptMarkers,
      header: source.header,
    };
  });

/** Of the round with this number, its first instruction. */
const at = (round: number): number => round * ROUND_INSTRUCTIONS;
const SWITCH = CHUNKFUL + 10;
const END = 2 * CHUNKFUL + 10;

test('records stay whole, and the range that they make is told', () => {
  const {words, covered, blocks} = slice(tasks, {from: at(20) + 1, to: at(22) + 1});
  expect(words).toEqual(rounds(20, 3));
  expect(covered).toEqual({from: at(20), to: at(23)});
  expect(blocks.map(({id, address}) => [id, address])).toEqual([[0, 0x1_0000]]);
});

test.each(['tasks', 'older'])('a slice of %s begins in the task that executed there', (which) => {
  const path = which === 'tasks' ? tasks : older;
  expect(slice(path, {from: at(SWITCH) - 1, to: at(SWITCH + 1)}).words).toEqual([
    ...rounds(SWITCH - 1, 1),
    ...taskSwitch(1, 1001),
    ...rounds(SWITCH, 1),
  ]);
  for (const first of [SWITCH, SWITCH + 1, END - 1]) {
    expect(slice(path, {from: at(first), to: at(first + 1)}).words).toEqual([
      ...taskSwitch(1, 1001),
      ...rounds(first, 1),
    ]);
  }
});

test.each(['tasks', 'older'])('markers of %s bound a slice, and are kept when begin and end are in it', (which) => {
  const path = which === 'tasks' ? tasks : older;
  const range = withTrace(path, (trace) => findRange(trace, 'begin', 'end'));
  expect(range).toEqual({from: at(10), to: at(END)});
  const {words, keptMarkers} = slice(path, range);
  expect(keptMarkers).toBe(true);
  expect(words.slice(0, 2)).toEqual(marker('begin'));
  expect(words.slice(-2)).toEqual(marker('end'));
  expect([...checkTrace(sourceOf([words]))]).toEqual([]);
  for (const half of [
    {from: 0, to: at(20)},
    {from: at(20), to: at(END)},
  ]) {
    const {words: part, keptMarkers: kept} = slice(path, half);
    expect(kept).toBe(false);
    expect(part.join()).not.toContain(marker('begin').join());
    expect([...checkTrace(sourceOf([part]))]).toEqual([]);
  }
});

test('a marker that ends a chunk is found', () => {
  // Rounds fill the first chunk but for the marker.
  const path = join(directory, 'edge');
  const words = [...rounds(0, 26_214), ...marker('begin'), ...rounds(26_214, 5), ...marker('end')];
  expect(26_214 * 5 + 2).toBe(2 ** 17);
  writeTrace(path, sourceOf([words]));
  expect(slice(path, {from: at(26_214), to: at(26_219)}).words).toEqual(words.slice(26_214 * 5));
});

test('slices that meet make the whole again', () => {
  const whole = [...rounds(0, SWITCH), ...taskSwitch(1, 1001), ...rounds(SWITCH, CHUNKFUL)];
  const path = join(directory, 'whole');
  writeTrace(path, sourceOf([whole]));
  fc.assert(
    fc.property(fc.integer({min: 1, max: END - 1}), (cut) => {
      const first = slice(path, {from: 0, to: at(cut)}).words;
      const second = slice(path, {from: at(cut), to: at(END)}).words;
      // The first has said which task executes, if only at its end.
      const told = cut >= SWITCH ? taskSwitch(1, 1001) : [];
      expect(second.slice(0, told.length)).toEqual(told);
      expect(first.concat(second.slice(told.length)).join()).toBe(whole.join());
    }),
    {seed: 4, numRuns: 12, examples: [[SWITCH], [CHUNKFUL - 1], [CHUNKFUL]]},
  );
});

test('blocks that are not executed are left out, and the others numbered anew', () => {
  const {blocks, words} = slice(tasks, {from: at(END), to: at(END) + 2});
  expect(blocks.map(({id, address}) => [id, address])).toEqual([[0, 0x1_0ffe]]);
  expect(words).toEqual([...taskSwitch(1, 1001), 0]);
});

test('a slice that is stopped leaves nothing', async () => {
  const stop = new AbortController();
  const trace = openTrace(tasks);
  const source = new TraceSlice(trace, {from: 0, to: at(END)}, 'slice');
  const path = join(directory, 'stopped');
  await expect(storeTrace(path, source, {signal: stop.signal, onChunk: () => stop.abort()})).rejects.toThrow('aborted');
  trace.close();
  expect(readdirSync(directory).filter((file) => file.includes('stopped'))).toEqual([]);
});

test('a range of nothing and a marker that is not there are refused', () => {
  const instructions = at(END) + 2;
  withTrace(tasks, (trace) => {
    expect(findRange(trace, instructions - 1, undefined)).toEqual({from: instructions - 1, to: instructions});
    expect(() => findRange(trace, 5, 5)).toThrow(
      `instructions 5 to 5 are no part of it; it has instructions 0 to ${instructions}`,
    );
    expect(() => findRange(trace, 0, instructions + 1)).toThrow('are no part of it');
  });
  const bare = join(directory, 'bare');
  writeTrace(bare, sourceOf([rounds(0, 3)]));
  withTrace(bare, (trace) => {
    expect(() => findRange(trace, 'begin', 'end')).toThrow("has no marker 'begin'; it has no markers: give numbers");
  });
});
