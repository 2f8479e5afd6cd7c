/**
 * A32 synchronisation primitives, SWP among them: DDI 0406C A5.2.10 and A3.4. One core: the local monitor alone decides. A store-exclusive
 * that fails makes no access.
 */

import {accessMeta, READ, WRITE} from '../../trace/records.ts';
import {
  beginAligned,
  loadByte,
  loadHalfWord,
  loadWord,
  readAlignedWord,
  recordAccess,
  storeByte,
  storeHalfWord,
  storeWord,
  writeAlignedWord,
  writeByte,
} from '../core/access.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {type Execute, type Operands, type Operation, PC, type Row, registers, reject} from '../core/operation.ts';

const DOUBLE = 8;

const checkAlignment = (cpu: Cpu, op: Operation, address: number, size: number): void => {
  if ((address & (size - 1)) !== 0) cpu.fault(op, address, 'alignment');
};

/** Reserves the address of a load; `immediate` holds the size. */
export const reserve = (cpu: Cpu, op: Operation, address: number): number => {
  checkAlignment(cpu, op, address, op.immediate);
  cpu.exclusiveAddress = address;
  cpu.exclusiveSize = op.immediate;
  return address;
};

/** Whether the store may proceed; either way the monitor opens, and Rd says the outcome. */
export const claim = (cpu: Cpu, op: Operation, address: number): boolean => {
  checkAlignment(cpu, op, address, op.immediate);
  const held = cpu.exclusiveSize === op.immediate && cpu.exclusiveAddress === address;
  cpu.exclusiveSize = 0;
  return held;
};

export const ldrex: Execute = (cpu, op) => {
  cpu.r[op.d] = loadWord(cpu, op, reserve(cpu, op, cpu.r[op.n]!));
};
export const ldrexb: Execute = (cpu, op) => {
  cpu.r[op.d] = loadByte(cpu, op, reserve(cpu, op, cpu.r[op.n]!));
};
export const ldrexh: Execute = (cpu, op) => {
  cpu.r[op.d] = loadHalfWord(cpu, op, reserve(cpu, op, cpu.r[op.n]!));
};
export const ldrexd: Execute = (cpu, op) => {
  const address = reserve(cpu, op, cpu.r[op.n]!);
  beginAligned(cpu, op, address, DOUBLE);
  const low = readAlignedWord(cpu, op, address);
  cpu.r[op.d + 1] = readAlignedWord(cpu, op, address + 4);
  cpu.r[op.d] = low;
};
export const strex: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) storeWord(cpu, op, address, cpu.r[op.m]!);
  cpu.r[op.d] = held ? 0 : 1;
};
export const strexb: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) storeByte(cpu, op, address, cpu.r[op.m]!);
  cpu.r[op.d] = held ? 0 : 1;
};
export const strexh: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) storeHalfWord(cpu, op, address, cpu.r[op.m]!);
  cpu.r[op.d] = held ? 0 : 1;
};
export const strexd: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) {
    if (cpu.recording) recordAccess(cpu, address, op.meta);
    writeAlignedWord(cpu, op, address, cpu.r[op.m]!);
    writeAlignedWord(cpu, op, address + 4, cpu.r[op.m + 1]!);
  }
  cpu.r[op.d] = held ? 0 : 1;
};

/** The second record of a swap is a write. */
const recordWrite = (cpu: Cpu, op: Operation, address: number): void => {
  if (cpu.recording) recordAccess(cpu, address, op.meta | WRITE_KIND);
};
const WRITE_KIND = accessMeta(0, WRITE, 0);

export const swp: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const value = cpu.r[op.m]!;
  checkAlignment(cpu, op, address, 4);
  const old = loadWord(cpu, op, address);
  recordWrite(cpu, op, address);
  writeAlignedWord(cpu, op, address, value);
  cpu.r[op.d] = old;
};
export const swpb: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const value = cpu.r[op.m]!;
  const old = loadByte(cpu, op, address);
  recordWrite(cpu, op, address);
  writeByte(cpu, op, address, value);
  cpu.r[op.d] = old;
};

export const clearExclusive: Execute = (cpu) => {
  cpu.exclusiveSize = 0;
};

const general = (...numbers: readonly number[]): number => {
  reject(numbers.includes(PC), 'pc as an operand is UNPREDICTABLE');
  return registers(...numbers);
};

const pairOf = (first: number, size: number): readonly number[] => {
  if (size !== DOUBLE) return [first];
  reject(first % 2 === 1 || first === 14, 'a double transfer starts at an even register below 14');
  return [first, first + 1];
};

/** A load of these registers from [Rn]. */
export const exclusiveLoad = (size: number, n: number, values: readonly number[]): Operands => ({
  class: size === DOUBLE ? 'load-pair' : 'load',
  d: values[0]!,
  n,
  immediate: size,
  access: {kind: READ, size, exclusive: true},
  reads: general(n),
  readsEarly: general(n),
  writes: general(...values),
});

/** A store of these registers to [Rn], whose outcome goes to Rd. */
export const exclusiveStore = (size: number, n: number, d: number, values: readonly number[]): Operands => {
  reject(d === n || values.includes(d), 'a status register that is also an operand is UNPREDICTABLE');
  return {
    class: size === DOUBLE ? 'store-pair' : 'store',
    d,
    n,
    m: values[0]!,
    immediate: size,
    access: {kind: WRITE, size, exclusive: true},
    reads: general(n, ...values),
    readsEarly: general(n),
    writes: general(d),
  };
};

const load =
  (size: number) =>
  (fields: Fields): Operands =>
    exclusiveLoad(size, fields('Rn'), pairOf(fields('Rt'), size));
const store =
  (size: number) =>
  (fields: Fields): Operands =>
    exclusiveStore(size, fields('Rn'), fields('Rd'), pairOf(fields('Rt'), size));

/** SWP and SWPB: what the register of the second operand holds goes to memory, what was there to the first. */
const swapOperands =
  (size: number) =>
  (fields: Fields): Operands => {
    const [n, d, m] = [fields('Rn'), fields('Rt'), fields('Rt2')];
    reject(n === d || n === m, 'a swap with its own address is UNPREDICTABLE');
    return {
      class: 'load',
      d,
      n,
      m,
      access: {kind: READ, size},
      // A block ends here, so that its accesses, two of them from a swap, stay countable.
      end: 'fall-through',
      reads: general(n, m),
      readsEarly: general(n),
      writes: general(d),
    };
  };

export const EXCLUSIVE: readonly Row[] = [
  {name: 'SWP', bits: 'cond:4 0001 0000 Rn:4 Rt:4 (0000) 1001 Rt2:4', operands: swapOperands(4), execute: swp},
  {name: 'SWPB', bits: 'cond:4 0001 0100 Rn:4 Rt:4 (0000) 1001 Rt2:4', operands: swapOperands(1), execute: swpb},
  {name: 'STREX', bits: 'cond:4 0001 1000 Rn:4 Rd:4 (1111) 1001 Rt:4', operands: store(4), execute: strex},
  {name: 'LDREX', bits: 'cond:4 0001 1001 Rn:4 Rt:4 (1111) 1001 (1111)', operands: load(4), execute: ldrex},
  {name: 'STREXD', bits: 'cond:4 0001 1010 Rn:4 Rd:4 (1111) 1001 Rt:4', operands: store(8), execute: strexd},
  {name: 'LDREXD', bits: 'cond:4 0001 1011 Rn:4 Rt:4 (1111) 1001 (1111)', operands: load(8), execute: ldrexd},
  {name: 'STREXB', bits: 'cond:4 0001 1100 Rn:4 Rd:4 (1111) 1001 Rt:4', operands: store(1), execute: strexb},
  {name: 'LDREXB', bits: 'cond:4 0001 1101 Rn:4 Rt:4 (1111) 1001 (1111)', operands: load(1), execute: ldrexb},
  {name: 'STREXH', bits: 'cond:4 0001 1110 Rn:4 Rd:4 (1111) 1001 Rt:4', operands: store(2), execute: strexh},
  {name: 'LDREXH', bits: 'cond:4 0001 1111 Rn:4 Rt:4 (1111) 1001 (1111)', operands: load(2), execute: ldrexh},
];
