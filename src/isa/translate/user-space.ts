/** Code for programs: the guest's addresses are the memory's but for a base, and a byte a page says what may be accessed. */
import {ENTRY_COUNTS_OFFSET, GUEST_BASE, JUMP_TABLE_OFFSET} from '../memory/layout.ts';
import {checkAccess} from './access-check.ts';
import type {JumpTable} from './jump-table.ts';
import {TARGET} from './locals.ts';
import type {RegionBlock} from './region-block.ts';
import type {Space} from './space.ts';

/** Entries of the jump table, of two words: an address (`Cpu.next`), and where its code is; −1 when there is none. */
const JUMP_ENTRIES = 1 << 15;
const ENTRY_WORDS = 2;
const NO_ENTRY = -1;
const entryOf = (next: number): number => ENTRY_WORDS * ((next >>> 1) & (JUMP_ENTRIES - 1));

export const USER_SPACE: Space = {
  stateBase: undefined,
  isExact: false,
  entryCounts: ENTRY_COUNTS_OFFSET,
  codeOffset: JUMP_TABLE_OFFSET + 4,
  begin: () => {},
  check: (code, {address, slow, ...transfer}) => {
    checkAccess(code, address, transfer, slow);
    return {local: address, offset: GUEST_BASE};
  },
  lookUp: (code, entry) => {
    code
      .get(TARGET)
      .constant(2)
      .op('i32.shl')
      .constant((JUMP_ENTRIES - 1) << 3)
      .op('i32.and')
      .tee(entry);
    code.memory('i32.load', JUMP_TABLE_OFFSET).get(TARGET).op('i32.eq');
  },
  mayMove: () => false,
  pushMoved: (code) => void code.constant(0),
  needsVfp: () => false,
};

export class UserJumpTable implements JumpTable<RegionBlock> {
  readonly #words: Int32Array;

  constructor(buffer: ArrayBufferLike) {
    this.#words = new Int32Array(buffer, JUMP_TABLE_OFFSET, ENTRY_WORDS * JUMP_ENTRIES);
    this.clear();
  }

  announce({next}: RegionBlock, code: number): void {
    const at = entryOf(next);
    this.#words[at] = next;
    this.#words[at + 1] = code;
  }

  forget({next}: RegionBlock, code: number): void {
    const at = entryOf(next);
    if (this.#words[at] === next && this.#words[at + 1] === code) this.#words[at] = NO_ENTRY;
  }

  clear(): void {
    this.#words.fill(NO_ENTRY);
  }
}
