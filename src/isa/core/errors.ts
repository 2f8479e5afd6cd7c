/** The ways in which a guest can leave what src/isa models. Each names its place, so that a user can find it. */

export const hexadecimal = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;

/** An instruction, or a use of one, that this emulator does not model; not Arm's UNDEFINED, which a guest would see. */
export class UnmodelledInstruction extends Error {
  readonly pc: number;
  readonly word: number;

  constructor(pc: number, word: number, reason: string) {
    super(`instruction ${hexadecimal(word)} at ${hexadecimal(pc)}: ${reason}`);
    this.name = 'UnmodelledInstruction';
    this.pc = pc;
    this.word = word;
  }
}

/** An instruction that Arm makes UNDEFINED in user mode on this core: Linux sends SIGILL. */
export class UndefinedInstruction extends Error {
  readonly pc: number;
  readonly word: number;

  constructor(pc: number, word: number) {
    super(`instruction ${hexadecimal(word)} at ${hexadecimal(pc)} is UNDEFINED`);
    this.name = 'UndefinedInstruction';
    this.pc = pc;
    this.word = word;
  }
}

export type FaultKind = 'read' | 'write' | 'execute' | 'alignment';

const FAULT_TEXT: Readonly<Record<FaultKind, string>> = {
  read: 'read from an address that is not mapped readable',
  write: 'write to an address that is not mapped writable',
  execute: 'execution at an address that is not mapped executable',
  alignment: 'misaligned access by an instruction that needs alignment',
};

/** A data or prefetch abort that the guest has no handler for: Linux would send SIGSEGV or SIGBUS. */
export class GuestFault extends Error {
  readonly pc: number;
  readonly address: number;
  readonly kind: FaultKind;

  constructor(pc: number, address: number, kind: FaultKind) {
    super(`guest fault at pc ${hexadecimal(pc)}: ${FAULT_TEXT[kind]} (${hexadecimal(address)})`);
    this.name = 'GuestFault';
    this.pc = pc;
    this.address = address >>> 0;
    this.kind = kind;
  }
}

/** A file that cannot be run: what is wrong with it, and what to do. */
export class ElfError extends Error {
  constructor(file: string, problem: string, remedy: string) {
    super(`${file}: ${problem}; ${remedy}`);
    this.name = 'ElfError';
  }
}
