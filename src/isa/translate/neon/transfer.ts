/** Translations of element and structure accesses (DDI 0406C A7.7), and of moves between core registers and scalars (A7.8). */
import {type Execute, type Operation, SP} from '../../core/operation.ts';
import {STATE} from '../../core/state.ts';
import * as structures from '../../neon/structures.ts';
import * as core from '../../vfp/transfer.ts';
import type {Place} from '../access-check.ts';
import type {Emitter} from '../emitter.ts';
import {noFlags} from '../flags.ts';
import {stateOffset} from '../locals.ts';
import type {Translation} from '../translation.ts';
import type {MemoryOp} from '../wasm/opcodes.ts';
import {registerOffset} from './vectors.ts';

const {REGISTER_BYTES} = structures;
const VECTOR_BYTES = 16;
const VFP = stateOffset(STATE.vfp);
interface Widths {
  readonly load: MemoryOp;
  readonly store: MemoryOp;
}
/** By size field. */
const WIDTHS: readonly Widths[] = [
  {load: 'i32.load8_u', store: 'i32.store8'},
  {load: 'i32.load16_u', store: 'i32.store16'},
  {load: 'i32.load', store: 'i32.store'},
];

/** Where a byte of the access goes to, or comes from: offsets from the address and in the engine's memory. */
interface Move {
  readonly inMemory: number;
  readonly inState: number;
}

/** `immediate` is the access's size and `form` its alignment; `m` is what is added to the base: 15 nothing, 13 the size. */
const transfer = (
  isWrite: boolean,
  body: (emitter: Emitter, operation: Operation, place: Place) => void,
): Translation => ({
  emit: (emitter, operation) => {
    const {code} = emitter;
    const {n, m, immediate: size, form: alignment} = operation;
    const address = emitter.temporary();
    emitter.register(operation, n).code.set(address);
    body(emitter, operation, emitter.access(operation, address, {size, isWrite, alignment}));
    if (!operation.writeBack) return;
    code.get(address);
    if (m === SP) code.constant(size);
    else emitter.register(operation, m);
    code.op('i32.add');
    emitter.setRegister(n);
  },
  flags: noFlags,
});

/** Whole registers, two at a time. */
const registers = (isWrite: boolean): Translation =>
  transfer(isWrite, ({code}, {d, immediate: size}, {local, offset}) => {
    for (let at = 0; at < size; ) {
      const isPair = at + VECTOR_BYTES <= size;
      const [inMemory, inState] = [offset + at, registerOffset(d) + at];
      if (isWrite) code.get(local).state();
      else code.state().get(local);
      if (isPair) code.vectorMemory('v128.load', isWrite ? inState : inMemory);
      else code.memory('i64.load', isWrite ? inState : inMemory);
      if (isPair) code.vectorMemory('v128.store', isWrite ? inMemory : inState);
      else code.memory('i64.store', isWrite ? inMemory : inState);
      at += isPair ? VECTOR_BYTES : REGISTER_BYTES;
    }
  });

/** Elements one by one. */
const elements = (isWrite: boolean, size: number, movesOf: (operation: Operation) => readonly Move[]): Translation =>
  transfer(isWrite, ({code}, operation, {local, offset}) => {
    const {load, store} = WIDTHS[size]!;
    for (const {inMemory, inState} of movesOf(operation)) {
      if (isWrite)
        code
          .get(local)
          .state()
          .memory(load, inState)
          .memory(store, offset + inMemory);
      else
        code
          .state()
          .get(local)
          .memory(load, offset + inMemory)
          .memory(store, inState);
    }
  });

/** In the order of memory: an element for each of some registers, and again for their next lanes. */
const structureMoves =
  (count: number, size: number) =>
  ({list}: Operation): readonly Move[] => {
    const moves: Move[] = [];
    for (let group = 0; group < list.length; group += count) {
      for (let at = 0; at < REGISTER_BYTES; at += 1 << size) {
        for (const register of list.slice(group, group + count)) {
          moves.push({inMemory: moves.length << size, inState: registerOffset(register) + at});
        }
      }
    }
    return moves;
  };
const laneMoves =
  (size: number) =>
  ({list, a: lane}: Operation): readonly Move[] =>
    list.map((register, index) => ({inMemory: index << size, inState: registerOffset(register) + (lane << size)}));

/** An element for all lanes of each register; of a structure of one, for all registers. */
const allLanes = (count: number, size: number): Translation =>
  transfer(false, ({code}, {list}, {local, offset}) => {
    const splat = (['v128.load8_splat', 'v128.load16_splat', 'v128.load32_splat'] as const)[size]!;
    for (const [index, register] of list.entries()) {
      code
        .state()
        .get(local)
        .vectorMemory(splat, offset + (count === 1 ? 0 : index << size));
      code.vectorMemory('v128.store64_lane', registerOffset(register));
    }
  });

type Rows = readonly (readonly [Execute, Translation])[];
const bySize = (executes: readonly Execute[], translationOf: (size: number) => Translation): Rows =>
  executes.map((execute, size) => [execute, translationOf(size)] as const);
const ofStructures = (
  executes: readonly (readonly Execute[])[],
  translationOf: (count: number, size: number) => Translation,
): Rows => executes.flatMap((ofCount, index) => bySize(ofCount, (size) => translationOf(index + 1, size)));

const toCore = (load: MemoryOp, bytes: number): Translation => ({
  emit: (emitter, operation) => {
    emitter.code.state().memory(load, VFP + bytes * operation.m);
    emitter.setRegister(operation.d);
  },
  flags: noFlags,
});
const fromCore = (store: MemoryOp, bytes: number): Translation => ({
  emit: (emitter, operation) => {
    emitter.code.state();
    emitter.register(operation, operation.d).code.memory(store, VFP + bytes * operation.m);
  },
  flags: noFlags,
});

/** `amount` words from word m: copies of those bits of the register that `a` has. */
const duplicate: Translation = {
  emit: (emitter, operation) => {
    const {code} = emitter;
    code.state();
    emitter.register(operation, operation.d);
    if (operation.immediate === 0x0101_0101) code.vector('i8x16.splat');
    else code.vector(operation.immediate === 1 ? 'i32x4.splat' : 'i16x8.splat');
    code.vectorMemory(operation.amount === 4 ? 'v128.store' : 'v128.store64_lane', VFP + 4 * operation.m);
  },
  flags: noFlags,
};

export const NEON_TRANSFER: Rows = [
  [structures.loadRegisters, registers(false)],
  [structures.storeRegisters, registers(true)],
  ...ofStructures(structures.LOAD_STRUCTURES, (count, size) => elements(false, size, structureMoves(count, size))),
  ...ofStructures(structures.STORE_STRUCTURES, (count, size) => elements(true, size, structureMoves(count, size))),
  ...bySize(structures.LOAD_LANE, (size) => elements(false, size, laneMoves(size))),
  ...bySize(structures.STORE_LANE, (size) => elements(true, size, laneMoves(size))),
  ...ofStructures(structures.LOAD_ALL_LANES, allLanes),
  [core.coreToByte, fromCore('i32.store8', 1)],
  [core.byteToCore, toCore('i32.load8_u', 1)],
  [core.signedByteToCore, toCore('i32.load8_s', 1)],
  [core.coreToHalfWord, fromCore('i32.store16', 2)],
  [core.halfWordToCore, toCore('i32.load16_u', 2)],
  [core.signedHalfWordToCore, toCore('i32.load16_s', 2)],
  [core.duplicate, duplicate],
];
