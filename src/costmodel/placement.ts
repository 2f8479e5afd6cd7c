/**
 * Where memory lies: the guest's pages in its RAM (VA → IPA) and the guest's RAM in host frames (IPA → PA).
 *
 * A guest that has run its first touches in order holds long runs, so VA regions of 64 MiB map linearly into IPA, in the
 * order in which they are first met; processes that come later find smaller runs. Any other order of frames, the guest
 * kernel's or the hypervisor's, is a policy, and follows from the seed alone.
 */
import {rangeText} from '../hypervisors/page-regions.ts';
import type {Placement} from '../hypervisors/schema.ts';
import {KIBIBYTE, MEBIBYTE} from '../units.ts';
import type {PageSizes} from './page-sizes.ts';

const PAGE = 4 * KIBIBYTE;
/** VA space of the first process is handed to IPA in regions of this size, in the order in which regions are first met. */
const REGION = 64 * MEBIBYTE;
/** The same for any other, and for frames in an order of the guest kernel's own. */
const CHUNK = 64 * KIBIBYTE;
/** Top of guest RAM kept for stage-1 tables. */
export const TABLE_RESERVE = 4 * MEBIBYTE;

/** RAM of the guest as its kernel sees it, and where the host keeps it. */
export interface MemoryLayout {
  readonly guestBase: number;
  readonly guestBytes: number;
  readonly hostBase: number;
  /** From `hostBase` on. */
  readonly hostBytes: number;
  /** Pages in a way of L2: frames whose numbers differ by a multiple of it share their sets. */
  readonly colours: number;
}

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
 * Frame number of each page (of any size) of a memory, relative to the first frame.
 *
 * `contiguous`: in order. `fragmented`: the pages fall into runs of geometric length with the given mean, and the runs
 * lie in random order. `coloured`: in order, but only frames of the given colours.
 */
export const hostFrames = (placement: Placement, pages: number, seed: number, colours = 1): Int32Array => {
  const frames = new Int32Array(pages);
  if (placement.policy === 'contiguous') return frames.map((_, page) => page);
  if (placement.policy === 'coloured') {
    const own = distinctColours(placement.colours, colours);
    return frames.map((_, page) => Math.floor(page / own.length) * colours + (own[page % own.length] as number));
  }
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

const distinctColours = (wanted: readonly number[], colours: number): readonly number[] => {
  for (const colour of wanted) {
    if (colour >= colours) throw new RangeError(`there is no colour ${colour}: L2 has ${colours}, from 0`);
  }
  return [...new Set(wanted)].sort((a, b) => a - b);
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

interface Segment {
  /** Offsets in the memory. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Number of its first page among all of that size. */
  readonly first: number;
}

/** Pages of one size: their offsets in the memory (undefined when all pages are of that size), and whose frame each of them has. */
interface Order {
  readonly starts: Float64Array | undefined;
  readonly frames: Int32Array;
}

/** The frame of every page of a memory: of guest RAM in the host's (IPA → PA), or of what a guest's kernel hands out. */
export class FramePlacement {
  private readonly segments: readonly Segment[];
  private readonly orders: ReadonlyMap<number, Order>;
  private readonly layout: MemoryLayout;

  /**
   * Pages of one size change places among themselves.
   * @throws RangeError for regions outside the memory, and for colours that do not exist or have too few frames.
   */
  constructor(placement: Placement, layout: MemoryLayout, sizes: PageSizes, seed: number) {
    this.layout = layout;
    this.segments = segmentsOf(sizes, layout);
    if (placement.policy === 'coloured') checkColours(placement.colours, layout, sizes);
    this.orders = new Map(
      [...new Set(this.segments.map(({bytes}) => bytes))].map((bytes) => {
        const own = this.segments.filter((one) => one.bytes === bytes);
        const pages = own.reduce((sum, {from, to}) => sum + Math.ceil((to - from) / bytes), 0);
        const starts = this.segments.length === 1 ? undefined : Float64Array.from(own.flatMap(startsOf));
        return [bytes, {starts, frames: hostFrames(scaled(placement, bytes / PAGE), pages, seed, layout.colours)}];
      }),
    );
  }

  /** Where an address of the memory lies. @throws RangeError outside it. */
  physical(intermediate: number): number {
    const offset = intermediate - this.layout.guestBase;
    const segment = this.segments.find(({from, to}) => offset >= from && offset < to);
    if (segment === undefined) throw new RangeError(`IPA 0x${intermediate.toString(16)} is outside guest RAM`);
    const {from, bytes, first} = segment;
    const {starts, frames} = this.orders.get(bytes) as Order;
    const frame = frames[first + Math.floor((offset - from) / bytes)] as number;
    return this.layout.hostBase + (starts?.[frame] ?? frame * bytes) + ((offset - from) % bytes);
  }
}

const startsOf = ({from, to, bytes}: Segment): number[] =>
  Array.from({length: Math.ceil((to - from) / bytes)}, (_, page) => from + page * bytes);

/** A mean run is given in 4 KiB pages. */
const scaled = (placement: Placement, pages: number): Placement =>
  placement.policy === 'fragmented'
    ? {...placement, meanRun: {...placement.meanRun, value: Math.max(1, placement.meanRun.value / pages)}}
    : placement;

const segmentsOf = ({ranges, rest}: PageSizes, {guestBase, guestBytes}: MemoryLayout): readonly Segment[] => {
  const segments: Segment[] = [];
  const pages = new Map<number, number>();
  const add = (from: number, to: number, size: number): void => {
    if (from >= to) return;
    const bytes = Math.min(size, guestBytes);
    const first = pages.get(bytes) ?? 0;
    pages.set(bytes, first + Math.ceil((to - from) / bytes));
    segments.push({from, to, bytes, first});
  };
  let done = 0;
  for (const range of ranges) {
    const [from, to] = [range.from - guestBase, range.to - guestBase];
    if (to <= 0 || from >= guestBytes)
      throw new RangeError(
        `region ${rangeText(range)} is outside guest RAM, ${rangeText({from: guestBase, to: guestBase + guestBytes})}`,
      );
    add(done, Math.max(from, 0), rest);
    add(Math.max(from, 0), Math.min(to, guestBytes), range.bytes);
    done = Math.min(to, guestBytes);
  }
  add(done, guestBytes, rest);
  return segments;
};

const checkColours = (wanted: readonly number[], layout: MemoryLayout, sizes: PageSizes): void => {
  if (sizes.largest !== PAGE)
    throw new RangeError(
      `pages of 0x${sizes.largest.toString(16)} bytes have all colours: frames by colour need 4 KiB`,
    );
  if ((layout.hostBase / PAGE) % layout.colours !== 0)
    throw new RangeError('memory must begin at a multiple of a way of L2 for its frames to have colours');
  const room = colouredBytes(wanted, layout.hostBytes, layout.colours);
  if (room < layout.guestBytes)
    throw new RangeError(
      `${wanted.length} of ${layout.colours} colours have ${room / MEBIBYTE} MiB of frames, and ${layout.guestBytes / MEBIBYTE} MiB are needed`,
    );
};

/** How much of a memory has these colours. */
const colouredBytes = (wanted: readonly number[], bytes: number, colours: number): number =>
  Math.floor(bytes / PAGE / colours) * distinctColours(wanted, colours).length * PAGE;

/** VA → IPA by address space, linear within regions or chunks of them. */
export class GuestPlacement {
  private readonly layout: MemoryLayout;
  /** Bytes of its RAM that frames are handed out of. */
  private readonly bytes: number;
  private readonly chunk: number;
  private readonly order: FramePlacement | undefined;
  private readonly regions = new Map<number, number>();
  private readonly chunks = new Map<number, Map<number, number>>();
  private readonly free: number[] = [];
  /** Regions come from the bottom up to here. */
  private highest = 0;
  /** Chunks come from here downwards. */
  private lowest: number;

  /** @param placement the guest kernel's own order of frames. */
  constructor(layout: MemoryLayout, sizes: PageSizes, placement: Placement, seed: number) {
    this.layout = layout;
    this.chunk = Math.max(CHUNK, sizes.largest);
    const room = layout.guestBytes - TABLE_RESERVE;
    this.bytes = placement.policy === 'coloured' ? colouredBytes(placement.colours, room, layout.colours) : room;
    this.lowest = Math.floor(this.bytes / this.chunk) * this.chunk;
    if (placement.policy === 'contiguous') return;
    const {guestBase, colours} = layout;
    const own = {guestBase, guestBytes: this.lowest, hostBase: guestBase, hostBytes: room, colours};
    this.order = new FramePlacement(placement, own, sizes.uniform, seed);
  }

  /** @throws RangeError when the guest's RAM is used up. */
  frame(virtual: number, space = 0): number {
    const {guestBase} = this.layout;
    if (this.order) return this.order.physical(guestBase + this.inChunk(virtual, space));
    return guestBase + (space === 0 ? this.inRegion(virtual) : this.inChunk(virtual, space));
  }

  /** What the space held is free. */
  end(space: number): void {
    this.free.push(...(this.chunks.get(space)?.values() ?? []));
    this.chunks.delete(space);
    if (space !== 0) return;
    for (const base of this.regions.values()) {
      for (let offset = 0; offset < REGION; offset += this.chunk) this.free.push(base + offset);
    }
    this.regions.clear();
  }

  private inRegion(virtual: number): number {
    const region = Math.floor(virtual / REGION);
    let base = this.regions.get(region);
    if (base === undefined) {
      base = this.highest;
      if (base + REGION > this.lowest) {
        throw new RangeError(
          `the guest touches more than ${this.regions.size} regions of 64 MiB (the last at 0x${(region * REGION).toString(16)}), which its RAM cannot hold`,
        );
      }
      this.highest = base + REGION;
      this.regions.set(region, base);
    }
    return base + (virtual % REGION);
  }

  private inChunk(virtual: number, space: number): number {
    const own = this.chunks.get(space) ?? new Map<number, number>();
    this.chunks.set(space, own);
    const number = Math.floor(virtual / this.chunk);
    let base = own.get(number);
    if (base === undefined) {
      const isNew = this.free.length === 0;
      base = isNew ? this.lowest - this.chunk : (this.free.pop() as number);
      if (isNew && base < this.highest) {
        throw new RangeError(
          `address space ${space} touches 0x${virtual.toString(16)}, which the ${this.bytes / MEBIBYTE} MiB of the guest's RAM cannot hold beside the rest: raise memory.guestSize`,
        );
      }
      if (isNew) this.lowest = base;
      own.set(number, base);
    }
    return base + (virtual % this.chunk);
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
