/** Entry point of a thread that replays one schedule to its end. */
import {type Answer, answer} from '../files/threads.ts';
import {type Choice, chosenCalibration} from './hypotheses.ts';
import {newSchedule, pathNames, type ScheduledSystem} from './schedule-system.ts';
import {openStreams} from './stored-streams.ts';

export interface ScheduleJob {
  readonly path: string;
  readonly system: ScheduledSystem;
  readonly machine: string;
  /** Calibration values, laid over the files. */
  readonly values: Readonly<Record<string, number>>;
  /** Of discrete unknowns, where it is not what the files say. */
  readonly choice?: Choice | undefined;
}

/** A path's executions on all host CPUs in the measured part. */
export interface ExecutedPath {
  readonly path: string;
  readonly count: number;
  /** Cycles that they waited for their lines if nothing hides of it. */
  readonly waited: number;
}

/** Of the measured part. */
export interface ScheduleTotals {
  readonly cycles: number;
  /** Cycles of all host CPUs in which a vCPU was only ahead of the recorded order. */
  readonly ahead: number;
  readonly executed: readonly ExecutedPath[];
  /** Cycles of what the host does beside, by activity. */
  readonly background: Readonly<Record<string, number>>;
}

export default ({path, system, ...job}: ScheduleJob): Answer<ScheduleTotals> =>
  answer(() => {
    const {header, streams, close} = openStreams(path);
    try {
      const calibration = chosenCalibration(job);
      const schedule = newSchedule({streams, machine: header.machine, system, calibration});
      while (schedule.step());
      schedule.finish();
      const names = pathNames(calibration.hypervisors[system.sut]!);
      const accounts = schedule.cpus.map(({account}) => account);
      const executed = names.map((name, number) => {
        const found = accounts.flatMap((account) => account.executed.get(number) ?? []);
        const sum = (key: 'count' | 'waited'): number => found.reduce((total, one) => total + one[key], 0);
        return {path: name, count: sum('count'), waited: sum('waited')};
      });
      const background: Record<string, number> = {};
      for (const account of accounts)
        for (const [id, {cycles}] of Object.entries(account.background.all))
          background[id] = (background[id] ?? 0) + cycles;
      const ahead = accounts.reduce((sum, account) => sum + account.ahead, 0);
      return {cycles: schedule.elapsed, ahead, executed: executed.filter(({count}) => count > 0), background};
    } finally {
      close();
    }
  });
