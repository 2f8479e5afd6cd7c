/** The check of an access before it is made: its pages' permission bytes (memory/layout.ts), and its alignment. */
import {PAGE, PAGE_SHIFT, READ_PERMISSION_OFFSET, WRITE_PERMISSION_OFFSET} from '../memory/layout.ts';
import type {Code} from './wasm/code.ts';

export interface Transfer {
  /** Bytes. */
  readonly size: number;
  readonly isWrite: boolean;
  /** What the instruction needs; 1 when misaligned accesses are allowed. */
  readonly alignment: number;
}

/** Bytes of the guest in the engine's memory: an offset from what a local holds. */
export interface Place {
  readonly local: number;
  readonly offset: number;
}

/**
 * Leaves when an access is not in pages that may be accessed, or not aligned.
 * @param address a local.
 * @param slow where to.
 */
export const checkAccess = (code: Code, address: number, {size, isWrite, alignment}: Transfer, slow: number): void => {
  const permissions = isWrite ? WRITE_PERMISSION_OFFSET : READ_PERMISSION_OFFSET;
  code.get(address).constant(PAGE_SHIFT).op('i32.shr_u');
  code.memory('i32.load8_u', permissions).op('i32.eqz');
  code.branchIf(slow);
  if (size === 1) return;
  // Accesses aligned to their size are in one page; what else there is to check is looked at only for others.
  const isAligned = (size & (size - 1)) === 0 ? code.block() : undefined;
  if (isAligned !== undefined)
    code
      .get(address)
      .constant(size - 1)
      .op('i32.and')
      .op('i32.eqz')
      .branchIf(isAligned);
  if (alignment > 1) {
    code
      .get(address)
      .constant(alignment - 1)
      .op('i32.and');
    code.branchIf(slow);
  }
  if (size > alignment) {
    // One that crosses pages has to be allowed in the last byte's too.
    code
      .get(address)
      .constant(PAGE - 1)
      .op('i32.and')
      .constant(PAGE - size)
      .op('i32.gt_u')
      .if();
    code
      .get(address)
      .constant(size - 1)
      .op('i32.add')
      .constant(PAGE_SHIFT)
      .op('i32.shr_u');
    code.memory('i32.load8_u', permissions).op('i32.eqz');
    code.branchIf(slow);
    code.end();
  }
  if (isAligned !== undefined) code.end();
};
