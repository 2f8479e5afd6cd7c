/** Chunks between threads; here both ends are on one, so that neither may have to wait. */
import {MessageChannel} from 'node:worker_threads';
import {afterEach, expect, test} from 'vitest';
import type {Block} from '../../src/trace/blocks.ts';
import {newRing, PIECE_WORDS, RingReader, RingWriter, stopRing} from '../../src/trace/ring.ts';
import {BLOCKS, WORDS} from './small-trace.ts';
import {CHUNKFUL, rounds} from './stored.ts';

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const {port1} of channels.splice(0)) port1.close();
});

const ringOf = (consumers: number, blocks: readonly Block[]) => {
  const ring = newRing(consumers);
  const own = Array.from({length: consumers}, () => new MessageChannel());
  channels.push(...own);
  const writer = new RingWriter(
    ring,
    blocks,
    own.map(({port1}) => port1),
  );
  return {ring, writer, readers: own.map(({port2}, index) => new RingReader(ring, index, port2))};
};

const chunkOf = (words: readonly number[], position?: number) => ({
  words: Uint32Array.from(words),
  length: words.length,
  ...(position === undefined ? {} : {position}),
});

test('every consumer reads every chunk, with the blocks that it names', () => {
  const blocks = [BLOCKS[0]!];
  const {writer, readers} = ringOf(2, blocks);
  writer.write(chunkOf(rounds(0, 3)));
  blocks.push(BLOCKS[1]!);
  writer.write(chunkOf(WORDS, 12_345));
  writer.end();
  for (const reader of readers) {
    const seen: {words: number[]; position: number; blocks: number}[] = [];
    reader.read(({words, position}) => seen.push({words: [...words], position, blocks: reader.blocks.length}));
    expect(seen).toEqual([
      {words: rounds(0, 3), position: Number.NaN, blocks: 1},
      {words: [...WORDS], position: 12_345, blocks: 2},
    ]);
    expect(reader.blocks).toEqual(BLOCKS);
  }
});

test('what is longer than a slot comes in pieces of whole records', () => {
  const {writer, readers} = ringOf(1, BLOCKS);
  const words = rounds(0, 2 * CHUNKFUL);
  writer.write(chunkOf(words, 7));
  writer.end();
  const read: number[] = [];
  const positions: number[] = [];
  readers[0]!.read((chunk) => {
    expect(chunk.length).toBeLessThanOrEqual(PIECE_WORDS);
    // Five words a round.
    expect(chunk.length % 5).toBe(0);
    for (const word of chunk.words) read.push(word);
    positions.push(chunk.position);
  });
  expect(read).toEqual(words);
  expect(positions).toEqual([7, Number.NaN, Number.NaN]);
});

test('a ring that is stopped lets nobody sleep', () => {
  const {ring, writer, readers} = ringOf(1, BLOCKS);
  for (let chunk = 0; chunk < 8; chunk++) writer.write(chunkOf(WORDS));
  stopRing(ring);
  expect(() => writer.write(chunkOf(WORDS))).toThrow('stopped');
  expect(() => readers[0]!.read(() => {})).toThrow('stopped');
});
