/** What VLD1–VLD4 and VST1–VST4 do. Elements are little-endian, so VLD1 and VST1 of whole registers move bytes. */
import type {Cpu} from '../core/cpu.ts';
import {type Execute, type Operation, SP} from '../core/operation.ts';
import {beginRead, beginWrite, endWrite} from './access.ts';

export const REGISTER_BYTES = 8;

// `n` is the base, `m` the post-index register (15: none, 13: the bytes moved), `immediate` the bytes moved, `form` the
// alignment that is asked for. `list` has the registers in the order of their elements in memory, `d` and `amount` the
// first register and their number when they are consecutive; `a` is the lane of a single element.
const writeBack = (cpu: Cpu, op: Operation): void => {
  if (op.writeBack) cpu.r[op.n]! += op.m === SP ? op.immediate : cpu.r[op.m]!;
};

const copyBytes = (cpu: Cpu, to: number, from: number, size: number): void => {
  const {bytes, words} = cpu.memory;
  if (((to | from) & 3) === 0) {
    for (let word = 0; word < size >>> 2; word++) words[(to >>> 2) + word] = words[(from >>> 2) + word]!;
  } else {
    for (let byte = 0; byte < size; byte++) bytes[to + byte] = bytes[from + byte]!;
  }
};
const registerOffset = (cpu: Cpu, register: number): number => cpu.vfpBytes.byteOffset + REGISTER_BYTES * register;

/** VLD1 of `amount` whole registers. */
export const loadRegisters: Execute = (cpu, op) => {
  const size = op.immediate;
  const from = beginRead(cpu, op, cpu.r[op.n]!, size);
  copyBytes(cpu, registerOffset(cpu, op.d), from, size);
  writeBack(cpu, op);
};
/** VST1 of `amount` whole registers. */
export const storeRegisters: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const size = op.immediate;
  const to = beginWrite(cpu, op, address, size);
  copyBytes(cpu, to, registerOffset(cpu, op.d), size);
  endWrite(cpu, op, address, size, to);
  writeBack(cpu, op);
};

/** Structures of so many elements of so many bytes, in whole registers: all of the first structures' registers first. */
const loadStructures =
  (elements: number, elementBytes: number): Execute =>
  (cpu, op) => {
    const {list} = op;
    const {bytes} = cpu.memory;
    const vfp = cpu.vfpBytes;
    let from = beginRead(cpu, op, cpu.r[op.n]!, op.immediate);
    for (let group = 0; group < list.length; group += elements) {
      for (let at = 0; at < REGISTER_BYTES; at += elementBytes) {
        for (let element = 0; element < elements; element++) {
          const to = REGISTER_BYTES * list[group + element]! + at;
          for (let byte = 0; byte < elementBytes; byte++) vfp[to + byte] = bytes[from++]!;
        }
      }
    }
    writeBack(cpu, op);
  };
const storeStructures =
  (elements: number, elementBytes: number): Execute =>
  (cpu, op) => {
    const {list} = op;
    const {bytes} = cpu.memory;
    const vfp = cpu.vfpBytes;
    const address = cpu.r[op.n]!;
    const begin = beginWrite(cpu, op, address, op.immediate);
    let to = begin;
    for (let group = 0; group < list.length; group += elements) {
      for (let at = 0; at < REGISTER_BYTES; at += elementBytes) {
        for (let element = 0; element < elements; element++) {
          const from = REGISTER_BYTES * list[group + element]! + at;
          for (let byte = 0; byte < elementBytes; byte++) bytes[to++] = vfp[from + byte]!;
        }
      }
    }
    endWrite(cpu, op, address, op.immediate, begin);
    writeBack(cpu, op);
  };

/** One element for lane `a` of each register of the list. */
const loadLane =
  (elementBytes: number): Execute =>
  (cpu, op) => {
    const {list} = op;
    const {bytes} = cpu.memory;
    let from = beginRead(cpu, op, cpu.r[op.n]!, op.immediate);
    for (let element = 0; element < list.length; element++) {
      const to = REGISTER_BYTES * list[element]! + op.a * elementBytes;
      for (let byte = 0; byte < elementBytes; byte++) cpu.vfpBytes[to + byte] = bytes[from++]!;
    }
    writeBack(cpu, op);
  };
const storeLane =
  (elementBytes: number): Execute =>
  (cpu, op) => {
    const {list} = op;
    const {bytes} = cpu.memory;
    const address = cpu.r[op.n]!;
    const begin = beginWrite(cpu, op, address, op.immediate);
    let to = begin;
    for (let element = 0; element < list.length; element++) {
      const from = REGISTER_BYTES * list[element]! + op.a * elementBytes;
      for (let byte = 0; byte < elementBytes; byte++) bytes[to++] = cpu.vfpBytes[from + byte]!;
    }
    endWrite(cpu, op, address, op.immediate, begin);
    writeBack(cpu, op);
  };

/** One element for all lanes of each register of the list; VLD1 has one element for all its registers. */
const loadAllLanes =
  (elements: number, elementBytes: number): Execute =>
  (cpu, op) => {
    const {list} = op;
    const {bytes} = cpu.memory;
    const from = beginRead(cpu, op, cpu.r[op.n]!, op.immediate);
    for (let register = 0; register < list.length; register++) {
      const element = from + (elements === 1 ? 0 : elementBytes * register);
      const to = REGISTER_BYTES * list[register]!;
      for (let byte = 0; byte < REGISTER_BYTES; byte++) {
        cpu.vfpBytes[to + byte] = bytes[element + (byte & (elementBytes - 1))]!;
      }
    }
    writeBack(cpu, op);
  };

const bySize = (execute: (elementBytes: number) => Execute): readonly Execute[] => [1, 2, 4].map(execute);
/** Elements of a structure. */
export const ELEMENTS = [1, 2, 3, 4] as const;
const byElements = (execute: (elements: number, elementBytes: number) => Execute): readonly (readonly Execute[])[] =>
  ELEMENTS.map((elements) => bySize((elementBytes) => execute(elements, elementBytes)));

/** By elements of a structure (less 1) and size field; those of one element are {@link loadRegisters}. */
export const LOAD_STRUCTURES = byElements(loadStructures);
export const STORE_STRUCTURES = byElements(storeStructures);
/** By size field. */
export const LOAD_LANE = bySize(loadLane);
export const STORE_LANE = bySize(storeLane);
/** By elements of a structure (less 1) and size field. */
export const LOAD_ALL_LANES = byElements(loadAllLanes);
