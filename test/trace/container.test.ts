import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import fc from 'fast-check';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {InputError} from '../../src/files/errors.ts';
import type {Block} from '../../src/trace/blocks.ts';
import {PACKINGS} from '../../src/trace/container.ts';
import {openTrace} from '../../src/trace/read.ts';
import {accessMeta, blockRecord, eventRecord, READ} from '../../src/trace/records.ts';
import {CODECS, encodeSection, FRAME_BYTES} from '../../src/trace/section.ts';
import {RECORD_CODECS, writeTrace} from '../../src/trace/write.ts';
import {anyTrace, BLOCKS, HEADER, sourceOf, WORDS, wordsOf} from './small-trace.ts';
import {asOlder, CHUNKFUL, ROUND_INSTRUCTIONS, withTrace, writeTasks} from './stored.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'trapwalk-trace-'));
});
afterAll(() => {
  rmSync(directory, {recursive: true});
});
const place = (name: string): string => join(directory, name);

/** All of a stored trace as plain data. */
const readAll = (path: string, options = {}) => {
  const trace = openTrace(path, options);
  try {
    return {header: trace.header, counts: trace.counts, blocks: trace.blocks, words: wordsOf(trace)};
  } finally {
    trace.close();
  }
};

/** `count` chunks, each filled by rounds of the copy loop: 5 words and 3 instructions a round. */
const ROUNDS = Math.floor(PACKINGS.fast.chunkWords / 5);
const longWords = (chunks: number): number[] =>
  Array.from({length: chunks * ROUNDS}, (_, round) => [
    blockRecord(0, 2),
    0x2_0000 + 4 * round,
    accessMeta(4, READ, 0),
    0x8_0000 + 4 * round,
    accessMeta(4, READ, 1),
  ]).flat();

test.each(RECORD_CODECS)('what is written with codec %s is read back', (codec) => {
  const path = place(`small-${codec}`);
  const counts = writeTrace(path, sourceOf([WORDS.slice(0, 12), WORDS.slice(12)]), {codec});
  // 3 rounds of 3 instructions and 2 accesses, 1 block of 2 instructions; 3 events.
  expect(counts).toEqual({chunks: 1, blocks: 2, words: 22, records: 7, instructions: 11, accesses: 6, events: 3});
  expect(readAll(path)).toEqual({header: HEADER, counts, blocks: BLOCKS, words: WORDS});
});

test.each(RECORD_CODECS)('any trace survives writing and reading with codec %s', (codec) => {
  const path = place(`any-${codec}`);
  fc.assert(
    fc.property(anyTrace, ({blocks, chunks}) => {
      const counts = writeTrace(path, sourceOf(chunks, blocks), {codec});
      expect(readAll(path)).toEqual({header: HEADER, counts, blocks, words: chunks.flat()});
    }),
    {seed: 20150304, numRuns: 150},
  );
});

test('writing what was read gives the same bytes', () => {
  writeTrace(place('first'), sourceOf([WORDS]));
  const trace = openTrace(place('first'));
  writeTrace(place('second'), trace);
  trace.close();
  expect(readFileSync(place('second'))).toEqual(readFileSync(place('first')));
});

test('a file of format 3 is read as it was', () => {
  expect(readAll(join(import.meta.dirname, 'version-3.trace'))).toMatchObject({blocks: BLOCKS, words: WORDS});
});

test('small packing makes fewer chunks of the same words', () => {
  const words = longWords(3);
  const counts = writeTrace(place('packed'), sourceOf([words]), {packing: 'small'});
  expect(counts).toMatchObject({chunks: 1, words: words.length});
  expect(readAll(place('packed')).words).toEqual(words);
});

test('blocks may come while chunks do', () => {
  const blocks: Block[] = [];
  const chunks = [longWords(1), Array(3).fill(blockRecord(1, 0))];
  const source = {
    header: HEADER,
    blocks,
    next: () => {
      const chunk = chunks.shift();
      if (chunk) blocks.push(BLOCKS[blocks.length]!);
      return chunk && {words: Uint32Array.from(chunk), length: chunk.length};
    },
  };
  expect(writeTrace(place('growing'), source)).toMatchObject({chunks: 2, blocks: 2});
  expect(readAll(place('growing')).blocks).toEqual(BLOCKS);
});

test('a streaming loop takes less than a tenth of a byte per access', () => {
  const {accesses} = writeTrace(place('loop'), sourceOf([longWords(4)]));
  expect(accesses).toBe(8 * ROUNDS);
  expect(readFileSync(place('loop')).length).toBeLessThan(accesses / 10);
});

test('seek finds the chunk of an instruction, on both sides of its bounds', () => {
  writeTrace(place('seek'), sourceOf([longWords(3)]));
  const trace = openTrace(place('seek'));
  const perChunk = 3 * ROUNDS;
  expect(trace.counts.instructions).toBe(3 * perChunk);
  for (const [instruction, first] of [
    [0, 0],
    [perChunk - 1, 0],
    [perChunk, perChunk],
    [3 * perChunk - 1, 2 * perChunk],
  ] as const) {
    expect(trace.seek(instruction)).toBe(first);
    // The source address of the chunk's first round, at 4 bytes a round of 3 instructions.
    expect(trace.next()!.words[1]).toBe(0x2_0000 + (4 * first) / 3);
  }
  expect(trace.next()).toBeUndefined();
  expect(() => trace.seek(3 * perChunk)).toThrow(RangeError);
  expect(() => trace.seek(-1)).toThrow(RangeError);
  trace.close();
});

test('version 1 is read: it does not say which task and which markers are where', () => {
  const path = writeTasks(place('tasks'));
  const older = asOlder(path, place('older'), 1);
  expect(readAll(older)).toEqual(readAll(path));
  withTrace(older, (trace) => {
    expect([trace.version, trace.markers]).toEqual([1, undefined]);
    trace.seek(trace.counts.instructions - 1);
    expect(trace.task).toBeUndefined();
    expect(trace.next()!.length).toBeGreaterThan(0);
  });
  withTrace(path, (trace) => {
    expect([trace.version, trace.markers]).toEqual([
      4,
      [
        {marker: 'warm', instruction: 0},
        {marker: 'begin', instruction: 10 * ROUND_INSTRUCTIONS},
        {marker: 'end', instruction: (2 * CHUNKFUL + 10) * ROUND_INSTRUCTIONS},
      ],
    ]);
    trace.seek(trace.counts.instructions - 1);
    expect(trace.task).toEqual({space: 1, task: 1001});
    trace.seek(0);
    expect(trace.task).toEqual({space: 0, task: 1000});
  });
});

test('an empty trace is one', () => {
  writeTrace(place('empty'), sourceOf([], []));
  const trace = openTrace(place('empty'));
  expect(trace.seek(0)).toBe(0);
  expect(trace.next()).toBeUndefined();
  trace.close();
});

test('the longest event fits', () => {
  const words = [eventRecord('marker', 0xffff), ...Array.from({length: 0xffff}, (_, index) => index)];
  writeTrace(place('long-event'), sourceOf([[...WORDS, ...words, ...WORDS]]));
  expect(readAll(place('long-event')).words).toEqual([...WORDS, ...words, ...WORDS]);
});

test('a producer that breaks a record or names an unknown block is stopped, and leaves no file', () => {
  mkdtempSync(join(directory, 'keep-'));
  expect(() => writeTrace(place('broken'), sourceOf([[blockRecord(0, 2), 1]]))).toThrow('longer than its chunk');
  expect(() => writeTrace(place('broken'), sourceOf([[blockRecord(2, 0)]]))).toThrow(
    'block 2 is not in the block table',
  );
  expect(readdirSync(directory).filter((name) => name.includes('broken'))).toEqual([]);
});

/** Reads a damaged copy in every way there is. @returns 'same', 'refused', or what came instead */
const outcome = (bytes: Uint8Array, original: readonly number[]): string => {
  const path = place('damaged');
  writeFileSync(path, bytes);
  try {
    const {words} = readAll(path);
    return words.length === original.length && words.every((word, index) => word === original[index])
      ? 'same'
      : 'other words';
  } catch (error) {
    return error instanceof InputError ? 'refused' : `crashed: ${error}`;
  }
};

test.each(RECORD_CODECS)('a flipped bit anywhere (codec %s) is refused or harmless, also when salvaging', (codec) => {
  const path = place(`flip-${codec}`);
  writeTrace(path, sourceOf([WORDS]), {codec});
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [0, 7]) {
      const damaged = Uint8Array.from(bytes);
      damaged[at]! ^= 1 << bit;
      expect([at, bit, outcome(damaged, WORDS)]).toEqual([at, bit, expect.stringMatching(/^(refused|same)$/)]);
      const salvaged = (() => {
        try {
          return readAll(place('damaged'), {salvage: true}).words;
        } catch (error) {
          if (error instanceof InputError) return [];
          throw error;
        }
      })();
      expect(salvaged.length === 0 || salvaged.join() === WORDS.join()).toBe(true);
    }
  }
});

test('a file cut off anywhere is refused', () => {
  writeTrace(place('cut'), sourceOf([WORDS]));
  const bytes = readFileSync(place('cut'));
  for (let length = 0; length < bytes.length; length++) {
    expect([length, outcome(bytes.subarray(0, length), WORDS)]).toEqual([length, 'refused']);
  }
});

test('random bytes behind correct checksums are refused or decoded, never a crash', () => {
  writeTrace(place('hostile'), sourceOf([WORDS]));
  const bytes = readFileSync(place('hostile'));
  const header = bytes.subarray(0, 12 + FRAME_BYTES + bytes.readUInt32LE(12 + 4));
  const count = Buffer.alloc(4);
  fc.assert(
    fc.property(
      fc.uint8Array({maxLength: 80}),
      fc.oneof(fc.integer({min: 1, max: 60}), fc.integer({min: 0, max: 0xffff_ffff})),
      fc.constantFrom(...CODECS),
      (body, words, codec) => {
        count.writeUInt32LE(words);
        const blocks = encodeSection(
          'blocks',
          'raw',
          Buffer.from(JSON.stringify({first: 0, blocks: [[0, 'a32', 4, 'branch', [['alu-shift', 1, 0, 0, 0, 0, 0]]]]})),
        );
        const records = encodeSection('records', codec, Buffer.concat([count, body]));
        const index = encodeSection(
          'index',
          'raw',
          Buffer.from(
            JSON.stringify({
              counts: {chunks: 1, blocks: 1, words, records: 1, instructions: 1, accesses: 0, events: 0},
              blocks: [header.length],
              chunks: [[header.length + blocks.length, 0, 1, 0, 1000]],
              markers: [],
            }),
          ),
        );
        const trailer = Buffer.alloc(12);
        trailer.writeBigUInt64LE(BigInt(header.length + blocks.length + records.length));
        trailer.writeUInt32LE(crc32(trailer.subarray(0, 8)), 8);
        writeFileSync(place('forged'), Buffer.concat([header, blocks, records, index, trailer, bytes.subarray(-8)]));
        let read = 0;
        try {
          read = readAll(place('forged')).words.length;
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
        }
        expect(read).toBeLessThanOrEqual(words);
      },
    ),
    {seed: 7, numRuns: 400},
  );
});

test('damage is named by chunk and byte, with what remains', () => {
  const path = place('torn');
  writeTrace(path, sourceOf([longWords(3)]));
  const size = readFileSync(path).length;
  const bytes = Buffer.from(readFileSync(path));
  const seconds = bytes.indexOf(Buffer.from([2, 2, 0, 0]), bytes.indexOf(Buffer.from([2, 2, 0, 0])) + 1);
  bytes[seconds + FRAME_BYTES + 3]! ^= 0xff;
  writeFileSync(path, bytes);
  const left = `the 1 chunk before (${3 * ROUNDS} instructions) can be salvaged with 'trapwalk trace validate --salvage'; or record it again with '${HEADER.command}'`;
  expect(() => readAll(path)).toThrow(
    `${path}:chunk 1, byte ${seconds}: damaged: its checksum does not match; ${left}`,
  );

  const file = openSync(path, 'r+');
  ftruncateSync(file, size - 4);
  closeSync(file);
  expect(() => openTrace(path)).toThrow(
    `${path}:chunk 1, byte ${seconds}: damaged: the file was cut off or never finished (its checksum does not match); ${left}`,
  );
  const salvaged = readAll(path, {salvage: true});
  expect(salvaged.counts).toMatchObject({chunks: 1, instructions: 3 * ROUNDS});
  expect(salvaged.words).toEqual(longWords(1));
});

test.each([
  ['not a trace', Buffer.from('hello, this is no trace at all'), 'is not a trapwalk trace'],
  ['empty', Buffer.alloc(0), 'is not a trapwalk trace'],
])('a file that is %s says so', (name, bytes, message) => {
  writeFileSync(place(name), bytes);
  expect(() => openTrace(place(name))).toThrow(message);
});

test('version 2 is read as it was written: it has fewer kinds of events', () => {
  const path = writeTasks(place('version-2'));
  const records = () =>
    withTrace(path, (trace) => ({tally: trace.counts, markers: trace.markers, chunk: trace.next()}));
  const before = records();
  asOlder(path, path, 2);
  expect(withTrace(path, ({version}) => version)).toBe(2);
  expect(records()).toEqual(before);
});

test('a later version is refused by its number; a directory and a missing file too', () => {
  writeTrace(place('later'), sourceOf([WORDS]));
  const bytes = readFileSync(place('later'));
  bytes.writeUInt16LE(5, 8);
  writeFileSync(place('later'), bytes);
  expect(() => openTrace(place('later'))).toThrow('has format version 5; this trapwalk reads 1, 2, 3, 4');
  expect(() => openTrace(directory)).toThrow('is not a regular file');
  expect(() => openTrace(place('none'))).toThrow('cannot read (no such file or directory)');
});
