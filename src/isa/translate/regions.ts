/** The translations of one kind of code: which blocks are compiled together when, by which names code finds them, and when they go. */
import type {Operation} from '../core/operation.ts';
import {blockSuccessors, compileRegion, passLength} from './compile.ts';
import {codeWord, type JumpTable} from './jump-table.ts';
import {LOCALS} from './locals.ts';
import {collectBlocks, type RegionLimits} from './region.ts';
import type {RegionBlock} from './region-block.ts';
import type {Space} from './space.ts';
import type {Code} from './wasm/code.ts';
import {assembleEntrance, assembleModule} from './wasm/module.ts';

/** By how much the entries after which a region is extended grow each time. */
const NEXT_TIME = 16;
/** Regions are extended only while so many instructions were executed for each translated one: a translation is dear. */
const PAY_BACK = 1000;
/** Regions that may exist; Node 20 copies the table for every module. When they are used up, all are given up. */
const MOST_REGIONS = 2048;
const WASM_PAGE = 0x1_0000;

export interface Region<B extends RegionBlock> {
  readonly index: number;
  /** The hot block that it grew from. */
  readonly start: B;
  readonly blocks: readonly B[];
  /** Instructions that one pass may execute. */
  readonly slack: number;
  /** The count of entries that was set last. */
  nextCount: number;
  /** Never entered again. */
  isDropped: boolean;
}

/** What a block's `translation` is. */
export interface Entry<B extends RegionBlock> {
  readonly region: Region<B>;
  readonly index: number;
}

export interface RegionsPlan<B extends RegionBlock> {
  readonly memory: WebAssembly.Memory;
  readonly space: Space<B>;
  readonly jumpTable: JumpTable<B>;
  readonly limits: RegionLimits;
  /** The block at an address if it was decoded before and is what the address means now. */
  readonly find: (next: number) => B | undefined;
  /** Executes an operation for translated code. @returns 1 when that may not go on by itself. */
  readonly callout: (operation: Operation) => number;
  /** The length of the ring in words beyond which no pass may begin. */
  readonly ringLimit: number;
  /** Instructions executed by all engines. */
  readonly executed: () => number;
  readonly onDrop?: () => void;
}

export class Regions<B extends RegionBlock> {
  readonly #plan: RegionsPlan<B>;
  readonly #entryCounts: Int32Array;
  #table = newTable();
  #entrance = entranceTo(this.#table);
  #regions: Region<B>[] = [];
  /** Every region that holds a block: more than the one that the block is entered through. */
  #holders = new Map<B, Region<B>[]>();
  /** Operations that translated code calls out for. */
  #operations: Operation[] = [];
  #recording = false;
  /** Instructions of all regions ever made. */
  #compiledInstructions = 0;

  constructor(plan: RegionsPlan<B>) {
    this.#plan = plan;
    this.#entryCounts = new Int32Array(plan.memory.buffer, plan.space.entryCounts, MOST_REGIONS);
  }

  /** Whether code records what it does; the other code is given up when that changes. */
  set recording(recording: boolean) {
    if (recording === this.#recording) return;
    this.#recording = recording;
    this.forgetAll();
  }

  at(index: number): Region<B> {
    return this.#regions[index]!;
  }

  /** Makes a region of each of some hot blocks and what is around it that no region has. */
  make(starts: readonly B[]): readonly Region<B>[] {
    const {limits} = this.#plan;
    if (this.#regions.length + starts.length > MOST_REGIONS) this.forgetAll();
    const made: Region<B>[] = [];
    const codes: Code[] = [];
    for (const start of starts) {
      // Another one's region may have it by now.
      if (start.translation !== undefined) continue;
      const {region, code} = this.#compile(start, this.#collect(start, false), limits.extendAfter);
      made.push(region);
      codes.push(code);
    }
    this.#install(made, codes);
    return made;
  }

  /** Executes a region from one of its blocks on. @returns why it ended (exits.ts). */
  run({region, index}: Entry<B>): number {
    return this.#entrance(index, region.index);
  }

  /** Makes a larger region of one that is entered again and again. */
  extend(region: Region<B>): Region<B> | undefined {
    const isTooEarly = this.#plan.executed() < PAY_BACK * this.#compiledInstructions;
    const count = isTooEarly ? region.nextCount : region.nextCount * NEXT_TIME;
    region.nextCount = count;
    this.#entryCounts[region.index] = count;
    if (isTooEarly) return undefined;
    const blocks = this.#collect(region.start, true);
    if (blocks.length <= region.blocks.length) return undefined;
    if (this.#regions.length === MOST_REGIONS) this.forgetAll();
    const larger = this.#compile(region.start, blocks, count);
    this.#install([larger.region], [larger.code]);
    return larger.region;
  }

  /** Makes a region reachable for others. */
  announce(region: Region<B>): void {
    for (const [number, block] of region.blocks.entries()) {
      // A block that lost its translation with another region gets this one.
      block.translation ??= {region, index: number} satisfies Entry<B>;
      if ((block.translation as Entry<B>).region !== region) continue;
      this.announceBlock(block, block.translation as Entry<B>);
    }
  }

  announceBlock(block: B, {region, index}: Entry<B>): void {
    this.#plan.jumpTable.announce(block, codeWord(region.index, index));
  }

  /** A block is no longer what memory holds. */
  invalidate(block: B): void {
    for (const region of this.#holders.get(block) ?? []) this.drop(region);
    this.#holders.delete(block);
  }

  drop(region: Region<B>): void {
    if (region.isDropped) return;
    region.isDropped = true;
    for (const [number, block] of region.blocks.entries()) {
      this.#plan.jumpTable.forget(block, codeWord(region.index, number));
      if ((block.translation as Entry<B> | undefined)?.region !== region) continue;
      block.translation = undefined;
      block.executions = 0;
    }
    this.#plan.onDrop?.();
  }

  forgetAll(): void {
    for (const region of this.#regions) this.drop(region);
    this.#regions = [];
    this.#holders.clear();
    this.#operations = [];
    this.#table = newTable();
    this.#entrance = entranceTo(this.#table);
    this.#plan.jumpTable.clear();
  }

  #compile(start: B, blocks: readonly B[], entries: number): {region: Region<B>; code: Code} {
    const {space, ringLimit} = this.#plan;
    const index = this.#regions.length;
    const slack = passLength(blocks);
    this.#compiledInstructions += slack;
    const code = compileRegion({
      blocks,
      index,
      recording: this.#recording,
      ringLimit,
      slack,
      calloutOf: (operation) => this.#operations.push(operation) - 1,
      space,
    });
    const region: Region<B> = {
      index,
      start,
      blocks,
      slack,
      nextCount: entries,
      isDropped: false,
    };
    this.#regions.push(region);
    this.#entryCounts[index] = entries;
    for (const [number, block] of blocks.entries()) {
      const holders = this.#holders.get(block);
      if (holders === undefined) this.#holders.set(block, [region]);
      else holders.push(region);
      const other = block.translation as Entry<B> | undefined;
      if (other === undefined || other.region.slack <= slack)
        block.translation = {region, index: number} satisfies Entry<B>;
    }
    return {region, code};
  }

  /** Regions whose indices follow one another become a module, whose functions others then find. */
  #install(regions: readonly Region<B>[], codes: readonly Code[]): void {
    if (regions.length === 0) return;
    const {memory} = this.#plan;
    const bytes = assembleModule({
      locals: LOCALS,
      codes,
      firstIndex: regions[0]!.index,
      memoryPages: memory.buffer.byteLength / WASM_PAGE,
      tableLength: MOST_REGIONS,
    });
    const host = {memory, table: this.#table, callout: this.#callout};
    new WebAssembly.Instance(new WebAssembly.Module(bytes), {host});
    for (const region of regions) this.announce(region);
  }

  readonly #callout = (index: number): number => this.#plan.callout(this.#operations[index]!);

  #collect(start: B, orTranslated: boolean): readonly B[] {
    const {warmAfter} = this.#plan.limits;
    const find = (next: number): B | undefined => {
      const block = this.#plan.find(next);
      if (block === undefined) return undefined;
      return block.translation === undefined
        ? block.executions < warmAfter
          ? undefined
          : block
        : orTranslated
          ? block
          : undefined;
    };
    return collectBlocks(start, blockSuccessors, find, this.#plan.limits);
  }
}

/** Of one function of JavaScript for all regions V8 makes machine code early. */
const entranceTo = (table: WebAssembly.Table): ((block: number, region: number) => number) => {
  const module = new WebAssembly.Module(assembleEntrance(MOST_REGIONS));
  const {enter} = new WebAssembly.Instance(module, {host: {table}}).exports;
  return enter as (block: number, region: number) => number;
};

const newTable = (): WebAssembly.Table => new WebAssembly.Table({element: 'anyfunc', initial: MOST_REGIONS});
