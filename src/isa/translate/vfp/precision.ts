/** What translations of VFP have in common: registers, which stay in the state, and what distinguishes the precisions. */
import {STATE} from '../../core/state.ts';
import type {Emitter} from '../emitter.ts';
import {DOUBLE, SINGLE, stateOffset} from '../locals.ts';
import type {MemoryOp, Op} from '../wasm/opcodes.ts';

/** Offset of a VFP word in the engine's memory. */
export const wordOffset = (word: number): number => stateOffset(STATE.vfp + word);

/** What distinguishes the precisions. */
export interface Precision {
  readonly words: 1 | 2;
  /** The first of three locals. */
  readonly local: number;
  readonly load: MemoryOp;
  readonly store: MemoryOp;
  readonly op: (name: 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'eq' | 'lt' | 'neg') => Op;
  readonly constant: (emitter: Emitter, value: number) => void;
  /** Mask of the exponent, whose largest value is that of infinities and NaNs. */
  readonly exponents: number;
}
export const F64: Precision = {
  words: 2,
  local: DOUBLE,
  load: 'f64.load',
  store: 'f64.store',
  op: (name) => `f64.${name}`,
  constant: ({code}, value) => void code.double(value),
  exponents: 0x7ff,
};
export const F32: Precision = {
  words: 1,
  local: SINGLE,
  load: 'f32.load',
  store: 'f32.store',
  op: (name) => `f32.${name}`,
  constant: ({code}, value) => void code.single(value),
  exponents: 0xff,
};

export const push = (emitter: Emitter, {words, load}: Precision, register: number): void => {
  if (words === 2) emitter.double(register);
  else emitter.code.state().memory(load, wordOffset(register));
};
export const put = (emitter: Emitter, {words, store}: Precision, register: number, local: number): void => {
  const {code} = emitter;
  if (words === 2) {
    code.get(local);
    emitter.setDouble(register);
  } else code.state().get(local).memory(store, wordOffset(register));
};
