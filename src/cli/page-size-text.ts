/** What `whatif page-size` prints: a row per combination, and which axis changed nothing. */
import type {ReplayReport} from '../predict/replay-report.ts';
import {formatNumber, formatShare, formatSignedPercent} from '../report/format.ts';
import {formatCount} from './format.ts';
import {countOf, mostReads, paperReads} from './replay-text.ts';
import {plusMinus, type SampleSummary, sampleText} from './sample-text.ts';
import {textTable} from './text-table.ts';

export interface PageSizeRow {
  readonly sut: string;
  readonly stage1: string;
  /** Null where the system has no stage 2. */
  readonly stage2: string | null;
  readonly cycles: number;
  /** Against the first row, in percent; negative is a gain. */
  readonly lossPercent: number;
  readonly mainTlbMisses: number;
  readonly stage1ReadsPerWalk: number;
  readonly stage2ReadsPerWalk: number;
  /** Cycles in walks of either stage, as a share of all. */
  readonly walkShare: number;
  /** Null where the guest's kernel decides on stage 1. */
  readonly worstCaseReads: number | null;
  readonly paperReads: number | null;
}

const WALKS = ['walks, stage 1', 'walks, stage 2'];

const walkCycles = ({items}: ReplayReport): number =>
  items.filter(({mechanism}) => WALKS.includes(mechanism)).reduce((sum, {cycles}) => sum + cycles, 0);

const rowOf = (report: ReplayReport, first: ReplayReport): PageSizeRow => {
  const misses = countOf(report, 'tlb.mainMisses');
  const perWalk = (metric: string): number => (misses === 0 ? 0 : countOf(report, metric) / misses);
  return {
    sut: report.sut,
    stage1: report.stage1,
    stage2: report.stage2,
    cycles: report.cycles,
    lossPercent: (report.cycles / first.cycles - 1) * 100,
    mainTlbMisses: misses,
    stage1ReadsPerWalk: perWalk('walk.stage1Reads'),
    stage2ReadsPerWalk: perWalk('walk.stage2Reads'),
    walkShare: walkCycles(report) / report.cycles,
    worstCaseReads: report.walk?.worstCaseReads ?? null,
    paperReads: report.walk?.paperReads ?? null,
  };
};

export const pageSizeRows = (reports: readonly ReplayReport[]): readonly PageSizeRow[] =>
  reports.map((report) => rowOf(report, reports[0] as ReplayReport));

type Axis = 'stage1' | 'stage2';
const AXES: readonly (readonly [axis: Axis, other: Axis, name: string])[] = [
  ['stage1', 'stage2', 'stage 1'],
  ['stage2', 'stage1', 'stage 2'],
];

/** Is a change of `axis` alone never a change of cycles? Only asked where the axis has several values. */
const isIdle = (rows: readonly PageSizeRow[], axis: Axis, other: Axis): boolean =>
  new Set(rows.map((row) => row[axis])).size > 1 &&
  rows.every((row) => rows.every((second) => row[other] !== second[other] || row.cycles === second.cycles));

/** Per system, what the sweep did not reach or did not change. */
export const pageSizeNotes = (rows: readonly PageSizeRow[]): readonly string[] =>
  [...new Set(rows.map(({sut}) => sut))].flatMap((sut) => {
    const own = rows.filter((row) => row.sut === sut);
    const idle = AXES.filter(([axis, other]) => isIdle(own, axis, other));
    return [
      ...(own.every(({stage2}) => stage2 === null) ? [`${sut} has no stage 2: --stage2 does not apply`] : []),
      ...idle.map(([, , name]) => `the page size of ${name} changed nothing on ${sut}`),
    ];
  });

export const pageSizeText = (reports: readonly ReplayReport[], sample: SampleSummary | null): string => {
  const rows = pageSizeRows(reports).map((row, index) => [
    row.sut,
    row.stage1,
    row.stage2 ?? '–',
    `${formatNumber(row.cycles)}${plusMinus(reports[index]?.sampled?.cycles)}`,
    index === 0 ? '–' : formatSignedPercent(row.lossPercent),
    formatCount(row.mainTlbMisses),
    formatNumber(row.stage1ReadsPerWalk),
    formatNumber(row.stage2ReadsPerWalk),
    formatShare(row.walkShare, 1),
    mostReads(reports[index] as ReplayReport),
    paperReads(reports[index] as ReplayReport),
  ]);
  const head = ['system', 'stage 1', 'stage 2', 'cycles', 'loss against\nfirst row', 'main-TLB\nmisses'];
  const walk = [
    'stage-1 reads\nper walk',
    'stage-2 reads\nper walk',
    'cycles in\nwalks',
    'most reads\n(N+1)(M+1)−1',
    "paper's\nN×M",
  ];
  const table = textTable([...head, ...walk], rows, {words: 3});
  return sample ? `${sampleText(sample, reports)}\n\n${table}` : table;
};
