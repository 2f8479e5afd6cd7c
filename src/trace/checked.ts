/** A stored trace whose records are checked as they are read: what replays them believes them. */
import {InputError} from '../files/errors.ts';
import {TraceChecker, type Violation} from './check.ts';
import type {SoundChunk} from './decoder.ts';
import {EVENT_ID} from './events.ts';
import type {StoredTrace} from './read.ts';
import {eventKind} from './records.ts';
import type {TraceChunk} from './source.ts';

/** `next` throws an InputError that names the first rule a record breaks. */
export const checked = (trace: StoredTrace): StoredTrace => {
  const checker = new TraceChecker(trace.blocks);
  let from = 0;
  return {
    path: trace.path,
    header: trace.header,
    counts: trace.counts,
    vcpuCounts: trace.vcpuCounts,
    blocks: trace.blocks,
    version: trace.version,
    vcpu: trace.vcpu,
    markers: trace.markers,
    allMarkers: trace.allMarkers,
    get sound() {
      return trace.sound;
    },
    get task() {
      return trace.task;
    },
    next: () => {
      const chunk = trace.next();
      if (chunk !== undefined) refuse(trace.path, violationIn(chunk, trace.sound, checker), from);
      return chunk;
    },
    seek: (instruction) => {
      from = trace.seek(instruction);
      checker.record = 0;
      return from;
    },
    close: () => trace.close(),
  };
};

const NOTHING: TraceChunk = {words: new Uint32Array(0), length: 0};

/** Only the order of markers is left to check in a chunk that is sound. */
const violationIn = (
  chunk: TraceChunk,
  sound: SoundChunk | undefined,
  checker: TraceChecker,
): Violation | undefined => {
  const hasMarker = sound?.events.some((at) => eventKind(sound.words[at]!) === EVENT_ID.marker);
  if (sound === undefined || hasMarker) return checker.first(chunk);
  const inBlocks = checker.first(NOTHING);
  checker.record += sound.records;
  return inBlocks;
};

const refuse = (path: string, found: Violation | undefined, from: number): void => {
  if (found === undefined) return;
  const record = from === 0 ? `record ${found.record}` : `record ${found.record} behind instruction ${from}`;
  throw new InputError(`breaks rule '${found.rule}': ${found.message}`, {
    file: path,
    place: found.record < 0 ? 'block table' : record,
    remedy: `'trapwalk trace validate ${path}' lists the rest; record it again`,
  });
};
