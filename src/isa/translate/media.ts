/** Translations of saturation to a width, RBIT, SEL, and of what works on the bytes or half-words of a word (DDI 0406C A5.4). */
import {usad8, usada8} from '../a32/dual-multiply.ts';
import * as media from '../a32/media.ts';
import {PARALLEL_BOTH} from '../a32/parallel.ts';
import type {Operation} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import {pushPackShifted, pushRotated} from './bit-fields.ts';
import type {Emitter} from './emitter.ts';
import {VECTOR} from './locals.ts';
import {setSaturatedIf} from './multiply.ts';
import {type Push, plain} from './result.ts';
import type {Rows, Translation} from './translation.ts';

/** Clamps a local, and sets Q when that changes it. */
const clamp = (emitter: Emitter, value: number, low: number, high: number): number => {
  const {code} = emitter;
  const clamped = emitter.temporary();
  code.constant(low).get(value).get(value).constant(low).op('i32.lt_s').op('select').set(clamped);
  code.constant(high).get(clamped).get(clamped).constant(high).op('i32.gt_s').op('select').set(clamped);
  setSaturatedIf(emitter, () => code.get(value).get(clamped).op('i32.ne'));
  return clamped;
};

// SSAT encodes its width less 1, which is also the number of bits beside the sign.
const rangeOf = (signed: boolean, {immediate}: Operation): readonly [number, number] => {
  const high = 2 ** immediate - 1;
  return [signed ? -high - 1 : 0, high];
};

const saturation = (signed: boolean): Translation =>
  plain((emitter, operation) => {
    const value = emitter.temporary();
    pushPackShifted(emitter, operation);
    emitter.code.set(value);
    emitter.code.get(clamp(emitter, value, ...rangeOf(signed, operation)));
  });

const halvesSaturation = (signed: boolean): Translation =>
  plain((emitter, operation) => {
    const {code} = emitter;
    const [low, high] = [emitter.temporary(), emitter.temporary()];
    emitter.register(operation, operation.m).code.op('i32.extend16_s').set(low);
    emitter.register(operation, operation.m).code.constant(16).op('i32.shr_s').set(high);
    code
      .get(clamp(emitter, low, ...rangeOf(signed, operation)))
      .constant(0xffff)
      .op('i32.and');
    code
      .get(clamp(emitter, high, ...rangeOf(signed, operation)))
      .constant(16)
      .op('i32.shl')
      .op('i32.or');
  });

const swapBits = (emitter: Emitter, value: number, mask: number, distance: number): void => {
  const {code} = emitter;
  code.get(value).constant(mask).op('i32.and').constant(distance).op('i32.shl');
  code.get(value).constant(distance).op('i32.shr_u').constant(mask).op('i32.and').op('i32.or').set(value);
};
const reverseBits: Push = (emitter, operation) => {
  const {code} = emitter;
  const value = emitter.temporary();
  emitter.register(operation, operation.m).code.set(value);
  swapBits(emitter, value, 0x5555_5555, 1);
  swapBits(emitter, value, 0x3333_3333, 2);
  swapBits(emitter, value, 0x0f0f_0f0f, 4);
  swapBits(emitter, value, 0x00ff_00ff, 8);
  code.get(value).constant(16).op('i32.rotl');
};

/** A bit of GE for each byte: a multiplication puts each into its own. */
const select: Push = (emitter, operation) => {
  const {code} = emitter;
  const mask = emitter.temporary();
  emitter.loadState(STATE.greaterEqual).code.constant(0x0020_4081).op('i32.mul').constant(0x0101_0101).op('i32.and');
  code.constant(0xff).op('i32.mul').set(mask);
  emitter.register(operation, operation.n).code.get(mask).op('i32.and');
  emitter.register(operation, operation.m).code.get(mask).constant(-1).op('i32.xor').op('i32.and').op('i32.or');
};

/** Sign- or zero-extends bytes 0 and 2. */
const pushHalves = (signed: boolean, emitter: Emitter, operation: Operation): void => {
  const {code} = emitter;
  if (!signed) {
    pushRotated(emitter, operation);
    code.constant(0x00ff_00ff).op('i32.and');
    return;
  }
  pushRotated(emitter, operation);
  code.op('i32.extend8_s').constant(0xffff).op('i32.and');
  pushRotated(emitter, operation);
  code.constant(16).op('i32.shr_s').op('i32.extend8_s').constant(16).op('i32.shl').op('i32.or');
};
const halvesExtension = (signed: boolean): Translation =>
  plain((emitter, operation) => pushHalves(signed, emitter, operation));
const halvesExtensionAdd = (signed: boolean): Translation =>
  plain((emitter, operation) => {
    const {code} = emitter;
    const value = emitter.temporary();
    pushHalves(signed, emitter, operation);
    code.set(value);
    emitter.register(operation, operation.n).code.get(value).op('i32.add').constant(0xffff).op('i32.and');
    emitter.register(operation, operation.n).code.constant(~0xffff).op('i32.and');
    code.get(value).constant(~0xffff).op('i32.and').op('i32.add').op('i32.or');
  });

// From here on a word is the lowest of a vector, whose other words do not matter.
const A = VECTOR;
const B = VECTOR + 1;

const setVector = (emitter: Emitter, operation: Operation, register: number, local: number): void => {
  emitter.register(operation, register).code.vector('i32x4.splat').set(local);
};

const differences = (accumulates: boolean): Translation =>
  plain((emitter, operation) => {
    const {code} = emitter;
    setVector(emitter, operation, operation.n, A);
    setVector(emitter, operation, operation.m, B);
    code.get(A).get(B).vector('i8x16.max_u').get(A).get(B).vector('i8x16.min_u').vector('i8x16.sub');
    code.vector('i16x8.extadd_pairwise_i8x16_u').vector('i32x4.extadd_pairwise_i16x8_u').extractWord();
    if (accumulates) emitter.register(operation, operation.a).code.op('i32.add');
  });

type Shape = 'i8x16' | 'i16x8';
type Prefix = 'S' | 'Q' | 'SH' | 'U' | 'UQ' | 'UH';

/** Pushes the lanes' halved sums or differences: what both share, or what one has more, counts whole. */
const pushHalving = ({code}: Emitter, shape: Shape, signed: boolean, isAdd: boolean): void => {
  code
    .get(A)
    .get(B)
    .vector('v128.xor')
    .constant(1)
    .vector(`${shape}.${signed ? 'shr_s' : 'shr_u'}`);
  if (isAdd) code.get(A).get(B).vector('v128.and').vector(`${shape}.add`);
  else code.get(B).get(A).vector('v128.andnot').vector(`${shape}.sub`);
};

const pushLanes = (emitter: Emitter, prefix: Prefix, shape: Shape, isAdd: boolean): void => {
  if (prefix === 'SH' || prefix === 'UH') {
    pushHalving(emitter, shape, prefix === 'SH', isAdd);
    return;
  }
  const name = isAdd ? 'add' : 'sub';
  const suffix = prefix === 'Q' ? '_sat_s' : prefix === 'UQ' ? '_sat_u' : '';
  emitter.code.get(A).get(B).vector(`${shape}.${name}${suffix}`);
};

/** Pushes masks of the lanes that set GE: a sum or difference of at least 0, or an unsigned sum that carries. */
const pushGreaterEqual = ({code}: Emitter, prefix: Prefix, shape: Shape, isAdd: boolean): void => {
  if (prefix === 'S') {
    // Saturation keeps the exact result's sign.
    code
      .get(A)
      .get(B)
      .vector(`${shape}.${isAdd ? 'add' : 'sub'}_sat_s`)
      .vectorConstant(ZERO)
      .vector(`${shape}.ge_s`);
  } else if (isAdd) code.get(A).get(B).vector(`${shape}.add`).get(A).vector(`${shape}.lt_u`);
  else code.get(A).get(B).vector(`${shape}.ge_u`);
};
const ZERO: readonly number[] = new Array(16).fill(0);

/** Pushes the low half of one word and the high half of another: of sums and differences, which is where. */
const mixed = (emitter: Emitter, lowMask: number, addsLow: boolean, pushOf: (isAdd: boolean) => void): void => {
  const {code} = emitter;
  pushOf(addsLow);
  code.constant(lowMask).op('i32.and');
  pushOf(!addsLow);
  code.constant(~lowMask).op('i32.and').op('i32.or');
};

const parallel = (prefix: Prefix, kind: string): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const shape: Shape = kind.endsWith('8') ? 'i8x16' : 'i16x8';
    setVector(emitter, operation, operation.n, A);
    emitter.register(operation, operation.m);
    const exchanges = kind === 'ASX' || kind === 'SAX';
    if (exchanges) code.constant(16).op('i32.rotl');
    code.vector('i32x4.splat').set(B);
    const push = (isAdd: boolean): void => {
      pushLanes(emitter, prefix, shape, isAdd);
      code.extractWord();
    };
    const pushGe = (isAdd: boolean): void => {
      pushGreaterEqual(emitter, prefix, shape, isAdd);
      code.vector('i8x16.bitmask');
    };
    const isAdd = kind.startsWith('ADD');
    // SAX adds the lower halves, ASX the upper ones.
    if (exchanges) mixed(emitter, 0xffff, kind === 'SAX', push);
    else push(isAdd);
    emitter.setRegister(operation.d);
    if (prefix !== 'S' && prefix !== 'U') return;
    emitter.storeState(STATE.greaterEqual, () => {
      if (exchanges) mixed(emitter, 3, kind === 'SAX', pushGe);
      else pushGe(isAdd);
      code.constant(15).op('i32.and');
    });
  },
  flags: () => ({reads: 0, writes: 0}),
});

const KINDS = /^(.*)(ADD16|ASX|SAX|SUB16|ADD8|SUB8)$/;
const PARALLEL = PARALLEL_BOTH.map(({name, execute}) => {
  const [, prefix, kind] = KINDS.exec(name) as unknown as [string, Prefix, string];
  return [execute, parallel(prefix, kind)] as const;
});

export const MEDIA: Rows = [
  [media.ssat, saturation(true)],
  [media.usat, saturation(false)],
  [media.ssat16, halvesSaturation(true)],
  [media.usat16, halvesSaturation(false)],
  [media.rbit, plain(reverseBits)],
  [media.sel, plain(select)],
  [media.sxtb16, halvesExtension(true)],
  [media.uxtb16, halvesExtension(false)],
  [media.sxtab16, halvesExtensionAdd(true)],
  [media.uxtab16, halvesExtensionAdd(false)],
  [usad8, differences(false)],
  [usada8, differences(true)],
  ...PARALLEL,
];
