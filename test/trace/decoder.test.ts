/** The WebAssembly decoder: words as its oracle decodes them, and nothing that breaks a rule. */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {expect, it} from 'vitest';
import {packagePath} from '../../src/files/paths.ts';
import type {BlockTable} from '../../src/trace/blocks.ts';
import {checkTrace} from '../../src/trace/check.ts';
import {ColumnDecoder} from '../../src/trace/columns/decode.ts';
import {ColumnEncoder, maxColumnBytes} from '../../src/trace/columns/encode.ts';
import {NEIGHBOURS} from '../../src/trace/columns/guesses.ts';
import {MOST_CHUNK_WORDS} from '../../src/trace/container.ts';
import {Decoder} from '../../src/trace/decoder.ts';
import * as layout from '../../src/trace/decoder-layout.ts';
import {EVENT_KINDS} from '../../src/trace/events.ts';
import {eventRecord, recordBlock} from '../../src/trace/records.ts';
import {Tally} from '../../src/trace/tally.ts';
import {isEvent, recordWords} from '../../src/trace/walk.ts';
import {anyStream, BLOCKS as MANY, markerWords} from '../costmodel/streams.ts';
import {anyTrace, BLOCKS, sourceOf, WORDS} from './small-trace.ts';

const encoder = new ColumnEncoder(2 ** 17);
const oracle = new ColumnDecoder();
const pack = (words: readonly number[]): Uint8Array =>
  Buffer.from(encoder.encode(Uint32Array.from(words), words.length));

const oracleDecodes = (columns: Uint8Array, length: number): number[] | undefined => {
  const words = new Uint32Array(length);
  try {
    oracle.decode(columns, words, length);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return [...words];
};

/** Of all but markers, which are checked by their order. */
const isSound = (words: readonly number[], blocks: BlockTable): boolean =>
  [...checkTrace(sourceOf([words], blocks))].every(
    ({rule, message}) => rule === 'marker-order' || rule === 'block-table' || message.startsWith('unknown marker'),
  );

/** What is decoded is what the oracle decodes, and sound; what is sound and near nothing's end is decoded. */
const expectSame = (columns: Uint8Array, length: number, decoder: Decoder, blocks: BlockTable): boolean => {
  const found = decoder.decode(columns, length);
  const words = oracleDecodes(columns, length);
  if (found === undefined) return false;
  expect([...found.words.subarray(0, length)]).toEqual(words);
  expect(isSound(words!, blocks)).toBe(true);
  const [slow, fast] = [new Tally(), new Tally()];
  slow.add({words: Uint32Array.from(words!), length}, blocks);
  fast.addSound(found);
  expect({...fast.counts, accesses: 0, task: fast.task}).toEqual({
    ...slow.counts,
    accesses: 0,
    task: slow.task,
  });
  return true;
};

it('has room for a chunk', () => {
  expect(layout.DECODED_WORDS).toBe(MOST_CHUNK_WORDS);
  expect(layout.MOST_COLUMN_BYTES).toBe(maxColumnBytes(MOST_CHUNK_WORDS));
  expect(layout.COLUMNS + layout.MOST_COLUMN_BYTES + 8).toBeLessThanOrEqual(layout.WORDS);
  expect(layout.WORDS + 4 * MOST_CHUNK_WORDS).toBeLessThanOrEqual(layout.CHUNK_BLOCKS);
  expect(layout.CHUNK_BLOCKS + layout.CHUNK_BLOCK_BYTES * (MOST_CHUNK_WORDS + 1)).toBeLessThanOrEqual(layout.ACCESSES);
  expect(layout.ACCESSES + layout.ACCESS_BYTES * layout.MOST_ENTRIES).toBeLessThanOrEqual(layout.EVENT_BLOCKS);
  expect(layout.NEIGHBOURS).toBe(NEIGHBOURS);
  expect(layout.EVENT_BLOCKS + layout.NUMBERED_BYTES * layout.EVENT_KIND_COUNT).toBeLessThanOrEqual(
    layout.HISTORY - 4 * NEIGHBOURS,
  );
  expect(layout.HISTORY + 2 * MOST_CHUNK_WORDS).toBeLessThanOrEqual(layout.DICTIONARY);
  expect(EVENT_KINDS.length).toBeLessThanOrEqual(layout.EVENT_KIND_COUNT);
  expect(layout.PAYLOAD_WORDS + layout.EVENT_KIND_COUNT).toBeLessThanOrEqual(layout.EVENT_LIST);
  expect(layout.EVENT_LIST + 4 * layout.MOST_EVENTS).toBeLessThanOrEqual(layout.COLUMNS);
});

it('decodes the streams that guests make', () => {
  const decoder = new Decoder(MANY);
  fc.assert(
    fc.property(anyStream, ({words}) => {
      const all = [...markerWords('begin'), ...words, ...words, eventRecord('task-switch', 2), 3, 1001, ...words];
      expect(expectSame(pack(all), all.length, decoder, MANY)).toBe(true);
    }),
    {numRuns: 60},
  );
});

it('decodes any records, or leaves them to others', () => {
  fc.assert(
    fc.property(anyTrace, ({blocks, chunks}) => {
      const decoder = new Decoder(blocks);
      for (const words of chunks) {
        if (words.length === 0) continue;
        const isDecoded = expectSame(pack(words), words.length, decoder, blocks);
        if (!isDecoded) expect(isUsual(words, blocks)).toBe(false);
      }
    }),
    {numRuns: 300},
  );
});

/** Sound, and of no access near the end of the address space. */
const isUsual = (words: readonly number[], blocks: BlockTable): boolean => {
  if (!isSound(words, blocks)) return false;
  for (let at = 0; at < words.length; at += recordWords(words[at]!)) {
    if (isEvent(words[at]!) || recordBlock(words[at]!) >= blocks.length) continue;
    for (let access = at + 1; access < at + recordWords(words[at]!); access += 2)
      if (words[access]! > 0xffff_ff00) return false;
  }
  return true;
};

it('is not led astray by damaged columns', () => {
  const columns = pack(WORDS);
  const decoder = new Decoder(BLOCKS);
  expect(expectSame(columns, WORDS.length, decoder, BLOCKS)).toBe(true);
  for (let at = 0; at < columns.length; at++) {
    for (const flip of [1, 2, 0x40, 0x80, 0xff]) {
      const damaged = Uint8Array.from(columns);
      damaged[at]! ^= flip;
      expectSame(damaged, WORDS.length, decoder, BLOCKS);
    }
    expectSame(columns.subarray(0, at), WORDS.length, decoder, BLOCKS);
  }
  for (const length of [0, 1, WORDS.length - 1, WORDS.length + 1])
    expect(decoder.decode(columns, length)).toBeUndefined();
  expect(decoder.decode(new Uint8Array(layout.MOST_COLUMN_BYTES + 1), 1)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 60}), fc.integer({min: 1, max: 30}), (bytes, length) => {
      expectSame(bytes, length, decoder, BLOCKS);
    }),
    {numRuns: 500},
  );
});

it('is what its source builds', () => {
  const directory = mkdtempSync(join(tmpdir(), 'trapwalk-decoder-'));
  try {
    const built = join(directory, 'decode.wasm');
    const {scripts} = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));
    const [, ...flags] = scripts['build:decoder'].replace('kernel/decode.wasm', built).split(' ');
    execFileSync(packagePath('node_modules', '.bin', 'asc'), flags, {cwd: packagePath('.'), stdio: 'pipe'});
    expect(readFileSync(built).equals(readFileSync(packagePath('kernel', 'decode.wasm')))).toBe(true);
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}, 60_000);
