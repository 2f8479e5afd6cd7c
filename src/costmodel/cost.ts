/**
 * Counts × prices → cycles per unit of guest work, itemised. The only place where counts become time.
 *
 * With G the guest's own cycles per unit, rᵢ the rate of activity i and cᵢ the cycles of one execution, the time T per
 * unit of work solves T = G + Σ T·rᵢ·cᵢ / clock, hence T = G / (1 − Σ rᵢ·cᵢ / clock).
 */

import {isKernelPath, type ResolvedActivity} from '../hypervisors/load.ts';
import {METRIC} from './metrics.ts';
import {type PathItem, type Prices, pricePath} from './prices.ts';
import type {Counts} from './replay.ts';

export interface CostItem {
  readonly group: 'guest' | 'translation' | 'hypervisor' | 'kernel';
  readonly mechanism: string;
  /** Cycles per unit of work. */
  readonly cycles: number;
}

/** An activity and how often it happens on the benchmark's CPU. */
export interface RatedActivity extends ResolvedActivity {
  readonly ratePerSecond: number;
}

export interface CostInput {
  readonly counts: Counts;
  readonly activities: readonly RatedActivity[];
  /** Units of work done between the markers. */
  readonly work: number;
  readonly clockHz: number;
  readonly pipelineScale: number;
  readonly prices: Prices;
  readonly cyclesPerInstruction: Readonly<Record<string, number>>;
}

export interface Cost {
  /** Cycles per unit of work. */
  readonly cycles: number;
  readonly items: readonly CostItem[];
}

/** The guest's own cycles: group, mechanism, and the metrics that add up to them; of the first the pipeline's scale is a factor. */
export const GUEST_CYCLES: readonly (readonly [CostItem['group'], string, readonly number[]])[] = [
  ['guest', 'executing instructions', [METRIC.pipelineCycles]],
  ['guest', 'taken and mispredicted branches', [METRIC.branchCycles]],
  ['guest', 'waiting for instruction lines', [METRIC.stallFetch]],
  ['guest', 'waiting for L2', [METRIC.stallL2]],
  ['guest', 'waiting for DRAM', [METRIC.stallDram]],
  ['guest', 'waiting for lines on their way', [METRIC.stallLatePrefetch]],
  ['guest', 'waiting to fill or write lines', [METRIC.stallLinefill, METRIC.stallStore, METRIC.stallWrite]],
  ['translation', 'micro-TLB misses', [METRIC.stallMicroTlb]],
  ['translation', 'walks, stage 1', [METRIC.stallStage1]],
  ['translation', 'walks, stage 2', [METRIC.stallStage2]],
];

/** Cycles of one execution of an activity by item, its own waits for lines last. */
export const activityItems = (
  activity: RatedActivity,
  input: CostInput,
): {readonly mechanism: string; readonly group: 'hypervisor' | 'kernel'; readonly cycles: number}[] => {
  const {prices, cyclesPerInstruction, counts} = input;
  const priced = activity.paths.map((p) => {
    const perInstruction = cyclesPerInstruction[p.build.id];
    if (perInstruction === undefined) throw new RangeError(`no cycles per instruction for build '${p.build.id}'`);
    return {kernel: isKernelPath(p.name), items: pricePath(p.path, perInstruction, prices)};
  });
  const {id} = activity.activity;
  const sum = (kernel: boolean, primitives: readonly PathItem['primitive'][]): number =>
    priced
      .filter((p) => p.kernel === kernel)
      .flatMap((p) => p.items)
      .filter((item) => primitives.includes(item.primitive))
      .reduce((total, item) => total + item.cycles, 0);
  const measured = counts.activities.find((a) => a.id === id);
  if (!measured && activity.ratePerSecond > 0) throw new RangeError(`activity '${id}' was not replayed`);
  const waits = (measured?.waitPerExecution ?? 0) * prices.missExposure;
  const runsHypervisor = priced.some((p) => !p.kernel);
  const rows: {mechanism: string; group: 'hypervisor' | 'kernel'; cycles: number}[] = [
    {mechanism: `${id}: instructions`, group: 'hypervisor', cycles: sum(false, ['instructions'])},
    {mechanism: `${id}: GIC accesses`, group: 'hypervisor', cycles: sum(false, ['device'])},
    {
      mechanism: `${id}: barriers, registers, mode switches`,
      group: 'hypervisor',
      cycles: sum(false, ['barriers', 'systemRegisters', 'modeSwitches']),
    },
    {
      mechanism: `${id}: guest kernel`,
      group: 'kernel',
      cycles: sum(true, ['instructions', 'device', 'barriers', 'systemRegisters', 'modeSwitches']),
    },
    {mechanism: `${id}: its lines and pages missing`, group: runsHypervisor ? 'hypervisor' : 'kernel', cycles: waits},
  ];
  return rows.filter((row) => row.cycles > 0);
};

/** @throws RangeError when the activities alone would take the whole CPU. */
export const cost = (input: CostInput): Cost => {
  const {counts, work, clockHz, pipelineScale} = input;
  const per = (index: number): number => (counts.metrics[index] as number) / work;
  const guest: CostItem[] = [
    ...GUEST_CYCLES.map(([group, mechanism, indices], row) => ({
      group,
      mechanism,
      cycles: indices.reduce((sum, index) => sum + per(index), 0) * (row === 0 ? pipelineScale : 1),
    })),
  ];
  const own = guest.reduce((sum, item) => sum + item.cycles, 0);
  const executed = input.activities.flatMap((activity) =>
    activityItems(activity, input).map((item) => ({...item, share: (item.cycles * activity.ratePerSecond) / clockHz})),
  );
  const busy = executed.reduce((sum, item) => sum + item.share, 0);
  if (busy >= 1)
    throw new RangeError(
      `recurring activities take ${(busy * 100).toFixed(0)} % of the CPU: no time is left for the guest`,
    );
  const cycles = own / (1 - busy);
  const items = [
    ...guest,
    ...executed.map(({group, mechanism, share}) => ({group, mechanism, cycles: cycles * share})),
  ];
  return {cycles, items};
};
