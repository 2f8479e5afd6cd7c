/** The words of events: pure functions of what was observed. */
import {type Mapping, MEMORY_TYPE} from '../../isa/system/walk/mapping.ts';
import {GLOBAL, type Translation} from '../../trace/translations.ts';

const WORD = 2 ** 32;

/** Guest time, the low word first; farther than a number can say is never. */
export const timeWords = (time: number): readonly [low: number, high: number] =>
  time > Number.MAX_SAFE_INTEGER ? [0xffff_ffff, 0xffff_ffff] : [time % WORD, Math.floor(time / WORD)];

/** The form of a `device-access`. */
const IS_WRITE = 1 << 8;
export const accessForm = (size: number, isWrite: boolean): number => size | (isWrite ? IS_WRITE : 0);

/** GICD_SGIR (ARM IHI 0048B 4.3.15): TargetListFilter, CPUTargetList, SGIINTID. */
export const softwareInterrupt = (
  value: number,
  sender: number,
  cpus: number,
): {readonly interrupt: number; readonly targets: number} => {
  const all = (1 << cpus) - 1;
  const filter = (value >>> 24) & 3;
  const list = (value >>> 16) & 0xff & all;
  const targets = filter === 0 ? list : filter === 1 ? all & ~(1 << sender) : 1 << sender;
  return {interrupt: value & 15, targets};
};

/** Attributes beside the base in the low word of TTBR0. */
const TABLE_ATTRIBUTES = {short: 0x7f, long: 0x1f} as const;
export const tableBase = (table: number, isLong: boolean): number =>
  (table & ~TABLE_ATTRIBUTES[isLong ? 'long' : 'short']) >>> 0;

/** The form of a `translation`, beside the logarithm of its size. */
const IS_GLOBAL = 1 << 6;
const DESCRIPTORS_SHIFT = 8;
const TYPE_SHIFT = 16;
const MOST_DESCRIPTORS = 3;
const TYPES: Readonly<Record<number, number>> = {
  [MEMORY_TYPE.normal]: 0,
  [MEMORY_TYPE.device]: 1,
  [MEMORY_TYPE.stronglyOrdered]: 2,
};

export interface FoundTranslation extends Translation {
  readonly payload: readonly number[];
}

/** What a walk for an address found; undefined where nothing can lie: the access is an external abort. */
export const foundTranslation = (
  address: number,
  asid: number,
  {sizeShift, global, memoryType, page}: Mapping,
  descriptors: readonly number[],
): FoundTranslation | undefined => {
  const first = (address & ~0xfff) >>> 0;
  const inside = first % 2 ** sizeShift;
  const physical = page - inside;
  if (physical >= WORD) return undefined;
  const form =
    sizeShift |
    (global ? IS_GLOBAL : 0) |
    (descriptors.length << DESCRIPTORS_SHIFT) |
    (TYPES[memoryType]! << TYPE_SHIFT);
  const padded = Array.from({length: MOST_DESCRIPTORS}, (_, level) => descriptors[level] ?? 0);
  return {
    space: global ? GLOBAL : asid,
    address: first - inside,
    sizeShift,
    found: [form, physical, ...descriptors].join(),
    payload: [global ? 0 : asid, first - inside, form, physical, ...padded],
  };
};
