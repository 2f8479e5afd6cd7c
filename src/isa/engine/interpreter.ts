/** Executes blocks one after another, and records them: the engine that has the full semantics. */
import {ACCESS_WORDS, blockRecord} from '../../trace/records.ts';
import {conditionPassed} from '../core/condition.ts';
import type {Cpu} from '../core/cpu.ts';
import {ALWAYS} from '../core/operation.ts';
import {type CodeBlock, type CodeCache, isCulprit, slotOf} from './code-cache.ts';
import type {Engine} from './engine.ts';
import {compileBlock, HOT, interpretBlock} from './hot-block.ts';

/** What to do with a block that was executed so often. */
export interface HotPolicy {
  readonly executions: number;
  readonly take: (block: CodeBlock) => void;
}

export class Interpreter implements Engine {
  instructions = 0;
  readonly #cpu: Cpu;
  readonly #cache: CodeCache;
  readonly #isHostCall: (next: number) => boolean;
  readonly #hot: HotPolicy;
  /** The block in progress, for the count when it ends in an error. */
  #current: CodeBlock | undefined = undefined;

  constructor(cpu: Cpu, cache: CodeCache, isHostCall: (next: number) => boolean, hot?: HotPolicy) {
    this.#cpu = cpu;
    this.#cache = cache;
    this.#isHostCall = isHostCall;
    this.#hot = hot ?? {
      executions: HOT,
      take: (block) => {
        block.compiled = compileBlock(cpu, block.operations);
      },
    };
  }

  run(budget: number): void {
    this.advance(budget, false);
  }

  /**
   * As {@link Engine.run}; when `untilTranslated`, also until a block that has a translation is next.
   * @returns that block.
   */
  advance(budget: number, untilTranslated: boolean): CodeBlock | undefined {
    const cpu = this.#cpu;
    if (cpu.itState !== 0) this.#resumeItBlock();
    return cpu.recording ? this.#runRecording(budget, untilTranslated) : this.#runSilently(budget, untilTranslated);
  }

  /**
   * Executes a block from an instruction on; the instructions before it were executed, and the whole block was counted,
   * elsewhere. @param header index of the block's record in the trace buffer, when recording.
   */
  finish(block: CodeBlock, slot: number, header: number): void {
    const cpu = this.#cpu;
    const {operations} = block;
    this.#current = block;
    cpu.next = block.end;
    try {
      for (let index = slot; index < operations.length; index++) {
        const operation = operations[index]!;
        if (operation.condition === ALWAYS || conditionPassed(cpu, operation.condition))
          operation.execute(cpu, operation);
      }
    } catch (error) {
      this.instructions -= this.#stopAt(error);
      throw error;
    } finally {
      if (cpu.recording) this.#closeRecord(block, header);
    }
  }

  /** A block that begins inside an IT block is decoded for this once, and found by the loops through its slot. */
  #resumeItBlock(): void {
    const {next, itState} = this.#cpu;
    this.#cache.slots[slotOf(next)] = this.#cache.fetch(next, itState);
    this.#cpu.itState = 0;
  }

  #runSilently(budget: number, untilTranslated: boolean): CodeBlock | undefined {
    const cpu = this.#cpu;
    const {slots} = this.#cache;
    let executed = 0;
    try {
      while (executed < budget && cpu.supervisorCall === undefined) {
        const {next} = cpu;
        let block = slots[slotOf(next)];
        if (block === undefined || block.next !== next) {
          this.#current = undefined;
          if (this.#isHostCall(next)) return undefined;
          block = this.#cache.fetch(next);
        }
        if (block.translation !== undefined && untilTranslated) return block;
        this.#current = block;
        executed += block.operations.length;
        cpu.next = block.end;
        if (block.compiled !== undefined) block.compiled();
        else this.#warmUp(block);
      }
    } catch (error) {
      executed -= this.#stopAt(error);
      throw error;
    } finally {
      this.instructions += executed;
    }
    return undefined;
  }

  /** The same, with a record for every block; also until the buffer is above its high mark. */
  #runRecording(budget: number, untilTranslated: boolean): CodeBlock | undefined {
    const cpu = this.#cpu;
    const {slots} = this.#cache;
    const trace = cpu.trace;
    const {words, high} = trace;
    let executed = 0;
    let at = -1;
    try {
      while (executed < budget && cpu.supervisorCall === undefined && trace.length <= high) {
        const {next} = cpu;
        let block = slots[slotOf(next)];
        if (block === undefined || block.next !== next) {
          this.#current = undefined;
          if (this.#isHostCall(next)) return undefined;
          block = this.#cache.fetch(next);
        }
        if (block.translation !== undefined && untilTranslated) return block;
        this.#current = block;
        executed += block.operations.length;
        cpu.next = block.end;
        at = trace.length;
        trace.length = at + 1;
        words[at] = block.id << 8;
        if (block.compiled !== undefined) block.compiled();
        else this.#warmUp(block);
        words[at] = (block.id << 8) | ((trace.length - at - 1) >> 1);
      }
    } catch (error) {
      if (this.#current) this.#closeRecord(this.#current, at);
      executed -= this.#stopAt(error);
      throw error;
    } finally {
      this.instructions += executed;
    }
    return undefined;
  }

  /** A block that does not end leaves a whole record all the same, of what it did. */
  #closeRecord(block: CodeBlock, at: number): void {
    const {trace} = this.#cpu;
    trace.words[at] = blockRecord(block.id, (trace.length - at - 1) / ACCESS_WORDS);
  }

  #warmUp(block: CodeBlock): void {
    interpretBlock(this.#cpu, block.operations);
    if (++block.executions > this.#hot.executions) this.#hot.take(block);
  }

  /** Puts `next` on the culprit. @returns of the current block, the instructions from the culprit on. */
  #stopAt(error: unknown): number {
    const block = this.#current;
    if (!isCulprit(error)) return 0;
    this.#cpu.supervisorCall = undefined;
    if (!block) return 0;
    const index = block.operations.findIndex(({address}) => address === (error.pc | 0));
    const operation = block.operations[index];
    if (!operation) return 0;
    this.#cpu.next = operation.address | operation.thumb;
    this.#cpu.itState = operation.itState;
    return block.operations.length - index;
  }
}
