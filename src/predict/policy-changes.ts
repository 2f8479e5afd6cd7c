/** What a command changes about where the memory of a system lies, and in which pages. */
import {addressSpaces, type TranslationPolicy} from '../costmodel/address-space.ts';
import {InputError} from '../files/errors.ts';
import {type PageRegion, STAGE2_LEAVES} from '../hypervisors/page-regions.ts';
import type {Placement} from '../hypervisors/schema.ts';
import type {Calibration} from './calibration.ts';
import type {System} from './measure.ts';

export interface PolicyChanges {
  /** Beside those of the hypervisor's file. */
  readonly stage1Regions: readonly PageRegion[];
  readonly stage2Regions: readonly PageRegion[];
  /** Of host frames; natively, of the frames of the only stage that there is. */
  readonly placement: Placement | undefined;
  /** Of the guest's pages in its own memory. */
  readonly guestPlacement: Placement | undefined;
}

type Stage2 = NonNullable<TranslationPolicy['stage2']>;
type Stage2Region = NonNullable<Stage2['regions']>[number];

const stage2Region = (region: PageRegion): Stage2Region => {
  if ('area' in region)
    throw new InputError(`'${region.area}' is a part of a process, not of guest RAM`, {
      remedy: 'name regions of stage 2 by intermediate addresses',
    });
  const leaf = STAGE2_LEAVES.find((one) => one === region.leaf);
  if (leaf === undefined)
    throw new InputError(`stage 2 has no pages of ${region.leaf}`, {remedy: `choose from ${STAGE2_LEAVES.join(', ')}`});
  return {...region, leaf};
};

const changed = (sut: string, {stage1, stage2, placement}: TranslationPolicy, changes: PolicyChanges) => {
  const {stage1Regions, stage2Regions, guestPlacement} = changes;
  if (!stage2 && stage2Regions.length > 0)
    throw new InputError(`'${sut}' has no stage 2 for regions`, {remedy: 'leave it or --stage2-region out'});
  return {
    stage1: {
      ...stage1,
      ...(stage1Regions.length === 0 ? {} : {regions: [...(stage1.regions ?? []), ...stage1Regions]}),
      ...(guestPlacement === undefined ? {} : {placement: guestPlacement}),
    },
    stage2:
      stage2 === null || stage2Regions.length === 0
        ? stage2
        : {...stage2, regions: [...(stage2.regions ?? []), ...stage2Regions.map(stage2Region)]},
    placement: changes.placement ?? placement,
  };
};

const isNothing = ({stage1Regions, stage2Regions, placement, guestPlacement}: PolicyChanges): boolean =>
  stage1Regions.length + stage2Regions.length === 0 && placement === undefined && guestPlacement === undefined;

/**
 * The system with these changes.
 * @throws InputError for what its table formats, its memory or its L2 cannot do, before anything is replayed.
 */
export const systemWith = (c: Calibration, system: System, changes: PolicyChanges): System => {
  if (isNothing(changes)) return system;
  const {sut, seed} = system;
  const base = system.policy ?? c.hypervisors[sut];
  if (base === undefined)
    throw new InputError(`unknown system under test '${sut}'`, {
      remedy: `choose from ${Object.keys(c.hypervisors).join(', ')}`,
    });
  const policy = changed(sut, base, changes);
  try {
    addressSpaces(policy, c.machine, seed);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`'${sut}' cannot have these pages or frames: ${error.message}`, {
      remedy: 'docs/model.md says what holds for regions and frames',
    });
  }
  return {...system, policy};
};
