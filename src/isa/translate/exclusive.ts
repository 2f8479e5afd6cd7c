/** Translations of synchronisation primitives: DDI 0406C A5.2.10 and A6.3.6. One core, so the local monitor alone decides. */
import * as exclusive from '../a32/exclusive.ts';
import type {Operation} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import * as thumb from '../t32/wide-multiple.ts';
import type {Transfer} from './access-check.ts';
import type {Emitter} from './emitter.ts';
import {noFlags} from './flags.ts';
import type {Rows, Translation} from './translation.ts';
import type {MemoryOp} from './wasm/opcodes.ts';

const WORD = 4;
/** The second register of a pair; undefined for one that is none. */
type SecondOf = ((operation: Operation) => number) | undefined;

/** `amount` is an offset in T32, and `immediate` the size. */
const pushAddress = (emitter: Emitter, operation: Operation): number => {
  const address = emitter.temporary();
  emitter.register(operation, operation.n);
  if (operation.amount !== 0) emitter.code.constant(operation.amount).op('i32.add');
  emitter.code.set(address);
  return address;
};

const transferOf = ({immediate}: Operation, isWrite: boolean): Transfer => ({
  size: immediate,
  isWrite,
  alignment: immediate,
});

const load = (op: MemoryOp, secondOf?: SecondOf): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const address = pushAddress(emitter, operation);
    const place = emitter.access(operation, address, transferOf(operation, false));
    emitter.storeState(STATE.exclusiveAddress, () => code.get(address));
    emitter.storeState(STATE.exclusiveSize, () => code.constant(operation.immediate));
    code.get(place.local).memory(op, place.offset);
    emitter.setRegister(operation.d);
    if (secondOf === undefined) return;
    code.get(place.local).memory(op, place.offset + WORD);
    emitter.setRegister(secondOf(operation));
  },
  flags: noFlags,
});

/** The access is checked even when it is not made: what fails there, the interpreter decides. */
const store = (op: MemoryOp, secondOf?: SecondOf): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const address = pushAddress(emitter, operation);
    const held = emitter.temporary();
    const place = emitter.check(address, transferOf(operation, true));
    emitter.loadState(STATE.exclusiveSize).code.constant(operation.immediate).op('i32.eq');
    emitter.loadState(STATE.exclusiveAddress).code.get(address).op('i32.eq').op('i32.and').set(held);
    code.get(held);
    emitter.when(() => {
      emitter.record(operation, address);
      code.get(place.local);
      emitter.register(operation, operation.m).code.memory(op, place.offset);
      if (secondOf === undefined) return;
      code.get(place.local);
      emitter.register(operation, secondOf(operation)).code.memory(op, place.offset + WORD);
    });
    emitter.storeState(STATE.exclusiveSize, () => code.constant(0));
    code.get(held).op('i32.eqz');
    emitter.setRegister(operation.d);
  },
  flags: noFlags,
});

const clear: Translation = {
  emit: (emitter) => emitter.storeState(STATE.exclusiveSize, () => emitter.code.constant(0)),
  flags: noFlags,
};

const behind: SecondOf = ({d}) => d + 1;
const behindStored: SecondOf = ({m}) => m + 1;
const named: SecondOf = ({a}) => a;

export const EXCLUSIVE: Rows = [
  [exclusive.ldrex, load('i32.load')],
  [exclusive.ldrexb, load('i32.load8_u')],
  [exclusive.ldrexh, load('i32.load16_u')],
  [exclusive.ldrexd, load('i32.load', behind)],
  [exclusive.strex, store('i32.store')],
  [exclusive.strexb, store('i32.store8')],
  [exclusive.strexh, store('i32.store16')],
  [exclusive.strexd, store('i32.store', behindStored)],
  [exclusive.clearExclusive, clear],
  [thumb.ldrexOffset, load('i32.load')],
  [thumb.strexOffset, store('i32.store')],
  [thumb.ldrexPair, load('i32.load', named)],
  [thumb.strexPair, store('i32.store', named)],
];
