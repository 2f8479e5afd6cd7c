/**
 * The state of one ARMv7-A core in user mode (DDI 0406C A2.3–A2.6): core registers, APSR, VFP registers, FPSCR, the local
 * exclusive monitor. All of it lies in words of the engine's memory (see state.ts).
 *
 * N and Z are kept as the results they derive from, because most flag-setting instructions then need no test at all.
 */
import type {TraceBuffer} from '../../trace/buffer.ts';
import {
  ALTERNATIVE_HALF,
  DEFAULT_NAN,
  EXCEPTIONS,
  FLUSH_TO_ZERO,
  FloatContext,
  INEXACT,
  ROUNDING_MODE,
} from '../float/context.ts';
import {type FaultKind, GuestFault, UnmodelledInstruction} from './errors.ts';
import type {GuestMemory} from './guest-memory.ts';
import {CONTEXT_WORDS, REGISTERS, STATE, VFP_SCRATCH_WORDS, VFP_WORDS} from './state.ts';

/** What the processor must know of an instruction that it stops at. */
export interface Culprit {
  readonly name: string;
  readonly address: number;
  readonly word: number;
  readonly immediate: number;
}

const FPSCR_FLAGS = 0xf000_0000 | 0;
/** FPSCR.Stride and Len. */
export const SHORT_VECTOR = 0x0037_0000;
const FPSCR_MODES = ALTERNATIVE_HALF | DEFAULT_NAN | FLUSH_TO_ZERO | ROUNDING_MODE | SHORT_VECTOR;
/** FPSCR.QC, the cumulative saturation bit of Advanced SIMD. */
export const SATURATED = 1 << 27;
const FPSCR_CUMULATIVE = SATURATED | EXCEPTIONS;

/** `M` is the memory of user mode or of system mode. */
export class Cpu<M extends GuestMemory = GuestMemory> {
  // `declare`d: stored once, so that V8 takes them for constants (see Operation).
  declare readonly state: Int32Array;
  declare readonly r: Int32Array;
  /** d0–d31 as words (s0 = word 0), then scratch; doubles and singles are views of the same bytes. */
  declare readonly vfpWords: Int32Array;
  declare readonly doubles: Float64Array;
  declare readonly singles: Float32Array;
  declare readonly vfpBytes: Uint8Array;
  /** The same bytes as lanes of Advanced SIMD. */
  declare readonly vfpSignedBytes: Int8Array;
  declare readonly vfpHalfWords: Uint16Array;
  declare readonly vfpSignedHalfWords: Int16Array;
  declare readonly vfpUnsignedWords: Uint32Array;
  declare readonly vfpDoubleWords: BigUint64Array;
  declare readonly vfpSignedDoubleWords: BigInt64Array;
  declare readonly trace: TraceBuffer;
  declare readonly memory: M;

  /** The instruction of an SVC, or of a trap that a debugger would take, for the emulator to serve at the block's end. */
  supervisorCall: Culprit | undefined = undefined;
  recording = false;
  readonly #floatContext = new FloatContext();

  constructor(memory: M, trace: TraceBuffer) {
    this.memory = memory;
    this.trace = trace;
    this.state = memory.state;
    const {buffer, byteOffset} = this.state;
    this.r = new Int32Array(buffer, byteOffset, REGISTERS);
    const vfpOffset = byteOffset + 4 * STATE.vfp;
    const vfpWords = VFP_WORDS + VFP_SCRATCH_WORDS;
    this.vfpWords = new Int32Array(buffer, vfpOffset, vfpWords);
    this.doubles = new Float64Array(buffer, vfpOffset, vfpWords / 2);
    this.singles = new Float32Array(buffer, vfpOffset, vfpWords);
    this.vfpBytes = new Uint8Array(buffer, vfpOffset, 4 * vfpWords);
    this.vfpSignedBytes = new Int8Array(buffer, vfpOffset, 4 * vfpWords);
    this.vfpHalfWords = new Uint16Array(buffer, vfpOffset, 2 * vfpWords);
    this.vfpSignedHalfWords = new Int16Array(buffer, vfpOffset, 2 * vfpWords);
    this.vfpUnsignedWords = new Uint32Array(buffer, vfpOffset, vfpWords);
    this.vfpDoubleWords = new BigUint64Array(buffer, vfpOffset, vfpWords / 2);
    this.vfpSignedDoubleWords = new BigInt64Array(buffer, vfpOffset, vfpWords / 2);
    this.zero = 1;
  }

  /** APSR.N is the sign bit. */
  get negative(): number {
    return this.state[STATE.negative]!;
  }
  set negative(value: number) {
    this.state[STATE.negative] = value;
  }
  /** APSR.Z is set when this is 0. */
  get zero(): number {
    return this.state[STATE.zero]!;
  }
  set zero(value: number) {
    this.state[STATE.zero] = value;
  }
  /** APSR.C, 0 or 1. */
  get carry(): number {
    return this.state[STATE.carry]!;
  }
  set carry(value: number) {
    this.state[STATE.carry] = value;
  }
  /** APSR.V, 0 or 1. */
  get overflow(): number {
    return this.state[STATE.overflow]!;
  }
  set overflow(value: number) {
    this.state[STATE.overflow] = value;
  }
  /** APSR.Q, 0 or 1. */
  get saturated(): number {
    return this.state[STATE.saturated]!;
  }
  set saturated(value: number) {
    this.state[STATE.saturated] = value;
  }
  /** APSR.GE, four bits. */
  get greaterEqual(): number {
    return this.state[STATE.greaterEqual]!;
  }
  set greaterEqual(value: number) {
    this.state[STATE.greaterEqual] = value;
  }
  /** TPIDRURO, and TPIDRURW, which user mode may write. */
  get threadPointer(): number {
    return this.state[STATE.threadPointer]!;
  }
  set threadPointer(value: number) {
    this.state[STATE.threadPointer] = value;
  }
  get threadPointerWritable(): number {
    return this.state[STATE.threadPointerWritable]!;
  }
  set threadPointerWritable(value: number) {
    this.state[STATE.threadPointerWritable] = value;
  }
  /** FPSCR.NZCV in bits 31–28. */
  get fpscrFlags(): number {
    return this.state[STATE.fpscrFlags]!;
  }
  set fpscrFlags(value: number) {
    this.state[STATE.fpscrFlags] = value;
  }
  /** FPSCR's AHP, DN, FZ, RMode, Stride and Len, in their places. */
  get fpscrModes(): number {
    return this.state[STATE.fpscrModes]!;
  }
  /** FPSCR's QC, IDC, IXC, UFC, OFC, DZC and IOC, in their places. */
  get fpscrCumulative(): number {
    return this.state[STATE.fpscrCumulative]!;
  }
  /** Not 0 while plain host arithmetic shows the whole effect of a VFP instruction that gives a normal result. */
  get hostArithmetic(): number {
    return this.state[STATE.hostArithmetic]!;
  }
  get fpscr(): number {
    return this.fpscrFlags | this.fpscrModes | this.fpscrCumulative;
  }
  /** The bits for trapped exceptions, which a Cortex-A7 has not, stay 0 (DDI 0406C A2.5.3). */
  writeFpscr(value: number): void {
    this.fpscrFlags = value & FPSCR_FLAGS;
    this.state[STATE.fpscrModes] = value & FPSCR_MODES;
    this.state[STATE.fpscrCumulative] = value & FPSCR_CUMULATIVE;
    this.#updateHostArithmetic();
  }
  /** Sets cumulative bits of FPSCR. */
  raise(flags: number): void {
    const before = this.fpscrCumulative;
    if ((flags & ~before) === 0) return;
    this.state[STATE.fpscrCumulative] = before | flags;
    this.#updateHostArithmetic();
  }
  #updateHostArithmetic(): void {
    const isDefault = (this.fpscrModes & ~ALTERNATIVE_HALF) === 0;
    this.state[STATE.hostArithmetic] = isDefault && (this.fpscrCumulative & INEXACT) !== 0 ? 1 : 0;
  }
  /** FPSCR for the functions of src/isa/float, until the next call; their flags are then to be raised. */
  floatContext(): FloatContext {
    return this.#floatContext.load(this.fpscrModes, this.fpscrCumulative);
  }
  /** The same with the modes of Advanced SIMD. */
  standardFloatContext(): FloatContext {
    return this.#floatContext.loadStandard(this.fpscrModes, this.fpscrCumulative);
  }
  /** Address of the next block; bit 0 is set in Thumb state. */
  get next(): number {
    return this.state[STATE.next]!;
  }
  set next(value: number) {
    this.state[STATE.next] = value;
  }
  /** CPSR.IT at `next`: not 0 only after a signal handler returns into an IT block. */
  get itState(): number {
    return this.state[STATE.itState]!;
  }
  set itState(value: number) {
    this.state[STATE.itState] = value;
  }
  /** The local monitor: address reserved by the last LDREX, and bytes; 0 bytes when open. */
  get exclusiveAddress(): number {
    return this.state[STATE.exclusiveAddress]!;
  }
  set exclusiveAddress(value: number) {
    this.state[STATE.exclusiveAddress] = value;
  }
  get exclusiveSize(): number {
    return this.state[STATE.exclusiveSize]!;
  }
  set exclusiveSize(value: number) {
    this.state[STATE.exclusiveSize] = value;
  }

  /** BXWritePC: bit 0 selects Thumb state. @throws UnmodelledInstruction on a branch to a half-word in A32 state. */
  branchExchange(operation: Culprit, target: number): void {
    if ((target & 3) === 2) {
      throw new UnmodelledInstruction(
        operation.address,
        operation.word,
        `${operation.name} branches to a half-word address in A32 state, which is UNPREDICTABLE`,
      );
    }
    this.next = target;
  }

  /** Offset of a byte in the engine's memory, unsigned. @throws GuestFault when it may not be read. */
  readableOffset(operation: Culprit, address: number): number {
    const offset = this.memory.readableOffset(address);
    return offset === 0 ? this.fault(operation, address, 'read') : offset >>> 0;
  }

  /** The same for a byte that is to be written. */
  writableOffset(operation: Culprit, address: number): number {
    const offset = this.memory.writableOffset(address);
    return offset === 0 ? this.fault(operation, address, 'write') : offset >>> 0;
  }

  /** A load that the maps do not show: misaligned, not looked up yet, or not permitted. */
  loadSlow(operation: Culprit, address: number, size: number): number {
    let value = 0;
    for (let index = 0; index < size; index++) {
      value |= this.memory.bytes[this.readableOffset(operation, (address + index) | 0)]! << (8 * index);
    }
    return value;
  }

  /** The same for a store. */
  storeSlow(operation: Culprit, address: number, size: number, value: number): void {
    // Both pages are checked before a byte is written: a faulting store changes nothing.
    this.writableOffset(operation, address);
    this.writableOffset(operation, (address + size - 1) | 0);
    for (let index = 0; index < size; index++) {
      this.memory.bytes[this.writableOffset(operation, (address + index) | 0)] = value >>> (8 * index);
    }
  }

  fault(operation: Culprit, address: number, kind: FaultKind): never {
    throw new GuestFault(operation.address, address, kind);
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

  /** A copy of what a task keeps while it does not run. */
  saveContext(): Int32Array {
    return this.state.slice(0, CONTEXT_WORDS);
  }

  restoreContext(context: Int32Array): void {
    this.state.set(context);
  }
}
