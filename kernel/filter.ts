/** Lines found lately: what forgets them. The loop in replay.ts looks at them and fills them in. */
import {FILTER, FILTER_BACK, FILTER_EPOCH, FILTER_LINE_BITS, FILTER_SHIFT} from '../src/costmodel/kernel/layout';

/** The micro-TLB lost a page: forget all. */
export function startEpoch(): void {
  store<u64>(FILTER_EPOCH, load<u64>(FILTER_EPOCH) + ((<u64>1) << FILTER_LINE_BITS));
}

/** A slot of L1D gets another line. */
export function forgetSlot(slot: i32): void {
  const back = <usize>load<u32>(FILTER_BACK) + ((<usize>slot) << 1);
  const index = <usize>load<u16>(back);
  if (index === 0) return;
  const entry = FILTER + ((index - 1) << 3);
  store<u64>(entry, 0);
  store<u64>(entry + (1 << FILTER_SHIFT), 0);
  store<u16>(back, 0);
}
