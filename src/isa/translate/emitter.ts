/**
 * Emits the body of a region's function: registers and flags in locals, accesses through the page maps, records into the
 * ring, and the ways out. What one instruction does is in the tables that compile.ts puts together.
 *
 * A region leaves in the middle of a block only before an instruction has changed anything (exit "slow"): the interpreter
 * then executes the block's rest. It leaves between blocks (exit "next") for an address that is not translated, and when
 * its budget or the ring is nearly used up.
 */
import {accessKind, WRITE} from '../../trace/records.ts';
import {ALWAYS, type Operation, PC} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import {
  BUDGET_OFFSET,
  EXIT_OFFSET,
  EXIT_REGION_OFFSET,
  HEADER_OFFSET,
  RING_CURSOR_OFFSET,
  RING_OFFSET,
} from '../memory/layout.ts';
import type {Place, Transfer} from './access-check.ts';
import {BlockRecord} from './block-record.ts';
import {DoubleCache} from './double-cache.ts';
import {EXIT_COUNTED, EXIT_NEXT, EXIT_SLOW, exitWord} from './exits.ts';
import {FlagValues} from './flag-values.ts';
import {ALL_FLAGS} from './flags.ts';
import {BUDGET, FIRST_REGISTER, HEADER, INDEX, INFO, RING, TARGET} from './locals.ts';
import type {RegionBlock} from './region-block.ts';
import type {RegionFacts} from './values.ts';
import {CALLOUT_FUNCTION} from './wasm/module.ts';

const ALL_REGISTERS = 0x7fff;

export interface Labels {
  /** Dispatch by INDEX; TARGET must hold the address too. */
  readonly loop: number;
  readonly slow: number;
  readonly dispatch: number;
  readonly stop: number;
  readonly blocks: readonly number[];
}

export class Emitter extends FlagValues {
  labels: Labels = {loop: 0, slow: 0, dispatch: 0, stop: 0, blocks: []};
  #blockIndex = 0;
  #slot = 0;
  #block: RegionBlock | undefined = undefined;
  /** Where a block that branches to itself goes on: at its next copy, or, behind the last, at the loop's start. */
  #nextCopy: number | undefined = undefined;
  #selfLoop: number | undefined = undefined;
  readonly #record: BlockRecord;
  readonly #doubles: DoubleCache;

  constructor(facts: RegionFacts) {
    super(facts);
    this.#record = new BlockRecord(this.code, facts.recording);
    this.#doubles = new DoubleCache(this.code);
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
  beginBlock(index: number, block: RegionBlock, liveFlags: number): void {
    const {code, facts} = this;
    this.#blockIndex = index;
    this.#block = block;
    this.forgetKept();
    this.#doubles.beginBlock();
    code.get(BUDGET).constant(block.operations.length).op('i32.sub').set(BUDGET);
    if (facts.space.isExact) this.#stopBefore(block);
    this.#record.begin();
    if (facts.space.needsVfp(block)) this.#checkVfp();
    this.beginFlags(liveFlags);
  }

  /** Leaves for the interpreter, which knows what is UNDEFINED, while VFP is disabled. */
  #checkVfp(): void {
    this.beginOperation(0);
    this.markPlace();
    this.loadState(STATE.vfpEnabled).code.op('i32.eqz');
    this.slowIf();
  }

  /** Leaves for the interpreter when the budget, which the block was taken from, has not so much. */
  #stopBefore({next, operations}: RegionBlock): void {
    const {code} = this;
    code.get(BUDGET).constant(0).op('i32.lt_s').if();
    code.get(BUDGET).constant(operations.length).op('i32.add').set(BUDGET);
    code.constant(next).set(TARGET).branch(this.labels.stop).end();
  }

  beginOperation(slot: number): void {
    this.#slot = slot;
    this.forgetTemporaries();
  }

  /** Completes the block's record; nothing that follows may leave in the middle of the block. */
  finishBlock(): void {
    this.#record.finish((this.#block as RegionBlock).id);
  }

  /** Pushes a double register. */
  double(number: number): this {
    this.#doubles.push(number);
    return this;
  }

  /** Pops into a double register. */
  setDouble(number: number): this {
    this.#doubles.pop(number);
    return this;
  }

  /** The state has other values of these double registers, a bit each. */
  forgetDoubles(mask: number): void {
    this.#doubles.forget(mask);
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
    const {code, flagSource} = this;
    this.#record.throughout(() => {
      code.if();
      this.#doubles.throughout(body);
      this.#record.flush();
      code.end();
    });
    if (this.flagSource !== flagSource) this.flagSource = undefined;
  }

  /** The same for a body that does not come back. */
  leavingConditionally(operation: Operation, body: () => void): void {
    if (operation.condition === ALWAYS) {
      body();
      return;
    }
    this.#record.aside(() => {
      this.pushCondition(operation.condition);
      this.code.if();
      body();
      this.code.end();
    });
  }

  /** Leaves before the operation in hand; pops the condition. */
  slowIf(): void {
    const {code} = this;
    code.branchIf(this.labels.slow);
  }

  /** What a slow exit, or a fault in a callout, reports. */
  markPlace(): void {
    this.code.constant(exitWord(this.#blockIndex, this.#slot, this.#record.pendingWords)).set(INFO);
  }

  /** Leaves before the operation in hand, always. */
  slow(): void {
    this.markPlace();
    this.code.branch(this.labels.slow);
  }

  /** Checks an access and records it. @returns where its first byte is. */
  access(operation: Operation, address: number, transfer: Transfer): Place {
    const place = this.check(address, transfer);
    this.record(operation, address);
    return place;
  }

  /** Leaves when an access is not in pages that may be accessed, or not aligned. @param address a local. */
  check(address: number, transfer: Transfer): Place {
    this.markPlace();
    const temporary = () => this.temporary();
    return this.facts.space.check(this.code, {...transfer, address, slow: this.labels.slow, temporary});
  }

  /** Appends the operation's access record. */
  record(operation: Operation, address: number): void {
    this.#record.append(operation, address);
  }

  /**
   * Lets the interpreter's function execute the operation, without leaving.
   * @throws RangeError for one that writes memory: it might write this very code, so it has to be translated, or left for.
   */
  callout(operation: Operation): void {
    const {code, facts} = this;
    if (accessKind(operation.meta) === WRITE) throw new RangeError(`${operation.name} writes memory in a callout`);
    const isToStop = this.temporary();
    this.#callOut(operation);
    code.set(isToStop);
    this.#reloadWritten(operation);
    if (facts.recording && (operation.meta & 0xff) !== 0) {
      this.#loadRing();
      this.#record.forgetCount();
    }
    if (!facts.space.isExact) return;
    // The operation is done, and has asked for attention: the interpreter executes what follows it.
    this.#slot++;
    this.markPlace();
    this.#slot--;
    code.get(isToStop);
    this.slowIf();
  }

  /** The same for the last operation of a block; leaves unless the next one may follow at once. */
  calloutAtEnd(operation: Operation): void {
    const {code} = this;
    this.#callOut(operation);
    code.if();
    code.constant(EXIT_NEXT).op('return').end();
    this.#reloadWritten(operation);
  }

  /** Pushes what the callout returns: whether to leave. */
  #callOut(operation: Operation): void {
    this.#record.flush();
    this.markPlace();
    this.spill();
    this.#storeExit();
    this.code.constant(this.facts.calloutOf(operation)).call(CALLOUT_FUNCTION);
  }

  #reloadWritten({pipeline: {writes}}: Operation): void {
    this.reload(writes & 0x7fff, (writes & ~0x7fff) !== 0 ? ALL_FLAGS : 0);
    this.flagSource = undefined;
  }

  /**
   * To a block: of this region, or by way of the dispatcher. Nothing may follow.
   * @param isMoved whether the block's last operation may have changed what is mapped.
   */
  goto(
    next: number,
    indexOf: (next: number) => number | undefined,
    blocks: readonly RegionBlock[],
    isMoved = false,
  ): void {
    const {code, facts} = this;
    const {space} = facts;
    const index = indexOf(next);
    const to = index === undefined ? undefined : blocks[index]!;
    if (to !== undefined && (isMoved || space.mayMove(this.#block as RegionBlock, to))) {
      code.constant(next).set(TARGET);
      space.pushMoved(code, to);
      code.branchIf(this.labels.dispatch);
    }
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
      if (this.looksForShortage) {
        this.pushShortage();
        code.constant(0).op('i32.lt_s').branchIf(this.labels.stop);
      }
      code.branch(this.#selfLoop);
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
    this.spillFlags();
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
      if (((registers >>> number) & 1) !== 0 && this.isLocal(number))
        this.loadState(STATE.registers + number).code.set(FIRST_REGISTER + number);
    }
    if (flags !== 0) this.reloadFlags();
  }

  /** The region's first instructions: everything it keeps in locals. */
  prologue(): void {
    const {code, facts} = this;
    const count = facts.space.entryCounts + 4 * facts.index;
    const left = this.temporary();
    code.constant(0).constant(0).memory('i32.load', count).constant(1).op('i32.sub').tee(left);
    code.memory('i32.store', count).get(left).op('i32.eqz').if();
    this.#storeExit();
    code.constant(EXIT_COUNTED).op('return').end();
    facts.space.begin(code);
    this.reload(ALL_REGISTERS, ALL_FLAGS);
    code.constant(0).memory('i32.load', BUDGET_OFFSET).set(BUDGET);
    this.loadState(STATE.next);
    code.set(TARGET);
    if (this.facts.recording) this.#loadRing();
  }

  /** Whether a turn has to begin with a look at budget or ring. */
  get looksForShortage(): boolean {
    return this.facts.recording || !this.facts.space.isExact;
  }

  /** Pushes something negative when the budget or the ring is nearly used up. */
  pushShortage(): void {
    const {code, facts} = this;
    const {isExact} = facts.space;
    if (!isExact) code.get(BUDGET).constant(facts.slack).op('i32.sub');
    if (facts.recording) code.constant(facts.ringLimit).get(RING).op('i32.sub');
    if (!isExact && facts.recording) code.op('i32.or');
  }

  #loadRing(): void {
    const {code} = this;
    code.constant(0).memory('i32.load', RING_CURSOR_OFFSET).constant(2).op('i32.shl');
    code.constant(RING_OFFSET).op('i32.add').set(RING);
  }
}
