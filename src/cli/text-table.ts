/** Tables for people. Apart from format.ts because commands without a table need not load the package. */
import Table from 'cli-table3';

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
