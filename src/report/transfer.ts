/** Published microbenchmarks beside what the same paths cost on that core, as tables and as a section of docs/transfer.md. */
import type {TransferResult, TransferResultRow} from '../predict/transfer.ts';
import {formatNumber, formatPercent, formatSignedPercent} from './format.ts';
import {markdownTable, marksOf, withMarkedSection} from './marked-section.ts';

export const transferColumns = [
  'test',
  'published',
  'predicted',
  '95 % interval',
  'predicted / published',
  'error',
  'least certain',
] as const;

const orDash = (value: number | null, text: (value: number) => string): string => (value === null ? '–' : text(value));

const interval = ({lower, upper}: TransferResultRow): string =>
  lower === null || upper === null ? '–' : `${formatNumber(lower)} to ${formatNumber(upper)}`;

export const transferCells = (row: TransferResultRow): readonly string[] => [
  row.test,
  formatNumber(row.published),
  row.use === 'predicted' ? orDash(row.predicted, formatNumber) : row.use,
  interval(row),
  orDash(row.ratio, (ratio) => ratio.toFixed(2)),
  orDash(row.errorPercent, formatSignedPercent),
  row.leastCertain ?? '–',
];

/** Of the publication that is predicted. */
export const ownRows = ({rows}: TransferResult): readonly TransferResultRow[] =>
  rows.filter(({use}) => use !== 'left out');

export const transferSummary = (result: TransferResult): string =>
  `${result.predictions} predictions: mean absolute error ${formatPercent(result.meanAbsolutePercentageError)}; ${result.withinInterval} of them within their 95 % interval`;

/** A line each: why a row is off, where a path's lines would not all be hits, and why a publication is left out. */
export const transferReasons = (result: TransferResult): readonly string[] => {
  const own = ownRows(result).map(({test, reason, lines}) => {
    const misses = lines !== null && !lines.fit ? ' Its lines do not fit in L1, so that they cannot all be hits.' : '';
    return `${test}: ${reason}${misses}`;
  });
  const left = result.rows.filter(({use}) => use === 'left out');
  const publications = [...new Map(left.map(({publication, reason}) => [publication, reason]))];
  const rowsOf = (publication: string): number => left.filter((row) => row.publication === publication).length;
  return [...own, ...publications.map(([name, reason]) => `${name} (${rowsOf(name)} rows, not predicted): ${reason}`)];
};

export const transferNotes = (result: TransferResult): readonly string[] => [
  ...new Set(ownRows(result).map(({publication, table, note}) => `${publication}, table ${table}: ${note}`)),
];

export const transferTitle = ({title, core, clockMegahertz, build}: TransferResult): string =>
  `${build} on ${title}: ${core}, ${formatNumber(clockMegahertz)} MHz; cycles of that core`;

export const TRANSFER_MARKS = marksOf('validate microbenchmarks');

const section = (result: TransferResult): string =>
  [
    `${transferTitle(result)}. ${transferSummary(result)}.`,
    '',
    ...markdownTable(transferColumns, ownRows(result).map(transferCells)),
    '',
    ...transferNotes(result),
    '',
    ...transferReasons(result).map((line) => `- ${line}`),
  ].join('\n');

/** `markdown` with what is between {@link TRANSFER_MARKS} replaced. */
export const withTransfer = (markdown: string, result: TransferResult): string =>
  withMarkedSection(markdown, TRANSFER_MARKS, section(result));
