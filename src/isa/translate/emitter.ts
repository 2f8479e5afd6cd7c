/**
 * Emits the body of a region's function: registers and flags in locals, accesses through the page maps, records into the
 * ring, and the ways out. What one instruction does is in the tables of integer.ts, memory.ts and vfp.ts.
 *
 * A region leaves in the middle of a block only before an instruction has changed anything (exit "slow"): the interpreter
 * then executes the block's rest. It leaves between blocks (exit "next") for an address that is not translated, and when
 * its budget or the ring is nearly used up.
 */
import {accessKind, WRITE} from '../../trace/records.ts';
import {ALWAYS, type Operation, PC} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import type {CodeBlock} from '../engine/code-cache.ts';
import {
  BUDGET_OFFSET,
  ENTRY_COUNTS_OFFSET,
  EXIT_OFFSET,
  EXIT_REGION_OFFSET,
  HEADER_OFFSET,
  PAGE,
  PAGE_SHIFT,
  READ_PERMISSION_OFFSET,
  RING_CURSOR_OFFSET,
  RING_OFFSET,
  STATE_OFFSET,
  WRITE_PERMISSION_OFFSET,
} from '../memory/layout.ts';
import {ALL_FLAGS, CARRY, FLAG_LOCALS, NEGATIVE, OVERFLOW, ZERO} from './flags.ts';
import {Code} from './wasm/code.ts';
import {CALLOUT_FUNCTION, type Locals} from './wasm/module.ts';
import {F32, F64, I32, I64, type Op, V128} from './wasm/opcodes.ts';

/** What a region's function returns. */
export const EXIT_NEXT = 0;
export const EXIT_SLOW = 1;
/** Before anything was executed: the region was entered as often as it was to be. */
export const EXIT_COUNTED = 2;

// Local 0 is the parameter: the index of the block to enter. r0–r14 follow.
export const INDEX = 0;
const FIRST_REGISTER = 1;
const FIRST_FLAG = 16;
const NEGATIVE_LOCAL = FIRST_FLAG;
const ZERO_LOCAL = FIRST_FLAG + 1;
/** C and V; or, while DIFFERENCE is 1, numbers whose difference has them. */
const CARRY_LOCAL = 18;
const OVERFLOW_LOCAL = 19;
const DIFFERENCE = 20;
const BUDGET = 21;
export const RING = 22;
const INFO = 23;
const HEADER = 24;
export const TARGET = 25;
export const CHAIN = 26;
const FIRST_TEMPORARY = 27;
const TEMPORARIES = 12;
/** Operands of comparisons, kept to the end of the block for the conditions that use them. */
const FIRST_KEPT = FIRST_TEMPORARY + TEMPORARIES;
const KEPT = 48;
export const LONG = FIRST_KEPT + KEPT;
const LONGS = 3;
export const DOUBLE = LONG + LONGS;
const DOUBLES = 10;
/** Double registers that the block in hand has read or written, in locals beside the state. */
const FIRST_CACHED = DOUBLE + DOUBLES;
const CACHED = 16;
export const SINGLE = FIRST_CACHED + CACHED;
const SINGLES = 3;
export const VECTOR = SINGLE + SINGLES;
const VECTORS = 3;

/** All locals beside the parameter. */
export const LOCALS: readonly Locals[] = [
  {type: I32, count: LONG - 1},
  {type: I64, count: LONGS},
  {type: F64, count: DOUBLES + CACHED},
  {type: F32, count: SINGLES},
  {type: V128, count: VECTORS},
];

/** Bits of the exit word: the block's index in the region, the instruction's in the block, words of its record so far. */
const EXIT_BLOCK_SHIFT = 22;
const EXIT_SLOT_SHIFT = 12;
export const exitBlock = (word: number): number => word >>> EXIT_BLOCK_SHIFT;
export const exitSlot = (word: number): number => (word >>> EXIT_SLOT_SHIFT) & 0x3ff;
export const exitWords = (word: number): number => word & 0xfff;

export const stateOffset = (word: number): number => STATE_OFFSET + 4 * word;
const doubleOffset = (number: number): number => stateOffset(STATE.vfp + 2 * number);
const ALL_REGISTERS = 0x7fff;
const HEADER_BYTES = 4;
const RECORD_BYTES = 8;

/** What the flags of a block's last flag-setting instruction derive from, in locals that nothing else writes. */
export type FlagSource =
  | {readonly kind: 'difference'; readonly a: number; readonly b: number}
  | {readonly kind: 'result'; readonly result: number};

export interface Transfer {
  /** Bytes. */
  readonly size: number;
  readonly isWrite: boolean;
  /** What the instruction needs; 1 when misaligned accesses are allowed. */
  readonly alignment: number;
}

export interface Labels {
  /** Dispatch by INDEX; TARGET must hold the address too. */
  readonly loop: number;
  readonly slow: number;
  readonly dispatch: number;
  readonly stop: number;
  readonly blocks: readonly number[];
}

/** What the region as a whole needs to keep. */
export interface RegionFacts {
  readonly recording: boolean;
  /** The region's index in the table of functions. */
  readonly index: number;
  /** Instructions that one pass through the region may execute. */
  readonly slack: number;
  /** The offset in the ring beyond which no pass may begin. */
  readonly ringLimit: number;
  /** r0–r14 that any instruction writes, a bit each. */
  readonly writtenRegisters: number;
  /** r0–r14 that are kept in locals; the others stay in the state. */
  readonly localRegisters: number;
  /** The number by which translated code calls out for an operation. */
  readonly calloutOf: (operation: Operation) => number;
}

export class Emitter {
  readonly code = new Code();
  readonly facts: RegionFacts;
  labels: Labels = {loop: 0, slow: 0, dispatch: 0, stop: 0, blocks: []};
  flagSource: FlagSource | undefined = undefined;
  /** Flags that a later instruction may read after the one in hand. */
  liveFlags = 0;
  #blockIndex = 0;
  #slot = 0;
  #block: CodeBlock | undefined = undefined;
  /** Where a block that branches to itself goes on: at its next copy, or, behind the last, at the loop's start. */
  #nextCopy: number | undefined = undefined;
  #selfLoop: number | undefined = undefined;
  /** Bytes of the block's record that RING does not count yet. */
  #pending = 0;
  /** Accesses recorded, undefined when that depends on what is executed. */
  #accesses: number | undefined = 0;
  #temporaries = 0;
  #kept = 0;
  /** Locals of cached double registers, by register; a local is used once in a block. */
  #cached = new Map<number, number>();
  #cachedCount = 0;

  constructor(facts: RegionFacts) {
    this.facts = facts;
  }

  /**
   * Emits a block that may branch to itself: `copies` times, and only from behind the last back to the first, so that what
   * a turn of a loop costs by itself is paid once for all of them.
   */
  repeatedly(copies: number, body: () => void): void {
    const {code} = this;
    this.#selfLoop = code.loop();
    for (let copy = 1; copy < copies; copy++) {
      this.#nextCopy = code.block();
      body();
      code.end();
    }
    this.#nextCopy = undefined;
    body();
    code.end();
    this.#selfLoop = undefined;
  }

  /** @param liveFlags at the block's start: the others need not be carried from block to block. */
  beginBlock(index: number, block: CodeBlock, liveFlags: number): void {
    const {code} = this;
    this.#blockIndex = index;
    this.#block = block;
    this.#kept = 0;
    this.#cached.clear();
    this.#cachedCount = 0;
    this.flagSource = undefined;
    if ((liveFlags & NEGATIVE) === 0) code.constant(0).set(NEGATIVE_LOCAL);
    if ((liveFlags & ZERO) === 0) code.constant(0).set(ZERO_LOCAL);
    if ((liveFlags & (CARRY | OVERFLOW)) === 0)
      code.constant(0).set(CARRY_LOCAL).constant(0).set(OVERFLOW_LOCAL).constant(0).set(DIFFERENCE);
    code.get(BUDGET).constant(block.operations.length).op('i32.sub').set(BUDGET);
    this.#pending = 0;
    this.#accesses = 0;
    if (!this.facts.recording) return;
    code.get(RING).set(HEADER);
    this.#pending = HEADER_BYTES;
  }

  beginOperation(slot: number): void {
    this.#slot = slot;
    this.#temporaries = 0;
  }

  /** Completes the block's record; nothing that follows may leave in the middle of the block. */
  finishBlock(): void {
    if (!this.facts.recording) return;
    const {code} = this;
    const id = (this.#block as CodeBlock).id << 8;
    this.#flushRecord();
    code.get(HEADER);
    if (this.#accesses !== undefined) code.constant(id | this.#accesses);
    else {
      code.get(RING).get(HEADER).op('i32.sub').constant(HEADER_BYTES).op('i32.sub').constant(3).op('i32.shr_u');
      code.constant(id).op('i32.or');
    }
    code.memory('i32.store', 0);
  }

  /** A local for an intermediate value of the operation in hand. */
  temporary(): number {
    if (this.#temporaries === TEMPORARIES) throw new RangeError('an operation uses too many temporaries');
    return FIRST_TEMPORARY + this.#temporaries++;
  }

  /** A local that keeps its value to the end of the block; undefined when there is none left. */
  kept(): number | undefined {
    return this.#kept === KEPT ? undefined : FIRST_KEPT + this.#kept++;
  }

  isKept(local: number): boolean {
    return local >= FIRST_KEPT && local < FIRST_KEPT + KEPT;
  }

  /** Pushes a core register, or what the operation reads as pc. */
  register(operation: Operation, number: number): this {
    if (number === PC) this.code.constant(operation.pc);
    else if (this.#isLocal(number)) this.code.get(FIRST_REGISTER + number);
    else this.loadState(STATE.registers + number);
    return this;
  }

  /** Pops into r0–r14. @throws RangeError for a register that the pipeline's facts do not name as written. */
  setRegister(number: number): this {
    const {code} = this;
    if (((this.facts.writtenRegisters >>> number) & 1) === 0) throw new RangeError(`r${number} is not to be written`);
    code.set(FIRST_REGISTER + number);
    if (!this.#isLocal(number)) this.storeState(STATE.registers + number, () => code.get(FIRST_REGISTER + number));
    return this;
  }

  #isLocal(number: number): boolean {
    return ((this.facts.localRegisters >>> number) & 1) !== 0;
  }

  /** Pushes a double register. */
  double(number: number): this {
    const {code} = this;
    const known = this.#cached.get(number);
    if (known !== undefined) {
      code.get(known);
      return this;
    }
    code.constant(0).memory('f64.load', doubleOffset(number));
    const local = this.#cache(number);
    if (local !== undefined) code.tee(local);
    return this;
  }

  /** Pops into a double register. */
  setDouble(number: number): this {
    const {code} = this;
    const local = this.#cached.get(number) ?? this.#cache(number) ?? DOUBLE;
    code.set(local);
    code.constant(0).get(local).memory('f64.store', doubleOffset(number));
    return this;
  }

  /** The state has other values of these double registers, a bit each. */
  forgetDoubles(mask: number): void {
    for (const number of this.#cached.keys()) if (((mask >>> number) & 1) !== 0) this.#cached.delete(number);
  }

  #cache(number: number): number | undefined {
    if (this.#cachedCount === CACHED) return undefined;
    const local = FIRST_CACHED + this.#cachedCount++;
    this.#cached.set(number, local);
    return local;
  }

  /** Pushes N or Z as the state has them, or C or V, 0 or 1. */
  flag(name: number): this {
    if (name === CARRY) this.#pushCarry();
    else if (name === OVERFLOW) this.#pushOverflow();
    else this.code.get(FIRST_FLAG + FLAG_LOCALS[name]!);
    return this;
  }

  /** Pops N or Z. */
  setFlag(name: typeof NEGATIVE | typeof ZERO): this {
    this.code.set(FIRST_FLAG + FLAG_LOCALS[name]!);
    return this;
  }

  /** C and V are those of a − b, and worked out only when they are needed. */
  setDifference(a: number, b: number): void {
    this.code.get(a).set(CARRY_LOCAL).get(b).set(OVERFLOW_LOCAL).constant(1).set(DIFFERENCE);
  }

  /** Pops C; V stays, if a later instruction may read it. */
  setCarry(): void {
    const {code} = this;
    if ((this.liveFlags & OVERFLOW) !== 0) {
      const carry = this.temporary();
      code.set(carry);
      this.#pushOverflow();
      code.set(OVERFLOW_LOCAL).get(carry);
    }
    code.set(CARRY_LOCAL).constant(0).set(DIFFERENCE);
  }

  /** Pops V, and C below it. */
  setCarryAndOverflow(): void {
    this.code.set(OVERFLOW_LOCAL).set(CARRY_LOCAL).constant(0).set(DIFFERENCE);
  }

  #pushCarry(): void {
    const {code} = this;
    code.get(CARRY_LOCAL).get(OVERFLOW_LOCAL).op('i32.ge_u').get(CARRY_LOCAL).get(DIFFERENCE).op('select');
  }

  #pushOverflow(): void {
    const {code} = this;
    const [a, b] = [CARRY_LOCAL, OVERFLOW_LOCAL];
    code.get(a).get(b).op('i32.xor').get(a).get(a).get(b).op('i32.sub').op('i32.xor').op('i32.and');
    code.constant(31).op('i32.shr_u').get(b).get(DIFFERENCE).op('select');
  }

  loadState(word: number): this {
    this.code.constant(0).memory('i32.load', stateOffset(word));
    return this;
  }
  /** Stores what `push` pushes. */
  storeState(word: number, push: () => void): void {
    this.code.constant(0);
    push();
    this.code.memory('i32.store', stateOffset(word));
  }

  /** Emits `body` to be executed when the condition holds. */
  conditionally(operation: Operation, body: () => void): void {
    if (operation.condition === ALWAYS) {
      body();
      return;
    }
    this.pushCondition(operation.condition);
    this.when(body);
  }

  /** Emits `body` to be executed when what is popped is not 0; only it then knows what it accesses. */
  when(body: () => void): void {
    this.#flushRecord();
    const accesses = this.#accesses;
    const {flagSource} = this;
    const cached = new Map(this.#cached);
    this.code.if();
    body();
    this.#flushRecord();
    this.code.end();
    for (const [number, local] of this.#cached) if (cached.get(number) !== local) this.#cached.delete(number);
    if (this.#accesses !== accesses) this.#accesses = undefined;
    if (this.flagSource !== flagSource) this.flagSource = undefined;
  }

  /** The same for a body that does not come back. */
  leavingConditionally(operation: Operation, body: () => void): void {
    if (operation.condition === ALWAYS) {
      body();
      return;
    }
    this.#flushRecord();
    const accesses = this.#accesses;
    this.pushCondition(operation.condition);
    this.code.if();
    body();
    this.code.end();
    this.#accesses = accesses;
    this.#pending = 0;
  }

  /** Pushes 1 or 0: ConditionPassed(). */
  pushCondition(condition: number): void {
    pushConditionOf(this, condition);
  }

  /** Leaves before the operation in hand; pops the condition. */
  slowIf(): void {
    const {code} = this;
    code.branchIf(this.labels.slow);
  }

  /** What a slow exit, or a fault in a callout, reports. */
  markPlace(): void {
    const word =
      (this.#blockIndex << EXIT_BLOCK_SHIFT) | (this.#slot << EXIT_SLOT_SHIFT) | ((this.#pending / 4) & 0xfff);
    this.code.constant(word).set(INFO);
  }

  /** Leaves before the operation in hand, always. */
  slow(): void {
    this.markPlace();
    this.code.branch(this.labels.slow);
  }

  /** Checks an access and records it; its first byte is then in the engine's memory at its own address. */
  access(operation: Operation, address: number, transfer: Transfer): void {
    this.check(address, transfer);
    this.record(operation, address);
  }

  /** Leaves when an access is not in pages that may be accessed, or not aligned. @param address a local. */
  check(address: number, {size, isWrite, alignment}: Transfer): void {
    const {code} = this;
    const permissions = isWrite ? WRITE_PERMISSION_OFFSET : READ_PERMISSION_OFFSET;
    this.markPlace();
    code.get(address).constant(PAGE_SHIFT).op('i32.shr_u');
    code.memory('i32.load8_u', permissions).op('i32.eqz');
    this.slowIf();
    if (size === 1) return;
    // Accesses aligned to their size are in one page; what else there is to check is looked at only for others.
    const isAligned = (size & (size - 1)) === 0 ? code.block() : undefined;
    if (isAligned !== undefined)
      code
        .get(address)
        .constant(size - 1)
        .op('i32.and')
        .op('i32.eqz')
        .branchIf(isAligned);
    if (alignment > 1) {
      code
        .get(address)
        .constant(alignment - 1)
        .op('i32.and');
      this.slowIf();
    }
    if (size > alignment) {
      // One that crosses pages has to be allowed in the last byte's too.
      code
        .get(address)
        .constant(PAGE - 1)
        .op('i32.and')
        .constant(PAGE - size)
        .op('i32.gt_u')
        .if();
      code
        .get(address)
        .constant(size - 1)
        .op('i32.add')
        .constant(PAGE_SHIFT)
        .op('i32.shr_u');
      code.memory('i32.load8_u', permissions).op('i32.eqz');
      this.slowIf();
      code.end();
    }
    if (isAligned !== undefined) code.end();
  }

  /** Appends the operation's access record. */
  record(operation: Operation, address: number): void {
    if (!this.facts.recording) return;
    const {code} = this;
    code.get(RING).get(address).memory('i32.store', this.#pending);
    code
      .get(RING)
      .constant(operation.meta)
      .memory('i32.store', this.#pending + 4);
    this.#pending += RECORD_BYTES;
    if (this.#accesses !== undefined) this.#accesses++;
  }

  /**
   * Lets the interpreter's function execute the operation, without leaving.
   * @throws RangeError for one that writes memory: it might write this very code, so it has to be translated, or left for.
   */
  callout(operation: Operation): void {
    const {code, facts} = this;
    if (accessKind(operation.meta) === WRITE) throw new RangeError(`${operation.name} writes memory in a callout`);
    const {writes} = operation.pipeline;
    const mayRecord = facts.recording && (operation.meta & 0xff) !== 0;
    this.#flushRecord();
    this.markPlace();
    this.spill();
    this.#storeExit();
    code.constant(facts.calloutOf(operation)).call(CALLOUT_FUNCTION);
    this.reload(writes & 0x7fff, (writes & ~0x7fff) !== 0 ? ALL_FLAGS : 0);
    this.flagSource = undefined;
    if (mayRecord) {
      this.#loadRing();
      this.#accesses = undefined;
    }
  }

  /** To a block: of this region, or by way of the dispatcher. Nothing may follow. */
  goto(next: number, indexOf: (next: number) => number | undefined): void {
    const {code} = this;
    const index = indexOf(next);
    if (index !== undefined && index > this.#blockIndex) {
      code.branch(this.labels.blocks[index]!);
      return;
    }
    if (index === this.#blockIndex && this.#nextCopy !== undefined) {
      code.branch(this.#nextCopy);
      return;
    }
    code.constant(next).set(TARGET);
    if (index === this.#blockIndex && this.#selfLoop !== undefined) {
      this.pushShortage();
      code.constant(0).op('i32.ge_s').branchIf(this.#selfLoop).branch(this.labels.stop);
    } else if (index === undefined) code.branch(this.labels.dispatch);
    else code.constant(index).set(INDEX).branch(this.labels.loop);
  }

  /** Writes what the region may have changed to the state; `INFO` and `HEADER` are the slow exit's own. */
  spill(): void {
    const {code, facts} = this;
    for (let number = 0; number < PC; number++) {
      if (((facts.writtenRegisters & facts.localRegisters) >>> number) % 2 === 0) continue;
      this.storeState(STATE.registers + number, () => code.get(FIRST_REGISTER + number));
    }
    for (const flag of [NEGATIVE, ZERO, CARRY, OVERFLOW])
      this.storeState(STATE.negative + FLAG_LOCALS[flag]!, () => this.flag(flag));
    code.constant(0).get(BUDGET).memory('i32.store', BUDGET_OFFSET);
    if (!facts.recording) return;
    code.constant(0).get(RING).constant(RING_OFFSET).op('i32.sub').constant(2).op('i32.shr_u');
    code.memory('i32.store', RING_CURSOR_OFFSET);
  }

  /** The body of the slow exit. */
  slowExit(): void {
    this.spill();
    this.#storeExit();
    this.code.constant(EXIT_SLOW).op('return');
  }

  #storeExit(): void {
    const {code} = this;
    code.constant(0).get(INFO).memory('i32.store', EXIT_OFFSET);
    code.constant(0).constant(this.facts.index).memory('i32.store', EXIT_REGION_OFFSET);
    if (this.facts.recording) code.constant(0).get(HEADER).memory('i32.store', HEADER_OFFSET);
  }

  /** Loads registers, and all flags if any, from the state. */
  reload(registers: number, flags: number): void {
    for (let number = 0; number < PC; number++) {
      if (((registers >>> number) & 1) !== 0 && this.#isLocal(number))
        this.loadState(STATE.registers + number).code.set(FIRST_REGISTER + number);
    }
    if (flags === 0) return;
    for (const flag of [NEGATIVE, ZERO, CARRY, OVERFLOW])
      this.loadState(STATE.negative + FLAG_LOCALS[flag]!).code.set(FIRST_FLAG + FLAG_LOCALS[flag]!);
    this.code.constant(0).set(DIFFERENCE);
  }

  /** The region's first instructions: everything it keeps in locals. */
  prologue(): void {
    const {code, facts} = this;
    const count = ENTRY_COUNTS_OFFSET + 4 * facts.index;
    const left = this.temporary();
    code.constant(0).constant(0).memory('i32.load', count).constant(1).op('i32.sub').tee(left);
    code.memory('i32.store', count).get(left).op('i32.eqz').if();
    this.#storeExit();
    code.constant(EXIT_COUNTED).op('return').end();
    this.reload(ALL_REGISTERS, ALL_FLAGS);
    code.constant(0).memory('i32.load', BUDGET_OFFSET).set(BUDGET);
    this.loadState(STATE.next);
    code.set(TARGET);
    if (this.facts.recording) this.#loadRing();
  }

  /** Pushes something negative when the budget or the ring is nearly used up. */
  pushShortage(): void {
    const {code, facts} = this;
    code.get(BUDGET).constant(facts.slack).op('i32.sub');
    if (facts.recording) code.constant(facts.ringLimit).get(RING).op('i32.sub').op('i32.or');
  }

  #loadRing(): void {
    const {code} = this;
    code.constant(0).memory('i32.load', RING_CURSOR_OFFSET).constant(2).op('i32.shl');
    code.constant(RING_OFFSET).op('i32.add').set(RING);
  }

  #flushRecord(): void {
    if (this.#pending === 0) return;
    this.code.get(RING).constant(this.#pending).op('i32.add').set(RING);
    this.#pending = 0;
  }
}

const pushConditionOf = (emitter: Emitter, condition: number): void => {
  const {code, flagSource} = emitter;
  if (flagSource?.kind === 'difference') {
    const comparison = DIFFERENCE_CONDITIONS[condition];
    if (comparison !== undefined) {
      code.get(flagSource.a).get(flagSource.b).op(comparison);
      return;
    }
  }
  if (flagSource !== undefined && condition >>> 1 === EQUAL_PAIR) {
    if (flagSource.kind === 'result') code.get(flagSource.result).op('i32.eqz');
    else code.get(flagSource.a).get(flagSource.b).op('i32.eq');
  } else CONDITION_PAIRS[condition >>> 1]!(emitter);
  if ((condition & 1) === 1) code.op('i32.eqz');
};

const EQUAL_PAIR = 0;

/** Conditions after a comparison of a with b, which one comparison of WebAssembly decides. */
const DIFFERENCE_CONDITIONS: Readonly<Record<number, Op>> = {
  0: 'i32.eq',
  1: 'i32.ne',
  2: 'i32.ge_u',
  3: 'i32.lt_u',
  8: 'i32.gt_u',
  9: 'i32.le_u',
  10: 'i32.ge_s',
  11: 'i32.lt_s',
  12: 'i32.gt_s',
  13: 'i32.le_s',
};

/** Pushes the even condition of each pair; the odd one is its opposite (DDI 0406C A8.3). */
const CONDITION_PAIRS: readonly ((emitter: Emitter) => void)[] = [
  (emitter) => emitter.flag(ZERO).code.op('i32.eqz'),
  (emitter) => emitter.flag(CARRY),
  (emitter) => emitter.flag(NEGATIVE).code.constant(0).op('i32.lt_s'),
  (emitter) => emitter.flag(OVERFLOW),
  // HI: C and not Z.
  (emitter) => {
    emitter.flag(ZERO).code.constant(0).op('i32.ne');
    emitter.flag(CARRY).code.op('i32.and');
  },
  (emitter) => pushSignsAgree(emitter),
  (emitter) => {
    emitter.flag(ZERO).code.constant(0).op('i32.ne');
    pushSignsAgree(emitter);
    emitter.code.op('i32.and');
  },
];

/** N = V. */
const pushSignsAgree = (emitter: Emitter): void => {
  emitter.flag(NEGATIVE).code.constant(31).op('i32.shr_u');
  emitter.flag(OVERFLOW).code.op('i32.eq');
};
