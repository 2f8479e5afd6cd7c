/** Descriptors in the tables of a stage, as they lie in memory: src/costmodel/tables.ts. */
import {
  PAGE_ENTRIES,
  PAGE_HASH,
  PAGE_HASH_SHIFT,
  STAGE_DESCRIPTOR_BITS,
  STAGE_INDEX_BITS,
  STAGE_LEVELS,
  STAGE_PAGES,
  STAGE_SPAN_BITS,
} from '../src/costmodel/kernel/layout';

const PAGE_BITS: u64 = 12;
/** Sixteen descriptors that map one page. */
const REPEATED_BITS: u64 = 4;

export function spanBits(stage: usize, level: i32): u64 {
  return load<u32>(stage + STAGE_SPAN_BITS + ((<usize>level) << 2));
}

/** Address of the descriptor that translates `input` in the table of `level` at `table`. */
export function descriptorAddress(stage: usize, table: u64, level: i32, input: u64): u64 {
  const bits = <u64>load<u32>(stage + STAGE_INDEX_BITS + ((<usize>level) << 2));
  const index = (input >> spanBits(stage, level)) & (((<u64>1) << bits) - 1);
  return table + (index << (<u64>load<u32>(stage + STAGE_DESCRIPTOR_BITS)));
}

/** Place of a table's page in the kernel's memory; what is not there was never written, and holds zeros. */
function pagePlace(stage: usize, page: u32): usize {
  const table = <usize>load<u32>(stage + STAGE_PAGES);
  let entry = (page * <u32>PAGE_HASH) >>> PAGE_HASH_SHIFT;
  let at = table + ((<usize>entry) << 3);
  while (load<u32>(at) !== page) {
    if (load<i32>(at) === -1) return 0;
    entry = (entry + 1) & (PAGE_ENTRIES - 1);
    at = table + ((<usize>entry) << 3);
  }
  return load<u32>(at + 4);
}

/** Place of the descriptor at `address`, 0 where nothing is mapped. */
export function descriptorPlace(stage: usize, address: u64): usize {
  const place = pagePlace(stage, <u32>(address >> PAGE_BITS));
  return place === 0 ? 0 : place + (<usize>address & 0xffc);
}

/** Output address that a descriptor holds. */
export function outputOf(stage: usize, place: usize): u64 {
  if (place === 0) return 0;
  const low = load<u32>(place);
  if ((low & 3) === 0) return 0;
  const high: u64 = load<u32>(stage + STAGE_DESCRIPTOR_BITS) === 3 ? load<u32>(place + 4) & 0xff : 0;
  return (high << 32) + <u64>(low & ~0x3ff);
}

/** Log₂ of the page that a descriptor of `level` maps; 0 when it names a table. */
export function pageBitsOf(stage: usize, place: usize, level: i32): u64 {
  const low = load<u32>(place);
  const isLast = level === load<i32>(stage + STAGE_LEVELS) - 1;
  const isLong = load<u32>(stage + STAGE_DESCRIPTOR_BITS) === 3;
  if (!isLast && (low & 3) === (isLong ? 3 : 1)) return 0;
  let isRepeated = false;
  if (isLong) isRepeated = (load<u32>(place + 4) & (1 << 20)) !== 0;
  else isRepeated = isLast ? (low & 3) === 1 : (low & (1 << 18)) !== 0;
  return spanBits(stage, level) + (isRepeated ? REPEATED_BITS : 0);
}
