/**
 * Where memory lies: the guest's pages in its RAM (VA → IPA) and the guest's RAM in host frames (IPA → PA).
 *
 * A guest that has run its first touches in order holds long runs, so VA regions of 64 MiB map linearly into IPA, in the
 * order in which they are first met. The host side is the hypervisor's policy: it follows from the seed alone.
 */
import type {Placement} from '../hypervisors/schema.ts';
import {KIBIBYTE, MEBIBYTE} from '../units.ts';

const PAGE = 4 * KIBIBYTE;
/** VA space is handed to IPA in regions of this size, in the order in which regions are first met. */
const REGION = 64 * MEBIBYTE;

/** RAM of the guest as its kernel sees it, and where the host keeps it. */
export interface MemoryLayout {
  readonly guestBase: number;
  readonly guestBytes: number;
  readonly hostBase: number;
}

/** VA → IPA, linear within regions. @throws RangeError when the guest's RAM is used up. */
export class GuestPlacement {
  private readonly regions = new Map<number, number>();
  private readonly layout: MemoryLayout;

  constructor(layout: MemoryLayout) {
    this.layout = layout;
  }

  frame(virtual: number): number {
    const region = Math.floor(virtual / REGION);
    let base = this.regions.get(region);
    if (base === undefined) {
      base = this.layout.guestBase + this.regions.size * REGION;
      if (base + REGION > this.layout.guestBase + this.layout.guestBytes - TABLE_RESERVE) {
        throw new RangeError(
          `the guest touches more than ${this.regions.size} regions of 64 MiB (the last at 0x${(region * REGION).toString(16)}), which its RAM cannot hold`,
        );
      }
      this.regions.set(region, base);
    }
    return base + (virtual % REGION);
  }
}

/** Top of guest RAM kept for stage-1 tables. */
export const TABLE_RESERVE = 4 * MEBIBYTE;

/** sfc32 (Doty-Humphrey): a small seeded generator with a period no placement exhausts. Returns a function to [0, 1). */
export const randomSource = (seed: number): (() => number) => {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
};

/**
 * Host frame number of each page (of any size) of guest RAM, relative to the frames that the guest got.
 *
 * `contiguous`: in order. `fragmented`: the pages fall into runs of geometric length with the given mean, and the runs
 * lie in random order.
 */
export const hostFrames = (placement: Placement, pages: number, seed: number): Int32Array => {
  const frames = new Int32Array(pages);
  if (placement.policy === 'contiguous') return frames.map((_, page) => page);
  const random = randomSource(seed);
  const runs = runLengths(pages, placement.meanRun.value, random);
  const order = shuffled(runs.length, random);
  const starts = new Int32Array(runs.length);
  let next = 0;
  for (const run of order) {
    starts[run] = next;
    next += runs[run] as number;
  }
  let page = 0;
  runs.forEach((length, run) => {
    for (let i = 0; i < length; i++) frames[page++] = (starts[run] as number) + i;
  });
  return frames;
};

const runLengths = (pages: number, mean: number, random: () => number): number[] => {
  if (!(mean >= 1)) throw new RangeError(`mean run length must be at least one page, not ${mean}`);
  const lengths: number[] = [];
  for (let left = pages; left > 0; ) {
    const length = mean === 1 ? 1 : 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / mean));
    lengths.push(Math.min(length, left));
    left -= length;
  }
  return lengths;
};

/** Fisher–Yates. */
const shuffled = (count: number, random: () => number): number[] => {
  const order = Array.from({length: count}, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
};

/** IPA → PA by the hypervisor's policy, in blocks of its leaf size at least. */
export class HostPlacement {
  private readonly frames: Int32Array;
  private readonly layout: MemoryLayout;
  private readonly granule: number;

  /** `granule`: bytes of the stage-2 leaf; smaller pieces of guest RAM are never apart. */
  constructor(placement: Placement, layout: MemoryLayout, granule: number, seed: number) {
    this.layout = layout;
    this.granule = Math.min(granule, layout.guestBytes);
    const inPages = this.granule / PAGE;
    const scaled =
      placement.policy === 'fragmented'
        ? {...placement, meanRun: {...placement.meanRun, value: Math.max(1, placement.meanRun.value / inPages)}}
        : placement;
    this.frames = hostFrames(scaled, layout.guestBytes / this.granule, seed);
  }

  /** PA of an address in guest RAM. @throws RangeError outside it. */
  physical(intermediate: number): number {
    const offset = intermediate - this.layout.guestBase;
    const frame = this.frames[Math.floor(offset / this.granule)];
    if (frame === undefined) throw new RangeError(`IPA 0x${intermediate.toString(16)} is outside guest RAM`);
    return this.layout.hostBase + frame * this.granule + (offset % this.granule);
  }
}

/** Hands out aligned memory from `top` downwards. */
export const allocatorBelow = (top: number, bottom: number): ((bytes: number) => number) => {
  let next = top;
  return (bytes) => {
    next = Math.floor((next - bytes) / bytes) * bytes;
    if (next < bottom) throw new RangeError('no room left for translation tables');
    return next;
  };
};
