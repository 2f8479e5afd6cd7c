/** What a schedule is made of, and who hears of it. */
import type {MachineSpaces} from '../costmodel/spaces.ts';
import type {Delivery, Exit, Transition} from '../hypervisors/schedule-schema.ts';
import type {VcpuState} from './accounts.ts';
import type {HostCore} from './host-core.ts';
import type {Periodic} from './host-cpu.ts';
import type {Policy} from './policy.ts';
import type {VcpuStreams} from './streams.ts';
import type {Wait} from './wait.ts';

/** Numbers of paths, for {@link HostCore.execute}. */
export interface Steps {
  readonly exits: Readonly<
    Partial<Record<Exit, {readonly paths: readonly number[]; readonly service?: readonly number[]}>>
  >;
  readonly transitions: Readonly<Partial<Record<Transition, readonly number[]>>>;
  /** Of the guest's kernel: a tick that its recording lacks. */
  readonly guestTick: readonly number[];
}

/** How the guest waits for a lock: where its WFE is, the hypervisor's delivery says whether it yields there. */
export const LOCKS = ['event', 'para-virtualized'] as const;
export type Locks = (typeof LOCKS)[number];

/** Hears of all that happens, in the order of each host CPU's time. */
export interface ScheduleObserver {
  /** Who had a host CPU; a vCPU that waits on it is named so. */
  ran(cpu: number, who: string, from: number, to: number): void;
  path(cpu: number, reason: string, from: number, to: number): void;
  waited(vcpu: number, what: string, from: number, to: number): void;
  was(vcpu: number, state: VcpuState, from: number, to: number): void;
  /** A vCPU has come to where the recording lets another go on. */
  released(vcpu: number, edge: number, at: number): void;
  /** A vCPU goes on behind edges, whether it had to wait for them or not. */
  passed(vcpu: number, kind: Wait['kind'], edges: readonly number[], at: number): void;
  /** All that is measured begins here. */
  began(at: number): void;
}

export interface ScheduleOptions {
  readonly streams: VcpuStreams;
  /** A core for each host CPU. */
  readonly cores: readonly HostCore[];
  /** Another core runs from now on: what they share goes from the one to the other. */
  readonly handOver: (from: number, to: number) => void;
  /** By vCPU. */
  readonly spaces: readonly MachineSpaces[];
  readonly policy: Policy;
  readonly steps: Steps;
  readonly delivery: Delivery | null;
  readonly locks: Locks;
  /** By host CPU. */
  readonly periodic: readonly (readonly Periodic[])[];
  readonly trapsRegister: (word: number) => boolean;
  /** Host CPUs that have a vCPU of another guest. */
  readonly neighbours: readonly number[];
  readonly service: string | null;
  readonly clockHz: number;
  /** Period of the guest's tick in cycles, in place of the recorded one. */
  readonly tickPeriod: number | undefined;
  readonly pipelineScale: number;
  /** Share of a path's waits for lines that is exposed. */
  readonly missExposure: number;
  /** Cycles that a host CPU may be past the one that is behind it. */
  readonly lookahead: number;
  readonly observer?: ScheduleObserver | undefined;
}
