/** Parts of an address space whose pages are of another size than the rest: the schema, and what it cannot say. */
import {z} from 'zod';
import {parseSize} from '../units.ts';

export const PAGE_SIZES = ['4K', '64K', '1M', '2M', '16M', '1G'] as const;
export type PageSize = (typeof PAGE_SIZES)[number];

/**
 * Parts of a process of 32-bit Arm Linux (3 GiB/1 GiB split, nothing randomised), in whole pages of any size: the program with
 * its data and break, wherever it is linked or loaded; what mmap gives, libraries included; the main thread's stack.
 */
export const AREAS = {
  program: {from: 0, to: 0x8000_0000},
  mappings: {from: 0x8000_0000, to: 0xb700_0000},
  stack: {from: 0xb800_0000, to: 0xbf00_0000},
} as const;
export type Area = keyof typeof AREAS;
const AREA_NAMES = Object.keys(AREAS) as Area[];

const address = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40);
const range = {from: address, to: address};

/** `from` inclusive, `to` exclusive; virtual addresses in stage 1, where a name does as well, intermediate ones in stage 2. */
export const virtualRegion = z.union([
  z.strictObject({...range, leaf: z.enum(PAGE_SIZES)}),
  z.strictObject({area: z.enum(AREA_NAMES), leaf: z.enum(PAGE_SIZES)}),
]);
export const STAGE2_LEAVES = ['4K', '2M', '1G'] as const;
export const intermediateRegion = z.strictObject({...range, leaf: z.enum(STAGE2_LEAVES)});
export type PageRegion = z.infer<typeof virtualRegion> | z.infer<typeof intermediateRegion>;

export interface PageRange {
  readonly from: number;
  readonly to: number;
  /** Bytes of a page. */
  readonly bytes: number;
}

const rangeOf = (region: PageRegion): PageRange => {
  const {from, to} = 'area' in region ? AREAS[region.area] : region;
  return {from, to, bytes: parseSize(region.leaf)};
};

export const rangeText = ({from, to}: Pick<PageRange, 'from' | 'to'>): string =>
  `0x${from.toString(16)}-0x${to.toString(16)}`;

/**
 * Regions in the order of their addresses.
 * @throws RangeError for one that is empty or overlaps another, or whose bounds would cut a page of its own or of the default size.
 */
export const pageRanges = (leaf: PageSize, regions: readonly PageRegion[] = []): readonly PageRange[] => {
  const ranges = regions.map(rangeOf).toSorted((a, b) => a.from - b.from);
  const rest = parseSize(leaf);
  for (const [index, one] of ranges.entries()) {
    if (one.from >= one.to) throw new RangeError(`region ${rangeText(one)} is empty`);
    const next = ranges[index + 1];
    if (next && next.from < one.to) throw new RangeError(`regions ${rangeText(one)} and ${rangeText(next)} overlap`);
    const largest = Math.max(one.bytes, rest);
    for (const bound of [one.from, one.to]) {
      if (bound % largest !== 0)
        throw new RangeError(
          `region ${rangeText(one)} must begin and end at multiples of 0x${largest.toString(16)}, the larger of its pages and those around it`,
        );
    }
  }
  return ranges;
};

const REGION = /^(?<place>[^=]+)=(?<leaf>\w+)$/;
const RANGE = /^(?<from>0x[0-9a-f]+|\d+)-(?<to>0x[0-9a-f]+|\d+)$/i;

/** A region as a command line has it: `stack=64K`, `0x10000000-0x20000000=2M`. @throws RangeError saying what is wrong. */
export const parseRegion = (text: string): PageRegion => {
  const {place, leaf} = REGION.exec(text)?.groups ?? {};
  if (place === undefined || leaf === undefined)
    throw new RangeError(`'${text}' is not FROM-TO=SIZE or AREA=SIZE, as in 0x10000000-0x20000000=2M or stack=64K`);
  const size = PAGE_SIZES.find((one) => one === leaf);
  if (size === undefined)
    throw new RangeError(`unknown page size '${leaf}' in '${text}': choose from ${PAGE_SIZES.join(', ')}`);
  const area = AREA_NAMES.find((one) => one === place);
  if (area !== undefined) return {area, leaf: size};
  const {from, to} = RANGE.exec(place)?.groups ?? {};
  if (from === undefined || to === undefined)
    throw new RangeError(`'${place}' in '${text}' is neither FROM-TO nor one of ${AREA_NAMES.join(', ')}`);
  return {from: Number(from), to: Number(to), leaf: size};
};

const regionText = (region: PageRegion): string =>
  `${'area' in region ? region.area : rangeText(region)}=${region.leaf}`;

/** `4K`, or `4K but stack=64K`. */
export const pagesText = ({
  leaf,
  regions = [],
}: {
  readonly leaf: string;
  readonly regions?: readonly PageRegion[] | undefined;
}): string => (regions.length === 0 ? leaf : `${leaf} but ${regions.map(regionText).join(', ')}`);
