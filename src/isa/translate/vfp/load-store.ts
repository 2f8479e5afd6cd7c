/** Translations of VFP loads and stores (DDI 0406C A7.6). */
import * as transfers from '../../vfp/load-store.ts';
import type {Place} from '../access-check.ts';
import type {Emitter} from '../emitter.ts';
import {noFlags} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import {wordOffset} from './precision.ts';

const WORD = 4;

/** VLDR and VSTR of a double; NaNs pass unchanged, as WebAssembly's loads and stores promise. */
const doubleTransfer = (isWrite: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const address = emitter.temporary();
    emitter.register(operation, operation.n).code.constant(operation.immediate).op('i32.add').set(address);
    const place = emitter.access(operation, address, {size: 2 * WORD, isWrite, alignment: WORD});
    moveDouble(emitter, place, operation.d / 2, isWrite);
    if (!operation.writeBack) return;
    code
      .get(address)
      .constant(operation.a - operation.immediate)
      .op('i32.add');
    emitter.setRegister(operation.n);
  },
  flags: noFlags,
  keepsDoubles: true,
});
const moveDouble = (emitter: Emitter, {local, offset}: Place, number: number, isWrite: boolean): void => {
  const {code} = emitter;
  code.get(local);
  if (isWrite) emitter.double(number).code.memory('f64.store', offset);
  else {
    code.memory('f64.load', offset);
    emitter.setDouble(number);
  }
};

/** Words between memory and the state, two at a time; `amount` of them from word d, base plus `a` written back. */
const multiple = (isWrite: boolean): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {amount} = operation;
    if (amount === 2 && operation.d % 2 === 0) {
      doubleTransfer(isWrite).emit(emitter, operation);
      return;
    }
    emitter.forgetDoubles(operation.pipeline.vfpWrites);
    const address = emitter.temporary();
    emitter.register(operation, operation.n).code.constant(operation.immediate).op('i32.add').set(address);
    const place = emitter.access(operation, address, {size: WORD * amount, isWrite, alignment: WORD});
    for (let index = 0; index < amount; ) {
      const width = index + 2 <= amount ? 'i64' : 'i32';
      const [inMemory, inState] = [place.offset + WORD * index, wordOffset(operation.d + index)];
      if (isWrite) code.get(place.local).state();
      else code.state().get(place.local);
      code.memory(`${width}.load`, isWrite ? inState : inMemory);
      code.memory(`${width}.store`, isWrite ? inMemory : inState);
      index += width === 'i64' ? 2 : 1;
    }
    if (!operation.writeBack) return;
    emitter.register(operation, operation.n).code.constant(operation.a).op('i32.add');
    emitter.setRegister(operation.n);
  },
  flags: noFlags,
  keepsDoubles: true,
});

export const LOAD_STORE: Rows = [
  [transfers.load, multiple(false)],
  [transfers.store, multiple(true)],
  [transfers.loadDouble, doubleTransfer(false)],
  [transfers.storeDouble, doubleTransfer(true)],
];
