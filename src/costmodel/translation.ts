/**
 * The MMU of a Cortex-A7: micro-TLBs, the main TLB of combined VA → PA entries at the smaller of both stages' page sizes,
 * the walk cache (address of the last-level stage-1 table, as a PA), the IPA cache (finished stage-2 translations), and
 * the walker that reads real descriptors through the data cache. DDI 0464 chapters 5 and 6.6.3; what a walk-cache entry
 * holds is taken from the Cortex-A35 manual. Entries carry ASID and VMID, so that a switch to another address space finds
 * its own again.
 */
import {entryBits} from './guest-translations.ts';
import type {Hierarchy} from './hierarchy.ts';
import type {Machine} from './machine.ts';
import {METRIC, STAGE1, STAGE2} from './metrics.ts';
import {type AddressSpaces, isMachine, type MachineSpaces, type ProgramSpaces, Unannounced} from './spaces.ts';
import type {Tables} from './tables.ts';
import {
  contextTag,
  EVERYTHING,
  GLOBAL,
  type Match,
  MOST_SPACES,
  SPACE,
  selectionOf,
  sizeTag,
  THE_GUEST,
  Tlb,
} from './tlb.ts';

const PAGE_BITS = 12;

/** In a main-TLB entry, beside the frame: it is of a device, or uncached for another reason. */
const UNCACHED = 2 ** 40;

/** 4 KiB frame of a part of what an entry maps; its complement, which is negative, where nothing is cached. */
const frameOf = (value: number, offset: number): number =>
  value >= UNCACHED ? -1 - (value - UNCACHED + offset) : value + offset;

interface Walked {
  readonly physical: number;
  /** Log₂ of the bytes that an entry maps. */
  readonly bits: number;
  readonly isGlobal: boolean;
  readonly isUncached: boolean;
}

export class Translation {
  /** Cycles that the last {@link translate} cost. */
  cycles = 0;
  /** Which is in place. */
  space = 0;
  private readonly machine: Machine;
  private readonly hierarchy: Hierarchy;
  private spaces: AddressSpaces;
  private readonly counts: Float64Array;
  private readonly main: Tlb;
  private readonly walkCache: Tlb;
  private readonly ipaCache: Tlb;
  /** Log₂ of bytes: of entries of a space, and of global ones. Those of a machine become known as it maps pages. */
  private readonly ownBits: number[];
  private readonly globalBits: number[] = [];
  private readonly stage2Bits: readonly number[];
  /** Of the space in place, where stage 1 is made up. */
  private tables: Tables | undefined;
  private context = contextTag(SPACE, 0);
  /** Time of the walk under way. */
  private now = 0;
  /** Log₂ of the stage-2 page that the last stage-2 translation went through. */
  private lastStage2Bits = 0;

  constructor(machine: Machine, hierarchy: Hierarchy, spaces: AddressSpaces, counts: Float64Array) {
    this.machine = machine;
    this.hierarchy = hierarchy;
    this.spaces = spaces;
    this.counts = counts;
    this.main = new Tlb(machine.mainTlb);
    this.walkCache = new Tlb(machine.walkCache);
    this.ipaCache = new Tlb(machine.ipaCache);
    this.ownBits = isMachine(spaces) ? [] : spaces.entrySizes.map(Math.log2);
    this.stage2Bits = spaces.stage2Sizes.map(Math.log2);
    this.tables = isMachine(spaces) ? undefined : spaces.stage1(0);
  }

  /**
   * What is translated from now on belongs to `space`. The micro-TLBs are the caller's to empty.
   * @throws RangeError for a number beyond what tags have room for.
   */
  switchTo(space: number): void {
    if (space >= MOST_SPACES) throw new RangeError(`address space ${space}: replay has room for ${MOST_SPACES}`);
    this.counts[METRIC.spaceSwitches]!++;
    this.space = space;
    this.context = contextTag(SPACE, space);
    if (isMachine(this.spaces)) return;
    this.tables = this.spaces.stage1(space);
    if (this.spaces.flushesAtSwitch) this.dropStage1(THE_GUEST);
  }

  /** Another vCPU of the same machine, whose stage 2 is the same: what is translated from now on is its. */
  enter(spaces: MachineSpaces, space: number): void {
    this.spaces = spaces;
    this.space = space;
    this.context = contextTag(SPACE, space);
  }

  /** A `translation` event, whose payload begins at word `at`. */
  announce(words: Uint32Array, at: number): void {
    if (isMachine(this.spaces)) this.spaces.announce(words, at);
  }

  /** Is there a translation? A PLD of what is not mapped does nothing. */
  isMapped(virtual: number): boolean {
    return !isMachine(this.spaces) || this.spaces.page(this.space, virtual) !== undefined;
  }

  /** A `tlb-maintenance` event: stage 2 stays, for it is none of the guest's. The micro-TLBs are the caller's to empty. */
  maintain(operation: number, space: number, address: number, pages: number): void {
    // A range of pages is an operation for each of them.
    this.counts[METRIC.tlbMaintenance]! += Math.max(1, pages);
    if (isMachine(this.spaces)) this.spaces.drop(operation, space, address, pages);
    this.dropStage1(selectionOf(operation, space, address, pages));
  }

  /** A hypervisor invalidates what it or its guest has in any TLB. */
  invalidate(what: 'guest' | 'all'): void {
    const match = what === 'guest' ? THE_GUEST : EVERYTHING;
    this.dropStage1(match);
    this.ipaCache.drop(match);
  }

  /** A machine's kernel says what it invalidates; that nothing runs in a space tells nothing new. */
  endSpace(space: number): void {
    if (isMachine(this.spaces)) return;
    this.spaces.end(space);
    if (space === this.space) this.tables = this.spaces.stage1(space);
  }

  /**
   * Physical 4 KiB frame number of `virtual` after a micro-TLB miss at `time`, or its complement ({@link frameOf}); the cost is left
   * in {@link cycles}.
   * @throws Unannounced
   */
  translate(virtual: number, time: number): number {
    const {machine, counts, spaces, tables} = this;
    this.cycles = machine.microTlbMiss;
    counts[METRIC.stallMicroTlb]! += machine.microTlbMiss;
    const known =
      this.lookUp(virtual, this.context, this.ownBits) ?? this.lookUp(virtual, contextTag(GLOBAL), this.globalBits);
    if (known !== undefined) {
      counts[METRIC.mainHits]!++;
      return known;
    }
    counts[METRIC.mainMisses]!++;
    const start = time + machine.microTlbMiss;
    const {physical, bits, isGlobal, isUncached} = isMachine(spaces)
      ? this.walkAnnounced(spaces, virtual, start)
      : this.walk(spaces, tables as Tables, virtual, start);
    const sizes = isGlobal ? this.globalBits : this.ownBits;
    if (!sizes.includes(bits)) sizes.push(bits);
    const base = Math.floor(physical / 2 ** bits) * 2 ** (bits - PAGE_BITS);
    const tag = isGlobal ? contextTag(GLOBAL) : this.context;
    this.main.insert(Math.floor(virtual / 2 ** bits), tag + sizeTag(bits), base + (isUncached ? UNCACHED : 0));
    return frameOf(isUncached ? UNCACHED : 0, Math.floor(physical / 2 ** PAGE_BITS));
  }

  /** As {@link translate}, from the main TLB. */
  private lookUp(virtual: number, context: number, sizes: readonly number[]): number | undefined {
    for (const bits of sizes) {
      if (this.main.find(Math.floor(virtual / 2 ** bits), context + sizeTag(bits)))
        return frameOf(this.main.value, (virtual % 2 ** bits) >>> PAGE_BITS);
    }
    return undefined;
  }

  /** An identity-mapped 4 KiB page of the hypervisor's or the guest kernel's own (`regime`); returns the cycles a miss costs. */
  touchOwnPage(regime: number, page: number, tableLine: number, time: number): number {
    const tag = contextTag(regime);
    if (this.main.find(page, tag)) return 0;
    this.counts[METRIC.pathTlbMisses]!++;
    this.main.insert(page, tag, page);
    const {walkStart, walkRead} = this.machine;
    return walkStart + walkRead + this.hierarchy.access(tableLine, time, STAGE1, false);
  }

  /** Walks both stages from the start or from the walk cache. An entry is of the smaller page. */
  private walk(spaces: ProgramSpaces, tables: Tables, virtual: number, time: number): Walked {
    const {counts, machine, walkCache} = this;
    spaces.touch(this.space, virtual);
    this.now = time + machine.walkStart;
    counts[METRIC.stallStage1]! += machine.walkStart;
    const {levels} = tables.format;
    const last = levels.length - 1;
    const span = levels[last - 1]!.spanBits;
    const key = Math.floor(virtual / 2 ** span);
    const tag = this.context + sizeTag(span);
    const isCached = walkCache.find(key, tag);
    if (isCached) counts[METRIC.walkCacheHits]!++;
    let level = isCached ? last : 0;
    let table = isCached ? tableAt(tables, virtual, last) : tables.root;
    for (;;) {
      const slot = tables.descriptorAddress(table, level, virtual);
      // The walk cache has the table's PA; the tables themselves are addressed by IPA.
      const isKnown = isCached && machine.walkCachePhysical;
      const slotPhysical = isKnown ? walkCache.value + (slot - table) : this.throughStage2(slot);
      if (level === last && !isCached) walkCache.insert(key, tag, slotPhysical - (slot - table));
      this.readDescriptor(slotPhysical, STAGE1);
      const output = tables.readAddress(slot);
      const pageBits = tables.pageBits(slot, level);
      if (pageBits > 0) {
        const intermediate = output - (output % 2 ** pageBits) + (virtual % 2 ** pageBits);
        const physical = this.throughStage2(intermediate);
        this.cycles += this.now - time;
        return {physical, bits: this.smaller(pageBits), isGlobal: false, isUncached: false};
      }
      table = output;
      level++;
    }
  }

  /** The same of a machine: the descriptors are where its kernel put them. */
  private walkAnnounced(spaces: MachineSpaces, virtual: number, time: number): Walked {
    const {counts, machine, walkCache} = this;
    const page = spaces.page(this.space, virtual);
    if (page === undefined) throw new Unannounced(this.space, virtual);
    const {descriptors, lastTable, isGlobal, isUncached} = page;
    this.now = time;
    if (descriptors.length > 0) {
      this.now += machine.walkStart;
      counts[METRIC.stallStage1]! += machine.walkStart;
    }
    const last = descriptors.length - 1;
    const span = lastTable?.spanBits ?? 0;
    const key = Math.floor(virtual / 2 ** span);
    const tag = this.context + sizeTag(span);
    const isCached = lastTable !== undefined && walkCache.find(key, tag);
    if (isCached) counts[METRIC.walkCacheHits]!++;
    for (let level = isCached ? last : 0; level <= last; level++) {
      const offset = lastTable?.offset ?? 0;
      const isKnown = isCached && machine.walkCachePhysical;
      const physical = isKnown ? walkCache.value + offset : this.throughStage2(descriptors[level]!);
      if (level === last && lastTable && !isCached) walkCache.insert(key, tag, physical - offset);
      this.readDescriptor(physical, STAGE1);
    }
    const physical = this.throughStage2(page.address + (virtual % 2 ** page.bits));
    this.cycles += this.now - time;
    return {physical, bits: entryBits(this.smaller(page.bits)), isGlobal, isUncached};
  }

  /** Log₂ of the smaller page of both stages, that of the last stage-2 translation. */
  private smaller(bits: number): number {
    return this.spaces.stage2 ? Math.min(bits, this.lastStage2Bits) : bits;
  }

  /** PA of an IPA: from the IPA cache, or by a stage-2 walk. Without stage 2 the two are the same. */
  private throughStage2(intermediate: number): number {
    const {counts, ipaCache} = this;
    const tables = this.spaces.stage2;
    if (!tables) return intermediate;
    for (const bits of this.stage2Bits) {
      if (!ipaCache.find(Math.floor(intermediate / 2 ** bits), contextTag(SPACE) + sizeTag(bits))) continue;
      counts[METRIC.ipaCacheHits]!++;
      this.lastStage2Bits = bits;
      return ipaCache.value * 2 ** PAGE_BITS + (intermediate % 2 ** bits);
    }
    let table = tables.root;
    for (let level = 0; ; level++) {
      const slot = tables.descriptorAddress(table, level, intermediate);
      this.readDescriptor(slot, STAGE2);
      table = tables.readAddress(slot);
      const bits = tables.pageBits(slot, level);
      if (bits === 0) continue;
      const base = Math.floor(table / 2 ** bits) * 2 ** bits;
      ipaCache.insert(Math.floor(intermediate / 2 ** bits), contextTag(SPACE) + sizeTag(bits), base / 2 ** PAGE_BITS);
      this.lastStage2Bits = bits;
      return base + (intermediate % 2 ** bits);
    }
  }

  private dropStage1(match: Match): void {
    this.main.drop(match);
    this.walkCache.drop(match);
  }

  private readDescriptor(address: number, requester: typeof STAGE1 | typeof STAGE2): void {
    const line = Math.floor(address / 2 ** this.machine.l1d.lineBits);
    const cost = this.machine.walkRead + this.hierarchy.access(line, this.now, requester, false);
    this.now += cost;
    this.counts[requester === STAGE1 ? METRIC.stage1Reads : METRIC.stage2Reads]!++;
    this.counts[requester === STAGE1 ? METRIC.stallStage1 : METRIC.stallStage2]! += cost;
  }
}

/** IPA of the table of `level` that a walk of `virtual` comes to. */
const tableAt = (tables: Tables, virtual: number, level: number): number => {
  let table = tables.root;
  for (let i = 0; i < level; i++) table = tables.readAddress(tables.descriptorAddress(table, i, virtual));
  return table;
};
