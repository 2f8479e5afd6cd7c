/** Translations of extension, reversal, packing and bit fields (DDI 0406C A5.4 and their T32 forms). */
import * as media from '../a32/media.ts';
import type {Emitter} from './emitter.ts';
import {type Push, plain} from './result.ts';
import type {Rows, Translation} from './translation.ts';

export const pushRotated: Push = (emitter, operation) => {
  emitter.register(operation, operation.m);
  if (operation.amount !== 0) emitter.code.constant(operation.amount).op('i32.rotr');
};
const extension = (extend: (emitter: Emitter) => void, adds: boolean): Translation =>
  plain((emitter, operation) => {
    pushRotated(emitter, operation);
    extend(emitter);
    if (adds) emitter.register(operation, operation.n).code.op('i32.add');
  });
const signedByte = ({code}: Emitter): void => void code.op('i32.extend8_s');
const signedHalf = ({code}: Emitter): void => void code.op('i32.extend16_s');
const unsignedByte = ({code}: Emitter): void => void code.constant(0xff).op('i32.and');
const unsignedHalf = ({code}: Emitter): void => void code.constant(0xffff).op('i32.and');

const pushReversed: Push = (emitter, operation) => {
  const {code} = emitter;
  emitter
    .register(operation, operation.m)
    .code.constant(8)
    .op('i32.rotr')
    .constant(0xff00_ff00 | 0)
    .op('i32.and');
  emitter.register(operation, operation.m).code.constant(8).op('i32.rotl').constant(0x00ff_00ff).op('i32.and');
  code.op('i32.or');
};

export const pushPackShifted: Push = (emitter, operation) => {
  emitter.register(operation, operation.m);
  if (operation.form === 0) emitter.code.constant(operation.amount).op('i32.shl');
  else emitter.code.constant(operation.amount === 0 ? 31 : operation.amount).op('i32.shr_s');
};
const packed = (keptMask: number): Translation =>
  plain((emitter, operation) => {
    emitter.register(operation, operation.n).code.constant(keptMask).op('i32.and');
    pushPackShifted(emitter, operation);
    emitter.code.constant(~keptMask).op('i32.and').op('i32.or');
  });

export const BIT_FIELDS: Rows = [
  [media.sxtb, extension(signedByte, false)],
  [media.sxth, extension(signedHalf, false)],
  [media.uxtb, extension(unsignedByte, false)],
  [media.uxth, extension(unsignedHalf, false)],
  [media.sxtab, extension(signedByte, true)],
  [media.sxtah, extension(signedHalf, true)],
  [media.uxtab, extension(unsignedByte, true)],
  [media.uxtah, extension(unsignedHalf, true)],
  [
    media.clz,
    plain((emitter, operation) => {
      emitter.register(operation, operation.m).code.op('i32.clz');
    }),
  ],
  [media.rev, plain(pushReversed)],
  [
    media.rev16,
    plain((emitter, operation) => {
      pushReversed(emitter, operation);
      emitter.code.constant(16).op('i32.rotl');
    }),
  ],
  [
    media.revsh,
    plain((emitter, operation) => {
      pushReversed(emitter, operation);
      emitter.code.constant(16).op('i32.shr_s');
    }),
  ],
  [
    media.ubfx,
    plain((emitter, operation) => {
      emitter.register(operation, operation.n).code.constant(operation.amount).op('i32.shr_u');
      emitter.code.constant(operation.immediate).op('i32.and');
    }),
  ],
  [
    media.sbfx,
    plain((emitter, operation) => {
      const unused = Math.clz32(operation.immediate);
      emitter.register(operation, operation.n).code.constant(operation.amount).op('i32.shr_u');
      emitter.code.constant(unused).op('i32.shl').constant(unused).op('i32.shr_s');
    }),
  ],
  [
    media.bfi,
    plain((emitter, operation) => {
      const mask = operation.immediate << operation.amount;
      emitter.register(operation, operation.d).code.constant(~mask).op('i32.and');
      emitter.register(operation, operation.n).code.constant(operation.amount).op('i32.shl');
      emitter.code.constant(mask).op('i32.and').op('i32.or');
    }),
  ],
  [
    media.bfc,
    plain((emitter, operation) => {
      emitter
        .register(operation, operation.d)
        .code.constant(~(operation.immediate << operation.amount))
        .op('i32.and');
    }),
  ],
  [media.pkhbt, packed(0xffff)],
  [media.pkhtb, packed(0xffff_0000 | 0)],
];
