/** One benchmark run through several systems at once: the guest executes once, every chunk goes to every replay. */
import {addressSpaces, type TranslationPolicy} from '../costmodel/address-space.ts';
import type {RatedActivity} from '../costmodel/cost.ts';
import {touchedActivities} from '../costmodel/footprint.ts';
import {KernelReplay} from '../costmodel/kernel/kernel-replay.ts';
import {machineSpaces} from '../costmodel/machine-spaces.ts';
import {pathCycles} from '../costmodel/prices.ts';
import type {Counts, TimedActivity} from '../costmodel/replay.ts';
import {isKernelPath, type ResolvedPath, resolveActivities} from '../hypervisors/load.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';
import type {BlockTable} from '../trace/blocks.ts';
import type {MachineHeader, TraceSource} from '../trace/source.ts';
import {type Calibration, cyclesPerInstruction} from './calibration.ts';

/** A system to replay on: a hypervisor's id, a seed for frame placement and replacement, and what is changed about it. */
export interface System {
  readonly sut: string;
  readonly seed: number;
  readonly policy?: TranslationPolicy;
  /** Whose trace it replays, if that is a machine's: its own kernel does stage 1 and its own tick. */
  readonly machine?: MachineHeader | undefined;
}

type Guest = Pick<System, 'machine'>;

const hypervisorOf = (c: Calibration, sut: string): HypervisorFile => {
  const hypervisor = c.hypervisors[sut];
  if (!hypervisor) throw new RangeError(`no hypervisor '${sut}' is loaded`);
  return hypervisor;
};

/** What a guest leaves to others of an activity: the kernel's part of it is in a machine's trace. */
const leftOver = <A extends {readonly paths: readonly ResolvedPath[]}>(
  activities: readonly A[],
  {machine}: Guest,
): A[] =>
  machine === undefined
    ? [...activities]
    : activities
        .map((one) => ({...one, paths: one.paths.filter(({name}) => !isKernelPath(name))}))
        .filter(({paths}) => paths.length > 0);

/** The activities of a system with their lines, and priced for the clock that replay runs by. */
export const timedActivities = (c: Calibration, sut: string, guest: Guest = {}): TimedActivity[] => {
  const perInstruction = cyclesPerInstruction(c);
  return leftOver(touchedActivities(hypervisorOf(c, sut), c.kernel, c.machine), guest).map((touched) => ({
    ...touched,
    ratePerSecond: touched.activity.rate.value,
    executionCycles: touched.paths.reduce(
      (sum, p) => sum + pathCycles(p.path, perInstruction[p.build.id] as number, c.prices),
      0,
    ),
  }));
};

/** The activities on the benchmark's CPU: with two host CPUs, what leaves it is gone from the rates. */
export const ratedActivities = (c: Calibration, sut: string, hostCpus: 1 | 2, guest: Guest = {}): RatedActivity[] =>
  leftOver(resolveActivities(hypervisorOf(c, sut), c.kernel), guest).map((resolved) => ({
    ...resolved,
    ratePerSecond: resolved.activity.rate.value * (hostCpus === 1 ? 1 : resolved.activity.shareOfTwoCpus),
  }));

/** A replay takes the guest as it is: what a published binary takes beyond ours is not known of it. */
export const PIPELINE_SCALE = 1;

/** A system at the start of a trace; `uncore`: another core of its cluster, set up before. */
export const newReplay = (
  {sut, seed, policy: changed, machine}: System,
  blocks: BlockTable,
  calibration: Calibration,
  pipelineScale: number,
  uncore?: KernelReplay,
): KernelReplay => {
  const policy = changed ?? hypervisorOf(calibration, sut);
  const host = calibration.machine;
  return new KernelReplay({
    machine: host,
    spaces: machine
      ? machineSpaces(policy, {...host, guestBase: machine.ramBase, guestSize: machine.ramSize}, seed)
      : addressSpaces(policy, host, seed),
    blocks,
    activities: timedActivities(calibration, sut, {machine}),
    pipelineScale,
    seed,
    ...(uncore ? {uncore} : {}),
  });
};

/** Replays a trace on every system in one pass. Progress is reported in words of the record stream. */
export const measure = (
  source: TraceSource,
  systems: readonly System[],
  calibration: Calibration,
  pipelineScale: number,
  onChunk: (words: number) => void = () => {},
): Counts[] => {
  const replays = systems.map((system) => newReplay(system, source.blocks, calibration, pipelineScale));
  for (let chunk = source.next(); chunk; chunk = source.next()) {
    for (const replay of replays) replay.consume(chunk);
    onChunk(chunk.length);
  }
  return replays.map((replay) => replay.result);
};
