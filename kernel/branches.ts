/** Cycles lost to branches between two blocks: src/costmodel/branch-model.ts. */
import {
  BLOCK_ADDRESS,
  BLOCK_END,
  BLOCK_FALL_THROUGH,
  COUNTER_MASK,
  COUNTERS,
  HISTORY,
  HISTORY_BITS,
  MISPREDICT,
  TAKEN_BRANCH,
  TARGETS,
} from '../src/costmodel/kernel/layout';
import {BRANCH_CYCLES, CONDITIONAL_BRANCHES, MISPREDICTED, TAKEN} from '../src/costmodel/kernel/metrics';
import {add} from './counts';

const CONDITIONAL: i32 = 1;
const INDIRECT: i32 = 2;

/** Block `id` at `block` follows `previous` at `before`. Returns the cycles lost in between. */
export function follow(before: usize, previous: i32, block: usize, id: i32): f64 {
  const taken = load<u32>(block + BLOCK_ADDRESS) !== load<u32>(before + BLOCK_FALL_THROUGH);
  const end = load<i32>(before + BLOCK_END);
  let lost: f64 = 0;
  if (taken) {
    add(TAKEN, 1);
    lost = load<f64>(TAKEN_BRANCH);
  }
  if (end !== 0) {
    const wrong = end === CONDITIONAL ? conditional(previous, taken) : end === INDIRECT && indirect(previous, id);
    if (wrong) {
      add(MISPREDICTED, 1);
      lost = load<f64>(MISPREDICT);
    }
  }
  if (lost !== 0) add(BRANCH_CYCLES, lost);
  return lost;
}

/** Was the prediction wrong? Learns the outcome. */
function conditional(block: i32, taken: bool): bool {
  add(CONDITIONAL_BRANCHES, 1);
  const bits = load<i32>(HISTORY_BITS);
  const history = load<i32>(HISTORY);
  const at = <usize>load<u32>(COUNTERS) + <usize>(((block << bits) | history) & load<i32>(COUNTER_MASK));
  const counter = <i32>load<u8>(at);
  store<u8>(at, taken ? counter + i32(counter < 3) : counter - i32(counter > 0));
  store<i32>(HISTORY, ((history << 1) | <i32>taken) & ((1 << bits) - 1));
  return counter >= 2 !== taken;
}

function indirect(block: i32, target: i32): bool {
  const at = <usize>load<u32>(TARGETS) + ((<usize>(block & load<i32>(COUNTER_MASK))) << 2);
  const wrong = load<i32>(at) !== target;
  store<i32>(at, target);
  return wrong;
}
