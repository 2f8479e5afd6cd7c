/** Translations of what ends a block by branching: DDI 0406C A5.5, A6.2.3, A6.2.5, A6.3.4 and A6.3.6. */
import * as branches from '../a32/branch.ts';
import type {Execute, Operation} from '../core/operation.ts';
import {compareBranchNonZero, compareBranchZero} from '../t32/narrow-branch.ts';
import {addToPc, moveToPc} from '../t32/narrow-data-processing.ts';
import {tableBranchByte, tableBranchHalfWord} from '../t32/wide-multiple.ts';
import type {Emitter} from './emitter.ts';
import {TARGET} from './locals.ts';
import {checkTarget} from './memory.ts';

type Emit = (emitter: Emitter, operation: Operation) => void;

export interface Branch {
  readonly links?: true;
  /** Pushes whether it branches, when that is not a matter of flags; it then has no condition. */
  readonly test?: Emit;
  /** Puts the target into TARGET, before lr changes; without it the target is `immediate`. */
  readonly target?: Emit;
}

const toRegister: Emit = (emitter, operation) => {
  emitter.register(operation, operation.m).code.set(TARGET);
  checkTarget(emitter);
};

/** Pops an address; Thumb state stays. */
const setThumbTarget = ({code}: Emitter): void => void code.constant(1).op('i32.or').set(TARGET);

/** Forward by twice the entry of a table at Rn, of so many bytes. */
const tableBranch =
  (size: 1 | 2): Emit =>
  (emitter, operation) => {
    const {code} = emitter;
    const address = emitter.temporary();
    emitter.register(operation, operation.n).register(operation, operation.m);
    if (size === 2) code.constant(1).op('i32.shl');
    code.op('i32.add').set(address);
    const place = emitter.access(operation, address, {size, isWrite: false, alignment: 1});
    code
      .constant(operation.pc)
      .get(place.local)
      .memory(size === 1 ? 'i32.load8_u' : 'i32.load16_u', place.offset);
    code.constant(1).op('i32.shl').op('i32.add');
    setThumbTarget(emitter);
  };

const isZero: Emit = (emitter, operation) => void emitter.register(operation, operation.n).code.op('i32.eqz');
const isNotZero: Emit = (emitter, operation) => void emitter.register(operation, operation.n);

const move: Emit = (emitter, operation) => {
  emitter.register(operation, operation.m);
  setThumbTarget(emitter);
};
const add: Emit = (emitter, operation) => {
  emitter.register(operation, operation.n).register(operation, operation.m).code.op('i32.add');
  setThumbTarget(emitter);
};

const ROWS: readonly (readonly [Execute, Branch])[] = [
  [branches.branch, {}],
  [branches.branchLink, {links: true}],
  [branches.branchExchange, {target: toRegister}],
  [branches.branchLinkExchange, {target: toRegister, links: true}],
  [compareBranchZero, {test: isZero}],
  [compareBranchNonZero, {test: isNotZero}],
  [moveToPc, {target: move}],
  [addToPc, {target: add}],
  [tableBranchByte, {target: tableBranch(1)}],
  [tableBranchHalfWord, {target: tableBranch(2)}],
];
export const BRANCHES: ReadonlyMap<Execute, Branch> = new Map(ROWS);
