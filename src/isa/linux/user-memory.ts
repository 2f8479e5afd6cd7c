/** What system calls read and write of the current task's memory. Everything that is not there is EFAULT. */
import type {Memory} from '../memory/memory.ts';
import {fail} from './errno.ts';

const LONGEST_PATH = 4096;
const PAGE_MASK = 0xfff;
const decoder = new TextDecoder('latin1');

/** Names are bytes: each byte is a character here, so that any name survives. */
export const bytesOfName = (name: string): Uint8Array => Buffer.from(name, 'latin1');

export class UserMemory {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  read(address: number, length: number): Uint8Array {
    return this.#memory.read(address, length) ?? fail('EFAULT');
  }

  view(address: number, length: number): DataView {
    return new DataView(this.read(address, length).buffer);
  }

  word(address: number): number {
    return this.view(address, 4).getInt32(0, true);
  }

  words(address: number, count: number): Int32Array {
    return new Int32Array(this.read(address, 4 * count).buffer);
  }

  write(address: number, data: Uint8Array): void {
    if (!this.#memory.write(address, data)) fail('EFAULT');
  }

  putWords(address: number, ...words: readonly number[]): void {
    this.write(address, new Uint8Array(Int32Array.from(words, (word) => word | 0).buffer));
  }

  put64(address: number, value: number): void {
    this.putWords(address, value, Math.floor(value / 2 ** 32));
  }

  /** Up to a zero byte. @throws SystemError `tooLong` when there is none within `limit` bytes. */
  text(address: number, limit = LONGEST_PATH): string {
    let text = '';
    for (let at = address; ; ) {
      const offset = this.#memory.readableOffset(at) >>> 0;
      if (offset === 0) fail('EFAULT');
      const page = this.#memory.bytes.subarray(offset, offset + PAGE_MASK + 1 - (at & PAGE_MASK));
      const end = page.indexOf(0);
      text += decoder.decode(end < 0 ? page : page.subarray(0, end));
      if (text.length >= limit) fail('ENAMETOOLONG');
      if (end >= 0) return text;
      at += page.length;
    }
  }

  /** A list of texts that ends with a null pointer. */
  texts(address: number, limit: number): string[] {
    const texts: string[] = [];
    if (address === 0) return texts;
    let left = limit;
    for (let at = address; ; at += 4) {
      const pointer = this.word(at) >>> 0;
      if (pointer === 0) return texts;
      const text = this.text(pointer, left + 1);
      left -= text.length + 5;
      if (left < 0) fail('E2BIG');
      texts.push(text);
    }
  }

  /** Seconds and nanoseconds in words of 4 or 8 bytes, as ns. @throws SystemError EINVAL */
  time(address: number, wide: boolean): number {
    const words = this.words(address, wide ? 4 : 2);
    const seconds = wide ? (words[0]! >>> 0) + words[1]! * 2 ** 32 : words[0]!;
    const rest = wide ? words[2]! : words[1]!;
    if (seconds < 0 || rest < 0 || rest >= 1e9) fail('EINVAL');
    return Math.min(seconds * 1e9 + rest, Number.MAX_SAFE_INTEGER / 2);
  }

  putTime(address: number, seconds: number, rest: number, wide: boolean): void {
    if (wide) this.putWords(address, seconds, Math.floor(seconds / 2 ** 32), rest, 0);
    else this.putWords(address, seconds, rest);
  }
}
