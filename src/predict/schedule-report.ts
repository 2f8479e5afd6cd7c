/** Where the time of a scheduled machine went: of its host CPUs and of its vCPUs, as plain data whose parts add up to the whole. */
import {GUEST_CYCLES} from '../costmodel/cost.ts';
import {type CpuAccount, MODES, type Spent, Tally, type VcpuAccount} from '../schedule/accounts.ts';
import type {Schedule} from '../schedule/simulator.ts';
import type {ScheduledSystem} from './schedule-system.ts';

/** A part of a whole. */
export interface TimeItem {
  readonly group: string;
  readonly mechanism: string;
  /** Of the whole measured part. */
  readonly cycles: number;
}

export interface SpentOn extends Spent {
  readonly reason: string;
  readonly meanCycles: number;
}

export interface CpuReport {
  readonly cpu: number;
  /** The sum of all that follows. Host CPUs stand at slightly different times when the measurement begins and ends. */
  readonly elapsed: number;
  readonly guest: number;
  /** A vCPU had the CPU, and waited for another. */
  readonly waiting: number;
  readonly neighbours: number;
  readonly idle: number;
  readonly paths: readonly SpentOn[];
  readonly background: readonly SpentOn[];
  readonly service: readonly SpentOn[];
}

export interface VcpuReport {
  readonly vcpu: number;
  /** Until it was over. */
  readonly elapsed: number;
  readonly running: number;
  readonly ready: number;
  readonly blocked: number;
  /** Parts of `running`. */
  readonly items: readonly TimeItem[];
  /** What is left of `running`: rounding. */
  readonly unattributed: number;
  readonly exits: readonly SpentOn[];
  /** What the host did beside it, while it had the CPU. */
  readonly stolen: readonly SpentOn[];
  /** From what it waited for until it went on, whatever state it was in. */
  readonly waits: readonly SpentOn[];
  readonly waiting: number;
  readonly addedTicks: Spent;
  readonly longestReady: number;
}

/** Cycles are of the host's clock, from the begin marker to the end, or of everything where there is none. */
export interface ScheduleReport extends ScheduledSystem {
  readonly cycles: number;
  readonly seconds: number;
  /** Of all host CPUs: what `items` are the parts of. */
  readonly hostCycles: number;
  readonly items: readonly TimeItem[];
  readonly unattributed: number;
  readonly cpus: readonly CpuReport[];
  readonly vcpus: readonly VcpuReport[];
}

const GUEST_TICK = 'ticks that the recording lacks';
const WAITING = 'waiting for another vCPU';
const PATHS = 'exits and switches';
const BACKGROUND = 'the host beside its vCPUs';
const SERVICE = 'service of devices';
const NEIGHBOURS = 'other guests';
const IDLE = 'idle';

/** Of a sum of floating-point numbers. */
const ROUNDING = 1e-9;

const spentOn = (tally: Tally): SpentOn[] =>
  Object.entries(tally.all)
    .map(([reason, {count, cycles}]) => ({reason, count, cycles, meanCycles: cycles / count}))
    .toSorted((a, b) => b.cycles - a.cycles);

const sumOf = (items: readonly {readonly cycles: number}[]): number => items.reduce((sum, {cycles}) => sum + cycles, 0);

const asItems = (group: string, spent: readonly SpentOn[]): TimeItem[] =>
  spent.map(({reason, cycles}) => ({group, mechanism: reason, cycles}));

/** @throws Error for parts that are not the whole: an account has missed something. */
const remainder = (what: string, whole: number, parts: readonly {readonly cycles: number}[]): number => {
  const left = whole - sumOf(parts);
  if (Math.abs(left) > ROUNDING * Math.max(whole, 1))
    throw new Error(`${what}: ${whole} cycles passed, and ${left} of them are accounted for nowhere`);
  return left;
};

const cpuReport = (cpu: number, elapsed: number, account: CpuAccount): CpuReport => {
  const {guest, waiting, neighbours, idle} = account;
  const [paths, background, service] = [account.paths, account.background, account.service].map(spentOn) as [
    SpentOn[],
    SpentOn[],
    SpentOn[],
  ];
  const rest = [guest, waiting, neighbours, idle].map((cycles) => ({cycles}));
  remainder(`host CPU ${cpu}`, elapsed, [...rest, ...paths, ...background, ...service]);
  return {cpu, elapsed, guest, waiting, neighbours, idle, paths, background, service};
};

/** By mode, its instructions apart from its translations. */
const guestItems = ({items, kernel}: VcpuAccount): TimeItem[] => [
  ...MODES.flatMap((mode, m) =>
    GUEST_CYCLES.map(([group, mechanism], row) => ({
      group: group === 'guest' ? `${mode} code` : `${mode} ${group}`,
      mechanism,
      cycles: items[m * GUEST_CYCLES.length + row] as number,
    })),
  ),
  {group: 'kernel code', mechanism: GUEST_TICK, cycles: kernel.cycles},
];

const vcpuReport = (vcpu: number, account: VcpuAccount): VcpuReport => {
  const {running, ready, blocked} = account.states;
  const exits = spentOn(account.exits);
  const stolen = spentOn(account.stolen);
  const items = [
    ...guestItems(account),
    {group: WAITING, mechanism: 'spinning, or in WFE', cycles: account.waiting - account.ahead},
    {group: WAITING, mechanism: 'ahead of the recorded order', cycles: account.ahead},
    ...asItems(PATHS, exits),
    ...asItems(BACKGROUND, stolen),
  ];
  const [addedTicks = {count: 0, cycles: 0}] = spentOn(account.kernel);
  return {
    vcpu,
    elapsed: running + ready + blocked,
    ...{running, ready, blocked, items},
    unattributed: remainder(`vCPU ${vcpu}`, running, items),
    ...{exits, stolen, waits: spentOn(account.waits), waiting: account.waiting},
    addedTicks: {count: addedTicks.count, cycles: addedTicks.cycles},
    longestReady: account.longestReady,
  };
};

/** Items of the same name as one, in the order of their first appearance. */
const merged = (items: readonly TimeItem[]): TimeItem[] => {
  const byName = new Map<string, TimeItem>();
  for (const item of items) {
    const name = `${item.group}\n${item.mechanism}`;
    byName.set(name, {...item, cycles: item.cycles + (byName.get(name)?.cycles ?? 0)});
  }
  return [...byName.values()];
};

/** Spent by several, by reason, most first. */
export const mergedSpent = (spent: readonly SpentOn[]): SpentOn[] => {
  const tally = new Tally();
  for (const {reason, cycles, count} of spent) tally.add(reason, cycles, count);
  return spentOn(tally);
};

const hostItems = (cpus: readonly CpuReport[], vcpus: readonly VcpuReport[]): TimeItem[] => {
  const ofVcpus = vcpus.flatMap(({items}) => items.filter(({group}) => group !== PATHS && group !== BACKGROUND));
  const ofCpus = cpus.flatMap(({paths, background, service, neighbours, idle}) => [
    ...asItems(PATHS, paths),
    ...asItems(BACKGROUND, background),
    ...asItems(SERVICE, service),
    {group: NEIGHBOURS, mechanism: 'their vCPUs', cycles: neighbours},
    {group: IDLE, mechanism: 'nothing to run', cycles: idle},
  ]);
  return merged([...ofVcpus, ...ofCpus]);
};

/** What a schedule that has been finished took. @throws Error when its accounts have a gap */
export const scheduleReport = (schedule: Schedule, system: ScheduledSystem, clockHz: number): ScheduleReport => {
  const cpus = schedule.cpus.map(({index, time, account}) => cpuReport(index, time - account.start, account));
  const vcpus = schedule.vcpus.map(({id, account}) => vcpuReport(id, account));
  const hostCycles = cpus.reduce((sum, {elapsed}) => sum + elapsed, 0);
  const items = hostItems(cpus, vcpus);
  return {
    ...system,
    cycles: schedule.elapsed,
    seconds: schedule.elapsed / clockHz,
    hostCycles,
    items,
    unattributed: remainder('all host CPUs', hostCycles, items),
    ...{cpus, vcpus},
  };
};
