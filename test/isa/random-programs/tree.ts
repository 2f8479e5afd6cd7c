/** The tree that a random program is made from. */

export type InstructionSet = 'A32' | 'T32';

/** An instruction of a row, its fields drawn from the seed. */
export interface Draw {
  readonly row: number;
  readonly seed: number;
}

export type Statement =
  | {readonly kind: 'straight'; readonly draws: readonly Draw[]}
  /** An IT block; in A32 the same condition on each instruction. */
  | {readonly kind: 'conditional'; readonly condition: number; readonly mask: number; readonly draws: readonly Draw[]}
  | {readonly kind: 'if'; readonly condition: number; readonly body: readonly Statement[]}
  | {readonly kind: 'loop'; readonly count: number; readonly body: readonly Statement[]}
  /** When the number of the main loop's turn has none of these bits. */
  | {readonly kind: 'sometimes'; readonly mask: number; readonly body: readonly Statement[]}
  | {readonly kind: 'call'; readonly callee: number; readonly byRegister: boolean}
  /** An indirect jump over one of two instructions. */
  | {readonly kind: 'jump'; readonly register: number}
  | {readonly kind: 'system'; readonly call: (typeof SYSTEM_CALLS)[number]}
  /** Writes an instruction in place of one of a function, or of the one that follows. */
  | {
      readonly kind: 'patch';
      readonly where: 'here' | 'function';
      readonly flush: boolean;
      /** In A32; in T32 it is a plain store. */
      readonly by: (typeof PATCHING)[number];
      readonly draw: Draw;
      /** It writes a NOP when the number of the main loop's turn has any of these bits. */
      readonly mask: number;
    }
  /** An access to a page that the handler of SIGSEGV makes accessible, and that is protected again at times. */
  | {readonly kind: 'fault'; readonly access: (typeof FAULTING)[number]; readonly offset: number; readonly mask: number}
  /** Other code, or other rights, at the place of a page of code, then a call to it. */
  | {readonly kind: 'remap'; readonly how: (typeof REMAPPINGS)[number]; readonly mask: number}
  | {readonly kind: 'floating modes'; readonly fpscr: number};

export interface RandomProgram {
  readonly iterations: number;
  /** The main loop is the first; each calls only those behind it. */
  readonly functions: readonly {readonly set: InstructionSet; readonly body: readonly Statement[]}[];
  /** Of a timer signal, in microseconds of 1000 instructions; 0 for none. */
  readonly timer: number;
  /** Other tasks that execute the same. */
  readonly tasks: 'none' | 'fork' | 'thread' | 'fork and thread';
  readonly seed: number;
}

export const SYSTEM_CALLS = ['getpid', 'clock', 'yield', 'write', 'mprotect', 'mmap', 'cacheflush'] as const;
export const FAULTING = ['LDR', 'STR', 'LDM', 'STM', 'LDRD', 'STRD', 'VLDM', 'VSTM'] as const;
export const PATCHING = ['STR', 'STRH', 'STM', 'SWP'] as const;
export const REMAPPINGS = ['mmap', 'mprotect', 'unprotect'] as const;
