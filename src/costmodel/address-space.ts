/** The memory map of one guest under one hypervisor: both stages' tables, filled as pages are first touched. */
import type {HypervisorFile, Placement} from '../hypervisors/schema.ts';
import {GIBIBYTE, MEBIBYTE} from '../units.ts';
import type {Machine} from './machine.ts';
import {entrySizes, PageSizes} from './page-sizes.ts';
import {allocatorBelow, FramePlacement, GuestPlacement, type MemoryLayout, TABLE_RESERVE} from './placement.ts';
import {leafLevel, STAGE1_FORMATS, stage2Format, type TableFormat, type TableMemory, Tables} from './tables.ts';
import type {AddressSpaces} from './translation.ts';

/** Top of host RAM kept for stage-2 tables; the hypervisor's image and data lie below it. */
export const HOST_TABLE_RESERVE = 8 * MEBIBYTE;
export const HYPERVISOR_RESERVE = 32 * MEBIBYTE;

export type TranslationPolicy = Pick<HypervisorFile, 'stage1' | 'stage2' | 'placement'>;

const PAGE = 4096;
const LARGEST_STAGE1_PAGE = 64 * MEBIBYTE;
/** The guest kernel's own order of frames is drawn apart from the hypervisor's. */
const GUEST_SEED = 0x3c6e_f372;

const layoutOf = ({stage2}: TranslationPolicy, machine: Machine): MemoryLayout => ({
  guestBase: stage2 ? machine.guestBase : machine.memoryBase,
  guestBytes: machine.guestSize,
  hostBase: machine.memoryBase,
  hostBytes: machine.memorySize - HOST_TABLE_RESERVE - HYPERVISOR_RESERVE,
  colours: Math.max(1, (machine.l2.sets * 2 ** machine.l2.lineBits) / PAGE),
});

/** Without a stage 2 the guest's physical addresses are the host's, so its frames lie as its own kernel put them. */
const guestPlacementOf = ({stage1, stage2, placement}: TranslationPolicy): Placement => {
  if (!stage2 && stage1.placement)
    throw new RangeError("without a stage 2 'placement' says where pages lie: leave stage1.placement out");
  return stage2 ? (stage1.placement ?? {policy: 'contiguous', source: 'the default'}) : placement;
};

const checkSizes = (format: TableFormat, sizes: PageSizes): void => {
  for (const bytes of sizes.all) leafLevel(format, Math.log2(bytes));
};

/** Tables that a process leaves behind serve the next ones. */
const reusing = (allocate: (bytes: number) => number): TableMemory => {
  const free = new Map<number, number[]>();
  return {
    take: (bytes) => free.get(bytes)?.pop() ?? allocate(bytes),
    give: (address, bytes) => free.set(bytes, [...(free.get(bytes) ?? []), address]),
  };
};

interface Space {
  readonly tables: Tables;
  /** First addresses of mapped pages. */
  readonly mapped: Set<number>;
}

class GuestMemory implements AddressSpaces {
  readonly flushesAtSwitch: boolean;
  readonly stage2: Tables | undefined;
  readonly entrySizes: readonly number[];
  readonly stage2Sizes: readonly number[];
  private readonly sizes1: PageSizes;
  private readonly sizes2: PageSizes | undefined;
  private readonly format: TableFormat;
  private readonly memory: TableMemory;
  private readonly spaces = new Map<number, Space>();
  private readonly guestBase: number;
  private readonly guest: GuestPlacement;
  private readonly host: FramePlacement | undefined;
  private readonly backed = new Set<number>();

  constructor(policy: TranslationPolicy, machine: Machine, seed: number) {
    const {stage1, stage2} = policy;
    const layout = layoutOf(policy, machine);
    this.guestBase = layout.guestBase;
    this.flushesAtSwitch = stage1.taskSwitch === 'flush';
    this.format = STAGE1_FORMATS[stage1.format];
    this.sizes1 = new PageSizes(stage1);
    checkSizes(this.format, this.sizes1);
    this.guest = new GuestPlacement(layout, this.sizes1, guestPlacementOf(policy), seed + (stage2 ? GUEST_SEED : 0));
    if (stage2) {
      this.sizes2 = new PageSizes(stage2);
      if (this.sizes2.largest === GIBIBYTE && (layout.hostBase % GIBIBYTE !== 0 || layout.guestBase % GIBIBYTE !== 0)) {
        throw new RangeError('1 GiB stage-2 blocks need guest RAM on a 1 GiB boundary in both address spaces');
      }
      const format = stage2Format(stage2);
      checkSizes(format, this.sizes2);
      if (layout.guestBase + layout.guestBytes > format.inputBytes) {
        throw new RangeError(`guest RAM ends beyond the ${stage2.inputBits} bits that stage 2 translates`);
      }
      this.host = new FramePlacement(policy.placement, layout, this.sizes2, seed);
      const hostTop = machine.memoryBase + machine.memorySize;
      this.stage2 = new Tables(format, reusing(allocatorBelow(hostTop, hostTop - HOST_TABLE_RESERVE)));
    }
    this.entrySizes = entrySizes(this.sizes1, this.sizes2);
    this.stage2Sizes = this.sizes2?.all ?? [];
    const guestTop = layout.guestBase + layout.guestBytes;
    const allocate = allocatorBelow(guestTop, guestTop - TABLE_RESERVE);
    this.memory = reusing((bytes) => {
      const address = allocate(bytes);
      for (let offset = 0; offset < bytes; offset += PAGE) this.back(address + offset);
      return address;
    });
    this.space(0);
  }

  stage1(space: number): Tables {
    return this.space(space).tables;
  }

  touch(space: number, virtual: number): void {
    const {tables, mapped} = this.space(space);
    const size = this.sizes1.at(virtual);
    const page = Math.floor(virtual / size) * size;
    if (mapped.has(page)) return;
    mapped.add(page);
    if (size > LARGEST_STAGE1_PAGE)
      throw new RangeError('stage-1 pages above 64 MiB need more RAM than the modelled guest has');
    const intermediate = this.guest.frame(page, space);
    tables.map(page, intermediate, Math.log2(size));
    const step = Math.min(size, ...this.stage2Sizes);
    for (let offset = 0; offset < size; offset += step) this.back(intermediate + offset);
  }

  end(space: number): void {
    this.spaces.get(space)?.tables.release();
    this.spaces.delete(space);
    this.guest.end(space);
  }

  private space(space: number): Space {
    let own = this.spaces.get(space);
    if (!own) {
      own = {tables: new Tables(this.format, this.memory), mapped: new Set()};
      this.spaces.set(space, own);
    }
    return own;
  }

  /** Makes sure that stage 2 maps the page of guest RAM at `intermediate`. */
  private back(intermediate: number): void {
    const {stage2, sizes2, host} = this;
    if (!stage2 || !sizes2 || !host) return;
    const size = sizes2.at(intermediate);
    const base = Math.floor(intermediate / size) * size;
    if (this.backed.has(base)) return;
    this.backed.add(base);
    stage2.map(base, host.physical(Math.max(base, this.guestBase)), Math.log2(size));
  }
}

/** @throws RangeError for page sizes that a format lacks, regions that cut pages, or memory that does not fit. */
export const addressSpaces = (policy: TranslationPolicy, machine: Machine, seed: number): AddressSpaces =>
  new GuestMemory(policy, machine, seed);
