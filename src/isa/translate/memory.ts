/** Translations of loads and stores of core registers (DDI 0406C A5.3, A5.5 and their T32 forms). */
import * as access from '../a32/load-store.ts';
import {ldm, stm} from '../a32/load-store-multiple.ts';
import {preload} from '../a32/unconditional.ts';
import {type Operation, PC} from '../core/operation.ts';
import {RRX} from '../core/shifter.ts';
import * as thumb from '../t32/wide-multiple.ts';
import type {Transfer} from './access-check.ts';
import type {Emitter} from './emitter.ts';
import type {FlagUse} from './flags.ts';
import {CARRY, noFlags} from './flags.ts';
import {TARGET} from './locals.ts';
import {pushShifted} from './shifter.ts';
import type {Rows, Translation} from './translation.ts';
import type {MemoryOp} from './wasm/opcodes.ts';

const WORD = 4;

/** Locals of the address of the access, and of the base plus or minus the offset. */
interface Addresses {
  readonly address: number;
  readonly indexed: number;
}

const addressesOf = (emitter: Emitter, operation: Operation): Addresses => {
  const {code} = emitter;
  const indexed = emitter.temporary();
  emitter.register(operation, operation.n);
  pushShifted(emitter, operation);
  code.op(operation.add ? 'i32.add' : 'i32.sub').set(indexed);
  if (!operation.postIndexed) return {address: indexed, indexed};
  const address = emitter.temporary();
  emitter.register(operation, operation.n).code.set(address);
  return {address, indexed};
};

/** [Rn, #±imm], the sign in `immediate`. */
const plainAddress = (emitter: Emitter, operation: Operation): Addresses => {
  const address = emitter.temporary();
  emitter.register(operation, operation.n).code.constant(operation.immediate).op('i32.add').set(address);
  return {address, indexed: address};
};

const writeBack = (emitter: Emitter, operation: Operation, {indexed}: Addresses): void => {
  if (!operation.writeBack) return;
  emitter.code.get(indexed);
  emitter.setRegister(operation.n);
};

const flags = ({form}: Operation): FlagUse => ({reads: form === RRX ? CARRY : 0, writes: 0});
/** Leaves when TARGET is a half-word address in A32 state; before the access is recorded, so that it is recorded once. */
export const checkTarget = (emitter: Emitter): void => {
  emitter.markPlace();
  emitter.code.get(TARGET).constant(3).op('i32.and').constant(2).op('i32.eq');
  emitter.slowIf();
};

const load = (op: MemoryOp, size: number, addresses = addressesOf): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const transfer: Transfer = {size, isWrite: false, alignment: 1};
    const formed = addresses(emitter, operation);
    if (operation.d === PC) {
      const place = emitter.check(formed.address, transfer);
      code.get(place.local).memory(op, place.offset).set(TARGET);
      checkTarget(emitter);
      emitter.record(operation, formed.address);
      writeBack(emitter, operation, formed);
      return;
    }
    const place = emitter.access(operation, formed.address, transfer);
    code.get(place.local).memory(op, place.offset);
    if (operation.writeBack) {
      const value = emitter.temporary();
      code.set(value);
      writeBack(emitter, operation, formed);
      code.get(value);
    }
    emitter.setRegister(operation.d);
  },
  flags,
});

const store = (op: MemoryOp, size: number, addresses = addressesOf): Translation => ({
  emit: (emitter, operation) => {
    const formed = addresses(emitter, operation);
    const place = emitter.access(operation, formed.address, {size, isWrite: true, alignment: 1});
    emitter.code.get(place.local);
    emitter.register(operation, operation.d).code.memory(op, place.offset);
    writeBack(emitter, operation, formed);
  },
  flags,
});

const PAIR: Omit<Transfer, 'isWrite'> = {size: 2 * WORD, alignment: WORD};

/** The second register of a pair: d + 1, or any in T32. */
type SecondOf = (operation: Operation) => number;
const next: SecondOf = ({d}) => d + 1;
const named: SecondOf = ({a}) => a;

const loadPair = (secondOf: SecondOf): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const formed = addressesOf(emitter, operation);
    const place = emitter.access(operation, formed.address, {...PAIR, isWrite: false});
    writeBack(emitter, operation, formed);
    for (const [index, number] of [operation.d, secondOf(operation)].entries()) {
      code.get(place.local).memory('i32.load', place.offset + WORD * index);
      emitter.setRegister(number);
    }
  },
  flags,
});

const storePair = (secondOf: SecondOf): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const formed = addressesOf(emitter, operation);
    const place = emitter.access(operation, formed.address, {...PAIR, isWrite: true});
    for (const [index, number] of [operation.d, secondOf(operation)].entries()) {
      code.get(place.local);
      emitter.register(operation, number).code.memory('i32.store', place.offset + WORD * index);
    }
    writeBack(emitter, operation, formed);
  },
  flags,
});

/** Forms the lowest address of a multiple transfer; the base's new value is formed from the base before it is loaded. */
const multipleAddress = (emitter: Emitter, operation: Operation): Addresses => {
  const {code} = emitter;
  const address = emitter.temporary();
  const indexed = emitter.temporary();
  emitter.register(operation, operation.n).code.constant(operation.immediate).op('i32.add').set(address);
  if (operation.writeBack) {
    emitter.register(operation, operation.n);
    code.constant(operation.amount).op('i32.add').set(indexed);
  }
  return {address, indexed};
};

const loadMultiple: Translation = {
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {list} = operation;
    const formed = multipleAddress(emitter, operation);
    const place = emitter.check(formed.address, {size: WORD * list.length, isWrite: false, alignment: WORD});
    if (list.at(-1) === PC) {
      code
        .get(place.local)
        .memory('i32.load', place.offset + WORD * (list.length - 1))
        .set(TARGET);
      checkTarget(emitter);
    }
    emitter.record(operation, formed.address);
    for (const [index, number] of list.entries()) {
      if (number === PC) continue;
      code.get(place.local).memory('i32.load', place.offset + WORD * index);
      emitter.setRegister(number);
    }
    writeBack(emitter, operation, formed);
  },
  flags: noFlags,
};

const storeMultiple: Translation = {
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {list} = operation;
    const formed = multipleAddress(emitter, operation);
    const place = emitter.access(operation, formed.address, {
      size: WORD * list.length,
      isWrite: true,
      alignment: WORD,
    });
    for (const [index, number] of list.entries()) {
      code.get(place.local);
      emitter.register(operation, number).code.memory('i32.store', place.offset + WORD * index);
    }
    writeBack(emitter, operation, formed);
  },
  flags: noFlags,
};

const prefetch: Translation = {
  emit: (emitter, operation) => emitter.record(operation, addressesOf(emitter, operation).address),
  flags,
};

export const MEMORY: Rows = [
  [access.ldr, load('i32.load', 4)],
  [access.ldrb, load('i32.load8_u', 1)],
  [access.ldrh, load('i32.load16_u', 2)],
  [access.ldrsb, load('i32.load8_s', 1)],
  [access.ldrsh, load('i32.load16_s', 2)],
  [access.str, store('i32.store', 4)],
  [access.strb, store('i32.store8', 1)],
  [access.strh, store('i32.store16', 2)],
  [access.ldrOffset, load('i32.load', 4, plainAddress)],
  [access.ldrbOffset, load('i32.load8_u', 1, plainAddress)],
  [access.strOffset, store('i32.store', 4, plainAddress)],
  [access.strbOffset, store('i32.store8', 1, plainAddress)],
  [access.ldrd, loadPair(next)],
  [access.strd, storePair(next)],
  [thumb.loadPair, loadPair(named)],
  [thumb.storePair, storePair(named)],
  [ldm, loadMultiple],
  [stm, storeMultiple],
  [preload, prefetch],
];
