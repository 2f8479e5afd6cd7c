/**
 * Compares what two traces say, record by record. Blocks are the same when their contents are (address, instruction set,
 * instructions); their numbers, and where chunks begin, are no part of what a trace says.
 */
import type {Block, BlockTable} from './blocks.ts';
import {toBlockRow} from './container.ts';
import {recordAccesses, recordBlock} from './records.ts';
import type {TraceChunk, TraceHeader, TraceSource} from './source.ts';
import {recordLines} from './view.ts';
import {isEvent, recordWords} from './walk.ts';

export interface Side {
  readonly records: number;
  readonly instructions: number;
  readonly accesses: number;
}

export interface Difference {
  /** Number of the first record that differs, and the instructions before it. */
  readonly record: number;
  readonly instruction: number;
  /** Lines of records that both have before it. */
  readonly before: readonly string[];
  /** Lines of this record and those that follow; empty for a trace that ends here. */
  readonly first: readonly string[];
  readonly second: readonly string[];
}

export interface Comparison {
  /** Undefined when the records are the same. */
  readonly difference: Difference | undefined;
  /** Counts of all of both traces. */
  readonly first: Side;
  readonly second: Side;
  /** Keys whose values differ; they do not count as a difference. */
  readonly header: readonly (keyof TraceHeader)[];
}

/** Numbers blocks by what they are: those of both traces that are the same have the same number. */
class BlockNumbers {
  readonly #known = new Map<string, number>();

  of(block: Block): number {
    const key = JSON.stringify(toBlockRow(block));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#known.size);
    return this.#known.size - 1;
  }
}

/** A trace, a record at a time. */
class Cursor {
  readonly #source: TraceSource;
  readonly #numbers: BlockNumbers;
  readonly #onChunk: (words: number) => void;
  readonly #blocks: number[] = [];
  #chunk: TraceChunk = {words: new Uint32Array(0), length: 0};
  #firstRecord = 0;
  #record = 0;
  #at = 0;
  #instructions = 0;
  #accesses = 0;
  #ended = false;

  constructor(source: TraceSource, numbers: BlockNumbers, onChunk: (words: number) => void) {
    this.#source = source;
    this.#numbers = numbers;
    this.#onChunk = onChunk;
  }

  get side(): Side {
    return {records: this.#record, instructions: this.#instructions, accesses: this.#accesses};
  }

  /** Is there another record? */
  ready(): boolean {
    while (!this.#ended && this.#at >= this.#chunk.length) {
      const next = this.#source.next();
      if (next === undefined) {
        this.#ended = true;
        return false;
      }
      this.#onChunk(next.length);
      this.#chunk = next;
      this.#at = 0;
      this.#firstRecord = this.#record;
      const {blocks} = this.#source;
      while (this.#blocks.length < blocks.length) this.#blocks.push(this.#numbers.of(blocks[this.#blocks.length]!));
    }
    return !this.#ended;
  }

  step(): void {
    const head = this.#chunk.words[this.#at]!;
    if (!isEvent(head)) {
      this.#instructions += this.#source.blocks[recordBlock(head)]!.instructions.length;
      this.#accesses += recordAccesses(head);
    }
    this.#record++;
    this.#at += recordWords(head);
  }

  equals(other: Cursor): boolean {
    const [a, b] = [this.#chunk.words, other.#chunk.words];
    const [headA, headB] = [a[this.#at]!, b[other.#at]!];
    const sameHead =
      isEvent(headA) || isEvent(headB)
        ? headA === headB
        : recordAccesses(headA) === recordAccesses(headB) &&
          this.#blocks[recordBlock(headA)] === other.#blocks[recordBlock(headB)];
    if (!sameHead) return false;
    for (let word = 1; word < recordWords(headA); word++) {
      if (a[this.#at + word] !== b[other.#at + word]) return false;
    }
    return true;
  }

  /** Lines of the last records before this one, `count` of them or as many as its chunk has. */
  before(count: number): string[] {
    const first = Math.max(this.#firstRecord, this.#record - count);
    let number = this.#firstRecord;
    const lines: string[] = [];
    for (let at = 0; at < this.#at; at += recordWords(this.#chunk.words[at]!), number++) {
      if (number >= first) lines.push(...this.#lines(at, number));
    }
    return lines;
  }

  /** Lines of this record and the next; steps over them. */
  take(count: number): string[] {
    const lines: string[] = [];
    for (let taken = 0; taken < count && this.ready(); taken++) {
      lines.push(...this.#lines(this.#at, this.#record));
      this.step();
    }
    return lines;
  }

  #lines(at: number, number: number): Iterable<string> {
    const {words} = this.#chunk;
    const blocks: BlockTable = this.#source.blocks;
    return recordLines(words.subarray(at, at + recordWords(words[at]!)), number, blocks);
  }
}

export interface DiffOptions {
  /** Records shown on either side of the first difference. */
  readonly context: number;
  /** Hears of each chunk read. */
  readonly onChunk?: (words: number) => void;
}

/** Runs both to their ends. */
export const diffTraces = (
  first: TraceSource,
  second: TraceSource,
  {context, onChunk = () => {}}: DiffOptions,
): Comparison => {
  const numbers = new BlockNumbers();
  const [a, b] = [first, second].map((source) => new Cursor(source, numbers, onChunk)) as [Cursor, Cursor];
  let difference: Difference | undefined;
  for (;;) {
    const [hasA, hasB] = [a.ready(), b.ready()];
    if (!hasA && !hasB) break;
    if (!hasA || !hasB || !a.equals(b)) {
      const {records: record, instructions: instruction} = a.side;
      const before = (hasA ? a : b).before(context);
      difference = {record, instruction, before, first: a.take(context + 1), second: b.take(context + 1)};
      break;
    }
    a.step();
    b.step();
  }
  for (const rest of [a, b]) while (rest.ready()) rest.step();
  const keys = ['guest', 'command', 'guestHash', 'isa', 'endianness', 'vcpus', 'importedFrom', 'machine'] as const;
  const header = keys.filter((key) => JSON.stringify(first.header[key]) !== JSON.stringify(second.header[key]));
  return {difference, first: a.side, second: b.side, header};
};
