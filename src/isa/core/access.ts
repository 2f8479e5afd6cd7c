/**
 * Data accesses of the guest: page map lookup, alignment (SCTLR.A = 0: words and half-words may be misaligned,
 * DDI 0406C A3.2.1), recording. Every function first records, then accesses: a fault ends the run, its record stays.
 */
import {PREFETCH} from '../../trace/records.ts';
import type {Cpu} from './cpu.ts';
import type {Operation} from './operation.ts';

const PAGE_MASK = 0xfff;

export const recordAccess = (cpu: Cpu, address: number, meta: number): void => {
  const trace = cpu.trace;
  const at = trace.length;
  trace.words[at] = address;
  trace.words[at + 1] = meta;
  trace.length = at + 2;
};

/** A word without a record: part of an access that is recorded as a whole. Aligned by the caller's check. */
export const readAlignedWord = (cpu: Cpu, operation: Operation, address: number): number => {
  const memory = cpu.memory;
  const frame = memory.readMap[address >>> 12]!;
  if (frame === 0) return cpu.loadSlow(operation, address, 4);
  return memory.words[(frame + (address & PAGE_MASK)) >>> 2]!;
};

/** As {@link readAlignedWord}. */
export const writeAlignedWord = (cpu: Cpu, operation: Operation, address: number, value: number): void => {
  const memory = cpu.memory;
  const frame = memory.writeMap[address >>> 12]!;
  if (frame === 0) cpu.storeSlow(operation, address, 4, value);
  else memory.words[(frame + (address & PAGE_MASK)) >>> 2] = value;
};

/** As {@link readAlignedWord}. */
export const writeByte = (cpu: Cpu, operation: Operation, address: number, value: number): void => {
  cpu.storeSlow(operation, address, 1, value);
};

/**
 * Index in `memory.words` of an aligned run of words that lies in one page and whose map entry is not 0; otherwise −1:
 * then word by word.
 */
export const wordsInPage = (map: Int32Array, address: number, size: number): number => {
  const frame = map[address >>> 12]!;
  const offset = address & PAGE_MASK;
  return frame === 0 || offset + size > PAGE_MASK + 1 ? -1 : (frame + offset) >>> 2;
};

/** Starts a multiple, double or exclusive access: one record, and the alignment that it needs. */
export const beginAligned = (cpu: Cpu, operation: Operation, address: number, alignment: number): void => {
  if ((address & (alignment - 1)) !== 0) cpu.fault(operation, address, 'alignment');
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
};

export const loadWord = (cpu: Cpu, operation: Operation, address: number): number => {
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
  const memory = cpu.memory;
  const frame = memory.readMap[address >>> 12]!;
  if (frame === 0 || (address & 3) !== 0) return cpu.loadSlow(operation, address, 4);
  return memory.words[(frame + (address & PAGE_MASK)) >>> 2]!;
};

export const loadHalfWord = (cpu: Cpu, operation: Operation, address: number): number => {
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
  const memory = cpu.memory;
  const frame = memory.readMap[address >>> 12]!;
  if (frame === 0 || (address & 1) !== 0) return cpu.loadSlow(operation, address, 2);
  return memory.halfWords[(frame + (address & PAGE_MASK)) >>> 1]!;
};

export const loadByte = (cpu: Cpu, operation: Operation, address: number): number => {
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
  const memory = cpu.memory;
  const frame = memory.readMap[address >>> 12]!;
  if (frame === 0) return cpu.loadSlow(operation, address, 1);
  return memory.bytes[(frame + (address & PAGE_MASK)) >>> 0]!;
};

export const storeWord = (cpu: Cpu, operation: Operation, address: number, value: number): void => {
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
  const memory = cpu.memory;
  const frame = memory.writeMap[address >>> 12]!;
  if (frame === 0 || (address & 3) !== 0) cpu.storeSlow(operation, address, 4, value);
  else memory.words[(frame + (address & PAGE_MASK)) >>> 2] = value;
};

export const storeHalfWord = (cpu: Cpu, operation: Operation, address: number, value: number): void => {
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
  const memory = cpu.memory;
  const frame = memory.writeMap[address >>> 12]!;
  if (frame === 0 || (address & 1) !== 0) cpu.storeSlow(operation, address, 2, value);
  else memory.halfWords[(frame + (address & PAGE_MASK)) >>> 1] = value;
};

export const storeByte = (cpu: Cpu, operation: Operation, address: number, value: number): void => {
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
  const memory = cpu.memory;
  const frame = memory.writeMap[address >>> 12]!;
  if (frame === 0) cpu.storeSlow(operation, address, 1, value);
  else memory.bytes[(frame + (address & PAGE_MASK)) >>> 0] = value;
};

/** PLD and PLDW: recorded even when unmapped, and never a fault. */
export const prefetch = (cpu: Cpu, operation: Operation, address: number): void => {
  if (cpu.recording) recordAccess(cpu, address, operation.meta);
};

/** The size given to a prefetch: it names a line, whichever byte of it. */
export const PREFETCH_ACCESS = {kind: PREFETCH, size: 1};
