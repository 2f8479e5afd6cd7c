/** What `replay` prints of a machine's trace beside cycles and counts. */
import type {MachineFigures, SystemFigures, WalkReads} from '../predict/machine-figures.ts';
import {EXIT_KINDS} from '../predict/machine-tally.ts';
import {formatNumber} from '../report/format.ts';
import {formatCount} from './format.ts';
import {type Row, textTable} from './text-table.ts';

/** Kinds with more classes than this are shown as a whole; `--json` has all. */
const MOST_CLASSES = 12;

const eventRows = ({events, processSwitches}: MachineFigures): readonly (readonly [name: string, count: number])[] => {
  const many = new Set(
    events
      .map(({kind}) => kind)
      .filter((kind) => events.filter((one) => one.kind === kind && one.class !== null).length > MOST_CLASSES),
  );
  return [
    ['switches between processes', processSwitches],
    ...events
      .filter((one) => one.class === null || !many.has(one.kind))
      .map((one) => [one.class === null ? one.kind : `  ${one.class}`, one.count] as const),
  ];
};

const READS: readonly (readonly [level: keyof WalkReads, name: string])[] = [
  ['l1d', 'L1D'],
  ['l2', 'L2'],
  ['dram', 'DRAM'],
];
const STAGES: readonly (readonly [stage: 'stage1Reads' | 'stage2Reads', name: string])[] = [
  ['stage1Reads', 'stage-1 descriptors'],
  ['stage2Reads', 'stage-2 descriptors'],
];

const walkRows = (systems: readonly SystemFigures[], text: (count: number) => string): readonly Row[] => {
  const row = (name: string, of: (system: SystemFigures) => number | null): Row => [
    name,
    ...systems.map((system) => {
      const count = of(system);
      return count === null ? '–' : text(count);
    }),
  ];
  return [
    row('page-table walks', ({walks}) => walks),
    ...STAGES.flatMap(([stage, name]) =>
      READS.map(([level, from]) => row(`${name} from ${from}`, (one) => one[stage][level])),
    ),
    row('faults of stage 2 at first touch', ({firstTouchFaults}) => firstTouchFaults),
  ];
};

/** Two tables: what the vCPU did, the same under every system, and its page-table walks by system. */
export const machineText = (figures: MachineFigures, instructions: number): string => {
  const {units, footprint, systems, vcpu, possibleExits} = figures;
  const per = units === null ? [] : [`per ${units.name}`];
  const cells = (count: number): string[] => [
    formatCount(count),
    ...(units === null ? [] : [formatNumber(count / units.count)]),
  ];
  const did: Row[] = [
    ['instructions', ...cells(instructions)],
    ...eventRows(figures).map(([name, count]) => [name, ...cells(count)]),
    ['exits at most', ...cells(possibleExits)],
  ];
  const share = units === null ? formatCount : (count: number): string => formatNumber(count / units.count);
  return [
    `What vCPU ${vcpu} did, as a hypervisor could see it`,
    textTable(['', 'in all', ...per], did),
    `Exits are at most one for each ${EXIT_KINDS.join(', ')}; none for virtual timers and CPU interfaces.`,
    ...(footprint === null || units === null
      ? []
      : [
          '',
          `Lines of 64 bytes that the kernel (PL1, ${formatNumber(footprint.kernelShare * 100)}% of the instructions) touches for a ${units.name}, mean of ${formatCount(footprint.windows)}`,
          textTable(
            ['', 'lines', 'KiB'],
            [
              ['code', formatNumber(footprint.codeLines), formatNumber(footprint.codeLines / 16)],
              ['data', formatNumber(footprint.dataLines), formatNumber(footprint.dataLines / 16)],
            ],
          ),
        ]),
    '',
    units === null ? 'Page-table walks' : `Page-table walks per ${units.name}`,
    textTable(['', ...systems.map(({sut}) => sut)], walkRows(systems, share)),
  ].join('\n');
};
