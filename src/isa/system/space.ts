/** Code for machines (translate/space.ts): accesses by the maps of the core and privilege that execute it. */
import {PAGE, PAGE_SHIFT, PAGES} from '../memory/layout.ts';
import type {JumpTable} from '../translate/jump-table.ts';
import {CORE, FIRST_TEMPORARY, TARGET} from '../translate/locals.ts';
import type {Space} from '../translate/space.ts';
import type {Code} from '../translate/wasm/code.ts';
import type {CoreBlock} from './code-cache.ts';
import {CURRENT_AREA_OFFSET, type PrivilegeOffsets} from './layout.ts';

/** Entries of the jump table, of four words: the address (`Cpu.next`), where its page must lie, and where its code is. */
const JUMP_ENTRIES = 1 << 15;
const ENTRY_WORDS = 4;
const ENTRY_SHIFT = 4;
const NEXT = 0;
const FRAME = 1;
const CODE = 2;
/** No page lies there. */
const NO_FRAME = -1;
/** Bits of an address that the entry's number has from further up. */
const FOLD = 17;

const entryOf = (next: number): number => ((next >>> 1) ^ (next >>> FOLD)) & (JUMP_ENTRIES - 1);

/** @param cores of the machine: a single one's area begins where the memory does. */
export const createSpace = ({maps, jumpTable, entryCounts}: PrivilegeOffsets, cores: number): Space<CoreBlock> => {
  const stateBase = cores === 1 ? undefined : CORE;
  /** Pushes a map's word for the page of an address. */
  const load = (code: Code, address: number, map: number): Code => {
    code
      .get(address)
      .constant(PAGE_SHIFT - 2)
      .op('i32.shr_u');
    code.constant(4 * (PAGES - 1)).op('i32.and');
    if (stateBase !== undefined) code.get(stateBase).op('i32.add');
    return code.memory('i32.load', map);
  };
  return {
    stateBase,
    isExact: true,
    entryCounts,
    codeOffset: jumpTable + 4 * CODE,
    begin: (code) => {
      if (stateBase !== undefined) code.constant(0).memory('i32.load', CURRENT_AREA_OFFSET).set(stateBase);
    },
    check: (code, {address, size, alignment, isWrite, slow, temporary}) => {
      const place = temporary();
      load(code, address, isWrite ? maps.writes : maps.reads)
        .tee(place)
        .op('i32.eqz')
        .branchIf(slow);
      // A misaligned access may be one to a device, which the interpreter finds out.
      const needed = size <= 2 || size === 4 ? size : alignment;
      if (needed > 1) {
        code
          .get(address)
          .constant(needed - 1)
          .op('i32.and');
        code.branchIf(slow);
      }
      code
        .get(address)
        .constant(PAGE - 1)
        .op('i32.and');
      if (size > needed) {
        const inPage = temporary();
        code
          .tee(inPage)
          .constant(PAGE - size)
          .op('i32.gt_u');
        code.branchIf(slow).get(inPage);
      }
      code.get(place).op('i32.add').set(place);
      return {local: place, offset: 0};
    },
    lookUp: (code, entry) => {
      const frame = FIRST_TEMPORARY;
      load(code, TARGET, maps.fetches).set(frame);
      code
        .get(TARGET)
        .constant(ENTRY_SHIFT - 1)
        .op('i32.shl');
      code
        .get(TARGET)
        .constant(FOLD - ENTRY_SHIFT)
        .op('i32.shr_u')
        .op('i32.xor');
      code
        .constant((JUMP_ENTRIES - 1) << ENTRY_SHIFT)
        .op('i32.and')
        .tee(entry);
      code
        .memory('i32.load', jumpTable + 4 * NEXT)
        .get(TARGET)
        .op('i32.eq');
      code
        .get(entry)
        .memory('i32.load', jumpTable + 4 * FRAME)
        .get(frame)
        .op('i32.eq')
        .op('i32.and');
    },
    mayMove: (from, to) => (from.next ^ to.next) >>> PAGE_SHIFT !== 0 || from.frame !== to.frame,
    pushMoved: (code, {next, frame}) => {
      code.state().memory('i32.load', maps.fetches + 4 * (next >>> PAGE_SHIFT));
      code.constant(frame).op('i32.ne');
    },
    needsVfp: ({usesVfp}) => usesVfp,
  };
};

export class SystemJumpTable implements JumpTable<CoreBlock> {
  readonly #words: Int32Array;

  constructor(buffer: ArrayBufferLike, {jumpTable}: PrivilegeOffsets) {
    this.#words = new Int32Array(buffer, jumpTable, ENTRY_WORDS * JUMP_ENTRIES);
    this.clear();
  }

  announce({next, frame}: CoreBlock, code: number): void {
    const at = ENTRY_WORDS * entryOf(next);
    this.#words[at + NEXT] = next;
    this.#words[at + FRAME] = frame;
    this.#words[at + CODE] = code;
  }

  forget({next, frame}: CoreBlock, code: number): void {
    const at = ENTRY_WORDS * entryOf(next);
    const words = this.#words;
    if (words[at + NEXT] === next && words[at + FRAME] === frame && words[at + CODE] === code)
      words[at + FRAME] = NO_FRAME;
  }

  clear(): void {
    this.#words.fill(NO_FRAME);
  }
}
