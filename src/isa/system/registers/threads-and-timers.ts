/** Thread registers (DDI 0406C B3.17.1) and the generic timer (B8.2), which lives with the board. */
import {CONTROL} from '../control.ts';
import type {SystemCpu} from '../system-cpu.ts';
import {always, type RegisterRow, type SystemRegister, type WideRegister, type WideRow} from './register.ts';

const threadPointer: SystemRegister = {
  name: 'TPIDRURO',
  kind: 'storage',
  read: (cpu) => cpu.threadPointer,
  write: (cpu, value) => {
    cpu.threadPointer = value;
  },
  user: (_cpu, isWrite) => !isWrite,
};
const threadPointerWritable: SystemRegister = {
  name: 'TPIDRURW',
  kind: 'storage',
  read: (cpu) => cpu.threadPointerWritable,
  write: (cpu, value) => {
    cpu.threadPointerWritable = value;
  },
  user: always,
};
const threadPointerPrivileged: SystemRegister = {
  name: 'TPIDRPRW',
  kind: 'storage',
  read: (cpu) => cpu.control[CONTROL.threadPointerPrivileged]!,
  write: (cpu, value) => {
    cpu.control[CONTROL.threadPointerPrivileged] = value;
  },
};

/** CNTKCTL: what PL0 may access. */
const USER = {physicalCounter: 1, virtualCounter: 2, virtualTimer: 1 << 8, physicalTimer: 1 << 9} as const;

const userHas =
  (bits: number, writable: boolean) =>
  (cpu: SystemCpu, isWrite: boolean): boolean =>
    (writable || !isWrite) && (Number(cpu.machine.surroundings.timerRead(cpu.index, 1, 0, false)) & bits) !== 0;

type UserAccess = (cpu: SystemCpu, isWrite: boolean) => boolean;

const timer = (name: string, crm: number, opc: number, user?: UserAccess): SystemRegister => ({
  name,
  kind: 'timed',
  read: (cpu) => Number(cpu.machine.surroundings.timerRead(cpu.index, crm, opc, false)) | 0,
  write: (cpu, value) => cpu.machine.surroundings.timerWrite(cpu.index, crm, opc, false, value >>> 0),
  ...(user === undefined ? {} : {user}),
});
const wideTimer = (name: string, opc: number, user: UserAccess, isReadOnly: boolean): WideRegister => ({
  name,
  kind: 'timed',
  read: (cpu) => BigInt(cpu.machine.surroundings.timerRead(cpu.index, 14, opc, true)),
  ...(isReadOnly
    ? {}
    : {
        write: (cpu: SystemCpu, value: bigint) =>
          cpu.machine.surroundings.timerWrite(cpu.index, 14, opc, true, BigInt.asUintN(64, value)),
      }),
  user,
});

const anyCounter = userHas(USER.physicalCounter | USER.virtualCounter, false);
const physicalTimer = userHas(USER.physicalTimer, true);
const virtualTimer = userHas(USER.virtualTimer, true);

export const THREADS_AND_TIMERS: readonly RegisterRow[] = [
  [0, 13, 0, 2, threadPointerWritable],
  [0, 13, 0, 3, threadPointer],
  [0, 13, 0, 4, threadPointerPrivileged],
  [0, 14, 0, 0, timer('CNTFRQ', 0, 0, anyCounter)],
  [0, 14, 1, 0, timer('CNTKCTL', 1, 0)],
  [0, 14, 2, 0, timer('CNTP_TVAL', 2, 0, physicalTimer)],
  [0, 14, 2, 1, timer('CNTP_CTL', 2, 1, physicalTimer)],
  [0, 14, 3, 0, timer('CNTV_TVAL', 3, 0, virtualTimer)],
  [0, 14, 3, 1, timer('CNTV_CTL', 3, 1, virtualTimer)],
];

export const TIMERS_WIDE: readonly WideRow[] = [
  [0, 14, wideTimer('CNTPCT', 0, userHas(USER.physicalCounter, false), true)],
  [1, 14, wideTimer('CNTVCT', 1, userHas(USER.virtualCounter, false), true)],
  [2, 14, wideTimer('CNTP_CVAL', 2, physicalTimer, false)],
  [3, 14, wideTimer('CNTV_CVAL', 3, virtualTimer, false)],
];
