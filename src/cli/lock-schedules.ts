/** The schedules of a lock that 'figures' draws: of each system in each scenario, with each way to wait. */
import type {Calibration} from '../predict/calibration.ts';
import {LOCK_SCENARIOS, type LockSchedule, lockSchedule, lockVariants} from '../predict/lock-scenarios.ts';
import {interruptible} from './interrupt.ts';
import {startProgress} from './progress.ts';

/** @throws Interrupted; InputError for a system that schedules nothing */
export const lockSchedules = (suts: readonly string[], calibration: Calibration): Promise<readonly LockSchedule[]> =>
  interruptible(async (signal) => {
    const asked = LOCK_SCENARIOS.flatMap((scenario) =>
      suts.flatMap((sut) => lockVariants(calibration, sut, scenario).map((variant) => ({scenario, variant, sut}))),
    );
    const progress = startProgress('scheduling locks');
    const done: LockSchedule[] = [];
    try {
      for (const one of asked) {
        progress.update(done.length, asked.length);
        done.push(await lockSchedule({...one, calibration, signal}));
      }
      return done;
    } finally {
      progress.stop();
    }
  });
