/** Translations of shifts of lanes by lanes, one lane after the other: WebAssembly shifts all by one distance. */
import {noFlags} from '../flags.ts';
import type {Translation} from '../translation.ts';
import type {MemoryOp} from '../wasm/opcodes.ts';
import {REGISTER_BYTES, registerOffset} from './vectors.ts';

/** Signed and unsigned, by size. */
const LANE_LOADS: readonly (readonly [MemoryOp, MemoryOp])[] = [
  ['i32.load8_s', 'i32.load8_u'],
  ['i32.load16_s', 'i32.load16_u'],
  ['i32.load', 'i32.load'],
  ['i64.load', 'i64.load'],
];
const LANE_STORES: readonly MemoryOp[] = ['i32.store8', 'i32.store16', 'i32.store', 'i64.store'];

/** By lane: operands of VSHL stand the other way round, and the amount is the signed low byte of n's lane. */
export const shiftByRegister = (size: number, signed: boolean): Translation => {
  const type = size === 3 ? 'i64' : 'i32';
  const load = LANE_LOADS[size]![signed ? 0 : 1];
  const store = LANE_STORES[size]!;
  const bytes = 1 << size;
  // Of lanes shorter than a word, the sign or zeros are shifted in from beyond.
  const limit = type === 'i64' ? 64 : 32;
  return {
    emit: (emitter, operation) => {
      const {code} = emitter;
      const {d, n, m, amount} = operation;
      const by = emitter.temporary();
      for (let at = 0; at < REGISTER_BYTES * amount; at += bytes) {
        code
          .state()
          .memory('i32.load8_s', registerOffset(n) + at)
          .set(by);
        const pushValue = (): void => void code.state().memory(load, registerOffset(m) + at);
        const pushAmount = (): void => void (type === 'i64' && code.op('i64.extend_i32_u'));
        const nothing = (): void => void (type === 'i64' ? code.constant64(0, 0) : code.constant(0));
        code.state();
        pushValue();
        code.get(by);
        pushAmount();
        code.op(`${type}.shl`);
        nothing();
        code.get(by).constant(limit).op('i32.lt_s').op('select');
        // To the right: by the distance, or all the way.
        pushValue();
        code
          .constant(0)
          .get(by)
          .op('i32.sub')
          .constant(limit - 1);
        code.get(by).constant(-limit).op('i32.gt_s').op('select');
        pushAmount();
        code.op(`${type}.${signed ? 'shr_s' : 'shr_u'}`);
        if (!signed) {
          nothing();
          code.get(by).constant(-limit).op('i32.gt_s').op('select');
        }
        code.get(by).constant(0).op('i32.ge_s').op('select');
        code.memory(store, registerOffset(d) + at);
      }
    },
    flags: noFlags,
  };
};
