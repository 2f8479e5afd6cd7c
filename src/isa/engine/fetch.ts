/** Fetches and decodes one instruction of either instruction set. */
import {decodeA32} from '../a32/a32.ts';
import {GuestFault, UndefinedInstruction, UnmodelledInstruction} from '../core/errors.ts';
import {Operation, type Place, type Row} from '../core/operation.ts';
import type {Memory} from '../memory/memory.ts';
import {decodeT32} from '../t32/t32.ts';

/** The first half-word of a 32-bit Thumb instruction is at least this (DDI 0406C A6.1). */
const FIRST_WIDE = 0xe800;

/** Throws when it is executed, and only then. */
const raising = (error: Error, place: Place): Operation => {
  const operands = {class: 'system'} as const;
  const row: Row = {
    name: 'undecodable',
    bits: '',
    operands: () => operands,
    execute: () => {
      throw error;
    },
  };
  return new Operation(row, operands, place, place.itState >>> 4);
};

/** In an IT block, what cannot be decoded matters only if its condition holds, and the block goes on behind it. */
const decodeInItBlock = (place: Place): Operation => {
  try {
    return decodeT32(place);
  } catch (error) {
    if (error instanceof UndefinedInstruction || error instanceof UnmodelledInstruction) return raising(error, place);
    throw error;
  }
};

/**
 * @param next the instruction's address, with bit 0 set in Thumb state.
 * @throws GuestFault when the address is not executable.
 * @throws UndefinedInstruction, UnmodelledInstruction as {@link Decode}, outside IT blocks.
 */
export const fetchOperation = (memory: Memory, next: number, slot: number, itState: number): Operation => {
  const address = next & ~1;
  if ((next & 1) === 0) {
    const word = memory.fetch(address);
    if (word === undefined) throw new GuestFault(address, address, 'execute');
    return decodeA32({address, word: word >>> 0, length: 4, thumb: 0, itState: 0, slot});
  }
  const first = memory.fetchHalfWord(address);
  if (first === undefined) throw new GuestFault(address, address, 'execute');
  const decode = itState === 0 ? decodeT32 : decodeInItBlock;
  if (first < FIRST_WIDE) return decode({address, word: first, length: 2, thumb: 1, itState, slot});
  const second = memory.fetchHalfWord((address + 2) | 0);
  if (second === undefined) throw new GuestFault(address, (address + 2) | 0, 'execute');
  return decode({address, word: ((first << 16) | second) >>> 0, length: 4, thumb: 1, itState, slot});
};
