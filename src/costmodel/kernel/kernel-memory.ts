/** The kernel's memory, laid out for one system: what {@link layout} names, and behind it what has no fixed size. */
import {TLB_OPERATION_ID} from '../../trace/events.ts';
import {SEED_FOR_ZERO} from '../cache.ts';
import {entryBits, type GuestPage} from '../guest-translations.ts';
import type {CacheGeometry, Machine, TlbGeometry} from '../machine.ts';
import {METRICS} from '../metrics.ts';
import type {TimedActivity} from '../replay.ts';
import {type AddressSpaces, isMachine} from '../spaces.ts';
import type {Tables} from '../tables.ts';
import {contextTag, GUEST_KERNEL, SPACE} from '../tlb.ts';
import * as layout from './layout.ts';

/** What changes of L2 and DRAM beside their arrays, eight bytes each. */
const UNCORE_SCALARS = [
  layout.L2 + layout.CACHE_RANDOM,
  layout.L2_FREE,
  layout.CHANNEL_FREE,
  layout.NEXT_REFRESH,
  layout.NEXT_OTHER,
  layout.WRITING,
];

const WASM_PAGE = 2 ** 16;
const TABLE_PAGE = 4096;
/** Words of records that fit at a time. */
export const RECORD_WORDS = 2 ** 17;
const FIRST_BLOCKS = 1024;
/** Of a 32-bit address space, a bit for each 4 KiB page. */
const TOUCHED_BYTES = 2 ** 20 / 8;
const NONE = -1;

interface Views {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly longs: BigInt64Array;
  readonly doubles: Float64Array;
}

/** Slots of a set are looked at four at a time. */
const strideOf = (ways: number): number => Math.ceil(ways / 4) * 4;

const shiftOf = (count: number): number => (Number.isInteger(Math.log2(count)) && count >= 1 ? Math.log2(count) : NONE);

const align = (offset: number): number => Math.ceil(offset / 64) * 64;

export class KernelMemory {
  readonly wasm: WebAssembly.Memory;
  readonly #machine: Machine;
  #views: Views | undefined;
  #next = layout.FIRST_FREE;
  #blocks = FIRST_BLOCKS;
  #usesLength = 0;
  readonly #tablePages: number;
  /** The places of stage 1's pages serve all spaces: their tables lie apart. */
  readonly #stage1Pages: number = NONE;
  readonly #watched = new WeakSet<Tables>();
  #tablePagesUsed = 0;

  /** @throws RangeError for a machine with more buffers than the kernel has room for. */
  constructor(machine: Machine, spaces: AddressSpaces, seed: number) {
    this.#machine = machine;
    const {l1i, l1d, l2, mainTlb, walkCache, ipaCache, dram, microTlbEntries, counterEntries} = machine;
    checkRoom('metrics', METRICS.length, layout.MOST_METRICS);
    checkRoom('linefill buffers', machine.linefills, layout.MOST_LINEFILLS);
    for (const [name, {most}] of Object.entries(inFlight(machine))) checkRoom(name, most, layout.MOST_IN_FLIGHT);
    checkRoom('micro-TLB entries', microTlbEntries, 256);
    const variable =
      [l1i, l1d, l2].reduce((sum, {sets, ways}) => sum + sets * strideOf(ways) * 5, 0) +
      [mainTlb, walkCache, ipaCache].reduce((sum, {sets, ways}) => sum + sets * ways * 16 + sets * 4, 0) +
      dram.banks * 12 +
      counterEntries * 5 +
      layout.PAIR_ENTRIES * layout.PAIR_BYTES +
      layout.PAGE_ENTRIES * 16 +
      TOUCHED_BYTES +
      RECORD_WORDS * 4 +
      FIRST_BLOCKS * layout.BLOCK_BYTES +
      layout.MOST_TABLE_PAGES * TABLE_PAGE;
    const room = layout.FIRST_FREE + variable + 2 ** 20;
    this.wasm = new WebAssembly.Memory({initial: Math.ceil(room / WASM_PAGE)});
    this.#layOutCache(layout.L1I, l1i, seed + 1);
    this.#layOutCache(layout.L1D, l1d, seed + 2);
    this.#layOutCache(layout.L2, l2, seed + 3);
    this.setWord(layout.FILTER_BACK, this.#take(l1d.sets * strideOf(l1d.ways) * 2));
    this.#layOutTlb(layout.MAIN_TLB, mainTlb);
    this.#layOutTlb(layout.WALK_CACHE, walkCache);
    this.#layOutTlb(layout.IPA_CACHE, ipaCache);
    for (const tlb of [layout.DATA_TLB, layout.INSTRUCTION_TLB]) {
      this.setWord(tlb + layout.MICRO_ENTRIES, microTlbEntries);
      this.setWord(tlb + layout.MICRO_PAGES, this.#take(microTlbEntries * 4, 0xff));
      this.setWord(tlb + layout.MICRO_FRAMES, this.#take(microTlbEntries * 4));
    }
    this.#layOutScalars(machine);
    this.setWord(layout.OPEN_ROWS, this.#take(dram.banks * 4, 0xff));
    this.setWord(layout.BANK_FREE, this.#take(dram.banks * 8));
    this.setWord(layout.COUNTERS, this.#take(counterEntries, 1));
    this.setWord(layout.TARGETS, this.#take(counterEntries * 4, 0xff));
    this.setWord(layout.PAIR_TABLE, this.#take(layout.PAIR_ENTRIES * layout.PAIR_BYTES, 0xff));
    this.setWord(layout.TOUCHED, this.#take(TOUCHED_BYTES));
    this.setWord(layout.RECORDS, this.#take(RECORD_WORDS * 4));
    this.#tablePages = this.#take(0);
    this.#next += layout.MOST_TABLE_PAGES * TABLE_PAGE;
    this.#setSizes(layout.STAGE2_SIZES, spaces.stage2Sizes);
    if (isMachine(spaces)) {
      this.setWord(layout.IS_MACHINE, 1);
      this.showSpace(0, undefined);
    } else {
      this.#setSizes(layout.ENTRY_SIZES, spaces.entrySizes);
      this.setWord(layout.FLUSHES_AT_SWITCH, spaces.flushesAtSwitch ? 1 : 0);
      this.#stage1Pages = this.#layOutStage(layout.STAGE1_TABLES, spaces.stage1(0));
      this.showSpace(0, spaces.stage1(0));
    }
    if (spaces.stage2) this.#watch(spaces.stage2, this.#layOutStage(layout.STAGE2_TABLES, spaces.stage2));
    this.#placeBlocks();
  }

  get views(): Views {
    const {buffer} = this.wasm;
    if (this.#views?.bytes.buffer !== buffer) {
      this.#views = {
        bytes: new Uint8Array(buffer),
        words: new Int32Array(buffer),
        longs: new BigInt64Array(buffer),
        doubles: new Float64Array(buffer),
      };
    }
    return this.#views;
  }

  word(offset: number): number {
    return this.views.words[offset / 4]!;
  }
  setWord(offset: number, value: number): void {
    this.views.words[offset / 4] = value;
  }
  double(offset: number): number {
    return this.views.doubles[offset / 8]!;
  }
  setDouble(offset: number, value: number): void {
    this.views.doubles[offset / 8] = value;
  }

  /** Stage 1 is that of `space` from now on: with these tables, if it is made up. */
  showSpace(space: number, tables: Tables | undefined): void {
    this.setWord(layout.SPACE, space);
    this.views.longs[layout.CONTEXT / 8] = BigInt(contextTag(SPACE, space));
    if (tables === undefined) return;
    this.views.longs[(layout.STAGE1_TABLES + layout.STAGE_ROOT) / 8] = BigInt(tables.root);
    if (!this.#watched.has(tables)) this.#watch(tables, this.#stage1Pages);
  }

  /** A machine's page that maps `virtual`, for a walk. */
  showPage({bits, isGlobal, isUncached, address, descriptors, lastTable}: GuestPage, virtual: number): void {
    const members: readonly (readonly [number, number])[] = [
      [layout.PAGE_ENTRY_BITS, entryBits(bits)],
      [layout.PAGE_IS_GLOBAL, Number(isGlobal)],
      [layout.PAGE_IS_UNCACHED, Number(isUncached)],
      [layout.PAGE_DESCRIPTOR_COUNT, descriptors.length],
      [layout.PAGE_TABLE_SPAN, lastTable?.spanBits ?? 0],
      [layout.PAGE_TABLE_OFFSET, lastTable?.offset ?? 0],
      [layout.PAGE_INTERMEDIATE, address + (virtual % 2 ** bits)],
      ...descriptors.map((descriptor, level) => [layout.PAGE_DESCRIPTORS + 4 * level, descriptor] as const),
    ];
    for (const [member, value] of members) this.setWord(layout.GUEST_PAGE + member, value);
  }

  /** Does the kernel know that the pages with these numbers are mapped? */
  setTouched(pages: Iterable<number>, isTouched: boolean): void {
    const {bytes} = this.views;
    const first = this.word(layout.TOUCHED);
    for (const page of pages) {
      const bit = 1 << (page & 7);
      if (isTouched) bytes[first + (page >>> 3)]! |= bit;
      else bytes[first + (page >>> 3)]! &= ~bit;
    }
  }

  /** Place of a block, for which there is room from now on. */
  block(id: number): number {
    const first = this.word(layout.BLOCK_TABLE);
    if (id >= this.#blocks) {
      const uses = first + this.#blocks * layout.BLOCK_BYTES;
      this.#blocks = 2 ** Math.ceil(Math.log2(id + 1));
      const moved = first + this.#blocks * layout.BLOCK_BYTES;
      this.#reach(moved + this.#usesLength);
      this.views.bytes.copyWithin(moved, uses, uses + this.#usesLength);
      this.setWord(layout.USES, moved);
    }
    return first + id * layout.BLOCK_BYTES;
  }

  /** First uses of the next block's loads. They lie behind the blocks, and move when those need the room. */
  setUses(block: number, uses: Uint8Array): void {
    const place = this.word(layout.USES) + this.#usesLength;
    this.#reach(place + uses.length);
    this.views.bytes.set(uses, place);
    this.setWord(this.block(block) + layout.BLOCK_USES, this.#usesLength);
    this.#usesLength += uses.length;
  }

  #reach(end: number): void {
    const missing = end - this.wasm.buffer.byteLength;
    // Twice what is asked for, so that blocks that come one by one do not grow the memory one by one.
    if (missing > 0) this.wasm.grow(Math.ceil((2 * missing) / WASM_PAGE));
  }

  /** L2 and DRAM as they are in the memory of another core of the same machine. */
  copyUncore(from: KernelMemory): void {
    const {l2, dram} = this.#machine;
    const slots = l2.sets * strideOf(l2.ways);
    const copy = (place: number, bytes: number): void =>
      this.views.bytes.set(from.views.bytes.subarray(place, place + bytes), place);
    copy(this.word(layout.L2 + layout.CACHE_TAGS), slots * 4);
    copy(this.word(layout.L2 + layout.CACHE_FLAGS), slots);
    copy(this.word(layout.OPEN_ROWS), dram.banks * 4);
    copy(this.word(layout.BANK_FREE), dram.banks * 8);
    for (const place of UNCORE_SCALARS) copy(place, 8);
  }

  /** Neither L2 nor memory is busy beyond `time`. */
  forgetLater(time: number): void {
    const {doubles} = this.views;
    const banks = this.word(layout.BANK_FREE);
    const places = Array.from({length: this.#machine.dram.banks}, (_, bank) => banks + bank * 8);
    for (const place of [layout.L2_FREE, layout.CHANNEL_FREE, ...places])
      doubles[place / 8] = Math.min(doubles[place / 8]!, time);
  }

  /** Must come before the first block: activities lie where blocks would. */
  layOutActivities(activities: readonly TimedActivity[], linesPerPage: number): void {
    const touches = activities.map((activity) => touchesOf(activity, linesPerPage));
    const count = touches.reduce((sum, {length}) => sum + length, 0);
    const room = this.#next + activities.length * layout.ACTIVITY_BYTES + count * layout.TOUCH_BYTES + 256;
    this.#reach(room);
    this.setWord(layout.ACTIVITIES, activities.length);
    const table = this.#take(activities.length * layout.ACTIVITY_BYTES);
    this.setWord(layout.ACTIVITY_TABLE, table);
    for (const [index, {executionCycles}] of activities.entries()) {
      const place = table + index * layout.ACTIVITY_BYTES;
      const mine = touches[index]!;
      this.setDouble(place + layout.ACTIVITY_CYCLES, executionCycles);
      const at = this.#take(mine.length * layout.TOUCH_BYTES);
      this.setWord(place + layout.ACTIVITY_TOUCHES, at);
      this.setWord(place + layout.ACTIVITY_TOUCH_COUNT, mine.length);
      this.views.words.set(mine.flat(), at / 4);
    }
    this.#placeBlocks();
  }

  #placeBlocks(): void {
    const place = this.#take(0);
    this.setWord(layout.BLOCK_TABLE, place);
    this.setWord(layout.USES, place + FIRST_BLOCKS * layout.BLOCK_BYTES);
    this.#reach(place + FIRST_BLOCKS * layout.BLOCK_BYTES);
  }

  /** Place of new memory, every byte of it `fill`. */
  #take(bytes: number, fill = 0): number {
    const place = align(this.#next);
    this.#next = place + bytes;
    if (fill !== 0) this.views.bytes.fill(fill, place, this.#next);
    return place;
  }

  #layOutCache(place: number, {sets, ways}: CacheGeometry, seed: number): void {
    this.setWord(place + layout.CACHE_SET_MASK, sets - 1);
    this.setWord(place + layout.CACHE_WAYS, ways);
    const stride = strideOf(ways);
    const tags = this.#take(sets * stride * 4, 0xff);
    for (let slot = 0; slot < sets * stride; slot++)
      if (slot % stride >= ways) this.setWord(tags + slot * 4, layout.PADDING);
    this.setWord(place + layout.CACHE_STRIDE, stride);
    this.setWord(place + layout.CACHE_TAGS, tags);
    this.setWord(place + layout.CACHE_FLAGS, this.#take(sets * stride));
    this.setWord(place + layout.CACHE_RANDOM, seed | 0 || SEED_FOR_ZERO);
  }

  #layOutTlb(place: number, {sets, ways}: TlbGeometry): void {
    this.setWord(place + layout.TLB_SETS, sets);
    this.setWord(place + layout.TLB_WAYS, ways);
    this.setWord(place + layout.TLB_KEYS, this.#take(sets * ways * 8, 0xff));
    this.setWord(place + layout.TLB_VALUES, this.#take(sets * ways * 8));
    this.setWord(place + layout.TLB_NEXT, this.#take(sets * 4));
  }

  #layOutScalars(machine: Machine): void {
    const {dram} = machine;
    const doubles: readonly (readonly [number, number])[] = [
      [layout.MISPREDICT, machine.mispredict],
      [layout.TAKEN_BRANCH, machine.takenBranch],
      [layout.MICRO_TLB_MISS, machine.microTlbMiss],
      [layout.WALK_START, machine.walkStart],
      [layout.WALK_READ, machine.walkRead],
      [layout.L2_HIT, machine.l2Hit],
      [layout.DRAM_CAS, dram.cas],
      [layout.DRAM_ACTIVATE, dram.activate],
      [layout.DRAM_PRECHARGE, dram.precharge],
      [layout.DRAM_REFRESH_TIME, dram.refreshTime],
      [layout.DRAM_REFRESH_INTERVAL, dram.refreshInterval],
      [layout.DRAM_HALF_UNCORE, dram.uncore / 2],
      [layout.DRAM_TRANSFER, dram.transfer],
      [layout.DRAM_TURNAROUND, dram.turnaround],
      [layout.DRAM_ROW_LINES, dram.rowLines],
      [layout.PREFETCH_PAGE_LINES, machine.prefetchPageLines],
      [layout.DRAM_OTHER_INTERVAL, dram.otherInterval],
      [layout.L2_LINE, machine.l2Line],
      [layout.NEXT_REFRESH, dram.refreshInterval],
      [layout.NEXT_OTHER, dram.otherInterval],
      [layout.NEXT_ACTIVITY, Number.POSITIVE_INFINITY],
      [layout.UNTIL, Number.POSITIVE_INFINITY],
      [layout.NEXT_STOP, Number.POSITIVE_INFINITY],
    ];
    for (const [offset, value] of doubles) this.setDouble(offset, value);
    const words: readonly (readonly [number, number])[] = [
      [layout.DRAM_BANKS, dram.banks],
      [layout.DRAM_ROW_SHIFT, shiftOf(dram.rowLines)],
      [layout.DRAM_BANK_SHIFT, shiftOf(dram.banks)],
      [layout.PREFETCH_PAGE_SHIFT, shiftOf(machine.prefetchPageLines)],
      [layout.PREFETCH_TRIGGER, machine.prefetchTrigger],
      [layout.PREFETCH_MAXIMUM_STRIDE, machine.prefetchStride],
      [layout.PREFETCH_DEPTH, machine.prefetchDepth],
      [layout.LINEFILLS, machine.linefills],
      [layout.WALK_CACHE_PHYSICAL, Number(machine.walkCachePhysical)],
      [layout.L2_FILLS_ON_MISS, Number(machine.l2FillsOnMiss)],
      [layout.L2_KEEPS_ON_HIT, Number(machine.l2KeepsOnHit)],
      [layout.STORE_BUFFER, machine.storeBuffer],
      [layout.MERGE_BITS, Math.log2(machine.mergeBytes)],
      [layout.RUN_MASK, machine.ascendingBytes / machine.mergeBytes - 1],
      [layout.READ_ALLOCATE_ENTRY, machine.readAllocateEntry],
      [layout.READ_ALLOCATE_ENTRY_L2, machine.readAllocateEntryL2],
      [layout.COUNTER_MASK, machine.counterEntries - 1],
      [layout.HISTORY_BITS, machine.historyBits],
      [layout.L1I_LINE_BITS, machine.l1i.lineBits],
      [layout.L2_LINE_BITS, machine.l2.lineBits],
      [layout.PREVIOUS, NONE],
      [layout.GATHER_LINE, NONE],
      [layout.GATHER_PIECE, NONE],
      [layout.GATHER_IN_ORDER, 1],
      [layout.STORE_LINE, NONE],
      [layout.FIRST_WAIT, layout.NO_WAIT],
      [layout.PREFETCH_LAST, NONE],
    ];
    for (const [offset, value] of words) this.setWord(offset, value);
    for (const {place, most} of Object.values(inFlight(machine))) this.setWord(place + layout.IN_FLIGHT_COUNT, most);
    const {longs} = this.views;
    // Epoch 0 is that of an empty filter.
    longs[layout.FILTER_EPOCH / 8] = 1n << BigInt(layout.FILTER_LINE_BITS);
    // Any kind beyond stores is counted as prefetches are.
    for (let kind = 0; kind < 8; kind++)
      longs[layout.KIND_UNITS / 8 + kind] = 1n << BigInt(layout.KIND_SHIFT * Math.min(kind, 2));
    this.views.words.fill(NONE, layout.FILL_LINES / 4, layout.FILL_LINES / 4 + layout.MOST_LINEFILLS);
  }

  #setSizes(place: number, sizes: readonly number[]): void {
    checkRoom('page sizes', sizes.length, layout.MOST_SIZES);
    for (const [index, value] of [sizes.length, ...sizes.map(Math.log2)].entries())
      this.setWord(place + 4 * index, value);
  }

  /** Returns the place where the stage's pages of tables are found. */
  #layOutStage(place: number, {format, root}: Tables): number {
    this.views.longs[(place + layout.STAGE_ROOT) / 8] = BigInt(root);
    this.setWord(place + layout.STAGE_LEVELS, format.levels.length);
    this.setWord(place + layout.STAGE_DESCRIPTOR_BITS, Math.log2(format.descriptorBytes));
    for (const [level, {spanBits, indexBits}] of format.levels.entries()) {
      this.setWord(place + layout.STAGE_SPAN_BITS + 4 * level, spanBits);
      this.setWord(place + layout.STAGE_INDEX_BITS + 4 * level, indexBits);
    }
    const pages = this.#take(layout.PAGE_ENTRIES * 8, 0xff);
    this.setWord(place + layout.STAGE_PAGES, pages);
    return pages;
  }

  #watch(tables: Tables, pages: number): void {
    this.#watched.add(tables);
    tables.watch((address, word) => {
      const at = this.#tablePage(pages, Math.floor(address / TABLE_PAGE)) + (address % TABLE_PAGE);
      this.setWord(at, word);
    });
  }

  /** Place of a page of tables, found as the kernel finds it. */
  #tablePage(pages: number, page: number): number {
    const {words} = this.views;
    let entry = Math.imul(page, layout.PAGE_HASH) >>> layout.PAGE_HASH_SHIFT;
    for (;;) {
      const at = (pages + entry * 8) / 4;
      if (words[at] === page) return words[at + 1]!;
      if (words[at] === NONE) {
        if (this.#tablePagesUsed === layout.MOST_TABLE_PAGES)
          throw new RangeError(`translation tables of more than ${layout.MOST_TABLE_PAGES} pages`);
        words[at] = page;
        words[at + 1] = this.#tablePages + this.#tablePagesUsed++ * TABLE_PAGE;
        return words[at + 1]!;
      }
      entry = (entry + 1) % layout.PAGE_ENTRIES;
    }
  }
}

/** Requests of which so many may be under way, and where they are kept. */
const inFlight = (machine: Machine) => ({
  'misses of loads and PLDs': {place: layout.MISSES_IN_FLIGHT, most: machine.demandMisses},
  'linefills for stores': {place: layout.STORES_IN_FLIGHT, most: machine.storeLinefills},
  'posted writes': {place: layout.POSTED_IN_FLIGHT, most: machine.postedWrites},
});

const checkRoom = (what: string, count: number, most: number): void => {
  if (count > most) throw new RangeError(`the replay kernel has room for ${most} ${what}, not ${count}`);
};

const DROPPED = {guest: TLB_OPERATION_ID.all, all: layout.DROP_EVERYTHING};

/** What one execution touches, in order: kind, page or line, and the line of a page's descriptor. */
const touchesOf = ({paths}: TimedActivity, linesPerPage: number): (readonly [number, number, number])[] =>
  paths.flatMap(({pages, codeLines, dataLines, regime, path}) => {
    const kind = regime === GUEST_KERNEL ? layout.TOUCH_KERNEL_PAGE : layout.TOUCH_PAGE;
    return [
      // The path's own table: one 8-byte descriptor a page, in the page below its image.
      ...Array.from(
        pages,
        (page) => [kind, page, (page - (page % 512)) * linesPerPage + ((page % 512) >>> 3)] as const,
      ),
      ...Array.from(codeLines, (line) => [layout.TOUCH_CODE, line, 0] as const),
      ...Array.from(dataLines, (line) => [layout.TOUCH_DATA, line, 0] as const),
      ...(path.invalidates ? [[layout.TOUCH_INVALIDATE, DROPPED[path.invalidates], 0] as const] : []),
    ];
  });
