/** A decoded instruction, and the row of a decode table that describes its encoding. */
import {type BlockEnd, FLAGS_BIT, type PipelineInstruction} from '../../trace/blocks.ts';
import type {InstructionClass} from '../../trace/instruction-class.ts';
import {accessMeta} from '../../trace/records.ts';
import type {Fields} from './bits.ts';
import type {Cpu} from './cpu.ts';

export const PC = 15;
export const LR = 14;
export const SP = 13;
/** The condition field's AL; rows of the unconditional space get it too. */
export const ALWAYS = 14;

/** Reads its operands from `operation`, changes `cpu`. Never called when the condition failed. */
export type Execute = (cpu: Cpu, operation: Operation) => void;

export type Index = 'offset' | 'pre-indexed' | 'post-indexed';

/** What a row makes of a word's fields. A member that an instruction does not use may be left out. */
export interface Operands {
  readonly class: InstructionClass;
  /** Register numbers: destination (or transferred register), first and second operand, accumulator or shift amount. */
  readonly d?: number;
  readonly n?: number;
  readonly m?: number;
  readonly a?: number;
  readonly immediate?: number;
  /** How {@link shifterOperand} forms the second operand. */
  readonly form?: number;
  readonly amount?: number;
  /** Registers of a multiple transfer, lowest first. */
  readonly list?: readonly number[];
  readonly setFlags?: boolean;
  /** The offset is added to the base (U bit). */
  readonly add?: boolean;
  readonly index?: Index;
  readonly reads?: number;
  readonly readsEarly?: number;
  readonly writes?: number;
  readonly writesBack?: number;
  readonly vfpReads?: number;
  readonly vfpWrites?: number;
  readonly transfers?: number;
  readonly access?: {readonly kind: number; readonly size: number; readonly exclusive?: boolean};
  /** Set by an instruction that ends its block. */
  readonly end?: BlockEnd | undefined;
  /** The condition, when a T32 branch holds it among its operands; otherwise the decoder's. */
  readonly condition?: number;
  /** CPSR.IT behind an IT instruction, ITSTATE of A2.5.2 in its eight bits. */
  readonly itState?: number;
  /** A shorter equivalent of the row's execute for these operands; only for forms so common that it is seen in speed. */
  readonly execute?: Execute | undefined;
}

export interface Row {
  readonly name: string;
  readonly bits: string;
  /** Names of rows that this one is a special case of, and goes before; the only overlap that is allowed. */
  readonly specialises?: readonly string[];
  /**
   * @param itState CPSR.IT before the instruction; only Thumb code has other values than 0.
   * @throws Unpredictable for operands that the manual makes UNPREDICTABLE or that are not modelled.
   * @throws Undefined for those that it makes UNDEFINED.
   */
  readonly operands: (fields: Fields, address: number, itState?: number) => Operands;
  readonly execute: Execute;
}

/** Raised while operands are decoded; the decoder adds the place. */
export class Unpredictable extends Error {}
export class Undefined extends Error {}

export const reject = (when: boolean, why: string): void => {
  if (when) throw new Unpredictable(why);
};

export const rejectUndefined = (when: boolean): void => {
  if (when) throw new Undefined();
};

/** A row for words that the manual makes UNPREDICTABLE as a whole, or whose effect is beyond the model. */
export const rejected = (name: string, bits: string, why: string, specialises: readonly string[] = []): Row => ({
  name,
  bits,
  specialises,
  operands: () => {
    throw new Unpredictable(why);
  },
  execute: () => {},
});

/** Instructions see pc as their address + 8, or + 4 in Thumb state (DDI 0406C A2.3), and may branch by writing it. */
const withPc: Execute = (cpu, operation) => {
  cpu.r[PC] = operation.pc;
  operation.body(cpu, operation);
  if (operation.writesPc) cpu.branchExchange(operation, cpu.r[PC] as number);
};

/** Where an instruction was decoded. */
export interface Place {
  readonly address: number;
  /** A 32-bit Thumb instruction has its first half-word in the upper half; a 16-bit one is a half-word. */
  readonly word: number;
  readonly length: 2 | 4;
  readonly thumb: 0 | 1;
  /** CPSR.IT before the instruction. */
  readonly itState: number;
  /** The instruction's index in its block. */
  readonly slot: number;
}

/** ITAdvance() (DDI 0406C A2.5.2). */
const advanceItState = (itState: number): number =>
  (itState & 7) === 0 ? 0 : (itState & 0xe0) | ((itState << 1) & 0x1f);

/**
 * Immutable after construction, and of one shape for all instructions: V8 then folds the members of an operation that
 * is a constant of a hot block (see hot-block.ts), and the loop over cold ones stays monomorphic. The members are
 * `declare`d because a field definition would store undefined first, and V8 folds only what is stored once.
 */
export class Operation {
  declare readonly execute: Execute;
  declare readonly body: Execute;
  declare readonly writesPc: boolean;
  declare readonly name: string;
  declare readonly address: number;
  declare readonly word: number;
  declare readonly condition: number;
  declare readonly d: number;
  declare readonly n: number;
  declare readonly m: number;
  declare readonly a: number;
  declare readonly immediate: number;
  declare readonly form: number;
  declare readonly amount: number;
  declare readonly list: readonly number[];
  declare readonly setFlags: boolean;
  declare readonly add: boolean;
  declare readonly writeBack: boolean;
  declare readonly postIndexed: boolean;
  /** Second word of the access record; the slot is this instruction's index in its block. */
  declare readonly meta: number;
  declare readonly end: BlockEnd | undefined;
  /** Bytes of the instruction, 4 or 2. */
  declare readonly length: number;
  /** 1 in Thumb state, 0 in Arm state. */
  declare readonly thumb: number;
  /** What the instruction reads as pc. */
  declare readonly pc: number;
  /** The next instruction's address, with bit 0 set in Thumb state: what BL puts into lr. */
  declare readonly link: number;
  /** CPSR.IT when the instruction executes, and behind it. */
  declare readonly itState: number;
  declare readonly itStateAfter: number;
  declare readonly pipeline: PipelineInstruction;

  /** @param ownCondition when the operands have none. */
  constructor(row: Row, operands: Operands, place: Place, ownCondition: number) {
    const condition = operands.condition ?? ownCondition;
    const conditionReads = condition === ALWAYS ? 0 : FLAGS_BIT;
    const reads = (operands.reads ?? 0) | conditionReads;
    const writes = operands.writes ?? 0;
    this.writesPc = (writes & (1 << PC)) !== 0;
    this.body = operands.execute ?? row.execute;
    this.execute = this.writesPc || (reads & (1 << PC)) !== 0 ? withPc : this.body;
    this.name = row.name;
    this.address = place.address;
    this.word = place.word;
    this.condition = condition;
    this.d = operands.d ?? 0;
    this.n = operands.n ?? 0;
    this.m = operands.m ?? 0;
    this.a = operands.a ?? 0;
    this.immediate = (operands.immediate ?? 0) | 0;
    this.form = operands.form ?? 0;
    this.amount = operands.amount ?? 0;
    this.list = operands.list ?? [];
    this.setFlags = operands.setFlags ?? false;
    this.add = operands.add ?? true;
    const index = operands.index ?? 'offset';
    this.writeBack = index !== 'offset';
    this.postIndexed = index === 'post-indexed';
    const {kind, size, exclusive} = operands.access ?? {kind: 0, size: 0};
    // As an int32, so that V8 keeps it a small integer; the record array wraps it back.
    this.meta = accessMeta(size, kind, place.slot, exclusive ? 1 : 0) | 0;
    this.end = operands.end ?? (this.writesPc ? 'indirect' : undefined);
    const {thumb, itState} = place;
    this.length = place.length;
    this.thumb = thumb;
    this.pc = (place.address + (thumb === 1 ? 4 : 8)) | 0;
    this.link = (place.address + place.length) | thumb | 0;
    this.itState = itState;
    this.itStateAfter = operands.itState ?? advanceItState(itState);
    this.pipeline = {
      class: operands.class,
      transfers: operands.transfers ?? 1,
      reads,
      readsEarly: operands.readsEarly ?? 0,
      writes,
      writesBack: operands.writesBack ?? 0,
      vfpReads: (operands.vfpReads ?? 0) >>> 0,
      vfpWrites: (operands.vfpWrites ?? 0) >>> 0,
    };
  }
}

/** The mask of core registers, as {@link PipelineInstruction} wants it. */
export const registers = (...numbers: readonly number[]): number => {
  let mask = 0;
  for (let index = 0; index < numbers.length; index++) mask |= 1 << numbers[index]!;
  return mask;
};
