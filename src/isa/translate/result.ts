/** Where translations of integer instructions put results, and N and Z of them. */
import {type Operation, PC} from '../core/operation.ts';
import type {Emitter} from './emitter.ts';
import {NEGATIVE, noFlags, ZERO} from './flags.ts';
import {TARGET} from './locals.ts';
import type {Translation} from './translation.ts';

export const NZ = NEGATIVE | ZERO;

/** Pops the result into Rd; a write of pc goes to TARGET, for the block's end. */
export const setResult = (emitter: Emitter, operation: Operation, number = operation.d): void => {
  if (number === PC) emitter.code.set(TARGET);
  else emitter.setRegister(number);
};

export const setNegativeZero = (emitter: Emitter, result: number): void => {
  const {code, liveFlags} = emitter;
  if ((liveFlags & NEGATIVE) !== 0) {
    code.get(result);
    emitter.setFlag(NEGATIVE);
  }
  if ((liveFlags & ZERO) !== 0) {
    code.get(result);
    emitter.setFlag(ZERO);
  }
};

/** N and Z from a copy of the result that later conditions may use. */
export const keepResult = (emitter: Emitter): number => {
  const result = emitter.kept();
  emitter.flagSource = result === undefined ? undefined : {kind: 'result', result};
  return result ?? emitter.temporary();
};

/** Rd from registers n, m and a, without flags. */
export type Push = (emitter: Emitter, operation: Operation) => void;
export const plain = (push: Push): Translation => ({
  emit: (emitter, operation) => {
    push(emitter, operation);
    setResult(emitter, operation);
  },
  flags: noFlags,
});
