/** What becomes of a lock as 'figures' prints it. */
import type {LockSchedule} from '../predict/lock-scenarios.ts';
import {LOCK_FIGURES, LOCK_WAITS, lockKind} from '../report/catalogue.ts';
import {formatNumber} from '../report/format.ts';
import {type Row, textTable} from './text-table.ts';

/** A column for each schedule of one scenario. */
const scenarioTable = (schedules: readonly LockSchedule[]): string => {
  const {scenario, handOvers, recording} = schedules[0]!;
  const {figure, name} = LOCK_FIGURES[scenario];
  const kinds = new Map(schedules.flatMap(({time}) => time).map((one) => [lockKind(one.role, one.state).name, one]));
  const rows: Row[] = [...kinds].map(([kind, {role, state}]) => [
    `  ${kind}`,
    ...schedules.map(({time}) =>
      formatNumber(time.find((one) => one.role === role && one.state === state)?.cyclesPerHandOver ?? 0),
    ),
  ]);
  return [
    `Figure ${figure}: ${name}. Cycles a hand-over of recording ${recording}, the mean of ${handOvers}; below, of all vCPUs together`,
    textTable(
      ['', ...schedules.map(({system, variant}) => `${system}\n${LOCK_WAITS[variant]}`)],
      [['cycles a hand-over', ...schedules.map(({cyclesPerHandOver}) => formatNumber(cyclesPerHandOver))], ...rows],
    ),
  ].join('\n');
};

/** A table for each scenario and system. */
export const lockText = (schedules: readonly LockSchedule[]): readonly string[] => {
  const keyOf = ({scenario, system}: LockSchedule): string => `${scenario} ${system}`;
  return [...new Set(schedules.map(keyOf))].map((key) => scenarioTable(schedules.filter((one) => keyOf(one) === key)));
};
