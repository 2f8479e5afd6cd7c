/** Translations of hints, barriers, and the status and thread registers: DDI 0406C A5.2.11, A5.2.12, A5.6 and A5.7.1. */
import * as branches from '../a32/branch.ts';
import {mrs, msrImmediate, msrRegister} from '../a32/status.ts';
import * as unconditional from '../a32/unconditional.ts';
import type {Operation} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import {readFpscr} from '../vfp/system-register.ts';
import type {Emitter} from './emitter.ts';
import {ALL_FLAGS, CARRY, NEGATIVE, noFlags, OVERFLOW, ZERO} from './flags.ts';
import {plain} from './result.ts';
import type {Rows, Translation} from './translation.ts';

const nothing: Translation = {emit: () => {}, flags: noFlags};

const readWord = (word: number): Translation => plain((emitter) => emitter.loadState(word));
const writeWord = (word: number): Translation => ({
  emit: (emitter, operation) => emitter.storeState(word, () => emitter.register(operation, operation.d)),
  flags: noFlags,
});

const USER_MODE = 0x10;
/** What a fault in MSR would have, which only the interpreter raises. */
const BIG_ENDIAN = 0x200;

const readStatus: Translation = {
  ...plain((emitter) => {
    const {code} = emitter;
    emitter
      .flag(NEGATIVE)
      .code.constant(0x8000_0000 | 0)
      .op('i32.and');
    emitter.flag(ZERO).code.op('i32.eqz').constant(30).op('i32.shl').op('i32.or');
    emitter.flag(CARRY).code.constant(29).op('i32.shl').op('i32.or');
    emitter.flag(OVERFLOW).code.constant(28).op('i32.shl').op('i32.or');
    emitter.loadState(STATE.saturated).code.constant(27).op('i32.shl').op('i32.or');
    emitter.loadState(STATE.greaterEqual).code.constant(16).op('i32.shl').op('i32.or');
    code.constant(USER_MODE).op('i32.or');
  }),
  flags: () => ({reads: ALL_FLAGS, writes: 0}),
};

// Bit 1 of `form` selects NZCVQ, bit 0 GE.
const writeStatus = (push: (emitter: Emitter, operation: Operation) => void): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const value = emitter.temporary();
    push(emitter, operation);
    code.set(value);
    if ((operation.form & 2) !== 0) {
      code.get(value);
      emitter.setFlag(NEGATIVE);
      code.get(value).constant(-1).op('i32.xor').constant(0x4000_0000).op('i32.and');
      emitter.setFlag(ZERO);
      code.get(value).constant(29).op('i32.shr_u').constant(1).op('i32.and');
      code.get(value).constant(28).op('i32.shr_u').constant(1).op('i32.and');
      emitter.setCarryAndOverflow();
      emitter.flagSource = undefined;
      emitter.storeState(STATE.saturated, () => code.get(value).constant(27).op('i32.shr_u').constant(1).op('i32.and'));
    }
    if ((operation.form & 1) !== 0) {
      emitter.storeState(STATE.greaterEqual, () =>
        code.get(value).constant(16).op('i32.shr_u').constant(15).op('i32.and'),
      );
    }
  },
  flags: ({form}) => ({reads: 0, writes: (form & 2) !== 0 ? ALL_FLAGS : 0}),
});

export const SYSTEM: Rows = [
  [branches.nothing, nothing],
  [unconditional.nothing, nothing],
  [branches.readThreadPointer, readWord(STATE.threadPointer)],
  [branches.readThreadPointerWritable, readWord(STATE.threadPointerWritable)],
  [branches.writeThreadPointerWritable, writeWord(STATE.threadPointerWritable)],
  [mrs, readStatus],
  [
    msrRegister,
    writeStatus((emitter, operation) => {
      emitter.register(operation, operation.n);
      if ((operation.amount & 2) === 0) return;
      emitter.markPlace();
      emitter.register(operation, operation.n).code.constant(BIG_ENDIAN).op('i32.and');
      emitter.slowIf();
    }),
  ],
  [msrImmediate, writeStatus((emitter, operation) => void emitter.code.constant(operation.immediate))],
  [
    readFpscr,
    plain((emitter) => {
      emitter.loadState(STATE.fpscrFlags).loadState(STATE.fpscrModes).code.op('i32.or');
      emitter.loadState(STATE.fpscrCumulative).code.op('i32.or');
    }),
  ],
];
