/** A32 data processing: DDI 0406C A5.2.1–A5.2.3, and MOVW and MOVT (A5.2). */
import {type BlockEnd, FLAGS_BIT} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import type {Fields} from '../core/bits.ts';
import type {Cpu} from '../core/cpu.ts';
import {type Execute, LR, type Operands, type Operation, PC, type Row, registers, reject} from '../core/operation.ts';
import {
  IMMEDIATE,
  immediateShift,
  modifiedImmediate,
  registerShift,
  type ShifterOperand,
  shifterOperand,
  shifterOperandCarry,
} from '../core/shifter.ts';

const setNegativeZero = (cpu: Cpu, result: number): void => {
  cpu.negative = result;
  cpu.zero = result;
};

/** The result of an operation that takes its carry from the shifter. */
export const setLogical = (cpu: Cpu, op: Operation, result: number): void => {
  cpu.r[op.d] = result;
  setNegativeZero(cpu, result);
};

/** AddWithCarry() of A2.2.1, flags set. */
const addFlags = (cpu: Cpu, a: number, b: number, carryIn: number): number => {
  const result = (a + b + carryIn) | 0;
  setNegativeZero(cpu, result);
  cpu.carry = ((a & b) | ((a | b) & ~result)) >>> 31;
  cpu.overflow = ((a ^ result) & (b ^ result)) >>> 31;
  return result;
};

const subtractFlags = (cpu: Cpu, a: number, b: number): number => {
  const result = (a - b) | 0;
  setNegativeZero(cpu, result);
  cpu.carry = a >>> 0 >= b >>> 0 ? 1 : 0;
  cpu.overflow = ((a ^ b) & (a ^ result)) >>> 31;
  return result;
};

export const and: Execute = (cpu, op) => {
  const r = cpu.r;
  if (!op.setFlags) r[op.d] = r[op.n]! & shifterOperand(cpu, op);
  else setLogical(cpu, op, r[op.n]! & shifterOperandCarry(cpu, op));
};
export const eor: Execute = (cpu, op) => {
  const r = cpu.r;
  if (!op.setFlags) r[op.d] = r[op.n]! ^ shifterOperand(cpu, op);
  else setLogical(cpu, op, r[op.n]! ^ shifterOperandCarry(cpu, op));
};
export const orr: Execute = (cpu, op) => {
  const r = cpu.r;
  if (!op.setFlags) r[op.d] = r[op.n]! | shifterOperand(cpu, op);
  else setLogical(cpu, op, r[op.n]! | shifterOperandCarry(cpu, op));
};
export const bic: Execute = (cpu, op) => {
  const r = cpu.r;
  if (!op.setFlags) r[op.d] = r[op.n]! & ~shifterOperand(cpu, op);
  else setLogical(cpu, op, r[op.n]! & ~shifterOperandCarry(cpu, op));
};
export const mov: Execute = (cpu, op) => {
  if (!op.setFlags) cpu.r[op.d] = shifterOperand(cpu, op);
  else setLogical(cpu, op, shifterOperandCarry(cpu, op));
};
export const mvn: Execute = (cpu, op) => {
  if (!op.setFlags) cpu.r[op.d] = ~shifterOperand(cpu, op);
  else setLogical(cpu, op, ~shifterOperandCarry(cpu, op));
};
export const tst: Execute = (cpu, op) => {
  const n = cpu.r[op.n]!;
  setNegativeZero(cpu, n & shifterOperandCarry(cpu, op));
};
export const teq: Execute = (cpu, op) => {
  const n = cpu.r[op.n]!;
  setNegativeZero(cpu, n ^ shifterOperandCarry(cpu, op));
};
export const add: Execute = (cpu, op) => {
  const r = cpu.r;
  const n = r[op.n]!;
  const m = shifterOperand(cpu, op);
  r[op.d] = op.setFlags ? addFlags(cpu, n, m, 0) : n + m;
};
export const adc: Execute = (cpu, op) => {
  const r = cpu.r;
  const n = r[op.n]!;
  const m = shifterOperand(cpu, op);
  r[op.d] = op.setFlags ? addFlags(cpu, n, m, cpu.carry) : n + m + cpu.carry;
};
export const sub: Execute = (cpu, op) => {
  const r = cpu.r;
  const n = r[op.n]!;
  const m = shifterOperand(cpu, op);
  r[op.d] = op.setFlags ? subtractFlags(cpu, n, m) : n - m;
};
export const rsb: Execute = (cpu, op) => {
  const r = cpu.r;
  const n = r[op.n]!;
  const m = shifterOperand(cpu, op);
  r[op.d] = op.setFlags ? subtractFlags(cpu, m, n) : m - n;
};
export const sbc: Execute = (cpu, op) => {
  const r = cpu.r;
  const n = r[op.n]!;
  const m = ~shifterOperand(cpu, op);
  r[op.d] = op.setFlags ? addFlags(cpu, n, m, cpu.carry) : n + m + cpu.carry;
};
export const rsc: Execute = (cpu, op) => {
  const r = cpu.r;
  const n = ~r[op.n]!;
  const m = shifterOperand(cpu, op);
  r[op.d] = op.setFlags ? addFlags(cpu, n, m, cpu.carry) : n + m + cpu.carry;
};
export const cmp: Execute = (cpu, op) => {
  subtractFlags(cpu, cpu.r[op.n]!, shifterOperand(cpu, op));
};
export const cmn: Execute = (cpu, op) => {
  addFlags(cpu, cpu.r[op.n]!, shifterOperand(cpu, op), 0);
};
export const moveTop: Execute = (cpu, op) => {
  cpu.r[op.d] = (cpu.r[op.d]! & 0xffff) | op.immediate;
};

/** Which registers an operation has beside its second operand. */
type Shape = 'Rd,Rn' | 'Rd' | 'Rn';

export interface DataProcessing {
  readonly name: string;
  readonly opcode: string;
  readonly shape: Shape;
  readonly execute: Execute;
  readonly readsCarry?: boolean;
}

export const OPERATIONS: readonly DataProcessing[] = [
  {name: 'AND', opcode: '0000', shape: 'Rd,Rn', execute: and},
  {name: 'EOR', opcode: '0001', shape: 'Rd,Rn', execute: eor},
  {name: 'SUB', opcode: '0010', shape: 'Rd,Rn', execute: sub},
  {name: 'RSB', opcode: '0011', shape: 'Rd,Rn', execute: rsb},
  {name: 'ADD', opcode: '0100', shape: 'Rd,Rn', execute: add},
  {name: 'ADC', opcode: '0101', shape: 'Rd,Rn', execute: adc, readsCarry: true},
  {name: 'SBC', opcode: '0110', shape: 'Rd,Rn', execute: sbc, readsCarry: true},
  {name: 'RSC', opcode: '0111', shape: 'Rd,Rn', execute: rsc, readsCarry: true},
  {name: 'TST', opcode: '1000', shape: 'Rn', execute: tst},
  {name: 'TEQ', opcode: '1001', shape: 'Rn', execute: teq},
  {name: 'CMP', opcode: '1010', shape: 'Rn', execute: cmp},
  {name: 'CMN', opcode: '1011', shape: 'Rn', execute: cmn},
  {name: 'ORR', opcode: '1100', shape: 'Rd,Rn', execute: orr},
  {name: 'MOV', opcode: '1101', shape: 'Rd', execute: mov},
  {name: 'BIC', opcode: '1110', shape: 'Rd,Rn', execute: bic},
  {name: 'MVN', opcode: '1111', shape: 'Rd', execute: mvn},
];

const SHAPE_BITS: Readonly<Record<Shape, string>> = {
  'Rd,Rn': 'S:1 Rn:4 Rd:4',
  Rd: 'S:1 (0000) Rd:4',
  Rn: '1 Rn:4 (0000)',
};

const branchEnd = (operation: DataProcessing, operand: ShifterOperand): BlockEnd =>
  operation.name === 'MOV' && operand.reads === registers(LR) ? 'return' : 'indirect';

/** A plain move is as simple as an immediate one; a shifted move is the shift itself (LSL and its like). */
const classOf = (operation: DataProcessing, operand: ShifterOperand): InstructionClass => {
  if (operation.name !== 'MOV') return operand.class;
  return operand.class === 'alu-register' ? 'alu-immediate' : operand.class === 'alu-shift' ? 'shift' : operand.class;
};

/** Fields Rd, Rn and S, as far as the operation's shape has them, and a second operand. */
export const dataProcessing = (operation: DataProcessing, fields: Fields, operand: ShifterOperand): Operands => {
  const {shape} = operation;
  const setFlags = shape === 'Rn' || fields('S') === 1;
  const n = shape === 'Rd' ? 0 : fields('Rn');
  const d = shape === 'Rn' ? 0 : fields('Rd');
  const branches = shape !== 'Rn' && d === PC;
  reject(branches && setFlags, 'an exception return from user mode is UNPREDICTABLE');
  return {
    class: branches ? 'branch-indirect' : classOf(operation, operand),
    d,
    n,
    m: operand.m,
    a: operand.a,
    immediate: operand.immediate,
    form: operand.form,
    amount: operand.amount,
    end: branches ? branchEnd(operation, operand) : undefined,
    setFlags,
    reads: operand.reads | (shape === 'Rd' ? 0 : registers(n)) | (operation.readsCarry ? FLAGS_BIT : 0),
    readsEarly: operand.shifted,
    writes: (shape === 'Rn' ? 0 : registers(d)) | (setFlags ? FLAGS_BIT : 0),
  };
};

const shiftedByRegister = (operation: DataProcessing, fields: Fields): Operands => {
  const decoded = dataProcessing(operation, fields, registerShift(fields));
  reject(
    ((decoded.reads! | decoded.writes!) & registers(PC)) !== 0,
    'pc with a register-specified shift is UNPREDICTABLE',
  );
  return decoded;
};

const formsOf = (operation: DataProcessing): readonly Row[] => {
  const {name, opcode, shape, execute} = operation;
  const drawn = `${opcode} ${SHAPE_BITS[shape]}`;
  return [
    {
      name: `${name} (immediate)`,
      bits: `cond:4 001 ${drawn} imm12:12`,
      operands: (fields) => dataProcessing(operation, fields, modifiedImmediate(fields('imm12'))),
      execute,
    },
    {
      name: `${name} (register)`,
      bits: `cond:4 000 ${drawn} imm5:5 type:2 0 Rm:4`,
      operands: (fields) => dataProcessing(operation, fields, immediateShift(fields)),
      execute,
    },
    {
      name: `${name} (register-shifted register)`,
      bits: `cond:4 000 ${drawn} Rs:4 0 type:2 1 Rm:4`,
      operands: (fields) => shiftedByRegister(operation, fields),
      execute,
    },
  ];
};

const wideImmediate = (fields: Fields): number => {
  reject(fields('Rd') === PC, 'pc as destination is UNPREDICTABLE');
  return (fields('imm4') << 12) | fields('imm12');
};

export const moveWide = (fields: Fields): Operands => {
  const d = fields('Rd');
  return {class: 'alu-immediate', d, form: IMMEDIATE, immediate: wideImmediate(fields), writes: registers(d)};
};
export const moveWideTop = (fields: Fields): Operands => {
  const d = fields('Rd');
  const immediate = wideImmediate(fields) << 16;
  return {class: 'alu-immediate', d, immediate, reads: registers(d), writes: registers(d)};
};

const WIDE_MOVES: readonly Row[] = [
  {
    name: 'MOVW',
    bits: 'cond:4 0011 0000 imm4:4 Rd:4 imm12:12',
    operands: moveWide,
    execute: mov,
  },
  {
    name: 'MOVT',
    bits: 'cond:4 0011 0100 imm4:4 Rd:4 imm12:12',
    operands: moveWideTop,
    execute: moveTop,
  },
];

export const DATA_PROCESSING: readonly Row[] = [...OPERATIONS.flatMap(formsOf), ...WIDE_MOVES];
