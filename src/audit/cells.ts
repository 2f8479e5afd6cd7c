/** Published cells of files in the project's form, or in one that the rules declare. */
import {readCsv} from '../files/csv.ts';
import {InputError} from '../files/errors.ts';
import {readText} from '../files/read.ts';
import type {Field, Form, Rules} from './rules.ts';

const COLUMNS = ['table', 'benchmark', 'host_cpus', 'case', 'sut', 'value', 'unit'] as const;

export interface AuditCell {
  readonly file: string;
  readonly line: number;
  readonly table: string;
  readonly benchmark: string;
  readonly hostCpus: string;
  readonly case: string;
  readonly sut: string;
  readonly unit: string;
  /** As printed. */
  readonly text: string;
  readonly value: number;
  /** Half a unit of the last printed digit: what was measured lies so close. */
  readonly halfDigit: number;
  /** Must every system of its table have every case? */
  readonly isFull: boolean;
}

const NUMBER = /^-?\d{1,15}(?:\.(\d{1,15}))?$/;

type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** @param signed units that may be negative: losses. */
const cellOf = (row: Row, file: string, line: number, isFull: boolean, signed: readonly string[]): AuditCell => {
  const place = String(line);
  const number = NUMBER.exec(row.value);
  if (!number || (Number(row.value) < 0 && !signed.includes(row.unit))) {
    throw new InputError(`value '${row.value}' is not a number of at least 0`, {
      file,
      place,
      remedy: 'write digits, with a point before decimals; a loss alone may be negative',
    });
  }
  for (const column of COLUMNS) {
    if (row[column] === '') throw new InputError(`${column} is empty`, {file, place, remedy: 'say what the cell is'});
  }
  const {table, benchmark, case: name, sut, unit, value: text} = row;
  const halfDigit = 0.5 * 10 ** -(number[1]?.length ?? 0);
  return {
    ...{file, line, table, benchmark, hostCpus: row.host_cpus, case: name, sut, unit},
    ...{text, value: Number(text), halfDigit, isFull},
  };
};

const JOIN = ' ';

const textOf = (field: Field, row: Readonly<Record<string, string>>): string =>
  'constant' in field
    ? field.constant
    : field.columns
        .map((column) => row[column] as string)
        .filter((text) => text !== '')
        .join(JOIN);

const requireColumns = (form: Form, rulesFile: string): void => {
  for (const cell of form.cells) {
    for (const field of Object.values(cell)) {
      const unknown = 'columns' in field ? field.columns.find((name) => !form.columns.includes(name)) : undefined;
      if (unknown !== undefined)
        throw new InputError(`form '${form.title}' has no column '${unknown}'`, {file: rulesFile});
    }
  }
};

const cellsOfForm = (form: Form, file: string, signed: readonly string[]): readonly AuditCell[] =>
  readCsv(file, form.columns).flatMap((row, index) =>
    form.cells.flatMap((fields) => {
      const texts = Object.fromEntries(COLUMNS.map((name) => [name, textOf(fields[name], row)])) as Row;
      return texts.value === '' ? [] : [cellOf(texts, file, index + 2, form.isFull, signed)];
    }),
  );

/** @throws InputError naming file and line, also for a file of no known form or without a cell. */
export const readCells = (file: string, {forms, units}: Rules, rulesFile: string): readonly AuditCell[] => {
  const header = readText(file).split(/\r?\n/, 1)[0] as string;
  const signed = units.filter(({lossOf}) => lossOf !== undefined).map(({unit}) => unit);
  const form = forms.find(({columns}) => columns.join(',') === header);
  if (form) requireColumns(form, rulesFile);
  // The project's own form, or an error that says what that is.
  const cells = form
    ? cellsOfForm(form, file, signed)
    : readCsv(file, COLUMNS).map((row, index) => cellOf(row, file, index + 2, true, signed));
  if (cells.length === 0) throw new InputError('has no cells', {file, remedy: 'give a table with rows'});
  return cells;
};
