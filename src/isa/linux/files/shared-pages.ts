/** Pages of a file that tasks have mapped shared: from then on they, not the content, are what the file holds. */
import {PAGE} from '../../memory/layout.ts';
import type {Memory} from '../../memory/memory.ts';
import type {RegularFile} from './node.ts';

export class SharedPages {
  readonly #memory: Memory;
  readonly #frames = new Map<number, number>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** The frame of a page of the file, filled from its content the first time. */
  frame(file: RegularFile, page: number): number {
    const known = this.#frames.get(page);
    if (known !== undefined) return known;
    const frame = this.#memory.takeFrame();
    this.#memory.frameContents(frame).set(file.content.read(page * PAGE, PAGE));
    this.#frames.set(page, frame);
    return frame;
  }

  bytes(page: number): Uint8Array | undefined {
    const frame = this.#frames.get(page);
    return frame === undefined ? undefined : this.#memory.frameContents(frame);
  }

  /** Writes back what lies within the file, and with `drop` gives up the pages that nobody has mapped. */
  synchronize(file: RegularFile, drop: boolean): void {
    const {size} = file.content;
    for (const [page, frame] of [...this.#frames]) {
      const length = Math.min(PAGE, size - page * PAGE);
      const bytes = this.bytes(page) as Uint8Array;
      if (length > 0 && !equals(bytes.subarray(0, length), file.content.read(page * PAGE, length)))
        file.writable.write(page * PAGE, bytes.slice(0, length));
      if (!drop || this.#memory.isShown(frame)) continue;
      this.#memory.returnFrame(frame);
      this.#frames.delete(page);
    }
  }
}

const equals = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const pagesOf = (file: RegularFile): SharedPages | undefined => file.pages as SharedPages | undefined;

/** Calls back for every page that [position, position + length) touches and that is mapped shared. */
const overlaps = (
  pages: SharedPages,
  position: number,
  length: number,
  visit: (page: Uint8Array, inPage: number, inRange: number, count: number) => void,
): void => {
  for (let done = 0; done < length; ) {
    const inPage = (position + done) % PAGE;
    const count = Math.min(PAGE - inPage, length - done);
    const bytes = pages.bytes(Math.floor((position + done) / PAGE));
    if (bytes !== undefined) visit(bytes, inPage, done, count);
    done += count;
  }
};

export const readThrough = (file: RegularFile, position: number, length: number): Uint8Array => {
  const data = file.content.read(position, length);
  const pages = pagesOf(file);
  if (pages === undefined) return data;
  const copy = data.slice();
  overlaps(pages, position, copy.length, (page, inPage, inRange, count) =>
    copy.set(page.subarray(inPage, inPage + count), inRange),
  );
  return copy;
};

export const writeThrough = (file: RegularFile, position: number, data: Uint8Array): void => {
  file.writable.write(position, data);
  file.touch();
  const pages = pagesOf(file);
  if (pages === undefined) return;
  overlaps(pages, position, data.length, (page, inPage, inRange, count) =>
    page.set(data.subarray(inRange, inRange + count), inPage),
  );
};
