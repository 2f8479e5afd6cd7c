/** How the report names, orders and colours what a result holds. An id that is not listed here keeps its own name, after the rest. */
import type {Context} from '../hypervisors/path-schema.ts';
import {type FigureUnit, lowerIsBetter} from '../predict/figure-units.ts';
import type {LifecycleKind} from '../predict/lifecycle.ts';
import type {LockScenario, LockVariant} from '../predict/lock-scenarios.ts';
import type {LockRole, VcpuState} from '../predict/lock-watch.ts';
import type {Cell, Reproduction, SutId} from '../predict/result.ts';

export const HOST: SutId = 'host';

/** Order of the paper's columns; colours of Okabe and Ito, which colour-blind readers can tell apart on white and on black. */
const SUT_COLOURS: Readonly<Record<SutId, string>> = {
  host: '#8c8c8c',
  xvisor: '#0072b2',
  kvm: '#d55e00',
  'kvm-hugetlb': '#e69f00',
  xen: '#009e73',
};
const GROUP_COLOURS: Readonly<Record<string, string>> = {
  guest: '#8c8c8c',
  translation: '#0072b2',
  refill: '#56b4e9',
  hypervisor: '#d55e00',
  kernel: '#cc79a7',
  host: '#e69f00',
};
/** For ids that have no colour of their own. */
const SPARE_COLOURS = ['#f0e442', '#5e4fa2', '#66c2a5', '#9e0142'];

const BENCHMARKS: Readonly<Record<string, string>> = {
  dhrystone: 'Dhrystone',
  'cachebench-memcpy': 'Cachebench memory copy',
  'cachebench-rmw': 'Cachebench read-modify-write',
  'stream-scale': 'STREAM Scale',
  hackbench: 'Hackbench',
};

/** The paper's figure that draws each table. */
const FIGURES: Readonly<Record<string, number>> = {
  IV: 14,
  V: 15,
  VI: 16,
  VII: 17,
  VIII: 18,
  IX: 19,
  X: 20,
  XI: 21,
  XII: 22,
  XIII: 23,
};

/** What the two kinds of lifecycle are, and which of the paper's figures draws each under a system. */
export const LIFECYCLES: Readonly<
  Record<
    LifecycleKind,
    {readonly name: string; readonly begins: string; readonly figures: Readonly<Record<SutId, number>>}
  >
> = {
  io: {name: 'emulated I/O access', begins: 'reads a register of a device', figures: {xen: 5, kvm: 6, xvisor: 7}},
  interrupt: {name: 'host interrupt', begins: 'is interrupted', figures: {xen: 8, kvm: 9, xvisor: 10}},
};
export const lifecycleFigure = (kind: LifecycleKind, system: SutId): number | undefined =>
  LIFECYCLES[kind].figures[system];
/** Those that the paper draws. */
export const LIFECYCLE_SUTS: readonly SutId[] = Object.keys(LIFECYCLES.io.figures);

/** The paper's figures of what becomes of a lock. */
export const LOCK_FIGURES: Readonly<Record<LockScenario, {readonly name: string; readonly figure: number}>> = {
  preemption: {name: 'vCPU preemption', figure: 11},
  stacking: {name: 'vCPU stacking', figure: 12},
};
export const LOCK_WAITS: Readonly<Record<LockVariant, string>> = {
  native: 'WFE native',
  trapped: 'WFE trapped',
  'para-virtualized': 'para-virtualized lock',
};
export const OTHER_GUEST = {name: 'another guest runs', colour: '#b0b0b0'} as const;
const LOCK_KINDS: Readonly<
  Record<LockRole, Readonly<Record<VcpuState, {readonly name: string; readonly colour: string}>>>
> = {
  has: {
    running: {name: 'has the lock, runs', colour: '#0072b2'},
    ready: {name: 'has the lock, and no host CPU', colour: '#d55e00'},
    blocked: {name: 'has the lock, still asleep', colour: '#cc79a7'},
  },
  waits: {
    running: {name: 'waits for the lock, on a host CPU', colour: '#e69f00'},
    ready: {name: 'waits for the lock, ready', colour: '#f0e442'},
    blocked: {name: 'waits for the lock, asleep', colour: '#5e4fa2'},
  },
  none: {
    running: {name: 'runs without the lock', colour: '#56b4e9'},
    ready: {name: 'ready, without the lock', colour: '#9e0142'},
    blocked: {name: 'asleep, without the lock', colour: '#66c2a5'},
  },
};
export const lockKind = (role: LockRole, state: VcpuState) => LOCK_KINDS[role][state];

/** Lanes of the contexts; the service's are called after it. */
const CONTEXT_LANES: Readonly<Record<Context, {readonly name: (service: string) => string; readonly colour: string}>> =
  {
    hypervisor: {name: () => 'hypervisor', colour: '#0072b2'},
    'host-kernel': {name: () => 'host kernel', colour: '#d55e00'},
    'host-user': {name: () => 'host user space', colour: '#cc79a7'},
    'service-kernel': {name: (service) => `${service} kernel`, colour: '#009e73'},
    'service-user': {name: (service) => `${service} user space`, colour: '#5e4fa2'},
  };
export const contextLane = (context: Context, service: string | null) => {
  const {name, colour} = CONTEXT_LANES[context];
  return {name: name(service ?? 'service'), colour};
};
const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

/** `present` in the order of `known`; what is not known follows in its own order. */
const ordered = (present: readonly string[], known: readonly string[]): readonly string[] => [
  ...known.filter((id) => present.includes(id)),
  ...unique(present).filter((id) => !known.includes(id)),
];

export const orderSuts = (present: readonly SutId[]): readonly SutId[] => ordered(present, Object.keys(SUT_COLOURS));
export const orderGroups = (present: readonly string[]): readonly string[] =>
  ordered(present, Object.keys(GROUP_COLOURS));

const colours = (ids: readonly string[], own: Readonly<Record<string, string>>): readonly string[] => {
  let spare = 0;
  return ids.map((id) => own[id] ?? SPARE_COLOURS[spare++ % SPARE_COLOURS.length]!);
};
export const sutColours = (suts: readonly SutId[]): readonly string[] => colours(suts, SUT_COLOURS);
export const groupColours = (groups: readonly string[]): readonly string[] => colours(groups, GROUP_COLOURS);

export const benchmarkName = (benchmark: string): string => BENCHMARKS[benchmark] ?? benchmark;
export const hostCpusName = (count: number): string => `${count} host CPU${count === 1 ? '' : 's'}`;

/** Loss against the host, in percent of the host's figure: positive when `value` is worse. */
export const lossPercent = (value: number, host: number, unit: FigureUnit): number =>
  (lowerIsBetter(unit) ? value / host - 1 : 1 - value / host) * 100;

/** Error of a prediction in percent of the published value, signed. */
export const errorPercent = (predicted: number, published: number): number =>
  ((predicted - published) / published) * 100;

/** One table of the paper. */
export interface ReportTable {
  readonly table: string;
  readonly figure: number | undefined;
  /** 'Table VI: Cachebench memory copy, MB/s, 1 host CPU'. */
  readonly title: string;
  readonly benchmark: string;
  readonly unit: FigureUnit;
  readonly hostCpus: number;
  readonly cases: readonly string[];
  readonly suts: readonly SutId[];
  readonly cells: readonly Cell[];
  /** Has the table any published number? */
  readonly published: boolean;
}

const makeTable = (table: string, cells: readonly Cell[]): ReportTable => {
  const {benchmark, unit, hostCpus} = cells[0]!;
  return {
    table,
    figure: FIGURES[table],
    title: `Table ${table}: ${benchmarkName(benchmark)}, ${unit}, ${hostCpusName(hostCpus)}`,
    benchmark,
    unit,
    hostCpus,
    cases: unique(cells.map((cell) => cell.case)),
    suts: orderSuts(cells.map((cell) => cell.sut)),
    cells,
    published: cells.some((cell) => cell.published !== null),
  };
};

/** The tables of a result: by number of host CPUs, and of each in the order of the paper. */
export const tablesOf = ({cells}: Reproduction): readonly ReportTable[] =>
  ordered(
    cells.map((cell) => cell.table),
    Object.keys(FIGURES),
  )
    .map((name) =>
      makeTable(
        name,
        cells.filter((cell) => cell.table === name),
      ),
    )
    .sort((a, b) => a.hostCpus - b.hostCpus);

export const cellOf = ({cells}: ReportTable, caseName: string, sut: SutId): Cell | undefined =>
  cells.find((cell) => cell.case === caseName && cell.sut === sut);
