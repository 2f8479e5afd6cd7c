/** The translations of one kind of code: which blocks are compiled together when, by which names code finds them, and when they go. */
import type {Operation} from '../core/operation.ts';
import {blockSuccessors, compileRegion, passLength} from './compile.ts';
import {codeWord, type JumpTable} from './jump-table.ts';
import {collectBlocks, type RegionLimits} from './region.ts';
import type {RegionBlock} from './region-block.ts';
import type {Space} from './space.ts';

/** Entries after which a region is extended, and the factor for the next time: a loop that spans regions is worth one. */
const OFTEN_ENTERED = 1000;
const NEXT_TIME = 16;
/** Regions are extended only while so many instructions were executed for each translated one: a translation is dear. */
const PAY_BACK = 1000;
/** Regions that may exist; Node 20 copies the table for every module. When they are used up, all are given up. */
export const MOST_REGIONS = 1024;
const WASM_PAGE = 0x1_0000;

export interface Region<B extends RegionBlock> {
  readonly index: number;
  /** The hot block that it grew from. */
  readonly start: B;
  readonly blocks: readonly B[];
  readonly run: (block: number) => number;
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

  /** Makes a region of a hot block and what is around it that no region has. */
  make(start: B): Region<B> {
    return this.#compile(start, this.#collect(start, false), OFTEN_ENTERED);
  }

  /** Makes a larger region of one that is entered again and again. */
  extend(region: Region<B>): Region<B> | undefined {
    const isTooEarly = this.#plan.executed() < PAY_BACK * this.#compiledInstructions;
    const count = isTooEarly ? region.nextCount : region.nextCount * NEXT_TIME;
    region.nextCount = count;
    this.#entryCounts[region.index] = count;
    if (isTooEarly) return undefined;
    const blocks = this.#collect(region.start, true);
    return blocks.length > region.blocks.length ? this.#compile(region.start, blocks, count) : undefined;
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
    this.#plan.jumpTable.clear();
  }

  #compile(start: B, blocks: readonly B[], entries: number): Region<B> {
    const {memory, space, ringLimit} = this.#plan;
    if (this.#regions.length === MOST_REGIONS) this.forgetAll();
    const index = this.#regions.length;
    const slack = passLength(blocks);
    this.#compiledInstructions += slack;
    const bytes = compileRegion({
      blocks,
      index,
      recording: this.#recording,
      memoryPages: memory.buffer.byteLength / WASM_PAGE,
      tableLength: MOST_REGIONS,
      ringLimit,
      slack,
      calloutOf: (operation) => this.#operations.push(operation) - 1,
      space,
    });
    const host = {memory, table: this.#table, callout: this.#callout};
    const {run} = new WebAssembly.Instance(new WebAssembly.Module(bytes), {host}).exports;
    const region: Region<B> = {
      index,
      start,
      blocks,
      run: run as Region<B>['run'],
      slack,
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
      const other = block.translation as Entry<B> | undefined;
      if (other === undefined || other.region.slack <= slack)
        block.translation = {region, index: number} satisfies Entry<B>;
    }
    this.announce(region);
    return region;
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

const newTable = (): WebAssembly.Table => new WebAssembly.Table({element: 'anyfunc', initial: MOST_REGIONS});
