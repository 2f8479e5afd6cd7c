/**
 * A32 synchronisation primitives: DDI 0406C A5.2.10 and A3.4. One core: the local monitor alone decides. A store-exclusive
 * that fails makes no access.
 */

import {READ, WRITE} from '../../trace/records.ts';
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
} from '../core/access.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {GuestFault} from '../core/errors.ts';
import {type Execute, type Operands, type Operation, PC, type Row, registers, reject} from '../core/operation.ts';

const DOUBLE = 8;

const checkAlignment = (op: Operation, address: number, size: number): void => {
  if ((address & (size - 1)) !== 0) throw new GuestFault(op.address, address, 'alignment');
};

/** Reserves the address of a load; `immediate` holds the size. */
const reserve = (cpu: Cpu, op: Operation): number => {
  const address = cpu.r[op.n]!;
  checkAlignment(op, address, op.immediate);
  cpu.exclusiveAddress = address;
  cpu.exclusiveSize = op.immediate;
  return address;
};

/** Whether the store may proceed; either way the monitor opens, and Rd says the outcome. */
const claim = (cpu: Cpu, op: Operation, address: number): boolean => {
  checkAlignment(op, address, op.immediate);
  const held = cpu.exclusiveSize === op.immediate && cpu.exclusiveAddress === address;
  cpu.exclusiveSize = 0;
  return held;
};

const ldrex: Execute = (cpu, op) => {
  cpu.r[op.d] = loadWord(cpu, op, reserve(cpu, op));
};
const ldrexb: Execute = (cpu, op) => {
  cpu.r[op.d] = loadByte(cpu, op, reserve(cpu, op));
};
const ldrexh: Execute = (cpu, op) => {
  cpu.r[op.d] = loadHalfWord(cpu, op, reserve(cpu, op));
};
const ldrexd: Execute = (cpu, op) => {
  const address = reserve(cpu, op);
  beginAligned(cpu, op, address, DOUBLE);
  const low = readAlignedWord(cpu, op, address);
  cpu.r[op.d + 1] = readAlignedWord(cpu, op, address + 4);
  cpu.r[op.d] = low;
};
const strex: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) storeWord(cpu, op, address, cpu.r[op.m]!);
  cpu.r[op.d] = held ? 0 : 1;
};
const strexb: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) storeByte(cpu, op, address, cpu.r[op.m]!);
  cpu.r[op.d] = held ? 0 : 1;
};
const strexh: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) storeHalfWord(cpu, op, address, cpu.r[op.m]!);
  cpu.r[op.d] = held ? 0 : 1;
};
const strexd: Execute = (cpu, op) => {
  const address = cpu.r[op.n]!;
  const held = claim(cpu, op, address);
  if (held) {
    if (cpu.recording) recordAccess(cpu, address, op.meta);
    writeAlignedWord(cpu, op, address, cpu.r[op.m]!);
    writeAlignedWord(cpu, op, address + 4, cpu.r[op.m + 1]!);
  }
  cpu.r[op.d] = held ? 0 : 1;
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

const exclusiveLoad =
  (size: number) =>
  (fields: Fields): Operands => {
    const [n, d] = [fields('Rn'), fields('Rt')];
    return {
      class: size === DOUBLE ? 'load-pair' : 'load',
      d,
      n,
      immediate: size,
      access: {kind: READ, size, exclusive: true},
      reads: general(n),
      readsEarly: general(n),
      writes: general(...pairOf(d, size)),
    };
  };

const exclusiveStore =
  (size: number) =>
  (fields: Fields): Operands => {
    const [n, d, m] = [fields('Rn'), fields('Rd'), fields('Rt')];
    const values = pairOf(m, size);
    reject(d === n || values.includes(d), 'a status register that is also an operand is UNPREDICTABLE');
    return {
      class: size === DOUBLE ? 'store-pair' : 'store',
      d,
      n,
      m,
      immediate: size,
      access: {kind: WRITE, size, exclusive: true},
      reads: general(n, ...values),
      readsEarly: general(n),
      writes: general(d),
    };
  };

export const EXCLUSIVE: readonly Row[] = [
  {name: 'STREX', bits: 'cond:4 0001 1000 Rn:4 Rd:4 1111 1001 Rt:4', operands: exclusiveStore(4), execute: strex},
  {name: 'LDREX', bits: 'cond:4 0001 1001 Rn:4 Rt:4 1111 1001 1111', operands: exclusiveLoad(4), execute: ldrex},
  {name: 'STREXD', bits: 'cond:4 0001 1010 Rn:4 Rd:4 1111 1001 Rt:4', operands: exclusiveStore(8), execute: strexd},
  {name: 'LDREXD', bits: 'cond:4 0001 1011 Rn:4 Rt:4 1111 1001 1111', operands: exclusiveLoad(8), execute: ldrexd},
  {name: 'STREXB', bits: 'cond:4 0001 1100 Rn:4 Rd:4 1111 1001 Rt:4', operands: exclusiveStore(1), execute: strexb},
  {name: 'LDREXB', bits: 'cond:4 0001 1101 Rn:4 Rt:4 1111 1001 1111', operands: exclusiveLoad(1), execute: ldrexb},
  {name: 'STREXH', bits: 'cond:4 0001 1110 Rn:4 Rd:4 1111 1001 Rt:4', operands: exclusiveStore(2), execute: strexh},
  {name: 'LDREXH', bits: 'cond:4 0001 1111 Rn:4 Rt:4 1111 1001 1111', operands: exclusiveLoad(2), execute: ldrexh},
];
