/**
 * RAM as a snapshot has it: which pages are touched, which are not all zeros, then the latter in chunks. All of it is
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

/** A bit for each page, of what holds for it. */
const mapOf = (count: number, holds: (page: number) => boolean): Uint8Array => {
  const map = new Uint8Array(Math.ceil(count / 8));
  for (let page = 0; page < count; page++) if (holds(page)) map[page >>> 3]! |= 1 << (page & 7);
  return map;
};
const isSet = (map: Uint8Array, page: number): boolean => ((map[page >>> 3]! >>> (page & 7)) & 1) !== 0;
const pagesOf = (map: Uint8Array): number[] =>
  Array.from({length: 8 * map.length}, (_, page) => page).filter((page) => isSet(map, page));

/** RAM, and for each of its pages whether it is touched, which is not 0. */
export interface Memory {
  readonly ram: Uint8Array;
  readonly touched: Uint8Array;
}

/** The maps of touched pages and of those that are not zeros, then the latter in chunks. */
export const packPages = ({ram, touched}: Memory): readonly Packed[] => {
  const words = new Int32Array(ram.buffer, ram.byteOffset, ram.length / 4);
  const map = mapOf(touched.length, (page) => !isZero(words, page));
  const pages = pagesOf(map);
  const packed = [pack(mapOf(touched.length, (page) => touched[page] !== 0)), pack(map)];
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

/** @returns undefined unless it is a map of so many pages. */
const unpackMap = (section: Packed | undefined, count: number): Uint8Array | undefined => {
  const map = section?.size === Math.ceil(count / 8) ? unpack(section) : undefined;
  const isWithin = map !== undefined && pagesOf(map.subarray(-1)).every((page) => 8 * (map.length - 1) + page < count);
  return isWithin ? map : undefined;
};

/**
 * Puts the pages where they were.
 * @param memory zeros.
 * @returns which section does not fit, if one does not.
 */
export const unpackPages = (sections: readonly Packed[], {ram, touched}: Memory): number | undefined => {
  const [touchedSection, mapSection, ...chunks] = sections;
  const touchedMap = unpackMap(touchedSection, touched.length);
  if (touchedMap === undefined) return 0;
  for (const page of pagesOf(touchedMap)) touched[page] = 1;
  const map = unpackMap(mapSection, touched.length);
  if (map === undefined) return 1;
  const pages = pagesOf(map);
  for (const [index, section] of chunks.entries()) {
    const here = pages.slice(index * CHUNK_PAGES, (index + 1) * CHUNK_PAGES);
    const data = here.length > 0 && section.size === here.length * PAGE ? unpack(section) : undefined;
    if (data === undefined) return 2 + index;
    for (const [at, page] of here.entries()) ram.set(data.subarray(at * PAGE, (at + 1) * PAGE), page * PAGE);
  }
  return chunks.length * CHUNK_PAGES >= pages.length ? undefined : sections.length;
};
