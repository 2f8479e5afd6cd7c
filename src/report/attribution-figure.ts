/** Where the cycles go that a guest loses: stacked bars by mechanism group, per system and benchmark. */
import type {TopLevelSpec} from 'vega-lite';
import type {Attribution} from '../predict/result.ts';
import {benchmarkName, groupColours, HOST, hostCpusName, orderGroups, orderSuts} from './catalogue.ts';
import {type Figure, figureTheme} from './figure.ts';

interface LossBar {
  readonly benchmark: string;
  readonly sut: string;
  readonly group: string;
  /** Cycles above the host's, in percent of the host's total; mean over the cases. */
  readonly percent: number;
}

const groupCycles = ({items}: Attribution, group: string): number =>
  items.filter((item) => item.group === group).reduce((sum, {cycles}) => sum + cycles, 0);

/** Differences to the host by group; a SUT whose host was not predicted has none and is left out. */
const lossBars = (attributions: readonly Attribution[]): readonly LossBar[] => {
  const sums = new Map<string, {bar: Omit<LossBar, 'percent'>; total: number; cases: number}>();
  for (const guest of attributions) {
    const host = attributions.find(
      (one) => one.sut === HOST && one.benchmark === guest.benchmark && one.case === guest.case,
    );
    if (host === undefined || guest.sut === HOST) continue;
    for (const group of new Set([...guest.items, ...host.items].map((item) => item.group))) {
      const percent = ((groupCycles(guest, group) - groupCycles(host, group)) / host.totalCycles) * 100;
      const key = `${guest.benchmark} ${guest.sut} ${group}`;
      const bar = {benchmark: benchmarkName(guest.benchmark), sut: guest.sut, group};
      const before = sums.get(key) ?? {bar, total: 0, cases: 0};
      sums.set(key, {bar, total: before.total + percent, cases: before.cases + 1});
    }
  }
  return [...sums.values()]
    .map(({bar, total, cases}) => ({...bar, percent: total / cases}))
    .filter(({percent}) => percent !== 0);
};

/** None when no guest can be compared with its host. */
export const attributionFigure = (attributions: readonly Attribution[], hostCpus: number): readonly Figure[] => {
  const bars = lossBars(attributions.filter((one) => one.hostCpus === hostCpus));
  if (bars.length === 0) return [];
  const groups = orderGroups(bars.map(({group}) => group));
  const benchmarks = [...new Set(bars.map(({benchmark}) => benchmark))];
  const cpus = hostCpusName(hostCpus);
  const title = `Cycles lost against the host, by mechanism group, ${cpus}`;
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: title,
      subtitle: "Percent of the host's cycles, predicted, mean over the cases. Each benchmark has its own scale.",
    },
    data: {values: [...bars]},
    facet: {field: 'benchmark', type: 'nominal', sort: benchmarks, header: {title: null}},
    columns: 2,
    spec: {
      width: 300,
      height: 180,
      mark: {type: 'bar', size: 34},
      encoding: {
        x: {
          field: 'sut',
          type: 'nominal',
          sort: [...orderSuts(bars.map(({sut}) => sut))],
          axis: {labelAngle: 0, title: null, ticks: false},
        },
        y: {field: 'percent', type: 'quantitative', axis: {title: 'cycles lost, % of host', format: '~r'}},
        color: {
          field: 'group',
          type: 'nominal',
          scale: {domain: [...groups], range: [...groupColours(groups)]},
          legend: {title: null, symbolType: 'square'},
        },
        order: {field: 'order', type: 'quantitative'},
        tooltip: [
          {field: 'benchmark', type: 'nominal'},
          {field: 'sut', type: 'nominal', title: 'SUT'},
          {field: 'group', type: 'nominal'},
          {field: 'percent', type: 'quantitative', title: 'cycles lost, % of host', format: '.3~r'},
        ],
      },
    },
    transform: [{calculate: `indexof(${JSON.stringify(groups)}, datum.group)`, as: 'order'}],
    resolve: {scale: {y: 'independent'}, axis: {x: 'independent'}},
    config: figureTheme(false),
  };
  const id = `attribution-${cpus.toLowerCase().replaceAll(' ', '-')}`;
  return [{id, table: undefined, title, spec: spec as unknown as TopLevelSpec}];
};
