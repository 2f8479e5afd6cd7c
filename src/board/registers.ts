/** A device's registers as its manual tabulates them. */
import {type Access, type AccessSize, type Device, UnmodelledAccess} from './access.ts';

/** A register, or a run of registers that differ in their number only. */
export interface Register<State> {
  /** The manual's. */
  readonly name: string;
  /** Of the first, in bytes. */
  readonly offset: number;
  /** How many follow one another; 1 by default. */
  readonly count?: number;
  /** Bytes of each: 4 by default. Registers of a byte may also be accessed four at a time. */
  readonly width?: 1 | 4;
  /** What every read gives, in place of `read`. */
  readonly constant?: number;
  /** What `read` gives after reset, of a run for each, where it does not depend on the board; 0 by default. */
  readonly reset?: number;
  /** The manual's section. */
  readonly source: string;
  /** Left out of a register that is only written. @param index in the run. */
  readonly read?: (state: State, cpu: number, index: number) => number;
  /** Left out of a register that is only read. */
  readonly write?: (state: State, value: number, cpu: number, index: number) => void;
}

interface Place<State> {
  readonly register: Register<State>;
  readonly index: number;
}

const placesOf = <State>(device: string, registers: readonly Register<State>[]): Map<number, Place<State>> => {
  const places = new Map<number, Place<State>>();
  const taken = new Set<number>();
  for (const register of registers) {
    const {name, offset, count = 1, width = 4} = register;
    for (let index = 0; index < count; index++) {
      const at = offset + index * width;
      if (at % width !== 0) throw new RangeError(`${device}: ${name} is not aligned`);
      for (let byte = at; byte < at + width; byte++) {
        if (taken.has(byte)) throw new RangeError(`${device}: ${name} lies on another register`);
        taken.add(byte);
      }
      places.set(at, {register, index});
    }
  }
  return places;
};

/** The registers of `State` as a device. */
export class RegisterFile<State> implements Device {
  readonly name: string;
  readonly registers: readonly Register<State>[];
  readonly #state: State;
  readonly #places: ReadonlyMap<number, Place<State>>;
  readonly #narrow: boolean;

  /**
   * @param narrow whether a word's lower bytes may be accessed alone, as on a bus of 16 bits.
   * @throws RangeError when two registers overlap.
   */
  constructor(name: string, state: State, registers: readonly Register<State>[], {narrow = false} = {}) {
    this.name = name;
    this.registers = registers;
    this.#state = state;
    this.#places = placesOf(name, registers);
    this.#narrow = narrow;
  }

  read(offset: number, size: AccessSize, cpu: number): number {
    const access = (): Access => ({kind: 'read', offset, size, cpu});
    const first = this.#find(offset, access);
    if (first.register.width === 1) return this.#readBytes(first, size, access);
    this.#checkWord(first.register, size, access);
    const value = this.#readOne(first, access);
    return (size === 4 ? value : value & (2 ** (8 * size) - 1)) >>> 0;
  }

  write(offset: number, size: AccessSize, value: number, cpu: number): void {
    const access = (): Access => ({kind: 'write', offset, size, cpu, value});
    const first = this.#find(offset, access);
    if (first.register.width === 1) {
      this.#writeBytes(first, size, access);
    } else {
      this.#checkWord(first.register, size, access);
      this.#writeOne(first, value >>> 0, access);
    }
  }

  #readBytes(first: Place<State>, size: AccessSize, access: () => Access): number {
    this.#checkBytes(first.register, size, access);
    const {offset} = access();
    let value = 0;
    for (let byte = 0; byte < size; byte++)
      value |= this.#readOne(this.#find(offset + byte, access), access) << (8 * byte);
    return value >>> 0;
  }

  #writeBytes(first: Place<State>, size: AccessSize, access: () => Access): void {
    this.#checkBytes(first.register, size, access);
    const {offset, value = 0} = access();
    for (let byte = 0; byte < size; byte++)
      this.#writeOne(this.#find(offset + byte, access), (value >>> (8 * byte)) & 0xff, access);
  }

  #readOne({register, index}: Place<State>, access: () => Access): number {
    if (register.constant !== undefined) return register.constant;
    if (register.read === undefined) throw this.#error(access, `${register.name} is only written`);
    return register.read(this.#state, access().cpu, index);
  }

  #writeOne({register, index}: Place<State>, value: number, access: () => Access): void {
    if (register.write === undefined) throw this.#error(access, `${register.name} is only read`);
    register.write(this.#state, value, access().cpu, index);
  }

  #find(offset: number, access: () => Access): Place<State> {
    const place = this.#places.get(offset);
    if (place === undefined) throw this.#error(access, 'there is no register that trapwalk models');
    return place;
  }

  #checkWord(register: Register<State>, size: AccessSize, access: () => Access): void {
    if (size !== 4 && !this.#narrow) throw this.#error(access, `${register.name} is accessed in words`);
  }

  #checkBytes(register: Register<State>, size: AccessSize, access: () => Access): void {
    if (size === 2 || access().offset % size !== 0)
      throw this.#error(access, `${register.name} is accessed in bytes and aligned words`);
  }

  #error(access: () => Access, reason: string): UnmodelledAccess {
    return new UnmodelledAccess(this.name, access(), reason);
  }
}

/** A register that holds what is written to it, as far as it has bits for it, and does nothing with it. */
export const held = <State extends Record<Key, number>, Key extends keyof State>(
  key: Key,
  mask: number,
  row: Pick<Register<State>, 'name' | 'offset' | 'source'>,
): Register<State> => ({
  ...row,
  read: (state) => state[key],
  write: (state, value) => {
    (state as Record<Key, number>)[key] = value & mask;
  },
});

/** A write that is taken, and changes nothing. */
export const ignored = (): void => {};

/** Identification registers, a byte in each word. @param offset of the first. */
export const identification = <State>(
  name: string,
  source: string,
  offset: number,
  values: readonly number[],
): Register<State>[] =>
  values.map((constant, index) => ({name: `${name}${index}`, offset: offset + 4 * index, constant, source}));
