/** Where in a block the result of each of its loads is needed first: an in-order core goes on until then. */
import type {Block} from '../trace/blocks.ts';
import type {InstructionClass} from '../trace/instruction-class.ts';

const LOADS: ReadonlySet<InstructionClass> = new Set([
  'load',
  'load-pair',
  'load-multiple',
  'vfp-load',
  'vfp-load-multiple',
]);
const CORE_REGISTERS = 0xffff;

/** Nothing in the block needs it: more than any instruction's index ({@link MAX_BLOCK_INSTRUCTIONS}). */
export const UNUSED = 255;

/**
 * By instruction of the block: index of the first one behind it that reads or overwrites what it loads, or {@link UNUSED}. A
 * written-back base does not wait for memory.
 */
export const firstUses = ({instructions}: Pick<Block, 'instructions'>): Uint8Array =>
  Uint8Array.from(instructions, (load, index) => {
    if (!LOADS.has(load.class)) return UNUSED;
    const core = load.writes & ~load.writesBack & CORE_REGISTERS;
    const use = instructions.findIndex(
      (later, at) =>
        at > index &&
        (((later.reads | later.writes) & core) !== 0 || ((later.vfpReads | later.vfpWrites) & load.vfpWrites) !== 0),
    );
    return use < 0 ? UNUSED : use;
  });
