/** Translations of VFP moves of bits between registers, and between them and core registers (DDI 0406C A7.5, A7.8, A7.9). */
import * as moves from '../../vfp/move.ts';
import * as core from '../../vfp/transfer.ts';
import type {Emitter} from '../emitter.ts';
import {noFlags} from '../flags.ts';
import type {Rows, Translation} from '../translation.ts';
import {wordOffset} from './precision.ts';

const SIGN = 0x8000_0000 | 0;

/** Bits moved between words of the state. */
const bitMove = (words: 1 | 2, change?: (emitter: Emitter) => void): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    if (words === 2) {
      code
        .state()
        .state()
        .memory('i32.load', wordOffset(2 * operation.m));
      code.memory('i32.store', wordOffset(2 * operation.d));
    }
    const top = words - 1;
    code
      .state()
      .state()
      .memory('i32.load', wordOffset(words * operation.m + top));
    change?.(emitter);
    code.memory('i32.store', wordOffset(words * operation.d + top));
  },
  flags: noFlags,
});
const clearSign = ({code}: Emitter): void => void code.constant(~SIGN).op('i32.and');
const flipSign = ({code}: Emitter): void => void code.constant(SIGN).op('i32.xor');

const immediate = (words: 1 | 2): Translation => ({
  emit: ({code}, operation) => {
    if (words === 2)
      code
        .state()
        .constant(0)
        .memory('i32.store', wordOffset(2 * operation.d));
    code
      .state()
      .constant(operation.immediate)
      .memory('i32.store', wordOffset(words * operation.d + words - 1));
  },
  flags: noFlags,
});

/** Core registers d and a from or to the words m and m + 1. */
const toCore = (count: 1 | 2): Translation => ({
  emit: (emitter, operation) => {
    for (const [index, number] of [operation.d, operation.a].slice(0, count).entries()) {
      emitter.code.state().memory('i32.load', wordOffset(operation.m + index));
      emitter.setRegister(number);
    }
  },
  flags: noFlags,
});
const fromCore = (count: 1 | 2): Translation => ({
  emit: (emitter, operation) => {
    for (const [index, number] of [operation.d, operation.a].slice(0, count).entries()) {
      emitter.code.state();
      emitter.register(operation, number).code.memory('i32.store', wordOffset(operation.m + index));
    }
  },
  flags: noFlags,
});

export const MOVE: Rows = [
  [moves.move64, bitMove(2)],
  [moves.move32, bitMove(1)],
  [moves.absolute64, bitMove(2, clearSign)],
  [moves.absolute32, bitMove(1, clearSign)],
  [moves.negate64, bitMove(2, flipSign)],
  [moves.negate32, bitMove(1, flipSign)],
  [moves.immediate64, immediate(2)],
  [moves.immediate32, immediate(1)],
  [core.wordToCore, toCore(1)],
  [core.wordsToCore, toCore(2)],
  [core.coreToWord, fromCore(1)],
  [core.coreToWords, fromCore(2)],
];
