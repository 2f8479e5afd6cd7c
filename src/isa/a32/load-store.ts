/**
 * A32 single and double loads and stores: DDI 0406C A5.3 and A5.2.8. The unprivileged forms (LDRT: P = 0, W = 1) do in
 * user mode what the post-indexed forms do.
 */
import type {BlockEnd} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import {READ, WRITE} from '../../trace/records.ts';
import {
  beginAligned,
  loadByte,
  loadHalfWord,
  loadWord,
  readAlignedWord,
  storeByte,
  storeHalfWord,
  storeWord,
  writeAlignedWord,
} from '../core/access.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {
  type Execute,
  type Index,
  type Operands,
  type Operation,
  PC,
  type Row,
  registers,
  reject,
  rejectUndefined,
  SP,
} from '../core/operation.ts';
import {immediateShift, plainImmediate, type ShifterOperand, shifterOperand} from '../core/shifter.ts';

const WORD = 4;

/** The base plus or minus the offset. */
export const offsetAddress = (cpu: Cpu, op: Operation): number => {
  const base = cpu.r[op.n]!;
  const offset = shifterOperand(cpu, op);
  return op.add ? (base + offset) | 0 : (base - offset) | 0;
};

export const ldr: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const value = loadWord(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed);
  if (op.writeBack) cpu.r[op.n] = indexed;
  cpu.r[op.d] = value;
};
export const ldrb: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const value = loadByte(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed);
  if (op.writeBack) cpu.r[op.n] = indexed;
  cpu.r[op.d] = value;
};
export const ldrh: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const value = loadHalfWord(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed);
  if (op.writeBack) cpu.r[op.n] = indexed;
  cpu.r[op.d] = value;
};
export const ldrsb: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const value = loadByte(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed);
  if (op.writeBack) cpu.r[op.n] = indexed;
  cpu.r[op.d] = (value << 24) >> 24;
};
export const ldrsh: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const value = loadHalfWord(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed);
  if (op.writeBack) cpu.r[op.n] = indexed;
  cpu.r[op.d] = (value << 16) >> 16;
};
export const str: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  storeWord(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed, cpu.r[op.d]!);
  if (op.writeBack) cpu.r[op.n] = indexed;
};
export const strb: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  storeByte(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed, cpu.r[op.d]!);
  if (op.writeBack) cpu.r[op.n] = indexed;
};
export const strh: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  storeHalfWord(cpu, op, op.postIndexed ? cpu.r[op.n]! : indexed, cpu.r[op.d]!);
  if (op.writeBack) cpu.r[op.n] = indexed;
};
export const ldrd: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const address = op.postIndexed ? cpu.r[op.n]! : indexed;
  beginAligned(cpu, op, address, WORD);
  const low = readAlignedWord(cpu, op, address);
  const high = readAlignedWord(cpu, op, (address + WORD) | 0);
  if (op.writeBack) cpu.r[op.n] = indexed;
  cpu.r[op.d] = low;
  cpu.r[op.d + 1] = high;
};
export const strd: Execute = (cpu, op) => {
  const indexed = offsetAddress(cpu, op);
  const address = op.postIndexed ? cpu.r[op.n]! : indexed;
  beginAligned(cpu, op, address, WORD);
  writeAlignedWord(cpu, op, address, cpu.r[op.d]!);
  writeAlignedWord(cpu, op, (address + WORD) | 0, cpu.r[op.d + 1]!);
  if (op.writeBack) cpu.r[op.n] = indexed;
};

// The same for [Rn, #±imm] without write-back: two thirds of all accesses. `immediate` has the sign.
export const ldrOffset: Execute = (cpu, op) => {
  cpu.r[op.d] = loadWord(cpu, op, (cpu.r[op.n]! + op.immediate) | 0);
};
export const ldrbOffset: Execute = (cpu, op) => {
  cpu.r[op.d] = loadByte(cpu, op, (cpu.r[op.n]! + op.immediate) | 0);
};
export const strOffset: Execute = (cpu, op) => {
  storeWord(cpu, op, (cpu.r[op.n]! + op.immediate) | 0, cpu.r[op.d]!);
};
export const strbOffset: Execute = (cpu, op) => {
  storeByte(cpu, op, (cpu.r[op.n]! + op.immediate) | 0, cpu.r[op.d]!);
};

export const indexOf = (p: number, w: number): Index => (p === 0 ? 'post-indexed' : w === 1 ? 'pre-indexed' : 'offset');

export interface Transfer {
  readonly class: InstructionClass;
  readonly kind: typeof READ | typeof WRITE;
  readonly size: number;
}

/** LDR pc, [sp], #4 is how a single register is popped. */
const branchEnd = (n: number): BlockEnd => (n === SP ? 'return' : 'indirect');

const rejectWriteBack = (index: Index, n: number, transferred: number): void => {
  reject(
    index !== 'offset' && (n === PC || (transferred & registers(n)) !== 0),
    'write-back to pc or to a transferred register is UNPREDICTABLE',
  );
};

/** Fields Rt, Rn, P, U and W; `offsetOnly`, if there is one, executes an immediate offset without write-back. */
export const single = (
  transfer: Transfer,
  fields: Fields,
  offset: ShifterOperand,
  offsetOnly?: Execute | undefined,
): Operands => {
  const d = fields('Rt');
  const n = fields('Rn');
  const index = indexOf(fields('P'), fields('W'));
  const isLoad = transfer.kind === READ;
  rejectWriteBack(index, n, registers(d));
  reject(isLoad && d === PC && fields('P') === 0 && fields('W') === 1, 'pc loaded by LDRT is UNPREDICTABLE');
  reject(d === PC && transfer.size !== WORD, 'pc as a byte or half-word operand is UNPREDICTABLE');
  const addressReads = offset.reads | registers(n);
  const branches = isLoad && d === PC;
  const add = fields('U') === 1;
  const execute = index === 'offset' ? offsetOnly : undefined;
  return {
    class: branches ? 'branch-indirect' : transfer.class,
    d,
    n,
    m: offset.m,
    immediate: execute === undefined || add ? offset.immediate : -offset.immediate,
    form: offset.form,
    amount: offset.amount,
    end: branches ? branchEnd(n) : undefined,
    add: execute !== undefined || add,
    index,
    execute,
    access: transfer,
    reads: addressReads | (isLoad ? 0 : registers(d)),
    readsEarly: addressReads,
    writes: (isLoad ? registers(d) : 0) | (index === 'offset' ? 0 : registers(n)),
    writesBack: index === 'offset' ? 0 : registers(n),
  };
};

const double = (transfer: Transfer, fields: Fields, offset: ShifterOperand): Operands => {
  const d = fields('Rt');
  const unprivileged = fields('P') === 0 && fields('W') === 1;
  rejectUndefined(unprivileged && d % 2 === 1);
  reject(d % 2 === 1 || d === 14, 'a double transfer starts at an even register below 14');
  reject(unprivileged, 'an unprivileged double transfer is UNPREDICTABLE');
  rejectWriteBack(indexOf(fields('P'), fields('W')), fields('Rn'), registers(d, d + 1));
  reject(
    transfer.kind === READ && (offset.reads & registers(d, d + 1)) !== 0,
    'loading the offset register is UNPREDICTABLE',
  );
  const first = single(transfer, fields, offset);
  return transfer.kind === READ
    ? {...first, writes: first.writes! | registers(d + 1)}
    : {...first, reads: first.reads! | registers(d + 1)};
};

const splitImmediate = (fields: Fields): ShifterOperand => plainImmediate((fields('imm4H') << 4) | fields('imm4L'));
export const plainRegister = (fields: Fields): ShifterOperand => {
  const m = fields('Rm');
  return immediateShift((name) => (name === 'Rm' ? m : 0));
};
const rejectPc = (offset: ShifterOperand): ShifterOperand => {
  reject(offset.m === PC && offset.reads !== 0, 'pc as an offset is UNPREDICTABLE');
  return offset;
};

export const load = (size: number): Transfer => ({class: 'load', kind: READ, size});
export const store = (size: number): Transfer => ({class: 'store', kind: WRITE, size});

/** As {@link single}, with an immediate offset. */
export const singleImmediate = (
  transfer: Transfer,
  fields: Fields,
  offset: number,
  offsetOnly: Execute | undefined,
): Operands => single(transfer, fields, plainImmediate(offset), offsetOnly);

/** `opcode` is the B bit and, behind W, the L bit (A5.3). */
const wordOrByte = (
  name: string,
  b: string,
  l: string,
  transfer: Transfer,
  [execute, offsetOnly]: readonly [Execute, Execute],
): readonly Row[] => [
  {
    name: `${name} (immediate)`,
    bits: `cond:4 010 P:1 U:1 ${b} W:1 ${l} Rn:4 Rt:4 imm12:12`,
    operands: (fields) => singleImmediate(transfer, fields, fields('imm12'), offsetOnly),
    execute,
  },
  {
    name: `${name} (register)`,
    bits: `cond:4 011 P:1 U:1 ${b} W:1 ${l} Rn:4 Rt:4 imm5:5 type:2 0 Rm:4`,
    operands: (fields) => single(transfer, fields, rejectPc(immediateShift(fields))),
    execute,
  },
];

type Decode = (transfer: Transfer, fields: Fields, offset: ShifterOperand) => Operands;

/** Half-words, signed bytes and doubles: `opcode` is bits 7–4 (A5.2.8). */
const extra = (
  name: string,
  l: string,
  opcode: string,
  transfer: Transfer,
  execute: Execute,
  decode: Decode = single,
): readonly Row[] => [
  {
    name: `${name} (immediate)`,
    bits: `cond:4 000 P:1 U:1 1 W:1 ${l} Rn:4 Rt:4 imm4H:4 ${opcode} imm4L:4`,
    operands: (fields) => decode(transfer, fields, splitImmediate(fields)),
    execute,
  },
  {
    name: `${name} (register)`,
    bits: `cond:4 000 P:1 U:1 0 W:1 ${l} Rn:4 Rt:4 (0000) ${opcode} Rm:4`,
    operands: (fields) => decode(transfer, fields, rejectPc(plainRegister(fields))),
    execute,
  },
];

export const LOAD_STORE: readonly Row[] = [
  ...wordOrByte('LDR', '0', '1', load(4), [ldr, ldrOffset]),
  ...wordOrByte('LDRB', '1', '1', load(1), [ldrb, ldrbOffset]),
  ...wordOrByte('STR', '0', '0', store(4), [str, strOffset]),
  ...wordOrByte('STRB', '1', '0', store(1), [strb, strbOffset]),
  ...extra('LDRH', '1', '1011', load(2), ldrh),
  ...extra('LDRSB', '1', '1101', load(1), ldrsb),
  ...extra('LDRSH', '1', '1111', load(2), ldrsh),
  ...extra('STRH', '0', '1011', store(2), strh),
  ...extra('LDRD', '0', '1101', {class: 'load-pair', kind: READ, size: 8}, ldrd, double),
  ...extra('STRD', '0', '1111', {class: 'store-pair', kind: WRITE, size: 8}, strd, double),
];
