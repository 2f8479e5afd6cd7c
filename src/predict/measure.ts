/** One benchmark run through several systems at once: the guest executes once, every chunk goes to every replay. */
import {addressSpaces, type TranslationPolicy} from '../costmodel/address-space.ts';
import type {RatedActivity} from '../costmodel/cost.ts';
import {touchedActivities} from '../costmodel/footprint.ts';
import {KernelReplay} from '../costmodel/kernel/kernel-replay.ts';
import {pathCycles} from '../costmodel/prices.ts';
import type {Counts, TimedActivity} from '../costmodel/replay.ts';
import {resolveActivities} from '../hypervisors/load.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';
import type {BlockTable} from '../trace/blocks.ts';
import type {TraceSource} from '../trace/source.ts';
import {type Calibration, cyclesPerInstruction} from './calibration.ts';

/** A system to replay on: a hypervisor's id, a seed for frame placement and replacement, and what is changed about it. */
export interface System {
  readonly sut: string;
  readonly seed: number;
  readonly policy?: TranslationPolicy;
}

const hypervisorOf = (c: Calibration, sut: string): HypervisorFile => {
  const hypervisor = c.hypervisors[sut];
  if (!hypervisor) throw new RangeError(`no hypervisor '${sut}' is loaded`);
  return hypervisor;
};

/** The activities of a system with their lines, and priced for the clock that replay runs by. */
export const timedActivities = (c: Calibration, sut: string): TimedActivity[] => {
  const perInstruction = cyclesPerInstruction(c);
  return touchedActivities(hypervisorOf(c, sut), c.kernel, c.machine).map((touched) => ({
    ...touched,
    ratePerSecond: touched.activity.rate.value,
    executionCycles: touched.paths.reduce(
      (sum, p) => sum + pathCycles(p.path, perInstruction[p.build.id] as number, c.prices),
      0,
    ),
  }));
};

/** The activities on the benchmark's CPU: with two host CPUs, what leaves it is gone from the rates. */
export const ratedActivities = (c: Calibration, sut: string, hostCpus: 1 | 2): RatedActivity[] =>
  resolveActivities(hypervisorOf(c, sut), c.kernel).map((resolved) => ({
    ...resolved,
    ratePerSecond: resolved.activity.rate.value * (hostCpus === 1 ? 1 : resolved.activity.shareOfTwoCpus),
  }));

/** A replay takes the guest as it is: what a published binary takes beyond ours is not known of it. */
export const PIPELINE_SCALE = 1;

/** A system at the start of a trace. */
export const newReplay = (
  {sut, seed, policy}: System,
  blocks: BlockTable,
  calibration: Calibration,
  pipelineScale: number,
): KernelReplay =>
  new KernelReplay({
    machine: calibration.machine,
    spaces: addressSpaces(policy ?? hypervisorOf(calibration, sut), calibration.machine, seed),
    blocks,
    activities: timedActivities(calibration, sut),
    pipelineScale,
    seed,
  });

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
