/**
 * RAM as a snapshot has it: a map with a bit for each page that is not all zeros, then those pages in chunks. Both are
 * deflated; the fastest level makes a machine half as large again as the best one, and is ten times as fast.
 */
import {constants, deflateSync, inflateSync} from 'node:zlib';

const PAGE = 4096;
const PAGE_WORDS = PAGE / 4;
/** Of a chunk before compression: a few MiB, so that little is held besides RAM itself. */
const CHUNK_PAGES = 1024;

/** Bytes as they are stored, and how many they were. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly size: number;
}

const pack = (data: Uint8Array): Packed => ({
  bytes: deflateSync(data, {level: constants.Z_BEST_SPEED}),
  size: data.length,
});

const isZero = (words: Int32Array, page: number): boolean => {
  const end = (page + 1) * PAGE_WORDS;
  for (let at = page * PAGE_WORDS; at < end; at++) if (words[at] !== 0) return false;
  return true;
};

/** The map, then the chunks. */
export const packPages = (ram: Uint8Array): readonly Packed[] => {
  const words = new Int32Array(ram.buffer, ram.byteOffset, ram.length / 4);
  const map = new Uint8Array(Math.ceil(ram.length / PAGE / 8));
  const pages: number[] = [];
  for (let page = 0; page < ram.length / PAGE; page++) {
    if (isZero(words, page)) continue;
    map[page >>> 3]! |= 1 << (page & 7);
    pages.push(page);
  }
  const packed = [pack(map)];
  for (let first = 0; first < pages.length; first += CHUNK_PAGES) {
    const chunk = pages.slice(first, first + CHUNK_PAGES);
    const data = new Uint8Array(chunk.length * PAGE);
    for (const [index, page] of chunk.entries()) data.set(ram.subarray(page * PAGE, (page + 1) * PAGE), index * PAGE);
    packed.push(pack(data));
  }
  return packed;
};

/** @returns undefined unless the bytes give exactly so many. */
const unpack = ({bytes, size}: Packed): Uint8Array | undefined => {
  try {
    const data = inflateSync(bytes, {maxOutputLength: Math.max(size, 1)});
    return data.length === size ? data : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Puts the pages where they were.
 * @param ram zeros.
 * @returns which section does not fit, if one does not.
 */
export const unpackPages = (sections: readonly Packed[], ram: Uint8Array): number | undefined => {
  const [mapSection, ...chunks] = sections;
  const mapBytes = Math.ceil(ram.length / PAGE / 8);
  const map = mapSection?.size === mapBytes ? unpack(mapSection) : undefined;
  if (map === undefined) return 0;
  const pages: number[] = [];
  for (let page = 0; page < 8 * mapBytes; page++) if (((map[page >>> 3]! >>> (page & 7)) & 1) !== 0) pages.push(page);
  if (pages.length > 0 && pages.at(-1)! >= ram.length / PAGE) return 0;
  for (const [index, section] of chunks.entries()) {
    const here = pages.slice(index * CHUNK_PAGES, (index + 1) * CHUNK_PAGES);
    const data = section.size === here.length * PAGE ? unpack(section) : undefined;
    if (data === undefined) return 1 + index;
    for (const [at, page] of here.entries()) ram.set(data.subarray(at * PAGE, (at + 1) * PAGE), page * PAGE);
  }
  return chunks.length * CHUNK_PAGES >= pages.length ? undefined : sections.length;
};
