/**
 * A part of a stored trace as a trace of its own: whole records, found by the index. What executed before it is told by a
 * `task-switch` at its start, and of a machine's stream by the translations that it holds there, so that addresses keep their
 * meaning; blocks that it does not execute are left out.
 */
import {InputError} from '../files/errors.ts';
import {type Block, MAX_BLOCKS} from './blocks.ts';
import {TraceBuffer} from './buffer.ts';
import {MOST_CHUNK_WORDS} from './container.ts';
import {EVENT_ID, type Marker} from './events.ts';
import {requireStream} from './one-stream.ts';
import type {StoredTrace} from './read.ts';
import {blockRecord, eventKind, eventPayload, recordAccesses, recordBlock} from './records.ts';
import type {TraceChunk, TraceHeader, TraceSource} from './source.ts';
import {FIRST_TASK, type MarkerPlace, sameTask, TASK_WORDS, Tally, type Task} from './tally.ts';
import {HeldTranslations} from './translations.ts';
import {isEvent, recordWords} from './walk.ts';

/** Numbers of instructions, from 0: the first that is wanted and the one behind the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const placeOf = (trace: StoredTrace, marker: Marker, markers: readonly MarkerPlace[]): number => {
  const found = markers.find((one) => one.marker === marker);
  if (found !== undefined) return found.instruction;
  const known = markers.map((one) => `'${one.marker}'`).join(', ');
  throw new InputError(`has no marker '${marker}'`, {
    file: trace.path,
    remedy: `${known === '' ? 'it has no markers: ' : `it has ${known}; `}give numbers of instructions`,
  });
};

/** The first marker of each kind; of a file of version 1, whose index does not name them, by reading all of it. */
export const findMarkers = (trace: StoredTrace): readonly MarkerPlace[] => {
  requireStream(trace);
  if (trace.markers !== undefined) return trace.markers;
  const tally = new Tally();
  trace.seek(0);
  for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next()) tally.add(chunk, trace.blocks);
  return tally.markers;
};

/** A bound as the user names it: an instruction's number, or a marker. */
export type Bound = number | Marker;

/** @throws InputError for a marker that is not there, for a range of nothing, and where several streams are read. */
export const findRange = (trace: StoredTrace, from: Bound, to: Bound | undefined): Range => {
  requireStream(trace);
  const {instructions} = trace.counts;
  const resolve = (bound: Bound): number =>
    typeof bound === 'number' ? bound : placeOf(trace, bound, findMarkers(trace));
  const range = {from: resolve(from), to: to === undefined ? instructions : resolve(to)};
  if (range.from < range.to && range.to <= instructions) return range;
  throw new InputError(`instructions ${range.from} to ${range.to} are no part of it`, {
    file: trace.path,
    remedy: `it has instructions 0 to ${instructions}`,
  });
};

/** Who executes the chunk whose first instruction has this number, where the index does not say: by reading what is before. */
const taskBefore = (trace: StoredTrace, instruction: number): Task => {
  const tally = new Tally();
  trace.seek(0);
  while (tally.instructions < instruction) tally.add(trace.next()!, trace.blocks);
  return tally.task;
};

/**
 * Markers bound what replay measures, so that one alone would mislead: they are kept when `begin` and `end` both lie in the
 * slice, and otherwise left out, all of them.
 */
const keepsMarkers = (trace: StoredTrace, {from, to}: Range): boolean => {
  const inside = findMarkers(trace).filter(({instruction}) => instruction >= from && instruction <= to);
  return ['begin', 'end'].every((name) => inside.some(({marker}) => marker === name));
};

export class TraceSlice implements TraceSource {
  readonly header: TraceHeader;
  readonly blocks: Block[] = [];
  /** What whole records make of the range that was asked for; known at the end. */
  readonly covered = {from: -1, to: -1};
  readonly keptMarkers: boolean;
  readonly #trace: StoredTrace;
  readonly #range: Range;
  /** Of the trace's blocks, their numbers here; -1 where they have none yet. */
  readonly #numbers: Int32Array;
  readonly #buffer: TraceBuffer;
  /** Of a machine's stream, before the slice. */
  readonly #held = new HeldTranslations();
  /** Of the next record of the trace. */
  #instruction: number;
  #task: Task;
  #started = false;
  #done = false;

  /** @param command makes the slice, where FILE stands for the trace that it is made of. */
  constructor(trace: StoredTrace, range: Range, command: string) {
    this.#trace = trace;
    this.#range = range;
    this.keptMarkers = keepsMarkers(trace, range);
    this.#numbers = new Int32Array(Math.min(MAX_BLOCKS, trace.blocks.length)).fill(-1);
    // The stream of one vCPU is a trace of one.
    this.header = {...trace.header, vcpus: 1, command: `${trace.header.command} && ${command}`};
    // Events before the first record may lie at the end of the chunk before it.
    const start = Math.max(0, range.from - 1);
    this.#instruction = trace.seek(start);
    this.#task = trace.task ?? taskBefore(trace, this.#instruction);
    // A chunk of the trace, and what is told before it.
    const told = trace.header.machine === undefined ? 0 : this.#holdUntil(this.#instruction);
    this.#buffer = new TraceBuffer(new Uint32Array(MOST_CHUNK_WORDS + 1 + TASK_WORDS + told));
    trace.seek(start);
  }

  /** Reads what the stream holds before the chunk of this instruction. @returns the words that tell it. */
  #holdUntil(instruction: number): number {
    const trace = this.#trace;
    for (let before = trace.seek(0); before < instruction; ) {
      const {words, length} = trace.next()!;
      for (let at = 0; at < length; at += recordWords(words[at]!)) {
        if (isEvent(words[at]!)) this.#held.read(words.subarray(at, at + recordWords(words[at]!)));
        else before += trace.blocks[recordBlock(words[at]!)]!.instructions.length;
      }
    }
    return [...this.#held.records()].reduce((sum, words) => sum + words.length, 0);
  }

  next(): TraceChunk | undefined {
    this.#buffer.clear();
    while (!this.#done && this.#buffer.length === 0) {
      const chunk = this.#trace.next();
      if (chunk === undefined) this.#done = true;
      else this.#take(chunk);
    }
    return this.#buffer.length === 0 ? undefined : this.#buffer;
  }

  #take({words, length}: TraceChunk): void {
    const {from, to} = this.#range;
    for (let at = 0; at < length && !this.#done; at += recordWords(words[at]!)) {
      if (isEvent(words[at]!)) this.#event(words, at);
      else {
        const block = this.#trace.blocks[recordBlock(words[at]!)]!;
        const next = this.#instruction + block.instructions.length;
        if (this.#instruction >= to) this.#done = true;
        else if (next > from) this.#execute(words, at, block, next);
        this.#instruction = next;
      }
    }
  }

  #execute(words: Uint32Array, at: number, block: Block, next: number): void {
    this.#start();
    if (this.covered.from < 0) this.covered.from = this.#instruction;
    this.covered.to = next;
    const id = block.id;
    if (this.#numbers[id]! < 0) {
      this.#numbers[id] = this.blocks.length;
      this.blocks.push({...block, id: this.blocks.length});
    }
    this.#put(blockRecord(this.#numbers[id]!, recordAccesses(words[at]!)));
    this.#copy(words, at + 1, at + recordWords(words[at]!));
  }

  /** An event belongs to the instruction before it; a marker at the start of the range belongs to the range. */
  #event(words: Uint32Array, at: number): void {
    const {from} = this.#range;
    const kind = eventKind(words[at]!);
    const isSwitch = kind === EVENT_ID['task-switch'] && eventPayload(words[at]!) === TASK_WORDS;
    if (isSwitch) this.#task = {space: words[at + 1]!, task: words[at + 2]!};
    if (!this.#started) this.#held.read(words.subarray(at, at + recordWords(words[at]!)));
    const isMarker = kind === EVENT_ID.marker;
    const isInside = this.#instruction > from || from === 0 || (isMarker && this.#instruction === from);
    // What a translation is told for comes behind it.
    const isForNext = this.#started && kind === EVENT_ID.translation;
    if (!(isInside || isForNext) || (isMarker && !this.keptMarkers)) return;
    // The first task, and what is translated how, is told by #start.
    if (!this.#started && (isSwitch || kind === EVENT_ID.translation)) return;
    this.#start();
    this.#copy(words, at, at + recordWords(words[at]!));
  }

  /** Before the first record. */
  #start(): void {
    if (this.#started) return;
    this.#started = true;
    if (!sameTask(this.#task, FIRST_TASK)) this.#buffer.event('task-switch', this.#task.space, this.#task.task);
    if (this.#trace.header.machine === undefined) return;
    for (const words of this.#held.records()) for (const word of words) this.#put(word);
  }

  #put(word: number): void {
    this.#buffer.words[this.#buffer.length++] = word;
  }

  #copy(words: Uint32Array, from: number, to: number): void {
    for (let at = from; at < to; at++) this.#put(words[at]!);
  }
}
