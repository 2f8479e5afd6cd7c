/**
 * Random programs of both instruction sets that end: loops are counted, calls go to functions further down, addresses are
 * formed within a scratch area. What cannot be kept from faulting (misaligned multiple transfers, protected pages) is
 * taken by signal handlers. A program is a tree, so that a failing one shrinks; {@link describeProgram} prints it.
 */
import fc from 'fast-check';
import {A32_CONDITIONAL, A32_UNCONDITIONAL} from '../../src/isa/a32/a32.ts';
import {encode} from '../../src/isa/core/bits.ts';
import type {CompiledRow} from '../../src/isa/core/decode.ts';
import {hexadecimal, UndefinedInstruction, UnmodelledInstruction} from '../../src/isa/core/errors.ts';
import type {Operation} from '../../src/isa/core/operation.ts';
import {T32_LITERAL, T32_NARROW, T32_WIDE} from '../../src/isa/t32/t32.ts';
import {assemble, assembleT32, buildElf, bytesOf, CODE, decodeHalves, decodeWord, halvesOf} from './assemble.ts';
import {type Random, randomBits} from './random-cases.ts';

export type InstructionSet = 'A32' | 'T32';

/** An instruction of a row, its fields drawn from the seed. */
interface Draw {
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

const SYSTEM_CALLS = ['getpid', 'clock', 'yield', 'write', 'mprotect', 'mmap', 'cacheflush'] as const;
const FAULTING = ['LDR', 'STR', 'LDM', 'STM', 'LDRD', 'STRD', 'VLDM', 'VSTM'] as const;
const PATCHING = ['STR', 'STRH', 'STM', 'SWP'] as const;
const REMAPPINGS = ['mmap', 'mprotect', 'unprotect'] as const;

// Registers: r0–r8 and r10 hold data, r9 points into the scratch area, r11 holds addresses, r12 anything for a moment.
const DATA = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10];
const SOURCES = [...DATA, ...DATA, 9, 11, 12, 14];
const BASE = 9;
const ADDRESS = 11;
const TEMPORARY = 12;
const SP = 13;
const LR = 14;
const PC = 15;
const LOW_ADDRESS = 7;
const LOW_OFFSET = 6;
const WRITABLE = DATA.reduce((mask, register) => mask | (1 << register), 0) | (1 << ADDRESS) | ~0xffff;

const CODE_LEAD = 0x1000;
export const REMAPPED = 0x0100_0000;
const SCRATCH = 0x0200_0000;
const SCRATCH_BYTES = 0x5000;
const MIDDLE = SCRATCH + 0x2000;
/** Behind the scratch area; protected at times. */
const FAULTED = SCRATCH + SCRATCH_BYTES;
const STATE = 0x0300_0000;
const THREAD_STACK = 0x0400_0000;
const PAGE = 0x1000;

/** What needs privileges, leaves the program, or depends on what is drawn elsewhere. */
const LEFT_OUT =
  /^(MSR|VMSR|SETEND|CPS|WF|SEV|YIELD|DBG|SVC|BKPT|UDF|IT$|MRC|MCR|CDP|LDC|STC|B|CB|TB|RFE|SRS|ERET|SMC|HVC)\b/;
const ADDRESSED = /^(LDR|STR|LDM|STM|SWP|VLD|VST|PLD|PLI|PUSH|POP)/;

const A32_ROWS = [...A32_CONDITIONAL.rows, ...A32_UNCONDITIONAL.rows].filter(({row}) => !LEFT_OUT.test(row.name));
const T32_ROWS = [T32_NARROW, T32_WIDE, T32_LITERAL].flatMap(({rows, width}) =>
  rows.filter(({row}) => !LEFT_OUT.test(row.name)).map((compiled) => ({...compiled, width})),
);
const PLAIN_A32 = A32_ROWS.filter(({row}) => !row.name.startsWith('V'));

const below = (random: Random, limit: number): number => random() % limit;
const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T;

const fieldValue = (random: Random, row: string, name: string, width: number): number => {
  if (name === 'cond') return below(random, 3) === 0 ? below(random, 15) : 14;
  if (name === 'S') return below(random, 3) === 0 ? 0 : 1;
  if (ADDRESSED.test(row)) {
    if (name === 'Rn') return width === 4 ? ADDRESS : LOW_ADDRESS;
    if (name === 'Rm') return width === 4 ? TEMPORARY : LOW_OFFSET;
    if (name === 'type') return 0;
    if (name === 'imm5' && row.includes('register')) return below(random, 4);
  }
  // Few vector registers, so that instructions depend on one another.
  if (/^[DNM]$/.test(name)) return below(random, 8) === 0 ? 1 : 0;
  if (/^V[dnm]$/.test(name)) return random() & (below(random, 4) === 0 ? 15 : 3);
  if (/^R(d|t|dLo|dHi|dn|t2)$/.test(name) && width === 4) return pick(random, DATA);
  if (/^R/.test(name) && width === 4) return below(random, 16) === 0 ? PC : pick(random, SOURCES);
  return random() & (2 ** width - 1);
};

const draw = (random: Random, {row, pattern}: CompiledRow): number =>
  encode(
    pattern,
    Object.fromEntries(pattern.fields.map(({name, width}) => [name, fieldValue(random, row.name, name, width)])),
  );

const isAccess = ({meta}: Operation): boolean => (meta & 0xff) !== 0;
/** Neither branches nor writes what the program needs, and reads and writes memory at the address register only. */
const isHarmless = (operation: Operation): boolean => {
  const {end, pipeline, n} = operation;
  if (end !== undefined || (pipeline.writes & ~WRITABLE) !== 0) return false;
  return !isAccess(operation) || [ADDRESS, LOW_ADDRESS, PC].includes(n);
};

const decoded = (decode: () => Operation): Operation | undefined => {
  try {
    const operation = decode();
    return isHarmless(operation) ? operation : undefined;
  } catch (error) {
    if (error instanceof UnmodelledInstruction || error instanceof UndefinedInstruction) return undefined;
    throw error;
  }
};

const words = (...list: readonly number[]): readonly number[] => list.flatMap((word) => [word & 0xffff, word >>> 16]);

const ATTEMPTS = 12;
interface Drawn {
  readonly code: readonly number[];
  readonly operation: Operation;
}

/** Code is half-words of either set. */
const drawA32 = ({row, seed}: Draw): Drawn | undefined => {
  const random = randomBits(seed);
  // Half of them from the core's rows, which are fewer.
  const rows = (row & 1) === 0 ? PLAIN_A32 : A32_ROWS;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const word = draw(random, rows[(row >>> 1) % rows.length]!);
    const operation = decoded(() => decodeWord(word));
    if (operation) return {code: words(word), operation};
  }
  return undefined;
};
const drawT32 = ({row, seed}: Draw, itState = 0): Drawn | undefined => {
  const random = randomBits(seed);
  const compiled = T32_ROWS[row % T32_ROWS.length]!;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const word = draw(random, compiled);
    const code = compiled.width === 16 ? [word] : halvesOf(word);
    const operation = decoded(() => decodeHalves(code, 0x8000, itState));
    if (operation) return {code, operation};
  }
  return undefined;
};

const NEVER_TAKEN = 14;

/** What the program's own instructions are in each set. Offsets of branches come from labels. */
interface Dialect {
  readonly constant: (register: number, value: number) => readonly number[];
  readonly move: (to: number, from: number) => readonly number[];
  readonly load: (register: number, base: number, offset: number) => readonly number[];
  readonly store: (register: number, base: number, offset: number) => readonly number[];
  readonly subtractOne: (register: number) => readonly number[];
  /** Flags of the lower bits of a register. */
  readonly test: (register: number, mask: number) => readonly number[];
  /** to = from & mask; to = a + b. */
  readonly and: (to: number, from: number, mask: number) => readonly number[];
  readonly add: (to: number, a: number, b: number) => readonly number[];
  readonly push: (list: number) => readonly number[];
  readonly pop: (list: number) => readonly number[];
  readonly call: readonly number[];
  readonly exchange: (register: number) => readonly number[];
  readonly callRegister: (register: number) => readonly number[];
  readonly nothing: readonly number[];
}

const A32: Dialect = {
  constant: (Rd, value) =>
    words(
      assemble('MOVW', {Rd, imm4: (value >>> 12) & 15, imm12: value & 0xfff}),
      assemble('MOVT', {Rd, imm4: value >>> 28, imm12: (value >>> 16) & 0xfff}),
    ),
  move: (Rd, Rm) => words(assemble('MOV (register)', {Rd, Rm})),
  load: (Rt, Rn, imm12) => words(assemble('LDR (immediate)', {P: 1, U: 1, Rn, Rt, imm12})),
  store: (Rt, Rn, imm12) => words(assemble('STR (immediate)', {P: 1, U: 1, Rn, Rt, imm12})),
  subtractOne: (Rd) => words(assemble('SUB (immediate)', {S: 1, Rn: Rd, Rd, imm12: 1})),
  test: (Rn, imm12) => words(assemble('TST (immediate)', {Rn, imm12})),
  and: (Rd, Rn, imm12) => words(assemble('AND (immediate)', {Rn, Rd, imm12})),
  add: (Rd, Rn, Rm) => words(assemble('ADD (register)', {Rn, Rd, Rm})),
  push: (registers) => words(assemble('STM', {P: 1, W: 1, Rn: SP, registers})),
  pop: (registers) => words(assemble('LDM', {U: 1, W: 1, Rn: SP, registers})),
  call: words(assemble('SVC')),
  exchange: (Rm) => words(assemble('BX', {Rm})),
  callRegister: (Rm) => words(assemble('BLX (register)', {Rm})),
  nothing: words(assemble('NOP')),
};
const wideImmediate = (value: number) => ({
  imm4: value >>> 12,
  i: (value >>> 11) & 1,
  imm3: (value >>> 8) & 7,
  imm8: value & 0xff,
});
const T32: Dialect = {
  constant: (Rd, value) => [
    ...assembleT32('MOVW T3', {Rd, ...wideImmediate(value & 0xffff)}),
    ...assembleT32('MOVT T1', {Rd, ...wideImmediate(value >>> 16)}),
  ],
  move: (Rd, Rm) => assembleT32('MOV (register) T1', {D: Rd >>> 3, Rd: Rd & 7, Rm}),
  load: (Rt, Rn, imm12) => assembleT32('LDR (immediate) T3', {Rn, Rt, imm12}),
  store: (Rt, Rn, imm12) => assembleT32('STR (immediate) T3', {Rn, Rt, imm12}),
  subtractOne: (Rd) => assembleT32('SUB (immediate) T3', {S: 1, Rn: Rd, Rd, imm8: 1}),
  test: (Rn, imm8) => assembleT32('TST (immediate) T1', {Rn, imm8}),
  and: (Rd, Rn, imm8) => assembleT32('AND (immediate) T1', {Rn, Rd, imm8}),
  add: (Rd, Rn, Rm) => assembleT32('ADD (register) T3', {Rn, Rd, Rm}),
  push: (list) => assembleT32('STMDB T1', {W: 1, Rn: SP, M: (list >>> LR) & 1, registers: list & 0x1fff}),
  pop: (list) => assembleT32('LDM T2', {W: 1, Rn: SP, P: list >>> PC, M: (list >>> LR) & 1, registers: list & 0x1fff}),
  call: assembleT32('SVC'),
  exchange: (Rm) => assembleT32('BX T1', {Rm}),
  callRegister: (Rm) => assembleT32('BLX (register) T1', {Rm}),
  nothing: assembleT32('NOP T2'),
};
const DIALECTS: Readonly<Record<InstructionSet, Dialect>> = {A32, T32};

/** How a branch at an address reaches a target, in half-words. */
type Link = (at: number, target: number) => readonly number[];
const branchA32 =
  (condition: number): Link =>
  (at, target) =>
    words(assemble('B', {cond: condition, imm24: ((target - at - 8) >> 2) & 0xff_ffff}));
const wideOffset = (offset: number) => {
  const S = offset < 0 ? 1 : 0;
  const bit = (n: number): number => (offset >> n) & 1;
  return {S, J1: bit(23) ^ S ^ 1, J2: bit(22) ^ S ^ 1, imm10: (offset >> 12) & 0x3ff};
};
const branchT32 =
  (condition: number): Link =>
  (at, target) => {
    const offset = target - at - 4;
    const imm11 = (offset >> 1) & 0x7ff;
    if (condition === NEVER_TAKEN) return assembleT32('B T4', {...wideOffset(offset), imm11});
    const bit = (n: number): number => (offset >> n) & 1;
    return assembleT32('B T3', {
      S: bit(20),
      cond: condition,
      imm6: (offset >> 12) & 63,
      J1: bit(18),
      J2: bit(19),
      imm11,
    });
  };
/** From one instruction set to one or the other. */
const CALLS: Readonly<Record<`${InstructionSet} ${InstructionSet}`, Link>> = {
  'A32 A32': (at, target) => words(assemble('BL', {imm24: ((target - at - 8) >> 2) & 0xff_ffff})),
  'A32 T32': (at, target) => {
    const offset = target - at - 8;
    return words(assemble('BLX (immediate)', {H: (offset >> 1) & 1, imm24: (offset >> 2) & 0xff_ffff}));
  },
  'T32 T32': (at, target) => {
    const offset = target - at - 4;
    return assembleT32('BL T1', {...wideOffset(offset), imm11: (offset >> 1) & 0x7ff});
  },
  'T32 A32': (at, target) => {
    const offset = target - ((at + 4) & ~3);
    return assembleT32('BLX (immediate) T2', {...wideOffset(offset), imm10L: (offset >> 2) & 0x3ff});
  },
};

const EQ = 0;
const NE = 1;
const SIGNAL = {ill: 4, bus: 7, segv: 11, alarm: 14} as const;
const CALL = {
  exit: 1,
  fork: 2,
  write: 4,
  getpid: 20,
  munmap: 91,
  setitimer: 104,
  wait4: 114,
  clone: 120,
  mprotect: 125,
  sched_yield: 158,
  rt_sigaction: 174,
  mmap2: 192,
  exit_group: 248,
  clock_gettime: 263,
  cacheflush: 0xf0002,
} as const;
const THREAD_FLAGS = 0x1_0f00;
const PROTECTION = {none: 0, read: 1, code: 5, all: 7} as const;

// Words of the state's page.
const TURN = 0;
const ALARMS = 4;
const ACTION = 0x40;
const ACTION_BYTES = 0x20;
const TIMER = 0x100;
const REGISTERS = 0x200;
const VECTORS = 0x300;
const TEMPLATES = 0x600;
const SLOTS = 2;
const TEMPLATE_WORDS = 4;

/** Code in memory, in half-words, with labels that may be used before they are set. */
class Builder {
  readonly halves: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #links: {readonly at: number; readonly length: number; readonly make: () => readonly number[]}[] = [];
  readonly #start: number;
  #fresh = 0;

  constructor(start: number) {
    this.#start = start;
  }

  get address(): number {
    return this.#start + 2 * this.halves.length;
  }

  put(code: readonly number[]): this {
    this.halves.push(...code);
    return this;
  }

  align(): void {
    while (this.address % 4 !== 0) this.put(assembleT32('NOP T1'));
  }

  label(): string {
    return `${this.#fresh++}`;
  }

  place(label: string): void {
    this.#labels.set(label, this.address);
  }

  addressOf(label: string): number {
    const found = this.#labels.get(label);
    if (found === undefined) throw new RangeError(`no label ${label}`);
    return found;
  }

  /** Code that depends on a label. */
  late(length: number, make: (address: number) => readonly number[]): void {
    const at = this.halves.length;
    const {address} = this;
    this.#links.push({at, length, make: () => make(address)});
    this.put(new Array(length).fill(0));
  }

  link(label: string, link: Link): void {
    this.late(2, (address) => link(address, this.addressOf(label)));
  }

  finish(): Uint8Array {
    for (const {at, length, make} of this.#links) this.halves.splice(at, length, ...make());
    return new Uint8Array(Uint16Array.from(this.halves).buffer);
  }
}

/** A32 that stores a word. */
const patchingStore = (by: (typeof PATCHING)[number]): readonly number[] => {
  const half = {P: 1, U: 1, Rn: ADDRESS, Rt: TEMPORARY};
  const code: Readonly<Record<typeof by, () => readonly number[]>> = {
    STR: () => [assemble('STR (immediate)', half)],
    STRH: () => [
      assemble('STRH (immediate)', half),
      assemble('MOV (register)', {Rd: TEMPORARY, Rm: TEMPORARY, type: 1, imm5: 16}),
      assemble('STRH (immediate)', {...half, imm4L: 2}),
    ],
    STM: () => [assemble('STM', {U: 1, Rn: ADDRESS, registers: 1 << TEMPORARY})],
    SWP: () => [assemble('SWP', {Rn: ADDRESS, Rt: TEMPORARY, Rt2: TEMPORARY})],
  };
  return words(...code[by]());
};

/** Writes one function, or the main loop, in one instruction set. */
class Writer {
  readonly #builder: Builder;
  readonly #program: RandomProgram;
  readonly #index: number;
  readonly set: InstructionSet;
  readonly #dialect: Dialect;

  constructor(builder: Builder, program: RandomProgram, index: number, set: InstructionSet) {
    this.#builder = builder;
    this.#program = program;
    this.#index = index;
    this.set = set;
    this.#dialect = DIALECTS[set];
  }

  put(code: readonly number[]): this {
    this.#builder.put(code);
    return this;
  }

  branch(condition: number, label: string): void {
    this.#builder.link(label, (this.set === 'A32' ? branchA32 : branchT32)(condition));
  }

  callTo(label: string, set: InstructionSet): void {
    this.#builder.link(label, CALLS[`${this.set} ${set}`]);
  }

  /** A system call with constant arguments; r0 has the result. */
  system(number: number, ...args: readonly number[]): void {
    const {constant, call} = this.#dialect;
    for (const [register, value] of args.entries()) this.put(constant(register, value));
    this.put(constant(7, number)).put(call);
  }

  /** The same, with all registers kept. */
  quietly(number: number, ...args: readonly number[]): void {
    const {push, pop} = this.#dialect;
    this.put(push(0xff));
    this.system(number, ...args);
    this.put(pop(0xff));
  }

  body(statements: readonly Statement[]): void {
    for (const statement of statements) this.statement(statement);
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case 'straight':
        for (const one of statement.draws) this.#instruction(one);
        break;
      case 'conditional':
        this.#conditional(statement);
        break;
      case 'if':
        this.#around(statement.condition ^ 1, statement.body);
        break;
      case 'loop':
        this.#loop(statement);
        break;
      case 'sometimes':
        this.#sometimes(statement.mask, () => this.body(statement.body));
        break;
      case 'call':
        this.#call(statement);
        break;
      case 'jump':
        this.#jump(statement.register);
        break;
      case 'system':
        this.#systemCall(statement.call);
        break;
      case 'patch':
        this.#patch(statement);
        break;
      case 'fault':
        this.#fault(statement);
        break;
      case 'remap':
        this.#remap(statement);
        break;
      case 'floating modes':
        this.put(this.#dialect.constant(TEMPORARY, statement.fpscr));
        if (this.set === 'A32') this.put(words(assemble('VMSR', {Rt: TEMPORARY})));
        break;
    }
  }

  /** An access is preceded by what forms its address, mostly aligned, and a small offset. */
  #instruction({row, seed}: Draw): void {
    const drawn = (this.set === 'A32' ? drawA32 : drawT32)({row, seed});
    if (drawn === undefined) return;
    if (isAccess(drawn.operation)) this.#address(seed, drawn.operation);
    this.put(drawn.code);
  }

  #address(seed: number, {n, m}: Operation): void {
    const {and, add, move} = this.#dialect;
    const aligned = (seed & 3) === 0 ? 0xff : 0xf8;
    this.put(and(ADDRESS, DATA[(seed >>> 2) % DATA.length]!, aligned));
    this.put(add(ADDRESS, BASE, ADDRESS));
    this.put(and(TEMPORARY, DATA[(seed >>> 6) % DATA.length]!, aligned & 0x3f));
    if (n === LOW_ADDRESS) this.put(move(LOW_ADDRESS, ADDRESS));
    if (m === LOW_OFFSET && n === LOW_ADDRESS) this.put(move(LOW_OFFSET, TEMPORARY));
  }

  #conditional({condition, mask, draws}: Statement & {kind: 'conditional'}): void {
    if (this.set === 'A32') {
      for (const one of draws) {
        const drawn = drawA32(one);
        if (drawn === undefined || drawn.operation.word >>> 28 === 15) continue;
        const word = ((drawn.operation.word & 0x0fff_ffff) | (condition << 28)) >>> 0;
        if (decoded(() => decodeWord(word)) === undefined) continue;
        if (isAccess(drawn.operation)) this.#address(one.seed, drawn.operation);
        this.put(words(word));
      }
      return;
    }
    const count = Math.min(draws.length, 4);
    const fullMask = ((mask << (5 - count)) & 15 & ~((1 << (5 - count)) - 1)) | (1 << (4 - count));
    let itState = (condition << 4) | fullMask;
    const code: number[] = [...assembleT32('IT', {firstcond: condition, mask: fullMask})];
    let needs: Drawn | undefined;
    for (const one of draws.slice(0, count)) {
      const drawn = drawT32(one, itState);
      const used = drawn === undefined || (isAccess(drawn.operation) && needs !== undefined) ? undefined : drawn;
      if (used && isAccess(used.operation)) needs = used;
      code.push(...(used?.code ?? assembleT32('NOP T1')));
      itState = (itState & 7) === 0 ? 0 : (itState & 0xe0) | ((itState << 1) & 0x1f);
    }
    if (needs) this.#address(draws[0]!.seed, needs.operation);
    this.put(code);
  }

  #around(condition: number, body: readonly Statement[]): void {
    const behind = this.#builder.label();
    this.branch(condition, behind);
    this.body(body);
    this.#builder.place(behind);
  }

  #loop({count, body}: Statement & {kind: 'loop'}): void {
    const {constant, push, pop, load, store, subtractOne} = this.#dialect;
    const start = this.#builder.label();
    this.put(constant(TEMPORARY, count)).put(push((1 << TEMPORARY) | (1 << 8)));
    this.#builder.place(start);
    this.body(body);
    this.put(load(TEMPORARY, SP, 4))
      .put(subtractOne(TEMPORARY))
      .put(store(TEMPORARY, SP, 4));
    this.branch(NE, start);
    this.put(pop((1 << TEMPORARY) | (1 << 8)));
  }

  #sometimes(mask: number, write: () => void): void {
    const {constant, load, test} = this.#dialect;
    const behind = this.#builder.label();
    this.put(constant(TEMPORARY, STATE))
      .put(load(TEMPORARY, TEMPORARY, TURN))
      .put(test(TEMPORARY, mask));
    this.branch(NE, behind);
    write();
    this.#builder.place(behind);
  }

  #call({callee, byRegister}: Statement & {kind: 'call'}): void {
    const {functions} = this.#program;
    const index = this.#index + 1 + callee;
    const target = functions[index];
    if (target === undefined) return;
    if (!byRegister) {
      this.callTo(`function ${index}`, target.set);
      return;
    }
    const {constant, callRegister} = this.#dialect;
    const thumb = target.set === 'T32' ? 1 : 0;
    this.#builder.late(4, () => constant(TEMPORARY, this.#builder.addressOf(`function ${index}`) | thumb));
    this.put(callRegister(TEMPORARY));
  }

  #jump(register: number): void {
    const {and, nothing} = this.#dialect;
    this.put(and(TEMPORARY, register, 1));
    if (this.set === 'A32') {
      this.put(words(assemble('ADD (register)', {Rn: PC, Rd: PC, Rm: TEMPORARY, imm5: 2})));
      for (let count = 0; count < 3; count++) this.put(nothing);
    } else {
      this.put(assembleT32('TBB T1', {Rn: PC, Rm: TEMPORARY})).put([0x0201]);
      this.put(assembleT32('NOP T1')).put(assembleT32('NOP T1'));
    }
  }

  #systemCall(name: (typeof SYSTEM_CALLS)[number]): void {
    const {push, pop, constant, call} = this.#dialect;
    switch (name) {
      case 'getpid':
        this.quietly(CALL.getpid);
        break;
      case 'clock':
        this.quietly(CALL.clock_gettime, 1, SCRATCH);
        break;
      case 'yield':
        this.quietly(CALL.sched_yield);
        break;
      case 'write':
        this.quietly(CALL.write, 1, MIDDLE, 4);
        break;
      case 'mprotect':
        this.quietly(CALL.mprotect, SCRATCH, SCRATCH_BYTES, 3);
        break;
      case 'mmap':
        this.put(push(0xff));
        this.system(CALL.mmap2, 0, PAGE, 3, 0x22, -1, 0);
        this.put(this.#dialect.store(0, 0, 0));
        this.put(constant(1, PAGE)).put(constant(7, CALL.munmap)).put(call).put(pop(0xff));
        break;
      case 'cacheflush':
        this.quietly(CALL.cacheflush, CODE, CODE + PAGE, 0);
        break;
    }
  }

  #patch({where, flush, by, draw: one, mask}: Statement & {kind: 'patch'}): void {
    const set: InstructionSet = where === 'here' ? this.set : (one.seed & 4) === 0 ? 'A32' : 'T32';
    const drawn = set === 'A32' ? drawA32(one) : drawT32(one);
    if (drawn === undefined || isAccess(drawn.operation)) return;
    const halves = drawn.code.length === 2 ? drawn.code : [...drawn.code, 0xbf00];
    const label = where === 'here' ? this.#builder.label() : `slot ${set} ${one.seed % SLOTS}`;
    const {constant, store, nothing, load, test} = this.#dialect;
    const wordOf = ([low, high]: readonly number[]): number => (low! | (high! << 16)) >>> 0;
    const isChosen = this.#builder.label();
    this.put(constant(ADDRESS, STATE))
      .put(load(ADDRESS, ADDRESS, TURN))
      .put(test(ADDRESS, mask));
    this.put(constant(TEMPORARY, wordOf(halves)));
    this.branch(EQ, isChosen);
    this.put(constant(TEMPORARY, wordOf(DIALECTS[set].nothing)));
    this.#builder.place(isChosen);
    this.#builder.late(4, () => constant(ADDRESS, this.#builder.addressOf(label)));
    this.put(this.set === 'A32' ? patchingStore(by) : store(TEMPORARY, ADDRESS, 0));
    if (flush) this.#systemCall('cacheflush');
    if (where === 'here') {
      this.#builder.place(label);
      this.put(nothing);
    } else this.callTo(label, set);
  }

  #fault({access, offset, mask}: Statement & {kind: 'fault'}): void {
    this.#sometimes(mask, () =>
      this.quietly(CALL.mprotect, FAULTED, PAGE, (offset & 4) === 0 ? PROTECTION.none : PROTECTION.read),
    );
    this.put(this.#dialect.constant(ADDRESS, FAULTED + offset));
    const fields = {U: 1, Rn: ADDRESS};
    const word: Readonly<Record<typeof access, () => number>> = {
      LDR: () => assemble('LDR (immediate)', {...fields, P: 1, Rt: 1}),
      STR: () => assemble('STR (immediate)', {...fields, P: 0, Rt: 1, imm12: 4}),
      LDM: () => assemble('LDM', {...fields, W: 1, registers: 0x1f}),
      STM: () => assemble('STM', {...fields, W: 1, registers: 0x1f}),
      LDRD: () => assemble('LDRD (immediate)', {...fields, P: 1, Rt: 2}),
      STRD: () => assemble('STRD (immediate)', {...fields, P: 1, Rt: 2}),
      VLDM: () => assemble('VLDMIA', {W: 1, Rn: ADDRESS, Vd: 2, sz: 1, imm8: 8}),
      VSTM: () => assemble('VSTMIA', {W: 1, Rn: ADDRESS, Vd: 2, sz: 1, imm8: 8}),
    };
    if (this.set === 'A32') this.put(words(word[access]()));
    else if (access.endsWith('R')) this.put(DIALECTS.T32[access === 'LDR' ? 'load' : 'store'](1, ADDRESS, 0));
    else if (access.startsWith('V')) this.put(halvesOf((0xe000_0000 | (word[access]() & 0xfff_ffff)) >>> 0));
    else
      this.put(
        assembleT32(access === 'LDM' || access === 'LDRD' ? 'LDM T2' : 'STM T2', {W: 1, Rn: ADDRESS, registers: 0x1f}),
      );
  }

  #remap({how, mask}: Statement & {kind: 'remap'}): void {
    const {constant, load, store} = this.#dialect;
    this.#sometimes(mask, () => {
      if (how === 'mprotect') this.quietly(CALL.mprotect, REMAPPED, PAGE, PROTECTION.read);
      else if (how === 'unprotect') this.quietly(CALL.mprotect, REMAPPED, PAGE, PROTECTION.code);
      else {
        const {push, pop} = this.#dialect;
        this.put(push(0xff));
        this.system(CALL.mmap2, REMAPPED, PAGE, PROTECTION.all, 0x32, -1, 0);
        this.put(constant(0, STATE + TEMPLATES + (mask & 1) * 4 * TEMPLATE_WORDS)).put(constant(1, REMAPPED));
        for (let word = 0; word < TEMPLATE_WORDS; word++) this.put(load(2, 0, 4 * word)).put(store(2, 1, 4 * word));
        this.put(pop(0xff));
      }
    });
    this.put(constant(TEMPORARY, REMAPPED)).put(this.#dialect.callRegister(TEMPORARY));
  }
}

const functionOf = (builder: Builder, program: RandomProgram, index: number): void => {
  const {set, body} = program.functions[index]!;
  const {push, pop, exchange} = DIALECTS[set];
  builder.align();
  builder.place(`function ${index}`);
  builder.put(push((1 << 4) | (1 << LR)));
  new Writer(builder, program, index, set).body(body);
  // Returns of both kinds.
  if (index % 2 === 0) builder.put(pop((1 << 4) | (1 << PC)));
  else builder.put(pop((1 << 4) | (1 << LR))).put(exchange(LR));
};

/** Two instructions to be patched, then a return. */
const slots = (builder: Builder): void => {
  for (const set of ['A32', 'T32'] as const)
    for (let index = 0; index < SLOTS; index++) {
      builder.align();
      builder.place(`slot ${set} ${index}`);
      builder.put(DIALECTS[set].nothing).put(DIALECTS[set].nothing).put(DIALECTS[set].exchange(LR));
    }
};

/** Makes the page of the fault accessible. */
const faultHandler = (builder: Builder): void => {
  const {constant, call, exchange, load} = A32;
  builder.align();
  builder.place('fault handler');
  builder.put(load(0, 1, 12));
  builder.put(words(assemble('MOV (register)', {Rd: 0, Rm: 0, type: 1, imm5: 12})));
  builder.put(words(assemble('MOV (register)', {Rd: 0, Rm: 0, type: 0, imm5: 12})));
  builder.put(constant(1, PAGE)).put(constant(2, PROTECTION.all)).put(constant(7, CALL.mprotect));
  builder.put(call).put(exchange(LR));
};

/**
 * Goes on behind the instruction, outside of any IT block, with all flags clear: the frame may show flags that are dead
 * where the fault happened, so they are not even read.
 */
const skipHandler = (builder: Builder): void => {
  const [pc, thumbByte, itByte, flagsByte] = [92, 96, 97, 99];
  const {load, store, test, exchange} = A32;
  const LO = 3;
  const HS = 2;
  const byte = (name: 'LDRB' | 'STRB', imm12: number): number =>
    assemble(`${name} (immediate)`, {P: 1, U: 1, Rn: 2, Rt: 1, imm12});
  const behind = 'skip handler, end';
  builder.align();
  builder.place('skip handler');
  builder
    .put(load(0, 2, pc))
    .put(words(byte('LDRB', thumbByte)))
    .put(test(1, 0x20));
  builder.put(words(assemble('ADD (immediate)', {cond: EQ, Rn: 0, Rd: 3, imm12: 4})));
  builder.link(behind, branchA32(EQ));
  builder.put(
    words(
      assemble('LDRH (immediate)', {P: 1, U: 1, Rn: 0, Rt: 3}),
      assemble('CMP (immediate)', {Rn: 3, imm12: 0xce8}),
      assemble('ADD (immediate)', {cond: LO, Rn: 0, Rd: 3, imm12: 2}),
      assemble('ADD (immediate)', {cond: HS, Rn: 0, Rd: 3, imm12: 4}),
    ),
  );
  builder.place(behind);
  builder.put(words(assemble('MOV (immediate)', {Rd: 1}), byte('STRB', itByte), byte('STRB', flagsByte)));
  builder.put(store(3, 2, pc)).put(exchange(LR));
};

/** Counts. */
const alarmHandler = (builder: Builder): void => {
  const {constant, load, store, exchange} = T32;
  builder.align();
  builder.place('alarm handler');
  builder.put(constant(0, STATE)).put(load(1, 0, ALARMS));
  builder.put(assembleT32('ADD (immediate) T2', {Rdn: 1, imm8: 1}));
  builder.put(store(1, 0, ALARMS)).put(exchange(LR));
};

const HANDLERS = [
  [SIGNAL.segv, 'fault handler', 0],
  [SIGNAL.bus, 'skip handler', 0],
  [SIGNAL.ill, 'skip handler', 0],
  [SIGNAL.alarm, 'alarm handler', 1],
] as const;

const prologue = (writer: Writer, builder: Builder, {timer, tasks}: RandomProgram): void => {
  for (const [index, [signal]] of HANDLERS.entries())
    writer.system(CALL.rt_sigaction, signal, STATE + ACTION + index * ACTION_BYTES, 0, 8);
  if (tasks.includes('fork')) writer.system(CALL.fork);
  if (timer > 0) writer.system(CALL.setitimer, 0, STATE + TIMER, 0);
  if (tasks.includes('thread')) writer.system(CALL.clone, THREAD_FLAGS, THREAD_STACK + PAGE, 0, 0, 0);
  writer.put(A32.constant(TEMPORARY, STATE + REGISTERS));
  builder.put(words(assemble('LDM', {U: 1, Rn: TEMPORARY, registers: 0x5ff})));
  for (const [D, at] of [0, 128].entries()) {
    writer.put(A32.constant(TEMPORARY, STATE + VECTORS + at));
    builder.put(words(assemble('VLDMIA', {D, Rn: TEMPORARY, Vd: 0, sz: 1, imm8: 32})));
  }
  writer.put(A32.constant(BASE, MIDDLE));
};

/** The main function, as often as it is to be; the number of the turn is kept in memory, which threads share. */
const mainLoop = (writer: Writer, builder: Builder, program: RandomProgram): void => {
  const {constant, load, store, push, pop} = A32;
  writer.put(constant(TEMPORARY, program.iterations)).put(push((1 << TEMPORARY) | (1 << 8)));
  builder.place('main loop');
  writer
    .put(load(TEMPORARY, SP, 4))
    .put(constant(ADDRESS, STATE))
    .put(store(TEMPORARY, ADDRESS, TURN));
  writer.callTo('function 0', program.functions[0]!.set);
  writer
    .put(load(TEMPORARY, SP, 4))
    .put(A32.subtractOne(TEMPORARY))
    .put(store(TEMPORARY, SP, 4));
  writer.branch(NE, 'main loop');
  writer.put(pop((1 << TEMPORARY) | (1 << 8)));
  writer.system(CALL.write, 1, MIDDLE, 64);
  writer.system(program.tasks === 'none' ? CALL.exit_group : CALL.exit, 7);
};

const stateBytes = (builder: Builder, {seed, timer}: RandomProgram): Uint8Array => {
  const data = new Uint8Array(PAGE);
  const view = new DataView(data.buffer);
  const put = (at: number, ...values: readonly number[]): void => {
    for (const [index, value] of values.entries()) view.setUint32(at + 4 * index, value >>> 0, true);
  };
  const random = randomBits(seed);
  for (const [index, [, label, thumb]] of HANDLERS.entries())
    put(ACTION + index * ACTION_BYTES, builder.addressOf(label) | thumb, 4, 0, 0, 0);
  put(TIMER, 0, timer, 0, timer);
  put(REGISTERS, ...Array.from({length: 16}, () => random()));
  put(VECTORS, ...Array.from({length: 64}, () => pick(random, [0, 0x3ff8_0000, 0x4059_0000, 0x3f80_0000, random()])));
  const bx = assemble('BX', {Rm: LR});
  put(TEMPLATES, assemble('ADD (immediate)', {Rn: 0, Rd: 0, imm12: 1}), bx, bx, bx);
  const eor = assemble('EOR (immediate)', {Rn: 0, Rd: 0, imm12: 0x55});
  put(TEMPLATES + 4 * TEMPLATE_WORDS, assemble('MOV (register)', {Rd: 1, Rm: 0}), eor, bx, bx);
  return data;
};

export const buildProgram = (program: RandomProgram): Uint8Array => {
  const builder = new Builder(CODE + CODE_LEAD);
  const writer = new Writer(builder, program, -1, 'A32');
  prologue(writer, builder, program);
  mainLoop(writer, builder, program);
  for (const index of program.functions.keys()) functionOf(builder, program, index);
  slots(builder);
  faultHandler(builder);
  skipHandler(builder);
  alarmHandler(builder);
  builder.align();
  const state = stateBytes(builder, program);
  const random = randomBits(program.seed);
  const scratch = Uint8Array.from({length: SCRATCH_BYTES}, () => random() & 0xff);
  const nop = assemble('NOP');
  const code = builder.finish();
  return buildElf([
    {address: CODE + CODE_LEAD, data: code, size: code.length + PAGE, flags: 7},
    {address: CODE, data: bytesOf(new Array(CODE_LEAD / 4).fill(nop)), flags: 5},
    {address: REMAPPED, data: bytesOf([assemble('BX', {Rm: LR})]), flags: 7},
    {address: SCRATCH, data: scratch, flags: 6},
    {address: FAULTED, data: new Uint8Array(PAGE), flags: 6},
    {address: STATE, data: state, flags: 6},
    {address: THREAD_STACK, data: new Uint8Array(4), size: PAGE, flags: 6},
  ]);
};

const drawArbitrary: fc.Arbitrary<Draw> = fc.record({row: fc.nat(1 << 12), seed: fc.nat(0x7fff_ffff)});
const maskArbitrary = fc.constantFrom(0, 1, 3, 7, 15, 63, 127);
const draws = (most: number): fc.Arbitrary<readonly Draw[]> => fc.array(drawArbitrary, {minLength: 1, maxLength: most});

const {statement: statementArbitrary} = fc.letrec<{body: readonly Statement[]; statement: Statement}>((tie) => ({
  body: fc.array(tie('statement'), {minLength: 1, maxLength: 5}),
  statement: fc.oneof(
    {maxDepth: 3, depthSize: 'small'},
    {weight: 10, arbitrary: fc.record({kind: fc.constant('straight' as const), draws: draws(12)})},
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('conditional' as const),
        condition: fc.nat(13),
        mask: fc.nat(15),
        draws: draws(4),
      }),
    },
    {weight: 2, arbitrary: fc.record({kind: fc.constant('jump' as const), register: fc.constantFrom(...DATA)})},
    {
      weight: 1,
      arbitrary: fc.record({kind: fc.constant('system' as const), call: fc.constantFrom(...SYSTEM_CALLS)}),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('fault' as const),
        access: fc.constantFrom(...FAULTING),
        offset: fc.constantFrom(-8, -4, -2, 0, 4, 64),
        mask: fc.constantFrom(15, 63, 127),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('floating modes' as const),
        fpscr: fc.constantFrom(0, 0x10, 0x0100_0000, 0x0200_0000, 0x0300_0010, 0x0040_0000, 0x0080_0010, 0xf000_009f),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({kind: fc.constant('if' as const), condition: fc.nat(13), body: tie('body')}),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('loop' as const),
        count: fc.integer({min: 1, max: 5}),
        body: tie('body'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({kind: fc.constant('sometimes' as const), mask: maskArbitrary, body: tie('body')}),
    },
    {
      weight: 3,
      arbitrary: fc.record({kind: fc.constant('call' as const), callee: fc.nat(2), byRegister: fc.boolean()}),
    },
    {
      weight: 3,
      arbitrary: fc
        .record({
          mask: maskArbitrary,
          patch: fc.record({
            kind: fc.constant('patch' as const),
            where: fc.constantFrom('here' as const, 'function' as const),
            flush: fc.boolean(),
            by: fc.constantFrom(...PATCHING),
            draw: drawArbitrary,
            mask: maskArbitrary,
          }),
        })
        .map(({mask, patch}) => ({kind: 'sometimes' as const, mask, body: [patch]})),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('remap' as const),
        how: fc.constantFrom(...REMAPPINGS),
        mask: fc.constantFrom(7, 31, 63, 126),
      }),
    },
  ),
}));

const topBody = fc.array(statementArbitrary, {minLength: 1, maxLength: 10});
const programs = (
  iterations: readonly number[],
  tasks: readonly RandomProgram['tasks'][],
  mostFunctions: number,
): fc.Arbitrary<RandomProgram> =>
  fc.record({
    iterations: fc.constantFrom(...iterations),
    functions: fc.array(fc.record({set: fc.constantFrom('A32' as const, 'T32' as const), body: topBody}), {
      minLength: 1,
      maxLength: mostFunctions,
    }),
    timer: fc.constantFrom(0, 0, 0, 1, 3, 17, 50),
    tasks: fc.constantFrom(...tasks),
    seed: fc.nat(0x7fff_ffff),
  });

export const shortPrograms = programs([100, 200, 400], ['none', 'none', 'fork', 'thread', 'fork and thread'], 5);
/** Tasks whose turns end anywhere in hot loops. */
export const longPrograms = programs([30_000], ['fork', 'thread', 'fork and thread'], 2);

const drawText = (set: InstructionSet, one: Draw): string => {
  const drawn = set === 'A32' ? drawA32(one) : drawT32(one);
  if (drawn === undefined) return 'nothing';
  return `${drawn.operation.name} ${hexadecimal(drawn.operation.word)}${drawn.operation.condition === 14 ? '' : ` (condition ${drawn.operation.condition})`}`;
};

const statementLines = (set: InstructionSet, statement: Statement, indent: string): readonly string[] => {
  const {kind, ...rest} = statement;
  const own = Object.entries(rest).filter(([name]) => !['draws', 'draw', 'body'].includes(name));
  const head = `${indent}${kind}${own.map(([name, value]) => ` ${name}=${value}`).join('')}`;
  const list = 'draws' in statement ? statement.draws : 'draw' in statement ? [statement.draw] : [];
  const inner = 'body' in statement ? statement.body : [];
  return [
    head,
    ...list.map((one) => `${indent}  ${drawText(set, one)}`),
    ...inner.flatMap((one) => statementLines(set, one, `${indent}  `)),
  ];
};

/** The tree as text, a line each. */
export const describeProgram = ({functions, ...rest}: RandomProgram): string =>
  [
    Object.entries(rest)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    ...functions.flatMap(({set, body}, index) => [
      `function ${index} (${set})`,
      ...body.flatMap((statement) => statementLines(set, statement, '  ')),
    ]),
  ].join('\n');
