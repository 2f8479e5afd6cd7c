/** Flags of how a recorded machine is scheduled, for `explain` and `diff`. */
import {Args, Flags} from '@oclif/core';
import {InputError} from '../files/errors.ts';
import {LOCKS, type Locks} from '../schedule/options.ts';
import {guestBuild, listFlag, maxInstructions, seed, settings, surroundingFlags, unitFlags} from './flags.ts';
import {policyFlags} from './policy-flags.ts';

/** More is no matter of this model: L2 and DRAM are those of a cluster. */
const MOST_HOST_CPUS = 8;
const HIGHEST_TICK = 10_000;

const machineOnly = {
  'host-cpus': Flags.integer({
    min: 1,
    max: MOST_HOST_CPUS,
    helpValue: 'N',
    description: "CPUs of the host that the vCPUs of a machine's trace are scheduled on; 1 by default",
  }),
  locks: Flags.option({options: LOCKS})({
    description:
      'how a guest under a hypervisor waits for a lock: in WFE until the event, by default, or parked until the release',
  }),
  wfe: Flags.option({options: ['trap', 'native'] as const})({
    description: 'whether hypervisors trap WFE and run another vCPU; as their files say by default',
  }),
  neighbours: listFlag({
    helpValue: 'CPU[,CPU]',
    description: "host CPUs that another guest's vCPU is always busy on",
  }),
  tick: Flags.integer({
    min: 1,
    max: HIGHEST_TICK,
    helpValue: 'HZ',
    description: "guest ticks a second, in place of the recording's",
  }),
};
type MachineOnly = keyof typeof machineOnly;
const OF_MACHINES = Object.keys(machineOnly) as MachineOnly[];

export const scheduleFlags = {
  ...machineOnly,
  'from-snapshot': Flags.string({
    helpValue: 'FILE',
    description: "in place of a trace: execute a machine that 'run --snapshot-at' has kept as it is scheduled",
  }),
  seed,
  set: settings,
  ...guestBuild,
  ...surroundingFlags,
  'max-instructions': maxInstructions,
  ...unitFlags,
  ...policyFlags,
};

export const optionalSubject = Args.string({
  // oclif would otherwise take it from standard input.
  ignoreStdin: true,
  description: "a stored trace, a guest of 'trapwalk guests', or the path of an ELF file; none with --from-snapshot",
});

export interface ScheduleValues {
  readonly 'host-cpus'?: number | undefined;
  readonly locks?: Locks | undefined;
  readonly wfe?: 'trap' | 'native' | undefined;
  readonly neighbours?: readonly string[] | undefined;
  readonly tick?: number | undefined;
}

/** How any system schedules the machine. */
export interface Scheduling {
  readonly hostCpus: number;
  readonly locks: Locks;
  /** Null: as each hypervisor does. */
  readonly yieldsAtWfe: boolean | null;
  readonly neighbours: readonly number[];
  /** Null: as recorded. */
  readonly tickHz: number | null;
}

const cpuNumber = (text: string): number => {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InputError(`'${text}' is no number of a host CPU`, {remedy: 'write for example --neighbours 0,1'});
};

/** @throws InputError for neighbours that are no numbers */
export const schedulingOf = (flags: ScheduleValues): Scheduling => ({
  hostCpus: flags['host-cpus'] ?? 1,
  locks: flags.locks ?? 'event',
  yieldsAtWfe: flags.wfe === undefined ? null : flags.wfe === 'trap',
  neighbours: (flags.neighbours ?? []).map(cpuNumber),
  tickHz: flags.tick ?? null,
});

/** The flags that are given and that only machines have a use for. */
export const givenForMachines = (flags: ScheduleValues): readonly string[] =>
  OF_MACHINES.filter((name) => flags[name] !== undefined);
