/** The memory map of one guest under one hypervisor: both stages' tables, filled as pages are first touched. */
import type {Placement} from '../hypervisors/schema.ts';
import {MEBIBYTE} from '../units.ts';
import type {Machine} from './machine.ts';
import {entrySizes, PageSizes} from './page-sizes.ts';
import {allocatorBelow, GuestPlacement, TABLE_RESERVE} from './placement.ts';
import {checkSizes, layoutOf, reusing, SecondStage, type TranslationPolicy} from './second-stage.ts';
import type {ProgramSpaces} from './spaces.ts';
import {STAGE1_FORMATS, type TableFormat, type TableMemory, Tables} from './tables.ts';

export type {TranslationPolicy};

const PAGE = 4096;
const LARGEST_STAGE1_PAGE = 64 * MEBIBYTE;
/** The guest kernel's own order of frames is drawn apart from the hypervisor's. */
const GUEST_SEED = 0x3c6e_f372;

/** Without a stage 2 the guest's physical addresses are the host's, so its frames lie as its own kernel put them. */
const guestPlacementOf = ({stage1, stage2, placement}: TranslationPolicy): Placement => {
  if (!stage2 && stage1.placement)
    throw new RangeError("without a stage 2 'placement' says where pages lie: leave stage1.placement out");
  return stage2 ? (stage1.placement ?? {policy: 'contiguous', source: 'the default'}) : placement;
};

interface Space {
  readonly tables: Tables;
  /** First addresses of mapped pages. */
  readonly mapped: Set<number>;
}

class GuestMemory implements ProgramSpaces {
  readonly flushesAtSwitch: boolean;
  readonly stage2: Tables | undefined;
  readonly entrySizes: readonly number[];
  readonly stage2Sizes: readonly number[];
  private readonly sizes1: PageSizes;
  private readonly format: TableFormat;
  private readonly memory: TableMemory;
  private readonly spaces = new Map<number, Space>();
  private readonly guest: GuestPlacement;
  private readonly second: SecondStage | undefined;

  constructor(policy: TranslationPolicy, machine: Machine, seed: number) {
    const {stage1, stage2} = policy;
    const layout = layoutOf(policy, machine);
    this.flushesAtSwitch = stage1.taskSwitch === 'flush';
    this.format = STAGE1_FORMATS[stage1.format];
    this.sizes1 = new PageSizes(stage1);
    checkSizes(this.format, this.sizes1);
    this.guest = new GuestPlacement(layout, this.sizes1, guestPlacementOf(policy), seed + (stage2 ? GUEST_SEED : 0));
    this.second = stage2 ? new SecondStage(policy, machine, seed) : undefined;
    this.stage2 = this.second?.tables;
    this.entrySizes = entrySizes(this.sizes1, this.second?.sizes);
    this.stage2Sizes = this.second?.sizes.all ?? [];
    const guestTop = layout.guestBase + layout.guestBytes;
    const allocate = allocatorBelow(guestTop, guestTop - TABLE_RESERVE);
    this.memory = reusing((bytes) => {
      const address = allocate(bytes);
      for (let offset = 0; offset < bytes; offset += PAGE) this.second?.back(address + offset);
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
    for (let offset = 0; offset < size; offset += step) this.second?.back(intermediate + offset);
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
}

/** @throws RangeError for page sizes that a format lacks, regions that cut pages, or memory that does not fit. */
export const addressSpaces = (policy: TranslationPolicy, machine: Machine, seed: number): ProgramSpaces =>
  new GuestMemory(policy, machine, seed);
