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
  ENTRY_COUNTS_OFFSET,
  EXIT_OFFSET,
  EXIT_REGION_OFFSET,
  HEADER_OFFSET,
  JUMP_TABLE_OFFSET,
  PAGE_SHIFT,
  RING_OFFSET,
} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import {blockSuccessors, compileRegion, JUMP_BLOCK_BITS, JUMP_ENTRIES, jumpSlot, passLength} from './compile.ts';
import {EXIT_COUNTED, EXIT_SLOW, exitBlock, exitSlot, exitWords} from './exits.ts';
import {collectBlocks, type RegionLimits, USUAL_LIMITS} from './region.ts';

/** Entries after which a region is extended, and the factor for the next time: a loop that spans regions is worth one. */
const OFTEN_ENTERED = 1000;
const NEXT_TIME = 16;
/** Regions are extended only while so many instructions were executed for each translated one: a translation is dear. */
const PAY_BACK = 1000;
/** Regions that may exist; Node 20 copies the table for every module. When they are used up, all are given up. */
const MOST_REGIONS = 1024;
/** Largest budget handed to translated code at once: V8 replaces its first, slower code of a function only when it is entered. */
const MOST_BUDGET = 2 ** 20;
const NO_ENTRY = -1;

interface Region {
  readonly index: number;
  /** The hot block that it grew from. */
  readonly start: CodeBlock;
  readonly blocks: readonly CodeBlock[];
  readonly run: (block: number) => number;
  /** Instructions that one pass may execute. */
  readonly slack: number;
  /** Pages of code with the frames that they had. */
  pages: readonly CodePage[];
  /** The count of entries that was set last. */
  nextCount: number;
  /** The mapping under which the pages were last compared. */
  mapping: number;
  /** Never entered again. */
  isDropped: boolean;
}

interface CodePage {
  readonly address: number;
  readonly frame: number;
}

/** What a block's `translation` is. */
interface Entry {
  readonly region: Region;
  readonly index: number;
}

export class Translator implements Engine {
  readonly #cpu: Cpu<Memory>;
  readonly #limits: RegionLimits;
  readonly #memory: Memory;
  readonly #cache: CodeCache;
  readonly #interpreter: Interpreter;
  readonly #words: Int32Array;
  readonly #jumpTable: Int32Array;
  readonly #entryCounts: Int32Array;
  /** Times that translated code called out for an operation, and left in the middle of a block. */
  callouts = 0;
  slowExits = 0;
  #table = newTable();
  #regions: Region[] = [];
  /** Every region that holds a block: more than the one that the block is entered through. */
  #holders = new Map<CodeBlock, Region[]>();
  /** Operations that translated code calls out for. */
  #operations: Operation[] = [];
  #recording = false;
  /** Counts changes of what code is mapped. */
  #mapping = 0;
  #translated = 0;
  /** Instructions of all regions ever made. */
  #compiledInstructions = 0;

  constructor(
    cpu: Cpu<Memory>,
    cache: CodeCache,
    isHostCall: (next: number) => boolean,
    limits: Partial<RegionLimits> = {},
  ) {
    this.#limits = {...USUAL_LIMITS, ...limits};
    this.#cpu = cpu;
    this.#memory = cpu.memory;
    this.#cache = cache;
    this.#words = cpu.memory.words;
    this.#jumpTable = new Int32Array(cpu.memory.wasm.buffer, JUMP_TABLE_OFFSET, 2 * JUMP_ENTRIES).fill(NO_ENTRY);
    this.#entryCounts = new Int32Array(cpu.memory.wasm.buffer, ENTRY_COUNTS_OFFSET, MOST_REGIONS);
    this.#interpreter = new Interpreter(cpu, cache, isHostCall, {
      executions: this.#limits.hotAfter,
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
    if (cpu.recording !== this.#recording) {
      this.#recording = cpu.recording;
      this.#forgetAll();
    }
    const end = this.instructions + budget;
    for (;;) {
      const block = this.#interpreter.advance(end - this.instructions, true);
      if (block === undefined) return;
      const {region, index} = block.translation as Entry;
      const left = end - this.instructions;
      if (!this.#isCurrent(region)) this.#drop(region);
      else if (left > region.slack) {
        this.#announceBlock(block.next, region.index, index);
        this.#enter(region, index, left);
        if (cpu.supervisorCall !== undefined || (cpu.recording && cpu.trace.length > cpu.trace.high)) return;
      } else {
        this.#interpreter.advance(left, false);
        return;
      }
    }
  }

  #enter(region: Region, index: number, left: number): void {
    const words = this.#words;
    const budget = Math.min(left, MOST_BUDGET);
    words[BUDGET_OFFSET >>> 2] = budget;
    let reason: number;
    try {
      reason = region.run(index);
    } catch (error) {
      this.#translated += budget - words[BUDGET_OFFSET >>> 2]!;
      this.#stopInCallout(error);
      throw error;
    }
    this.#translated += budget - words[BUDGET_OFFSET >>> 2]!;
    if (reason === EXIT_SLOW) this.#finish();
    else if (reason === EXIT_COUNTED) this.#extend(this.#regions[words[EXIT_REGION_OFFSET >>> 2]!]!);
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
    const region = this.#regions[this.#words[EXIT_REGION_OFFSET >>> 2]!]!;
    return {block: region.blocks[exitBlock(word)]!, slot: exitSlot(word), words: exitWords(word)};
  }

  #header(): number {
    return (this.#words[HEADER_OFFSET >>> 2]! - RING_OFFSET) >>> 2;
  }

  /** Makes a region of a hot block and what is around it that no region has. */
  #translate(entry: CodeBlock): void {
    // The interpreter executes translated blocks too, at the end of a budget; and a block may just have changed itself.
    if (entry.translation !== undefined || !this.#cache.isCurrent(entry)) return;
    this.#compile(entry, this.#collect(entry, false), OFTEN_ENTERED);
  }

  /** Makes a larger region of one that is entered again and again. */
  #extend(region: Region): void {
    if (this.instructions < PAY_BACK * this.#compiledInstructions) {
      this.#entryCounts[region.index] = region.nextCount;
      return;
    }
    const count = region.nextCount * NEXT_TIME;
    const blocks = this.#collect(region.start, true);
    region.nextCount = count;
    this.#entryCounts[region.index] = count;
    if (blocks.length > region.blocks.length) this.#compile(region.start, blocks, count);
  }

  #compile(start: CodeBlock, blocks: readonly CodeBlock[], entries: number): void {
    if (this.#regions.length === MOST_REGIONS) this.#forgetAll();
    const index = this.#regions.length;
    const slack = passLength(blocks);
    this.#compiledInstructions += slack;
    const bytes = compileRegion({
      blocks,
      index,
      recording: this.#recording,
      memoryPages: this.#memory.wasm.buffer.byteLength / WASM_PAGE,
      tableLength: MOST_REGIONS,
      ringLimit: this.#cpu.trace.high,
      slack,
      calloutOf: (operation) => this.#operations.push(operation) - 1,
    });
    const host = {memory: this.#memory.wasm, table: this.#table, callout: this.#callout};
    const {run} = new WebAssembly.Instance(new WebAssembly.Module(bytes), {host}).exports;
    const region: Region = {
      index,
      start,
      blocks,
      run: run as Region['run'],
      slack,
      pages: this.#pagesOf(blocks),
      mapping: this.#mapping,
      nextCount: entries,
      isDropped: false,
    };
    this.#regions.push(region);
    this.#table.set(index, run);
    this.#entryCounts[index] = entries;
    for (const [number, block] of blocks.entries()) {
      const holders = this.#holders.get(block);
      if (holders === undefined) this.#holders.set(block, [region]);
      else holders.push(region);
      const other = block.translation as Entry | undefined;
      if (other === undefined || other.region.slack <= slack)
        block.translation = {region, index: number} satisfies Entry;
    }
    this.#announce(region);
  }

  readonly #callout = (index: number): void => {
    this.callouts++;
    const operation = this.#operations[index]!;
    operation.execute(this.#cpu, operation);
  };

  #collect(start: CodeBlock, orTranslated: boolean): readonly CodeBlock[] {
    const find = (next: number): CodeBlock | undefined => this.#executed(next, orTranslated);
    return collectBlocks(start, blockSuccessors, find, this.#limits.mostBlocks);
  }

  /** Code that was never executed is not worth translating. */
  #executed(next: number, orTranslated: boolean): CodeBlock | undefined {
    const block = this.#cache.find(next);
    return block === undefined || block.executions === 0 || (block.translation !== undefined && !orTranslated)
      ? undefined
      : block;
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
  #isCurrent(region: Region): boolean {
    if (region.mapping === this.#mapping) return true;
    if (!region.pages.every(({address, frame}) => this.#memory.codeFrame(address) === frame)) {
      // The same code in other frames, as two processes have it that execute one file.
      if (!region.blocks.every((block) => this.#cache.isCurrent(block))) return false;
      region.pages = this.#pagesOf(region.blocks);
    }
    region.mapping = this.#mapping;
    this.#announce(region);
    return true;
  }

  #announce(region: Region): void {
    const {index, blocks} = region;
    for (const [number, block] of blocks.entries()) {
      // A block that lost its translation with another region gets this one.
      block.translation ??= {region, index: number} satisfies Entry;
      if ((block.translation as Entry).region !== region) continue;
      this.#announceBlock(block.next, index, number);
    }
  }

  /** The table is direct-mapped: another block may have taken the place meanwhile. */
  #announceBlock(next: number, region: number, index: number): void {
    const at = 2 * jumpSlot(next);
    this.#jumpTable[at] = next;
    this.#jumpTable[at + 1] = (region << JUMP_BLOCK_BITS) | index;
  }

  /** A block was written, or (undefined) other code is mapped. */
  #invalidate(block: CodeBlock | undefined): void {
    if (block === undefined) {
      this.#mapping++;
      this.#jumpTable.fill(NO_ENTRY);
    } else {
      for (const region of this.#holders.get(block) ?? []) this.#drop(region);
      this.#holders.delete(block);
    }
  }

  #drop(region: Region): void {
    if (region.isDropped) return;
    region.isDropped = true;
    for (const block of region.blocks) {
      if ((block.translation as Entry | undefined)?.region !== region) continue;
      block.translation = undefined;
      block.executions = 0;
    }
    this.#jumpTable.fill(NO_ENTRY);
    this.#mapping++;
  }

  #forgetAll(): void {
    for (const region of this.#regions) this.#drop(region);
    this.#regions = [];
    this.#holders.clear();
    this.#operations = [];
    this.#table = newTable();
    this.#jumpTable.fill(NO_ENTRY);
  }
}

const WASM_PAGE = 0x1_0000;

const newTable = (): WebAssembly.Table => new WebAssembly.Table({element: 'anyfunc', initial: MOST_REGIONS});
