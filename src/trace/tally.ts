/** What a run of records amounts to: counts, the task that executes behind them, the markers in them. */
import type {BlockTable} from './blocks.ts';
import type {SoundChunk} from './decoder.ts';
import {EVENT_KINDS, MARKERS, type Marker} from './events.ts';
import {eventKind, eventPayload, recordAccesses, recordBlock} from './records.ts';
import type {TraceChunk} from './source.ts';
import {isEvent, recordWords} from './walk.ts';

/** Who executes: an address means the same memory only within one space. */
export interface Task {
  readonly space: number;
  readonly task: number;
}

/** In which a trace begins. */
export const FIRST_TASK: Task = {space: 0, task: 1000};

/** Words of the payload of a `task-switch`. */
export const TASK_WORDS = 2;

/** A marker, and the instructions before it. */
export interface MarkerPlace {
  readonly marker: Marker;
  readonly instruction: number;
}

/** What is counted of records. */
export interface RecordCounts {
  readonly words: number;
  readonly records: number;
  /** Executed, conditional ones that fail included. */
  readonly instructions: number;
  readonly accesses: number;
  readonly events: number;
}

export const sameTask = (a: Task, b: Task): boolean => a.space === b.space && a.task === b.task;

/** Grows chunk by chunk. */
export class Tally {
  words = 0;
  records = 0;
  /** Executed, conditional ones that fail included. */
  instructions = 0;
  accesses = 0;
  events = 0;
  task = FIRST_TASK;
  /** The first of each kind. */
  readonly markers: MarkerPlace[] = [];

  /** @throws RangeError when records are not whole or name unknown blocks. */
  add({words, length}: TraceChunk, blocks: BlockTable): void {
    let at = 0;
    while (at < length) {
      const head = words[at]!;
      this.records++;
      const end = at + recordWords(head);
      if (end > length) throw new RangeError('a record is longer than its chunk');
      if (isEvent(head)) this.#event(words, at);
      else {
        const block = blocks[recordBlock(head)];
        if (block === undefined) throw new RangeError(`block ${recordBlock(head)} is not in the block table`);
        this.instructions += block.instructions.length;
        this.accesses += recordAccesses(head);
      }
      at = end;
    }
    this.words += length;
  }

  /** Of a chunk that was decoded and found whole, what follows from that: not its accesses, nor where markers stand. */
  addSound({words, length, instructions, records, events}: SoundChunk): void {
    for (const at of events) this.#task(words, at);
    this.events += events.length;
    this.instructions += instructions;
    this.records += records;
    this.words += length;
  }

  #task(words: Uint32Array, at: number): void {
    const head = words[at]!;
    if (EVENT_KINDS[eventKind(head)] === 'task-switch' && eventPayload(head) === TASK_WORDS)
      this.task = {space: words[at + 1]!, task: words[at + 2]!};
  }

  #event(words: Uint32Array, at: number): void {
    this.events++;
    this.#task(words, at);
    const kind = EVENT_KINDS[eventKind(words[at]!)];
    const payload = eventPayload(words[at]!);
    if (kind !== 'marker' || payload === 0) return;
    const marker = MARKERS[words[at + 1]!];
    if (marker === undefined || this.markers.some((one) => one.marker === marker)) return;
    this.markers.push({marker, instruction: this.instructions});
  }

  get counts(): RecordCounts {
    const {words, records, instructions, accesses, events} = this;
    return {words, records, instructions, accesses, events};
  }
}
