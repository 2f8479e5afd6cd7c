/** Stored traces of several chunks and tasks, for the tools that work on files. */
import {openSync, readFileSync, writeFileSync} from 'node:fs';
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

/** The index of version 4, as an older one wrote it. */
const OLDER_INDEX = {
  1: ({counts, blocks, chunks}: StoredIndex) => ({counts, blocks, chunks: chunks.map((chunk) => chunk.slice(0, 3))}),
  2: ({counts, blocks, chunks, markers}: StoredIndex) => ({
    counts,
    blocks,
    chunks: chunks.map((chunk) => chunk.slice(0, 5)),
    markers: markers.map((one) => one.slice(0, 2)),
  }),
} as const;
type StoredIndex = Readonly<Record<'counts' | 'blocks', unknown> & Record<'chunks' | 'markers', readonly unknown[][]>>;

/** The same file with another index. */
export const withIndex = (path: string, other: string, change: (index: StoredIndex) => object): string => {
  const bytes = Buffer.from(readFileSync(path));
  const trailer = bytes.subarray(-20);
  const at = Number(trailer.readBigUInt64LE(0));
  const index = JSON.parse(Buffer.from(readSection(openSync(path, 'r'), at, bytes.length).raw).toString());
  const section = encodeSection('index', 'brotli', Buffer.from(JSON.stringify(change(index))));
  writeFileSync(other, Buffer.concat([bytes.subarray(0, at), section, trailer]));
  return other;
};

/** The same file as an older version wrote its index: 1 without tasks and markers, 2 without vCPUs. */
export const asOlder = (path: string, older: string, version: 1 | 2): string => {
  withIndex(path, older, OLDER_INDEX[version]);
  const bytes = readFileSync(older);
  bytes.writeUInt16LE(version, 8);
  writeFileSync(older, bytes);
  return older;
};
