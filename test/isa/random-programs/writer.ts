/** Writes the statements of a tree as code. */
import type {Operation} from '../../../src/isa/core/operation.ts';
import {assemble, assembleT32, CODE, decodeWord, halvesOf} from '../assemble.ts';
import type {Builder} from './builder.ts';
import {branchA32, branchT32, CALLS, DIALECTS, type Dialect, words} from './dialects.ts';
import {type Drawn, decoded, drawA32, drawT32, isAccess} from './draws.ts';
import {
  ADDRESS,
  BASE,
  CALL,
  DATA,
  EQ,
  FAULTED,
  LOW_ADDRESS,
  LOW_OFFSET,
  MIDDLE,
  NE,
  PAGE,
  PC,
  PROTECTION,
  REMAPPED,
  SCRATCH,
  SCRATCH_BYTES,
  SLOTS,
  SP,
  STATE,
  TEMPLATE_WORDS,
  TEMPLATES,
  TEMPORARY,
  TURN,
} from './layout.ts';
import type {Draw, InstructionSet, PATCHING, RandomProgram, Statement, SYSTEM_CALLS} from './tree.ts';

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
export class Writer {
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
