/** Executes the instructions of one core, a number of them at a time. */
import {accessExclusive} from '../../trace/records.ts';
import {conditionPassed} from '../core/condition.ts';
import {GuestFault, hexadecimal, UndefinedInstruction} from '../core/errors.ts';
import {ALWAYS, type Operation} from '../core/operation.ts';
import {compileBlock, HOT, interpretBlock} from '../engine/hot-block.ts';
import {CoreBlock, makerOf, type SystemBlock, type SystemCodeCache} from './code-cache.ts';
import {CONTROL, TTBCR} from './control.ts';
import {type CoreState, restoreCore, saveCore} from './core-state.ts';
import {describe} from './describe.ts';
import type {ExceptionKind} from './exceptions.ts';
import {ACCESS} from './memory.ts';
import {PSR} from './modes.ts';
import {type Machine, SystemCpu} from './system-cpu.ts';
import type {SystemTranslator} from './translator.ts';
import {faultStatus} from './walk/syndrome.ts';

/** `wfi` and `wfe`: the core waits, and {@link VirtualCpu.canResume} does not hold. */
export type StopReason = 'budget' | 'wfi' | 'wfe' | 'halted';

/** Direct-mapped: a block is at the slot of its address or nowhere. */
const SLOTS = 1 << 16;
const slotOf = (next: number): number => (next >>> 1) & (SLOTS - 1);
type Slots = (CoreBlock | undefined)[];
const emptySlots = (): Slots => new Array(SLOTS).fill(undefined);

/** So many exceptions without an instruction between them will not end. */
const MOST_IN_VAIN = 10_000;
const vectorLoop = ({index, next, mode}: SystemCpu): string =>
  `the guest hangs: vCPU ${index} cannot execute its exception vector at ${hexadecimal(next & ~1)} (mode 0x${mode.toString(16)}), and each attempt is an exception again`;

export interface VirtualCpuState extends CoreState {
  /** The count of instructions at the last exception that one caused; −1 before. */
  readonly lastException: number;
}

export class VirtualCpu {
  readonly cpu: SystemCpu;
  readonly #cache: SystemCodeCache;
  readonly #machine: Machine;
  readonly #translator: SystemTranslator | undefined;
  /** Blocks as PL1 and as PL0 have them. */
  readonly #privileged = emptySlots();
  readonly #user = emptySlots();
  /** The block in progress, for what stops in it. */
  #current: CoreBlock | undefined = undefined;
  /** Instructions of it that are counted as executed. */
  #counted = 0;
  /** The count of instructions at the last exception that one caused. */
  #lastException = -1;
  /** Exceptions since then, each caused by the first instruction of the handler of the one before; a snapshot begins anew. */
  #exceptionsInVain = 0;
  /** A block that a step's end stopped, and how many instructions of it were executed. */
  #partial: {readonly block: CoreBlock; readonly count: number} | undefined = undefined;
  /** It waited when the step began. */
  #hasWaited = false;

  /** @param translator executes what is hot; without one the interpreter executes everything. */
  constructor(cpu: SystemCpu, cache: SystemCodeCache, translator?: SystemTranslator) {
    this.cpu = cpu;
    this.#machine = cpu.machine;
    this.#cache = cache;
    this.#translator = translator;
  }

  /** Executed since it was made, those whose condition failed included. */
  get instructions(): number {
    return this.cpu.instructions;
  }

  /** From the entry (bit 0 selects Thumb state), as after a reset; PSCI's CPU_ON has a context for r0. */
  powerOn(entry: number, r0 = 0): void {
    this.cpu.powerOn(entry, r0);
  }

  powerOff(): void {
    this.cpu.powerOff();
  }

  get isOn(): boolean {
    return this.cpu.isOn;
  }

  /** r0 to r15 of the current mode. */
  get registers(): Int32Array {
    return this.cpu.r;
  }

  /** Within a step: waits from the end of the instruction on, as WFI does. */
  standBy(): void {
    this.cpu.waiting = 'wfi';
    this.cpu.attention = true;
  }

  /** State of the core on a few lines, for people. */
  describe(): string {
    return describe(this.cpu);
  }

  /** By page of RAM whether a core of the machine has accessed it. */
  get touched(): Uint8Array {
    return this.#machine.physical.touched;
  }

  save(): VirtualCpuState {
    return {...saveCore(this.cpu), lastException: this.#lastException};
  }

  /** Of a core that has executed nothing yet. */
  restore(state: VirtualCpuState): void {
    restoreCore(this.cpu, state);
    this.#lastException = state.lastException;
  }

  /** Sets the event register: a SEV of any core, or the event stream. */
  signalEvent(): void {
    this.cpu.event = true;
  }

  /** Whether a step would execute an instruction: the core is on, and what it waits for, if it waits, has come. */
  canResume(): boolean {
    const {cpu} = this;
    if (!cpu.isOn) return false;
    if (cpu.waiting === undefined) return true;
    const {surroundings} = this.#machine;
    const [irq, fiq] = [surroundings.irq(cpu.index), surroundings.fiq(cpu.index)];
    if (cpu.waiting === 'wfi') return irq || fiq;
    return cpu.event || (irq && (cpu.masks & PSR.irqMask) === 0) || (fiq && (cpu.masks & PSR.fiqMask) === 0);
  }

  /**
   * Executes `budget` instructions, fewer when the core stops before.
   * @throws UnmodelledInstruction for what is not modelled; what the board throws.
   */
  step(budget: number): StopReason {
    const {cpu} = this;
    const limit = cpu.instructions + budget;
    cpu.attention = true;
    this.#hasWaited = cpu.waiting !== undefined;
    this.#resumeExclusive();
    try {
      for (;;) {
        const reason = this.#runUntilException(limit);
        if (reason !== undefined) return reason;
      }
    } finally {
      this.#suspendExclusive();
    }
  }

  /** Forgets a block that is no longer what memory holds. */
  forget(block: SystemBlock): void {
    const slot = slotOf(block.next);
    if (this.#partial?.block.block === block) {
      this.cpu.trace.cut();
      this.#partial = undefined;
    }
    for (const slots of [this.#privileged, this.#user]) if (slots[slot]?.block === block) slots[slot] = undefined;
  }

  /** For translated code, at the end of a block. @returns whether the next one may follow as if nothing had happened. */
  mayGoOn(): boolean {
    const {cpu} = this;
    const {next, mode} = cpu;
    if (!cpu.isOn || cpu.waiting !== undefined || cpu.endsTurn) return false;
    this.#attend();
    return cpu.next === next && cpu.mode === mode;
  }

  /** Executes a block, which is counted as executed, from an instruction on. */
  finish(block: CoreBlock, slot: number): void {
    this.resumeIn(block);
    this.cpu.next = block.end;
    this.#interpret(block.block, block.length, slot);
  }

  /** The block in progress, all of which is counted as executed. */
  resumeIn(block: CoreBlock): void {
    this.#current = block;
    this.#counted = block.length;
  }

  /** @returns undefined after an exception that an instruction caused. */
  #runUntilException(limit: number): StopReason | undefined {
    try {
      return this.#run(limit);
    } catch (error) {
      this.#takeCaused(error);
      return undefined;
    }
  }

  #run(limit: number): StopReason {
    const {cpu} = this;
    const {memory} = cpu;
    const translator = this.#translator;
    let slots = this.#slots;
    for (;;) {
      if (cpu.attention) {
        const reason = this.#attend();
        if (reason !== undefined) return reason;
        slots = this.#slots;
        if (this.#partial !== undefined) {
          this.#goOn(this.#partial, limit);
          continue;
        }
      }
      if (cpu.instructions >= limit) return 'budget';
      const {next} = cpu;
      let block = slots[slotOf(next)];
      if (
        block === undefined ||
        block.next !== next ||
        block.frame !== memory.fetchMap[next >>> 12] ||
        cpu.itState !== 0
      ) {
        this.#current = undefined;
        block = this.#find(next);
      }
      this.#current = block;
      const {length} = block;
      if (block.translation !== undefined && cpu.instructions + length <= limit && !cpu.recording) {
        translator!.enter(this, block, limit - cpu.instructions);
        continue;
      }
      cpu.instructions += length;
      this.#counted = length;
      cpu.next = block.end;
      const isRecorded = cpu.recording;
      if (isRecorded) cpu.trace.begin();
      if (cpu.instructions > limit) this.#runPart(block.block, length - (cpu.instructions - limit));
      else if (block.usesVfp && !cpu.vfpEnabled) this.#interpret(block.block, length);
      else {
        const compiled = translator === undefined || isRecorded ? block.compiled[cpu.index] : undefined;
        if (compiled !== undefined) compiled();
        else this.#warmUp(block);
      }
      if (isRecorded) this.#endRecord(block, this.#counted);
      else if (this.#counted < length) this.#partial = {block, count: this.#counted};
    }
  }

  /** What happens between blocks, besides them. */
  #attend(): StopReason | undefined {
    const {cpu} = this;
    if (!cpu.isOn) return 'halted';
    if (cpu.endsTurn) {
      cpu.endsTurn = false;
      return 'budget';
    }
    if (cpu.waiting !== undefined) {
      if (!this.canResume()) return cpu.waiting;
      if (cpu.waiting === 'wfe') cpu.event = false;
      cpu.waiting = undefined;
      if (this.#hasWaited) this.#machine.observer.resume?.(cpu.index);
      this.#hasWaited = false;
    }
    cpu.attention = false;
    const {surroundings} = this.#machine;
    if ((cpu.masks & PSR.fiqMask) === 0 && surroundings.fiq(cpu.index)) this.#interrupt('fiq');
    else if ((cpu.masks & PSR.irqMask) === 0 && surroundings.irq(cpu.index)) this.#interrupt('irq');
    return undefined;
  }

  #interrupt(kind: 'irq' | 'fiq'): void {
    const {cpu} = this;
    cpu.takeException(kind, {address: cpu.next & ~1, thumb: cpu.next & 1, itState: cpu.itState});
    cpu.attention = false;
  }

  /** The block at an address, decoded now if need be. @throws GuestFault when it may not be executed. */
  #find(next: number): CoreBlock {
    const {cpu} = this;
    const frame = this.#locateCode(next & ~1);
    const block = this.#cache.find(next, cpu.itState, frame, this.#locateCode);
    cpu.itState = block.itStateAfter;
    const index = makerOf(this.#translator === undefined ? cpu.index : 0, cpu.isPrivileged);
    block.made[index] ??= new CoreBlock(block, cpu.isPrivileged);
    const own = block.made[index]!;
    if (block.isPlain) this.#slots[slotOf(next)] = own;
    return own;
  }

  get #slots(): Slots {
    return this.cpu.isPrivileged ? this.#privileged : this.#user;
  }

  /** Where the page of an instruction lies, as the maps say it. */
  #locateCode = (address: number): number => {
    const {memory} = this.cpu;
    const known = memory.fetchMap[address >>> 12]!;
    if (known !== 0) return known;
    const offset = memory.locate(address, ACCESS.execute);
    if (offset > 0) return (offset & ~0xfff) | 0;
    if (offset < 0) memory.fault = {fault: 'external', level: 1, domain: 0};
    throw new GuestFault(this.cpu.next & ~1, address, 'execute');
  };

  #warmUp(block: CoreBlock): void {
    const {cpu} = this;
    const {operations} = block.block;
    const translator = cpu.recording ? undefined : this.#translator;
    interpretBlock(cpu, operations);
    block.executions++;
    if (translator === undefined) {
      if (block.executions > HOT) block.compiled[cpu.index] = compileBlock(cpu, operations);
    } else if (block.executions > translator.hotAfter) translator.translate(cpu.memory, block);
  }

  /** The first instructions of a block; the next one is then another block's first. */
  #runPart(block: SystemBlock, count: number): void {
    const {cpu} = this;
    const {address, thumb, itState} = block.operations[count]!;
    this.#counted = count;
    cpu.instructions -= block.operations.length - count;
    cpu.next = address | thumb;
    cpu.itState = itState;
    this.#interpret(block, count);
  }

  /** Instructions of VFP and Advanced SIMD that are reached while they are disabled are UNDEFINED. */
  #interpret(block: SystemBlock, count: number, first = 0): void {
    const {cpu} = this;
    for (let index = first; index < count; index++) {
      const operation = block.operations[index]!;
      if (operation.condition !== ALWAYS && !conditionPassed(cpu, operation.condition)) continue;
      if (!cpu.vfpEnabled && block.needsVfp(operation)) {
        throw new UndefinedInstruction(operation.address, operation.word);
      }
      operation.execute(cpu, operation);
    }
  }

  /** The rest of a block that a step's end stopped, unless something came between; what is recorded stays one record. */
  #goOn({block, count}: {readonly block: CoreBlock; readonly count: number}, limit: number): void {
    const {cpu} = this;
    const {operations} = block.block;
    const {address, thumb, itState} = operations[count]!;
    const isNext = cpu.next === (address | thumb) && cpu.itState === itState;
    const follows = isNext && cpu.memory.fetchMap[address >>> 12] === block.frame;
    const isRecorded = cpu.trace.isOpen;
    if (!follows) cpu.trace.cut();
    this.#partial = undefined;
    if (isRecorded ? !cpu.trace.resume() : !follows || cpu.recording) return;
    const end = count + Math.min(operations.length - count, limit - cpu.instructions);
    const behind = operations[end];
    this.#current = block;
    this.#counted = end;
    cpu.instructions += end - count;
    cpu.next = behind === undefined ? block.end : behind.address | behind.thumb;
    cpu.itState = behind === undefined ? block.block.itStateAfter : behind.itState;
    this.#interpret(block.block, end, count);
    if (isRecorded) this.#endRecord(block, end);
    else if (end < block.length) this.#partial = {block, count: end};
  }

  /** `count` instructions of the block are executed: those of its record, unless the next step goes on with it. */
  #endRecord(block: CoreBlock, count: number): void {
    const {trace} = this.cpu;
    if (count === block.length) this.#record(block.block, count);
    else {
      this.#partial = {block, count};
      trace.suspend(() => {
        this.#partial = undefined;
        this.#record(block.block, count);
      });
    }
  }

  #record(block: SystemBlock, count: number): void {
    const {cpu} = this;
    const {dictionary, observer} = this.#machine;
    if (block.hasExclusive) {
      for (const [address, meta] of [...cpu.trace.accesses()]) {
        const physical = accessExclusive(meta) === 1 ? cpu.memory.heldPhysical(address) : undefined;
        if (physical !== undefined) observer.exclusive?.(cpu.index, physical);
      }
    }
    cpu.trace.close(count === 0 ? -1 : dictionary.idOf(block, count), count);
  }

  /** Takes the exception that an instruction caused. @throws the error itself when it is none of the guest's. */
  #takeCaused(error: unknown): void {
    if (!(error instanceof GuestFault || error instanceof UndefinedInstruction)) {
      this.#stopAt(error);
      throw error;
    }
    const operation = this.#stopAt(error);
    const {cpu} = this;
    // What is UNDEFINED takes its time, as SVC does and as in QEMU. A vector that cannot be executed leads to itself for ever: then each attempt counts, too.
    const isInVain = cpu.instructions === this.#lastException;
    if (error instanceof UndefinedInstruction || isInVain) cpu.instructions++;
    this.#exceptionsInVain = isInVain ? this.#exceptionsInVain + 1 : 0;
    if (this.#exceptionsInVain === MOST_IN_VAIN) throw new Error(vectorLoop(cpu));
    this.#lastException = cpu.instructions;
    const at = operation ?? {address: cpu.next & ~1, thumb: cpu.next & 1, itState: cpu.itState, meta: 0};
    cpu.takeException(error instanceof GuestFault ? this.#reportFault(error, at.meta) : 'undefined', at);
  }

  /** Fills the fault registers. */
  #reportFault(error: GuestFault, meta: number): ExceptionKind {
    const {control, memory} = this.cpu;
    const isLong = (control[CONTROL.ttbcr]! & TTBCR.extended) !== 0;
    const isFetch = error.kind === 'execute';
    const status = faultStatus(memory.fault!, !isFetch && SystemCpu.writes(error, meta), isLong);
    control[isFetch ? CONTROL.ifsr : CONTROL.dfsr] = status;
    control[isFetch ? CONTROL.ifar : CONTROL.dfar] = error.address;
    return isFetch ? 'prefetch-abort' : 'data-abort';
  }

  /** Puts `next` on the culprit, and counts what was executed before it. */
  #stopAt(error: unknown): Operation | undefined {
    const block = this.#current?.block;
    const pc = (error as {pc?: unknown}).pc;
    if (block === undefined || typeof pc !== 'number') return undefined;
    const index = block.operations.findIndex(({address}) => address === (pc | 0));
    const operation = block.operations[index];
    if (operation === undefined) return undefined;
    if (this.cpu.trace.isOpen) this.#record(block, index);
    this.cpu.instructions -= this.#counted - index;
    this.cpu.next = operation.address | operation.thumb;
    this.cpu.itState = operation.itState;
    return operation;
  }

  /** While other cores run, their stores see what this one has reserved. */
  #suspendExclusive(): void {
    const {cpu} = this;
    if (cpu.exclusiveSize === 0 || this.#machine.cores.length === 1) return;
    const offset = cpu.memory.locate(cpu.exclusiveAddress, ACCESS.read);
    if (offset > 0) this.#machine.physical.reserve(cpu.index, offset);
    else cpu.exclusiveSize = 0;
  }

  #resumeExclusive(): void {
    const {cpu} = this;
    if (cpu.exclusiveSize === 0 || this.#machine.cores.length === 1) return;
    if (!this.#machine.physical.takeReservation(cpu.index)) cpu.exclusiveSize = 0;
  }
}
