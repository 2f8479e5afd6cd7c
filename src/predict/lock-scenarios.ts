/**
 * What two schedulers that know nothing of each other make of a lock (the paper's Figures 11 and 12): the recorded hand-overs of a ticket lock,
 * scheduled on a system with each way to wait for it.
 */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {InputError} from '../files/errors.ts';
import {VCPU_STATES, type VcpuState} from '../schedule/accounts.ts';
import type {Calibration} from './calibration.ts';
import {type HandOver, LOCK_ROLES, type LockInterval, type LockRole, LockWatch, type OtherRun} from './lock-watch.ts';
import {readRecordings, recordingPath} from './recordings.ts';
import {checkScheduled} from './schedule-run.ts';
import {newSchedule, type ScheduledSystem} from './schedule-system.ts';
import {openStreams} from './stored-streams.ts';

export const LOCK_SCENARIOS = ['preemption', 'stacking'] as const;
export type LockScenario = (typeof LOCK_SCENARIOS)[number];

type Host = Pick<ScheduledSystem, 'hostCpus' | 'neighbours'>;
type Waiting = Pick<ScheduledSystem, 'locks' | 'yieldsAtWfe'>;

/** `preemption`: a host CPU for each vCPU, and another guest's on the first. `stacking`: one for both. */
const HOSTS: Readonly<Record<LockScenario, Host>> = {
  preemption: {hostCpus: 2, neighbours: [0]},
  stacking: {hostCpus: 1, neighbours: []},
};

export const LOCK_VARIANTS = ['native', 'trapped', 'para-virtualized'] as const;
/** What the guest's wait for a lock is: WFE that the hypervisor does not see, WFE that traps and yields, a call that parks the vCPU. */
export type LockVariant = (typeof LOCK_VARIANTS)[number];

const WAITING: Readonly<Record<LockVariant, Waiting>> = {
  native: {locks: 'event', yieldsAtWfe: false},
  trapped: {locks: 'event', yieldsAtWfe: true},
  'para-virtualized': {locks: 'para-virtualized'},
};

const RECORDING = 'lock-long';
/** Hand-overs that caches and the scheduler are left to settle for; then those that are measured, of which the first are drawn. */
const SETTLED = 8;
const MEASURED = 32;
const DRAWN = 4;
/** A last one ends what is measured. */
const NEEDED = SETTLED + MEASURED + 1;
/** So that host CPUs that are behind have come past that. */
const SPARE = 2;
/** Between two turns of the event loop. */
const STEPS = 4096;

/** Cycles of a vCPU a hand-over, of all vCPUs. */
export interface LockTime {
  readonly role: LockRole;
  readonly state: VcpuState;
  readonly cyclesPerHandOver: number;
}

export interface LockSchedule {
  readonly scenario: LockScenario;
  readonly variant: LockVariant;
  readonly system: string;
  readonly recording: string;
  /** That were measured. */
  readonly handOvers: number;
  readonly cyclesPerHandOver: number;
  /** What the vCPUs did: each vCPU's parts add up to `cyclesPerHandOver`. */
  readonly time: readonly LockTime[];
  /** Of the first hand-overs; cycles from `start` on. */
  readonly window: {
    readonly start: number;
    readonly cycles: number;
    readonly vcpus: number;
    readonly intervals: readonly LockInterval[];
    readonly others: readonly OtherRun[];
    readonly handOvers: readonly HandOver[];
  };
}

/** Runs until enough vCPUs have gone on with the lock. */
const watched = async (
  system: ScheduledSystem,
  calibration: Calibration,
  signal: AbortSignal,
): Promise<{readonly watch: LockWatch; readonly vcpus: number}> => {
  const recording = readRecordings().find(({id}) => id === RECORDING);
  if (recording === undefined) throw new RangeError(`no recording '${RECORDING}'`);
  const path = recordingPath(recording);
  const {header, streams, close} = openStreams(path);
  try {
    checkScheduled(calibration, system, streams.vcpus);
    const watch = new LockWatch();
    const schedule = newSchedule({streams, machine: header.machine, system, calibration, observer: watch});
    for (let steps = 1; watch.taken < NEEDED + SPARE && schedule.step(); steps++) {
      if (steps % STEPS !== 0) continue;
      await nextTurn();
      signal.throwIfAborted();
    }
    schedule.finish();
    if (watch.handOvers.length < NEEDED)
      throw new InputError(`has ${watch.handOvers.length} hand-overs of a lock, fewer than are drawn`, {
        file: path,
        remedy: "make it again as 'traces/traces.yaml' says",
      });
    return {watch, vcpus: streams.vcpus};
  } finally {
    close();
  }
};

const timeOf = (intervals: readonly LockInterval[]): LockTime[] =>
  LOCK_ROLES.flatMap((role) =>
    VCPU_STATES.map((state) => ({
      ...{role, state},
      cyclesPerHandOver:
        intervals
          .filter((one) => one.role === role && one.state === state)
          .reduce((sum, {from, to}) => sum + (to - from), 0) / MEASURED,
    })),
  ).filter(({cyclesPerHandOver}) => cyclesPerHandOver > 0);

const moved = <T extends {readonly from: number; readonly to: number}>(all: readonly T[], start: number): T[] =>
  all.map((one) => ({...one, from: one.from - start, to: one.to - start}));

/** Hand-overs of the recording that do not trap take less than a slice, all of them: nobody is preempted. */
const VARIANTS: Readonly<Record<LockScenario, readonly LockVariant[]>> = {
  preemption: ['trapped', 'para-virtualized'],
  stacking: LOCK_VARIANTS,
};

/** Those of a scenario that a system has. @throws RangeError for one that is not loaded */
export const lockVariants = (calibration: Calibration, sut: string, scenario: LockScenario): readonly LockVariant[] => {
  const hypervisor = calibration.hypervisors[sut];
  if (hypervisor === undefined) throw new RangeError(`no hypervisor '${sut}' is loaded`);
  const parks = hypervisor.transitions.park !== undefined;
  return VARIANTS[scenario].filter((variant) => variant !== 'para-virtualized' || parks);
};

export interface LockRequest {
  readonly scenario: LockScenario;
  readonly variant: LockVariant;
  readonly sut: string;
  readonly calibration: Calibration;
  readonly signal: AbortSignal;
}

/** @throws InputError for a system that schedules nothing; what `signal` aborts with */
export const lockSchedule = async (request: LockRequest): Promise<LockSchedule> => {
  const {scenario, variant, sut, calibration, signal} = request;
  const system = {sut, seed: 1, ...HOSTS[scenario], ...WAITING[variant]};
  const {watch, vcpus} = await watched(system, calibration, signal);
  const handOvers = watch.handOvers.slice(SETTLED, SETTLED + MEASURED + 1);
  const start = handOvers[0]!.given;
  const end = handOvers[MEASURED]!.given;
  const drawn = {from: start, to: handOvers[DRAWN]!.given};
  return {
    ...{scenario, variant, system: sut, recording: RECORDING, handOvers: MEASURED},
    cyclesPerHandOver: (end - start) / MEASURED,
    time: timeOf(watch.intervalsIn({from: start, to: end})),
    window: {
      ...{start, cycles: drawn.to - start, vcpus},
      intervals: moved(watch.intervalsIn(drawn), start),
      others: moved(watch.othersIn(drawn), start),
      handOvers: handOvers
        .slice(0, DRAWN + 1)
        .map((one) => ({...one, given: one.given - start, taken: one.taken - start})),
    },
  };
};
