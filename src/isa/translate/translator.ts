/**
 * The engine that translates hot code to WebAssembly. Cold code, and the few instructions up to the exact end of a budget,
 * are the interpreter's; what a region leaves in the middle of a block, it finishes.
 */
import {ACCESS_WORDS, blockRecord} from '../../trace/records.ts';
import type {Cpu} from '../core/cpu.ts';
import type {Operation} from '../core/operation.ts';
import {type CodeBlock, type CodeCache, isCulprit} from '../engine/code-cache.ts';
import type {Engine} from '../engine/engine.ts';
import {Interpreter} from '../engine/interpreter.ts';
import {
  BUDGET_OFFSET,
  EXIT_OFFSET,
  EXIT_REGION_OFFSET,
  HEADER_OFFSET,
  PAGE_SHIFT,
  RING_OFFSET,
} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import {EXIT_COUNTED, EXIT_SLOW, exitBlock, exitSlot, exitWords} from './exits.ts';
import {type RegionLimits, USUAL_LIMITS} from './region.ts';
import {type Entry, type Region, Regions} from './regions.ts';
import {USER_SPACE, UserJumpTable} from './user-space.ts';

/** Largest budget handed to translated code at once: V8 replaces its first, slower code of a function only when it is entered. */
const MOST_BUDGET = 2 ** 20;

/** Where a region's code lies. */
interface CodePages {
  /** Pages with the frames that they had. */
  pages: readonly CodePage[];
  /** The mapping under which the pages were last compared. */
  mapping: number;
}

interface CodePage {
  readonly address: number;
  readonly frame: number;
}

export class Translator implements Engine {
  readonly #cpu: Cpu<Memory>;
  readonly #memory: Memory;
  readonly #cache: CodeCache;
  readonly #interpreter: Interpreter;
  readonly #words: Int32Array;
  readonly #jumpTable: UserJumpTable;
  readonly #regions: Regions<CodeBlock>;
  #pages = new WeakMap<Region<CodeBlock>, CodePages>();
  /** Times that translated code called out for an operation, and left in the middle of a block. */
  callouts = 0;
  slowExits = 0;
  /** Counts changes of what code is mapped. */
  #mapping = 0;
  #translated = 0;

  constructor(
    cpu: Cpu<Memory>,
    cache: CodeCache,
    isHostCall: (next: number) => boolean,
    limits: Partial<RegionLimits> = {},
  ) {
    const {wasm} = cpu.memory;
    const all = {...USUAL_LIMITS, ...limits};
    this.#cpu = cpu;
    this.#memory = cpu.memory;
    this.#cache = cache;
    this.#words = cpu.memory.words;
    this.#jumpTable = new UserJumpTable(wasm.buffer);
    this.#regions = new Regions<CodeBlock>({
      memory: wasm,
      space: USER_SPACE,
      jumpTable: this.#jumpTable,
      limits: all,
      find: (next) => cache.find(next),
      callout: (operation) => this.#callout(operation),
      ringLimit: cpu.trace.high,
      executed: () => this.instructions,
      onDrop: () => this.#mapping++,
    });
    this.#interpreter = new Interpreter(cpu, cache, isHostCall, {
      executions: all.hotAfter,
      take: (block) => this.#translate(block),
    });
    cache.onInvalidate = (block) => this.#invalidate(block);
  }

  /** Those that translated code executed. */
  get translated(): number {
    return this.#translated;
  }

  get instructions(): number {
    return this.#interpreter.instructions + this.#translated;
  }

  run(budget: number): void {
    const cpu = this.#cpu;
    this.#regions.recording = cpu.recording;
    const end = this.instructions + budget;
    for (;;) {
      const block = this.#interpreter.advance(end - this.instructions, true);
      if (block === undefined) return;
      const entry = block.translation as Entry<CodeBlock>;
      const {region} = entry;
      const left = end - this.instructions;
      if (!this.#isCurrent(region)) this.#regions.drop(region);
      else if (left > region.slack) {
        this.#regions.announceBlock(block, entry);
        this.#enter(entry, left);
        if (cpu.supervisorCall !== undefined || (cpu.recording && cpu.trace.length > cpu.trace.high)) return;
      } else {
        this.#interpreter.advance(left, false);
        return;
      }
    }
  }

  #enter(entry: Entry<CodeBlock>, left: number): void {
    const words = this.#words;
    const budget = Math.min(left, MOST_BUDGET);
    words[BUDGET_OFFSET >>> 2] = budget;
    let reason: number;
    try {
      reason = this.#regions.run(entry);
    } catch (error) {
      this.#translated += budget - words[BUDGET_OFFSET >>> 2]!;
      this.#stopInCallout(error);
      throw error;
    }
    this.#translated += budget - words[BUDGET_OFFSET >>> 2]!;
    if (reason === EXIT_SLOW) this.#finish();
    else if (reason === EXIT_COUNTED) this.#extend(this.#regions.at(words[EXIT_REGION_OFFSET >>> 2]!));
  }

  /** The rest of the block that a region stopped in. */
  #finish(): void {
    this.slowExits++;
    const {block, slot, words} = this.#stopped();
    const {trace} = this.#cpu;
    trace.length += words;
    this.#interpreter.finish(block, slot, this.#header());
  }

  /** An instruction that a region called out for failed: what it found in the state is precise. */
  #stopInCallout(error: unknown): void {
    if (!isCulprit(error)) return;
    const cpu = this.#cpu;
    const {block, slot} = this.#stopped();
    const operation = block.operations[slot]!;
    cpu.next = operation.address | operation.thumb;
    cpu.itState = operation.itState;
    this.#translated -= block.operations.length - slot;
    if (!cpu.recording) return;
    const header = this.#header();
    cpu.trace.words[header] = blockRecord(block.id, (cpu.trace.length - header - 1) / ACCESS_WORDS);
  }

  #stopped(): {block: CodeBlock; slot: number; words: number} {
    const word = this.#words[EXIT_OFFSET >>> 2]!;
    const region = this.#regions.at(this.#words[EXIT_REGION_OFFSET >>> 2]!);
    return {block: region.blocks[exitBlock(word)]!, slot: exitSlot(word), words: exitWords(word)};
  }

  #header(): number {
    return (this.#words[HEADER_OFFSET >>> 2]! - RING_OFFSET) >>> 2;
  }

  #translate(entry: CodeBlock): void {
    // The interpreter executes translated blocks too, at the end of a budget; and a block may just have changed itself.
    if (entry.translation !== undefined || !this.#cache.isCurrent(entry)) return;
    for (const region of this.#regions.make([entry])) this.#watch(region);
  }

  #extend(region: Region<CodeBlock>): void {
    const larger = this.#regions.extend(region);
    if (larger !== undefined) this.#watch(larger);
  }

  #watch(region: Region<CodeBlock>): void {
    this.#pages.set(region, {pages: this.#pagesOf(region.blocks), mapping: this.#mapping});
  }

  #callout(operation: Operation): number {
    this.callouts++;
    operation.execute(this.#cpu, operation);
    return 0;
  }

  #pagesOf(blocks: readonly CodeBlock[]): readonly CodePage[] {
    const addresses = new Set(
      blocks.flatMap(({address, size}) => [address >>> PAGE_SHIFT, (address + size - 1) >>> PAGE_SHIFT]),
    );
    return [...addresses].map((page) => {
      const address = page << PAGE_SHIFT;
      return {address, frame: this.#memory.codeFrame(address)};
    });
  }

  /** Whether the region is what the current address space has; makes it reachable for other regions if so. */
  #isCurrent(region: Region<CodeBlock>): boolean {
    const held = this.#pages.get(region)!;
    if (held.mapping === this.#mapping) return true;
    if (!held.pages.every(({address, frame}) => this.#memory.codeFrame(address) === frame)) {
      // The same code in other frames, as two processes have it that execute one file.
      if (!region.blocks.every((block) => this.#cache.isCurrent(block))) return false;
      held.pages = this.#pagesOf(region.blocks);
    }
    held.mapping = this.#mapping;
    this.#regions.announce(region);
    return true;
  }

  /** A block was written, or (undefined) other code is mapped. */
  #invalidate(block: CodeBlock | undefined): void {
    if (block !== undefined) this.#regions.invalidate(block);
    else {
      this.#mapping++;
      this.#jumpTable.clear();
    }
  }
}
