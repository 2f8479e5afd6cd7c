/** What happens where and when, as bars in lanes; below them each bar by its name, if it has a number. */
import type {TopLevelSpec} from 'vega-lite';
import {type Figure, figureTheme} from './figure.ts';
import {formatNumber} from './format.ts';

export interface TimelineBar {
  readonly lane: string;
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

export interface TimelineLane {
  readonly name: string;
  readonly colour: string;
}

export interface Timeline {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  /** From top to bottom, whether anything is in them or not. */
  readonly lanes: readonly TimelineLane[];
  readonly bars: readonly TimelineBar[];
  readonly marks: readonly TimelineMark[];
  /** Number the bars, and list each with its length below the lanes. */
  readonly isListed: boolean;
}

const WIDTH = 640;
const LANE_HEIGHT = 34;
const ROW_HEIGHT = 15;
/** Bars narrower than this share of the whole bear no number. */
const LEAST_NUMBERED = 0.02;

interface Row extends TimelineBar {
  readonly middle: number;
  readonly number: string;
  readonly row: string;
  readonly length: string;
}

const rowsOf = ({bars, unit, isListed}: Timeline, from: number, to: number): readonly Row[] =>
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

const tooltip = (unit: string) => [
  {field: 'label', type: 'nominal', title: 'step'},
  {field: 'lane', type: 'nominal', title: 'in'},
  {field: 'start', type: 'quantitative', title: `from, ${unit}`, format: ',.0f'},
  {field: 'length', type: 'nominal', title: 'takes'},
];

/** Beside each mark, towards the middle, where there is room. */
const markTexts = (marks: readonly TimelineMark[], middle: number) => [
  {values: marks.filter(({at}) => at < middle), align: 'left', dx: 6},
  {values: marks.filter(({at}) => at >= middle), align: 'right', dx: -6},
];

export const timelineFigure = (timeline: Timeline): Figure => {
  const {id, title, subtitle, unit, lanes, bars, marks, isListed} = timeline;
  const ends = [...bars.flatMap(({start, end}) => [start, end]), ...marks.map(({at}) => at)];
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const rows = rowsOf(timeline, from, to);
  const names = lanes.map(({name}) => name);
  const x = {
    field: 'start',
    type: 'quantitative',
    scale: {domain: [from, to], nice: false},
    axis: {title: unit, format: ',d'},
  };
  const color = {
    field: 'lane',
    type: 'nominal',
    scale: {domain: names, range: lanes.map(({colour}) => colour)},
    legend: null,
  };
  const lane = {
    field: 'lane',
    type: 'nominal',
    scale: {domain: names},
    axis: {title: null, ticks: false, grid: true},
  };
  const at = {field: 'at', type: 'quantitative'};
  const chart = {
    width: WIDTH,
    height: LANE_HEIGHT * lanes.length,
    layer: [
      {
        data: {values: [...rows]},
        mark: {type: 'bar', stroke: 'white', strokeWidth: 0.5},
        encoding: {x, x2: {field: 'end'}, y: lane, color, tooltip: tooltip(unit)},
      },
      {
        data: {values: [...rows]},
        mark: {type: 'text', fontSize: 9, color: 'white'},
        encoding: {x: {field: 'middle', type: 'quantitative'}, y: lane, text: {field: 'number', type: 'nominal'}},
      },
      {
        data: {values: [...marks]},
        mark: {type: 'tick', thickness: 3, height: LANE_HEIGHT * 0.7},
        encoding: {x: at, y: lane, color},
      },
      ...markTexts(marks, (from + to) / 2).map(({values, align, dx}) => ({
        data: {values},
        mark: {type: 'text', align, dx, fontSize: 9},
        encoding: {x: at, y: lane, text: {field: 'label', type: 'nominal'}},
      })),
    ],
  };
  const list = {
    width: WIDTH,
    height: ROW_HEIGHT * rows.length,
    data: {values: [...rows]},
    encoding: {
      y: {
        field: 'row',
        type: 'nominal',
        sort: rows.map(({row}) => row),
        axis: {title: null, ticks: false, domain: false, labelFontSize: 9},
      },
    },
    layer: [
      {
        mark: {type: 'bar', height: 9},
        encoding: {x: {...x, axis: null}, x2: {field: 'end'}, color, tooltip: tooltip(unit)},
      },
      {
        mark: {type: 'text', align: 'left', dx: 4, fontSize: 9},
        encoding: {x: {field: 'end', type: 'quantitative'}, text: {field: 'length', type: 'nominal'}},
      },
    ],
  };
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {text: title, subtitle},
    vconcat: isListed ? [chart, list] : [chart],
    config: figureTheme(false),
  };
  return {id, table: undefined, title, spec: spec as unknown as TopLevelSpec};
};
