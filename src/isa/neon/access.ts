/**
 * Element and structure accesses: a run of at most 32 bytes at any address (DDI 0406C A3.2.1). All of it is checked
 * before a register or a byte of memory changes.
 */
import {beginAligned} from '../core/access.ts';
import type {Cpu} from '../core/cpu.ts';
import type {Operation} from '../core/operation.ts';
import {SCRATCH} from './lanes.ts';

const PAGE_MASK = 0xfff;

/** Offset in the engine's memory of the scratch registers, where a run that crosses pages is put together. */
const scratchOffset = (cpu: Cpu): number => cpu.vfpBytes.byteOffset + 8 * SCRATCH;

const gather = (cpu: Cpu, op: Operation, address: number, size: number): number => {
  const {bytes} = cpu.memory;
  const copy = scratchOffset(cpu);
  for (let byte = 0; byte < size; byte++) bytes[copy + byte] = bytes[cpu.readableOffset(op, (address + byte) | 0)]!;
  return copy;
};

/** Offset in the engine's memory where the access's bytes lie, or a copy of them; `form` is the alignment. */
export const beginRead = (cpu: Cpu, op: Operation, address: number, size: number): number => {
  beginAligned(cpu, op, address, op.form);
  const frame = cpu.memory.readMap[address >>> 12]!;
  const inPage = address & PAGE_MASK;
  if (frame === 0 || inPage + size > PAGE_MASK + 1) return gather(cpu, op, address, size);
  return (frame + inPage) >>> 0;
};

/** Offset to write the access's bytes to; {@link endWrite} then puts them in their place. */
export const beginWrite = (cpu: Cpu, op: Operation, address: number, size: number): number => {
  beginAligned(cpu, op, address, op.form);
  const frame = cpu.memory.writeMap[address >>> 12]!;
  const inPage = address & PAGE_MASK;
  if (frame !== 0 && inPage + size <= PAGE_MASK + 1) return (frame + inPage) >>> 0;
  cpu.writableOffset(op, address);
  cpu.writableOffset(op, (address + size - 1) | 0);
  return scratchOffset(cpu);
};

export const endWrite = (cpu: Cpu, op: Operation, address: number, size: number, offset: number): void => {
  if (offset !== scratchOffset(cpu)) return;
  const {bytes} = cpu.memory;
  for (let byte = 0; byte < size; byte++) bytes[cpu.writableOffset(op, (address + byte) | 0)] = bytes[offset + byte]!;
};
