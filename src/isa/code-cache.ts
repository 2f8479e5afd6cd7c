/** Decoded basic blocks by address, and the dictionary of all that were ever decoded. */
import {type Block, type BlockEnd, MAX_BLOCK_INSTRUCTIONS, MAX_BLOCKS} from '../trace/blocks.ts';
import type {Cpu} from './cpu.ts';
import type {Decode} from './decode.ts';
import {GuestFault, UnmodelledInstruction} from './errors.ts';
import {compileBlock, HOT, interpretBlock} from './hot-block.ts';
import {PAGE_SHIFT} from './memory.ts';
import type {Operation} from './operation.ts';

const INSTRUCTION_BYTES = 4;

export class CodeBlock {
  readonly id: number;
  /** As a signed word, like `Cpu.next`. */
  readonly address: number;
  /** Address behind the last instruction. */
  readonly end: number;
  readonly operations: readonly Operation[];
  /** Set while a page that holds the block's code has been written since the block was decoded. */
  stale = false;
  compiled: (() => void) | undefined = undefined;
  #executions = 0;

  constructor(id: number, address: number, operations: readonly Operation[]) {
    this.id = id;
    this.address = address;
    this.end = (address + INSTRUCTION_BYTES * operations.length) | 0;
    this.operations = operations;
  }

  /** Executes the block while it is not compiled, and compiles it when it has become hot. */
  warmUp(cpu: Cpu): void {
    interpretBlock(cpu, this.operations);
    if (++this.#executions > HOT) this.compiled = compileBlock(cpu, this.operations);
  }
}

/** Direct-mapped: a block is at the slot of its address or nowhere. */
const SLOTS = 1 << 14;
export const SLOT_MASK = SLOTS - 1;

export class CodeCache {
  /** The dictionary of the trace; ids are indices. */
  readonly blocks: Block[] = [];
  readonly slots: (CodeBlock | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #byAddress = new Map<number, CodeBlock>();
  readonly #byPage = new Map<number, Set<CodeBlock>>();
  readonly #cpu: Cpu;
  readonly #decode: Decode;

  constructor(cpu: Cpu, decode: Decode) {
    this.#cpu = cpu;
    this.#decode = decode;
    cpu.memory.onCodeWrite = (page) => this.#invalidate(page);
  }

  /**
   * The block at a word-aligned address, decoded now if need be.
   * @throws GuestFault when the address is not executable.
   * @throws UnmodelledInstruction when the first instruction, or the dictionary's size, is beyond the model.
   */
  fetch(address: number): CodeBlock {
    let block = this.#byAddress.get(address);
    if (block === undefined || (block.stale && !this.#isUnchanged(block))) block = this.#build(address);
    if (block.stale) this.#watch(block);
    this.slots[(address >>> 2) & SLOT_MASK] = block;
    return block;
  }

  #build(address: number): CodeBlock {
    const operations = this.#decodeRun(address);
    const id = this.blocks.length;
    if (id >= MAX_BLOCKS) {
      throw new UnmodelledInstruction(
        address,
        operations[0]!.word,
        `more than ${MAX_BLOCKS} blocks: the guest rewrites its code`,
      );
    }
    const block = new CodeBlock(id, address, operations);
    this.#byAddress.set(address, block);
    this.#watch(block);
    this.blocks.push({
      id,
      address: address >>> 0,
      isa: 'a32',
      size: INSTRUCTION_BYTES * operations.length,
      instructions: operations.map(({pipeline}) => pipeline),
      end: endOf(operations),
    });
    return block;
  }

  /** What cannot be fetched or decoded counts only when it is reached: the block then ends before it. */
  #decodeRun(address: number): readonly Operation[] {
    const operations: Operation[] = [];
    do {
      const at = (address + INSTRUCTION_BYTES * operations.length) | 0;
      try {
        operations.push(this.#decodeAt(at, operations.length));
      } catch (error) {
        if (operations.length === 0 || !(error instanceof UnmodelledInstruction || error instanceof GuestFault))
          throw error;
        return operations;
      }
    } while (operations.at(-1)!.end === undefined && operations.length < MAX_BLOCK_INSTRUCTIONS);
    return operations;
  }

  #decodeAt(address: number, slot: number): Operation {
    const word = this.#cpu.memory.fetch(address);
    if (word === undefined) throw new GuestFault(address, address, 'execute');
    return this.#decode(word >>> 0, address, slot);
  }

  #isUnchanged(block: CodeBlock): boolean {
    return block.operations.every(({address, word}) => {
      const now = this.#cpu.memory.fetch(address);
      return now !== undefined && now >>> 0 === word;
    });
  }

  #watch(block: CodeBlock): void {
    block.stale = false;
    for (const page of new Set([block.address >>> PAGE_SHIFT, (block.end - 1) >>> PAGE_SHIFT])) {
      const watched = this.#byPage.get(page) ?? new Set();
      this.#byPage.set(page, watched.add(block));
      this.#cpu.memory.protectCode(page);
    }
  }

  #invalidate(page: number): void {
    for (const block of this.#byPage.get(page) ?? []) {
      block.stale = true;
      this.slots[(block.address >>> 2) & SLOT_MASK] = undefined;
    }
    this.#byPage.delete(page);
  }
}

const endOf = (operations: readonly Operation[]): BlockEnd => operations.at(-1)!.end ?? 'fall-through';
