/**
 * The MMU of a Cortex-A7: micro-TLBs, the main TLB of combined VA → PA entries at the smaller of both stages' page sizes,
 * the walk cache (address of the last-level stage-1 table, as a PA), the IPA cache (finished stage-2 translations), and
 * the walker that reads real descriptors through the data cache. DDI 0464 chapters 5 and 6.6.3; what a walk-cache entry
 * holds is taken from the Cortex-A35 manual.
 */
import type {Hierarchy} from './hierarchy.ts';
import type {Machine, TlbGeometry} from './machine.ts';
import {METRIC, STAGE1, STAGE2} from './metrics.ts';
import {leafLevel, type Tables} from './tables.ts';

const PAGE_BITS = 12;
const EMPTY = -1;

/** A set-associative array of page numbers with round-robin replacement; 0 sets means absent. */
export class Tlb {
  private readonly sets: number;
  private readonly ways: number;
  private readonly tags: Float64Array;
  private readonly values: Float64Array;
  private readonly next: Uint8Array;
  /** Index of the entry found by the last successful {@link find}. */
  private hit = 0;

  constructor(geometry: TlbGeometry) {
    this.sets = geometry.sets;
    this.ways = geometry.ways;
    this.tags = new Float64Array(geometry.sets * geometry.ways).fill(EMPTY);
    this.values = new Float64Array(geometry.sets * geometry.ways);
    this.next = new Uint8Array(geometry.sets);
  }

  /** Is `page` present? Its value is then {@link value}. `tag` tells apart what shares an index: sizes, regimes. */
  find(page: number, tag: number): boolean {
    if (this.sets === 0) return false;
    const first = (page % this.sets) * this.ways;
    const key = page * 16 + tag;
    for (let i = first; i < first + this.ways; i++) {
      if (this.tags[i] === key) {
        this.hit = i;
        return true;
      }
    }
    return false;
  }

  get value(): number {
    return this.values[this.hit] as number;
  }

  insert(page: number, tag: number, value: number): void {
    if (this.sets === 0) return;
    const set = page % this.sets;
    const way = this.next[set] as number;
    this.next[set] = (way + 1) % this.ways;
    this.tags[set * this.ways + way] = page * 16 + tag;
    this.values[set * this.ways + way] = value;
  }
}

/** What the MMU asks of the memory maps: page sizes and tables of both stages. `stage2` is undefined for a native run. */
export interface AddressSpace {
  readonly stage1: Tables;
  readonly stage1PageBits: number;
  readonly stage2: Tables | undefined;
  readonly stage2PageBits: number;
  /** Makes sure that the page holding `virtual` is mapped, in both stages. */
  touch(virtual: number): void;
}

const TAG_GUEST = 0;
const TAG_HYPERVISOR = 1;

export class Translation {
  /** Cycles that the last {@link translate} cost. */
  cycles = 0;
  private readonly machine: Machine;
  private readonly hierarchy: Hierarchy;
  private readonly space: AddressSpace;
  private readonly counts: Float64Array;
  private readonly main: Tlb;
  private readonly walkCache: Tlb;
  private readonly ipaCache: Tlb;
  /** Log₂ of the bytes that one main-TLB entry maps. */
  private readonly entryBits: number;
  private readonly leaf: number;
  private readonly stage2Leaf: number;
  /** Page-aligned cycles of the walk under way, split by stage. */
  private now = 0;

  constructor(machine: Machine, hierarchy: Hierarchy, space: AddressSpace, counts: Float64Array) {
    this.machine = machine;
    this.hierarchy = hierarchy;
    this.space = space;
    this.counts = counts;
    this.main = new Tlb(machine.mainTlb);
    this.walkCache = new Tlb(machine.walkCache);
    this.ipaCache = new Tlb(machine.ipaCache);
    this.entryBits = space.stage2 ? Math.min(space.stage1PageBits, space.stage2PageBits) : space.stage1PageBits;
    this.leaf = leafLevel(space.stage1.format, space.stage1PageBits);
    this.stage2Leaf = space.stage2 ? leafLevel(space.stage2.format, space.stage2PageBits) : 0;
  }

  /**
   * Physical 4 KiB frame number of `virtual` after a micro-TLB miss at `time`; the cost is left in {@link cycles}.
   */
  translate(virtual: number, time: number): number {
    const {machine, counts, entryBits} = this;
    const page = Math.floor(virtual / 2 ** entryBits);
    this.cycles = machine.microTlbMiss;
    counts[METRIC.stallMicroTlb]! += machine.microTlbMiss;
    const offsetFrames = (virtual % 2 ** entryBits) >>> PAGE_BITS;
    if (this.main.find(page, TAG_GUEST)) {
      counts[METRIC.mainHits]!++;
      return this.main.value + offsetFrames;
    }
    counts[METRIC.mainMisses]!++;
    const physical = this.walk(virtual, time + machine.microTlbMiss);
    const base = Math.floor(physical / 2 ** entryBits) * 2 ** entryBits;
    this.main.insert(page, TAG_GUEST, base / 2 ** PAGE_BITS);
    return Math.floor(physical / 2 ** PAGE_BITS);
  }

  /** A 4 KiB page of the hypervisor's own, identity-mapped; returns the cycles a miss costs. */
  touchHypervisorPage(page: number, tableLine: number, time: number): number {
    if (this.main.find(page, TAG_HYPERVISOR)) return 0;
    this.counts[METRIC.pathTlbMisses]!++;
    this.main.insert(page, TAG_HYPERVISOR, page);
    const {walkStart, walkRead} = this.machine;
    return walkStart + walkRead + this.hierarchy.access(tableLine, time, STAGE1, false);
  }

  /** Walks both stages from the start or from the walk cache. Returns the physical address of `virtual`. */
  walk(virtual: number, time: number): number {
    const {space, counts, machine} = this;
    space.touch(virtual);
    this.now = time + machine.walkStart;
    counts[METRIC.stallStage1]! += machine.walkStart;
    const tables = space.stage1;
    const lastTableKey =
      this.leaf > 0 ? Math.floor(virtual / 2 ** (tables.format.levels[this.leaf - 1]?.spanBits ?? 32)) : 0;
    const cacheable = this.leaf > 0 && this.leaf === tables.format.levels.length - 1;
    let level = 0;
    let table = tables.root;
    let tablePhysical = -1;
    if (cacheable && this.walkCache.find(lastTableKey, TAG_GUEST)) {
      counts[METRIC.walkCacheHits]!++;
      level = this.leaf;
      tablePhysical = this.walkCache.value;
      table = tablePhysical;
    }
    let output = 0;
    for (; level <= this.leaf; level++) {
      const slot = tables.descriptorAddress(table, level, virtual);
      const slotPhysical = tablePhysical >= 0 ? slot : this.stage2(slot);
      if (level === this.leaf && cacheable && tablePhysical < 0) {
        this.walkCache.insert(lastTableKey, TAG_GUEST, slotPhysical - (slot - table));
      }
      this.readDescriptor(slotPhysical, STAGE1);
      output = tables.readAddress(tablePhysical >= 0 ? this.stage1Slot(virtual, level) : slot);
      table = output;
      tablePhysical = -1;
    }
    const intermediate = output + (virtual % 2 ** space.stage1PageBits) - (output % 2 ** space.stage1PageBits);
    const physical = this.stage2(intermediate);
    this.cycles += this.now - time;
    return physical;
  }

  /** IPA of the descriptor that a walk-cache hit went to directly; the tables are addressed by IPA. */
  private stage1Slot(virtual: number, level: number): number {
    const tables = this.space.stage1;
    let table = tables.root;
    for (let i = 0; i < level; i++) table = tables.readAddress(tables.descriptorAddress(table, i, virtual));
    return tables.descriptorAddress(table, level, virtual);
  }

  /** PA of an IPA: from the IPA cache, or by a stage-2 walk. Without stage 2 the two are the same. */
  private stage2(intermediate: number): number {
    const {space, counts} = this;
    const tables = space.stage2;
    if (!tables) return intermediate;
    const bits = space.stage2PageBits;
    const page = Math.floor(intermediate / 2 ** bits);
    const offset = intermediate % 2 ** bits;
    if (this.ipaCache.find(page, TAG_GUEST)) {
      counts[METRIC.ipaCacheHits]!++;
      return this.ipaCache.value * 2 ** PAGE_BITS + offset;
    }
    let table = tables.root;
    for (let level = 0; level <= this.stage2Leaf; level++) {
      const slot = tables.descriptorAddress(table, level, intermediate);
      this.readDescriptor(slot, STAGE2);
      table = tables.readAddress(slot);
    }
    const base = Math.floor(table / 2 ** bits) * 2 ** bits;
    this.ipaCache.insert(page, TAG_GUEST, base / 2 ** PAGE_BITS);
    return base + offset;
  }

  private readDescriptor(address: number, requester: typeof STAGE1 | typeof STAGE2): void {
    const line = Math.floor(address / 2 ** this.machine.l1d.lineBits);
    const cost = this.machine.walkRead + this.hierarchy.access(line, this.now, requester, false);
    this.now += cost;
    this.counts[requester === STAGE1 ? METRIC.stage1Reads : METRIC.stage2Reads]!++;
    this.counts[requester === STAGE1 ? METRIC.stallStage1 : METRIC.stallStage2]! += cost;
  }
}
