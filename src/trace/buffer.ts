/** The buffer that an emulator appends records to. Fields are public because every access of the guest goes through them. */
import {EVENT_ID, type EventKind} from './events.ts';
import {ACCESS_WORDS, EVENT_FLAG, MOST_ACCESSES} from './records.ts';
import type {TraceChunk} from './source.ts';

/** The longest record: a block with all the accesses that it can have, and an event behind it. */
export const LONGEST_RECORD_WORDS = 1 + MOST_ACCESSES * ACCESS_WORDS + 16;

export class TraceBuffer implements TraceChunk {
  declare readonly words: Uint32Array;
  /** When `length` exceeds this, hand the chunk over before executing another block. */
  readonly high: number;
  /** One word: the length. It lies beside the records when translated code writes them too. */
  declare readonly cursor: Int32Array;

  /** @param reserve words that the producer may append after its last look at the length. */
  constructor(
    words: Uint32Array = new Uint32Array(1 << 16),
    cursor: Int32Array = new Int32Array(1),
    reserve = LONGEST_RECORD_WORDS,
  ) {
    this.words = words;
    this.cursor = cursor;
    this.high = words.length - reserve;
  }

  /** Words in use. */
  get length(): number {
    return this.cursor[0]!;
  }
  set length(value: number) {
    this.cursor[0] = value;
  }

  event(kind: EventKind, ...payload: readonly number[]): void {
    this.words[this.length++] = (EVENT_FLAG | (EVENT_ID[kind] << 16) | payload.length) >>> 0;
    for (const word of payload) this.words[this.length++] = word >>> 0;
  }

  clear(): void {
    this.length = 0;
  }
}
