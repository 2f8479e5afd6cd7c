/** Address spaces come and go, and their kernel invalidates TLB entries: the events of src/costmodel/replay.ts and translation.ts. */
import {
  DATA_TLB,
  FLUSHES_AT_SWITCH,
  INSTRUCTION_GENERATION,
  INSTRUCTION_TLB,
  IS_MACHINE,
  SPACE,
} from '../src/costmodel/kernel/layout';
import {SPACE_SWITCHES, TLB_MAINTENANCE} from '../src/costmodel/kernel/metrics';
import {add} from './counts';
import {announce, dropAnnounced, endSpace, switchSpace} from './host';
import {DROP_GUEST, flushMicro} from './tlb';
import {dropStage1} from './translation';

const TASK_SWITCH: u32 = 2;
const TLB_EVENT: u32 = 4;
const SPACE_END: u32 = 5;
const EXCEPTION_ENTRY: u32 = 6;
const EXCEPTION_RETURN: u32 = 7;
const TRANSLATION: u32 = 16;

export function flushMicroTlbs(): void {
  flushMicro(DATA_TLB);
  flushMicro(INSTRUCTION_TLB);
  store<i64>(INSTRUCTION_GENERATION, load<i64>(INSTRUCTION_GENERATION) + 1);
}

/** Follows the event of this kind whose payload is at `at`. Is the next block no follower of the one before? */
export function followEvent(kind: u32, at: usize): bool {
  if (kind === TASK_SWITCH) return switchTask(load<u32>(at));
  if (kind === TLB_EVENT) {
    const pages = load<u32>(at + 12);
    add(TLB_MAINTENANCE, max(1, <f64>pages));
    const operation = load<i32>(at);
    const space = load<u32>(at + 4);
    const address = load<u32>(at + 8);
    if (load<i32>(IS_MACHINE) !== 0) dropAnnounced(operation, space, address, pages);
    dropStage1(operation, space, address, pages);
    flushMicroTlbs();
  } else if (kind === SPACE_END) endSpace(load<u32>(at));
  else if (kind === TRANSLATION) announce(at);
  return kind === EXCEPTION_ENTRY || kind === EXCEPTION_RETURN;
}

function switchTask(space: u32): bool {
  const isSame = space === load<u32>(SPACE);
  const isMachine = load<i32>(IS_MACHINE) !== 0;
  if (!isSame) {
    switchSpace(space);
    add(SPACE_SWITCHES, 1);
    if (load<i32>(FLUSHES_AT_SWITCH) !== 0) dropStage1(DROP_GUEST, 0, 0, 0);
  }
  if (!isSame || isMachine) flushMicroTlbs();
  return !isSame && !isMachine;
}
