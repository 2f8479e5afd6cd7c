/** Fault status registers: DDI 0406C B3.13.3 (short format) and B3.13.4 (long format). */
import type {FaultCause, WalkFault} from './mapping.ts';

/** FS[4:0] at the first and the second level. */
const SHORT: Readonly<Record<FaultCause, readonly [number, number]>> = {
  alignment: [0b00001, 0b00001],
  translation: [0b00101, 0b00111],
  'access-flag': [0b00011, 0b00110],
  domain: [0b01001, 0b01011],
  permission: [0b01101, 0b01111],
  external: [0b01000, 0b01000],
  'external-on-walk': [0b01100, 0b01110],
};

/** STATUS[5:0] at level 0; the level is added where there is one. */
const LONG: Readonly<Record<FaultCause, number>> = {
  alignment: 0b100001,
  translation: 0b000100,
  'access-flag': 0b001000,
  domain: 0b111100,
  permission: 0b001100,
  external: 0b010000,
  'external-on-walk': 0b010100,
};
const WITHOUT_LEVEL: ReadonlySet<FaultCause> = new Set(['alignment', 'external']);
const LONG_FORMAT = 1 << 9;
const WRITE = 1 << 11;

/** DFSR of a data abort, or IFSR of a prefetch abort (`isWrite` false). */
export const faultStatus = (fault: WalkFault, isWrite: boolean, isLong: boolean): number => {
  const written = isWrite ? WRITE : 0;
  if (isLong) return LONG_FORMAT | LONG[fault.fault] | (WITHOUT_LEVEL.has(fault.fault) ? 0 : fault.level) | written;
  const status = SHORT[fault.fault][fault.level === 1 ? 0 : 1];
  return ((status & 16) << 6) | (status & 15) | (fault.domain << 4) | written;
};

/** What a breakpoint instruction leaves in IFSR. */
export const debugStatus = (isLong: boolean): number => (isLong ? LONG_FORMAT | 0b100010 : 0b00010);
