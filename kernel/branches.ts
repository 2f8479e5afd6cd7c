/** Whether branches between two blocks are predicted: src/costmodel/branch-model.ts. The loop in replay.ts counts them. */
import {BLOCK_COUNTERS, COUNTER_MASK, HISTORY, HISTORY_BITS, TARGETS} from '../src/costmodel/kernel/layout';

export const CONDITIONAL: i32 = 1;

/** Was the prediction of the conditional branch at the end of the block wrong? Learns the outcome. */
export function mispredictsConditional(block: usize, taken: bool): bool {
  const history = load<i32>(HISTORY);
  const at = <usize>(load<u32>(block + BLOCK_COUNTERS) + <u32>(history & load<i32>(COUNTER_MASK)));
  const counter = <i32>load<u8>(at);
  store<u8>(at, taken ? counter + i32(counter < 3) : counter - i32(counter > 0));
  store<i32>(HISTORY, ((history << 1) | <i32>taken) & ((1 << load<i32>(HISTORY_BITS)) - 1));
  return counter >= 2 !== taken;
}

/** Was the prediction of the indirect branch at the end of block `id` wrong? Learns its target. */
export function mispredictsIndirect(id: i32, target: i32): bool {
  const at = <usize>load<u32>(TARGETS) + ((<usize>(id & load<i32>(COUNTER_MASK))) << 2);
  const wrong = load<i32>(at) !== target;
  store<i32>(at, target);
  return wrong;
}
