/** The report as text, at most 120 columns wide where the data allow it. */
import Table from 'cli-table3';
import type {FitSummary, Reproduction} from '../predict/result.ts';
import {type ReportTable, tablesOf} from './catalogue.ts';
import {
  type AttributionTable,
  attributionTables,
  cellLegend,
  cellText,
  ERROR_COLUMNS,
  errorCells,
  errorNotes,
  fittedStatement,
  RECORDED_NOTE,
  recordedTables,
} from './rows.ts';
import {coverageStatement, fitStatement, PAIRS_NOTE, VALIDATION_COLUMNS, validationRows} from './validation-table.ts';

type Align = 'left' | 'right';

const grid = (head: readonly string[], rows: readonly (readonly string[])[], align: readonly Align[]): string => {
  const table = new Table({
    head: [...head],
    colAligns: [...align],
    style: {head: [], border: [], compact: true},
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
};

const firstLeft = (columns: number, left = 1): readonly Align[] =>
  Array.from({length: columns}, (_, column) => (column < left ? 'left' : 'right'));

/** One table of the paper: a row per case, a column per SUT. */
export const paperTable = (table: ReportTable): string => {
  const rows = table.cases.map((name) => [
    name,
    ...table.suts.map((sut) => {
      const text = cellText(table, name, sut);
      return text === undefined ? '–' : `${text.predicted}\n${text.beside}`;
    }),
  ]);
  const body = grid(['case', ...table.suts], rows, firstLeft(table.suts.length + 1));
  return `${table.title} (${cellLegend(table)})\n${body}`;
};

export const errorTable = (reproduction: Reproduction): string => {
  const body = grid(ERROR_COLUMNS, reproduction.errors.map(errorCells), firstLeft(ERROR_COLUMNS.length, 2));
  return ['Errors against the published tables', body, ...errorNotes(reproduction), fittedStatement(reproduction)].join(
    '\n',
  );
};

/** Mechanisms' names are broken to this width, so that five systems fit beside them. */
const LABEL_WIDTH = 26;

const NOTE_WIDTH = 118;

const wrap = (text: string, width: number, indent = ''): string => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? `${indent}${word}` : `${indent}  ${word}`);
  }
  return lines.join('\n');
};

export const attributionTable = ({title, suts, rows}: AttributionTable): string => {
  const cells = rows.map(({label, kind, cells}) => [
    wrap(label, LABEL_WIDTH, kind === 'mechanism' ? '  ' : ''),
    ...cells,
  ]);
  return `${title}, and share of the total\n${grid(['', ...suts], cells, firstLeft(suts.length + 1))}`;
};

/** The first case of each benchmark and number of host CPUs; the others are named. */
const attributionSections = (tables: readonly AttributionTable[]): readonly string[] => {
  const alike = (a: AttributionTable, b: AttributionTable): boolean =>
    a.benchmark === b.benchmark && a.hostCpus === b.hostCpus;
  return tables
    .filter((table) => tables.find((other) => alike(table, other)) === table)
    .map((table) => {
      const others = tables.filter((other) => other !== table && alike(table, other)).map((other) => other.case);
      const rest =
        others.length === 0 ? '' : `\nNot shown here: ${others.join(', ')} (in the HTML report and in the JSON result)`;
      return attributionTable(table) + rest;
    });
};

export const orderChecks = ({orders}: Reproduction): string => {
  const lines = orders.map(({claim, holds, evidence}) => `  ${holds ? 'holds' : 'FAILS'}  ${claim} (${evidence})`);
  const held = orders.filter(({holds}) => holds).length;
  return [`Order claims on the predictions: ${held} of ${orders.length} hold`, ...lines].join('\n');
};

const recordedSections = (reproduction: Reproduction): readonly string[] => {
  const tables = recordedTables(reproduction).map(
    ({title, note, suts, rows}) =>
      `${title}\n${wrap(note, NOTE_WIDTH)}\n${grid(['', ...suts], rows, firstLeft(suts.length + 1))}`,
  );
  return tables.length === 0 ? [] : [wrap(`Recorded machines. ${RECORDED_NOTE}`, NOTE_WIDTH), ...tables];
};

/** What a fit is worth on cells that it did not see. */
export const validationTable = (fit: Pick<FitSummary, 'inSample' | 'validations'>): string =>
  grid(VALIDATION_COLUMNS, validationRows(fit), firstLeft(VALIDATION_COLUMNS.length, 3));

const fitSection = ({fit}: Reproduction): string =>
  [fitStatement(fit), validationTable(fit), PAIRS_NOTE, coverageStatement(fit.coverage)].join('\n');

/** All of it. Sections of which the result has nothing are left out. */
export const textReport = (reproduction: Reproduction): string => {
  const {errors, orders} = reproduction;
  const sections = [
    ...tablesOf(reproduction).map(paperTable),
    ...(errors.length > 0 ? [errorTable(reproduction)] : []),
    ...(orders.length > 0 ? [orderChecks(reproduction)] : []),
    ...(errors.length > 0 ? [fitSection(reproduction)] : []),
    ...attributionSections(attributionTables(reproduction)),
    ...recordedSections(reproduction),
  ];
  return `${sections.join('\n\n')}\n`;
};
