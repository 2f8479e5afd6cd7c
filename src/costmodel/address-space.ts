/** The memory map of one guest under one hypervisor: both stages' tables, filled as pages are first touched. */
import type {HypervisorFile} from '../hypervisors/schema.ts';
import {GIBIBYTE, MEBIBYTE, parseSize} from '../units.ts';
import type {Machine} from './machine.ts';
import {allocatorBelow, GuestPlacement, HostPlacement, type MemoryLayout, TABLE_RESERVE} from './placement.ts';
import {leafLevel, STAGE1_FORMATS, stage2Format, Tables} from './tables.ts';
import type {AddressSpace} from './translation.ts';

/** Top of host RAM kept for stage-2 tables; the hypervisor's image and data lie below it. */
export const HOST_TABLE_RESERVE = 8 * MEBIBYTE;
export const HYPERVISOR_RESERVE = 32 * MEBIBYTE;

export type TranslationPolicy = Pick<HypervisorFile, 'stage1' | 'stage2' | 'placement'>;

/** Without a stage 2 the guest's physical addresses are the host's, so its frames lie as its own kernel put them. */
const layoutOf = ({stage2, placement}: TranslationPolicy, machine: Machine): MemoryLayout => {
  if (!stage2 && placement.policy !== 'contiguous') {
    throw new RangeError(`without a stage 2 nothing maps '${placement.policy}' frames: use placement 'contiguous'`);
  }
  return {
    guestBase: stage2 ? machine.guestBase : machine.memoryBase,
    guestBytes: machine.guestSize,
    hostBase: machine.memoryBase,
  };
};

class GuestMemory implements AddressSpace {
  readonly stage1: Tables;
  readonly stage2: Tables | undefined;
  readonly stage1PageBits: number;
  readonly stage2PageBits: number;
  private readonly guestBase: number;
  private readonly guest: GuestPlacement;
  private readonly host: HostPlacement;
  private readonly mapped = new Set<number>();
  private readonly backed = new Set<number>();

  constructor(policy: TranslationPolicy, machine: Machine, seed: number) {
    const layout = layoutOf(policy, machine);
    this.guestBase = layout.guestBase;
    const stage2Bytes = policy.stage2 ? parseSize(policy.stage2.leaf) : parseSize('4K');
    this.stage1PageBits = Math.log2(parseSize(policy.stage1.leaf));
    this.stage2PageBits = Math.log2(stage2Bytes);
    if (stage2Bytes === GIBIBYTE && (layout.hostBase % GIBIBYTE !== 0 || layout.guestBase % GIBIBYTE !== 0)) {
      throw new RangeError('1 GiB stage-2 blocks need guest RAM on a 1 GiB boundary in both address spaces');
    }
    this.guest = new GuestPlacement(layout);
    this.host = new HostPlacement(policy.placement, layout, stage2Bytes, seed);
    const hostTop = machine.memoryBase + machine.memorySize;
    if (policy.stage2) {
      const format = stage2Format(policy.stage2);
      leafLevel(format, this.stage2PageBits);
      if (layout.guestBase + layout.guestBytes > format.inputBytes) {
        throw new RangeError(`guest RAM ends beyond the ${policy.stage2.inputBits} bits that stage 2 translates`);
      }
      this.stage2 = new Tables(format, allocatorBelow(hostTop, hostTop - HOST_TABLE_RESERVE));
    }
    const guestTop = layout.guestBase + layout.guestBytes;
    const format = STAGE1_FORMATS[policy.stage1.format];
    leafLevel(format, this.stage1PageBits);
    const allocate = allocatorBelow(guestTop, guestTop - TABLE_RESERVE);
    this.stage1 = new Tables(format, (bytes) => {
      const address = allocate(bytes);
      for (let offset = 0; offset < bytes; offset += 4096) this.back(address + offset);
      return address;
    });
  }

  touch(virtual: number): void {
    const page = Math.floor(virtual / 2 ** this.stage1PageBits);
    if (this.mapped.has(page)) return;
    this.mapped.add(page);
    const size = 2 ** this.stage1PageBits;
    const intermediate = this.guest.frame(page * size);
    // A region of the guest is 64 MiB, so a stage-1 page of at most 16 MiB lies inside one; 1 GiB pages span several.
    if (size > 64 * MEBIBYTE)
      throw new RangeError('stage-1 pages above 64 MiB need more RAM than the modelled guest has');
    this.stage1.map(page * size, intermediate, this.stage1PageBits);
    const step = Math.min(size, 2 ** this.stage2PageBits);
    for (let offset = 0; offset < size; offset += step) this.back(intermediate + offset);
  }

  /** Makes sure that stage 2 maps the page of guest RAM at `intermediate`. */
  private back(intermediate: number): void {
    if (!this.stage2) return;
    const page = Math.floor(intermediate / 2 ** this.stage2PageBits);
    if (this.backed.has(page)) return;
    this.backed.add(page);
    const base = page * 2 ** this.stage2PageBits;
    const inside = Math.max(base, this.guestBase);
    this.stage2.map(base, this.host.physical(inside), this.stage2PageBits);
  }
}

/** @throws RangeError for page sizes that a format lacks, or memory that does not fit. */
export const addressSpace = (policy: TranslationPolicy, machine: Machine, seed: number): AddressSpace =>
  new GuestMemory(policy, machine, seed);
