/** Stored traces of several chunks and tasks, for the tools that work on files. */
import {openSync, readFileSync, writeFileSync} from 'node:fs';
import {crc32} from 'node:zlib';
import {PACKINGS} from '../../src/trace/container.ts';
import {MARKER_ID} from '../../src/trace/events.ts';
import {openTrace, type StoredTrace} from '../../src/trace/read.ts';
import {accessMeta, blockRecord, eventRecord, READ, WRITE} from '../../src/trace/records.ts';
import {encodeSection, readSection} from '../../src/trace/section.ts';
import {writeTrace} from '../../src/trace/write.ts';
import {sourceOf} from './small-trace.ts';

export const withTrace = <T>(path: string, use: (trace: StoredTrace) => T): T => {
  const trace = openTrace(path);
  try {
    return use(trace);
  } finally {
    trace.close();
  }
};

/** A round of the copy loop: 5 words, 3 instructions. */
export const ROUND_WORDS = 5;
export const ROUND_INSTRUCTIONS = 3;
const round = (number: number): number[] => [
  blockRecord(0, 2),
  0x2_0000 + 4 * number,
  accessMeta(4, READ, 0),
  0x8_0000 + 4 * number,
  accessMeta(4, WRITE, 1),
];
export const marker = (name: keyof typeof MARKER_ID): number[] => [eventRecord('marker', 1), MARKER_ID[name]];
export const taskSwitch = (space: number, task: number): number[] => [eventRecord('task-switch', 2), space, task];

/** `count` rounds from number `first`. */
export const rounds = (first: number, count: number): number[] =>
  Array.from({length: count}, (_, index) => round(first + index)).flat();

/** More than a chunk holds. */
export const CHUNKFUL = Math.ceil(PACKINGS.fast.chunkWords / ROUND_WORDS);

/** Three chunks: begin, a switch to task 1001 in space 1 within the second, end at its end, and a return of 2 instructions. */
export const TASK_WORDS: readonly number[] = [
  ...marker('warm'),
  ...rounds(0, 10),
  ...marker('begin'),
  ...rounds(10, CHUNKFUL),
  ...taskSwitch(1, 1001),
  ...rounds(CHUNKFUL + 10, CHUNKFUL),
  ...marker('end'),
  blockRecord(1, 0),
];

export const writeTasks = (path: string): string => {
  writeTrace(path, sourceOf([TASK_WORDS]));
  return path;
};

/** The same file as version 1 wrote it: without tasks and markers in its index. */
export const asVersion1 = (path: string, older: string): string => {
  const bytes = Buffer.from(readFileSync(path));
  bytes.writeUInt16LE(1, 8);
  const trailer = bytes.subarray(-20);
  const at = Number(trailer.readBigUInt64LE(0));
  const index = JSON.parse(Buffer.from(readSection(openSync(path, 'r'), at, bytes.length).raw).toString());
  const {counts, blocks, chunks} = index;
  const section = encodeSection(
    'index',
    'brotli',
    Buffer.from(JSON.stringify({counts, blocks, chunks: chunks.map((chunk: number[]) => chunk.slice(0, 3))})),
  );
  trailer.writeUInt32LE(crc32(trailer.subarray(0, 8)), 8);
  writeFileSync(older, Buffer.concat([bytes.subarray(0, at), section, trailer]));
  return older;
};
