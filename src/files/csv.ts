/**
 * Comma-separated data tables: a header that must name exactly the wanted columns in order, then a row per line. A field
 * with a comma or a quote stands in double quotes, a quote within it is doubled. A field does not span lines.
 */
import {InputError} from './errors.ts';
import {readText} from './read.ts';

const FIELD = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

const splitLine = (line: string, file: string, number: number): readonly string[] => {
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const at = FIELD.lastIndex;
    const match = FIELD.exec(line);
    if (match === null) throw new InputError('misplaced double quote', {file, place: `${number}:${at + 1}`});
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return fields;
  }
};

/** @throws InputError naming file and line. */
export const parseCsv = <K extends string>(
  text: string,
  file: string,
  columns: readonly K[],
): readonly Record<K, string>[] => {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const header = lines.length === 0 ? [] : splitLine(lines[0]!, file, 1);
  if (header.length !== columns.length || columns.some((name, index) => header[index] !== name)) {
    throw new InputError(`header is '${header.join(',')}'`, {
      file,
      place: '1',
      remedy: `expected '${columns.join(',')}'`,
    });
  }
  return lines.slice(1).map((line, index) => {
    const number = index + 2;
    if (line === '') throw new InputError('empty line', {file, place: String(number), remedy: 'remove it'});
    const fields = splitLine(line, file, number);
    if (fields.length !== columns.length) {
      throw new InputError(`${fields.length} fields where the header has ${columns.length}`, {
        file,
        place: String(number),
      });
    }
    return Object.fromEntries(columns.map((name, column) => [name, fields[column]])) as Record<K, string>;
  });
};

/** @throws InputError naming file and line. */
export const readCsv = <K extends string>(path: string, columns: readonly K[]): readonly Record<K, string>[] =>
  parseCsv(readText(path), path, columns);
