/** Address spaces come and go, and their kernel invalidates TLB entries: the events of src/costmodel/replay.ts and translation.ts. */
import {
  DATA_TLB,
  FLUSHES_AT_SWITCH,
  INSTRUCTION_GENERATION,
  INSTRUCTION_TLB,
  SPACE,
} from '../src/costmodel/kernel/layout';
import {SPACE_SWITCHES, TLB_MAINTENANCE} from '../src/costmodel/kernel/metrics';
import {add} from './counts';
import {endSpace, switchSpace} from './host';
import {DROP_GUEST, flushMicro} from './tlb';
import {dropStage1} from './translation';

const TASK_SWITCH: u32 = 2;
const TLB_EVENT: u32 = 4;
const SPACE_END: u32 = 5;

export function flushMicroTlbs(): void {
  flushMicro(DATA_TLB);
  flushMicro(INSTRUCTION_TLB);
  store<i64>(INSTRUCTION_GENERATION, load<i64>(INSTRUCTION_GENERATION) + 1);
}

/** Follows the event of this kind whose payload is at `at`. Is the next block executed in another space? */
export function followEvent(kind: u32, at: usize): bool {
  if (kind === TASK_SWITCH) {
    const space = load<u32>(at);
    if (space === load<u32>(SPACE)) return false;
    switchSpace(space);
    add(SPACE_SWITCHES, 1);
    if (load<i32>(FLUSHES_AT_SWITCH) !== 0) dropStage1(DROP_GUEST, 0, 0, 0);
    flushMicroTlbs();
    return true;
  }
  if (kind === TLB_EVENT) {
    const pages = load<u32>(at + 12);
    add(TLB_MAINTENANCE, max(1, <f64>pages));
    dropStage1(load<i32>(at), load<u32>(at + 4), load<u32>(at + 8), pages);
    flushMicroTlbs();
  } else if (kind === SPACE_END) endSpace(load<u32>(at));
  return false;
}
