/**
 * Translation tables as they lie in memory: real descriptors in simulated pages, written by the guest kernel (stage 1)
 * or the hypervisor (stage 2) and read by the walker. Formats: Arm ARM DDI 0406C B3.5 (short descriptors), B3.6 (LPAE).
 */
import type {Stage2} from '../hypervisors/schema.ts';
import {parseSize} from '../units.ts';

/** What a table format is made of; levels are listed from the one a walk starts at to the last. */
export interface TableFormat {
  readonly name: string;
  readonly descriptorBytes: 4 | 8;
  readonly levels: readonly Level[];
  /** Size of the input address space. */
  readonly inputBytes: number;
}

interface Level {
  /** Log₂ of the bytes one descriptor of this level spans. */
  readonly spanBits: number;
  /** Log₂ of the descriptors in one table (of all concatenated tables, at the first level). */
  readonly indexBits: number;
}

const SHORT: readonly Level[] = [
  {spanBits: 20, indexBits: 12},
  {spanBits: 12, indexBits: 8},
];

/** Stage 1, 32-bit addresses. LPAE has three levels of which the first has four descriptors (TTBCR.TnSZ = 0). */
export const STAGE1_FORMATS: Readonly<Record<'short' | 'lpae', TableFormat>> = {
  short: {name: 'short', descriptorBytes: 4, levels: SHORT, inputBytes: 2 ** 32},
  lpae: {
    name: 'lpae',
    descriptorBytes: 8,
    levels: [
      {spanBits: 30, indexBits: 2},
      {spanBits: 21, indexBits: 9},
      {spanBits: 12, indexBits: 9},
    ],
    inputBytes: 2 ** 32,
  },
};

const MAX_CONCATENATED_BITS = 4;

/**
 * Stage 2 from level 1 or 2, with as many concatenated first tables as the input size asks for (DDI 0406C B3.6.7).
 * @throws RangeError when that needs more than 16 tables.
 */
export const stage2Format = (stage2: Pick<Stage2, 'startLevel' | 'inputBits'>): TableFormat => {
  const {startLevel, inputBits} = stage2;
  const spanBits = startLevel === 1 ? 30 : 21;
  const indexBits = Math.max(inputBits - spanBits, startLevel === 1 ? 2 : 9);
  if (indexBits > 9 + MAX_CONCATENATED_BITS) {
    throw new RangeError(
      `a ${inputBits}-bit stage 2 cannot start at level ${startLevel}: more than 16 concatenated tables`,
    );
  }
  const rest = STAGE1_FORMATS.lpae.levels.filter((level) => level.spanBits < spanBits);
  return {
    name: `lpae-from-level-${startLevel}`,
    descriptorBytes: 8,
    levels: [{spanBits, indexBits}, ...rest],
    inputBytes: 2 ** inputBits,
  };
};

/** Sixteen descriptors map one page. */
const REPEATED_BITS = 4;

/**
 * Page sizes a format can map and the level that does: LPAE 64 KiB is sixteen level-3 descriptors with the contiguous
 * hint, short-descriptor 64 KiB and 16 MiB repeat one descriptor sixteen times.
 */
export const leafLevel = (format: TableFormat, pageBits: number): number => {
  const last = format.levels.length - 1;
  const base = format.levels.findIndex((level) => level.spanBits === pageBits);
  if (base >= 0) return base;
  const repeated = format.levels.findIndex((level) => level.spanBits + REPEATED_BITS === pageBits);
  if (repeated >= 0 && (repeated === last || format.name === 'short')) return repeated;
  throw new RangeError(
    `${format.name} tables have no pages of 2^${pageBits} bytes; they have ${pageSizes(format).join(', ')}`,
  );
};

const SIZE_NAMES = ['4K', '64K', '1M', '2M', '16M', '1G'] as const;

/** Names of the page sizes that `format` can map. */
export const pageSizes = (format: TableFormat): string[] =>
  SIZE_NAMES.filter((name) => {
    const bits = Math.log2(parseSize(name));
    const last = format.levels.length - 1;
    return format.levels.some(
      (level, i) =>
        level.spanBits === bits || (level.spanBits + REPEATED_BITS === bits && (i === last || format.name === 'short')),
    );
  });

const PAGE_BYTES = 4096;
interface Encoding {
  /** Bits 1:0. */
  readonly table: number;
  readonly block: number;
  readonly page: number;
  /** In addition, where sixteen descriptors map one page: bits 1:0 of a page, and bits of the lower and the upper word. */
  readonly repeatedPage: number;
  readonly repeatedBlock: number;
  readonly repeatedHigh: number;
}
/** By bytes of a descriptor (B3.5.1: large pages are of another type, supersections have bit 18; B3.6.1: contiguous hint, bit 52). */
const ENCODINGS: Readonly<Record<4 | 8, Encoding>> = {
  4: {table: 1, block: 2, page: 2, repeatedPage: 1, repeatedBlock: 1 << 18, repeatedHigh: 0},
  8: {table: 3, block: 1, page: 3, repeatedPage: 3, repeatedBlock: 0, repeatedHigh: 1 << 20},
};

/** Memory for tables: fresh and zeroed, aligned to its size; what is given back may be handed out again. */
export interface TableMemory {
  take(bytes: number): number;
  give(address: number, bytes: number): void;
}

/**
 * Sparse memory that holds tables, and the tables in it. Addresses are those of the stage's own output space: a stage-1
 * table lies at an IPA, a stage-2 table at a PA.
 */
export class Tables {
  readonly format: TableFormat;
  readonly root: number;
  private readonly pages = new Map<number, Uint32Array>();
  private readonly memory: TableMemory;
  private readonly taken: {readonly address: number; readonly bytes: number}[] = [];
  private readonly watchers: ((address: number, word: number) => void)[] = [];

  constructor(format: TableFormat, memory: TableMemory) {
    this.format = format;
    this.memory = memory;
    this.root = this.take(0);
  }

  /** Maps the page of 2^pageBits bytes at `input` to `output`; both are aligned down. */
  map(input: number, output: number, pageBits: number): void {
    const {format} = this;
    const leaf = leafLevel(format, pageBits);
    if (input >= format.inputBytes) {
      throw new RangeError(`0x${input.toString(16)} is outside the addresses that ${format.name} tables translate`);
    }
    const encoding = ENCODINGS[format.descriptorBytes];
    let table = this.root;
    for (let level = 0; level < leaf; level++) {
      const slot = this.descriptorAddress(table, level, input);
      let next = this.readAddress(slot);
      if (next === 0) {
        next = this.take(level + 1);
        this.write(slot, next, encoding.table, 0);
      }
      table = next;
    }
    const span = 2 ** (format.levels[leaf] as Level).spanBits;
    const copies = 2 ** pageBits / span;
    const first = Math.floor(input / 2 ** pageBits) * 2 ** pageBits;
    const target = Math.floor(output / 2 ** pageBits) * 2 ** pageBits;
    const isPage = leaf === format.levels.length - 1;
    const single = isPage ? encoding.page : encoding.block;
    const repeated = isPage ? encoding.repeatedPage : encoding.block + encoding.repeatedBlock;
    const [type, high] = copies === 1 ? [single, 0] : [repeated, encoding.repeatedHigh];
    for (let i = 0; i < copies; i++) {
      this.write(this.descriptorAddress(table, leaf, first + i * span), target + i * span, type, high);
    }
  }

  /** Address of the descriptor that translates `input` in the table of `level` at `table`. */
  descriptorAddress(table: number, level: number, input: number): number {
    const {spanBits, indexBits} = this.format.levels[level] as Level;
    const index = Math.floor(input / 2 ** spanBits) % 2 ** indexBits;
    return table + index * this.format.descriptorBytes;
  }

  /** Output address held by the descriptor at `address`, of which only the bits of its page or table count; 0 where nothing is mapped. */
  readAddress(address: number): number {
    const page = this.pages.get(Math.floor(address / PAGE_BYTES));
    if (!page) return 0;
    const word = (address % PAGE_BYTES) >>> 2;
    const low = page[word] as number;
    if ((low & 3) === 0) return 0;
    const high = this.format.descriptorBytes === 8 ? (page[word + 1] as number) & 0xff : 0;
    // The smallest table is 1 KiB (short level 2), so bits 9:0 never belong to an address.
    return high * 2 ** 32 + ((low & ~0x3ff) >>> 0);
  }

  /** Log₂ of the page that the descriptor at `address`, one of `level`, maps; 0 when it names a table. */
  pageBits(address: number, level: number): number {
    const {descriptorBytes, levels} = this.format;
    const encoding = ENCODINGS[descriptorBytes];
    const page = this.pages.get(Math.floor(address / PAGE_BYTES));
    const word = (address % PAGE_BYTES) >>> 2;
    const low = page?.[word] ?? 0;
    const isLast = level === levels.length - 1;
    if (!isLast && (low & 3) === encoding.table) return 0;
    const isRepeated =
      descriptorBytes === 8
        ? ((page?.[word + 1] ?? 0) & encoding.repeatedHigh) !== 0
        : isLast
          ? (low & 3) === encoding.repeatedPage
          : (low & encoding.repeatedBlock) !== 0;
    return (levels[level] as Level).spanBits + (isRepeated ? REPEATED_BITS : 0);
  }

  /** Tells `watcher` every 32-bit word of the tables that is not zero, and from now on every one that is written. */
  watch(watcher: (address: number, word: number) => void): void {
    this.watchers.push(watcher);
    for (const [page, words] of this.pages)
      for (const [index, word] of words.entries()) if (word !== 0) watcher(page * PAGE_BYTES + index * 4, word);
  }

  /** Nothing is mapped any more, and the tables' memory may hold others. */
  release(): void {
    for (const [page, words] of this.pages) {
      for (const [index, word] of words.entries()) if (word !== 0) this.tell(page * PAGE_BYTES + index * 4, 0);
    }
    this.pages.clear();
    for (const {address, bytes} of this.taken) this.memory.give(address, bytes);
  }

  private tell(address: number, word: number): void {
    for (const watcher of this.watchers) watcher(address, word);
  }

  private take(level: number): number {
    const bytes = 2 ** (this.format.levels[level] as Level).indexBits * this.format.descriptorBytes;
    const address = this.memory.take(bytes);
    this.taken.push({address, bytes});
    return address;
  }

  private write(address: number, output: number, low: number, high: number): void {
    const key = Math.floor(address / PAGE_BYTES);
    let page = this.pages.get(key);
    if (!page) {
      page = new Uint32Array(PAGE_BYTES / 4);
      this.pages.set(key, page);
    }
    const word = (address % PAGE_BYTES) >>> 2;
    page[word] = (output % 2 ** 32) + low;
    this.tell(address, page[word]!);
    if (this.format.descriptorBytes === 4) return;
    page[word + 1] = Math.floor(output / 2 ** 32) + high;
    this.tell(address + 4, page[word + 1]!);
  }
}
