/** Text for people: tables and the few shapes of numbers that commands print. */
import Table from 'cli-table3';
import {formatNumber, formatShare} from '../report/format.ts';

export type Row = readonly string[];

export interface TableOptions {
  /** Columns from the left that hold words; the rest are numbers, set right. */
  readonly words?: number;
  /** Is the last column words again? */
  readonly lastIsWords?: boolean;
  /** Columns that wrap at this width. */
  readonly widths?: readonly (number | null)[];
}

export const textTable = (
  head: Row,
  rows: readonly Row[],
  {words = 1, lastIsWords = false, widths}: TableOptions = {},
): string => {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) =>
      column < words || (lastIsWords && column === head.length - 1) ? 'left' : 'right',
    ),
    style: {head: [], border: [], compact: true},
    wordWrap: widths !== undefined,
    ...(widths ? {colWidths: [...widths]} : {}),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
};

/** `name  value`, a line each, the values in one column. */
export const fieldList = (fields: readonly (readonly [name: string, value: string])[]): string => {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
};

/** 12345678 → '12,345,678'. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

export const cyclesAndShare = (cycles: number, total: number): string =>
  `${formatNumber(cycles)} (${formatShare(cycles, total)})`;
