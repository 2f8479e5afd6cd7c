/** What happens where and when, as bars in lanes, coloured by kind; below them each bar by its name, if they are listed. */
import type {TopLevelSpec} from 'vega-lite';
import {type Figure, figureTheme} from './figure.ts';
import {formatNumber} from './format.ts';

export interface TimelineBar {
  readonly lane: string;
  /** One of {@link Timeline.kinds}. */
  readonly kind: string;
  /** In the timeline's unit. */
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

export interface TimelineMark {
  readonly lane: string;
  readonly at: number;
  readonly label: string;
}

export interface Timeline {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  /** From top to bottom, whether anything is in them or not. */
  readonly lanes: readonly string[];
  readonly kinds: readonly {readonly name: string; readonly colour: string}[];
  readonly bars: readonly TimelineBar[];
  readonly marks: readonly TimelineMark[];
  /** Number the bars, and list each with its length below the lanes; otherwise a legend says the kinds. */
  readonly isListed: boolean;
}

const WIDTH = 640;
const LANE_HEIGHT = 34;
const ROW_HEIGHT = 15;
/** Bars narrower than this share of the whole bear no number. */
const LEAST_NUMBERED = 0.02;

/** From the first to the last of all. */
type Span = readonly [from: number, to: number];

const spanOf = ({bars, marks}: Timeline): Span => {
  const ends = [...bars.flatMap(({start, end}) => [start, end]), ...marks.map(({at}) => at)];
  return [ends.reduce((a, b) => Math.min(a, b), Infinity), ends.reduce((a, b) => Math.max(a, b), -Infinity)];
};

/** Bars as the specification reads them. */
const rowsOf = ({bars, unit, isListed}: Timeline, [from, to]: Span) =>
  bars.map((bar, index) => {
    const length = bar.end - bar.start;
    return {
      ...bar,
      middle: (bar.start + bar.end) / 2,
      number: isListed && length >= LEAST_NUMBERED * (to - from) ? `${index + 1}` : '',
      row: `${index + 1}. ${bar.label}`,
      length: `${formatNumber(length)} ${unit}`,
    };
  });
type Rows = ReturnType<typeof rowsOf>;

const barEncoding = ({unit, kinds, isListed}: Timeline, span: Span) => ({
  x: {
    field: 'start',
    type: 'quantitative',
    scale: {domain: [...span], nice: false},
    axis: {title: unit, format: ',d'},
  },
  x2: {field: 'end'},
  color: {
    field: 'kind',
    type: 'nominal',
    scale: {domain: kinds.map(({name}) => name), range: kinds.map(({colour}) => colour)},
    legend: isListed ? null : {title: null, symbolType: 'square'},
  },
  tooltip: [
    {field: 'label', type: 'nominal', title: 'step'},
    {field: 'lane', type: 'nominal', title: 'in'},
    {field: 'start', type: 'quantitative', title: `from, ${unit}`, format: ',.0f'},
    {field: 'length', type: 'nominal', title: 'takes'},
  ],
});

const text = (field: string) => ({field, type: 'nominal'});

/** Marks, each with its words towards the middle, where there is room. */
const markLayers = (marks: readonly TimelineMark[], [from, to]: Span) => {
  const isLate = ({at}: TimelineMark): boolean => at >= (from + to) / 2;
  const x = {field: 'at', type: 'quantitative'};
  const words = (values: readonly TimelineMark[], align: 'left' | 'right', dx: number) => ({
    data: {values: [...values]},
    mark: {type: 'text', align, dx, fontSize: 9},
    encoding: {x, text: text('label')},
  });
  return [
    {
      data: {values: [...marks]},
      mark: {type: 'tick', thickness: 3, height: LANE_HEIGHT * 0.7, color: '#8c8c8c'},
      encoding: {x},
    },
    words(
      marks.filter((mark) => !isLate(mark)),
      'left',
      6,
    ),
    words(marks.filter(isLate), 'right', -6),
  ];
};

const lanesChart = (timeline: Timeline, span: Span, rows: Rows) => ({
  width: WIDTH,
  height: LANE_HEIGHT * timeline.lanes.length,
  encoding: {
    y: {
      field: 'lane',
      type: 'nominal',
      scale: {domain: [...timeline.lanes]},
      axis: {title: null, ticks: false, grid: true},
    },
  },
  layer: [
    {
      data: {values: rows},
      mark: {type: 'bar', stroke: 'white', strokeWidth: 0.5},
      encoding: barEncoding(timeline, span),
    },
    {
      data: {values: rows},
      mark: {type: 'text', fontSize: 9, color: 'white'},
      encoding: {x: {field: 'middle', type: 'quantitative'}, text: text('number')},
    },
    ...markLayers(timeline.marks, span),
  ],
});

const list = (timeline: Timeline, span: Span, rows: Rows) => {
  const {x, ...encoding} = barEncoding(timeline, span);
  return {
    width: WIDTH,
    height: ROW_HEIGHT * rows.length,
    data: {values: rows},
    encoding: {
      y: {
        field: 'row',
        type: 'nominal',
        sort: rows.map(({row}) => row),
        axis: {title: null, ticks: false, domain: false, labelFontSize: 9},
      },
    },
    layer: [
      {mark: {type: 'bar', height: 9}, encoding: {...encoding, x: {...x, axis: null}}},
      {
        mark: {type: 'text', align: 'left', dx: 4, fontSize: 9},
        encoding: {x: {field: 'end', type: 'quantitative'}, text: text('length')},
      },
    ],
  };
};

export const timelineFigure = (timeline: Timeline): Figure => {
  const {id, title, subtitle, isListed} = timeline;
  const span = spanOf(timeline);
  const rows = rowsOf(timeline, span);
  const lanes = lanesChart(timeline, span, rows);
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {text: title, subtitle},
    ...(isListed ? {vconcat: [lanes, list(timeline, span, rows)]} : lanes),
    config: figureTheme(false),
  };
  return {id, table: undefined, title, spec: spec as unknown as TopLevelSpec};
};
