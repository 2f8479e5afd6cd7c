/** Executes blocks one after another, and records them: the engine that has the full semantics. */
import {ACCESS_WORDS, blockRecord} from '../../trace/records.ts';
import type {Cpu} from '../core/cpu.ts';
import {type CodeBlock, type CodeCache, isCulprit, slotOf} from './code-cache.ts';
import type {Engine} from './engine.ts';
import {compileBlock, HOT} from './hot-block.ts';

export class Interpreter implements Engine {
  instructions = 0;
  readonly #cpu: Cpu;
  readonly #cache: CodeCache;
  readonly #isHostCall: (next: number) => boolean;
  /** The block in progress, for the count when it ends in an error. */
  #current: CodeBlock | undefined = undefined;

  constructor(cpu: Cpu, cache: CodeCache, isHostCall: (next: number) => boolean) {
    this.#cpu = cpu;
    this.#cache = cache;
    this.#isHostCall = isHostCall;
  }

  run(budget: number): void {
    const cpu = this.#cpu;
    if (cpu.itState !== 0) this.#resumeItBlock();
    if (cpu.recording) this.#runRecording(budget);
    else this.#runSilently(budget);
  }

  /** A block that begins inside an IT block is decoded for this once, and found by the loops through its slot. */
  #resumeItBlock(): void {
    const {next, itState} = this.#cpu;
    this.#cache.slots[slotOf(next)] = this.#cache.fetch(next, itState);
    this.#cpu.itState = 0;
  }

  #runSilently(budget: number): void {
    const cpu = this.#cpu;
    const {slots} = this.#cache;
    let executed = 0;
    try {
      while (executed < budget && cpu.supervisorCall === undefined) {
        const {next} = cpu;
        let block = slots[slotOf(next)];
        if (block === undefined || block.next !== next) {
          this.#current = undefined;
          if (this.#isHostCall(next)) return;
          block = this.#cache.fetch(next);
        }
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
  }

  /** The same, with a record for every block; also until the buffer is above its high mark. */
  #runRecording(budget: number): void {
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
          if (this.#isHostCall(next)) return;
          block = this.#cache.fetch(next);
        }
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
      // The block did not end, but what it did stays a whole record.
      if (this.#current) words[at] = blockRecord(this.#current.id, (trace.length - at - 1) / ACCESS_WORDS);
      executed -= this.#stopAt(error);
      throw error;
    } finally {
      this.instructions += executed;
    }
  }

  #warmUp(block: CodeBlock): void {
    block.execute(this.#cpu);
    if (++block.executions > HOT) block.compiled = compileBlock(this.#cpu, block.operations);
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
