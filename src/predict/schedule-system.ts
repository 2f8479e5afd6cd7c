/** A system on which the vCPUs of a recorded machine are scheduled: its cores, its scheduler, its paths with their lines and prices. */
import {touchedPaths} from '../costmodel/footprint.ts';
import {KernelReplay} from '../costmodel/kernel/kernel-replay.ts';
import {vcpuSpaces} from '../costmodel/machine-spaces.ts';
import {PageSizes} from '../costmodel/page-sizes.ts';
import {pathCycles} from '../costmodel/prices.ts';
import type {ReplayOptions, TimedActivity} from '../costmodel/replay.ts';
import type {TranslationPolicy} from '../costmodel/second-stage.ts';
import {EXITS, type Executed, TRANSITIONS} from '../hypervisors/schedule-schema.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';
import {createPolicy} from '../schedule/create-policy.ts';
import type {HostCore} from '../schedule/host-core.ts';
import type {Periodic} from '../schedule/host-cpu.ts';
import type {Locks, ScheduleObserver, Steps} from '../schedule/options.ts';
import {Schedule} from '../schedule/simulator.ts';
import type {VcpuStreams} from '../schedule/streams.ts';
import {trapsRegister} from '../schedule/trapped.ts';
import {STOP_KINDS} from '../schedule/vcpu-runner.ts';
import type {MachineHeader} from '../trace/source.ts';
import {type Calibration, cyclesPerInstruction} from './calibration.ts';
import {PIPELINE_SCALE} from './measure.ts';

/** What is scheduled how. */
export interface ScheduledSystem {
  readonly sut: string;
  readonly seed: number;
  readonly hostCpus: number;
  readonly policy?: TranslationPolicy | undefined;
  readonly locks: Locks;
  /** Overrides whether the hypervisor traps WFE. */
  readonly yieldsAtWfe?: boolean | undefined;
  /** Host CPUs that another guest's vCPU is busy on. */
  readonly neighbours: readonly number[];
  /** Guest ticks a second, in place of the recorded rate. */
  readonly tickHz?: number | undefined;
}

/** Cycles that a host CPU may be past another: of the order of what a message between them takes. */
const LOOKAHEAD = 2000;
/** Bytes that a `first-touch` event is about. */
const TOUCHED_PAGE = 4096;
const GUEST_TICK = 'linux:tick';

/** Of every path that a schedule may execute; a path's number is its place here. */
export const pathNames = ({exits, transitions, activities}: HypervisorFile): string[] => {
  const executed: Executed[] = [...Object.values(exits), ...Object.values(transitions)];
  return [
    ...new Set([
      ...executed.flatMap(({paths, service = []}) => [...paths, ...service]),
      ...activities.filter(({isBackground}) => isBackground).flatMap(({paths}) => paths),
      GUEST_TICK,
    ]),
  ];
};

/** Every path as an activity of its own, which comes due when the schedule says so. */
const executables = (c: Calibration, hypervisor: HypervisorFile, names: readonly string[]): TimedActivity[] => {
  const perInstruction = cyclesPerInstruction(c);
  return touchedPaths(hypervisor, c.kernel, c.machine, names).map((path) => ({
    activity: {id: path.name},
    paths: [path],
    ratePerSecond: 0,
    executionCycles: pathCycles(path.path, perInstruction[path.build.id]!, c.prices),
  }));
};

const numbered = (names: readonly string[]) => {
  const numbers = new Map(names.map((name, number) => [name, number]));
  return (paths: readonly string[]): number[] => paths.map((name) => numbers.get(name)!);
};

/**
 * A trace says of each 4 KiB page that it is touched first, and not whether a larger one around it has been: such faults are
 * counted where guest RAM is backed by 4 KiB pages alone.
 */
const faultsByPage = ({stage2}: TranslationPolicy): boolean =>
  stage2?.onDemand === true && new PageSizes(stage2).largest === TOUCHED_PAGE;

const stepsOf = (
  {exits, transitions}: HypervisorFile,
  policy: TranslationPolicy,
  number: ReturnType<typeof numbered>,
): Steps => ({
  exits: Object.fromEntries(
    EXITS.flatMap((exit) => {
      const found = exits[exit];
      return found && (exit !== 'first-touch' || faultsByPage(policy))
        ? [[exit, {paths: number(found.paths), ...(found.service ? {service: number(found.service)} : {})}]]
        : [];
    }),
  ),
  transitions: Object.fromEntries(
    TRANSITIONS.flatMap((transition) => {
      const found = transitions[transition];
      return found ? [[transition, number(found.paths)]] : [];
    }),
  ),
  guestTick: number([GUEST_TICK]),
});

/** The scheduler's own ticks, and what the host does beside. */
const periodicOf = (
  {scheduler, transitions, activities}: HypervisorFile,
  c: Calibration,
  hostCpus: number,
  number: ReturnType<typeof numbered>,
): readonly (readonly Periodic[])[] => {
  const {clockHz} = c.machine;
  const ticks = (['tick', 'accounting'] as const).flatMap((name) => {
    const period = (scheduler as {readonly [name: string]: unknown})[name] as {readonly value: number} | undefined;
    const executed = transitions[name];
    if (period === undefined || executed === undefined) return [];
    return [{reason: name, period: (period.value / 1000) * clockHz, paths: number(executed.paths), isBusyOnly: true}];
  });
  const background = activities
    .filter(({isBackground}) => isBackground)
    .map((one) => ({...one, perSecond: one.rate.value * (hostCpus === 1 ? 1 : one.shareOfTwoCpus)}))
    .filter(({perSecond}) => perSecond > 0)
    .map(({id, perSecond, paths}) => ({
      reason: id,
      period: clockHz / perSecond,
      paths: number(paths),
      isBusyOnly: false,
    }));
  const all = [...ticks, ...background];
  // Spread over a period, so that no two coincide by construction.
  return Array.from({length: hostCpus}, (_, cpu) =>
    all.map((one, i) => ({...one, next: (one.period * (i * hostCpus + cpu + 1)) / (all.length * hostCpus + 1)})),
  );
};

/** What a core is made of, so that the oracle can be put in its place. */
export type CoreMaker = (options: ReplayOptions, previous: HostCore | undefined) => HostCore;

export const kernelCore: CoreMaker = (options, previous) =>
  new KernelReplay({...options, ...(previous ? {uncore: previous as KernelReplay} : {})} as ConstructorParameters<
    typeof KernelReplay
  >[0]);

export interface NewSchedule {
  readonly streams: VcpuStreams;
  readonly machine: MachineHeader;
  readonly system: ScheduledSystem;
  readonly calibration: Calibration;
  readonly observer?: ScheduleObserver | undefined;
  readonly newCore?: CoreMaker;
}

/** A schedule at its start. @throws RangeError as the machine's memory does. */
export const newSchedule = ({
  streams,
  machine,
  system,
  calibration,
  observer,
  newCore = kernelCore,
}: NewSchedule): Schedule => {
  const {sut, seed, hostCpus, locks, yieldsAtWfe, neighbours, tickHz} = system;
  const hypervisor = calibration.hypervisors[sut];
  if (hypervisor === undefined) throw new RangeError(`no hypervisor '${sut}' is loaded`);
  const host = {...calibration.machine, guestBase: machine.ramBase, guestSize: machine.ramSize};
  const {clockHz} = host;
  const spaces = vcpuSpaces(system.policy ?? hypervisor, host, seed, streams.vcpus);
  const names = pathNames(hypervisor);
  const number = numbered(names);
  const activities = executables(calibration, hypervisor, names);
  const cores: HostCore[] = [];
  for (let cpu = 0; cpu < hostCpus; cpu++) {
    const options: ReplayOptions = {
      machine: host,
      spaces: spaces[0]!,
      blocks: streams.blocks,
      activities,
      pipelineScale: PIPELINE_SCALE,
      seed: seed + cpu,
      stopKinds: STOP_KINDS,
    };
    cores.push(newCore(options, cores.at(-1)));
  }
  const {delivery, service, trappedRegisters} = hypervisor;
  return new Schedule({
    streams,
    cores,
    handOver: (from, to) => (cores[to] as KernelReplay).takeUncore?.(cores[from] as KernelReplay),
    spaces,
    policy: createPolicy(hypervisor.scheduler, {
      cpus: hostCpus,
      clockHz,
      isService: ({id}) => id === streams.vcpus,
    }),
    steps: stepsOf(hypervisor, system.policy ?? hypervisor, number),
    delivery: delivery && {...delivery, ...(yieldsAtWfe === undefined ? {} : {yieldsAtWfe})},
    locks,
    periodic: periodicOf(hypervisor, calibration, hostCpus, number),
    trapsRegister: (word) => trapsRegister(trappedRegisters, word),
    neighbours,
    service: service?.id ?? null,
    clockHz,
    tickPeriod: tickHz === undefined ? undefined : clockHz / tickHz,
    pipelineScale: PIPELINE_SCALE,
    missExposure: calibration.prices.missExposure,
    lookahead: LOOKAHEAD,
    observer,
  });
};
