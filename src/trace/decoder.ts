/**
 * Decodes chunks by WebAssembly (kernel/decode.ts, checked in as kernel/decode.wasm), several times faster than
 * {@link ColumnDecoder}, which is its oracle; what is unusual is left to that.
 */
import {readFileSync} from 'node:fs';
import {packagePath} from '../files/paths.ts';
import type {BlockTable} from './blocks.ts';
import * as layout from './decoder-layout.ts';
import {EVENT_CHOICES, EVENT_FIELDS, EVENT_KINDS} from './events.ts';
import type {TraceChunk} from './source.ts';

const WASM_PAGE = 2 ** 16;

let compiled: WebAssembly.Module | undefined;
const decoderModule = (): WebAssembly.Module => {
  compiled ??= new WebAssembly.Module(readFileSync(packagePath('kernel', 'decode.wasm')));
  return compiled;
};

type Decode = (bytes: number, length: number, blocks: number, number: number) => number;

/** Records that keep the rules, the order of markers aside. */
export interface SoundChunk extends TraceChunk {
  readonly instructions: number;
  readonly records: number;
  /** Where events stand among the words. */
  readonly events: Int32Array;
}

export class Decoder {
  readonly #blocks: number;
  readonly #bytes: Uint8Array;
  readonly #numbers: Int32Array;
  readonly #words: Uint32Array;
  readonly #decode: Decode;
  #chunk = 0;

  /** @param blocks all that the chunks name. */
  constructor(blocks: BlockTable) {
    this.#blocks = blocks.length;
    const lengths = layout.DICTIONARY + blocks.length * layout.NUMBERED_BYTES;
    const memory = new WebAssembly.Memory({initial: Math.ceil((lengths + blocks.length) / WASM_PAGE)});
    const {buffer} = memory;
    this.#bytes = new Uint8Array(buffer);
    this.#numbers = new Int32Array(buffer);
    this.#words = new Uint32Array(buffer, layout.WORDS, layout.DECODED_WORDS);
    for (const [id, {instructions}] of blocks.entries()) this.#bytes[lengths + id] = instructions.length;
    this.#numbers[layout.KINDS / 4] = EVENT_KINDS.length;
    for (const [kind, name] of EVENT_KINDS.entries()) {
      this.#bytes[layout.PAYLOAD_WORDS + kind] = EVENT_FIELDS[name].length;
      // Whoever checks the order of markers checks which they are.
      this.#bytes[layout.CHOICES + kind] = name === 'marker' ? 0 : (EVENT_CHOICES[name]?.length ?? 0);
    }
    const {exports} = new WebAssembly.Instance(decoderModule(), {env: {memory}});
    this.#decode = exports.decode as Decode;
  }

  /** `length` words of `columns`, overwritten by the next; undefined for what is unusual. */
  decode(columns: Uint8Array, length: number): SoundChunk | undefined {
    if (length > layout.DECODED_WORDS || columns.length > layout.MOST_COLUMN_BYTES) return undefined;
    this.#bytes.set(columns, layout.COLUMNS);
    if (this.#decode(columns.length, length, this.#blocks, ++this.#chunk) === 0) return undefined;
    const count = (offset: number): number => this.#numbers[offset / 4]!;
    const first = layout.EVENT_LIST / 4;
    return {
      words: this.#words,
      length,
      instructions: count(layout.INSTRUCTIONS),
      records: count(layout.RECORDS),
      events: this.#numbers.subarray(first, first + count(layout.EVENTS)),
    };
  }
}
