/** Cells that are computed from others, computed again. A figure agrees when rounding of all printed digits can explain it. */
import {mean, median} from '../statistics.ts';
import type {AuditCell} from './cells.ts';
import {type Finding, finding, groupedBy, key} from './finding.ts';
import type {Rules, Statistic, UnitRule} from './rules.ts';

/** A result, and by how much the printed digits of what it comes from may move it. */
interface Computed {
  readonly value: number;
  readonly slack: number;
}

/** Of floating point, not of print: relative. */
const EPSILON = 1e-12;

const compare = (kind: 'statistic' | 'derived', cell: AuditCell, what: string, {value, slack}: Computed) => {
  const difference = cell.value - value;
  if (Math.abs(difference) <= cell.halfDigit + slack + EPSILON * Math.abs(value)) return [];
  const digits = (cell.text.split('.')[1] ?? '').length + 2;
  const isCut = difference < 0 && -difference < 2 * cell.halfDigit + slack;
  const cut = isCut ? '; it agrees if digits were cut off, not rounded' : '';
  return [finding(kind, cell, `stated ${cell.text}, ${what} is ${value.toFixed(digits)}${cut}`, value)];
};

const extreme = (cells: readonly AuditCell[], pick: (...values: number[]) => number): Computed => ({
  value: pick(...cells.map(({value}) => value)),
  slack: Math.max(...cells.map(({halfDigit}) => halfDigit)),
});

const STATISTICS: Readonly<Record<Statistic, (cells: readonly AuditCell[]) => Computed>> = {
  average: (cells) => ({
    value: mean(cells.map(({value}) => value)),
    slack: mean(cells.map(({halfDigit}) => halfDigit)),
  }),
  median: (cells) => ({
    value: median(cells.map(({value}) => value)),
    slack: Math.max(...cells.map(({halfDigit}) => halfDigit)),
  }),
  minimum: (cells) => extreme(cells, Math.min),
  maximum: (cells) => extreme(cells, Math.max),
};

const statisticOf = (cell: AuditCell, {statistics}: Rules): Statistic | undefined =>
  Object.hasOwn(statistics, cell.case) ? statistics[cell.case] : undefined;

export const isStatistic = (cell: AuditCell, rules: Rules): boolean => statisticOf(cell, rules) !== undefined;

/** Stated averages and the like, each against the cells of its system and unit. */
export const checkStatistics = (cells: readonly AuditCell[], rules: Rules): readonly Finding[] =>
  groupedBy(cells, (c) => key(c.table, c.benchmark, c.hostCpus, c.sut, c.unit)).flatMap((group) => {
    const own = group.filter((cell) => !isStatistic(cell, rules));
    return group.flatMap((cell) => {
      const statistic = statisticOf(cell, rules);
      if (statistic === undefined) return [];
      if (own.length === 0) return [finding('statistic', cell, `there is no cell that it is the ${statistic} of`)];
      return compare('statistic', cell, `the ${statistic} of its ${own.length} cells`, STATISTICS[statistic](own));
    });
  });

const quotient = (cell: AuditCell, from: AuditCell, divisor: number) =>
  compare('derived', cell, `${from.text} ${from.unit} / ${divisor}`, {
    value: from.value / divisor,
    slack: from.halfDigit / divisor,
  });

const PERCENT = 100;

/** Of a rate: 1 − figure / baseline; of a time: figure / baseline − 1. A gain is a negative loss. */
const lossCheck = (cell: AuditCell, from: AuditCell, host: AuditCell, better: UnitRule['better']) => {
  const ratio = from.value / host.value;
  const value = PERCENT * (better === 'higher' ? 1 - ratio : ratio - 1);
  const slack = PERCENT * ((from.halfDigit + ratio * host.halfDigit) / host.value);
  const what = `the loss of ${from.text} against ${host.text} ${from.unit}`;
  return compare('derived', cell, what, {value, slack});
};

const derivedCheck = (cell: AuditCell, rule: UnitRule, row: readonly AuditCell[], rules: Rules): readonly Finding[] => {
  const isSource = (unit: string): boolean => {
    const known = rules.units.find((one) => one.unit === unit);
    const wanted = rule.from ?? rule.lossOf;
    return wanted === 'any' ? known?.from === undefined && known?.lossOf === undefined : unit === wanted;
  };
  const from = row.find(({unit, sut}) => sut === cell.sut && isSource(unit));
  if (!from) return [finding('derived', cell, `there is no cell that its ${cell.unit} come from`)];
  if (rule.divideBy !== undefined) return quotient(cell, from, rule.divideBy);
  const host = row.find(({unit, sut}) => sut === rules.baseline && unit === from.unit);
  if (!host || host.value === 0)
    return [finding('derived', cell, `there is no figure of '${rules.baseline}' to lose against`)];
  const better = rules.units.find(({unit}) => unit === from.unit)?.better ?? 'higher';
  return lossCheck(cell, from, host, better);
};

/** Cells in a derived unit, each against the cell of its case and system that it comes from. */
export const checkDerived = (cells: readonly AuditCell[], rules: Rules): readonly Finding[] =>
  groupedBy(cells, (c) => key(c.benchmark, c.hostCpus, c.case, c.table)).flatMap((row) =>
    row.flatMap((cell) => {
      const rule = rules.units.find(({unit}) => unit === cell.unit);
      const isDerived = rule !== undefined && (rule.from !== undefined || rule.lossOf !== undefined);
      return isDerived ? derivedCheck(cell, rule, row, rules) : [];
    }),
  );
