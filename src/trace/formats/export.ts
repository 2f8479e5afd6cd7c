/** A trace as a file of another format, instruction by instruction. */
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {setImmediate} from 'node:timers/promises';
import {createGzip} from 'node:zlib';
import {InputError} from '../../files/errors.ts';
import {AtomicFile} from '../../files/write.ts';
import {type Block, isUnknown} from '../blocks.ts';
import {EVENT_KINDS} from '../events.ts';
import {
  ACCESS_WORDS,
  accessExclusive,
  accessKind,
  accessSize,
  accessSlot,
  eventKind,
  PREFETCH,
  recordBlock,
} from '../records.ts';
import type {TraceSource} from '../source.ts';
import {isEvent, recordWords} from '../walk.ts';
import {isNameless} from './builder.ts';
import {type ChangeCounts, EVENT_CHANGES} from './changes.ts';
import type {ExportedAccess, ExportedInstruction, Writer} from './format.ts';

/** Bytes that are collected before they are handed on. */
const BATCH = 2 ** 18;

/** Where each instruction of a block is. Of a block that mixes 16 and 32 bits, the trace knows only how many there are of each. */
interface Layout {
  readonly offsets: readonly number[];
  readonly isExact: boolean;
}

const layoutOf = ({instructions, size}: Block): Layout => {
  const count = instructions.length;
  const offsets = Array.from({length: count + 1}, (_, index) => 2 * Math.floor((index * size) / 2 / count));
  return {offsets, isExact: size === 2 * count || size === 4 * count};
};

class Walk {
  readonly #source: TraceSource;
  readonly #write: Writer;
  readonly #changes: ChangeCounts;
  readonly #layouts: Layout[] = [];
  /** The block executed last: it is written when the next is known. */
  readonly #pending: number[] = [];
  #parts: (string | Uint8Array)[] = [];
  #bytes = 0;

  constructor(source: TraceSource, write: Writer, changes: ChangeCounts) {
    this.#source = source;
    this.#write = write;
    this.#changes = changes;
  }

  *run(onChunk: (words: number) => void): Generator<Buffer> {
    const {blocks} = this.#source;
    for (let chunk = this.#source.next(); chunk !== undefined; chunk = this.#source.next()) {
      const {words, length} = chunk;
      onChunk(length);
      for (let at = 0; at < length; at += recordWords(words[at]!)) {
        if (isEvent(words[at]!)) {
          const kind = EVENT_KINDS[eventKind(words[at]!)];
          if (kind !== undefined) this.#changes.add(EVENT_CHANGES[kind]);
          continue;
        }
        this.#flush(blocks[recordBlock(words[at]!)]!.address);
        for (let word = at; word < at + recordWords(words[at]!); word++) this.#pending.push(words[word]!);
        if (this.#bytes >= BATCH) yield this.#take();
      }
    }
    this.#flush(undefined);
    if (this.#bytes > 0) yield this.#take();
  }

  #flush(next: number | undefined): void {
    if (this.#pending.length === 0) return;
    const block = this.#source.blocks[recordBlock(this.#pending[0]!)]!;
    const accesses = this.#accesses();
    if (isUnknown(block)) {
      const address = isNameless(block) ? undefined : block.address;
      const all = accesses.map(([, access]) => access);
      const {size: length, end} = block;
      this.#put({address, length, operands: block.instructions[0]!, end, next, accesses: all});
    } else this.#instructions(block, accesses, next);
    this.#pending.length = 0;
  }

  #instructions(
    block: Block,
    accesses: readonly (readonly [slot: number, access: ExportedAccess])[],
    next: number | undefined,
  ): void {
    this.#layouts[block.id] ??= layoutOf(block);
    const {offsets, isExact} = this.#layouts[block.id]!;
    if (!isExact) this.#changes.add('placed', block.instructions.length);
    let access = 0;
    for (const [slot, operands] of block.instructions.entries()) {
      const isLast = slot === block.instructions.length - 1;
      const own = accesses[access]?.[0] === slot ? [accesses[access++]![1]] : [];
      this.#put({
        address: block.address + offsets[slot]!,
        length: offsets[slot + 1]! - offsets[slot]!,
        operands,
        end: isLast ? block.end : 'fall-through',
        next: isLast ? next : block.address + offsets[slot + 1]!,
        accesses: own,
      });
    }
  }

  /** Of the pending record, each with its slot. */
  #accesses(): readonly (readonly [slot: number, access: ExportedAccess])[] {
    const found: [number, ExportedAccess][] = [];
    for (let at = 1; at < this.#pending.length; at += ACCESS_WORDS) {
      const [address, meta] = [this.#pending[at]!, this.#pending[at + 1]!];
      const kind = accessKind(meta);
      if (kind === PREFETCH) this.#changes.add('prefetches');
      else found.push([accessSlot(meta), {kind, address, size: accessSize(meta)}]);
      if (accessExclusive(meta) === 1) this.#changes.add('exclusives');
    }
    return found;
  }

  #put(instruction: ExportedInstruction): void {
    const written = this.#write(instruction, this.#changes);
    this.#parts.push(written);
    this.#bytes += written.length;
  }

  #take(): Buffer {
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    // A format is all text or all bytes.
    return typeof parts[0] === 'string'
      ? Buffer.from(parts.join(''), 'latin1')
      : Buffer.concat(parts as readonly Uint8Array[]);
  }
}

export interface ExportOptions {
  readonly signal: AbortSignal;
  readonly changes: ChangeCounts;
  readonly onChunk?: (words: number) => void;
}

/** The bytes of `source` in a format, some at a time. `source` must keep the rules of `checkTrace`. */
export const exportBytes = (
  source: TraceSource,
  write: Writer,
  changes: ChangeCounts,
  onChunk: (words: number) => void = () => {},
): Generator<Buffer> => new Walk(source, write, changes).run(onChunk);

/** Packs by the end of its name. @throws InputError when `path` cannot be written, or names a packing that trapwalk lacks. */
export const exportTrace = async (
  path: string,
  source: TraceSource,
  write: Writer,
  {signal, changes, onChunk}: ExportOptions,
): Promise<number> => {
  if (/\.(xz|zst|bz2)$/.test(path)) {
    throw new InputError('trapwalk packs with gzip only', {
      file: path,
      remedy: 'name a file without this ending (or with .gz) and pack it yourself',
    });
  }
  const file = new AtomicFile(path);
  const store = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      file.write(chunk);
      // Signals are heard between two turns of the event loop only.
      await setImmediate();
      signal.throwIfAborted();
    }
  };
  try {
    const bytes = Readable.from(exportBytes(source, write, changes, onChunk), {objectMode: false});
    await (path.endsWith('.gz') ? pipeline(bytes, createGzip(), store) : pipeline(bytes, store));
    file.commit();
    return file.size;
  } catch (error) {
    file.discard();
    throw error;
  }
};
