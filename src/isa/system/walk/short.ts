/** Walks of the short-descriptor translation tables (DDI 0406C B3.5). */
import {SCTLR} from '../control.ts';
import {
  ALL_PERMISSIONS,
  MEMORY_TYPE,
  permissionsOf,
  type ReadWord,
  RIGHTS,
  SIMPLE_RIGHTS,
  type Walk,
  type WalkFault,
  type WalkRegisters,
} from './mapping.ts';

const bits = (word: number, high: number, low: number): number => (word >>> low) & ((1 << (high - low + 1)) - 1);

const DOMAIN_CLIENT = 1;
const DOMAIN_MANAGER = 3;

/** A descriptor that maps memory, whatever its level and size. */
interface Leaf {
  readonly base: number;
  readonly sizeShift: number;
  /** AP[2:0], TEX[2:0] and the bits C and B in one. */
  readonly access: number;
  readonly attributes: number;
  readonly neverExecute: boolean;
  readonly privilegedNeverExecute: boolean;
  readonly shareable: boolean;
  readonly global: boolean;
  readonly level: 1 | 2;
  readonly domain: number;
}

/** Section or supersection. */
const sectionOf = (word: number): Leaf => {
  const isSuper = bits(word, 18, 18) === 1;
  const extension = bits(word, 23, 20) * 2 ** 32 + bits(word, 8, 5) * 2 ** 36;
  return {
    base: isSuper ? bits(word, 31, 24) * 2 ** 24 + extension : bits(word, 31, 20) * 2 ** 20,
    sizeShift: isSuper ? 24 : 20,
    access: (bits(word, 15, 15) << 2) | bits(word, 11, 10),
    attributes: (bits(word, 14, 12) << 2) | bits(word, 3, 2),
    neverExecute: bits(word, 4, 4) === 1,
    privilegedNeverExecute: bits(word, 0, 0) === 1,
    shareable: bits(word, 16, 16) === 1,
    global: bits(word, 17, 17) === 0,
    level: 1,
    domain: isSuper ? 0 : bits(word, 8, 5),
  };
};

/** Large or small page; the first level has the domain and PXN. */
const pageOf = (word: number, first: number): Leaf => {
  const isLarge = bits(word, 1, 0) === 1;
  return {
    base: isLarge ? bits(word, 31, 16) * 2 ** 16 : bits(word, 31, 12) * 2 ** 12,
    sizeShift: isLarge ? 16 : 12,
    access: (bits(word, 9, 9) << 2) | bits(word, 5, 4),
    attributes: ((isLarge ? bits(word, 14, 12) : bits(word, 8, 6)) << 2) | bits(word, 3, 2),
    neverExecute: (isLarge ? bits(word, 15, 15) : bits(word, 0, 0)) === 1,
    privilegedNeverExecute: bits(first, 2, 2) === 1,
    shareable: bits(word, 10, 10) === 1,
    global: bits(word, 11, 11) === 0,
    level: 2,
    domain: bits(first, 8, 5),
  };
};

const {stronglyOrdered, device, normal} = MEMORY_TYPE;
/** By TEX[2:0]:C:B without TEX remap (table B3-10); what is reserved counts as Strongly-ordered, the strictest type. */
const UNMAPPED_TYPES: readonly number[] = [
  ...[stronglyOrdered, device, normal, normal],
  ...[normal, stronglyOrdered, normal, normal],
  ...[device, stronglyOrdered, stronglyOrdered, stronglyOrdered],
  ...[stronglyOrdered, stronglyOrdered, stronglyOrdered, stronglyOrdered],
  ...new Array<number>(16).fill(normal),
];

/** Memory type and region by PRRR and NMRR, which TEX[0]:C:B index (B3.8.3). */
const typeOf = (leaf: Leaf, registers: WalkRegisters): number => {
  if ((registers.sctlr & SCTLR.texRemap) === 0) return UNMAPPED_TYPES[leaf.attributes] as number;
  const remapped = bits(registers.mair0, 2 * (leaf.attributes & 7) + 1, 2 * (leaf.attributes & 7));
  // 0b11 is reserved.
  return remapped > normal ? stronglyOrdered : remapped;
};

/** TTBCR has no PD0 and PD1 here: they come with the Security Extensions. */
const chooseTable = (registers: WalkRegisters, address: number): {table: number; index: number} => {
  const n = registers.ttbcr & 7;
  const isFirst = n === 0 || address >>> (32 - n) === 0;
  const size = isFirst ? n : 0;
  const table = isFirst ? registers.ttbr0 : registers.ttbr1;
  return {
    table: (table & (-1 << (14 - size))) >>> 0,
    index: (address >>> 20) & (0xfff >>> size),
  };
};

const fault = (cause: WalkFault['fault'], level: 1 | 2, domain: number): WalkFault => ({fault: cause, level, domain});

const finish = (leaf: Leaf, registers: WalkRegisters, address: number): Walk => {
  const {sctlr, dacr} = registers;
  const simple = (sctlr & SCTLR.accessFlag) !== 0;
  if (simple && (leaf.access & 1) === 0) return fault('access-flag', leaf.level, leaf.domain);
  const role = (dacr >>> (2 * leaf.domain)) & 3;
  if (role !== DOMAIN_CLIENT && role !== DOMAIN_MANAGER) return fault('domain', leaf.level, leaf.domain);
  const memoryType = typeOf(leaf, registers);
  const inside = (address >>> 0) % 2 ** leaf.sizeShift;
  return {
    fault: undefined,
    page: leaf.base + inside - (inside % 4096),
    sizeShift: leaf.sizeShift,
    permissions:
      role === DOMAIN_MANAGER
        ? ALL_PERMISSIONS
        : permissionsOf(
            simple ? (SIMPLE_RIGHTS[leaf.access >>> 1] as number) : (RIGHTS[leaf.access] as number),
            leaf.neverExecute,
            leaf.privilegedNeverExecute,
            {
              writeNeverExecutes: (sctlr & SCTLR.writeNeverExecutes) !== 0,
              userWriteNeverExecutes: (sctlr & SCTLR.userWriteNeverExecutes) !== 0,
            },
          ),
    global: leaf.global,
    memoryType,
    attributes: leaf.attributes | (leaf.shareable ? 0x20 : 0),
    level: leaf.level,
    domain: leaf.domain,
  };
};

export const walkShort = (registers: WalkRegisters, readWord: ReadWord, address: number): Walk => {
  const start = chooseTable(registers, address);
  const first = readWord(start.table + 4 * start.index);
  if (first === undefined) return fault('external-on-walk', 1, 0);
  const kind = first & 3;
  if (kind === 0) return fault('translation', 1, 0);
  if (kind >= 2) return finish(sectionOf(first), registers, address);
  const domain = bits(first, 8, 5);
  const second = readWord(bits(first, 31, 10) * 2 ** 10 + 4 * bits(address, 19, 12));
  if (second === undefined) return fault('external-on-walk', 2, domain);
  if ((second & 3) === 0) return fault('translation', 2, domain);
  return finish(pageOf(second, first), registers, address);
};
