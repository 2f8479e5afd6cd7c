/** The dictionary of blocks that the cores of a machine share in a recording: the same code at the same address is one entry. */
import {type Block, MAX_BLOCKS} from '../../trace/blocks.ts';
import {UnmodelledInstruction} from '../core/errors.ts';
import type {Operation} from '../core/operation.ts';

/** A block as the engine has it. */
export interface DecodedBlock {
  readonly operations: readonly Operation[];
  /** Its entry; negative before it has one. */
  dictionaryId: number;
}

/** All that the decoder knew of the instructions. */
const keyOf = (operations: readonly Operation[]): string => {
  const {address, thumb, itState} = operations[0]!;
  return [address, thumb, itState, ...operations.map(({word}) => word)].join();
};

export class BlockDictionary {
  readonly blocks: Block[] = [];
  readonly #ids = new Map<string, number>();

  /**
   * The entry of a block's first `count` instructions.
   * @throws UnmodelledInstruction when there are too many entries.
   */
  idOf(block: DecodedBlock, count: number): number {
    const isWhole = count === block.operations.length;
    if (isWhole && block.dictionaryId >= 0) return block.dictionaryId;
    const operations = isWhole ? block.operations : block.operations.slice(0, count);
    const key = keyOf(operations);
    const id = this.#ids.get(key) ?? this.#add(operations);
    this.#ids.set(key, id);
    if (isWhole) block.dictionaryId = id;
    return id;
  }

  #add(operations: readonly Operation[]): number {
    const id = this.blocks.length;
    const {address, word, thumb} = operations[0]!;
    if (id >= MAX_BLOCKS) {
      throw new UnmodelledInstruction(address, word, `more than ${MAX_BLOCKS} blocks: the guest rewrites its code`);
    }
    this.blocks.push({
      id,
      address: address >>> 0,
      isa: thumb === 0 ? 'a32' : 't32',
      size: operations.reduce((bytes, {length}) => bytes + length, 0),
      instructions: operations.map(({pipeline}) => pipeline),
      end: operations.at(-1)!.end ?? 'fall-through',
    });
    return id;
  }
}
