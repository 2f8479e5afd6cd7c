/**
 * The MMU of a Cortex-A7: micro-TLBs, the main TLB of combined VA → PA entries at the smaller of both stages' page sizes,
 * the walk cache (address of the last-level stage-1 table, as a PA), the IPA cache (finished stage-2 translations), and
 * the walker that reads real descriptors through the data cache. DDI 0464 chapters 5 and 6.6.3; what a walk-cache entry
 * holds is taken from the Cortex-A35 manual. Entries carry ASID and VMID, so that a switch to another address space finds
 * its own again.
 */
import type {Hierarchy} from './hierarchy.ts';
import type {Machine} from './machine.ts';
import {METRIC, STAGE1, STAGE2} from './metrics.ts';
import type {Tables} from './tables.ts';
import {contextTag, EVERYTHING, type Match, MOST_SPACES, SPACE, selectionOf, sizeTag, THE_GUEST, Tlb} from './tlb.ts';

const PAGE_BITS = 12;

/**
 * What the MMU asks of a guest's memory: page sizes and tables of both stages, those of stage 1 by address space. `stage2` is
 * undefined for a native run.
 */
export interface AddressSpaces {
  readonly stage2: Tables | undefined;
  /** Bytes that a main-TLB entry can map, the smallest first. */
  readonly entrySizes: readonly number[];
  /** Bytes of the pages of stage 2, the smallest first. */
  readonly stage2Sizes: readonly number[];
  /** The guest's kernel does not tag its entries: a switch to another space loses them all. */
  readonly flushesAtSwitch: boolean;
  stage1(space: number): Tables;
  /** Makes sure that the page holding `virtual` in a space is mapped, in both stages. */
  touch(space: number, virtual: number): void;
  /** Nothing runs in the space any more. */
  end(space: number): void;
}

export class Translation {
  /** Cycles that the last {@link translate} cost. */
  cycles = 0;
  /** Which is in place. */
  space = 0;
  private readonly machine: Machine;
  private readonly hierarchy: Hierarchy;
  private readonly spaces: AddressSpaces;
  private readonly counts: Float64Array;
  private readonly main: Tlb;
  private readonly walkCache: Tlb;
  private readonly ipaCache: Tlb;
  /** Log₂ of bytes. */
  private readonly entryBits: readonly number[];
  private readonly stage2Bits: readonly number[];
  private tables: Tables;
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
    this.entryBits = spaces.entrySizes.map(Math.log2);
    this.stage2Bits = spaces.stage2Sizes.map(Math.log2);
    this.tables = spaces.stage1(0);
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
    this.tables = this.spaces.stage1(space);
    if (this.spaces.flushesAtSwitch) this.dropStage1(THE_GUEST);
  }

  /** A `tlb-maintenance` event: stage 2 stays, for it is none of the guest's. The micro-TLBs are the caller's to empty. */
  maintain(operation: number, space: number, address: number, pages: number): void {
    // A range of pages is an operation for each of them.
    this.counts[METRIC.tlbMaintenance]! += Math.max(1, pages);
    this.dropStage1(selectionOf(operation, space, address, pages));
  }

  /** A hypervisor invalidates what it or its guest has in any TLB. */
  invalidate(what: 'guest' | 'all'): void {
    const match = what === 'guest' ? THE_GUEST : EVERYTHING;
    this.dropStage1(match);
    this.ipaCache.drop(match);
  }

  endSpace(space: number): void {
    this.spaces.end(space);
    if (space === this.space) this.tables = this.spaces.stage1(space);
  }

  /** Physical 4 KiB frame number of `virtual` after a micro-TLB miss at `time`; the cost is left in {@link cycles}. */
  translate(virtual: number, time: number): number {
    const {machine, counts} = this;
    this.cycles = machine.microTlbMiss;
    counts[METRIC.stallMicroTlb]! += machine.microTlbMiss;
    for (const bits of this.entryBits) {
      if (!this.main.find(Math.floor(virtual / 2 ** bits), this.context + sizeTag(bits))) continue;
      counts[METRIC.mainHits]!++;
      return this.main.value + ((virtual % 2 ** bits) >>> PAGE_BITS);
    }
    counts[METRIC.mainMisses]!++;
    const {physical, bits} = this.walk(virtual, time + machine.microTlbMiss);
    const base = Math.floor(physical / 2 ** bits) * 2 ** bits;
    this.main.insert(Math.floor(virtual / 2 ** bits), this.context + sizeTag(bits), base / 2 ** PAGE_BITS);
    return Math.floor(physical / 2 ** PAGE_BITS);
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

  /** Walks both stages from the start or from the walk cache: where `virtual` lies, and log₂ of the smaller page. */
  private walk(virtual: number, time: number): {readonly physical: number; readonly bits: number} {
    const {spaces, counts, machine, tables, walkCache} = this;
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
    let table = isCached ? this.tableAt(virtual, last) : tables.root;
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
        return {physical, bits: spaces.stage2 ? Math.min(pageBits, this.lastStage2Bits) : pageBits};
      }
      table = output;
      level++;
    }
  }

  /** IPA of the table of `level` that a walk of `virtual` comes to. */
  private tableAt(virtual: number, level: number): number {
    const {tables} = this;
    let table = tables.root;
    for (let i = 0; i < level; i++) table = tables.readAddress(tables.descriptorAddress(table, i, virtual));
    return table;
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
