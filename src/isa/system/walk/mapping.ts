/** What a walk of the translation tables finds, in either format. Physical addresses are numbers below 2^40. */

/** What an access needs of a mapping, at PL1 and at PL0. */
export const PERMISSION = {
  read: 1,
  write: 2,
  execute: 4,
  userRead: 8,
  userWrite: 16,
  userExecute: 32,
} as const;
export const ALL_PERMISSIONS = 63;

/** Memory types (DDI 0406C A3.5), as numbers that fit a table of the TLB. */
export const MEMORY_TYPE = {stronglyOrdered: 0, device: 1, normal: 2} as const;

export interface Mapping {
  readonly fault: undefined;
  /** Physical address of the 4 KiB page that was asked for. */
  readonly page: number;
  /** Base-2 logarithm of the bytes that the descriptor maps. */
  readonly sizeShift: number;
  /** Bits of {@link PERMISSION}. */
  readonly permissions: number;
  readonly global: boolean;
  readonly memoryType: number;
  /** TEX:C:B and, as bit 5, S of a short descriptor; of a long one the byte of MAIR in bits 9–2 and SH in bits 1–0. */
  readonly attributes: number;
  /** Of the last descriptor, for the syndrome of a permission fault. */
  readonly level: 1 | 2 | 3;
  readonly domain: number;
}

export type FaultCause =
  | 'alignment'
  | 'translation'
  | 'access-flag'
  | 'domain'
  | 'permission'
  | 'external'
  | 'external-on-walk';

export interface WalkFault {
  readonly fault: FaultCause;
  readonly level: 1 | 2 | 3;
  readonly domain: number;
}

export type Walk = Mapping | WalkFault;

/** The registers that a walk depends on, as words. */
export interface WalkRegisters {
  readonly sctlr: number;
  readonly ttbcr: number;
  /** Lower and upper words. */
  readonly ttbr0: number;
  readonly ttbr0High: number;
  readonly ttbr1: number;
  readonly ttbr1High: number;
  readonly dacr: number;
  /** PRRR and NMRR, or MAIR0 and MAIR1. */
  readonly mair0: number;
  readonly mair1: number;
}

/** A word of physical memory; undefined where there is no RAM. */
export type ReadWord = (physicalAddress: number) => number | undefined;

/** Everything that may be done in the range of PL1 and PL0 rights; instruction fetch needs the right to read as well. */
export const permissionsOf = (
  rights: number,
  neverExecute: boolean,
  privilegedNeverExecute: boolean,
  {writeNeverExecutes, userWriteNeverExecutes}: {writeNeverExecutes: boolean; userWriteNeverExecutes: boolean},
): number => {
  const has = (bit: number): boolean => (rights & bit) !== 0;
  const barred = (written: number): boolean => neverExecute || (writeNeverExecutes && has(written));
  const privileged =
    has(PERMISSION.read) &&
    !barred(PERMISSION.write) &&
    !privilegedNeverExecute &&
    !(userWriteNeverExecutes && has(PERMISSION.userWrite));
  const user = has(PERMISSION.userRead) && !barred(PERMISSION.userWrite);
  return rights | (privileged ? PERMISSION.execute : 0) | (user ? PERMISSION.userExecute : 0);
};

const {read, write, userRead, userWrite} = PERMISSION;
const READ_WRITE = read | write;
const USER_READ_WRITE = userRead | userWrite;
/** By AP[2:0] (DDI 0406C table B3-8); 100 is reserved, and permits nothing. */
export const RIGHTS: readonly number[] = [
  0,
  READ_WRITE,
  READ_WRITE | userRead,
  READ_WRITE | USER_READ_WRITE,
  0,
  read,
  read | userRead,
  read | userRead,
];
/** By AP[2:1] where bit 0 is the access flag, and in the long format (tables B3-6 and B3-9). */
export const SIMPLE_RIGHTS: readonly number[] = [READ_WRITE, READ_WRITE | USER_READ_WRITE, read, read | userRead];
