/**
 * The paper's bar charts as Vega-Lite, with the prediction beside each published bar.
 *
 * On a figure's own scale, which starts at zero, the systems differ by less than a bar's edge on most benchmarks. So each figure
 * has two panels: the figures as the paper draws them, and below them the loss against the host, where zero is no loss.
 */
import type {TopLevelSpec} from 'vega-lite';
import {lowerIsBetter} from '../predict/figure-units.ts';
import type {Cell, Reproduction} from '../predict/result.ts';
import {attributionFigure} from './attribution-figure.ts';
import {cellOf, HOST, lossPercent, type ReportTable, sutColours, tablesOf} from './catalogue.ts';
import {type Figure, figureTheme} from './figure.ts';

const PUBLISHED = 'published';
const PREDICTED = 'predicted';
const CHART_WIDTH = 760;

interface Bar {
  readonly case: string;
  readonly sut: string;
  readonly kind: typeof PUBLISHED | typeof PREDICTED;
  /** Place within the case: SUT, then published before predicted. */
  readonly place: string;
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Of the guests only. */
  readonly loss: number | null;
  readonly lossLower: number | null;
  readonly lossUpper: number | null;
}

/** Loss against the host of the same row and the same kind (published or predicted). */
const losses = (cell: Cell, host: Cell | undefined, kind: Bar['kind']) => {
  const none = {loss: null, lossLower: null, lossUpper: null};
  const reference = kind === PREDICTED ? host?.predicted : host?.published;
  if (cell.sut === HOST || reference === undefined || reference === null) return none;
  const loss = (value: number): number => lossPercent(value, reference, cell.unit);
  if (kind === PUBLISHED) return {...none, loss: loss(cell.published!)};
  const [best, worst] = lowerIsBetter(cell.unit) ? [cell.lower, cell.upper] : [cell.upper, cell.lower];
  return {loss: loss(cell.predicted), lossLower: loss(best), lossUpper: loss(worst)};
};

const barsOf = (table: ReportTable): readonly Bar[] =>
  table.cases.flatMap((name) =>
    table.suts.flatMap((sut) => {
      const cell = cellOf(table, name, sut);
      if (cell === undefined) return [];
      const host = cellOf(table, name, HOST);
      const bar = (kind: Bar['kind'], value: number, lower: number | null, upper: number | null): Bar => {
        return {case: name, sut, kind, place: `${sut} ${kind}`, value, lower, upper, ...losses(cell, host, kind)};
      };
      const predicted = bar(PREDICTED, cell.predicted, cell.lower, cell.upper);
      return cell.published === null ? [predicted] : [bar(PUBLISHED, cell.published, null, null), predicted];
    }),
  );

const places = (suts: readonly string[], kinds: readonly string[]): string[] =>
  suts.flatMap((sut) => kinds.map((kind) => `${sut} ${kind}`));

const CASE_AXES: readonly (readonly [pattern: RegExp, title: string])[] = [
  [/^run-\d+$/, 'run'],
  [/^[\d.]+[KMG]$/, 'buffer size'],
  [/^\d+x\d+$/, 'groups × tasks'],
];
const caseAxis = (cases: readonly string[]): string =>
  CASE_AXES.find(([pattern]) => cases.every((name) => pattern.test(name)))?.[1] ?? 'case';

/** What the two panels share: places on x, colour by SUT, strength by kind. */
const encodings = (table: ReportTable, suts: readonly string[]) => {
  const kinds = table.published ? [PUBLISHED, PREDICTED] : [PREDICTED];
  const legend = {orient: 'right', title: null} as const;
  return {
    x: {
      field: 'case',
      type: 'nominal',
      sort: [...table.cases],
      axis: {labelAngle: 0, title: caseAxis(table.cases), ticks: false},
    },
    xOffset: {field: 'place', type: 'nominal', sort: places(suts, kinds), scale: {domain: places(suts, kinds)}},
    color: {
      field: 'sut',
      type: 'nominal',
      scale: {domain: [...table.suts], range: [...sutColours(table.suts)]},
      legend: {...legend, symbolType: 'square', symbolOpacity: 1},
    },
    opacity: {
      field: 'kind',
      type: 'ordinal',
      scale: {domain: [PUBLISHED, PREDICTED], range: [0.45, 1]},
      legend: table.published
        ? {...legend, symbolType: 'square', symbolFillColor: '#8c8c8c', symbolStrokeColor: '#8c8c8c'}
        : null,
    },
  } as const;
};

const tooltip = (value: string, title: string) =>
  [
    {field: 'sut', type: 'nominal', title: 'SUT'},
    {field: 'case', type: 'nominal', title: 'case'},
    {field: 'kind', type: 'nominal', title: 'number'},
    {field: value, type: 'quantitative', title, format: ',.4~r'},
  ] as const;

const valuePanel = (table: ReportTable) => {
  const {x, xOffset, color, opacity} = encodings(table, table.suts);
  const title = `${table.unit} (${lowerIsBetter(table.unit) ? 'lower' : 'higher'} is better)`;
  return {
    width: CHART_WIDTH,
    height: 210,
    encoding: {x, xOffset},
    layer: [
      {
        mark: {type: 'bar'},
        encoding: {
          y: {field: 'value', type: 'quantitative', scale: {zero: true}, axis: {title, format: ',~r'}},
          color,
          opacity,
          tooltip: tooltip('value', table.unit),
        },
      },
      {
        transform: [{filter: 'datum.lower !== null'}],
        mark: {type: 'rule', strokeWidth: 1.2},
        encoding: {y: {field: 'lower', type: 'quantitative'}, y2: {field: 'upper'}},
      },
    ],
  } as const;
};

const lossPanel = (table: ReportTable) => {
  const {x, xOffset, color, opacity} = encodings(
    table,
    table.suts.filter((sut) => sut !== HOST),
  );
  const y = {type: 'quantitative', axis: {title: 'loss against host, %', format: '~r'}} as const;
  return {
    width: CHART_WIDTH,
    height: 210,
    transform: [{filter: 'datum.loss !== null'}],
    layer: [
      {
        mark: {type: 'bar'},
        encoding: {
          x,
          xOffset,
          y: {field: 'loss', ...y, scale: {zero: true}},
          color,
          opacity,
          tooltip: tooltip('loss', 'loss, %'),
        },
      },
      {
        transform: [{filter: 'datum.lossLower !== null'}],
        mark: {type: 'rule', strokeWidth: 1.2},
        encoding: {x, xOffset, y: {field: 'lossLower', type: 'quantitative'}, y2: {field: 'lossUpper'}},
      },
      {mark: {type: 'rule', strokeWidth: 1}, encoding: {y: {datum: 0, type: 'quantitative'}}},
    ],
  } as const;
};

const tableFigure = (table: ReportTable): Figure => {
  const what = table.published
    ? 'Bars: published (pale) beside predicted (full), with 95 % interval.'
    : 'Bars: predicted, with 95 % interval; the published numbers were not used.';
  const bars = barsOf(table);
  const hasLoss = bars.some(({loss}) => loss !== null);
  const below = hasLoss ? ['Below: the same as loss against the host of the same row.'] : [];
  const subtitle = [what, ...below];
  const name = table.figure === undefined ? '' : `Figure ${table.figure}, `;
  const panels = hasLoss ? [valuePanel(table), lossPanel(table)] : [valuePanel(table)];
  return {
    id: table.figure === undefined ? `table-${table.table.toLowerCase()}` : `figure-${table.figure}`,
    table: table.table,
    title: name + table.title,
    spec: {
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      title: {text: name + table.title, subtitle},
      data: {values: [...bars]},
      vconcat: panels,
      resolve: {scale: {xOffset: 'independent'}},
      config: figureTheme(false),
    } as unknown as TopLevelSpec,
  };
};

/** One figure per table, then the attribution for each number of host CPUs. */
export const figuresOf = (reproduction: Reproduction): readonly Figure[] => {
  const {attributions} = reproduction;
  const hostCpus = [...new Set(attributions.map((one) => one.hostCpus))].sort((a, b) => a - b);
  return [
    ...tablesOf(reproduction).map(tableFigure),
    ...hostCpus.flatMap((count) => attributionFigure(attributions, count)),
  ];
};
