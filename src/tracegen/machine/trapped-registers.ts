/** Registers of CP14 and CP15 that the virtualization extensions can trap without trapping what every switch needs. */
import type {RegisterAccess} from '../../isa/system/observer.ts';
import {REGISTER_FIELDS} from '../../trace/events.ts';

interface TrapClass {
  /** The control, of DDI 0406C B1.14 and B8.1. */
  readonly control: string;
  readonly holds: (access: RegisterAccess) => boolean;
}

const IDENTIFICATION = /^(TCMTR|TLBTR|REVIDR|AIDR|CTR|CCSIDR|CLIDR|CSSELR|ID_)/;
const VIRTUAL_MEMORY =
  /^(SCTLR|TTBR[01]|TTBCR|DACR|DFSR|IFSR|DFAR|IFAR|ADFSR|AIFSR|PRRR|NMRR|AMAIR[01]|CONTEXTIDR)( \(64-bit\))?$/;
const CACHE = /^(DC|IC)/;

/** VBAR, thread registers and the virtual timer are the guest's own under every hypervisor, and used all the time. */
const CLASSES: readonly TrapClass[] = [
  {control: 'HCR.TID0–TID3', holds: ({coprocessor, name}) => coprocessor === 15 && IDENTIFICATION.test(name)},
  {control: 'HCR.TAC', holds: ({coprocessor, name}) => coprocessor === 15 && name === 'ACTLR'},
  {control: 'HCPTR.TCPAC', holds: ({coprocessor, name}) => coprocessor === 15 && name === 'CPACR'},
  {
    control: 'HCR.TVM',
    holds: ({coprocessor, name, isWrite}) => coprocessor === 15 && isWrite && VIRTUAL_MEMORY.test(name),
  },
  {
    control: 'HCR.TSW, TPC, TPU',
    holds: ({coprocessor, crn, name}) => coprocessor === 15 && crn === 7 && CACHE.test(name),
  },
  {control: 'HCR.TTLB', holds: ({coprocessor, crn}) => coprocessor === 15 && crn === 8},
  {control: 'HDCR.TPM, HSTR.T9', holds: ({coprocessor, crn}) => coprocessor === 15 && crn === 9},
  {control: 'HCR.TIDCP, HSTR.T15', holds: ({coprocessor, crn}) => coprocessor === 15 && (crn === 11 || crn === 15)},
  {
    control: 'CNTHCTL.PL1PCTEN, PL1PCEN',
    holds: ({coprocessor, name}) => coprocessor === 15 && /^(CNTP_|CNTPCT)/.test(name),
  },
  {control: 'HDCR.TDA, TDRA, TDOSA, HCR.TTEE', holds: ({coprocessor}) => coprocessor === 14},
];

export const canBeTrapped = (access: RegisterAccess): boolean => CLASSES.some(({holds}) => holds(access));

/** The word of a `register-access`. */
export const registerWord = ({coprocessor, opc1, crn, crm, opc2, isWrite}: RegisterAccess): number =>
  ((opc2 ?? 0) << REGISTER_FIELDS.opc2) |
  (crm << REGISTER_FIELDS.crm) |
  ((crn ?? 0) << REGISTER_FIELDS.crn) |
  (opc1 << REGISTER_FIELDS.opc1) |
  (coprocessor << REGISTER_FIELDS.coprocessor) |
  ((crn === undefined ? 1 : 0) << REGISTER_FIELDS.isLong) |
  ((isWrite ? 1 : 0) << REGISTER_FIELDS.isWrite);
