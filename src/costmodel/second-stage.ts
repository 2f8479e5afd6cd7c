/** Stage 2 of one guest, filled as its memory is first used: tables in host RAM, frames as the hypervisor places them. */
import type {HypervisorFile} from '../hypervisors/schema.ts';
import {GIBIBYTE, MEBIBYTE} from '../units.ts';
import type {Machine} from './machine.ts';
import {PageSizes} from './page-sizes.ts';
import {allocatorBelow, FramePlacement, type MemoryLayout} from './placement.ts';
import {leafLevel, stage2Format, type TableFormat, type TableMemory, Tables} from './tables.ts';

export type TranslationPolicy = Pick<HypervisorFile, 'stage1' | 'stage2' | 'placement'>;

/** Top of host RAM kept for stage-2 tables; the hypervisor's image and data lie below it. */
export const HOST_TABLE_RESERVE = 8 * MEBIBYTE;
export const HYPERVISOR_RESERVE = 32 * MEBIBYTE;

const PAGE = 4096;
const PAGE_BITS = 12;

export const layoutOf = ({stage2}: TranslationPolicy, machine: Machine): MemoryLayout => ({
  guestBase: stage2 ? machine.guestBase : machine.memoryBase,
  guestBytes: machine.guestSize,
  hostBase: machine.memoryBase,
  hostBytes: machine.memorySize - HOST_TABLE_RESERVE - HYPERVISOR_RESERVE,
  colours: Math.max(1, (machine.l2.sets * 2 ** machine.l2.lineBits) / PAGE),
});

export const checkSizes = (format: TableFormat, sizes: PageSizes): void => {
  for (const bytes of sizes.all) leafLevel(format, Math.log2(bytes));
};

/** Tables that a process leaves behind serve the next ones. */
export const reusing = (allocate: (bytes: number) => number): TableMemory => {
  const free = new Map<number, number[]>();
  return {
    take: (bytes) => free.get(bytes)?.pop() ?? allocate(bytes),
    give: (address, bytes) => free.set(bytes, [...(free.get(bytes) ?? []), address]),
  };
};

export class SecondStage {
  readonly tables: Tables;
  readonly sizes: PageSizes;
  private readonly layout: MemoryLayout;
  private readonly host: FramePlacement;
  private readonly backed = new Set<number>();

  /** @throws RangeError for page sizes that the format lacks, regions that cut pages, or memory that does not fit. */
  constructor(policy: TranslationPolicy, machine: Machine, seed: number) {
    const {stage2, placement} = policy;
    if (!stage2) throw new RangeError('there is no stage 2');
    const layout = layoutOf(policy, machine);
    this.layout = layout;
    this.sizes = new PageSizes(stage2);
    if (this.sizes.largest === GIBIBYTE && (layout.hostBase % GIBIBYTE !== 0 || layout.guestBase % GIBIBYTE !== 0)) {
      throw new RangeError('1 GiB stage-2 blocks need guest RAM on a 1 GiB boundary in both address spaces');
    }
    const format = stage2Format(stage2);
    checkSizes(format, this.sizes);
    if (layout.guestBase + layout.guestBytes > format.inputBytes) {
      throw new RangeError(`guest RAM ends beyond the ${stage2.inputBits} bits that stage 2 translates`);
    }
    this.host = new FramePlacement(placement, layout, this.sizes, seed);
    const top = machine.memoryBase + machine.memorySize;
    this.tables = new Tables(format, reusing(allocatorBelow(top, top - HOST_TABLE_RESERVE)));
  }

  /** Makes sure that the page of guest RAM at `intermediate` is mapped. */
  back(intermediate: number): void {
    const size = this.sizes.at(intermediate);
    const base = Math.floor(intermediate / size) * size;
    if (this.backed.has(base)) return;
    this.backed.add(base);
    this.tables.map(base, this.host.physical(Math.max(base, this.layout.guestBase)), Math.log2(size));
  }

  /**
   * Makes sure that the page of a device at `intermediate` is mapped: to itself, in a page of 4 KiB. Where a block of guest RAM
   * reaches beyond its end, that maps it.
   */
  backDevice(intermediate: number): void {
    const {guestBase, guestBytes} = this.layout;
    const size = this.sizes.at(intermediate);
    const base = Math.floor(intermediate / size) * size;
    if (base < guestBase + guestBytes && base + size > guestBase) {
      this.back(intermediate);
      return;
    }
    const page = Math.floor(intermediate / PAGE) * PAGE;
    if (this.backed.has(page)) return;
    this.backed.add(page);
    this.tables.map(page, page, PAGE_BITS);
  }
}
