/** What `explain` prints of a scheduled machine. */
import type {UnitsOfWork} from '../predict/machine-figures.ts';
import {mergedSpent, type ScheduleReport, type SpentOn, type VcpuReport} from '../predict/schedule-report.ts';
import {formatNumber, formatShare} from '../report/format.ts';
import {attributionRows} from './attribution.ts';
import {cyclesAndShare, formatCount} from './format.ts';
import {type Row, textTable} from './text-table.ts';

const hostTable = (reports: readonly ScheduleReport[], units: UnitsOfWork | null): string => {
  const row = (name: string, of: (report: ScheduleReport) => number): Row => [
    name,
    ...reports.map((report) => formatNumber(of(report))),
  ];
  return textTable(
    ['', ...reports.map(({sut}) => sut)],
    [
      row('cycles elapsed', ({cycles}) => cycles),
      ...(units === null ? [] : [row(`  per ${units.name}`, ({cycles}) => cycles / units.count)]),
      row('seconds', ({seconds}) => seconds),
      row('cycles of all host CPUs', ({hostCycles}) => hostCycles),
      ...attributionRows(reports.map((report) => ({...report, cycles: report.hostCycles}))),
    ],
  );
};

const wait = ({reason, count, cycles}: SpentOn): string => `${formatCount(count)} × ${reason}: ${formatNumber(cycles)}`;

const vcpuTable = ({vcpus}: ScheduleReport): string => {
  const row = (name: string, of: (vcpu: VcpuReport) => string): Row => [name, ...vcpus.map(of)];
  const state = (name: 'running' | 'ready' | 'blocked'): Row =>
    row(name, (vcpu) => cyclesAndShare(vcpu[name], vcpu.elapsed));
  return textTable(
    ['', ...vcpus.map(({vcpu}) => `vCPU ${vcpu}`)],
    [
      row('cycles until its end', ({elapsed}) => formatNumber(elapsed)),
      ...[state('running'), state('ready'), state('blocked')],
      row('longest wait for a CPU', ({longestReady}) => formatNumber(longestReady)),
      row('waited for', ({waits}) => (waits.length === 0 ? '–' : waits.map(wait).join('\n'))),
      row('ticks added', ({addedTicks}) => formatCount(addedTicks.count)),
    ],
  );
};

const runningTable = ({vcpus}: ScheduleReport): string =>
  textTable(
    ['', ...vcpus.map(({vcpu}) => `vCPU ${vcpu}`)],
    attributionRows(vcpus.map((vcpu) => ({...vcpu, cycles: vcpu.running}))),
  );

/** In the shape of `perf kvm stat`. */
const exitTable = ({cpus}: ScheduleReport): string => {
  const spent = mergedSpent(cpus.flatMap(({paths, background, service}) => [...paths, ...background, ...service]));
  const samples = spent.reduce((sum, {count}) => sum + count, 0);
  const total = spent.reduce((sum, {cycles}) => sum + cycles, 0);
  return textTable(
    ['event', 'samples', 'samples %', 'time %', 'mean cycles', 'total cycles'],
    [
      ...spent.map(({reason, count, cycles, meanCycles}) => [
        reason,
        formatCount(count),
        formatShare(count, samples),
        formatShare(cycles, total),
        formatNumber(meanCycles),
        formatNumber(cycles),
      ]),
      ['all', formatCount(samples), '', '', samples === 0 ? '–' : formatNumber(total / samples), formatNumber(total)],
    ],
  );
};

const systemText = (report: ScheduleReport): readonly string[] => [
  '',
  `${report.sut}: vCPUs, each until its end`,
  vcpuTable(report),
  `${report.sut}: what they had a host CPU for`,
  runningTable(report),
  `${report.sut}: exits, switches and what the host does beside them`,
  exitTable(report),
];

export const scheduleText = (reports: readonly ScheduleReport[], units: UnitsOfWork | null): string => {
  const {hostCpus} = reports[0] as ScheduleReport;
  return [
    `Where the time of ${hostCpus === 1 ? 'one host CPU' : `${hostCpus} host CPUs`} went`,
    hostTable(reports, units),
    ...reports.flatMap(systemText),
  ].join('\n');
};
