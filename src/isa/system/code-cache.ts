/**
 * Decoded blocks of a machine's RAM, by where their code lies and at which address it executes. A block stays in a page, so
 * that a translation of one page says whether it is what an address means now.
 */
import {MAX_BLOCK_INSTRUCTIONS} from '../../trace/blocks.ts';
import {accessExclusive} from '../../trace/records.ts';
import type {Operation} from '../core/operation.ts';
import {isCulprit} from '../engine/code-cache.ts';
import {type CodeSource, fetchOperation} from '../engine/fetch.ts';
import type {RegionBlock} from '../translate/region-block.ts';
import {SYSTEM_DECODERS} from './decode.ts';
import type {PhysicalMemory} from './physical-memory.ts';
import {usesVfp} from './vfp-use.ts';

const PAGE_MASK = 0xfff;

export class SystemBlock {
  /** Address of the first instruction, with bit 0 set in Thumb state; a signed word, like `Cpu.next`. */
  readonly next: number;
  /** What `Cpu.next` and CPSR.IT are behind the last instruction. */
  readonly end: number;
  readonly itStateAfter: number;
  readonly operations: readonly Operation[];
  /** Where the code's page lies in the engine's memory, as the maps say it; and the next page's, of an instruction across both. */
  readonly frame: number;
  readonly secondFrame: number;
  readonly usesVfp: boolean;
  readonly hasExclusive: boolean;
  /** Its entry in the dictionary of a recording; negative before it has one. */
  dictionaryId = -1;
  readonly #vfp: ReadonlySet<Operation>;
  /** What is made of it, for PL1 and for PL0, by each core or by what all of them share. */
  readonly made: (CoreBlock | undefined)[];
  /** Memory holds something else by now. */
  isGone = false;

  constructor(next: number, operations: readonly Operation[], frame: number, secondFrame: number, cores: number) {
    const last = operations.at(-1)!;
    this.made = new Array(2 * cores).fill(undefined);
    this.next = next;
    this.end = last.link;
    this.itStateAfter = last.itStateAfter;
    this.operations = operations;
    this.frame = frame;
    this.secondFrame = secondFrame;
    this.#vfp = new Set(operations.filter(usesVfp));
    this.usesVfp = this.#vfp.size > 0;
    this.hasExclusive = operations.some(({meta}) => accessExclusive(meta) === 1);
  }

  needsVfp(operation: Operation): boolean {
    return this.#vfp.has(operation);
  }

  /** Whether the block may be found by its address and first page alone. */
  get isPlain(): boolean {
    return this.secondFrame === 0 && this.itStateAfter === 0 && this.operations[0]!.itState === 0;
  }
}

/** What a core's loop looks at for each block, in one object. */
export class CoreBlock implements RegionBlock {
  readonly id = 0;
  readonly next: number;
  readonly frame: number;
  readonly end: number;
  readonly length: number;
  readonly usesVfp: boolean;
  /** By core: a function is made for one. */
  readonly compiled: (() => void)[] = [];
  translation: object | undefined = undefined;
  executions = 0;
  readonly operations: readonly Operation[];
  readonly block: SystemBlock;
  /** It is what PL1 executes. */
  readonly isPrivileged: boolean;

  constructor(block: SystemBlock, isPrivileged: boolean) {
    this.isPrivileged = isPrivileged;
    this.next = block.next;
    this.frame = block.frame;
    this.end = block.end;
    this.length = block.operations.length;
    this.usesVfp = block.usesVfp;
    this.operations = block.operations;
    this.block = block;
  }
}

/** Index in {@link SystemBlock.made}. */
export const makerOf = (maker: number, isPrivileged: boolean): number => 2 * maker + (isPrivileged ? 1 : 0);

/** Finds where the instructions of a page lie, as `fetchMap` has it. */
export type LocateCode = (address: number) => number;

/** The code of one page, and of the next one if it must be. */
class PageSource implements CodeSource {
  secondFrame = 0;
  readonly #page: number;
  readonly #frame: number;
  readonly #physical: PhysicalMemory;
  readonly #locate: LocateCode;

  constructor(address: number, frame: number, physical: PhysicalMemory, locate: LocateCode) {
    this.#page = address >>> 12;
    this.#frame = frame;
    this.#physical = physical;
    this.#locate = locate;
  }

  fetch(address: number): number {
    return this.#physical.words[(this.#frame + (address & PAGE_MASK)) >>> 2]!;
  }

  fetchHalfWord(address: number): number {
    const isSecond = address >>> 12 !== this.#page;
    if (isSecond) this.secondFrame = this.#locate(address);
    const frame = isSecond ? this.secondFrame : this.#frame;
    return this.#physical.halfWords[(frame + (address & PAGE_MASK)) >>> 1]!;
  }
}

/** Of a block: address with its Thumb bit, and the state of IT before it. */
const keyOf = (next: number, itState: number): number => (next >>> 0) * 256 + itState;

export class SystemCodeCache {
  /** Called for each block that is no longer what memory holds. */
  onInvalidate: (block: SystemBlock) => void = () => {};
  readonly #pages = new Map<number, Map<number, SystemBlock>>();
  readonly #physical: PhysicalMemory;

  constructor(physical: PhysicalMemory) {
    this.#physical = physical;
    physical.onCodeWrite = (frame) => this.#invalidate(frame | 0);
  }

  /**
   * The block at an address whose page lies at `frame`.
   * @throws what `locate` throws for an instruction whose second half cannot be fetched.
   * @throws UndefinedInstruction, UnmodelledInstruction for the first instruction.
   */
  find(next: number, itState: number, frame: number, locate: LocateCode): SystemBlock {
    const known = this.#pages.get(frame)?.get(keyOf(next, itState));
    if (known !== undefined && (known.secondFrame === 0 || known.secondFrame === locate((next & ~PAGE_MASK) + 4096))) {
      return known;
    }
    const block = this.#decode(next, itState, frame, locate);
    const key = keyOf(next, itState);
    for (const page of block.secondFrame === 0 ? [frame] : [frame, block.secondFrame]) {
      const blocks = this.#pages.get(page) ?? new Map<number, SystemBlock>();
      this.#pages.set(page, blocks);
      // Only the first page's map is looked into; the second's is for its writes.
      blocks.set(page === frame ? key : -1 - key, block);
      this.#physical.protectCode(page >>> 0);
    }
    return block;
  }

  /** The block at an address whose page lies at `frame`, if it was decoded already and its page says all about it. */
  peek(next: number, frame: number): SystemBlock | undefined {
    const known = this.#pages.get(frame)?.get(keyOf(next, 0));
    return known?.isPlain ? known : undefined;
  }

  /** Up to a branch, or the page's end; an instruction that begins a block may end on the next page. */
  #decode(start: number, startItState: number, frame: number, locate: LocateCode): SystemBlock {
    const source = new PageSource(start, frame, this.#physical, locate);
    const operations: Operation[] = [];
    let next = start;
    let itState = startItState;
    do {
      try {
        const operation = fetchOperation(source, next, operations.length, itState, SYSTEM_DECODERS);
        if (source.secondFrame !== 0 && operations.length > 0) {
          source.secondFrame = 0;
          break;
        }
        operations.push(operation);
        next = operation.link;
        itState = operation.itStateAfter;
      } catch (error) {
        if (operations.length === 0 || !isCulprit(error)) throw error;
        source.secondFrame = 0;
        break;
      }
    } while (
      operations.at(-1)!.end === undefined &&
      (operations.length < MAX_BLOCK_INSTRUCTIONS || itState !== 0) &&
      (next ^ start) >>> 12 === 0
    );
    return new SystemBlock(start, operations, frame, source.secondFrame, this.#physical.sharers.length);
  }

  #invalidate(frame: number): void {
    for (const [key, block] of this.#pages.get(frame) ?? []) {
      if (key < 0) this.#pages.get(block.frame)?.delete(-1 - key);
      block.isGone = true;
      this.onInvalidate(block);
    }
    this.#pages.delete(frame);
  }
}
