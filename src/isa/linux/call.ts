/** How a system call is declared: number, name, kinds of arguments, and what it does with them. */
import type {Kernel} from './kernel.ts';
import type {Result} from './wait.ts';

/** What a register, or an aligned pair of them, is to a call. */
interface ArgumentTypes {
  /** Signed. */
  int: number;
  /** Flags, masks: the signed word as it is. */
  bits: number;
  unsigned: number;
  /** An address, 0 for none. */
  pointer: number;
  fd: number;
  /** A path or name at an address, read from memory. */
  path: string;
  /** 64 bits in an even and the next register (AAPCS). */
  long: number;
  /** 64 bits in two registers, low word first, wherever they are. */
  pair: number;
}
export type ArgumentKind = keyof ArgumentTypes;

type Arguments<Kinds extends readonly ArgumentKind[]> = {-readonly [I in keyof Kinds]: ArgumentTypes[Kinds[I]]};

export interface SystemCall {
  readonly number: number;
  readonly name: string;
  readonly kinds: readonly ArgumentKind[];
  readonly execute: (kernel: Kernel, ...values: never[]) => Result;
}

export const call = <const Kinds extends readonly ArgumentKind[]>(
  number: number,
  name: string,
  kinds: Kinds,
  execute: (kernel: Kernel, ...values: Arguments<Kinds>) => Result,
): SystemCall => ({number, name, kinds, execute: execute as unknown as SystemCall['execute']});

const join = (low: number, high: number): number => (low >>> 0) + high * 2 ** 32;

/** The values of a call's arguments. @throws SystemError EFAULT, ENAMETOOLONG for paths. */
export const argumentsOf = (kernel: Kernel, {kinds}: SystemCall): (number | string)[] => {
  const {r} = kernel.cpu;
  let register = 0;
  return kinds.map((kind) => {
    if (kind === 'long') register += register & 1;
    const value = r[register++]!;
    switch (kind) {
      case 'path':
        return kernel.user.text(value >>> 0);
      case 'unsigned':
      case 'pointer':
        return value >>> 0;
      case 'long':
      case 'pair':
        return join(value, r[register++]!);
      default:
        return value;
    }
  });
};
