/** What a stream uses without having announced how it is translated: nothing, where the recorder keeps its word. */
import type {BlockTable} from '../../../src/trace/blocks.ts';
import {EVENT_KINDS, TLB_OPERATIONS} from '../../../src/trace/events.ts';
import {ACCESS_WORDS, accessKind, accessSize, eventKind, PREFETCH, recordBlock} from '../../../src/trace/records.ts';
import {isEvent, recordWords} from '../../../src/trace/walk.ts';

const GLOBAL = 'global';
const PAGE = 4096;

/** Translations page by page: slow, and plain. */
export class Coverage {
  readonly uncovered: string[] = [];
  #space = 0;
  /** By page, the spaces that have it. */
  readonly #pages = new Map<number, Set<number | string>>();
  /** By page, space and size of what announced it, to forget all of it. */
  readonly #blocks = new Map<string, {readonly first: number; readonly count: number}>();

  read(words: Uint32Array, length: number, blocks: BlockTable): void {
    for (let at = 0; at < length; at += recordWords(words[at]!)) {
      if (isEvent(words[at]!)) this.#event(words.subarray(at, at + recordWords(words[at]!)));
      else this.#execute(words.subarray(at, at + recordWords(words[at]!)), blocks);
    }
  }

  #execute(record: Uint32Array, blocks: BlockTable): void {
    const {address, size} = blocks[recordBlock(record[0]!)]!;
    this.#use('code', address, size);
    for (let at = 1; at < record.length; at += ACCESS_WORDS) {
      const meta = record[at + 1]!;
      if (accessKind(meta) !== PREFETCH) this.#use('data', record[at]!, accessSize(meta));
    }
  }

  #use(what: string, address: number, size: number): void {
    for (let page = Math.floor(address / PAGE); page <= Math.floor((address + size - 1) / PAGE); page++) {
      const spaces = this.#pages.get(page);
      if (spaces?.has(GLOBAL) || spaces?.has(this.#space)) continue;
      this.uncovered.push(`${what} at 0x${address.toString(16)} in space ${this.#space}`);
    }
  }

  #event(words: Uint32Array): void {
    const [kind, [, first, second, third]] = [EVENT_KINDS[eventKind(words[0]!)]!, words as unknown as number[]];
    if (kind === 'task-switch') this.#space = first!;
    else if (kind === 'translation') this.#announce((third! & 64) === 0 ? first! : GLOBAL, second!, 2 ** (third! & 63));
    else if (kind === 'tlb-maintenance') this.#forget(TLB_OPERATIONS[first!]!, second!, third!);
  }

  #announce(space: number | string, address: number, size: number): void {
    const first = address / PAGE;
    this.#blocks.set(`${space} ${first} ${size}`, {first, count: size / PAGE});
    for (let page = first; page < first + size / PAGE; page++) {
      const spaces = this.#pages.get(page) ?? new Set();
      this.#pages.set(page, spaces.add(space));
    }
  }

  #forget(operation: (typeof TLB_OPERATIONS)[number], space: number, address: number): void {
    const page = address / PAGE;
    for (const [key, {first, count}] of this.#blocks) {
      const owner = key.split(' ')[0]!;
      const isOwn = owner === String(space);
      const holds = page >= first && page < first + count;
      const matches = {
        all: true,
        space: isOwn,
        pages: holds && (isOwn || owner === GLOBAL),
        'pages-of-all': holds,
      }[operation];
      if (!matches) continue;
      this.#blocks.delete(key);
      for (let one = first; one < first + count; one++)
        this.#pages.get(one)?.delete(owner === GLOBAL ? GLOBAL : Number(owner));
    }
  }
}
