/** The page sizes that one stage uses, by address. */
import {type PageRange, type PageRegion, type PageSize, pageRanges} from '../hypervisors/page-regions.ts';
import {formatSize, parseSize} from '../units.ts';

export class PageSizes {
  readonly ranges: readonly PageRange[];
  /** Bytes of a page outside the ranges. */
  readonly rest: number;
  /** Bytes of the sizes in use, the smallest first. */
  readonly all: readonly number[];

  /** @throws RangeError for regions that overlap or would cut a page. */
  constructor({leaf, regions}: {readonly leaf: PageSize; readonly regions?: readonly PageRegion[] | undefined}) {
    this.ranges = pageRanges(leaf, regions);
    this.rest = parseSize(leaf);
    this.all = [...new Set([this.rest, ...this.ranges.map(({bytes}) => bytes)])].sort((a, b) => a - b);
  }

  get largest(): number {
    return this.all.at(-1) as number;
  }

  /** All of the largest size, whatever the address. */
  get uniform(): PageSizes {
    return new PageSizes({leaf: formatSize(this.largest) as PageSize});
  }

  /** Bytes of the page that holds `address`. */
  at(address: number): number {
    for (const {from, to, bytes} of this.ranges) if (address >= from && address < to) return bytes;
    return this.rest;
  }
}

/** Sizes that an entry of both stages can have: the smaller of the two, the smallest first. */
export const entrySizes = (stage1: PageSizes, stage2: PageSizes | undefined): readonly number[] => {
  if (!stage2) return stage1.all;
  const smaller = stage1.all.flatMap((one) => stage2.all.map((other) => Math.min(one, other)));
  return [...new Set(smaller)].sort((a, b) => a - b);
};
