/** Entry point of a thread that replays one schedule to its end. */
import {type Answer, answer} from '../files/threads.ts';
import {loadCalibration} from './calibration.ts';
import {newSchedule, type ScheduledSystem} from './schedule-system.ts';
import {openStreams} from './stored-streams.ts';

export interface ScheduleJob {
  readonly path: string;
  readonly system: ScheduledSystem;
  readonly machine: string;
  /** Calibration values, laid over the files. */
  readonly values: Readonly<Record<string, number>>;
}

/** Cycles of the measured part. */
export default ({path, system, machine, values}: ScheduleJob): Answer<number> =>
  answer(() => {
    const {header, streams, close} = openStreams(path);
    try {
      const calibration = loadCalibration({machine, values, priorsOnly: true});
      const schedule = newSchedule({streams, machine: header.machine, system, calibration});
      while (schedule.step());
      schedule.finish();
      return schedule.elapsed;
    } finally {
      close();
    }
  });
