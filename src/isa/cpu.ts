/**
 * The state of one ARMv7-A core in user mode (DDI 0406C A2.3–A2.6): core registers, APSR, VFP registers, FPSCR, the local
 * exclusive monitor.
 *
 * N and Z are kept as the results they derive from, because most flag-setting instructions then need no test at all.
 */
import type {TraceBuffer} from '../trace/buffer.ts';
import {UnmodelledInstruction} from './errors.ts';
import type {Memory} from './memory.ts';

const REGISTERS = 16;
/** Larger than V8's on-heap limit for typed arrays (64 bytes), so that compiled code may embed the address. */
const REGISTER_FILE = 2 * REGISTERS;
/** d0–d31, and four doubles for intermediate results. */
const VFP_REGISTERS_AND_SCRATCH = 36;

/** What the processor must know of an instruction that it stops at. */
export interface Culprit {
  readonly name: string;
  readonly address: number;
  readonly word: number;
  readonly immediate: number;
}

export class Cpu {
  readonly r = new Int32Array(REGISTER_FILE);
  /** APSR.N is the sign bit. */
  negative = 0;
  /** APSR.Z is set when this is 0. */
  zero = 1;
  /** APSR.C, 0 or 1. */
  carry = 0;
  /** APSR.V, 0 or 1. */
  overflow = 0;
  /** APSR.Q, 0 or 1. */
  saturated = 0;
  /** APSR.GE, four bits. */
  greaterEqual = 0;
  /** TPIDRURO, and TPIDRURW, which user mode may write. */
  threadPointer = 0;
  threadPointerWritable = 0;

  /** d0–d31 as words (s0 = word 0), then scratch; doubles and singles are views of the same bytes. */
  readonly vfpWords = new Int32Array(2 * VFP_REGISTERS_AND_SCRATCH);
  readonly doubles = new Float64Array(this.vfpWords.buffer);
  readonly singles = new Float32Array(this.vfpWords.buffer);
  /** FPSCR.NZCV in bits 31–28; the mode bits are always 0 here (VMSR throws otherwise). */
  fpscrFlags = 0;
  /** FPSCR's cumulative bits as last written. */
  fpscrCumulative = 0;
  /** Set by VFP arithmetic: the cumulative bits are then not known. */
  exceptionsUnknown = false;

  /** Address of the next block. */
  next = 0;
  /** The SVC just executed, for the emulator to serve at the block's end. */
  supervisorCall: Culprit | undefined = undefined;

  /** The local monitor: address reserved by the last LDREX, and bytes; 0 bytes when open. */
  exclusiveAddress = 0;
  exclusiveSize = 0;

  recording = false;
  // `declare`d: stored once, so that V8 takes them for constants (see Operation).
  declare readonly trace: TraceBuffer;
  declare readonly memory: Memory;

  constructor(memory: Memory, trace: TraceBuffer) {
    this.memory = memory;
    this.trace = trace;
  }

  /** BXWritePC: bit 0 selects Thumb state. @throws UnmodelledInstruction on a branch to Thumb or to a half-word. */
  branchExchange(operation: Culprit, target: number): void {
    if ((target & 3) !== 0) {
      const reason =
        (target & 1) !== 0 ? 'a branch to Thumb state, which is not modelled' : 'a branch to a half-word address';
      throw new UnmodelledInstruction(operation.address, operation.word, `${operation.name} makes ${reason}`);
    }
    this.next = target;
  }

  get apsr(): number {
    return (
      (this.negative & 0x8000_0000) |
      (this.zero === 0 ? 0x4000_0000 : 0) |
      (this.carry << 29) |
      (this.overflow << 28) |
      (this.saturated << 27) |
      (this.greaterEqual << 16)
    );
  }

  setNzcvq(value: number): void {
    this.setNzcv(value);
    this.saturated = (value >>> 27) & 1;
  }

  setNzcv(value: number): void {
    this.negative = value;
    this.zero = ~value & 0x4000_0000;
    this.carry = (value >>> 29) & 1;
    this.overflow = (value >>> 28) & 1;
  }
}

/** ConditionPassed() for the 15 conditions, AL included (DDI 0406C A8.3). */
export const conditionPassed = (cpu: Cpu, condition: number): boolean => {
  switch (condition) {
    case 0:
      return cpu.zero === 0;
    case 1:
      return cpu.zero !== 0;
    case 2:
      return cpu.carry !== 0;
    case 3:
      return cpu.carry === 0;
    case 4:
      return cpu.negative < 0;
    case 5:
      return cpu.negative >= 0;
    case 6:
      return cpu.overflow !== 0;
    case 7:
      return cpu.overflow === 0;
    case 8:
      return cpu.carry !== 0 && cpu.zero !== 0;
    case 9:
      return cpu.carry === 0 || cpu.zero === 0;
    case 10:
      return cpu.negative < 0 === (cpu.overflow !== 0);
    case 11:
      return cpu.negative < 0 !== (cpu.overflow !== 0);
    case 12:
      return cpu.zero !== 0 && cpu.negative < 0 === (cpu.overflow !== 0);
    case 13:
      return cpu.zero === 0 || cpu.negative < 0 !== (cpu.overflow !== 0);
    default:
      return true;
  }
};
