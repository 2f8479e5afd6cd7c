/** What `replay` prints: a column per system. */
import type {ReplayReport} from '../predict/replay-report.ts';
import {formatNumber} from '../report/format.ts';
import {attributionRows} from './attribution.ts';
import {plusMinus, type SampleSummary, sampleText} from './sample-text.ts';
import {type Row, textTable} from './text-table.ts';

/** Counts worth reading beside any workload, by metric id, each per 1000 instructions. */
const KEY_COUNTS: readonly (readonly [label: string, metrics: readonly string[]])[] = [
  ['L1I misses', ['l1i.misses.guest']],
  ['L1D misses', ['l1d.misses.guest']],
  ['L2 misses', ['l2.misses.guest']],
  ['prefetched lines', ['prefetch.issued']],
  ['DRAM lines read', ['dram.reads']],
  ['DRAM lines written', ['dram.writes']],
  ['DRAM row conflicts', ['dram.rowConflicts']],
  ['micro-TLB misses', ['tlb.microInstructionMisses', 'tlb.microDataMisses']],
  ['main-TLB misses', ['tlb.mainMisses']],
  ['stage-1 descriptor reads', ['walk.stage1Reads']],
  ['stage-2 descriptor reads', ['walk.stage2Reads']],
  ['mispredicted branches', ['branch.mispredicted']],
];

export const countOf = (report: ReplayReport, metric: string): number => {
  const count = report.counts[metric];
  if (count === undefined) throw new RangeError(`no metric '${metric}'`);
  return count;
};

const perThousand = (report: ReplayReport, metrics: readonly string[]): string => {
  const per = 1000 / countOf(report, 'instructions');
  const count = metrics.reduce((sum, metric) => sum + countOf(report, metric), 0);
  const {sampled} = report;
  const halfWidth = sampled && metrics.reduce((sum, metric) => sum + (sampled.counts[metric] as number), 0) * per;
  return `${formatNumber(count * per)}${plusMinus(halfWidth)}`;
};

export const paperReads = ({walk}: ReplayReport): string => {
  if (walk === null) return '–';
  return walk.stage2Levels === 0
    ? `${walk.paperReads}`
    : `${walk.stage1Levels} × ${walk.stage2Levels} = ${walk.paperReads}`;
};

export const mostReads = ({walk}: ReplayReport): string => (walk === null ? '–' : String(walk.worstCaseReads));

/** Walk bounds, with N and M the levels of the two stages. */
const walks = (reports: readonly ReplayReport[]): readonly Row[] => [
  ['pages of stage 1', ...reports.map(({stage1}) => stage1)],
  ['pages of stage 2', ...reports.map(({stage2}) => stage2 ?? '–')],
  ['most reads in a walk, (N+1)(M+1)−1', ...reports.map(mostReads)],
  ['by the paper, N×M', ...reports.map(paperReads)],
];

/** Something in proportion to the cycles. */
const estimated = ({cycles, sampled}: ReplayReport, value: number): string =>
  `${formatNumber(value)}${plusMinus(sampled && (value * sampled.cycles) / cycles)}`;

/** The two tables of a replay, behind what is to be known of a sampled one. */
export const replayText = (reports: readonly ReplayReport[], sample: SampleSummary | null): string => {
  const suts = reports.map(({sut}) => sut);
  const cycles: readonly Row[] = [
    ['cycles', ...reports.map((report) => estimated(report, report.cycles))],
    ['seconds', ...reports.map((report) => estimated(report, report.seconds))],
    ['cycles per instruction', ...reports.map((report) => estimated(report, report.cyclesPerInstruction))],
    ...attributionRows(reports),
  ];
  const counts = KEY_COUNTS.map(([label, metrics]) => [
    label,
    ...reports.map((report) => perThousand(report, metrics)),
  ]);
  return [
    ...(sample ? [sampleText(sample, reports), ''] : []),
    'Cycles of the measured part, and their share',
    textTable(['', ...suts], cycles),
    '',
    'Per 1000 instructions, and the walks',
    textTable(['', ...suts], [...counts, ...walks(reports)]),
  ].join('\n');
};
