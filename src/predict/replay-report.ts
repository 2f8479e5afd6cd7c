/** Replay of any trace or guest on chosen systems, and page-size what-ifs: what the `replay` and `whatif` commands print. */
import type {TranslationPolicy} from '../costmodel/address-space.ts';
import {type CostItem, cost} from '../costmodel/cost.ts';
import {countTable, METRIC} from '../costmodel/metrics.ts';
import {PageSizes} from '../costmodel/page-sizes.ts';
import type {Counts} from '../costmodel/replay.ts';
import {leafLevel, pageSizes, STAGE1_FORMATS, stage2Format, type TableFormat} from '../costmodel/tables.ts';
import {InputError} from '../files/errors.ts';
import {PAGE_SIZES, pagesText} from '../hypervisors/page-regions.ts';
import type {TraceSource} from '../trace/source.ts';
import {GIBIBYTE, parseSize} from '../units.ts';
import {type Calibration, cyclesPerInstruction} from './calibration.ts';
import {measure, ratedActivities, type System} from './measure.ts';

/** One system's view of a trace. Cycles are for the whole measured part. */
export interface ReplayReport {
  readonly sut: string;
  readonly seed: number;
  readonly stage1: string;
  readonly stage2: string | null;
  readonly cycles: number;
  readonly seconds: number;
  readonly cyclesPerInstruction: number;
  readonly items: readonly CostItem[];
  readonly unattributed: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Most descriptor reads one walk can take, and what the paper's N × M says. */
  readonly walk: WalkBound;
}

export interface WalkBound {
  readonly stage1Levels: number;
  readonly stage2Levels: number;
  /** (N+1)(M+1) − 1. */
  readonly worstCaseReads: number;
  readonly paperReads: number;
}

const mostLevels = (format: TableFormat, sizes: PageSizes): number =>
  Math.max(...sizes.all.map((bytes) => leafLevel(format, Math.log2(bytes)) + 1));

/** Levels that a walk of this policy reads in each stage, down to the smallest pages, and the worst case that follows. */
export const walkBound = ({stage1, stage2}: TranslationPolicy): WalkBound => {
  const stage1Levels = mostLevels(STAGE1_FORMATS[stage1.format], new PageSizes(stage1));
  const stage2Levels = stage2 ? mostLevels(stage2Format(stage2), new PageSizes(stage2)) : 0;
  return {
    stage1Levels,
    stage2Levels,
    worstCaseReads: (stage1Levels + 1) * (stage2Levels + 1) - 1,
    paperReads: stage1Levels * Math.max(stage2Levels, 1),
  };
};

const policyOf = (c: Calibration, system: System): TranslationPolicy =>
  system.policy ?? (c.hypervisors[system.sut] as TranslationPolicy);

const reportOf = (c: Calibration, system: System, counts: Counts, scale: number): ReplayReport => {
  const policy = policyOf(c, system);
  const {cycles, items} = cost({
    counts,
    activities: ratedActivities(c, system.sut, 1),
    work: 1,
    clockHz: c.machine.clockHz,
    pipelineScale: scale,
    prices: c.prices,
    cyclesPerInstruction: cyclesPerInstruction(c),
  });
  return {
    sut: system.sut,
    seed: system.seed,
    stage1: `${policy.stage1.format} ${pagesText(policy.stage1)}`,
    stage2: policy.stage2 ? `${policy.stage2.format} ${pagesText(policy.stage2)}` : null,
    cycles,
    seconds: cycles / c.machine.clockHz,
    cyclesPerInstruction: cycles / (counts.metrics[METRIC.instructions] as number),
    items,
    unattributed: cycles - items.reduce((sum, item) => sum + item.cycles, 0),
    counts: countTable(counts.metrics),
    walk: walkBound(policy),
  };
};

/**
 * Replays `source` on every system in one pass.
 * @throws InputError for an unknown system; Error for a trace whose `begin` has no `end`.
 */
export const replayReports = (
  source: TraceSource,
  systems: readonly System[],
  c: Calibration,
  onChunk?: (words: number) => void,
): ReplayReport[] => {
  for (const {sut} of systems) knownSystem(c, sut);
  const counts = measure(source, systems, c, 1, onChunk);
  return systems.map((system, i) => reportOf(c, system, counts[i] as Counts, 1));
};

const knownSystem = (c: Calibration, sut: string): void => {
  if (!c.hypervisors[sut]) {
    throw new InputError(`unknown system under test '${sut}'`, {
      remedy: `choose from ${Object.keys(c.hypervisors).join(', ')}`,
    });
  }
};

type PageSize = (typeof PAGE_SIZES)[number];

/** Checks a list such as ['4K', '2M'] against the sizes that exist. @throws InputError */
export const pageSizeList = (names: readonly string[]): PageSize[] =>
  names.map((name) => {
    const found = PAGE_SIZES.find((size) => size === name);
    if (!found) throw new InputError(`unknown page size '${name}'`, {remedy: `choose from ${PAGE_SIZES.join(', ')}`});
    return found;
  });

/**
 * The systems of a page-size sweep: every combination of stage-1 and stage-2 leaf on every SUT; a SUT without stage 2
 * takes part once per stage-1 size.
 * @throws InputError when a table format lacks a size.
 */
export const pageSizeSystems = (
  c: Calibration,
  suts: readonly string[],
  stage1: readonly PageSize[],
  stage2: readonly PageSize[],
  seed: number,
): System[] =>
  suts.flatMap((sut) => {
    knownSystem(c, sut);
    const {stage1: first, stage2: second, placement} = c.hypervisors[sut] as TranslationPolicy;
    const formats = STAGE1_FORMATS[first.format];
    return stage1.flatMap((leaf1): System[] => {
      requireSize(formats.name, fittingSizes(formats), leaf1, `stage 1 of '${sut}'`);
      if (!second) return [{sut, seed, policy: {stage1: {...first, leaf: leaf1}, stage2: null, placement}}];
      return stage2.map((leaf2) => {
        requireSize('lpae', stage2Sizes(stage2Format(second)), leaf2, `stage 2 of '${sut}'`);
        const leaf = leaf2 as '4K' | '2M' | '1G';
        return {sut, seed, policy: {stage1: {...first, leaf: leaf1}, stage2: {...second, leaf}, placement}};
      });
    });
  });

/** A stage-1 page must fit a region of the guest's RAM; 1 GiB does not. */
const fittingSizes = (format: TableFormat): string[] => pageSizes(format).filter((size) => parseSize(size) < GIBIBYTE);
/** The contiguous hint is not modelled in stage 2. */
const stage2Sizes = (format: TableFormat): string[] => pageSizes(format).filter((size) => size !== '64K');

const requireSize = (format: string, sizes: readonly string[], wanted: string, where: string): void => {
  if (!sizes.includes(wanted))
    throw new InputError(`${where} cannot map pages of ${wanted} with ${format} tables`, {
      remedy: `choose from ${sizes.join(', ')}`,
    });
};
