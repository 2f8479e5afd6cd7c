/** The comparison with published tinymembench logs, as a table's cells and as a section of docs/validation.md. */
import type {Figure, TinymembenchResult} from '../predict/tinymembench.ts';
import {formatPercent, formatShare, formatSignedPercent} from './format.ts';

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

const BEGIN = '<!-- trapwalk validate tinymembench: begin -->';
const END = '<!-- trapwalk validate tinymembench: end -->';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const boardSection = (result: TinymembenchResult): readonly string[] => [
  `### ${result.title}, log ${result.log}`,
  '',
  ...result.errors.map(
    ({group, figures, meanAbsolutePercentageError, withinTarget, targetPercent}) =>
      `- ${group}: mean absolute error ${formatPercent(meanAbsolutePercentageError)}; ${withinTarget} of ${figures} within ${targetPercent} %`,
  ),
  '',
  row(figureColumns),
  row(figureColumns.map(() => '---')),
  ...result.figures.map((figure) => row(figureCells(figure))),
];

/** Lines of a section, worst figure first within each board. */
const section = (results: readonly TinymembenchResult[]): string =>
  results.map((result) => boardSection(result).join('\n')).join('\n\n');

/** Lines that the section stands between. */
export const MARKS = [BEGIN, END] as const;

export const hasSection = (markdown: string): boolean => {
  const begin = markdown.indexOf(BEGIN);
  return begin >= 0 && markdown.indexOf(END) > begin;
};

/** `markdown`, which {@link hasSection}, with what is between its marks replaced. */
export const withSection = (markdown: string, results: readonly TinymembenchResult[]): string => {
  const before = markdown.slice(0, markdown.indexOf(BEGIN) + BEGIN.length);
  return `${before}\n\n${section(results)}\n\n${markdown.slice(markdown.indexOf(END))}`;
};
