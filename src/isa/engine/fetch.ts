/** Fetches and decodes one instruction of either instruction set. */
import {decodeA32} from '../a32/a32.ts';
import type {Decode} from '../core/decode.ts';
import {GuestFault, UndefinedInstruction, UnmodelledInstruction} from '../core/errors.ts';
import {Operation, type Place, type Row} from '../core/operation.ts';
import {decodeT32} from '../t32/t32.ts';

/** Where instructions come from; undefined where there are none to be had. */
export interface CodeSource {
  /** The word at a multiple of 4. */
  fetch(address: number): number | undefined;
  /** The half-word at an even address. */
  fetchHalfWord(address: number): number | undefined;
}

export interface Decoders {
  readonly a32: Decode;
  readonly t32: Decode;
}
const USER_MODE: Decoders = {a32: decodeA32, t32: decodeT32};

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
const inItBlock =
  (decode: Decode): Decode =>
  (place) => {
    try {
      return decode(place);
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
export const fetchOperation = (
  memory: CodeSource,
  next: number,
  slot: number,
  itState: number,
  {a32, t32}: Decoders = USER_MODE,
): Operation => {
  const address = next & ~1;
  if ((next & 1) === 0) {
    const word = memory.fetch(address);
    if (word === undefined) throw new GuestFault(address, address, 'execute');
    return a32({address, word: word >>> 0, length: 4, thumb: 0, itState: 0, slot});
  }
  const first = memory.fetchHalfWord(address);
  if (first === undefined) throw new GuestFault(address, address, 'execute');
  const decode = itState === 0 ? t32 : inItBlock(t32);
  if (first < FIRST_WIDE) return decode({address, word: first, length: 2, thumb: 1, itState, slot});
  const second = memory.fetchHalfWord((address + 2) | 0);
  if (second === undefined) throw new GuestFault(address, (address + 2) | 0, 'execute');
  return decode({address, word: ((first << 16) | second) >>> 0, length: 4, thumb: 1, itState, slot});
};
