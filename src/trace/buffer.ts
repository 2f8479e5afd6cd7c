/** The buffer that an emulator appends records to. Fields are public because every access of the guest goes through them. */
import {MAX_BLOCK_INSTRUCTIONS} from './blocks.ts';
import {ACCESS_WORDS, EVENT_FLAG, EVENT_ID, type EventKind} from './records.ts';
import type {TraceChunk} from './source.ts';

/** The longest record: a block whose every instruction makes an access, and an event behind it. */
const LONGEST_RECORD_WORDS = 1 + MAX_BLOCK_INSTRUCTIONS * ACCESS_WORDS + 16;

export class TraceBuffer implements TraceChunk {
  readonly words: Uint32Array;
  length = 0;
  /** When `length` exceeds this, hand the chunk over before executing another block. */
  readonly high: number;

  constructor(capacityWords = 1 << 16) {
    this.words = new Uint32Array(capacityWords);
    this.high = capacityWords - LONGEST_RECORD_WORDS;
  }

  event(kind: EventKind, ...payload: readonly number[]): void {
    this.words[this.length++] = (EVENT_FLAG | (EVENT_ID[kind] << 16) | payload.length) >>> 0;
    for (const word of payload) this.words[this.length++] = word >>> 0;
  }

  clear(): void {
    this.length = 0;
  }
}
