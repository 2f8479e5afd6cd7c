/** Replay of any trace or guest on chosen systems, and page-size what-ifs: what the `replay` and `whatif` commands print. */
import type {TranslationPolicy} from '../costmodel/address-space.ts';
import {type Cost, type CostItem, cost, type RatedActivity} from '../costmodel/cost.ts';
import {countTable, METRIC, METRICS} from '../costmodel/metrics.ts';
import {PageSizes} from '../costmodel/page-sizes.ts';
import type {Counts} from '../costmodel/replay.ts';
import {leafLevel, pageSizes, STAGE1_FORMATS, stage2Format, type TableFormat} from '../costmodel/tables.ts';
import {InputError} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import {PAGE_SIZES, pagesText} from '../hypervisors/page-regions.ts';
import type {TraceSource} from '../trace/source.ts';
import {GIBIBYTE, parseSize} from '../units.ts';
import {type Calibration, cyclesPerInstruction} from './calibration.ts';
import {measure, PIPELINE_SCALE, ratedActivities, type System} from './measure.ts';
import {type Certainty, estimate} from './sampled-report.ts';
import type {SampledCounts, SampledTrace} from './sampler.ts';

/** By system: counts of everything, or of sampled units. */
export type Replayed = {readonly counts: readonly Counts[]} | {readonly sampled: SampledTrace};

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
  /** Most descriptor reads one walk can take, and what the paper's N × M says; null where the guest's kernel decides on stage 1. */
  readonly walk: WalkBound | null;
  /** Of a sampled replay, whose numbers are estimates. */
  readonly sampled?: Certainty;
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

const costOf = (c: Calibration, counts: Counts, activities: readonly RatedActivity[]): Cost =>
  cost({
    counts,
    activities,
    work: 1,
    clockHz: c.machine.clockHz,
    pipelineScale: PIPELINE_SCALE,
    prices: c.prices,
    cyclesPerInstruction: cyclesPerInstruction(c),
  });

/** What one system counted, as a report. */
const reportOf = (c: Calibration, system: System, counts: Counts): ReplayReport => {
  const policy = policyOf(c, system);
  const {cycles, items} = costOf(c, counts, ratedActivities(c, system.sut, 1, system));
  return {
    sut: system.sut,
    seed: system.seed,
    stage1: system.machine ? "the guest's own" : `${policy.stage1.format} ${pagesText(policy.stage1)}`,
    stage2: policy.stage2 ? `${policy.stage2.format} ${pagesText(policy.stage2)}` : null,
    cycles,
    seconds: cycles / c.machine.clockHz,
    cyclesPerInstruction: cycles / (counts.metrics[METRIC.instructions] as number),
    items,
    unattributed: cycles - items.reduce((sum, item) => sum + item.cycles, 0),
    counts: countTable(counts.metrics),
    walk: system.machine ? null : walkBound(policy),
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
  return reportsOf(c, systems, {counts: measure(source, systems, c, PIPELINE_SCALE, onChunk)});
};

/** Of systems replayed together, in the order of the systems. @throws InputError as {@link estimate} */
export const reportsOf = (c: Calibration, systems: readonly System[], replayed: Replayed): ReplayReport[] =>
  systems.map((system, index) =>
    'sampled' in replayed
      ? sampledReportOf(c, system, replayed.sampled, index)
      : reportOf(c, system, replayed.counts[index] as Counts),
  );

/** What one system's units say of the whole, as a report. */
const sampledReportOf = (c: Calibration, system: System, trace: SampledTrace, index: number): ReplayReport => {
  const units = trace.systems[index] as SampledCounts;
  const found = estimate(units, trace, (counts) => costOf(c, counts, []).cycles);
  const report = reportOf(c, system, found.counts);
  const own = costOf(c, found.counts, []).cycles;
  const perSecond = ratedActivities(c, system.sut, 1, system).map(({ratePerSecond}) => ratePerSecond);
  // T = G / (1 − Σ rᵢ·cᵢ / clock): a wait's error δ adds T·(T/G)·r·δ / clock.
  const ofWaits = found.waits.map(
    (wait, i) => ((perSecond[i] as number) * wait * c.prices.missExposure * report.cycles) / own / c.machine.clockHz,
  );
  const {checks} = units;
  return {
    ...report,
    sampled: {
      units: units.units.length,
      checkedUnits: checks.length,
      warmUpBias: found.warmUpBias,
      cycles: report.cycles * Math.hypot(found.ownCycles, ...ofWaits),
      counts: Object.fromEntries(METRICS.map(([id], metric) => [id, found.halfWidths[metric] as number])),
    },
  };
};

export const knownSystem = (c: Calibration, sut: string): void => {
  const known = Object.keys(c.hypervisors);
  if (known.includes(sut)) return;
  const guess = nearest(sut, known);
  throw new InputError(`unknown system under test '${sut}'`, {
    remedy: guess === undefined ? `choose from ${known.join(', ')}` : `did you mean '${guess}'?`,
  });
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
 * takes part once per stage-1 size. Without stage-1 sizes, each SUT keeps its own.
 * @throws InputError when a table format lacks a size.
 */
export const pageSizeSystems = (
  c: Calibration,
  suts: readonly string[],
  stage1: readonly PageSize[] | undefined,
  stage2: readonly PageSize[],
  seed: number,
): System[] =>
  suts.flatMap((sut) => {
    knownSystem(c, sut);
    const {stage1: first, stage2: second, placement} = c.hypervisors[sut] as TranslationPolicy;
    const formats = STAGE1_FORMATS[first.format];
    return (stage1 ?? [first.leaf]).flatMap((leaf1): System[] => {
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
