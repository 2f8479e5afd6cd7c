/** All registers of CP14 and CP15 by the numbers of their instructions. */
import {DEBUG} from './debug.ts';
import {IDENTIFICATION} from './identification.ts';
import {MAINTENANCE} from './maintenance.ts';
import {MEMORY_SYSTEM, MEMORY_SYSTEM_WIDE} from './memory-system.ts';
import {PERFORMANCE} from './performance.ts';
import type {RegisterRow, SystemRegister, WideRegister, WideRow} from './register.ts';
import {THREADS_AND_TIMERS, TIMERS_WIDE} from './threads-and-timers.ts';

const key = (opc1: number, crn: number, crm: number, opc2: number): number =>
  (opc1 << 11) | (crn << 7) | (crm << 3) | opc2;
const wideKey = (opc1: number, crm: number): number => (opc1 << 4) | crm;

/** @throws RangeError when two rows have the same numbers. */
const index = <T>(entries: readonly (readonly [number, T])[]): ReadonlyMap<number, T> => {
  const map = new Map(entries);
  if (map.size !== entries.length) throw new RangeError('two registers have the same numbers');
  return map;
};
const narrow = (rows: readonly RegisterRow[]): ReadonlyMap<number, SystemRegister> =>
  index(rows.map(([opc1, crn, crm, opc2, register]) => [key(opc1, crn, crm, opc2), register]));
const wide = (rows: readonly WideRow[]): ReadonlyMap<number, WideRegister> =>
  index(rows.map(([opc1, crm, register]) => [wideKey(opc1, crm), register]));

const SYSTEM_CONTROL = narrow([
  ...IDENTIFICATION,
  ...MEMORY_SYSTEM,
  ...MAINTENANCE,
  ...THREADS_AND_TIMERS,
  ...PERFORMANCE,
]);
const SYSTEM_CONTROL_WIDE = wide([...MEMORY_SYSTEM_WIDE, ...TIMERS_WIDE]);
const DEBUG_CONTROL = narrow(DEBUG);

export const findRegister = (
  coprocessor: 14 | 15,
  ...[opc1, crn, crm, opc2]: readonly [number, number, number, number]
): SystemRegister | undefined => (coprocessor === 15 ? SYSTEM_CONTROL : DEBUG_CONTROL).get(key(opc1, crn, crm, opc2));

export const findWideRegister = (opc1: number, crm: number): WideRegister | undefined =>
  SYSTEM_CONTROL_WIDE.get(wideKey(opc1, crm));
