/** What the text and the HTML report both say, as rows of text. */
import type {
  Attribution,
  Cell,
  ErrorRow,
  ParameterRow,
  RecordedSystem,
  Reproduction,
  SutId,
} from '../predict/result.ts';
import {
  benchmarkName,
  cellOf,
  errorPercent,
  HOST,
  hostCpusName,
  orderGroups,
  orderSuts,
  type ReportTable,
  tablesOf,
} from './catalogue.ts';
import {formatFactor, formatNumber, formatPercent, formatShare, formatSignedPercent, formatValue} from './format.ts';

/** Marks a cell whose published value a fitted parameter saw. */
export const FITTED_MARK = '*';

export interface CellText {
  readonly predicted: string;
  /** 'published, error' where there is a published value, else the 95 % interval. */
  readonly beside: string;
}

const besideText = ({predicted, lower, upper, published, unit}: Cell): string =>
  published === null
    ? `${formatValue(lower, unit)}–${formatValue(upper, unit)}`
    : `(${formatValue(published, unit)}, ${formatSignedPercent(errorPercent(predicted, published))})`;

/** Undefined where the result has no such cell. */
export const cellText = (table: ReportTable, caseName: string, sut: SutId): CellText | undefined => {
  const cell = cellOf(table, caseName, sut);
  if (cell === undefined) return undefined;
  const predicted = formatValue(cell.predicted, cell.unit) + (cell.fitted ? ` ${FITTED_MARK}` : '');
  return {predicted, beside: besideText(cell)};
};

export const cellLegend = (table: ReportTable): string =>
  table.published ? 'predicted, and below it (published, error)' : 'predicted, and below it its 95 % interval';

export const ERROR_COLUMNS = [
  'benchmark',
  'SUT',
  'cells',
  'fitted',
  'MAPE',
  'worst',
  'baseline (a)',
  'baseline (b)',
  'improvement',
] as const;

/** How many times smaller the error is than that of the better baseline. */
export const improvement = ({noOverhead, sameOverheadAsOthers, meanAbsolutePercentageError}: ErrorRow): number =>
  Math.min(noOverhead, sameOverheadAsOthers ?? Number.POSITIVE_INFINITY) / meanAbsolutePercentageError;

export const errorCells = (row: ErrorRow): readonly string[] => [
  benchmarkName(row.benchmark),
  row.sut,
  String(row.cells),
  String(row.fittedCells),
  formatPercent(row.meanAbsolutePercentageError),
  formatSignedPercent(row.worstPercentageError),
  formatPercent(row.noOverhead),
  row.sameOverheadAsOthers === null ? '–' : formatPercent(row.sameOverheadAsOthers),
  // Baseline (a) is the published host, so against it no prediction of the host can improve.
  row.sut === HOST ? '–' : formatFactor(improvement(row)),
];

/** What the columns of the error table mean. */
export const errorNotes = ({baselines}: Reproduction): readonly string[] => [
  'MAPE: mean absolute error in percent of the published values; worst: the worst cell, signed.',
  `Baseline (a): ${baselines.noOverhead}.`,
  `Baseline (b): ${baselines.sameOverheadAsOthers}.`,
  'Improvement: error of the better baseline / MAPE; below 1× the baseline is better.',
];

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Which published cells the fit has seen. */
export const fittedStatement = (reproduction: Reproduction): string => {
  const published = reproduction.cells.filter((cell) => cell.published !== null);
  const fitted = published.filter((cell) => cell.fitted);
  const parameters = reproduction.parameters.filter(({kind}) => kind === 'fitted').map(({id}) => id);
  const counts = tablesOf(reproduction)
    .map((table) => ({
      name: table.table,
      count: table.cells.filter((cell) => cell.published !== null && cell.fitted).length,
    }))
    .filter(({count}) => count > 0);
  if (fitted.length === 0) return `No fitted parameter saw any of the ${plural(published.length, 'published cell')}.`;
  const where = counts.map(({name, count}) => `${name} (${count})`).join(', ');
  return (
    `Fitted parameters saw ${fitted.length} of ${plural(published.length, 'published cell')}, marked ${FITTED_MARK}, ` +
    `in ${counts.length === 1 ? 'table' : 'tables'} ${where}. Fitted: ${parameters.join(', ')}.`
  );
};

/** The attributions of one benchmark, case and number of host CPUs: a column per SUT. */
export interface AttributionTable {
  readonly benchmark: string;
  readonly case: string;
  readonly hostCpus: number;
  readonly title: string;
  readonly suts: readonly SutId[];
  readonly rows: readonly AttributionLine[];
}

export interface AttributionLine {
  readonly label: string;
  /** Groups and the total stand out; mechanisms are indented under their group. */
  readonly kind: 'group' | 'mechanism' | 'unattributed' | 'total';
  readonly cells: readonly string[];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const withShare = (cycles: number, {totalCycles}: Attribution): string =>
  cycles === 0 ? '0' : `${formatNumber(cycles)} ${formatShare(cycles, totalCycles).padStart(6)}`;

/** Sums of floating-point items leave less than this share of their total; more is a missing item. */
const ROUNDING = 1e-9;
const unattributedText = (column: Attribution): string =>
  Math.abs(column.unattributed) < ROUNDING * column.totalCycles ? '0' : withShare(column.unattributed, column);

const groupLines = (group: string, columns: readonly Attribution[]): readonly AttributionLine[] => {
  const own = columns.map(({items}) => items.filter((item) => item.group === group));
  const mechanisms = [...new Set(own.flat().map(({mechanism}) => mechanism))];
  const line = (
    label: string,
    kind: AttributionLine['kind'],
    keep: (mechanism: string) => boolean,
  ): AttributionLine => ({
    label,
    kind,
    cells: columns.map((column, index) =>
      withShare(sum(own[index]!.filter((item) => keep(item.mechanism)).map(({cycles}) => cycles)), column),
    ),
  });
  return [
    line(group, 'group', () => true),
    ...mechanisms.map((mechanism) => line(mechanism, 'mechanism', (other) => other === mechanism)),
  ];
};

export const attributionTables = ({attributions}: Reproduction): readonly AttributionTable[] => {
  const byTitle = new Map<string, Attribution[]>();
  for (const attribution of attributions) {
    const {benchmark, per, hostCpus} = attribution;
    const title = `${benchmarkName(benchmark)} ${attribution.case}, ${hostCpusName(hostCpus)}: cycles per ${per}`;
    byTitle.set(title, [...(byTitle.get(title) ?? []), attribution]);
  }
  return [...byTitle].map(([title, unordered]) => {
    const suts = orderSuts(unordered.map(({sut}) => sut));
    const columns = suts.map((sut) => unordered.find((one) => one.sut === sut)!);
    const groups = orderGroups(columns.flatMap(({items}) => items.map(({group}) => group)));
    const rows: AttributionLine[] = [
      ...groups.flatMap((group) => groupLines(group, columns)),
      {label: 'unattributed', kind: 'unattributed', cells: columns.map(unattributedText)},
      {label: 'total', kind: 'total', cells: columns.map((one) => withShare(one.totalCycles, one))},
    ];
    const {benchmark, hostCpus, case: name} = unordered[0]!;
    return {benchmark, case: name, hostCpus, title, suts, rows};
  });
};

export interface RecordedTable {
  readonly title: string;
  /** What every system has in common. */
  readonly note: string;
  readonly suts: readonly SutId[];
  readonly rows: readonly (readonly string[])[];
}

/** What these tables are not. */
export const RECORDED_NOTE =
  'Cycles of memory, pipeline and the hypervisor’s own activities while the vCPU runs. How vCPUs are scheduled, and what the exits cost, is not in them: they predict no published cell.';

const RECORDED_ROWS: readonly (readonly [name: string, text: (system: RecordedSystem) => string])[] = [
  ['cycles', ({cycles}) => formatNumber(cycles)],
  ['more than the host', ({overHost}) => (overHost === null ? '–' : formatSignedPercent(100 * overHost))],
  ['page-table walks', ({walks}) => formatNumber(walks)],
  ['stage-1 descriptors read', ({stage1Reads}) => formatNumber(stage1Reads)],
  ['stage-2 descriptors read', ({stage2Reads}) => formatNumber(stage2Reads)],
];

export const recordedTables = ({recordings}: Reproduction): readonly RecordedTable[] =>
  recordings.map((machine) => {
    const {title, vcpu, vcpus, unit, systems} = machine;
    const suts = orderSuts(systems.map(({sut}) => sut));
    const ofSuts = suts.map((sut) => systems.find((one) => one.sut === sut)!);
    return {
      title: `${title}${vcpus === 1 ? '' : `: vCPU ${vcpu}`}, per ${unit}`,
      note: `${formatNumber(machine.instructions)} instructions, ${formatNumber(machine.processSwitches)} switches between processes, ${formatNumber(machine.possibleExits)} exits at most; the kernel touches ${formatNumber(machine.kernelCodeLines)} lines of code and ${formatNumber(machine.kernelDataLines)} of data.`,
      suts,
      rows: RECORDED_ROWS.map(([name, text]) => [name, ...ofSuts.map(text)]),
    };
  });

export const PARAMETER_COLUMNS = ['parameter', 'value', 'unit', 'kind', 'bounds', 'standard error', 'source'] as const;

const bounds = ({lower, upper}: ParameterRow): string =>
  lower === undefined && upper === undefined
    ? '–'
    : `${lower === undefined ? '−∞' : formatNumber(lower)} … ${upper === undefined ? '∞' : formatNumber(upper)}`;

export const parameterCells = (row: ParameterRow): readonly string[] => [
  row.id,
  formatNumber(row.value),
  row.unit,
  row.kind,
  bounds(row),
  row.standardError === undefined ? '–' : formatNumber(row.standardError),
  row.source,
];

/** Fitted first, then assumed: what a reader should doubt first. */
export const orderParameters = (rows: readonly ParameterRow[]): readonly ParameterRow[] => {
  const doubt = ['fitted', 'assumed', 'cited', 'measured'];
  return [...rows].sort((a, b) => doubt.indexOf(a.kind) - doubt.indexOf(b.kind) || (a.id < b.id ? -1 : 1));
};
