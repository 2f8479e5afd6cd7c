/** The shipped machine, and a machine of round numbers for sums in comments. */
import {type Machine, machineFrom, machinePath, readMachine} from '../../src/costmodel/machine.ts';

export const MACHINE: Machine = machineFrom(readMachine(machinePath('cubieboard2')));

const ABSENT = {sets: 0, ways: 2};

/** Every translation walks, and every walk reads every level. */
export const WITHOUT_TLBS: Machine = {...MACHINE, mainTlb: ABSENT, walkCache: ABSENT, ipaCache: ABSENT};

/** One row in each of two banks, no refresh soon. */
export const ROUND: Machine = {
  ...MACHINE,
  l2Hit: 11,
  dram: {
    banks: 2,
    rowLines: 2 ** 20,
    cas: 10,
    activate: 20,
    precharge: 30,
    refreshTime: 100,
    refreshInterval: 1e9,
    uncore: 40,
    transfer: 8,
    turnaround: 6,
    otherInterval: Number.POSITIVE_INFINITY,
  },
};
