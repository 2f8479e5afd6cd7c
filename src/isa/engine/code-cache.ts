/** Decoded basic blocks by address, and the dictionary of all that were ever decoded. */
import {type Block, type BlockEnd, MAX_BLOCK_INSTRUCTIONS, MAX_BLOCKS} from '../../trace/blocks.ts';
import {GuestFault, UndefinedInstruction, UnmodelledInstruction} from '../core/errors.ts';
import {ALWAYS, Operation, type Place, type Row} from '../core/operation.ts';
import {PAGE_SHIFT} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import {fetchOperation} from './fetch.ts';

export class CodeBlock {
  readonly id: number;
  /** Address of the first instruction, with bit 0 set in Thumb state; a signed word, like `Cpu.next`. */
  readonly next: number;
  /** What `Cpu.next` is behind the last instruction. */
  readonly end: number;
  readonly operations: readonly Operation[];
  /** The frames of the first and the last byte when the code was last compared with memory. */
  frames: readonly [number, number] = [0, 0];
  /** Set while one of the frames has been written since then. */
  stale = true;
  compiled: (() => void) | undefined = undefined;
  /** Where another engine has the block; the interpreter only looks whether it does. */
  translation: object | undefined = undefined;
  executions = 0;

  constructor(id: number, next: number, operations: readonly Operation[]) {
    this.id = id;
    this.next = next;
    this.end = operations.at(-1)!.link;
    this.operations = operations;
  }

  get address(): number {
    return this.next & ~1;
  }

  /** Bytes of the block's code. */
  get size(): number {
    return (this.end - this.next) | 0;
  }
}

/** Direct-mapped: a block is at the slot of its address or nowhere. */
const SLOTS = 1 << 14;
const SLOT_MASK = SLOTS - 1;
export const slotOf = (next: number): number => (next >>> 1) & SLOT_MASK;

/** Versions kept of the code at one address: several programs' or one that rewrites itself. */
const MOST_VERSIONS = 8;

export class CodeCache {
  /** The dictionary of the trace; ids are indices. */
  readonly blocks: Block[] = [];
  /** Blocks of the current address space whose code is as it was. */
  readonly slots: (CodeBlock | undefined)[] = new Array(SLOTS).fill(undefined);
  /** Called when a block can no longer be trusted, and when no block can. */
  onInvalidate: (block: CodeBlock | undefined) => void = () => {};
  /** Processes may have different code at one address. */
  readonly #byNext = new Map<number, CodeBlock[]>();
  readonly #byFrame = new Map<number, Set<CodeBlock>>();
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
    memory.onCodeWrite = (frame) => this.#invalidate(frame);
    memory.onCodeMapping = () => {
      this.slots.fill(undefined);
      this.onInvalidate(undefined);
    };
  }

  /**
   * The block at an address (bit 0 set in Thumb state), decoded now if need be.
   * @param itState CPSR.IT there: not 0 only when a signal handler returns into an IT block.
   * @throws GuestFault when the address is not executable.
   * @throws UndefinedInstruction when the first instruction is.
   * @throws UnmodelledInstruction when the first instruction, or the dictionary's size, is beyond the model.
   */
  fetch(next: number, itState = 0): CodeBlock {
    // Code is decoded once for each address; the same address under an IT block in progress is not worth keeping.
    if (itState !== 0) return this.#build(next, itState);
    const found = this.#byNext.get(next)?.find((block) => this.isCurrent(block));
    const block = found ?? this.#build(next, 0);
    this.slots[slotOf(next)] = block;
    return block;
  }

  /** The block at an address if it was decoded before and is still what the current address space has there. */
  find(next: number): CodeBlock | undefined {
    return this.#byNext.get(next)?.find((block) => this.isCurrent(block));
  }

  /** Whether the current address space has the block's code at its address. */
  isCurrent(block: CodeBlock): boolean {
    const frames = this.#framesOf(block);
    if (!block.stale && frames[0] === block.frames[0] && frames[1] === block.frames[1]) return true;
    if (!this.#isUnchanged(block)) return false;
    this.#watch(block, frames);
    return true;
  }

  #framesOf({address, size}: CodeBlock): readonly [number, number] {
    return [this.#memory.codeFrame(address), this.#memory.codeFrame(address + size - 1)];
  }

  #build(next: number, itState: number): CodeBlock {
    const operations = this.#decodeRun(next, itState);
    const id = this.blocks.length;
    if (id >= MAX_BLOCKS) {
      throw new UnmodelledInstruction(
        next & ~1,
        operations[0]!.word,
        `more than ${MAX_BLOCKS} blocks: the guest rewrites its code`,
      );
    }
    const block = new CodeBlock(id, next, operations);
    if (itState === 0) {
      this.#byNext.set(next, [block, ...(this.#byNext.get(next) ?? []).slice(0, MOST_VERSIONS - 1)]);
      this.#watch(block, this.#framesOf(block));
    }
    this.blocks.push({
      id,
      address: block.address >>> 0,
      isa: (next & 1) === 0 ? 'a32' : 't32',
      size: block.size,
      instructions: operations.map(({pipeline}) => pipeline),
      end: endOf(operations),
    });
    return block;
  }

  /** What cannot be fetched or decoded counts only when it is reached: the block then ends before it. */
  #decodeRun(start: number, startItState: number): readonly Operation[] {
    const operations: Operation[] = [];
    let next = start;
    let itState = startItState;
    // An IT block is not cut: its conditions are known only from its start.
    do {
      try {
        const operation = fetchOperation(this.#memory, next, operations.length, itState);
        operations.push(operation);
        next = operation.link;
        itState = operation.itStateAfter;
      } catch (error) {
        if (operations.length === 0 || !isCulprit(error)) throw error;
        if (itState !== 0) operations.push(raising(error, next, itState, operations.length));
        return operations;
      }
    } while (operations.at(-1)!.end === undefined && (operations.length < MAX_BLOCK_INSTRUCTIONS || itState !== 0));
    return operations;
  }

  #isUnchanged(block: CodeBlock): boolean {
    const memory = this.#memory;
    return block.operations.every(({address, word, thumb, length}) => {
      if (thumb === 0) return memory.fetch(address) === (word | 0);
      const first = memory.fetchHalfWord(address);
      if (length === 2) return first === word;
      return first === word >>> 16 && memory.fetchHalfWord((address + 2) | 0) === (word & 0xffff);
    });
  }

  #watch(block: CodeBlock, frames: readonly [number, number]): void {
    block.stale = false;
    block.frames = frames;
    const pages = [block.address >>> PAGE_SHIFT, (block.address + block.size - 1) >>> PAGE_SHIFT];
    for (const [index, frame] of frames.entries()) {
      const watched = this.#byFrame.get(frame);
      if (watched) watched.add(block);
      else this.#byFrame.set(frame, new Set([block]));
      this.#memory.protectCode(pages[index] as number);
    }
  }

  #invalidate(frame: number): void {
    for (const block of this.#byFrame.get(frame) ?? []) {
      block.stale = true;
      const slot = slotOf(block.next);
      if (this.slots[slot] === block) this.slots[slot] = undefined;
      this.onInvalidate(block);
    }
    this.#byFrame.delete(frame);
  }
}

/** Stands in an IT block for an instruction that cannot be decoded, which matters only if its condition holds. */
const raising = (error: Error, next: number, itState: number, slot: number): Operation => {
  const row: Row = {
    name: 'undecodable',
    bits: '',
    operands: () => ({class: 'system', end: 'system'}),
    execute: () => {
      throw error;
    },
  };
  const condition = error instanceof GuestFault ? ALWAYS : itState >>> 4;
  const place: Place = {address: next & ~1, word: 0, length: 2, thumb: 1, itState, slot};
  return new Operation(
    row,
    row.operands(() => 0, 0),
    place,
    condition,
  );
};

/** An instruction that cannot be executed, told apart from defects of this program. */
export const isCulprit = (error: unknown): error is GuestFault | UndefinedInstruction | UnmodelledInstruction =>
  error instanceof GuestFault || error instanceof UndefinedInstruction || error instanceof UnmodelledInstruction;

const endOf = (operations: readonly Operation[]): BlockEnd => operations.at(-1)!.end ?? 'fall-through';
