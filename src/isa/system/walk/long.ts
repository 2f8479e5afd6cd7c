/** Walks of the long-descriptor translation tables (DDI 0406C B3.6). Descriptors have two words. */
import {SCTLR} from '../control.ts';
import {
  MEMORY_TYPE,
  PERMISSION,
  permissionsOf,
  type ReadWord,
  SIMPLE_RIGHTS,
  type Walk,
  type WalkFault,
  type WalkRegisters,
} from './mapping.ts';

/** TTBCR.EPD0 and EPD1: no walk from that table. */
const NO_WALK_0 = 1 << 7;
const NO_WALK_1 = 1 << 23;
const VALID = 1;
/** Of a table or page. */
const NOT_BLOCK = 2;
const ACCESS_FLAG = 1 << 10;
const NOT_GLOBAL = 1 << 11;

/** Bits of a descriptor's upper word. */
const UPPER = {privilegedNeverExecute: 1 << 21, neverExecute: 1 << 22} as const;
const TABLE = {
  privilegedNeverExecute: 1 << 27,
  neverExecute: 1 << 28,
  noUser: 1 << 29,
  readOnly: 1 << 30,
} as const;

interface Region {
  readonly low: number;
  readonly high: number;
  /** TxSZ: the top bits of an address that select the table. */
  readonly size: number;
  readonly disabled: boolean;
}

/** TTBR0 or TTBR1 for an address; undefined in a gap between the two (B3.6.4). */
const chooseRegion = (registers: WalkRegisters, address: number): Region | undefined => {
  const {ttbcr} = registers;
  const [size0, size1] = [ttbcr & 7, (ttbcr >>> 16) & 7];
  const inFirst = size0 === 0 || address >>> (32 - size0) === 0;
  const inSecond = size1 === 0 ? size0 > 0 && !inFirst : ~address >>> (32 - size1) === 0;
  if (inSecond) {
    return {
      low: registers.ttbr1,
      high: registers.ttbr1High,
      size: size1,
      disabled: (ttbcr & NO_WALK_1) !== 0,
    };
  }
  if (!inFirst) return undefined;
  return {low: registers.ttbr0, high: registers.ttbr0High, size: size0, disabled: (ttbcr & NO_WALK_0) !== 0};
};

/** Physical address of bits 39–`low` of two words. */
const addressOf = (low: number, high: number, lowest: number): number =>
  (high & 0xff) * 2 ** 32 + (low >>> lowest) * 2 ** lowest;

const fault = (cause: WalkFault['fault'], level: 1 | 2 | 3): WalkFault => ({fault: cause, level, domain: 0});

/** What the tables on the way forbid (B3.6.1, hierarchical control). */
interface Limits {
  readonly rights: number;
  readonly neverExecute: boolean;
  readonly privilegedNeverExecute: boolean;
}

const {read, write, userRead, userWrite} = PERMISSION;
const NO_LIMITS: Limits = {
  rights: read | write | userRead | userWrite,
  neverExecute: false,
  privilegedNeverExecute: false,
};

const restrict = (limits: Limits, high: number): Limits => ({
  rights:
    limits.rights &
    ~((high & TABLE.noUser) !== 0 ? userRead | userWrite : 0) &
    ~((high & TABLE.readOnly) !== 0 ? write | userWrite : 0),
  neverExecute: limits.neverExecute || (high & TABLE.neverExecute) !== 0,
  privilegedNeverExecute: limits.privilegedNeverExecute || (high & TABLE.privilegedNeverExecute) !== 0,
});

/** The byte of MAIR0 and MAIR1 that AttrIndx names. */
const attributeByte = (registers: WalkRegisters, low: number): number => {
  const index = (low >>> 2) & 7;
  return ((index < 4 ? registers.mair0 : registers.mair1) >>> (8 * (index & 3))) & 0xff;
};

const typeOf = (attribute: number): number => {
  if (attribute === 0) return MEMORY_TYPE.stronglyOrdered;
  return attribute >>> 4 === 0 ? MEMORY_TYPE.device : MEMORY_TYPE.normal;
};

interface Descriptor {
  readonly low: number;
  readonly high: number;
  readonly level: 1 | 2 | 3;
}

/** Bits of the address that a descriptor of a level leaves to the next one. */
const SHIFT = {1: 30, 2: 21, 3: 12} as const;

const finish = (leaf: Descriptor, limits: Limits, registers: WalkRegisters, address: number): Walk => {
  const {low, high, level} = leaf;
  if ((low & ACCESS_FLAG) === 0) return fault('access-flag', level);
  const sizeShift = SHIFT[level];
  const attribute = attributeByte(registers, low);
  const inside = (address >>> 0) % 2 ** sizeShift;
  return {
    fault: undefined,
    page: addressOf(low, high, sizeShift) + inside - (inside % 4096),
    sizeShift,
    permissions: permissionsOf(
      (SIMPLE_RIGHTS[(low >>> 6) & 3] as number) & limits.rights,
      limits.neverExecute || (high & UPPER.neverExecute) !== 0,
      limits.privilegedNeverExecute || (high & UPPER.privilegedNeverExecute) !== 0,
      {
        writeNeverExecutes: (registers.sctlr & SCTLR.writeNeverExecutes) !== 0,
        userWriteNeverExecutes: (registers.sctlr & SCTLR.userWriteNeverExecutes) !== 0,
      },
    ),
    global: (low & NOT_GLOBAL) === 0,
    memoryType: typeOf(attribute),
    attributes: (attribute << 2) | ((low >>> 8) & 3),
    level,
    domain: 0,
  };
};

export const walkLong = (registers: WalkRegisters, readWord: ReadWord, address: number): Walk => {
  const region = chooseRegion(registers, address);
  if (region === undefined || region.disabled) return fault('translation', 1);
  let level: 1 | 2 | 3 = region.size >= 2 ? 2 : 1;
  // The first table is as large as the region: 2^(32 − size) bytes of it by 8-byte descriptors.
  const indexBits = 32 - region.size - SHIFT[level];
  let table = addressOf(region.low, region.high, indexBits + 3);
  let index = (address >>> SHIFT[level]) & (2 ** indexBits - 1);
  let limits = NO_LIMITS;
  for (;;) {
    const low = readWord(table + 8 * index);
    const high = readWord(table + 8 * index + 4);
    if (low === undefined || high === undefined) return fault('external-on-walk', level);
    if ((low & VALID) === 0 || (level === 3 && (low & NOT_BLOCK) === 0)) return fault('translation', level);
    if (level === 3 || (low & NOT_BLOCK) === 0) return finish({low, high, level}, limits, registers, address);
    limits = restrict(limits, high);
    table = addressOf(low, high, 12);
    level = level === 1 ? 2 : 3;
    index = (address >>> SHIFT[level]) & 0x1ff;
  }
};
