/** Lifecycles and published times of the same paths as 'figures' prints them. */
import type {Lifecycle} from '../predict/lifecycle.ts';
import type {PublishedPath} from '../predict/microbenchmarks.ts';
import {contextLane} from '../report/catalogue.ts';
import {formatNumber, formatShare} from '../report/format.ts';
import {lifecycleTitle} from '../report/lifecycle-timeline.ts';
import {type Row, textTable} from './text-table.ts';

export const lifecycleText = (lifecycle: Lifecycle): string => {
  const {steps, cycles, build, service} = lifecycle;
  const rows: Row[] = steps.map((step) => [
    `${step.number}. ${step.do}${step.device === null ? '' : ` [${step.device}]`}`,
    contextLane(step.in, service).name,
    step.event,
    step.path,
    formatNumber(step.start),
    formatNumber(step.cycles),
    formatShare(step.cycles, cycles),
  ]);
  return [
    `${lifecycleTitle(lifecycle)} (build ${build})`,
    textTable(
      ['step', 'in', 'event', 'path', 'from', 'cycles', 'share'],
      [...rows, ['total', '', '', '', '', formatNumber(cycles), '100.0%']],
      {words: 4, widths: [46, null, null, null, null, null, null]},
    ),
  ].join('\n');
};

export const publishedText = (paths: readonly PublishedPath[], machine: string): string => {
  const rows: Row[] = paths.map((p) => [
    `${p.publication}, table ${p.table}`,
    `${p.core}, ${formatNumber(p.clockMegahertz)} MHz`,
    p.system,
    p.test,
    p.paths.join('\n'),
    formatNumber(p.cycles),
    formatNumber(p.modelCycles),
    `${p.ratio.toFixed(2)}×`,
  ]);
  return [
    `Published times of the same paths on other cores, in their cycles, beside ours on ${machine}`,
    textTable(
      ['publication', 'core', 'system', 'test', 'paths of ours', 'published', 'ours', 'published\n/ ours'],
      rows,
      {words: 5},
    ),
    ...[...new Set(paths.map(({note}) => note))].map((note) => `  ${note}`),
  ].join('\n');
};
