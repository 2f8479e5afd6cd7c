/**
 * Distinct lines of 64 bytes that a machine's kernel touches for one unit of work: code that executes at PL1, and data that it
 * accesses. The measured part is cut into windows of one unit's instructions; the figures are means over whole windows.
 */
import type {BlockTable} from '../trace/blocks.ts';
import {EVENT_ID, MARKER_ID} from '../trace/events.ts';
import {
  ACCESS_WORDS,
  accessKind,
  accessSize,
  eventKind,
  PREFETCH,
  recordAccesses,
  recordBlock,
} from '../trace/records.ts';
import type {TraceChunk} from '../trace/source.ts';
import {isEvent, recordWords} from '../trace/walk.ts';

const LINE_SHIFT = 6;
const PAGE_LINE_SHIFT = 6;
const LINES_PER_PAGE = 2 ** PAGE_LINE_SHIFT;
const PAGES = 2 ** 20;
const USER_MODE = 0x10;

/** Which lines of virtual addresses were met in the window that runs. */
class LineSet {
  /** Count of the window. */
  count = 0;
  #window = 1;
  readonly #pages: (Uint32Array | undefined)[] = new Array(PAGES);

  add(first: number, last: number): void {
    for (let line = first; line <= last; line++) {
      const page = line >>> PAGE_LINE_SHIFT;
      const lines = this.#pages[page] ?? new Uint32Array(LINES_PER_PAGE);
      this.#pages[page] = lines;
      if (lines[line % LINES_PER_PAGE] === this.#window) continue;
      lines[line % LINES_PER_PAGE] = this.#window;
      this.count++;
    }
  }

  clear(): void {
    this.#window++;
    this.count = 0;
  }
}

export interface KernelFootprint {
  readonly windows: number;
  /** Lines a window. */
  readonly codeLines: number;
  readonly dataLines: number;
  /** Share of the instructions at PL1, of those whose level is known: from the first event on that tells it. */
  readonly kernelShare: number;
}

const lineOf = (address: number): number => address >>> LINE_SHIFT;

export class FootprintTally {
  readonly #blocks: BlockTable;
  readonly #windowInstructions: number;
  readonly #code = new LineSet();
  readonly #data = new LineSet();
  #windows = 0;
  #codeLines = 0;
  #dataLines = 0;
  #inWindow = 0;
  /** Undefined until an event tells. */
  #isKernel: boolean | undefined;
  readonly #instructions = {kernel: 0, user: 0};
  #isOver = false;

  /** @throws RangeError for a window of less than an instruction. */
  constructor(blocks: BlockTable, windowInstructions: number) {
    if (!(windowInstructions >= 1)) throw new RangeError(`a window of ${windowInstructions} instructions`);
    this.#blocks = blocks;
    this.#windowInstructions = windowInstructions;
  }

  consume({words, length}: TraceChunk): void {
    for (let at = 0; at < length && !this.#isOver; at += recordWords(words[at]!)) {
      if (isEvent(words[at]!)) this.#event(words, at);
      else this.#block(words, at);
    }
  }

  get result(): KernelFootprint {
    const {kernel, user} = this.#instructions;
    return {
      windows: this.#windows,
      codeLines: this.#codeLines / this.#windows,
      dataLines: this.#dataLines / this.#windows,
      kernelShare: kernel / (kernel + user),
    };
  }

  #event(words: Uint32Array, at: number): void {
    const kind = eventKind(words[at]!);
    if (kind === EVENT_ID['exception-entry']) this.#isKernel = true;
    else if (kind === EVENT_ID['exception-return']) this.#isKernel = words[at + 2] !== USER_MODE;
    else if (kind === EVENT_ID.marker) this.#marker(words[at + 1]!);
  }

  #marker(marker: number): void {
    if (marker === MARKER_ID.end) this.#isOver = true;
    if (marker !== MARKER_ID.begin) return;
    this.#begin();
    this.#windows = 0;
    this.#codeLines = 0;
    this.#dataLines = 0;
    Object.assign(this.#instructions, {kernel: 0, user: 0});
  }

  #begin(): void {
    this.#inWindow = 0;
    this.#code.clear();
    this.#data.clear();
  }

  #block(words: Uint32Array, at: number): void {
    const head = words[at]!;
    const {address, size, instructions} = this.#blocks[recordBlock(head)]!;
    const count = instructions.length;
    if (this.#isKernel === true) {
      this.#instructions.kernel += count;
      this.#code.add(lineOf(address), lineOf(address + size - 1));
      const end = at + 1 + recordAccesses(head) * ACCESS_WORDS;
      for (let access = at + 1; access < end; access += ACCESS_WORDS) this.#access(words[access]!, words[access + 1]!);
    } else if (this.#isKernel === false) this.#instructions.user += count;
    this.#inWindow += count;
    if (this.#inWindow < this.#windowInstructions) return;
    this.#windows++;
    this.#codeLines += this.#code.count;
    this.#dataLines += this.#data.count;
    this.#begin();
  }

  #access(address: number, meta: number): void {
    if (accessKind(meta) !== PREFETCH) this.#data.add(lineOf(address), lineOf(address + accessSize(meta) - 1));
  }
}
