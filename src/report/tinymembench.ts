/** The comparison with published tinymembench logs, as a table's cells and as a section of docs/validation.md. */
import type {Figure, TinymembenchResult} from '../predict/tinymembench.ts';
import {formatPercent, formatShare, formatSignedPercent} from './format.ts';
import {markdownTable, marksOf, withMarkedSection} from './marked-section.ts';

export const figureColumns = [
  'test',
  'buffer',
  'unit',
  'measured',
  'predicted',
  'error',
  'where the time goes',
] as const;

const KIBIBYTE = 1024;

const blockText = (block: number | null): string => (block === null ? '–' : `${block / KIBIBYTE} KiB`);
const value = (number: number): string => number.toFixed(1);

/** Metrics in cycles by what a reader calls them. Walks include what they wait for. */
const COMPONENTS: readonly (readonly [name: string, metrics: readonly string[]])[] = [
  ['pipeline', ['cycles.pipeline', 'cycles.branch']],
  ['L2', ['stall.l2']],
  ['DRAM', ['stall.dram']],
  ['lines on their way', ['stall.latePrefetch']],
  ['turns of misses', ['stall.linefill']],
  ['turns of stores', ['stall.store']],
  ['posted writes', ['stall.write']],
  ['translation', ['stall.microTlb', 'stall.stage1']],
  ['instruction lines', ['stall.fetch']],
];

/** The two largest components with their shares. */
const components = ({counts}: Figure): string => {
  const all = COMPONENTS.map(([name, metrics]) => ({
    name,
    cycles: metrics.reduce((sum, metric) => sum + (counts[metric] as number), 0),
  }));
  const total = all.reduce((sum, {cycles}) => sum + cycles, 0);
  return [...all]
    .sort((a, b) => b.cycles - a.cycles)
    .slice(0, 2)
    .map(({name, cycles}) => `${name} ${formatShare(cycles, total)}`)
    .join(', ');
};

export const figureCells = (figure: Figure): readonly string[] => [
  figure.test,
  blockText(figure.block),
  figure.unit,
  value(figure.measured),
  value(figure.predicted),
  figure.errorPercent === null ? '–' : formatSignedPercent(figure.errorPercent),
  components(figure),
];

const boardSection = (result: TinymembenchResult): readonly string[] => [
  `### ${result.title}, log ${result.log}`,
  '',
  ...result.errors.map(
    ({group, figures, meanAbsolutePercentageError, withinTarget, targetPercent}) =>
      `- ${group}: mean absolute error ${formatPercent(meanAbsolutePercentageError)}; ${withinTarget} of ${figures} within ${targetPercent} %`,
  ),
  '',
  ...markdownTable(figureColumns, result.figures.map(figureCells)),
];

/** Lines of a section, worst figure first within each board. */
const section = (results: readonly TinymembenchResult[]): string =>
  results.map((result) => boardSection(result).join('\n')).join('\n\n');

/** Lines that the section stands between. */
export const MARKS = marksOf('validate tinymembench');

/** `markdown` with what is between {@link MARKS} replaced. */
export const withSection = (markdown: string, results: readonly TinymembenchResult[]): string =>
  withMarkedSection(markdown, MARKS, section(results));
