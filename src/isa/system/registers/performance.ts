/** The performance monitor (DDI 0406C C12, DDI 0464F 11): its registers and the cycle counter; events are not counted. */
import {CONTROL} from '../control.ts';
import type {SystemCpu} from '../system-cpu.ts';
import {type RegisterRow, type SystemRegister, stored, Unmodelled} from './register.ts';

/** Implementer and identification code of PMCR, and four event counters. */
const PMCR_FIXED = 0x4107_2000;
const PMCR_WRITABLE = 0x39;
const ENABLE = 1;
const RESET_CYCLES = 4;
/** PMCR.D: one count for 64 cycles. */
const DIVIDE = 8;
const CYCLE_COUNTER = 0x8000_0000 | 0;
const COUNTERS = CYCLE_COUNTER | 15;

/** PMUSERENR.EN. */
const user = (cpu: SystemCpu): boolean => (cpu.control[CONTROL.performanceUserEnable]! & 1) !== 0;

const counts = (cpu: SystemCpu): boolean =>
  (cpu.control[CONTROL.performanceControl]! & ENABLE) !== 0 &&
  (cpu.control[CONTROL.performanceEnable]! & CYCLE_COUNTER) !== 0;

/** Cycles at one an instruction, in the unit of PMCCNTR. */
const elapsed = (cpu: SystemCpu): number =>
  Math.floor(cpu.instructions / ((cpu.control[CONTROL.performanceControl]! & DIVIDE) === 0 ? 1 : 64)) | 0;

const cycles = (cpu: SystemCpu): number =>
  (cpu.control[CONTROL.performanceCycles]! + (counts(cpu) ? elapsed(cpu) : 0)) | 0;

/** Changes what decides whether and how fast the counter runs, and keeps its value. */
const keepingCycles = (cpu: SystemCpu, change: () => void): void => {
  const value = cycles(cpu);
  change();
  setCycles(cpu, value);
};
const setCycles = (cpu: SystemCpu, value: number): void => {
  cpu.control[CONTROL.performanceCycles] = value - (counts(cpu) ? elapsed(cpu) : 0);
};

const control: SystemRegister = {
  name: 'PMCR',
  read: (cpu) => PMCR_FIXED | cpu.control[CONTROL.performanceControl]!,
  write: (cpu, value) => {
    keepingCycles(cpu, () => {
      cpu.control[CONTROL.performanceControl] = value & PMCR_WRITABLE;
    });
    if ((value & RESET_CYCLES) !== 0) setCycles(cpu, 0);
  },
  user,
};

const setOrClear = (
  name: string,
  place: 'performanceEnable' | 'performanceInterruptEnable' | 'performanceOverflow',
  change: (before: number, value: number) => number,
): SystemRegister => ({
  name,
  read: (cpu) => cpu.control[CONTROL[place]]!,
  write: (cpu, value) =>
    keepingCycles(cpu, () => {
      const after = change(cpu.control[CONTROL[place]]!, value & COUNTERS);
      if (place === 'performanceInterruptEnable' && after !== 0) {
        throw new Unmodelled(`${name}: interrupts of the performance monitor are not modelled`);
      }
      cpu.control[CONTROL[place]] = after;
    }),
  ...(place === 'performanceInterruptEnable' ? {} : {user}),
});
const set = (before: number, value: number): number => before | value;
const clear = (before: number, value: number): number => before & ~value;

const cycleCounter: SystemRegister = {name: 'PMCCNTR', kind: 'timed', read: cycles, write: setCycles, user};

/** Event counters stay 0: a read while one is enabled would be wrong, so it is refused. */
const eventCounter: SystemRegister = {
  name: 'PMXEVCNTR',
  read: (cpu) => {
    const selected = cpu.control[CONTROL.performanceSelect]! & 31;
    const isEnabled = ((cpu.control[CONTROL.performanceEnable]! >>> selected) & 1) !== 0;
    if (isEnabled) throw new Unmodelled('events of the performance monitor are not modelled');
    return 0;
  },
  write: () => {},
  user,
};

export const PERFORMANCE: readonly RegisterRow[] = [
  [0, 9, 12, 0, control],
  [0, 9, 12, 1, setOrClear('PMCNTENSET', 'performanceEnable', set)],
  [0, 9, 12, 2, setOrClear('PMCNTENCLR', 'performanceEnable', clear)],
  [0, 9, 12, 3, setOrClear('PMOVSR', 'performanceOverflow', clear)],
  [0, 9, 12, 4, {name: 'PMSWINC', write: () => {}, user}],
  [0, 9, 12, 5, {...stored('PMSELR', 'performanceSelect', 31), user}],
  [0, 9, 13, 0, cycleCounter],
  [0, 9, 13, 1, {...stored('PMXEVTYPER', 'performanceEvents', 0xff), user}],
  [0, 9, 13, 2, eventCounter],
  [0, 9, 14, 0, {...stored('PMUSERENR', 'performanceUserEnable', 1), user: (_cpu, isWrite) => !isWrite}],
  [0, 9, 14, 1, setOrClear('PMINTENSET', 'performanceInterruptEnable', set)],
  [0, 9, 14, 2, setOrClear('PMINTENCLR', 'performanceInterruptEnable', clear)],
];
