/** What a table must be before anything is computed from it: whole, without doubles, in one unit, of one magnitude. */
import {median, medianDeviation} from '../statistics.ts';
import type {AuditCell} from './cells.ts';
import {type Finding, finding, groupedBy, key} from './finding.ts';
import type {Rules} from './rules.ts';

/** Cells that are given twice; those behind the first count no further. */
export const checkDuplicates = (cells: readonly AuditCell[]) => {
  const groups = groupedBy(cells, (c) => key(c.table, c.benchmark, c.hostCpus, c.case, c.sut, c.unit));
  const findings = groups.flatMap(([first, ...more]) =>
    more.map((cell) => {
      const same = cell.value === (first as AuditCell).value ? 'the same' : `${(first as AuditCell).text}`;
      return finding('duplicate', cell, `is given before, in line ${(first as AuditCell).line}, as ${same}`);
    }),
  );
  return {findings, cells: groups.map((group) => group[0] as AuditCell)};
};

/** Systems that lack a case that others of their table have in the same unit. */
export const checkMissing = (cells: readonly AuditCell[]): readonly Finding[] =>
  groupedBy(
    cells.filter(({isFull}) => isFull),
    (c) => key(c.table, c.benchmark, c.hostCpus, c.unit),
  ).flatMap((table) => {
    const suts = [...new Set(table.map(({sut}) => sut))];
    return groupedBy(table, (c) => c.case).flatMap((row) => {
      const missing = suts.filter((sut) => !row.some((cell) => cell.sut === sut));
      return missing.map((sut) => ({
        ...finding('missing', {...(row[0] as AuditCell), sut}, `no cell in ${(row[0] as AuditCell).unit}`),
        stated: null,
      }));
    });
  });

/** Units that the rules do not know, and cells that are not in their table's own unit (that of most of its cells). */
export const checkUnits = (cells: readonly AuditCell[], {units}: Rules): readonly Finding[] =>
  groupedBy(cells, (c) => key(c.file, c.table, c.benchmark, c.hostCpus)).flatMap((table) => {
    const isMeasured = ({unit}: AuditCell): boolean =>
      !units.some((u) => u.unit === unit && (u.from !== undefined || u.lossOf !== undefined));
    const byUnit = groupedBy(table.filter(isMeasured), ({unit, case: name}) => key(unit, table[0]?.isFull ? '' : name));
    const own = [...byUnit].sort((a, b) => b.length - a.length)[0]?.[0]?.unit;
    return table.flatMap((cell) => {
      if (!units.some(({unit}) => unit === cell.unit))
        return [finding('unit', cell, `'${cell.unit}' is no unit that the rules know`)];
      if (!cell.isFull || !isMeasured(cell) || cell.unit === own) return [];
      return [finding('unit', cell, `in ${cell.unit}, where the table is in ${own}`)];
    });
  });

/** Systems on one machine differ by less: beyond it a point or a unit is likely in the wrong place. */
const MAGNITUDE = 8;
const LEAST_COMPARED = 3;

export const checkMagnitudes = (cells: readonly AuditCell[], {units}: Rules): readonly Finding[] =>
  groupedBy(
    cells.filter(({isFull, unit}) => isFull && !units.some((u) => u.unit === unit && u.lossOf !== undefined)),
    (c) => key(c.table, c.benchmark, c.hostCpus, c.case, c.unit),
  ).flatMap((row) => {
    const middle = median(row.map(({value}) => value));
    if (row.length < LEAST_COMPARED || middle === 0) return [];
    return row.flatMap((cell) => {
      const factor = Math.max(cell.value / middle, middle / cell.value);
      return factor > MAGNITUDE
        ? [finding('magnitude', cell, `${cell.text} is ${factor.toFixed(1)} times away from the row's median`, middle)]
        : [];
    });
  });

/** Repetitions that lie more than `limit` median absolute deviations away; no deviation is below the printed digits'. */
export const checkOutliers = (cells: readonly AuditCell[], {repetitions}: Rules, limit: number): readonly Finding[] =>
  groupedBy(
    cells.filter((c) => c.case.startsWith(repetitions.cases)),
    (c) => key(c.table, c.benchmark, c.hostCpus, c.sut, c.unit),
  ).flatMap((runs) => {
    if (runs.length < repetitions.least) return [];
    const values = runs.map(({value}) => value);
    const middle = median(values);
    const deviation = Math.max(medianDeviation(values), ...runs.map(({halfDigit}) => halfDigit));
    return runs.flatMap((cell) => {
      const away = Math.abs(cell.value - middle) / deviation;
      if (away <= limit) return [];
      const percent = ((cell.value / middle - 1) * 100).toFixed(2);
      const message = `${cell.text} is ${away.toFixed(1)} median absolute deviations from the median of ${runs.length} runs (${percent} %)`;
      return [finding('outlier', cell, message, middle)];
    });
  });
